//! Colours, which no meaning rests on: what is bad also has an exclamation mark.

use ratatui::style::{Color, Modifier, Style};

/// The styles of what is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Palette {
    pub title: Style,
    pub frame: Style,
    pub figure: Style,
    pub chart: Style,
    pub dim: Style,
    pub bad: Style,
}

impl Palette {
    /// In the terminal's sixteen colours, which its user has chosen to be readable.
    pub(super) const COLOURED: Self = Self {
        title: Style::new().fg(Color::Cyan).add_modifier(Modifier::BOLD),
        frame: Style::new().fg(Color::DarkGray),
        figure: Style::new().add_modifier(Modifier::BOLD),
        chart: Style::new().fg(Color::Green),
        dim: Style::new().fg(Color::DarkGray),
        bad: Style::new().fg(Color::Red).add_modifier(Modifier::BOLD),
    };
    const PLAIN: Self = Self {
        title: Style::new().add_modifier(Modifier::BOLD),
        frame: Style::new().add_modifier(Modifier::DIM),
        figure: Style::new().add_modifier(Modifier::BOLD),
        chart: Style::new(),
        dim: Style::new().add_modifier(Modifier::DIM),
        bad: Style::new().add_modifier(Modifier::REVERSED),
    };

    /// Without colours if `NO_COLOR` is set to anything: <https://no-color.org/>.
    pub(super) fn of(no_color: Option<&std::ffi::OsStr>) -> Self {
        if no_color.is_some_and(|value| !value.is_empty()) { Self::PLAIN } else { Self::COLOURED }
    }
}

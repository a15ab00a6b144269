//! Draws the screen: the pipeline from left to right, below it the alarms that are on and the last errors.

use ratatui::{
    Frame,
    layout::{Constraint, Layout, Rect},
    text::{Line, Span},
    widgets::{Block, BorderType, Borders, Clear, Paragraph, Wrap},
};

use super::{
    palette::Palette,
    panel,
    view::{Notices, View},
};

/// How wide the screen is at least with two panels, and with four, side by side.
const TWO: u16 = 76;
const FOUR: u16 = 150;
/// How many lines of alarms and of errors are shown before the panels get more space.
const ALARMS: usize = 3;
const ERRORS: usize = 6;

const KEYS: &str = " q quit   p pause   r refresh   ? help";
const HELP: &str = "\
q, Esc, Ctrl-C  quit
p               pause, or go on
r               read again now
?               this help, or back

A figure is of the period from the time beside it, in UTC:
the latest one with data, since metrics come late. The
charts have all periods; a dot is a period without data.
Rates are averages of a period; counts are its total.

! marks an error, a value above an alarm's threshold, and
what could not be read.";

/// What is drawn besides the view.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    /// Such as "every 60 s".
    pub pace: String,
    pub is_paused: bool,
    pub shows_help: bool,
}

/// Draws the view, if something was read already.
pub(super) fn draw(frame: &mut Frame<'_>, view: Option<&View>, state: &State, palette: &Palette) {
    let rows = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];
    let [head, body, foot] = Layout::vertical(rows).areas(frame.area());
    match view {
        Some(view) => {
            draw_head(frame, view, state, head, palette);
            draw_body(frame, view, body, palette);
        }
        None => frame.render_widget(Line::raw(" likestream: reading…"), head),
    }
    frame.render_widget(Line::styled(KEYS, palette.dim), foot);
    if state.shows_help {
        draw_help(frame, palette);
    }
}

fn draw_head(frame: &mut Frame<'_>, view: &View, state: &State, area: Rect, palette: &Palette) {
    let pace = if state.is_paused { "PAUSED" } else { &state.pace };
    let line = Line::from(vec![
        Span::styled(" likestream ", palette.title),
        Span::raw(view.stack.as_str()),
        Span::raw(view.at.strftime("   %H:%M:%S UTC   ").to_string()),
        Span::styled(pace, if state.is_paused { palette.figure } else { palette.dim }),
    ]);
    frame.render_widget(line, area);
}

fn draw_body(frame: &mut Frame<'_>, view: &View, area: Rect, palette: &Palette) {
    let columns: u16 = match area.width {
        FOUR.. => 4,
        TWO.. => 2,
        _ => 1,
    };
    let rows = 4 / columns;
    let alarms = lines(&view.alarms, ALARMS);
    let errors = lines(&view.errors, ERRORS);
    let highest = view.panels.iter().map(|panel| panel::height(panel, area.width / columns)).max();
    let highest = highest.unwrap_or(0).saturating_mul(rows);
    let height = area.height.saturating_sub(alarms + errors).min(highest);
    let layout = [Constraint::Length(height), Constraint::Length(alarms), Constraint::Fill(1)];
    let [pipeline, alarms, errors] = Layout::vertical(layout).areas(area);
    let row_areas = Layout::vertical(vec![Constraint::Fill(1); rows.into()]).split(pipeline);
    let cells = row_areas
        .iter()
        .flat_map(|row| Layout::horizontal(vec![Constraint::Fill(1); columns.into()]).split(*row).to_vec());
    for (index, (panel, cell)) in view.panels.iter().zip(cells).enumerate() {
        let is_last = index + 1 == view.panels.len();
        panel::draw(view, panel, !is_last, cell, frame.buffer_mut(), palette);
    }
    draw_notices(frame, &view.alarms, alarms, palette);
    draw_notices(frame, &view.errors, errors, palette);
}

/// How high a list is, with its title.
fn lines(notices: &Notices, most: usize) -> u16 {
    u16::try_from(notices.lines.len().min(most) + 1).unwrap_or(1)
}

fn draw_notices(frame: &mut Frame<'_>, notices: &Notices, area: Rect, palette: &Palette) {
    let title = Span::styled(format!(" {} ", notices.title), palette.title);
    let block = Block::new().borders(Borders::TOP).border_style(palette.frame).title(title);
    let lines = notices.lines.iter().map(|notice| {
        let mark = if notice.is_bad { "!" } else { " " };
        let style = if notice.is_bad { palette.bad } else { palette.figure };
        Line::from(vec![Span::styled(format!(" {mark} "), style), Span::raw(notice.text.as_str())])
    });
    frame.render_widget(Paragraph::new(lines.collect::<Vec<_>>()).block(block), area);
}

fn draw_help(frame: &mut Frame<'_>, palette: &Palette) {
    let area = frame.area().centered(Constraint::Length(62), Constraint::Length(15));
    let block =
        Block::bordered().border_type(BorderType::Rounded).border_style(palette.title).title(" Help ");
    frame.render_widget(Clear, area);
    frame.render_widget(Paragraph::new(HELP).wrap(Wrap { trim: false }).block(block), area);
}

#[cfg(test)]
mod tests;

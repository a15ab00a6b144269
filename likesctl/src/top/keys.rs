//! What a key does.

use crossterm::event::{Event, KeyCode, KeyEventKind, KeyModifiers};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Action {
    Quit,
    Pause,
    Refresh,
    Help,
}

/// What the user asks for with an event of the terminal.
pub(super) fn action(event: &Event) -> Option<Action> {
    let Event::Key(key) = event else { return None };
    if key.kind == KeyEventKind::Release {
        return None;
    }
    match key.code {
        // In raw mode the terminal sends no signal for Ctrl-C.
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Action::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Action::Quit),
        KeyCode::Char('p') => Some(Action::Pause),
        KeyCode::Char('r') => Some(Action::Refresh),
        KeyCode::Char('?') => Some(Action::Help),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crossterm::event::KeyEvent;

    use super::*;

    #[test]
    fn every_key_of_the_help_does_something_and_others_nothing() {
        let pressed = |code, modifiers| action(&Event::Key(KeyEvent::new(code, modifiers)));
        let none = KeyModifiers::NONE;
        assert_eq!(pressed(KeyCode::Char('q'), none), Some(Action::Quit));
        assert_eq!(pressed(KeyCode::Esc, none), Some(Action::Quit));
        assert_eq!(pressed(KeyCode::Char('c'), KeyModifiers::CONTROL), Some(Action::Quit));
        assert_eq!(pressed(KeyCode::Char('p'), none), Some(Action::Pause));
        assert_eq!(pressed(KeyCode::Char('r'), none), Some(Action::Refresh));
        assert_eq!(pressed(KeyCode::Char('?'), none), Some(Action::Help));
        assert_eq!(pressed(KeyCode::Char('c'), none), None);
        assert_eq!(action(&Event::Resize(80, 24)), None);
    }
}

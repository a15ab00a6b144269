use ratatui::{
    Terminal,
    backend::TestBackend,
    buffer::Buffer,
    style::{Color, Modifier},
};

use super::*;
use crate::top::sample::{
    Sample,
    tests::{denied, healthy, stalled},
};

const STATE: State = State { pace: String::new(), is_paused: false, shows_help: false };

fn drawn(sample: Option<&Sample>, state: &State, (width, height): (u16, u16), palette: &Palette) -> Buffer {
    let view = sample.map(|sample| View::of(sample, "prod", "eu-west-1"));
    let state = State { pace: "every 60 s".into(), ..state.clone() };
    let mut terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
    terminal.draw(|frame| draw(frame, view.as_ref(), &state, palette)).unwrap();
    terminal.backend().buffer().clone()
}

/// The lines of the screen, without spaces at their ends.
fn text(buffer: &Buffer) -> String {
    let row = |y| (0..buffer.area.width).map(|x| buffer[(x, y)].symbol()).collect::<String>();
    let rows = (0..buffer.area.height).map(|y| row(y).trim_end().to_owned() + "\n");
    rows.collect()
}

#[track_caller]
fn assert_drawn(sample: &Sample, size: (u16, u16), expected: &str) {
    let actual = text(&drawn(Some(sample), &STATE, size, &Palette::COLOURED));
    assert_eq!(actual, expected, "drawn:\n{actual}");
}

#[test]
fn a_usual_terminal_shows_what_matters_most() {
    assert_drawn(&healthy(), (80, 24), include_str!("healthy-80x24.txt"));
}

#[test]
fn a_fault_is_marked_and_alarms_and_errors_are_shown() {
    assert_drawn(&stalled(), (80, 24), include_str!("stalled-80x24.txt"));
}

#[test]
fn what_may_not_be_read_says_why_in_its_place() {
    assert_drawn(&denied(), (80, 24), include_str!("denied-80x24.txt"));
}

#[test]
fn a_large_terminal_shows_everything_from_left_to_right_with_charts() {
    assert_drawn(&healthy(), (160, 40), include_str!("healthy-160x40.txt"));
}

#[test]
fn a_narrow_terminal_shows_the_first_figures_of_each_panel() {
    assert_drawn(&healthy(), (40, 24), include_str!("healthy-40x24.txt"));
}

#[test]
fn a_terminal_of_any_size_is_drawn_on() {
    for size in [(1, 1), (12, 3), (30, 200), (80, 2), (400, 5), (75, 6)] {
        drawn(Some(&stalled()), &State { shows_help: true, ..STATE }, size, &Palette::COLOURED);
    }
}

#[test]
fn before_anything_was_read_the_keys_are_shown() {
    let screen = text(&drawn(None, &STATE, (50, 3), &Palette::COLOURED));
    assert_eq!(screen, " likestream: reading…\n\n q quit   p pause   r refresh   ? help\n");
}

#[test]
fn a_pause_is_shown_in_place_of_the_pace() {
    let head = |state| {
        let screen = text(&drawn(Some(&healthy()), &state, (80, 24), &Palette::COLOURED));
        screen.lines().next().unwrap().to_owned()
    };
    assert_eq!(head(STATE), " likestream prod, eu-west-1   14:35:02 UTC   every 60 s");
    let paused = State { is_paused: true, ..STATE };
    assert_eq!(head(paused), " likestream prod, eu-west-1   14:35:02 UTC   PAUSED");
}

#[test]
fn the_help_is_shown_whole() {
    let help = State { shows_help: true, ..STATE };
    let screen = text(&drawn(Some(&healthy()), &help, (80, 24), &Palette::COLOURED));
    for line in HELP.lines() {
        assert!(screen.contains(line), "{line:?} is not in:\n{screen}");
    }
}

#[test]
fn no_color_is_obeyed_and_what_is_bad_still_stands_out() {
    let palette = |value: Option<&str>| Palette::of(value.map(AsRef::as_ref));
    let colours = |palette: &Palette| {
        let buffer = drawn(Some(&stalled()), &STATE, (80, 24), palette);
        buffer.content.iter().filter(|cell| cell.fg != Color::Reset || cell.bg != Color::Reset).count()
    };
    assert_eq!(colours(&palette(Some("1"))), 0);
    assert!(colours(&palette(Some(""))) > 0 && colours(&palette(None)) > 0);
    let plain = drawn(Some(&stalled()), &STATE, (80, 24), &palette(Some("1")));
    assert!(
        plain.content.iter().any(|cell| cell.symbol() == "!" && cell.modifier.contains(Modifier::REVERSED))
    );
}

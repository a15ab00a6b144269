//! Progress on standard error: a bar on a terminal, lines elsewhere.

use std::{
    convert::Infallible,
    io::{IsTerminal, stderr},
    time::Duration,
};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressFinish, ProgressStyle};
use tokio::time::sleep;

const REDRAW: Duration = Duration::from_millis(200);
/// How often a line is printed where there is no terminal, such as in a log of CI.
const LINE: Duration = Duration::from_secs(5);

/// A bar up to `length`, drawn as `template` says; it is gone when it is dropped.
pub(crate) fn bar(length: u64, template: &str) -> ProgressBar {
    let target =
        if stderr().is_terminal() { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(length), target).with_finish(ProgressFinish::AndClear);
    if let Ok(style) = ProgressStyle::with_template(template) {
        bar.set_style(style);
    }
    bar.enable_steady_tick(REDRAW);
    bar
}

/// Keeps a bar at a position and a message, which `state` returns. Without a terminal, prints the message every few
/// seconds. It never ends, so it is to be raced with the work.
pub(crate) async fn follow(bar: &ProgressBar, state: impl Fn() -> (u64, String)) -> Infallible {
    loop {
        sleep(if bar.is_hidden() { LINE } else { REDRAW }).await;
        let (position, message) = state();
        if bar.is_hidden() {
            eprintln!("{message}");
        }
        bar.set_position(position);
        bar.set_message(message);
    }
}

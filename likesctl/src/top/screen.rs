//! The terminal: it shows what is read until its user quits, and is restored however that comes about.

use std::{env, io, pin::pin, time::Duration};

use crossterm::event::EventStream;
use futures::StreamExt;
use ratatui::DefaultTerminal;
use thiserror::Error;
use tokio::{
    select,
    signal::unix::{Signal, SignalKind, signal},
    sync::mpsc,
};

use super::{
    draw::{self, State},
    errors::Logs,
    feed::{self, Requests},
    keys::{self, Action},
    palette::Palette,
    sample::Sample,
    services::Services,
    view::View,
};
use crate::target::Target;

/// The screen cannot be shown any longer.
#[derive(Debug, Error)]
pub(crate) enum ScreenError {
    #[error("the terminal cannot be used")]
    Terminal(#[from] io::Error),
    #[error("the terminal's input has ended")]
    NoKeys,
}

/// A terminal that is restored when this is dropped. Ratatui restores it before a panic is reported:
/// <https://docs.rs/ratatui/latest/ratatui/fn.init.html>.
struct Screen(DefaultTerminal);

impl Drop for Screen {
    fn drop(&mut self) {
        ratatui::restore();
    }
}

/// Shows the stack until the user quits or the process is asked to end.
pub(super) async fn show(target: &Target, interval: Duration) -> Result<(), ScreenError> {
    let palette = Palette::of(env::var_os("NO_COLOR").as_deref());
    let requests = Requests::new();
    let services = Services::of(target.outputs.clone()).await;
    let mut logs = Logs::default();
    let read = async || Sample::read(&services, &mut logs).await;
    let (sender, mut samples) = mpsc::channel(1);
    let mut feed = pin!(feed::run(read, interval, requests.clone(), sender));
    let mut ends =
        [signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?, signal(SignalKind::hangup())?];
    let mut state =
        State { pace: format!("every {} s", interval.as_secs()), is_paused: false, shows_help: false };
    let mut view = None;
    let mut screen = Screen(ratatui::try_init()?);
    let mut events = EventStream::new();
    loop {
        screen.0.draw(|frame| draw::draw(frame, view.as_ref(), &state, &palette))?;
        let action = select! {
            // It ends only when nobody receives.
            () = &mut feed => None,
            Some(sample) = samples.recv() => {
                view = Some(View::of(&sample, super::name(target), &target.outputs.region));
                None
            }
            event = events.next() => keys::action(&event.ok_or(ScreenError::NoKeys)??),
            () = any(&mut ends) => Some(Action::Quit),
        };
        match action {
            Some(Action::Quit) => return Ok(()),
            Some(Action::Pause) => {
                state.is_paused = !state.is_paused;
                requests.is_paused.send_replace(state.is_paused);
            }
            Some(Action::Refresh) => requests.refresh.notify_one(),
            Some(Action::Help) => state.shows_help = !state.shows_help,
            None => {}
        }
    }
}

/// Waits for one of these signals.
async fn any([terminate, interrupt, hangup]: &mut [Signal; 3]) {
    select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
        _ = hangup.recv() => {}
    }
}

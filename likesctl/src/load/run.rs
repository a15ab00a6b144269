//! One run of a load: what its parts share.

use std::sync::{Mutex, MutexGuard, PoisonError};

use client::{Answer, Api, ApiError, Reply};
use hdrhistogram::CreationError;
use jiff::Timestamp;
use like::LikeId;
use serde_json::json;
use tokio::time::Instant;

use super::{
    schedule::Like,
    stop::{Interruption, Stop},
    tally::Tally,
};

/// The API under load.
pub(super) trait Endpoint: Send + Sync + 'static {
    fn url(&self) -> &str;
    /// Posts a like once.
    fn post(&self, movie: &str, key: LikeId) -> impl Future<Output = Reply> + Send;
    /// Reads the counts of movies, in their order.
    fn counts(&self, movies: &[&str]) -> impl Future<Output = Result<Vec<u64>, ApiError>> + Send;
}

impl Endpoint for Api {
    fn url(&self) -> &str {
        self.url()
    }

    async fn post(&self, movie: &str, key: LikeId) -> Reply {
        self.post(&json!({ "movieId": movie }), key).await
    }

    async fn counts(&self, movies: &[&str]) -> Result<Vec<u64>, ApiError> {
        self.counts(movies).await
    }
}

/// One run of a load.
#[derive(Debug)]
pub(super) struct Run<E> {
    pub endpoint: E,
    pub stop: Stop,
    /// Sets this run's movies apart from those of other runs.
    id: LikeId,
    tally: Mutex<Tally>,
}

impl<E: Endpoint> Run<E> {
    pub(super) fn new(endpoint: E, movies: u32) -> Result<Self, CreationError> {
        let tally = Mutex::new(Tally::new(movies)?);
        Ok(Self { endpoint, stop: Stop::new(), id: LikeId::new(Timestamp::now()), tally })
    }

    /// The id of the movie of this rank.
    pub(super) fn movie(&self, rank: usize) -> String {
        format!("load-{}-{}", self.id, rank + 1)
    }

    pub(super) fn tally(&self) -> MutexGuard<'_, Tally> {
        self.tally.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Posts a like once, has its answer and the time of sending recorded, and ends the run if the answer says that there is no point in more.
    pub(super) async fn post(
        &self,
        like: &Like,
        record: impl FnOnce(&mut Tally, Answer, Instant) -> Option<Interruption>,
    ) -> Reply {
        let sent = Instant::now();
        let reply = self.endpoint.post(&self.movie(like.movie), like.key).await;
        let mut interruption = record(&mut self.tally(), reply.answer, sent);
        if !reply.answer.is_accepted() && !reply.answer.is_transient() {
            interruption = Some(Interruption::rejected(self.endpoint.url(), reply.answer));
        }
        if let Some(interruption) = interruption {
            self.stop.interrupt(interruption);
        }
        reply
    }
}

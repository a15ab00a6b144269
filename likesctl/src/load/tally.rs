//! What was measured so far.

use std::{collections::BTreeMap, fmt, time::Duration};

use client::{ANSWER_TIMEOUT, Answer};
use hdrhistogram::{CreationError, Histogram};
use tokio::time::Instant;

use super::{
    schedule::{Like, Post},
    stop::{GONE_AFTER, Interruption},
};
use crate::plural::plural;

/// The likes of one movie.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Movie {
    /// Distinct likes that were posted.
    pub posted: u64,
    /// Distinct likes that were accepted.
    pub accepted: u64,
}

/// What was measured so far. Its size depends on the number of movies only.
#[derive(Debug)]
pub(super) struct Tally {
    /// By rank.
    pub movies: Vec<Movie>,
    /// Posts, without retries.
    pub posts: u64,
    /// Posts that were due and not sent.
    pub dropped: u64,
    pub retries: u64,
    /// The answers to posts, without those to retries.
    pub answers: BTreeMap<Answer, u64>,
    /// In milliseconds, from the moment a post was due to its answer.
    pub latencies: Histogram<u64>,
    /// The same for posts that were accepted.
    pub accepted_latencies: Histogram<u64>,
    pub last_accepted: Option<Instant>,
    start: Instant,
    end: Option<Instant>,
    /// Whether answers are ignored from now on.
    closed: bool,
    last_answered: Option<Instant>,
    /// When the first of the requests was sent that failed since the last answer.
    failing_since: Option<Instant>,
}

impl Tally {
    /// The tally of a load of so many movies.
    pub(super) fn new(movies: u32) -> Result<Self, CreationError> {
        let latencies = Histogram::new_with_max(milliseconds(2 * ANSWER_TIMEOUT), 3)?;
        Ok(Self {
            movies: (0..movies).map(|_| Movie::default()).collect(),
            posts: 0,
            dropped: 0,
            retries: 0,
            answers: BTreeMap::new(),
            accepted_latencies: latencies.clone(),
            latencies,
            last_accepted: None,
            start: Instant::now(),
            end: None,
            closed: false,
            last_answered: None,
            failing_since: None,
        })
    }

    /// Records that a post is sent.
    pub(super) fn post(&mut self, post: &Post) {
        self.posts += 1;
        if let Some(movie) = self.movies.get_mut(post.like.movie) {
            movie.posted += u64::from(!post.is_duplicate);
        }
    }

    /// Records that sending starts, and returns when.
    pub(super) fn start(&mut self) -> Instant {
        self.start = Instant::now();
        self.start
    }

    /// Records that sending has ended.
    pub(super) fn end(&mut self) {
        self.end = Some(Instant::now());
    }

    /// Ignores answers that arrive from now on, so that all that is reported is of the same moment.
    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    /// Records the answer to a post that was due at `due`, and returns why the load must end, if it must.
    pub(super) fn answer(
        &mut self,
        like: &Like,
        answer: Answer,
        due: Instant,
        sent: Instant,
    ) -> Option<Interruption> {
        if self.closed {
            return None;
        }
        *self.answers.entry(answer).or_default() += 1;
        let latency = milliseconds(due.elapsed());
        self.latencies.saturating_record(latency);
        if answer.is_accepted() {
            self.accepted_latencies.saturating_record(latency);
        }
        self.outcome(like, answer, sent)
    }

    /// Records the answer to a retry, and returns why the load must end, if it must.
    pub(super) fn retry(&mut self, like: &Like, answer: Answer, sent: Instant) -> Option<Interruption> {
        if self.closed {
            return None;
        }
        self.retries += 1;
        self.outcome(like, answer, sent)
    }

    fn outcome(&mut self, like: &Like, answer: Answer, sent: Instant) -> Option<Interruption> {
        let now = Instant::now();
        let Answer::Status(_) = answer else {
            if self.last_answered.is_some_and(|answered| answered > sent) {
                return None;
            }
            let silence = now - *self.failing_since.get_or_insert(sent);
            return (silence >= GONE_AFTER).then(|| Interruption::connection_lost(silence, answer));
        };
        self.last_answered = Some(now);
        self.failing_since = None;
        if answer.is_accepted() {
            self.last_accepted = Some(now);
            if let Some(movie) = self.movies.get_mut(like.movie).filter(|_| like.accept()) {
                movie.accepted += 1;
            }
        }
        None
    }

    /// Distinct likes that were posted.
    pub(super) fn likes(&self) -> u64 {
        self.movies.iter().map(|movie| movie.posted).sum()
    }

    /// Distinct likes that were accepted.
    pub(super) fn accepted(&self) -> u64 {
        self.movies.iter().map(|movie| movie.accepted).sum()
    }

    /// Posts that were not accepted at once.
    pub(super) fn errors(&self) -> u64 {
        self.answers.iter().filter(|(answer, _)| !answer.is_accepted()).map(|(_, number)| number).sum()
    }

    /// How long posts were sent.
    pub(super) fn sending(&self) -> Duration {
        self.end.unwrap_or_else(Instant::now) - self.start
    }

    /// When sending ended, or a like was last accepted.
    pub(super) fn last_progress(&self) -> Instant {
        self.end.max(self.last_accepted).unwrap_or(self.start)
    }

    /// Posts a second.
    pub(super) fn rate(&self) -> f64 {
        let seconds = self.sending().as_secs_f64();
        #[expect(clippy::cast_precision_loss, reason = "exact up to 2^53 posts")]
        let posts = self.posts as f64;
        if seconds > 0.0 { posts / seconds } else { 0.0 }
    }
}

/// The state in a line.
impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (posts, accepted, errors) = (self.posts, self.accepted(), plural(self.errors(), "error"));
        let likes = plural(self.likes(), "like");
        let (rate, p99) = (self.rate(), self.latencies.value_at_quantile(0.99));
        write!(f, "{posts} sent, {accepted} of {likes} accepted, {errors}, {rate:.1} posts/s, p99 {p99} ms")
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::{schedule::Schedule, tests::load};

    fn answer(status: u16) -> Answer {
        Answer::Status(status.try_into().unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn latency_is_measured_from_when_a_post_was_due_not_from_when_it_was_sent() {
        let mut tally = Tally::new(20).unwrap();
        let Post { like, .. } = Schedule::new(&load()).next();
        let due = Instant::now();
        let sent = due + Duration::from_millis(70);
        tokio::time::advance(Duration::from_millis(100)).await;
        tally.answer(&like, answer(202), due, sent);
        assert_eq!(tally.latencies.max(), 100);
    }

    #[tokio::test(start_paused = true)]
    async fn the_latency_of_accepted_posts_is_kept_apart() {
        let mut tally = Tally::new(20).unwrap();
        let Post { like, .. } = Schedule::new(&load()).next();
        let start = Instant::now();
        tokio::time::advance(Duration::from_millis(5)).await;
        tally.answer(&like, answer(429), start, start);
        tokio::time::advance(Duration::from_millis(95)).await;
        tally.answer(&like, answer(202), start, start);
        assert_eq!((tally.latencies.min(), tally.latencies.max()), (5, 100));
        assert_eq!((tally.accepted_latencies.min(), tally.accepted_latencies.max()), (100, 100));
    }

    #[tokio::test(start_paused = true)]
    async fn answers_after_the_end_are_ignored() {
        let mut tally = Tally::new(20).unwrap();
        let post = Schedule::new(&load()).next();
        let now = Instant::now();
        tally.post(&post);
        tally.close();
        assert_eq!(tally.answer(&post.like, answer(202), now, now), None);
        assert_eq!(tally.retry(&post.like, answer(202), now), None);
        assert_eq!((tally.likes(), tally.accepted(), tally.retries), (1, 0, 0));
        assert!(tally.answers.is_empty());
    }

    #[test]
    fn the_state_is_one_line() {
        let tally = Tally::new(20).unwrap();
        assert_eq!(tally.to_string(), "0 sent, 0 of 0 likes accepted, 0 errors, 0.0 posts/s, p99 0 ms");
    }
}

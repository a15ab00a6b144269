//! `likesctl quarantine redrive`: publishes quarantined likes to the stream again.

use clap::Args;
use jiff::SignedDuration;
use tokio::select;

use super::{
    causes::with_causes,
    discarded::{Found, Sources},
    entry::{Entry, Outcome},
    error::QuarantineError,
    likes::likes,
    message::{Discarded, Message},
    not_redrivable::NotRedrivable,
    queue::Received,
    repair::Repair,
    scan::{Decision, Stop},
    selection::Selection,
};
use crate::duration::duration;

#[derive(Debug, Args)]
#[group(skip)]
pub(crate) struct Redrive {
    #[command(flatten)]
    pub(super) selection: Selection,
    /// A shell command that repairs a record: it reads the record's bytes and prints the repaired ones
    ///
    /// Several may run at once, each for one record. A record for which it fails is left in quarantine. Records that Lambda
    /// discarded are not repaired: once they are on the stream again, those that are not likes are quarantined one by one.
    #[arg(long, value_name = "COMMAND")]
    repair: Option<String>,
    /// How long the repair of a record may take before it is killed
    #[arg(long, value_name = "DURATION", default_value = "10s", value_parser = duration, requires = "repair")]
    repair_timeout: SignedDuration,
    /// Only report what would be redriven
    #[arg(long)]
    pub(super) dry_run: bool,
}

/// What of a message is put on the stream.
struct Redriven {
    /// The keys of a record's likes.
    likes: Option<Vec<String>>,
    /// What was found of records that Lambda discarded.
    found: Option<Found>,
}

impl Redrive {
    fn repair(&self) -> Option<Repair<'_>> {
        let command = self.repair.as_deref()?;
        Some(Repair { command, timeout: self.repair_timeout })
    }

    /// Publishes the likes of a selected message. It may be deleted only once all of them are on the stream: if it is not,
    /// it is redriven again, and its likes count once.
    pub(super) async fn decide(&self, received: Received, sources: &Sources, stop: &Stop) -> Decision {
        if !self.selection.includes(&received.message) {
            return Decision::Skip;
        }
        let redriven = select! {
            redriven = self.redrive(&received.message, sources) => redriven,
            // A repair, which is killed, or the archive may take long.
            _ = stop.wait() => return Decision::Skip,
        };
        self.settle(received, redriven, stop)
    }

    /// What becomes of a message once it is redriven, or why it is not.
    fn settle(&self, received: Received, redriven: Result<Redriven, NotRedrivable>, stop: &Stop) -> Decision {
        let Redriven { likes, found } = match redriven {
            Ok(redriven) => redriven,
            Err(NotRedrivable::Failed(error)) => {
                let entry = Entry::left(received, with_causes(&error));
                // Only the first reason is reported.
                let _ = stop.set(error);
                return Decision::Keep(entry);
            }
            Err(why) => return Decision::Keep(Entry::left(received, why.to_string())),
        };
        if let Some(why) = found.and_then(Found::why_left) {
            Decision::Keep(Entry { found, ..Entry::left(received, why) })
        } else if self.dry_run {
            Decision::Keep(Entry { likes, found, ..Entry::new(Outcome::WouldBeRedriven, received) })
        } else {
            Decision::Delete(Entry { likes, found, ..Entry::new(Outcome::Redriven, received) })
        }
    }

    async fn redrive(&self, message: &Message, sources: &Sources) -> Result<Redriven, NotRedrivable> {
        match message {
            Message::Record(record) => {
                let likes = likes(record, self.repair(), sources.retention).await?;
                if !self.dry_run {
                    for like in &likes {
                        sources.stream.publish(like).await.map_err(QuarantineError::from)?;
                    }
                }
                let keys = likes.iter().map(|like| like.key().to_string()).collect();
                Ok(Redriven { likes: Some(keys), found: None })
            }
            Message::Discarded(Discarded { batch, .. }) => {
                Ok(Redriven { likes: None, found: Some(sources.redrive(batch, self.dry_run).await?) })
            }
            Message::Other(_) => Err(NotRedrivable::NoRecord),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{self, Arc};

    use archive::Archive;
    use aws_sdk_kinesis::{
        Client,
        operation::put_record::{PutRecordError, PutRecordOutput},
        types::error::ResourceNotFoundException,
    };
    use aws_smithy_mocks::{MockResponse, RuleMode, mock, mock_client};
    use indicatif::ProgressBar;
    use jiff::Timestamp;
    use like::{LikeEvent, LikeId};
    use quarantine::{QuarantinedRecord, Source};
    use stream::Stream;
    use tokio::sync::Mutex;

    use super::*;
    use crate::{
        ledger::Ledger,
        quarantine::discarded::{Place, Search},
    };

    fn like(movie: &str) -> LikeEvent {
        LikeEvent::new(LikeId::new(Timestamp::now()), movie.parse().unwrap(), None)
    }

    fn received(likes: &[&LikeEvent]) -> Received {
        let data: Vec<_> = likes.iter().flat_map(|like| like.encode().unwrap()).collect();
        let source = Source {
            stream_arn: None,
            shard_id: "s",
            sequence_number: "12",
            partition_key: "k",
            data: &data,
        };
        let message = Message::Record(QuarantinedRecord::new(source, "unknown version 1"));
        Received { id: "id".into(), receipt: "receipt".into(), sent_at: None, message }
    }

    /// A stream behind this client, and an archive that must not be read.
    fn sources(kinesis: Client) -> Sources {
        let archive = Archive::new(mock_client!(aws_sdk_s3, []), "archive".to_owned());
        let ledger = Ledger::new(mock_client!(aws_sdk_dynamodb, []), "ledger".to_owned());
        Sources {
            stream: Stream::new(kinesis, "likes".to_owned()),
            retention: SignedDuration::from_hours(24),
            search: Mutex::new(Search::new(archive, ledger, ProgressBar::hidden())),
            settled: Timestamp::now(),
            expiry: None,
        }
    }

    /// Redrives a message onto a stream that rejects likes of the movie "lost". Returns the decision, the records that the
    /// stream has, and why the scan is to stop.
    async fn redrive(args: &Redrive, received: Received) -> (Decision, Vec<Vec<u8>>, Option<String>) {
        let records = Arc::new(sync::Mutex::new(Vec::new()));
        let on_stream = records.clone();
        let put = mock!(Client::put_record).then_compute_response(move |request| {
            let data = request.data().unwrap().clone().into_inner();
            if String::from_utf8_lossy(&data).contains("lost") {
                let error = ResourceNotFoundException::builder().message("no stream").build();
                return MockResponse::Error(PutRecordError::ResourceNotFoundException(error));
            }
            on_stream.lock().unwrap().push(data);
            MockResponse::Output(
                PutRecordOutput::builder().shard_id("s").sequence_number("1").build().unwrap(),
            )
        });
        let client = mock_client!(aws_sdk_kinesis, RuleMode::MatchAny, [&put]);
        let stop = Stop::new();
        let decision = args.decide(received, &sources(client), &stop).await;
        let records = records.lock().unwrap().clone();
        (decision, records, stop.into_inner().as_ref().map(with_causes))
    }

    fn args(dry_run: bool) -> Redrive {
        let repair_timeout = SignedDuration::from_secs(10);
        Redrive { selection: Selection::default(), repair: None, repair_timeout, dry_run }
    }

    fn outcome(decision: &Decision) -> (bool, Outcome) {
        match decision {
            Decision::Delete(entry) => (true, entry.outcome),
            Decision::Keep(entry) => (false, entry.outcome),
            Decision::Skip => panic!("not selected"),
        }
    }

    #[tokio::test]
    async fn every_like_of_a_record_is_published_before_its_message_is_deleted() {
        let (a, b) = (like("a"), like("b"));
        let (decision, records, stopped) = redrive(&args(false), received(&[&a, &b])).await;
        assert_eq!(outcome(&decision), (true, Outcome::Redriven));
        let Decision::Delete(entry) = decision else { unreachable!() };
        assert_eq!(entry.likes, Some(vec![a.key().to_string(), b.key().to_string()]));
        assert_eq!(records, [a.encode().unwrap(), b.encode().unwrap()]);
        assert_eq!(stopped, None);
    }

    #[tokio::test]
    async fn a_dry_run_publishes_nothing() {
        let (decision, records, stopped) = redrive(&args(true), received(&[&like("a")])).await;
        assert_eq!(outcome(&decision), (false, Outcome::WouldBeRedriven));
        assert_eq!((records.len(), stopped), (0, None));
    }

    #[tokio::test]
    async fn a_message_is_left_and_the_scan_stops_if_the_stream_cannot_be_written() {
        let (decision, records, stopped) =
            redrive(&args(false), received(&[&like("a"), &like("lost")])).await;
        assert_eq!(outcome(&decision), (false, Outcome::Left));
        assert_eq!(records.len(), 1);
        let stopped = stopped.unwrap();
        assert!(
            stopped.starts_with("the stream cannot be written: Kinesis did not acknowledge"),
            "{stopped}"
        );
        assert!(stopped.contains("no stream"), "{stopped}");
    }

    #[tokio::test]
    async fn a_message_that_is_not_selected_is_not_touched() {
        let selection = Selection { reason: Some("version 2".into()), ..Selection::default() };
        let (decision, records, _) =
            redrive(&Redrive { selection, ..args(false) }, received(&[&like("a")])).await;
        assert!(matches!(decision, Decision::Skip));
        assert_eq!(records.len(), 0);
    }

    #[test]
    fn discarded_records_are_redriven_unless_a_like_is_too_old() {
        let settle = |dry_run, too_old| {
            let found = Found { place: Place::Stream { records: 2 }, too_old };
            let redriven = Redriven { likes: None, found: Some(found) };
            let decision = args(dry_run).settle(received(&[]), Ok(redriven), &Stop::new());
            let (Decision::Delete(entry) | Decision::Keep(entry)) = &decision else { panic!("not selected") };
            assert_eq!((entry.found, entry.why.is_some()), (Some(found), too_old > 0));
            outcome(&decision)
        };
        assert_eq!(settle(false, 0), (true, Outcome::Redriven));
        assert_eq!(settle(true, 0), (false, Outcome::WouldBeRedriven));
        assert_eq!(settle(false, 1), (false, Outcome::Left));
        assert_eq!(settle(true, 1), (false, Outcome::Left));
    }

    #[tokio::test]
    async fn a_message_that_nobody_knows_is_left() {
        let received = Received { message: Message::read("hello"), ..received(&[]) };
        let (decision, ..) = redrive(&args(false), received).await;
        let Decision::Keep(Entry { outcome: Outcome::Left, why, .. }) = decision else { panic!("not left") };
        assert_eq!(why.as_deref(), Some("it does not hold a record"));
    }

    #[tokio::test(start_paused = true)]
    async fn a_repair_ends_when_the_scan_stops() {
        let stop = Stop::new();
        let client = mock_client!(aws_sdk_kinesis, []);
        let args = Redrive { repair: Some("sleep 60".into()), ..args(false) };
        let sources = sources(client);
        let decide = args.decide(received(&[&like("a")]), &sources, &stop);
        let interrupt = async { stop.set(crate::quarantine::error::QuarantineError::Interrupted) };
        let (decision, interrupted) = tokio::join!(decide, interrupt);
        interrupted.unwrap();
        assert!(matches!(decision, Decision::Skip));
    }
}

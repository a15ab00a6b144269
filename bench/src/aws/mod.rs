//! What the functions need of AWS, over TLS and in its wire format: Kinesis, `DynamoDB` and SQS.
//!
//! It takes as long as AWS does, has `DynamoDB`'s limits and transaction conflicts, and counts what was asked of it. What
//! it does not support is an error that says so.

mod bucket;
mod certificate;
mod connection;
mod dynamodb;
mod failure;
mod kinesis;
mod protocol;
mod sqs;
mod usage;

use std::{io, net::Ipv4Addr, path::Path, sync::Arc, time::Duration};

use tokio::{net::TcpListener, task::JoinHandle};
use tokio_rustls::TlsAcceptor;

pub(crate) use self::kinesis::shard_of_key;
pub use self::usage::Usage;
use self::{
    certificate::Authority, dynamodb::DynamoDb, kinesis::Kinesis, protocol::Services, sqs::Sqs, usage::Meter,
};

/// How AWS behaves, and what is there.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How long a call takes, apart from transactions that are not cancelled. Timers tick every millisecond, so it may take
    /// one more.
    pub latency: Duration,
    /// How long a transaction takes, and holds its items meanwhile.
    pub transaction_latency: Duration,
    /// The name of the stream.
    pub stream: &'static str,
    /// The number of the stream's shards, at least 1.
    pub shards: usize,
    /// The tables.
    pub tables: &'static [Table],
    /// The name of the queue.
    pub queue: &'static str,
}

/// A table of `DynamoDB`. It has no sort key.
#[derive(Debug, Clone, Copy)]
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The name of its partition key, which is a text.
    pub key: &'static str,
}

impl Settings {
    /// Calls take 5 ms and transactions 25 ms. There are a stream `likes` with a shard, the tables `ledger`, `counts` and
    /// `idempotency`, and a queue `quarantine`.
    pub const DEFAULT: Self = Self {
        latency: Duration::from_millis(5),
        transaction_latency: Duration::from_millis(25),
        stream: "likes",
        shards: 1,
        tables: &[
            Table { name: "ledger", key: "likeKey" },
            Table { name: "counts", key: "movieId" },
            Table { name: "idempotency", key: "id" },
        ],
        queue: "quarantine",
    };
}

impl Default for Settings {
    fn default() -> Self {
        Self::DEFAULT
    }
}

/// A simulated AWS on loopback. It stops when it is dropped.
#[derive(Debug)]
pub struct Aws {
    endpoint: String,
    queue_url: String,
    authority: Authority,
    services: Arc<Services>,
    server: JoinHandle<()>,
}

impl Aws {
    /// Starts it on a free port. It runs in the caller's tokio runtime.
    ///
    /// # Errors
    /// If it cannot listen, or cannot make or write a certificate.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let Settings { latency, transaction_latency, stream, shards, tables, queue } = settings;
        let (authority, config) = certificate::issue()?;
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let endpoint = format!("https://localhost:{}", listener.local_addr()?.port());
        let queue_url = format!("{endpoint}/123456789012/{queue}");
        let meter = Arc::new(Meter::default());
        let services = Arc::new(Services {
            kinesis: Kinesis::new(stream, shards, latency),
            dynamodb: DynamoDb::new(tables, latency, transaction_latency, meter.clone()),
            sqs: Sqs::new(queue, latency),
            meter,
        });
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let server = tokio::spawn(connection::serve(listener, acceptor, services.clone()));
        Ok(Self { endpoint, queue_url, authority, services, server })
    }

    /// Its URL, such as `https://localhost:4571`.
    #[must_use]
    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// The URL of the queue.
    #[must_use]
    pub fn queue_url(&self) -> &str {
        &self.queue_url
    }

    /// A PEM file with the certificate authority that its clients must trust. It is deleted when this is dropped.
    #[must_use]
    pub fn certificate(&self) -> &Path {
        self.authority.path()
    }

    /// What was asked of it since it was started or last asked for this.
    #[must_use]
    pub fn take_usage(&self) -> Usage {
        self.services.meter.take()
    }

    /// Forgets all items, records and messages, and refills all limits.
    pub fn clear(&self) {
        self.services.kinesis.clear();
        self.services.dynamodb.clear();
    }

    /// The likes of a movie, in all cells of its count.
    #[must_use]
    pub fn likes(&self, movie: &str) -> u64 {
        self.services.dynamodb.likes(movie)
    }
}

impl Drop for Aws {
    fn drop(&mut self) {
        self.server.abort();
    }
}

//! Lambda's Runtime API, for one process.
//!
//! Own code rather than a crate: `lambda-simulator` has the API, but times are in milliseconds, it parses and keeps every
//! event, and it emulates extensions and telemetry, which would be measured too.
//!
//! See <https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html>.

use std::{
    convert::Infallible,
    io,
    net::{Ipv4Addr, SocketAddr},
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::{
    Method, Request, Response, StatusCode, body::Incoming, server::conn::http1, service::service_fn,
};
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::{
    net::TcpListener,
    sync::{mpsc, oneshot},
    task::{JoinHandle, JoinSet},
};
use uuid::Uuid;

const PREFIX: &str = "/2018-06-01/runtime/";
const FUNCTION_ARN: &str = "arn:aws:lambda:eu-west-1:123456789012:function:bench";

/// What a process reports.
#[derive(Debug)]
enum Report {
    /// It is ready for an event.
    Next { at: Instant, event: oneshot::Sender<Event> },
    /// It has handled one.
    Response { id: Uuid, at: Instant, body: Bytes },
    /// It could not.
    Error { body: Bytes },
}

#[derive(Debug)]
struct Event {
    id: Uuid,
    body: Bytes,
    deadline: SystemTime,
}

/// A Runtime API on a port of its own. It stops when it is dropped.
#[derive(Debug)]
pub struct RuntimeApi {
    address: SocketAddr,
    reports: mpsc::Receiver<Report>,
    ready: Option<oneshot::Sender<Event>>,
    server: JoinHandle<()>,
}

/// A call that was answered.
#[derive(Debug)]
pub struct Answer {
    /// From when the process got the event until the answer was there.
    pub took: Duration,
    /// The answer.
    pub body: Bytes,
}

/// The process reported an error, or something that the Runtime API does not allow.
#[derive(Debug, Error)]
pub enum CallError {
    /// It reported an error.
    #[error("the function failed: {0}")]
    Reported(String),
    /// It broke the protocol.
    #[error("the function {0}")]
    Protocol(&'static str),
}

impl RuntimeApi {
    /// Listens on a free port.
    ///
    /// # Errors
    /// If it cannot.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (sender, reports) = mpsc::channel(8);
        let server = tokio::spawn(serve(listener, sender));
        Ok(Self { address, reports, ready: None, server })
    }

    /// The value of `AWS_LAMBDA_RUNTIME_API`.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Waits until the process asks for an event. Returns when it did.
    ///
    /// # Errors
    /// [`CallError`] if it reports that its initialization failed.
    pub async fn ready(&mut self) -> Result<Instant, CallError> {
        match self.reports.recv().await {
            Some(Report::Next { at, event }) => {
                self.ready = Some(event);
                Ok(at)
            }
            Some(Report::Error { body }) => Err(reported(&body)),
            Some(Report::Response { .. }) => Err(CallError::Protocol("answered without an event")),
            None => Err(CallError::Protocol("has no Runtime API any more")),
        }
    }

    /// Gives the process an event, and waits until it has answered and asks for the next one.
    ///
    /// # Errors
    /// [`CallError`] if it reports an error, or was not ready for an event.
    pub async fn call(&mut self, body: Bytes, timeout: Duration) -> Result<Answer, CallError> {
        let ready = self.ready.take().ok_or(CallError::Protocol("is not ready for an event"))?;
        let event = Event { id: Uuid::now_v7(), body, deadline: SystemTime::now() + timeout };
        let id = event.id;
        let start = Instant::now();
        ready.send(event).map_err(|_| CallError::Protocol("no longer waits for an event"))?;
        let answer = match self.reports.recv().await {
            Some(Report::Response { id: answered, at, body }) if answered == id => {
                Answer { took: at - start, body }
            }
            Some(Report::Response { .. }) => {
                return Err(CallError::Protocol("answered another event than it was given"));
            }
            Some(Report::Error { body }) => {
                self.ready().await?;
                return Err(reported(&body));
            }
            Some(Report::Next { .. }) => {
                return Err(CallError::Protocol("asked for an event before it answered the last one"));
            }
            None => return Err(CallError::Protocol("has no Runtime API any more")),
        };
        self.ready().await?;
        Ok(answer)
    }
}

impl Drop for RuntimeApi {
    fn drop(&mut self) {
        self.server.abort();
    }
}

fn reported(body: &Bytes) -> CallError {
    CallError::Reported(String::from_utf8_lossy(body).into_owned())
}

async fn serve(listener: TcpListener, reports: mpsc::Sender<Report>) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        let _ = stream.set_nodelay(true);
        let reports = reports.clone();
        let service = service_fn(move |request| respond(request, reports.clone()));
        connections.spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
}

async fn respond(
    request: Request<Incoming>,
    reports: mpsc::Sender<Report>,
) -> Result<Response<Full<Bytes>>, Infallible> {
    Ok(handle(request, reports).await.unwrap_or_else(|status| {
        let mut response = Response::default();
        *response.status_mut() = status;
        response
    }))
}

async fn handle(
    request: Request<Incoming>,
    reports: mpsc::Sender<Report>,
) -> Result<Response<Full<Bytes>>, StatusCode> {
    let at = Instant::now();
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().strip_prefix(PREFIX).ok_or(StatusCode::NOT_FOUND)?;
    let path: Vec<&str> = path.split('/').collect();
    match (parts.method, path.as_slice()) {
        (Method::GET, ["invocation", "next"]) => {
            let (sender, event) = oneshot::channel();
            send(&reports, Report::Next { at, event: sender }).await?;
            next(event.await.map_err(|_| StatusCode::GONE)?)
        }
        (Method::POST, ["invocation", id, "response"]) => {
            let id = id.parse().map_err(|_| StatusCode::BAD_REQUEST)?;
            let body = read(body).await?;
            send(&reports, Report::Response { id, at: Instant::now(), body }).await?;
            accepted()
        }
        (Method::POST, ["invocation", _, "error"] | ["init", "error"]) => {
            send(&reports, Report::Error { body: read(body).await? }).await?;
            accepted()
        }
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn send(reports: &mpsc::Sender<Report>, report: Report) -> Result<(), StatusCode> {
    reports.send(report).await.map_err(|_| StatusCode::GONE)
}

async fn read(body: Incoming) -> Result<Bytes, StatusCode> {
    Ok(body.collect().await.map_err(|_| StatusCode::BAD_REQUEST)?.to_bytes())
}

fn next(event: Event) -> Result<Response<Full<Bytes>>, StatusCode> {
    let deadline = event.deadline.duration_since(UNIX_EPOCH).unwrap_or_default();
    Response::builder()
        .header("Content-Type", "application/json")
        .header("Lambda-Runtime-Aws-Request-Id", event.id.to_string())
        .header("Lambda-Runtime-Deadline-Ms", deadline.as_millis().to_string())
        .header("Lambda-Runtime-Invoked-Function-Arn", FUNCTION_ARN)
        .header("Lambda-Runtime-Trace-Id", "Root=1-6922a1a0-3b6d1c2f4e5a6b7c8d9e0f1a;Sampled=0")
        .body(Full::new(event.body))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

fn accepted() -> Result<Response<Full<Bytes>>, StatusCode> {
    Response::builder()
        .status(StatusCode::ACCEPTED)
        .header("Content-Type", "application/json")
        .body(Full::new(Bytes::from_static(br#"{"status":"OK"}"#)))
        .map_err(|_| StatusCode::INTERNAL_SERVER_ERROR)
}

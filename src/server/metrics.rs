//! What is seen from outside, in Prometheus form. Counters and histograms are kept as things happen, gauges are read from the database
//! when somebody asks. Labels carry a network or the id of a connection, never a name or anything of a player.

use super::config::Mode;
use super::db::{Error, queue};
use super::ingest::Counts;
use super::secrets::same;
use super::state::AppState;
use crate::model::Millis;
use crate::model::attempt::{AttemptStatus, LastWord};
use crate::model::connection::ParkCause;
use crate::server::networks::contract::{Events, Outcome};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{AUTHORIZATION, CONTENT_TYPE, WWW_AUTHENTICATE};
use http::{HeaderMap, StatusCode};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use secrecy::{ExposeSecret, SecretString};
use std::sync::OnceLock;
use std::time::Duration;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

const REQUESTS: &str = "postbacks_ingest_requests_total";
const MESSAGES: &str = "postbacks_ingest_messages_total";
const REJECTIONS: &str = "postbacks_ingest_rejections_total";
const COMMIT: &str = "postbacks_ingest_commit_seconds";
const CALL: &str = "postbacks_call_seconds";
const ATTEMPTS: &str = "postbacks_attempts_total";
const LAST_WORDS: &str = "postbacks_last_words_total";
const VERDICTS: &str = "postbacks_verdicts_total";
const FIRST_CALL: &str = "postbacks_first_call_seconds";
const PARKED: &str = "postbacks_connections_parked_total";
const EXPIRED: &str = "postbacks_expired_total";
const RECLAIMED: &str = "postbacks_leases_reclaimed_total";
const QUEUED: &str = "postbacks_queue_postbacks";
const OVERDUE: &str = "postbacks_queue_overdue_seconds";
const HELD: &str = "postbacks_connection_held";

/// From a commit on a quiet machine to a call that runs into its time-out.
const BUCKETS: &[f64] = &[0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0];
/// Samples of histograms are gathered up this often, whether somebody asks or not.
const UPKEEP: Duration = Duration::from_secs(10);
const CONTENT: &str = "text/plain; version=0.0.4; charset=utf-8";

/// The metrics of this process; nothing is kept before the first call.
pub fn install() -> PrometheusHandle {
    static HANDLE: OnceLock<PrometheusHandle> = OnceLock::new();
    HANDLE
        .get_or_init(|| {
            let builder = PrometheusBuilder::new().set_buckets(BUCKETS).expect("there are buckets");
            let recorder = builder.build_recorder();
            let handle = recorder.handle();
            // Another recorder of the process would be a second install, which the lock excludes.
            metrics::set_global_recorder(recorder).expect("the only recorder");
            describe();
            handle
        })
        .clone()
}

fn describe() {
    metrics::describe_counter!(REQUESTS, "Requests to the audience API, by HTTP status.");
    metrics::describe_counter!(MESSAGES, "Messages accepted and rejected.");
    metrics::describe_counter!(REJECTIONS, "Errors of rejected messages, by published code.");
    metrics::describe_histogram!(COMMIT, "Seconds of a commit of ingest, from its beginning to durable.");
    metrics::describe_histogram!(CALL, "Seconds of a call to a network, answered or not.");
    metrics::describe_counter!(ATTEMPTS, "Rows of the delivery log, by network and status.");
    metrics::describe_counter!(LAST_WORDS, "What networks whose yes is a receipt told later of accepted postbacks, by network and word.");
    metrics::describe_counter!(VERDICTS, "Events of calls to networks, by network and by what the answer means for them.");
    metrics::describe_histogram!(FIRST_CALL, "Seconds from the message that made a postback to the beginning of its first call.");
    metrics::describe_counter!(PARKED, "Refusals that hold a whole connection, by connection and cause.");
    metrics::describe_counter!(EXPIRED, "Postbacks that grew too old for their network, by network.");
    metrics::describe_counter!(RECLAIMED, "Postbacks taken back from a sender that died or hung.");
    metrics::describe_gauge!(QUEUED, "Postbacks of a connection that are not finished; counted up to 10,000 that nobody sends just now.");
    metrics::describe_gauge!(OVERDUE, "Seconds since the longest waiting postback of a connection has been due.");
    metrics::describe_gauge!(HELD, "1 while a connection is parked or switched off.");
}

/// Gathers samples until `shutdown`, so that they take no room while nobody asks.
pub async fn upkeep(handle: PrometheusHandle, shutdown: CancellationToken) {
    while !shutdown.is_cancelled() {
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(UPKEEP) => handle.run_upkeep(),
        }
    }
}

pub fn request_answered(status: StatusCode) {
    counter!(REQUESTS, "status" => status.as_u16().to_string()).increment(1);
}

pub fn messages_counted(counts: &Counts) {
    counter!(MESSAGES, "outcome" => "accepted").increment(counts.accepted as u64);
    counter!(MESSAGES, "outcome" => "rejected").increment(counts.rejected as u64);
    for error in counts.rejections.iter().flat_map(|rejection| &rejection.errors) {
        counter!(REJECTIONS, "code" => error.code.word()).increment(1);
    }
}

pub fn committed(took: Duration) {
    histogram!(COMMIT).record(took);
}

pub fn call_made(network: &'static str, latency: Millis) {
    histogram!(CALL, "network" => network).record(latency as f64 / 1_000.0);
}

pub fn attempt_logged(network: &str, status: AttemptStatus) {
    counter!(ATTEMPTS, "network" => network.to_owned(), "status" => status.word()).increment(1);
}

pub fn last_word(network: &'static str, word: LastWord) {
    counter!(LAST_WORDS, "network" => network, "word" => word.word()).increment(1);
}

/// What a call's answer means, for each of so many events.
pub fn judged(network: &'static str, events: &Events, count: usize) {
    let of = |outcome: &Outcome, count: usize| {
        counter!(VERDICTS, "network" => network, "verdict" => verdict(outcome)).increment(count as u64);
    };
    match events {
        Events::All(outcome) => of(outcome, count),
        Events::Bad(bad) => of(&Outcome::Payload, bad.len()),
        // Which of them it is, the calls that follow find out.
        Events::Some => of(&Outcome::Payload, 1),
        Events::Each(rulings) => rulings.iter().for_each(|ruling| of(&ruling.outcome, 1)),
    }
}

fn verdict(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Accepted { .. } => "accepted",
        Outcome::NotCredited { .. } => "not_credited",
        Outcome::Throttled { .. } => "throttled",
        Outcome::Transient { unknown: false, .. } => "transient",
        Outcome::Transient { unknown: true, .. } => "unknown",
        Outcome::Credentials => "credentials",
        Outcome::Permission => "permission",
        Outcome::Closed => "closed",
        Outcome::Payload => "payload",
    }
}

/// The first call of a postback begins so long after it was made.
pub fn first_call(network: &'static str, lag: Millis) {
    histogram!(FIRST_CALL, "network" => network).record(lag.max(0) as f64 / 1_000.0);
}

pub fn parked(connection: Uuid, cause: ParkCause) {
    counter!(PARKED, "connection" => connection.to_string(), "cause" => cause.word()).increment(1);
}

pub fn expired(network: &str) {
    counter!(EXPIRED, "network" => network.to_owned()).increment(1);
}

pub fn leases_reclaimed(count: u64) {
    counter!(RECLAIMED).increment(count);
}

/// `GET /metrics`: open in the demo, with the operator's token in `serve`, and not there where no token is set.
pub async fn metrics(State(state): State<AppState>, headers: HeaderMap) -> Response {
    let Some(handle) = &state.metrics else { return StatusCode::NOT_FOUND.into_response() };
    if let Some(token) = &state.config.metrics_token
        && !bears(&headers, token)
    {
        return (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, "Bearer")], "/metrics wants the bearer token of POSTBACKS_METRICS_TOKEN\n")
            .into_response();
    }
    if let Err(cause) = look(&state).await {
        tracing::warn!(%cause, "the queue's metrics are not to be had");
        return (StatusCode::SERVICE_UNAVAILABLE, "the database does not answer\n").into_response();
    }
    ([(CONTENT_TYPE, CONTENT)], handle.render()).into_response()
}

/// Whether this process is asked for its metrics at all.
pub fn wanted(mode: Mode, token: Option<&SecretString>) -> bool {
    mode == Mode::Demo || token.is_some()
}

fn bears(headers: &HeaderMap, token: &SecretString) -> bool {
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok()).and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| same(given.trim(), token.expose_secret()))
}

/// Reads the gauges.
async fn look(state: &AppState) -> Result<(), Error> {
    let now = super::now();
    for depth in queue::depths(&state.db).await? {
        let labels = [("network", depth.network), ("connection", depth.connection_id.to_string())];
        let overdue = depth.due_at.map_or(0, |due| (now - due).max(0));
        gauge!(QUEUED, &labels).set(depth.postbacks as f64);
        gauge!(OVERDUE, &labels).set(overdue as f64 / 1_000.0);
        gauge!(HELD, &labels).set(if depth.held { 1.0 } else { 0.0 });
    }
    Ok(())
}

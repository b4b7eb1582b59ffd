//! The ad networks, played locally: for rehearsal, for the demo and for the tests. Each network is an independent reading
//! of its wire page, strict about everything that goes over the wire, and shares no code with `server::networks`, so
//! that a mistake made there is not repeated here. Everything is in memory; faults are scripted over HTTP.
//!
//! - `role` says what a network is to the simulator; `tiktok`, `meta`, `google`, `reddit` are one folder each.
//! - `call` takes a call of conversion events: `faults` may strike, the role judges, `ledger` remembers, `mishap` answers.
//! - `world` holds the documented ids and tokens, `tokens` what became of them.
//! - `control`, `ledger_pages` and `page` are the simulator's own interface: `/simulator/…` and `/`.

mod call;
mod control;
mod faults;
mod google;
mod html;
mod json;
mod ledger;
mod ledger_pages;
mod meta;
mod mishap;
mod page;
mod reddit;
mod role;
pub mod sample;
mod shapes;
mod state;
mod tiktok;
mod tokens;
mod wire;
pub mod world;

#[cfg(test)]
mod tests;

pub use ledger::Limits;
pub use state::{Clock, State};

use axum::Router;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use std::future::{Future, IntoFuture};
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wire::{Lines, Wire};

/// How long calls in progress may take to end once the simulator shuts down.
const GRACE: Duration = Duration::from_secs(5);

/// Why the simulator does not listen.
#[derive(Debug, thiserror::Error)]
pub enum CannotListen {
    #[error("the simulator listens on loopback addresses only, not on {0}")]
    NotLoopback(SocketAddr),
    #[error("cannot listen on {0}: {1}")]
    Address(SocketAddr, std::io::Error),
}

/// The reasons for which a network refuses later what it took; none where it tells nothing later.
pub fn tells(network: &str) -> &'static [&'static str] {
    role::of(network).map_or(&[], |role| role.tells)
}

/// Every route of the simulator. `run` serves it so that a scripted reset is a real one; under another server a reset is
/// an answer that breaks off.
pub fn router(state: State) -> Router {
    let networks = role::ALL.iter().fold(Router::new(), |router, role| router.merge((role.routes)(&state)));
    networks.merge(control::routes()).route("/", get(page::show)).fallback(no_such_page).with_state(state)
}

/// Opens the listener; refuses addresses that other machines could reach. Port 0 is any free one.
pub async fn bind(listen: SocketAddr) -> Result<TcpListener, CannotListen> {
    if !listen.ip().is_loopback() {
        return Err(CannotListen::NotLoopback(listen));
    }
    TcpListener::bind(listen).await.map_err(|error| CannotListen::Address(listen, error))
}

/// Serves until `shutdown` is done; then lets calls in progress end, breaks those that hang, and returns.
pub async fn run(listener: TcpListener, state: State, shutdown: impl Future<Output = ()> + Send + 'static) {
    let closing = CancellationToken::new();
    let service = router(state).into_make_service_with_connect_info::<Wire>();
    let begin = closing.clone();
    let serving = axum::serve(Lines::new(listener, closing.clone()), service).with_graceful_shutdown(async move {
        shutdown.await;
        begin.cancel();
    });
    let overdue = async {
        closing.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        ended = serving.into_future() => ended.unwrap_or_else(|error| tracing::error!(%error, "the simulator stopped")),
        () = overdue => tracing::warn!("the simulator left calls that did not end"),
    }
}

/// Binds and serves in a task of its own: where it listens, and the task, which ends after `shutdown`.
pub async fn serve(
    listen: SocketAddr,
    state: State,
    shutdown: impl Future<Output = ()> + Send + 'static,
) -> Result<(SocketAddr, JoinHandle<()>), CannotListen> {
    let listener = bind(listen).await?;
    let address = listener.local_addr().map_err(|error| CannotListen::Address(listen, error))?;
    Ok((address, tokio::spawn(run(listener, state, shutdown))))
}

/// What the networks say to a path that they do not have, such as `event/track` without its slash.
async fn no_such_page() -> Response {
    (StatusCode::NOT_FOUND, "404 page not found\n").into_response()
}

//! Pages, ingest and dispatch side by side in one process, and how they stop: no new connection, what was accepted is written,
//! calls in flight are recorded, leases are given back.

use super::config::Config;
use super::db::checkpoints;
use super::start::CannotStart;
use super::state::AppState;
use super::{dispatch, doors, metrics, router, sweep};
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long open connections may take to finish at shutdown; dispatch has its own 20 s beside it.
const GRACE: Duration = Duration::from_secs(10);

/// A listener on the configured address, and the configuration with the port it got.
pub async fn listen(config: Config) -> Result<(TcpListener, Config), CannotStart> {
    let address = config.listen;
    let failed = |cause| CannotStart::Listen { address, cause };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let bound = listener.local_addr().map_err(failed)?;
    Ok((listener, config.bound_to(bound)))
}

/// Serves until `shutdown`, then stops in order and closes the database.
pub async fn serve(state: AppState, listener: TcpListener, shutdown: CancellationToken) {
    let dispatch = tokio::spawn(dispatch::run(state.dispatch(), shutdown.clone()));
    let sweeper = tokio::spawn(sweep::run(state.db.clone(), shutdown.clone()));
    let eraser = tokio::spawn(state.erasure.clone().run(state.db.clone(), shutdown.clone()));
    let resender = tokio::spawn(state.resend.clone().run(state.db.clone(), shutdown.clone()));
    if let Some(handle) = &state.metrics {
        tokio::spawn(metrics::upkeep(handle.clone(), shutdown.clone()));
    }
    tokio::spawn(checkpoints::run(state.db.clone(), shutdown.clone()));
    web(&state, listener, &shutdown).await;
    if let Err(cause) = dispatch.await {
        tracing::error!(%cause, "dispatch broke off; its leases run out by themselves");
    }
    if let Err(cause) = sweeper.await {
        tracing::error!(%cause, "the sweeper broke off");
    }
    if let Err(cause) = eraser.await {
        tracing::error!(%cause, "erasures broke off; they are taken up again at the next start");
    }
    if let Err(cause) = resender.await {
        tracing::error!(%cause, "resends broke off; they are taken up again at the next start");
    }
    state.db.close().await;
}

/// Pages and ingest, until `shutdown` and until every message that was taken is written.
pub async fn web(state: &AppState, listener: TcpListener, shutdown: &CancellationToken) {
    let web = doors::serve(listener, router::router(state.clone()), doors::HEAD, shutdown);
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    tokio::select! {
        () = web => {}
        () = overdue => {}
    }
    state.ingest.stop().await;
}

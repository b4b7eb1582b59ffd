//! Pages, ingest and dispatch side by side in one process, and how they stop: no new connection, what was accepted is written,
//! calls in flight are recorded, leases are given back.

use super::state::AppState;
use super::{dispatch, router};
use std::io;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// How long open connections may take to finish at shutdown; dispatch has its own 20 s beside it.
const GRACE: Duration = Duration::from_secs(10);

/// Serves until `shutdown`, then stops in order and closes the database.
pub async fn serve(state: AppState, listener: TcpListener, shutdown: CancellationToken) -> io::Result<()> {
    let dispatch = tokio::spawn(dispatch::run(state.dispatch(), shutdown.clone()));
    let router = router::router(state.clone()).into_make_service_with_connect_info::<SocketAddr>();
    let web = axum::serve(listener, router).with_graceful_shutdown(shutdown.clone().cancelled_owned());
    let overdue = async {
        shutdown.cancelled().await;
        tokio::time::sleep(GRACE).await;
    };
    let served = tokio::select! {
        served = web => served,
        () = overdue => Ok(()),
    };
    // A web server that failed takes the rest with it.
    shutdown.cancel();
    state.ingest.stop().await;
    if let Err(cause) = dispatch.await {
        tracing::error!(%cause, "dispatch broke off; its leases run out by themselves");
    }
    state.db.close().await;
    served
}

/// Resolves when the process is asked to end (SIGTERM, or ctrl-c at a terminal).
pub async fn asked_to_stop() {
    let terminate = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        () = terminate => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}

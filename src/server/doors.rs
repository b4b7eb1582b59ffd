//! Takes connections and serves each with the router. Whoever does not get a request's head across in time is let go: else a few thousand
//! that never ask for anything would take every connection that the process may have.

use axum::Router;
use axum::body::Body;
use axum::serve::Listener;
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower::{Service, ServiceExt};

/// How long a request's head may take, counted from the end of the one before: proxies keep connections that they do not use for up to a minute.
pub const HEAD: Duration = Duration::from_secs(75);

/// Until `shutdown`, and then until every request that was begun is answered.
pub async fn serve(mut listener: TcpListener, router: Router, head: Duration, shutdown: &CancellationToken) {
    let mut builder = Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(head);
    let mut services = router.into_make_service_with_connect_info::<SocketAddr>();
    let open = GracefulShutdown::new();
    loop {
        let (stream, peer) = tokio::select! {
            accepted = Listener::accept(&mut listener) => accepted,
            () = shutdown.cancelled() => break,
        };
        // A page goes out in pieces; else each but the first would wait until the browser has acknowledged the one before. Without it it still works.
        drop(stream.set_nodelay(true));
        let Ok(service) = services.call(peer).await;
        let service = TowerToHyperService::new(service.map_request(|request: http::Request<_>| request.map(Body::new)));
        let connection = open.watch(builder.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            // Whoever breaks a connection off knows why.
            if let Err(cause) = connection.await {
                tracing::trace!(%cause, "a connection broke off");
            }
        });
    }
    drop(listener);
    open.shutdown().await;
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::routing::get;
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpStream;

    async fn open(head: Duration) -> (SocketAddr, CancellationToken, tokio::task::JoinHandle<()>) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (address, shutdown) = (listener.local_addr().unwrap(), CancellationToken::new());
        let (router, told) = (Router::new().route("/", get(|| async { "here" })), shutdown.clone());
        (address, shutdown, tokio::spawn(async move { serve(listener, router, head, &told).await }))
    }

    /// All that comes until the other side closes.
    async fn told(address: SocketAddr, says: &str) -> String {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(says.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        // It may be reset as well.
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    }

    #[tokio::test]
    async fn who_never_asks_is_let_go() {
        let (address, shutdown, serving) = open(Duration::from_millis(200)).await;
        for says in ["", "GET / HT", "GET / HTTP/1.1\r\nhost: a\r\nx-more: "] {
            assert!(!told(address, says).await.contains("200 OK"), "{says}");
        }
        let answer = told(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await;
        assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("here"), "{answer}");
        shutdown.cancel();
        serving.await.unwrap();
    }

    #[tokio::test]
    async fn an_order_to_stop_lets_go_who_has_nothing_under_way() {
        let (address, shutdown, serving) = open(HEAD).await;
        let idle = tokio::spawn(async move { told(address, "GET / HTTP/1.1\r\nhost: a\r\n\r\n").await });
        let answer = told(address, "GET / HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n").await;
        assert!(answer.ends_with("here"), "{answer}");
        shutdown.cancel();
        serving.await.unwrap();
        // Whether it had asked by then is open; it is not kept waiting.
        idle.await.unwrap();
    }
}

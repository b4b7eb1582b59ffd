//! The connection under axum, so that a scripted fault can break it for real. Every accepted connection is a `Line`
//! with a switch that its requests find as connect info; once switched off, every write fails, hyper drops the
//! connection, and a zero linger set at that moment makes the kernel send a TCP reset instead of an orderly end.

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::extract::connect_info::Connected;
use axum::http::Extensions;
use axum::response::Response;
use axum::serve::{IncomingStream, Listener};
use std::io::{self, IoSlice};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio_util::sync::CancellationToken;

/// What a request knows of the connection it came over.
#[derive(Clone, Debug, Default)]
pub struct Wire {
    cut: Arc<AtomicBool>,
    /// Cancelled when the simulator shuts down, so that nothing hangs on.
    pub closing: CancellationToken,
}

impl Wire {
    /// The wire a request came over. Under another server than `run` it is one that nobody holds the other end of:
    /// then a reset is an answer that breaks off, and hanging ends with the client alone.
    pub fn of(extensions: &Extensions) -> Self {
        extensions.get::<ConnectInfo<Self>>().map(|info| info.0.clone()).unwrap_or_default()
    }

    /// Cuts the connection. What is returned never arrives whole.
    pub fn reset(&self) -> Response {
        self.cut.store(true, Ordering::Release);
        let broken = futures::stream::once(async { Err::<&str, _>(io::Error::from(io::ErrorKind::ConnectionReset)) });
        Response::new(Body::from_stream(broken))
    }
}

impl Connected<IncomingStream<'_, Lines>> for Wire {
    fn connect_info(stream: IncomingStream<'_, Lines>) -> Self {
        stream.io().wire.clone()
    }
}

/// A listener whose connections can be cut.
#[derive(Debug)]
pub struct Lines {
    listener: TcpListener,
    closing: CancellationToken,
}

impl Lines {
    pub fn new(listener: TcpListener, closing: CancellationToken) -> Self {
        Self { listener, closing }
    }
}

impl Listener for Lines {
    type Io = Line;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Line, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Answers are small: waiting to fill a packet would only add delay. A socket that refuses the option still works.
        stream.set_nodelay(true).ok();
        (Line { stream, wire: Wire { cut: Arc::default(), closing: self.closing.clone() } }, address)
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

#[derive(Debug)]
pub struct Line {
    stream: TcpStream,
    wire: Wire,
}

impl Line {
    fn check(&self) -> io::Result<()> {
        if self.wire.cut.load(Ordering::Acquire) { Err(io::ErrorKind::ConnectionReset.into()) } else { Ok(()) }
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        if self.wire.cut.load(Ordering::Acquire) {
            // Where the kernel refuses, the connection ends in the orderly way: still without an answer.
            self.stream.set_zero_linger().ok();
        }
    }
}

impl AsyncRead for Line {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(cx, buf)
    }
}

impl AsyncWrite for Line {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(mut self: Pin<&mut Self>, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.check()?;
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

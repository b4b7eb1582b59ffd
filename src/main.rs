//! Command line: serve | simulate | demo.

use postbacks::server::{config, db::Db, secrets::Sealer, serve, site, state::AppState};
use std::net::SocketAddr;
use tokio_util::sync::CancellationToken;

#[tokio::main]
async fn main() {
    tracing_subscriber::fmt().init();
    let listen: SocketAddr = "127.0.0.1:3000".parse().expect("an address");
    let db = Db::open("sqlite://data/postbacks.db").await.expect("opens");
    db.migrate().await.expect("migrates");
    let config = config::Config {
        mode: config::Mode::Serve,
        listen,
        public_url: format!("http://{listen}").parse().expect("a URL"),
        trusted_proxies: vec![],
        ingest_rate: 0,
        ingest_rate_ip: 0,
        networks: Default::default(),
    };
    let state = AppState::start(site::options(), config, db, Sealer::new(&[7; 32], None)).expect("HTTPS starts");
    if let Ok(Some(code)) = postbacks::server::people::setup_code(&state).await {
        println!("Set up at http://{listen}/setup with the code {code}");
    }
    let listener = tokio::net::TcpListener::bind(listen).await.expect("listens");
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        serve::asked_to_stop().await;
        stop.cancel();
    });
    serve::serve(state, listener, shutdown).await.expect("serves");
}

//! Command line: serve | simulate | demo.

use postbacks::server::{config, db::Db, networks, networks::http::Http, router, secrets::Sealer, site, state::AppState};
use std::net::SocketAddr;
use std::sync::Arc;

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
    let http = Http::new(&networks::addresses(&config.networks)).expect("HTTPS starts");
    let state = AppState {
        options: site::options(),
        db,
        config: Arc::new(config),
        sealer: Sealer::new(&[7; 32], None),
        http,
        wake: Default::default(),
        tries: Arc::default(),
    };
    if let Ok(Some(code)) = postbacks::server::people::setup_code(&state).await {
        println!("Set up at http://{listen}/setup with the code {code}");
    }
    let listener = tokio::net::TcpListener::bind(listen).await.expect("listens");
    axum::serve(listener, router::router(state).into_make_service_with_connect_info::<SocketAddr>()).await.expect("serves");
}

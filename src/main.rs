//! Command line: serve | simulate | demo.

use clap::{Parser, Subcommand};
use postbacks::server::demo::{self, Face};
use postbacks::server::{config, db::Db, people, secrets::Sealer, serve, simulator, site, state::AppState};
use std::error::Error;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// Tells ad networks which of their clicks became players.
#[derive(Parser)]
#[command(version)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// The whole product: pages, ingest, pixel, OAuth, dispatch
    Serve,
    /// Plays the ad networks locally, on loopback
    Simulate {
        #[arg(long, default_value = "127.0.0.1:3001")]
        listen: SocketAddr,
    },
    /// The server, the simulator, a sample game and its players
    Demo {
        #[arg(long, default_value = "127.0.0.1:3000")]
        listen: SocketAddr,
        /// Folder of its database and key
        #[arg(long, default_value = demo::DEFAULT_DATA)]
        data: PathBuf,
        /// Without the made-up players
        #[arg(long)]
        no_traffic: bool,
    },
}

#[tokio::main]
async fn main() -> ExitCode {
    tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info")))
        .with_writer(std::io::stderr)
        .init();
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        serve::asked_to_stop().await;
        stop.cancel();
    });
    let ended = match Cli::parse().command {
        Command::Serve => serving(shutdown).await,
        Command::Simulate { listen } => simulating(listen, shutdown).await,
        Command::Demo { listen, data, no_traffic } => {
            let options = demo::Options { listen, data, traffic: !no_traffic, given: Vec::new() };
            demo::run(options, shutdown).await.map_err(Into::into)
        }
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("postbacks: {cause}");
            ExitCode::FAILURE
        }
    }
}

async fn simulating(listen: SocketAddr, shutdown: CancellationToken) -> Result<(), Box<dyn Error>> {
    let (address, served) = simulator::serve(listen, simulator::State::default(), shutdown.cancelled_owned()).await?;
    println!("The ad networks, played locally: http://{address}");
    Ok(served.await?)
}

async fn serving(shutdown: CancellationToken) -> Result<(), Box<dyn Error>> {
    let listen: SocketAddr = "127.0.0.1:3000".parse()?;
    let db = Db::open("sqlite://data/postbacks.db").await?;
    db.migrate().await?;
    demo::check(&db, Face::Serve).await?;
    let config = config::Config {
        mode: config::Mode::Serve,
        listen,
        public_url: format!("http://{listen}").parse()?,
        trusted_proxies: vec![],
        ingest_rate: 5000,
        ingest_rate_ip: 100,
        networks: Default::default(),
    };
    let state = AppState::start(site::options(), config, db, Sealer::new(&[7; 32], None))?;
    if let Some(code) = people::setup_code(&state).await? {
        println!("Set up at http://{listen}/setup with the code {code}");
    }
    let listener = tokio::net::TcpListener::bind(listen).await?;
    Ok(serve::serve(state, listener, shutdown).await?)
}

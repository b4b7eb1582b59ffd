//! Command line: serve | simulate | demo | user reset | settings. A bad start is one line on standard error.

use postbacks::server::command::{Asked, asked, command, say};
use postbacks::server::config::{Config, settings};
use postbacks::server::start::{Started, open_existing, start};
use postbacks::server::{demo, now, people, serve, simulator};
use secrecy::SecretString;
use std::error::Error;
use std::net::SocketAddr;
use std::process::ExitCode;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;

/// What is logged where `RUST_LOG` says nothing.
const LOG: &str = "info,sqlx=warn,tower_sessions=warn";

fn main() -> ExitCode {
    let matches = command().get_matches();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(LOG));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match asked(&matches).map_err(Into::into).and_then(run) {
        Ok(()) => ExitCode::SUCCESS,
        Err(cause) => {
            eprintln!("postbacks: {cause}");
            ExitCode::FAILURE
        }
    }
}

fn run(asked: Asked) -> Result<(), Box<dyn Error>> {
    let runtime = tokio::runtime::Runtime::new()?;
    runtime.block_on(async {
        match asked {
            Asked::Serve(config) => serving(*config, shutdown()?).await,
            Asked::Simulate { listen } => simulating(listen, shutdown()?).await,
            Asked::ResetPassword { database_url, email } => reset_password(&database_url, &email).await,
            Asked::Settings { markdown } => {
                print!("{}", if markdown { settings::markdown() } else { settings::plain() });
                Ok(())
            }
            Asked::Demo(options) => Ok(demo::run(options, shutdown()?).await?),
        }
    })
}

async fn serving(config: Config, shutdown: CancellationToken) -> Result<(), Box<dyn Error>> {
    let (listener, config) = serve::listen(config).await?;
    // Kept to the end: it holds the lock on the file.
    let started = start(config, now()).await?;
    greet(&started);
    serve::serve(started.state.clone(), listener, shutdown).await;
    Ok(())
}

async fn simulating(listen: SocketAddr, shutdown: CancellationToken) -> Result<(), Box<dyn Error>> {
    let (address, served) = simulator::serve(listen, simulator::State::default(), shutdown.cancelled_owned()).await?;
    say(format_args!("The ad networks, played locally: http://{address}"));
    Ok(served.await?)
}

fn greet(started: &Started) {
    let origin = started.state.config.origin();
    say(format_args!("Postbacks is at {origin}"));
    if let Some(code) = &started.setup_code {
        say(format_args!("Nobody can sign in yet: open {origin}/setup and give the one-time code {code}"));
    }
}

async fn reset_password(database_url: &SecretString, email: &str) -> Result<(), Box<dyn Error>> {
    let db = open_existing(database_url).await?;
    match people::reset_password(&db, email, now()).await? {
        Some(password) => {
            println!("{email} is signed out everywhere. One-time password, to be changed after signing in: {password}");
            Ok(())
        }
        None => Err(format!("nobody has the address {email}").into()),
    }
}

/// Cancelled by the first SIGINT or SIGTERM; the second ends the process at once.
fn shutdown() -> std::io::Result<CancellationToken> {
    let token = CancellationToken::new();
    let told = token.clone();
    let (mut interrupt, mut terminate) = (signal(SignalKind::interrupt())?, signal(SignalKind::terminate())?);
    tokio::spawn(async move {
        let either = async |interrupt: &mut tokio::signal::unix::Signal, terminate: &mut tokio::signal::unix::Signal| {
            tokio::select! { _ = interrupt.recv() => {}, _ = terminate.recv() => {} }
        };
        either(&mut interrupt, &mut terminate).await;
        tracing::info!("shutting down");
        told.cancel();
        either(&mut interrupt, &mut terminate).await;
        std::process::exit(1);
    });
    Ok(token)
}

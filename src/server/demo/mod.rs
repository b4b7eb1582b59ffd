//! `postbacks demo`: the server, the simulator, a sample game and a trickle of players, so that the loop closes in the first minute.
//! It listens on loopback only, takes network addresses on loopback only, keeps its files in a folder of its own and marks its database.

pub mod journey;
pub mod seed;
mod traffic;

use super::command::say;
use super::config::{Config, Mode};
use super::networks::contract::{SettingKind, Settings};
use super::networks::specs;
use super::simulator::sample::SAMPLES;
use super::start::{CannotStart, start};
use super::{now, serve, simulator};
use crate::error::AppError;
use crate::model::{Millis, SECOND};
use crate::server::connect::ConnectFailure;
use secrecy::SecretString;
use std::net::SocketAddr;
use std::path::PathBuf;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use url::Url;

/// How soon it asks what became of accepted events, and how long the simulated networks are at work on them: half an hour would be long for
/// a look around.
pub const FIRST_QUESTION: Millis = 4 * SECOND;
const AT_WORK: Millis = 2 * SECOND;

/// How the demo was asked to run.
#[derive(Debug, Clone)]
pub struct Options {
    pub listen: SocketAddr,
    /// Folder of its database and key.
    pub data: PathBuf,
    pub traffic: bool,
    /// Addresses that were set: these networks are taken from there instead of from the simulator.
    pub given: Vec<(&'static str, Url)>,
}

/// Why the demo does not run.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("the demo listens on loopback only, not on {0}")]
    NotLoopback(SocketAddr),
    #[error("{0} must be a loopback address in the demo, not {1}")]
    FarNetwork(&'static str, Url),
    #[error(transparent)]
    Simulator(#[from] simulator::CannotListen),
    #[error("the demo cannot listen: {0}")]
    Listen(#[from] std::io::Error),
    #[error("the demo's database refuses: {0}")]
    Database(#[from] sqlx::Error),
    #[error(transparent)]
    Start(#[from] CannotStart),
    #[error("the sample game cannot be made: {0}")]
    Seed(#[from] AppError),
    #[error("the sample game cannot be connected: {0}")]
    Connect(#[from] ConnectFailure),
}

/// Runs until `shutdown`; prints the address and who may come in once it is ready.
pub async fn run(options: Options, shutdown: CancellationToken) -> Result<(), Failure> {
    refuse_far_addresses(&options)?;
    let listener = TcpListener::bind(options.listen).await?;
    let listen = listener.local_addr()?;
    let (simulator, played) = start_simulator(&options, &shutdown).await?;
    let config = Config {
        mode: Mode::Demo,
        listen,
        public_url: format!("http://{listen}").parse().expect("a socket address makes a URL"),
        database_url: format!("sqlite://{}", options.data.join("postbacks.db").display()).into(),
        trusted_proxies: Vec::new(),
        secret_key: None,
        secret_key_previous: None,
        admin: None,
        ingest_rate: 0,
        ingest_rate_ip: 0,
        metrics_token: None,
        networks: settings(&options, simulator.as_deref()),
    };
    // Kept to the end: it holds the lock on the file.
    let started = start(config, now()).await?;
    let state = started.state.clone();
    seed::seed(&state, &played, now()).await?;
    say(format_args!("Postbacks demo: http://{listen}   sign in as {}", seed::credentials()));
    if let Some(simulator) = &simulator {
        say(format_args!("The ad networks, played locally: {simulator}"));
    }
    if options.traffic {
        tokio::spawn(traffic::play(format!("http://{listen}"), simulator, shutdown.clone()));
    }
    serve::serve(state, listener, shutdown).await;
    Ok(())
}

fn refuse_far_addresses(options: &Options) -> Result<(), Failure> {
    if !options.listen.ip().is_loopback() {
        return Err(Failure::NotLoopback(options.listen));
    }
    let far = options.given.iter().find(|(_, url)| !is_loopback(url));
    match far {
        Some((name, url)) => Err(Failure::FarNetwork(name, url.clone())),
        None => Ok(()),
    }
}

fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        Some(url::Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

/// Starts the simulator unless every network is taken from elsewhere: its address, and the networks it plays.
async fn start_simulator(options: &Options, shutdown: &CancellationToken) -> Result<(Option<String>, Vec<&'static str>), Failure> {
    let given = |slug: &str| {
        let spec = specs().find(|spec| spec.slug == slug);
        spec.is_some_and(|spec| spec.settings.iter().any(|setting| options.given.iter().any(|(name, _)| *name == setting.env)))
    };
    let played: Vec<&'static str> = SAMPLES.iter().map(|sample| sample.network).filter(|slug| !given(slug)).collect();
    if played.is_empty() {
        return Ok((None, played));
    }
    let state = simulator::State::default().at_work_for(AT_WORK);
    let beside = SocketAddr::new(options.listen.ip(), options.listen.port().checked_add(1).filter(|port| *port > 1).unwrap_or(0));
    let address = match simulator::serve(beside, state.clone(), shutdown.clone().cancelled_owned()).await {
        Ok((address, _)) => address,
        // The port beside ours is taken: any other will do.
        Err(_) => simulator::serve(SocketAddr::new(options.listen.ip(), 0), state, shutdown.clone().cancelled_owned()).await?.0,
    };
    Ok((Some(format!("http://{address}")), played))
}

/// Every address of a network that was not given leads to the simulator, with the app that it knows.
fn settings(options: &Options, simulator: Option<&str>) -> Settings {
    let mut settings = Settings::default();
    for setting in specs().flat_map(|spec| spec.settings) {
        let given = options.given.iter().find(|(name, _)| *name == setting.env).map(|(_, url)| url.to_string());
        let sample =
            SAMPLES.iter().flat_map(|sample| sample.settings).find(|(name, _)| *name == setting.env).map(|(_, value)| (*value).to_owned());
        match (setting.kind, given.or(if setting.kind == SettingKind::Url { simulator.map(str::to_owned) } else { sample })) {
            (SettingKind::Secret, Some(value)) => drop(settings.secret.insert(setting.env, SecretString::from(value))),
            (_, Some(value)) => drop(settings.plain.insert(setting.env, value)),
            (_, None) => {}
        }
    }
    settings
}

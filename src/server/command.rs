//! The command line: its words, and the settings as flags. What each command does is elsewhere.

use super::config::{BadSetting, Config, Mode, Source, read, read_database_url, read_network_addresses, settings};
use super::demo;
use clap::{Arg, ArgAction, ArgMatches, Command};
use secrecy::SecretString;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;

/// Where the simulator listens when nothing is said: beside `serve`.
const SIMULATOR: &str = "127.0.0.1:3001";
/// Where the demo keeps its files when nothing is said; git ignores it.
const DEMO_FOLDER: &str = "demo-data";

/// What the operator asked for, checked.
#[derive(Debug)]
pub enum Asked {
    Serve(Box<Config>),
    Simulate { listen: SocketAddr },
    Demo(demo::Options),
    ResetPassword { database_url: SecretString, email: String },
    Settings { markdown: bool },
}

/// A line for whoever started the program. That they have stopped reading is no reason to stop serving.
pub fn say(line: std::fmt::Arguments<'_>) {
    if let Err(cause) = writeln!(std::io::stdout(), "{line}") {
        tracing::debug!(%cause, "nobody reads what is said");
    }
}

pub fn command() -> Command {
    Command::new("postbacks")
        .about("Tells ad networks which of their clicks became players.")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand(
            Command::new("serve")
                .about("Runs the whole product: pages, ingest, pixel, dispatch")
                .after_help("Every flag is also a variable of the environment; `postbacks settings` lists them, and those that are secret.")
                .args(settings::all().filter_map(|setting| flag(&setting))),
        )
        .subcommand(Command::new("simulate").about("Plays the ad networks locally, strict about the wire, faults scripted").arg(
            Arg::new("listen").long("listen").value_name("ADDRESS").default_value(SIMULATOR).value_parser(clap::value_parser!(SocketAddr)),
        ))
        .subcommand(
            Command::new("demo")
                .about("Both of them, with a sample game and its players; loopback only")
                .arg(
                    Arg::new("listen")
                        .long("listen")
                        .value_name("ADDRESS")
                        .default_value("127.0.0.1:3000")
                        .value_parser(clap::value_parser!(SocketAddr)),
                )
                .arg(
                    Arg::new("data")
                        .long("data")
                        .value_name("FOLDER")
                        .default_value(DEMO_FOLDER)
                        .value_parser(clap::value_parser!(PathBuf)),
                )
                .arg(Arg::new("no-traffic").long("no-traffic").action(ArgAction::SetTrue).help("No players of its own")),
        )
        .subcommand(
            Command::new("user").about("People").subcommand_required(true).subcommand(
                Command::new("reset")
                    .about("Gives somebody a new one-time password and signs them out everywhere")
                    .arg(Arg::new("email").value_name("EMAIL").required(true))
                    .args(flag(&settings::DATABASE_URL)),
            ),
        )
        .subcommand(
            Command::new("settings")
                .about("Lists every setting")
                .arg(Arg::new("markdown").long("markdown").action(ArgAction::SetTrue).help("As the README's table")),
        )
}

/// From the words to what they ask for, with the settings they leave to the environment.
pub fn asked(matches: &ArgMatches) -> Result<Asked, BadSetting> {
    Ok(match matches.subcommand() {
        Some(("simulate", words)) => Asked::Simulate { listen: *has(words, "listen") },
        Some(("demo", words)) => Asked::Demo(demo::Options {
            listen: *has(words, "listen"),
            data: has::<PathBuf>(words, "data").clone(),
            traffic: !words.get_flag("no-traffic"),
            given: read_network_addresses(&source(words))?,
        }),
        Some(("user", words)) => {
            let (_, words) = words.subcommand().expect("clap asks for a subcommand");
            Asked::ResetPassword { database_url: read_database_url(&source(words))?, email: has::<String>(words, "email").clone() }
        }
        Some(("settings", words)) => Asked::Settings { markdown: words.get_flag("markdown") },
        Some((_, words)) => Asked::Serve(Box::new(read(Mode::Serve, &source(words))?)),
        None => unreachable!("clap asks for a subcommand"),
    })
}

fn has<'a, T: Clone + Send + Sync + 'static>(words: &'a ArgMatches, name: &str) -> &'a T {
    words.get_one(name).expect("clap gives the default or refuses")
}

fn flag(setting: &settings::Setting) -> Option<Arg> {
    // clap keeps names for the life of the process; there are a dozen.
    let name: &'static str = setting.flag()?.leak();
    Some(Arg::new(name).long(name).value_name("VALUE").help(setting.says))
}

fn source(words: &ArgMatches) -> Source<'_> {
    Source {
        flag: Box::new(move |name| words.try_get_one::<String>(name).ok().flatten().cloned()),
        environment: Box::new(|name| std::env::var(name).ok()),
        file: Box::new(|path| std::fs::read_to_string(path)),
    }
}

//! The contract every network of ALL must pass, by each of its transports. A network brings `vectors.json` in its folder: a sample of its ids,
//! identifiers with what must become of them, and answers with what they mean. The exact bytes are in its `snapshots/`. Those of a transport
//! besides the usual one have its word before their names.

mod answers;
mod connect;
mod fuzz;
mod later;
mod published;
mod requests;
mod specs;

use super::ALL;
use super::contract::{Browser, ClickIds, Destination, Event, Network, SettingKind, Settings};
use crate::model::conversion::Consent;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use std::path::PathBuf;

/// 2024-01-08 13:52:50.212 UTC.
const TIME: i64 = 1_704_721_970_212;
const TOKEN: &str = "token-never-shown-4711";
const APP_SECRET: &str = "app-secret-never-shown";

/// A network's `vectors.json`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Vectors {
    sample: Sample,
    /// Event names with what is said against them, where the network knows events by names.
    #[serde(default)]
    names: Vec<Name>,
    identifiers: Vec<Identifiers>,
    /// Events that must not be sent, where the network knows such.
    #[serde(default)]
    unfit: Vec<Unfit>,
    answers: Vec<Heard>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Sample {
    account_id: Option<String>,
    through: Option<String>,
    target_id: String,
    /// What events are mapped to, where the network asks for that.
    action: Option<String>,
    test_code: Option<String>,
    /// A click id and, where it differs from the first name of the SPEC, its parameter.
    click_id: String,
}

/// A name for an event, and a part of the sentence that refuses it; null where it is taken.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Name {
    name: String,
    says: Option<String>,
}

/// Fields of an event, and the values at JSON pointers into what is sent of it; null where nothing must be.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Identifiers {
    given: Map<String, Value>,
    sent: Map<String, Value>,
}

/// Fields of an event, and a part of the sentence that says why it is not sent; null where it is.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Unfit {
    given: Map<String, Value>,
    says: Option<String>,
}

/// An answer, what it means (see `answers::meaning`), and where it says more than that, code and words.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Heard {
    http: u16,
    retry_after: Option<i64>,
    /// JSON, or a string: that text as it is.
    body: Value,
    sent: usize,
    means: String,
    code: Option<String>,
    words: Option<String>,
}

fn all() -> impl Iterator<Item = (&'static dyn Network, Vectors)> {
    ALL.iter().map(|network| (*network, vectors(*network)))
}

/// Every network by every one of its transports.
fn ways() -> impl Iterator<Item = &'static dyn Network> {
    ALL.iter().flat_map(|network| match network.transports() {
        [] => vec![*network],
        transports => transports.iter().map(|one| one.network).collect(),
    })
}

fn all_ways() -> impl Iterator<Item = (&'static dyn Network, Vectors)> {
    ways().map(|network| (network, vectors(network)))
}

fn vectors(network: &dyn Network) -> Vectors {
    let path = folder(network).join(file(network, "vectors.json"));
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What the network's file of this name is called for this transport.
fn file(network: &dyn Network, name: &str) -> String {
    let usual = network.transports().first().map(|one| one.word);
    match network.transport().filter(|word| Some(*word) != usual) {
        Some(word) => format!("{word}_{name}"),
        None => name.to_owned(),
    }
}

fn folder(network: &dyn Network) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src/server/networks").join(network.spec().slug)
}

/// Every setting set; addresses as they are by default.
fn settings() -> Settings {
    let mut set = Settings::default();
    for setting in super::settings() {
        match (setting.kind, setting.default) {
            (SettingKind::Secret, _) => drop(set.secret.insert(setting.env, SecretString::from(APP_SECRET))),
            (SettingKind::Text, None) => drop(set.plain.insert(setting.env, "7000000000000000001".into())),
            (_, default) => drop(set.plain.insert(setting.env, default.expect("a Url has a default").into())),
        }
    }
    set
}

fn destination(sample: &Sample) -> Destination {
    Destination {
        account_id: sample.account_id.clone(),
        through: sample.through.clone(),
        target_id: sample.target_id.clone(),
        token: SecretString::from(TOKEN),
        pasted: false,
        test_code: sample.test_code.clone(),
    }
}

/// The bare event with these fields of it, by JSON pointer, set to something else.
fn given(network: &dyn Network, sample: &Sample, fields: &Map<String, Value>) -> Event {
    let mut event = serde_json::to_value(bare(network, sample, "purchase")).unwrap();
    for (pointer, value) in fields {
        *event.pointer_mut(pointer).unwrap_or_else(|| panic!("an event has {pointer}")) = value.clone();
    }
    serde_json::from_value(event).unwrap()
}

/// An event with nothing but the click.
fn bare(network: &dyn Network, sample: &Sample, goal_event: &str) -> Event {
    let click = ClickIds {
        kind: network.spec().click_ids[0].into(),
        id: sample.click_id.clone(),
        time: TIME - 60_000,
        fbp: None,
        fbc: None,
        ttp: None,
        rdt_uuid: None,
    };
    Event {
        name: network.spec().event_name(goal_event).into(),
        goal_event: goal_event.into(),
        action: sample.action.clone(),
        dedup_id: format!("{goal_event}-9001"),
        time: TIME,
        click: Some(click),
        browser: None,
        external_id: None,
        email: None,
        email_sha256: None,
        phone: None,
        value: None,
        consent: Consent::Full,
        test: false,
    }
}

/// An event with everything that one may hold.
fn full(network: &dyn Network, sample: &Sample, goal_event: &str) -> Event {
    let event = bare(network, sample, goal_event);
    let click = event.click.map(|click| ClickIds {
        fbp: Some("fb.1.1704721000000.1234567890".into()),
        fbc: Some("fb.1.1704721000000.abcd".into()),
        ttp: Some("2F7h37YkS1j57AYSKTI7IHhJPYH".into()),
        rdt_uuid: Some("1677712978045.b8f7eb7d-b357-437b-8bd3-e1c8166c7132".into()),
        ..click
    });
    let browser = Browser {
        ip: Some("203.0.113.7".into()),
        user_agent: Some("Mozilla/5.0 (X11; Linux x86_64) \"quoted\" ü".into()),
        page_url: Some("https://emberfall.example/?utm_source=ad&x=1".into()),
        referrer: Some("https://www.example.com/".into()),
    };
    Event {
        click,
        browser: Some(browser),
        external_id: Some("Customer12345".into()),
        email: Some("Al.ice+Apple@Example.Com".into()),
        phone: Some("+1 (555) 444-1234".into()),
        value: Some(("9.990".into(), "USD".into())),
        ..event
    }
}

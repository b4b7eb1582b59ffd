//! Which ad click does a message show? Ids and UTM set are read from the properties, where clients repeat them on every page, and from
//! the page's own address, which knows ids that clients miss. A touch is of one network.

use super::facts::{Click, ClickBody, IdentityKey, Message, MessageKind};
use super::keys::is_placeholder;
use super::world::{Clicks, World};
use super::{ids, taxonomy};
use crate::model::Millis;
use crate::model::conversion::Surface;
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::LazyLock;
use uuid::Uuid;

/// `Click::kind` of a paid touch without an id, and of a visit without an ad.
pub const UTM: &str = "utm";
pub const VISIT: &str = "visit";
/// `Click::network` of a visit without an ad.
pub const ORGANIC: &str = "organic";

/// The longest ids seen are below 600 characters.
const MAX_CLICK_ID: usize = 1024;
/// Bytes of the UTM set kept as the identity of a touch without an id: it is part of a key, and PostgreSQL takes no longer ones.
const MAX_UTM_LINE: usize = 1024;
/// As the API allows for a page's address; properties come without that check.
const MAX_URL: usize = 2048;
/// Characters of a first-party cookie of a network.
const MAX_COOKIE: usize = 1024;

const UTM_SET: &[&str] = &["utm_source", "utm_medium", "utm_campaign", "utm_content", "utm_term"];

/// Whether a parameter of an address tells a click or a campaign.
pub fn tells(name: &str) -> bool {
    UTM_SET.contains(&name) || CLICK_IDS.iter().any(|(_, kind)| *kind == name)
}

/// Asked for every message, so put together once.
static CLICK_IDS: LazyLock<Vec<(&str, &str)>> = LazyLock::new(taxonomy::click_ids);

/// First-party cookies of the networks' own pixels: the names under which clients send them, the network whose clicks they enrich.
const COOKIES: &[Cookie] = &[
    Cookie { network: "meta", names: &["fb_browser_id", "_fbp", "fbp"], place: |body| &mut body.fbp },
    Cookie { network: "tiktok", names: &["ttp", "_ttp"], place: |body| &mut body.ttp },
    Cookie { network: "reddit", names: &["rdt_uuid", "_rdt_uuid"], place: |body| &mut body.rdt_uuid },
];
/// `_fbc`, the one cookie that holds a click: `fb.<subdomain index>.<milliseconds>.<fbclid>`.
const FBC: &[&str] = &["fb_click_id", "_fbc", "fbc"];
/// Times before this are seconds or nonsense: 2001, in milliseconds.
const EARLIEST_FBC: Millis = 1_000_000_000_000;

struct Cookie {
    network: &'static str,
    names: &'static [&'static str],
    place: fn(&mut ClickBody) -> &mut Option<String>,
}

/// What was read from one place.
struct Touch {
    network: &'static str,
    kind: &'static str,
    click_id: String,
    time: Millis,
    body: ClickBody,
}

/// Adds what a message shows to its player's clicks.
pub fn see(world: &mut World, player: Uuid, found_by: Option<&IdentityKey>, message: &Message) {
    if look(&mut world.clicks, player, found_by, message, world.now) {
        world.stir(player);
    }
}

/// What a message may add to its player's clicks.
#[derive(Debug, PartialEq, Eq)]
pub enum Shown {
    Nothing,
    /// A visit without an ad: nothing where the player came before.
    Visit,
    /// A click, or a cookie that may belong to one.
    Click,
}

pub fn shown(message: &Message) -> Shown {
    if COOKIES.iter().any(|Cookie { names, .. }| cookie(message, names).is_some()) {
        return Shown::Click;
    }
    match touches(message).as_slice() {
        [] => Shown::Nothing,
        [Touch { kind: VISIT, .. }] => Shown::Visit,
        _ => Shown::Click,
    }
}

/// Adds what a message shows to these clicks. True when the player has a click, or an earlier time of one, that it did not have before.
pub fn look(clicks: &mut Clicks, player: Uuid, found_by: Option<&IdentityKey>, message: &Message, now: Millis) -> bool {
    let mut stirs = false;
    for Touch { network, kind, click_id, time, body } in touches(message) {
        if kind == VISIT && clicks.any_of(player) {
            continue;
        }
        let body = ClickBody { found_by: found_by.map(|key| (key.kind.clone(), key.value.clone())), ..body };
        let id = ids::of(now, message.id, &format!("click {network} {kind} {click_id}"));
        let (game_id, test, network, kind) = (message.game_id, message.test, network.to_owned(), kind.to_owned());
        stirs |= clicks.add(Click { id, game_id, player_id: player, test, network, kind, click_id, time, body });
    }
    enrich(clicks, player, message);
    stirs
}

fn touches(message: &Message) -> Vec<Touch> {
    let page = text(&message.context, "pageUrl", MAX_URL);
    let query = page.map(query).unwrap_or_default();
    let landing = text(&message.properties, "landing_page", MAX_URL).or(page);
    let mut touches: Vec<Touch> = [
        touch(message, |name| text(&message.properties, name, MAX_CLICK_ID).map(str::to_owned), landing),
        touch(message, |name| query.get(name).cloned(), page),
        fbc(message, landing),
    ]
    .into_iter()
    .flatten()
    .collect();
    if touches.is_empty() && is_browser(message) && (page.is_some() || message.kind == MessageKind::Page) {
        touches.push(Touch {
            network: ORGANIC,
            kind: VISIT,
            click_id: String::new(),
            time: message.event_time,
            body: body(message, landing),
        });
    }
    touches
}

/// The touch that a set of parameters tells: by its best click id, else by a paid UTM set.
fn touch(message: &Message, read: impl Fn(&str) -> Option<String>, landing: Option<&str>) -> Option<Touch> {
    let utm: Map<String, Value> = UTM_SET.iter().filter_map(|name| Some(((*name).to_owned(), read(name)?.into()))).collect();
    let by_id = CLICK_IDS.iter().find_map(|(network, kind)| Some((*network, *kind, read(kind).filter(|id| is_click_id(id))?)));
    let (network, kind, click_id) = by_id.or_else(|| {
        let part = |name: &str| utm.get(name).and_then(Value::as_str).unwrap_or_default();
        Some((taxonomy::paid_network(part("utm_source"), part("utm_medium"))?, UTM, utm_line(&utm)))
    })?;
    Some(Touch { network, kind, click_id, time: message.event_time, body: ClickBody { utm, ..body(message, landing) } })
}

/// The click that Meta's own cookie remembers, at the time that it remembers.
fn fbc(message: &Message, landing: Option<&str>) -> Option<Touch> {
    let cookie = cookie(message, FBC)?;
    let mut parts = cookie.splitn(4, '.');
    let (_fb, _index, time, id) = (parts.next().filter(|fb| *fb == "fb")?, parts.next()?, parts.next()?, parts.next()?);
    let id = without_appendix(id);
    let time: Millis = time.parse().ok().filter(|time| *time >= EARLIEST_FBC)?;
    let body = ClickBody { fbc: Some(cookie.to_owned()), ..body(message, landing) };
    is_click_id(id).then(|| Touch { network: "meta", kind: "fbclid", click_id: id.to_owned(), time: time.min(message.event_time), body })
}

/// Meta's own library may add two or eight characters behind a point: they are not of the click id.
fn without_appendix(id: &str) -> &str {
    id.rsplit_once('.').filter(|(_, appendix)| [2, 8].contains(&appendix.len())).map_or(id, |(id, _)| id)
}

fn body(message: &Message, landing: Option<&str>) -> ClickBody {
    let browser = is_browser(message);
    let referrer = text(&message.properties, "referrer", MAX_URL).or(text(&message.context, "pageReferrer", MAX_URL));
    ClickBody {
        landing_page: landing.map(str::to_owned),
        referrer: referrer.map(str::to_owned),
        ip: message.ip.clone().filter(|_| browser),
        user_agent: message.user_agent.clone().filter(|_| browser),
        ..ClickBody::default()
    }
}

/// Cookies that came with the message go to the player's latest click of their network that has none.
fn enrich(clicks: &mut Clicks, player: Uuid, message: &Message) {
    for Cookie { network, names, place } in COOKIES {
        let Some(value) = cookie(message, names) else { continue };
        let of_network = |click: &&Click| click.network == *network && click.time <= message.event_time;
        let latest = clicks.of(player).iter().filter(of_network).max_by_key(|click| (click.time, click.id)).map(|click| click.id);
        if let Some(click) = latest {
            clicks.enrich(player, click, |body| {
                place(body).get_or_insert_with(|| value.to_owned());
            });
        }
    }
}

/// Whether the message speaks for the player's own browser, so that its address and user agent are the player's and not a game server's.
pub fn is_browser(message: &Message) -> bool {
    match message.surface {
        Some(surface) => matches!(surface, Surface::Web | Surface::Pixel),
        None => message.kind == MessageKind::Page,
    }
}

/// Not empty, not too long, printable, and not the macro or nothing that a badly made link carries instead of an id.
fn is_click_id(id: &str) -> bool {
    let macro_left = id.contains(['{', '}', '[', ']']) || (id.starts_with("__") && id.ends_with("__"));
    id.len() <= MAX_CLICK_ID && id.chars().all(|c| c.is_ascii_graphic()) && !macro_left && !is_placeholder(id)
}

fn utm_line(utm: &Map<String, Value>) -> String {
    let parts: Vec<String> = utm.iter().map(|(name, value)| format!("{name}={}", value.as_str().unwrap_or_default())).collect();
    let line = parts.join("&");
    let end = (0..=MAX_UTM_LINE.min(line.len())).rev().find(|at| line.is_char_boundary(*at)).unwrap_or(0);
    line[..end].to_owned()
}

/// The parameters of a URL; the first of a name counts.
fn query(url: &str) -> HashMap<String, String> {
    let Some((_, query)) = url.split_once('?') else { return HashMap::new() };
    let query = query.split('#').next().unwrap_or_default();
    let mut found = HashMap::new();
    for (name, value) in url::form_urlencoded::parse(query.as_bytes()) {
        if !value.trim().is_empty() && value.len() <= MAX_CLICK_ID {
            found.entry(name.into_owned()).or_insert_with(|| value.trim().to_owned());
        }
    }
    found
}

fn cookie<'a>(message: &'a Message, names: &[&str]) -> Option<&'a str> {
    let value = names.iter().find_map(|name| text(&message.properties, name, MAX_COOKIE))?;
    value.chars().all(|c| c.is_ascii_graphic()).then_some(value)
}

/// A text that says something and is not too long.
fn text<'a>(object: &'a Map<String, Value>, name: &str, most: usize) -> Option<&'a str> {
    object.get(name)?.as_str().map(str::trim).filter(|text| !text.is_empty() && text.len() <= most)
}

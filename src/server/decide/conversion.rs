//! A conversion as an event makes it: everything that a later decision needs of the message, before any decision.

use super::changes::note;
use super::click::is_browser;
use super::contact;
use super::facts::{ConversionBody, IdentityType, Message, StoredConversion};
use super::identity::Found;
use super::{AGAIN_FOR, ids};
use crate::model::Millis;
use crate::model::conversion::{Decision, Reason};
use crate::model::goal::{Goal, Trigger};
use crate::model::money::Money;
use crate::server::networks::contract::Browser;
use crate::server::networks::money;
use serde_json::{Map, Value};

/// The event whose value and currency are sent.
const PURCHASE: &str = "purchase";
/// How the published SDK tells which dedup id its browser pixel has used, and with which network.
const OWN_ID: &str = "_imtbl_conversion_id";
const OWN_NETWORK: &str = "_imtbl_conversion_network";
const MAX_OWN_ID: usize = 64;

/// The conversion of this message for this goal; it waits until it is decided.
pub fn of(message: &Message, goal: &Goal, found: &Found, window_days: i32, now: Millis) -> StoredConversion {
    let (value, value_note) = value(&goal.event, &message.properties);
    let told = contact::told(message);
    let text = |told: Option<(String, Millis)>| told.map(|(text, _)| text);
    let named = message.user.as_ref().filter(|user| user.kind != Some(IdentityType::Email));
    StoredConversion {
        id: ids::of(now, message.id, &format!("conversion {}", goal.id)),
        game_id: message.game_id,
        goal_id: goal.id,
        player_id: found.player,
        message_id: message.message_id,
        event: goal.event.clone(),
        event_time: message.event_time,
        received_at: message.received_at,
        test: message.test,
        decision: undecided(message, found),
        click_id: None,
        value,
        body: ConversionBody {
            consent: message.consent,
            surface: message.surface,
            browser: is_browser(message).then(|| browser(message)),
            external_id: named.filter(|_| found.player.is_some()).map(|user| user.id.clone()),
            email: text(told.email),
            email_sha256: text(told.email_sha256),
            phone: text(told.phone),
            own_dedup: own_dedup(message),
            value_note,
            credit: None,
            once: goal.trigger == Trigger::OncePerPlayer,
            window_days,
            found_by: found.by.as_ref().map(|key| (key.kind.clone(), key.value.clone())),
        },
        untried_postback: None,
        attempted: false,
    }
}

/// What stands until the player's conversions are settled; without a player it is final.
fn undecided(message: &Message, found: &Found) -> Decision {
    match (found.player, found.note) {
        (Some(_), _) => Decision::Waiting { until: message.received_at + AGAIN_FOR, otherwise: Reason::NoClick },
        (None, Some(note::ERASED)) => Decision::NotSent { reason: Reason::Erased, network: None },
        (None, Some(note::CONSENT)) => Decision::NotSent { reason: Reason::Consent, network: None },
        (None, _) => Decision::NotSent { reason: Reason::NoClick, network: None },
    }
}

/// What the event was worth, or why that is not told.
pub fn value(event: &str, properties: &Map<String, Value>) -> (Option<Money>, Option<String>) {
    if event != PURCHASE {
        return (None, None);
    }
    match money::read(properties) {
        Ok(value) => (value, None),
        Err(why) => (None, Some(why.to_string())),
    }
}

fn browser(message: &Message) -> Browser {
    let text = |name: &str| message.context.get(name).and_then(Value::as_str).map(str::to_owned);
    Browser { ip: message.ip.clone(), user_agent: message.user_agent.clone(), page_url: text("pageUrl"), referrer: text("pageReferrer") }
}

fn own_dedup(message: &Message) -> Option<(String, String)> {
    let text = |name: &str| message.properties.get(name).and_then(Value::as_str);
    let (id, network) = (text(OWN_ID)?, text(OWN_NETWORK)?);
    let fits = (1..=MAX_OWN_ID).contains(&id.len()) && id.chars().all(|c| c.is_ascii_alphanumeric() || "_.:-".contains(c));
    fits.then(|| (id.to_owned(), network.to_owned()))
}

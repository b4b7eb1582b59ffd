//! The postback of a credited conversion, or the reason why there is none.

use super::facts::{Click, Contact, IdentityKey, IdentityType, MappedAction, Player, StoredConversion};
use super::keys::{is_user, user_kind};
use super::world::World;
use super::{click, ids};
use crate::model::conversion::{Consent, Decision, Reason};
use crate::model::{DAY, HOUR, Millis};
use crate::server::decide::changes::NewPostback;
use crate::server::networks;
use crate::server::networks::contract::{Browser, ClickIds, Event, Spec};
use uuid::Uuid;

/// Kept between us and a network's age limit, so that nothing is refused for the time that it took to send.
pub const AGE_MARGIN: Millis = HOUR;

/// What goes out for a conversion that this click (or touch) earned. An event that is too old is planned all the same: its postback
/// ends as `expired`, in the log like any other.
pub fn plan(world: &World, conversion: &StoredConversion, player: &Player, winner: &Click) -> Result<NewPostback, Reason> {
    let spec = networks::find(&winner.network).ok_or(Reason::UnsupportedNetwork)?.spec();
    let connection = world.rules.connection(conversion.game_id, spec.slug).ok_or(Reason::NoConnection)?;
    if !connection.enabled {
        return Err(Reason::ConnectionDisabled);
    }
    let action = match spec.action {
        Some(_) => Some(world.rules.action(conversion.goal_id, spec.slug).ok_or(Reason::GoalUnmapped)?),
        None => None,
    };
    // The usual name of an event is the game's own, which nobody held against the network's rule.
    if spec.naming.is_some_and(|naming| !naming.takes(&event_name(world, conversion, spec))) {
        return Err(Reason::GoalUnmapped);
    }
    if conversion.test && spec.test.is_some() && connection.test_code.is_none() {
        return Err(Reason::TestWithoutCode);
    }
    let body = event(world, conversion, player, winner, spec);
    let last = last_moment(spec, &body);
    if last.click.is_some_and(|click| click <= world.now) || counts_until(action, &body).is_some_and(|until| body.time > until) {
        return Err(Reason::ClickExpired);
    }
    if same_event(world, conversion, spec.slug, &body) {
        return Err(Reason::SameEvent);
    }
    Ok(NewPostback {
        id: ids::of(world.now, conversion.id, &format!("postback {} {}", connection.id, winner.id)),
        game_id: conversion.game_id,
        connection_id: connection.id,
        network: spec.slug.to_owned(),
        conversion_id: conversion.id,
        goal_id: conversion.goal_id,
        event: conversion.event.clone(),
        event_time: conversion.event_time,
        value: conversion.value.clone(),
        test: conversion.test,
        created_at: world.now,
        expires_at: last.earliest(),
        body,
    })
}

/// When the network stops taking it: for the event's age, and where it counts that, for the click's.
struct Last {
    event: Millis,
    click: Option<Millis>,
}

impl Last {
    fn earliest(&self) -> Millis {
        self.click.map_or(self.event, |click| click.min(self.event))
    }
}

fn last_moment(spec: &Spec, body: &Event) -> Last {
    let click = spec.click_life.zip(body.click.as_ref()).map(|(life, click)| click.time + life - AGE_MARGIN);
    Last { event: body.time + spec.max_age - AGE_MARGIN, click }
}

/// The last event time that the action counts for the click.
fn counts_until(action: Option<&MappedAction>, body: &Event) -> Option<Millis> {
    let days = action?.window_days?;
    Some(body.click.as_ref()?.time + Millis::from(days) * DAY)
}

/// Everything that the network may be told. What is personal goes at full consent alone: of the event, and of the player since.
fn event(world: &World, conversion: &StoredConversion, player: &Player, winner: &Click, spec: &Spec) -> Event {
    let full = at_full_consent(conversion, player);
    let action = world.rules.action(conversion.goal_id, spec.slug);
    let own = &conversion.body;
    let Contact { email, email_sha256, phone } = if full { player.contact.clone() } else { Contact::default() };
    let personal = |own: &Option<String>, known: Option<(String, Millis)>| own.clone().filter(|_| full).or(known.map(|(text, _)| text));
    let email = personal(&own.email, email);
    Event {
        name: action.map_or_else(|| event_name(world, conversion, spec), |action| action.name.clone()),
        goal_event: conversion.event.clone(),
        action: action.map(|action| action.id.clone()),
        dedup_id: dedup_id(conversion, spec.slug),
        time: conversion.event_time.max(winner.time),
        click: (winner.kind != click::UTM).then(|| click_ids(winner)),
        browser: browser(conversion, winner),
        external_id: own.external_id.clone().filter(|_| full).or_else(|| full.then(|| user_id(world, player.id)).flatten()),
        email_sha256: if email.is_some() { None } else { personal(&own.email_sha256, email_sha256) },
        email,
        phone: personal(&own.phone, phone),
        value: conversion.value.as_ref().map(|money| (money.text.clone(), money.currency.clone())),
        consent: if full { Consent::Full } else { Consent::Anonymous },
        test: conversion.test,
    }
}

/// Whether a hashed email may go with the event.
pub fn email_known(conversion: &StoredConversion, player: &Player) -> bool {
    let own = &conversion.body;
    at_full_consent(conversion, player) && (player.contact.has_email() || own.email.is_some() || own.email_sha256.is_some())
}

/// Whether identifiers made of personal data may go: the event was collected at full consent and the player has not lowered it since.
fn at_full_consent(conversion: &StoredConversion, player: &Player) -> bool {
    conversion.body.consent == Consent::Full && player.consent.is_none_or(|(status, _)| status == Consent::Full)
}

/// The name chosen for the goal, else the network's own for the event, else the event's.
fn event_name(world: &World, conversion: &StoredConversion, spec: &Spec) -> String {
    world.rules.mapping(conversion.goal_id, spec.slug).unwrap_or_else(|| spec.event_name(&conversion.event)).to_owned()
}

/// What the network tells events of one message apart by: the action, where it has such, else the name.
fn counted_as(world: &World, conversion: &StoredConversion, spec: &Spec) -> String {
    let action = world.rules.action(conversion.goal_id, spec.slug).map(|action| action.id.clone());
    action.unwrap_or_else(|| event_name(world, conversion, spec))
}

/// The id that the game's own browser pixel gave the event at this network, else one that follows from goal and message.
fn dedup_id(conversion: &StoredConversion, network: &str) -> String {
    match &conversion.body.own_dedup {
        Some((id, of)) if of == network => id.clone(),
        _ => Uuid::new_v5(&conversion.goal_id, conversion.message_id.hyphenated().to_string().as_bytes()).hyphenated().to_string(),
    }
}

/// Whether another goal already sends this message there under the same name and id.
fn same_event(world: &World, conversion: &StoredConversion, network: &str, body: &Event) -> bool {
    let Some(player) = conversion.player_id else { return false };
    let Some(spec) = networks::find(network).map(|network| network.spec()) else { return false };
    world.conversions.of(player).any(|other| {
        other.id != conversion.id
            && other.message_id == conversion.message_id
            && other.decision == Decision::Credited { network: network.to_owned() }
            && (dedup_id(other, network), counted_as(world, other, spec)) == (body.dedup_id.clone(), counted_as(world, conversion, spec))
    })
}

fn click_ids(click: &Click) -> ClickIds {
    let body = click.body.clone();
    ClickIds {
        kind: click.kind.clone(),
        id: click.click_id.clone(),
        time: click.time,
        fbp: body.fbp,
        fbc: body.fbc,
        ttp: body.ttp,
        rdt_uuid: body.rdt_uuid,
    }
}

/// The browser of the winning click; where that is not known, the event's own. Servers send events as `web` too, and a click is the
/// player's own in any case.
fn browser(conversion: &StoredConversion, winner: &Click) -> Option<Browser> {
    let body = &winner.body;
    let known = body.ip.is_some() || body.user_agent.is_some();
    known
        .then(|| Browser {
            ip: body.ip.clone(),
            user_agent: body.user_agent.clone(),
            page_url: body.landing_page.clone(),
            referrer: body.referrer.clone(),
        })
        .or_else(|| conversion.body.browser.clone())
}

/// A userId of the player, for events that name none: by kind, so that it is the same each time. An email address is not one.
fn user_id(world: &World, player: Uuid) -> Option<String> {
    let named = |key: &&IdentityKey| is_user(&key.kind) && key.kind != user_kind(IdentityType::Email);
    world.graph.ids_of(player).find(named).map(|key| key.value.clone())
}

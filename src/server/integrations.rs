//! What the pages of an ad network are drawn from: reads only, one game at a time.

use super::db::{self, Db, attempts, connection_changes, conversions, deliveries, evidence, health};
use super::networks::contract::{ConnectError, Network, Settings, Spec};
use super::networks::{ALL, find};
use crate::model::attempt::Exchange;
use crate::model::connection::Connection;
use crate::model::filter::{Cursor, LogFilter, Position};
use crate::model::game::Game;
use crate::model::integration::{AttemptPage, Integration, IntegrationCard, NotSentPage, Open, Page};
use crate::model::network::NetworkCard;
use crate::model::{DAY, Millis};
use uuid::Uuid;

/// Clicks are counted over this long on the cards.
const CLICKS_SHOWN: Millis = 30 * DAY;

/// Who reads which game, and when.
pub struct Reader<'a> {
    pub db: &'a Db,
    pub settings: &'a Settings,
    pub game: &'a Game,
    pub may_change: bool,
    pub now: Millis,
}

/// What the pages know of a network, from its SPEC.
pub fn card(spec: &Spec) -> NetworkCard {
    NetworkCard {
        slug: spec.slug.to_owned(),
        name: spec.name.to_owned(),
        short: spec.short.to_owned(),
        picture: spec.picture.to_owned(),
        target_noun: spec.target_noun.to_owned(),
        account_noun: spec.account_noun.to_owned(),
        test_label: spec.test.map(|(label, _)| label.to_owned()),
        connect: spec.connect,
        help: spec.setup.split("\n\n").map(|paragraph| paragraph.trim().to_owned()).filter(|paragraph| !paragraph.is_empty()).collect(),
    }
}

/// Every network with how it does in this game.
pub async fn list(reader: &Reader<'_>) -> db::Result<Vec<IntegrationCard>> {
    let (db, game) = (reader.db, reader.game);
    let connections = connection_changes::of_game(db, game.id).await?;
    let clicks = deliveries::clicks(db, game.id, reader.now - CLICKS_SHOWN).await?;
    let mut cards = Vec::with_capacity(ALL.len());
    for network in ALL {
        let slug = network.spec().slug;
        let connection = connections.iter().find(|connection| connection.network == slug).cloned();
        let scope = attempts::Scope { game_id: game.id, network: slug.to_owned(), since: reader.now - DAY, status: None };
        let (health, open) = state_of(reader, connection.as_ref()).await?;
        cards.push(IntegrationCard {
            network: card(network.spec()),
            health,
            last_day: attempts::counts(db, &scope).await?,
            open,
            clicks: clicks.iter().find(|(of, _)| of == slug).map_or(0, |(_, count)| *count),
            connection,
        });
    }
    Ok(cards)
}

async fn state_of(reader: &Reader<'_>, connection: Option<&Connection>) -> db::Result<(Option<crate::model::connection::Health>, Open)> {
    let Some(connection) = connection else { return Ok((None, Open::default())) };
    let health = health::of_connection(reader.db, connection, reader.now).await?;
    Ok((Some(health), deliveries::open(reader.db, connection.id).await?))
}

/// The page of one network; None for a network that does not exist.
pub async fn read(reader: &Reader<'_>, slug: &str, filter: &LogFilter, position: &Position) -> db::Result<Option<Integration>> {
    let Some(network) = find(slug) else { return Ok(None) };
    let (db, game) = (reader.db, reader.game);
    let connection = connection_changes::of_network(db, game.id, slug).await?;
    let (health, open) = state_of(reader, connection.as_ref()).await?;
    let since = reader.now - filter.range.millis();
    let scope = attempts::Scope { game_id: game.id, network: slug.to_owned(), since, status: filter.status };
    let counts = attempts::counts(db, &scope).await?;
    let (rows, more) = attempts::page(db, &scope, position).await?;
    let log = pages(rows, more, position, |attempt| Cursor { time: attempt.time, id: attempt.id });
    let evidence = if counts.all() == 0 { Some(evidence::since(db, game.id, slug, since).await?) } else { None };
    Ok(Some(Integration {
        game_name: game.name.clone(),
        may_change: reader.may_change,
        network: card(network.spec()),
        missing_setting: missing_setting(network, reader.settings),
        connection,
        health,
        open,
        filter: filter.clone(),
        counts,
        not_sent: conversions::count_not_sent(db, game.id, slug, since).await?,
        log,
        evidence,
        now: reader.now,
    }))
}

/// The setting without which nobody can connect, if there is one.
fn missing_setting(network: &dyn Network, settings: &Settings) -> Option<String> {
    match network.oauth()?.dialog(settings, "https://postbacks.invalid/", "state") {
        Err(ConnectError::NotConfigured { setting }) => Some(setting.to_owned()),
        _ => None,
    }
}

/// Where “newer” and “older” lead, from what was read at a position and whether there is more beyond.
fn pages<T>(rows: Vec<T>, more: bool, position: &Position, cursor: impl Fn(&T) -> Cursor) -> Page<T> {
    let (more_newer, more_older) = match position {
        Position::Newest => (false, more),
        Position::OlderThan(_) => (true, more),
        Position::NewerThan(_) => (more, true),
    };
    Page {
        newer: rows.first().filter(|_| more_newer).map(&cursor),
        older: rows.last().filter(|_| more_older).map(&cursor),
        rows,
    }
}

/// One attempt with request, answer and the timeline of its postback.
pub async fn attempt(reader: &Reader<'_>, slug: &str, id: Uuid) -> db::Result<Option<AttemptPage>> {
    let (db, game) = (reader.db, reader.game);
    let (Some(network), Some(attempt)) = (find(slug), attempts::one(db, game.id, slug, id).await?) else { return Ok(None) };
    let Some(postback) = deliveries::postback(db, game.id, attempt.postback_id).await? else { return Ok(None) };
    let exchange = attempts::exchange(db, game.id, id).await?;
    Ok(Some(AttemptPage {
        game_name: game.name.clone(),
        network: card(network.spec()),
        connection: connection_changes::of_network(db, game.id, slug).await?,
        attempts: attempts::of_postback(db, game.id, postback.id).await?,
        click: deliveries::click_of(db, game.id, postback.conversion_id).await?,
        exchange: exchange.map(|exchange| if reader.may_change { exchange } else { masked(exchange) }),
        attempt,
        postback,
        now: reader.now,
    }))
}

/// Members read with what is personal masked: every string of the event but names, ids of the conversion and money.
fn masked(exchange: Exchange) -> Exchange {
    let event = match serde_json::from_str::<serde_json::Value>(&exchange.event) {
        Ok(mut event) => {
            mask_people(&mut event);
            event.to_string()
        }
        Err(_) => "Only people who may change this game see the event.".to_owned(),
    };
    Exchange { event, ..exchange }
}

/// The objects in which networks keep what identifies a person.
const PERSONAL: &[&str] = &["user", "user_data", "page", "event_source_url", "click_id"];

fn mask_people(value: &mut serde_json::Value) {
    let Some(fields) = value.as_object_mut() else { return };
    for (name, field) in fields.iter_mut() {
        if PERSONAL.contains(&name.as_str()) {
            *field = "••••••••".into();
        } else {
            mask_people(field);
        }
    }
}

/// What was credited to the network and not sent.
pub async fn not_sent(reader: &Reader<'_>, slug: &str, filter: &LogFilter, position: &Position) -> db::Result<Option<NotSentPage>> {
    let Some(network) = find(slug) else { return Ok(None) };
    let since = reader.now - filter.range.millis();
    let (rows, more) = conversions::not_sent(reader.db, reader.game.id, slug, since, position).await?;
    Ok(Some(NotSentPage {
        game_name: reader.game.name.clone(),
        network: card(network.spec()),
        filter: filter.clone(),
        list: pages(rows, more, position, |row| Cursor { time: row.received_at, id: row.id }),
        now: reader.now,
    }))
}

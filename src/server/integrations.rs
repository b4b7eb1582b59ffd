//! What the pages of an ad network are drawn from: reads only, one game at a time.

use super::auth::Access;
use super::db::{self, Db, actions, attempts, connection_changes, conversions, deliveries, evidence, health};
use super::dispatch;
use super::event_names;
use super::masking::Masked;
use super::networks::contract::{self, ConnectError, Network, Settings, Spec};
use super::networks::{ALL, find};
use super::now;
use super::players;
use super::resend;
use super::send_now;
use super::state::state;
use super::zone;
use crate::error::AppError;
use crate::model::action::{Mapping, by_goal};
use crate::model::connection::Connection;
use crate::model::conversion::{Mended, NotSent};
use crate::model::filter::{Cursor, Position};
use crate::model::game::Game;
use crate::model::goal::GoalStatus;
use crate::model::integration::{AttemptPage, GoalName, Integration, IntegrationCard, Integrations, NotSentPage, Open, Page};
use crate::model::log_query::{LogQuery, Meaning};
use crate::model::network::{NetworkCard, TestCodeField, Transport};
use crate::model::{DAY, Millis};
use std::collections::BTreeMap;
use uuid::Uuid;

/// Days that clicks are counted over on the cards.
const CLICKS_SHOWN: i64 = 30;

/// Who reads which game, and when.
struct Reader<'a> {
    db: Db,
    settings: Settings,
    game: &'a Game,
    may_change: bool,
    now: Millis,
}

impl<'a> Reader<'a> {
    fn of(access: &'a Access) -> Self {
        let (_, game, role) = access;
        let state = state();
        Self { db: state.db, settings: state.config.networks.clone(), game, may_change: role.may_change(), now: now() }
    }

    /// What this reader may see of it.
    fn show<T: Masked>(&self, value: T) -> T {
        if self.may_change { value } else { value.masked() }
    }
}

/// What the pages know of a network, from its SPEC and the ways to connect it.
pub fn card(network: &dyn Network) -> NetworkCard {
    let spec = network.spec();
    NetworkCard {
        slug: spec.slug.to_owned(),
        name: spec.name.to_owned(),
        short: spec.short.to_owned(),
        picture: spec.picture.to_owned(),
        target_noun: spec.target_noun.to_owned(),
        account_noun: spec.account_noun.to_owned(),
        test: spec.test.map(|field| TestCodeField { label: field.label.to_owned(), note: field.note.to_owned() }),
        transports: network.transports().iter().map(transport).collect(),
        by_consent: network.oauth().is_some(),
        token_noun: network.pasted().map(|pasted| pasted.token_noun().to_owned()),
        token_ends: spec.token_ends.to_owned(),
        revoke_at: spec.revoke_at.to_owned(),
        help: spec.setup.lines().map(|paragraph| paragraph.trim().to_owned()).filter(|paragraph| !paragraph.is_empty()).collect(),
    }
}

fn transport(one: &contract::Transport) -> Transport {
    Transport { word: one.word.to_owned(), name: one.name.to_owned(), says: one.says.to_owned(), closed: one.closed.to_owned() }
}

/// Every network with how it does in this game.
pub async fn list(access: &Access) -> Result<Integrations, AppError> {
    let reader = &Reader::of(access);
    let (db, game) = (&reader.db, reader.game);
    let connections = connection_changes::of_game(db, game.id).await?;
    let clicks = deliveries::clicks(db, game.id, zone::days_back(game, reader.now, CLICKS_SHOWN)).await?;
    let mut cards = Vec::with_capacity(ALL.len());
    for network in ALL {
        let slug = network.spec().slug;
        let connection = connections.iter().find(|connection| connection.network == slug).cloned();
        let scope = attempts::Scope { game_id: game.id, network: slug.to_owned(), since: reader.now - DAY, status: None };
        let (health, open) = state_of(reader, connection.as_ref()).await?;
        cards.push(IntegrationCard {
            network: card(*network),
            health,
            last_day: attempts::counts(db, &scope, false).await?,
            open,
            clicks: clicks.iter().find(|(of, _)| of == slug).map_or(0, |(_, count)| *count),
            connection: reader.show(connection),
        });
    }
    Ok(Integrations { game_name: game.name.clone(), may_change: reader.may_change, cards, now: reader.now })
}

async fn state_of(reader: &Reader<'_>, connection: Option<&Connection>) -> db::Result<(Option<crate::model::connection::Health>, Open)> {
    let Some(connection) = connection else { return Ok((None, Open::default())) };
    let facts = health::of_network(&reader.db, reader.game.id, &connection.network, reader.now).await?;
    Ok((reader.show(facts.as_ref().map(dispatch::health::health)), deliveries::open(&reader.db, connection.id).await?))
}

/// The page of one network.
pub async fn read(access: &Access, slug: &str, query: &LogQuery, typed: &BTreeMap<String, String>) -> Result<Integration, AppError> {
    let network = find(slug).ok_or(AppError::NotFound)?;
    let reader = &Reader::of(access);
    let Meaning { filter, position, .. } = query.meaning();
    let (db, game) = (&reader.db, reader.game);
    let connection = connection_changes::of_network(db, game.id, slug).await?;
    let (health, open) = state_of(reader, connection.as_ref()).await?;
    let active = db::goals::of_game(db, game.id).await?.into_iter().filter(|goal| goal.status == GoalStatus::Active);
    let goals = active.map(|goal| GoalName { id: goal.id, name: goal.name, event: goal.event }).collect();
    let since = reader.now - filter.range.millis();
    let scope = attempts::Scope { game_id: game.id, network: slug.to_owned(), since, status: filter.status };
    let counts = attempts::counts(db, &scope, true).await?;
    let (rows, more) = attempts::page(db, &scope, &position).await?;
    let log = pages(reader.show(rows), more, &position, |attempt| Cursor { time: attempt.time, id: attempt.id });
    let evidence = if counts.all() == 0 { Some(evidence::since(db, game.id, slug, since).await?) } else { None };
    let mapping = match &connection {
        Some(connection) => mapping(reader, network, connection.id).await?,
        None => None,
    };
    let kept_back = send_now::offer(db, game.id, network.spec(), connection.as_ref(), reader.now).await?;
    let typed = by_goal(typed).unwrap_or_default();
    let names = match &connection {
        Some(_) => event_names::read(db, game.id, network.spec(), &typed, reader.now).await?,
        None => None,
    };
    Ok(Integration {
        mapping,
        names,
        game_name: game.name.clone(),
        may_change: reader.may_change,
        network: card(network),
        missing_setting: missing_setting(network, &reader.settings),
        connection: reader.show(connection),
        goals,
        health,
        open,
        filter,
        counts,
        not_sent: conversions::count_not_sent(db, game.id, slug, since).await?,
        sendable: kept_back.iter().map(|goal| goal.count).sum(),
        log,
        resend: resend::running(db, game.id, slug).await?,
        evidence,
        now: reader.now,
    })
}

/// Goals and what they can be mapped to, where the network asks for that.
async fn mapping(reader: &Reader<'_>, network: &dyn Network, connection: Uuid) -> db::Result<Option<Mapping>> {
    let Some(field) = network.spec().action else { return Ok(None) };
    let (list, read_at) = actions::of_connection(&reader.db, connection).await?;
    Ok(Some(Mapping {
        noun: field.noun.to_owned(),
        says: field.says.to_owned(),
        choosable: field.choosable.to_owned(),
        repeated_only: deliveries::clicks_of(
            &reader.db,
            reader.game.id,
            field.repeated_only,
            zone::days_back(reader.game, reader.now, CLICKS_SHOWN),
        )
        .await?,
        repeated_says: field.repeated_says.to_owned(),
        goals: actions::goals(&reader.db, reader.game.id, network.spec().slug, reader.now - DAY).await?,
        actions: list,
        read_at,
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
    Page { newer: rows.first().filter(|_| more_newer).map(&cursor), older: rows.last().filter(|_| more_older).map(&cursor), rows }
}

/// One attempt with request, answer and the timeline of its postback.
pub async fn attempt(access: &Access, slug: &str, id: Uuid) -> Result<AttemptPage, AppError> {
    let network = find(slug).ok_or(AppError::NotFound)?;
    let reader = &Reader::of(access);
    let (db, game) = (&reader.db, reader.game);
    let attempt = attempts::one(db, game.id, slug, id).await?.ok_or(AppError::NotFound)?;
    let postback = deliveries::postback(db, game.id, attempt.postback_id).await?.ok_or(AppError::NotFound)?;
    let exchange = attempts::exchange(db, game.id, id).await?;
    let last_word = attempts::last_word(db, game.id, id).await?;
    let (player, story) = players::of_conversion(db, game.id, postback.conversion_id).await?;
    Ok(AttemptPage {
        game_name: game.name.clone(),
        may_change: reader.may_change,
        network: card(network),
        connection: reader.show(connection_changes::of_network(db, game.id, slug).await?),
        attempts: reader.show(attempts::of_postback(db, game.id, postback.id).await?),
        click: deliveries::click_of(db, game.id, postback.conversion_id).await?,
        exchange: reader.show(exchange),
        last_word: reader.show(last_word),
        attempt: reader.show(attempt),
        story: reader.show(story),
        player,
        postback,
        now: reader.now,
    })
}

/// What was credited to the network and not sent.
pub async fn not_sent(access: &Access, slug: &str, query: &LogQuery) -> Result<NotSentPage, AppError> {
    let network = find(slug).ok_or(AppError::NotFound)?;
    let reader = &Reader::of(access);
    let Meaning { filter, position, .. } = query.meaning();
    let since = reader.now - filter.range.millis();
    let (mut rows, more) = conversions::not_sent(&reader.db, reader.game.id, slug, since, &position).await?;
    let connection = connection_changes::of_network(&reader.db, reader.game.id, slug).await?;
    let spec = network.spec();
    mark_mended(reader, spec, connection.as_ref(), &mut rows).await?;
    Ok(NotSentPage {
        kept_back: send_now::offer(&reader.db, reader.game.id, spec, connection.as_ref(), reader.now).await?,
        resend: resend::running(&reader.db, reader.game.id, slug).await?,
        may_change: reader.may_change,
        max_age_days: spec.max_age / DAY,
        game_name: reader.game.name.clone(),
        network: card(network),
        filter,
        list: pages(rows, more, &position, |row| Cursor { time: row.received_at, id: row.id }),
        now: reader.now,
    })
}

/// Says of each whether its cause is gone: the connection stands and sends, and the goal has an action or a name that the network takes.
async fn mark_mended(reader: &Reader<'_>, spec: &Spec, connection: Option<&Connection>, rows: &mut [NotSent]) -> db::Result<()> {
    let Some(connection) = connection.filter(|connection| connection.enabled) else { return Ok(()) };
    let mapped = match spec.action {
        Some(_) => Some(db::kept_back::mapped_goals(&reader.db, connection.id).await?),
        None => None,
    };
    let names = db::goals::names(&reader.db, reader.game.id).await?;
    let name = |goal: Uuid| names.get(&(goal, spec.slug.to_owned())).map(String::as_str);
    for row in rows.iter_mut().filter(|row| row.reason.may_be_mended() && !row.test) {
        let forwarded = match &mapped {
            Some(goals) => goals.contains(&row.goal_id),
            None => send_now::named(spec, &row.event, name(row.goal_id)),
        };
        if forwarded {
            row.mended = if send_now::takes(spec, row.event_time, reader.now) { Mended::Yes } else { Mended::TooLate };
        }
    }
    Ok(())
}

//! One player's whole story: ids, clicks, messages, goals reached, and one event followed to its network and back.

use super::gates::{Known, Network, gates};
use super::{kind_name, label_of, note_says};
use crate::error::AppError;
use crate::model::Millis;
use crate::model::conversion::{Consent, Decision};
use crate::model::filter::Cursor;
use crate::model::integration::Page;
use crate::model::player::{Asked, ClickRow, Identity, MessageRow, PlayerPage, Trace};
use crate::model::story::Story;
use crate::server::auth::Access;
use crate::server::db::players::{self, Message, Reached};
use crate::server::db::{Db, attempts, connection_changes, deliveries};
use crate::server::decide::facts::{Click, Contact};
use crate::server::masking::Masked;
use crate::server::networks;
use serde_json::{Value, json};
use uuid::Uuid;

/// Rows of each list of the page.
const ROWS: usize = 10;
/// Ids that are shown: a player has at most 100, some of them in several spans.
const MAX_IDENTITIES: usize = 120;
/// Where the lists begin: messages may be dated a day ahead.
const END: Cursor = Cursor { time: Millis::MAX, id: Uuid::max() };

/// The player's page, for who may read it.
pub async fn read(db: &Db, (_, game, role): &Access, id: Uuid, asked: &Asked, now: Millis) -> Result<PlayerPage, AppError> {
    let player = players::by_id(db, game.id, id).await?.ok_or(AppError::NotFound)?;
    let mut spans = players::identities(db, id, more(MAX_IDENTITIES)).await?;
    let more_identities = spans.len() > MAX_IDENTITIES;
    spans.truncate(MAX_IDENTITIES);
    let reached = players::conversions(db, id, asked.conversions.unwrap_or(END), more(ROWS)).await?;
    let traced = match asked.event {
        Some(event) => players::conversion(db, game.id, event).await?.filter(|one| one.player_id == Some(id)),
        None => None,
    };
    let traced = traced.or_else(|| reached.first().cloned());
    let trace = match traced {
        Some(one) => Some(trace(db, game.id, one, player.ids).await?),
        None => None,
    };
    let clicks = players::clicks(db, id, asked.clicks.unwrap_or(END), more(ROWS)).await?;
    let messages = players::messages(db, id, asked.messages.unwrap_or(END), more(ROWS)).await?;
    let page = PlayerPage {
        game_name: game.name.clone(),
        may_change: role.may_change(),
        id,
        label: label_of(&spans, id),
        test: player.test,
        first_seen: player.created_at,
        consent: player.consent,
        contact: contact(player.contact),
        identities: spans.into_iter().map(identity).collect(),
        more_identities,
        trace,
        conversions: part(reached, asked.conversions, |one| Cursor { time: one.row.event_time, id: one.row.id }, |one| one.row),
        clicks: part(clicks, asked.clicks, |click| Cursor { time: click.time, id: click.id }, click),
        messages: part(messages, asked.messages, |one| Cursor { time: one.event_time, id: one.id }, message),
        now,
    };
    Ok(if page.may_change { page } else { page.masked() })
}

/// One more than a list shows tells whether there are more.
fn more(rows: usize) -> i64 {
    i64::try_from(rows).expect("a page is small") + 1
}

/// A part of a list: older ones follow its last row, and newer ones are found at its beginning.
fn part<R, T>(mut rows: Vec<R>, from: Option<Cursor>, cursor: impl Fn(&R) -> Cursor, show: impl Fn(R) -> T) -> Page<T> {
    let beyond = rows.len() > ROWS;
    rows.truncate(ROWS);
    let older = rows.last().filter(|_| beyond).map(cursor);
    Page { rows: rows.into_iter().map(show).collect(), newer: from.map(|_| END), older }
}

fn contact(contact: Contact) -> Vec<(String, String)> {
    let Contact { email, email_sha256, phone } = contact;
    let known = [("email", email), ("email, as SHA-256", email_sha256), ("phone", phone)];
    known.into_iter().filter_map(|(kind, told)| Some((kind.to_owned(), told?.0))).collect()
}

fn identity(span: players::Span) -> Identity {
    let since = Some(span.since).filter(|since| *since > 0);
    Identity { kind: kind_name(&span.kind).to_owned(), value: span.value, since, until: span.until }
}

fn click(click: Click) -> ClickRow {
    let campaign = click.body.utm.get("utm_campaign").and_then(Value::as_str).map(str::to_owned);
    let network = if click.kind == "visit" { "Without an ad".to_owned() } else { networks::spoken(&click.network).to_owned() };
    ClickRow {
        id: click.id,
        network,
        kind: click.kind,
        click_id: click.click_id,
        time: click.time,
        campaign,
        landing_page: click.body.landing_page,
    }
}

fn message(message: Message) -> MessageRow {
    let surface = message.surface();
    let body = serde_json::from_str::<Value>(&message.body).unwrap_or(Value::Null);
    let whole = json!({ "ip": message.ip, "userAgent": message.user_agent, "message": body });
    MessageRow {
        id: message.id,
        message_id: message.message_id,
        kind: message.kind,
        event_name: message.event_name,
        event_time: message.event_time,
        received_at: message.received_at,
        surface,
        consent: message.consent.parse().unwrap_or(Consent::NotSet),
        test: message.test,
        note: message.note.as_deref().map(|word| note_says(word).to_owned()),
        body: Some(whole.to_string()),
    }
}

/// Follows an event to its network.
async fn trace(db: &Db, game: Uuid, reached: Reached, ids: i32) -> Result<Trace, AppError> {
    let Reached { row, player_id, body, .. } = reached;
    let slug = match &row.decision {
        Decision::Credited { network } => Some(network.clone()),
        Decision::NotSent { network, .. } => network.clone(),
        Decision::Waiting { .. } => None,
    };
    let connection = match &slug {
        Some(slug) => connection_changes::of_network(db, game, slug).await?,
        None => None,
    };
    let postback = match players::postback_of(db, row.id).await? {
        Some(id) => deliveries::postback(db, game, id).await?,
        None => None,
    };
    let tries = match &postback {
        Some(postback) => attempts::of_postback(db, game, postback.id).await?,
        None => Vec::new(),
    };
    let place = match player_id {
        Some(player) => players::place(db, row.goal_id, player).await?,
        None => None,
    };
    let story: Option<Story> = body.credit.and_then(|story| serde_json::from_value(story).ok()).map(spoken);
    let transport = tries.last().and_then(|attempt| attempt.transport.clone());
    let transport = transport.or_else(|| connection.as_ref().and_then(|connection| connection.transport.clone()));
    let over = slug.as_deref().and_then(|slug| networks::over(slug, transport.as_deref()));
    let network = slug.as_deref().and_then(|slug| {
        let spec = networks::find(slug)?.spec();
        Some(Network { slug: spec.slug, name: spec.name, short: spec.short, tells_later: over?.later().is_some() })
    });
    let gates = gates(&Known {
        conversion: &row,
        surface: body.surface,
        consent: body.consent,
        once: body.once,
        ids: player_id.map(|_| ids),
        story: story.as_ref(),
        place,
        network,
        connection: connection.as_ref(),
        postback: postback.as_ref(),
        attempts: &tries,
    });
    let network = network.map(|network| (network.slug.to_owned(), network.name.to_owned()));
    Ok(Trace { conversion: row, gates, story, postback, attempts: tries, network })
}

/// Whose conversion it is, and who was in the running for it.
pub async fn of_conversion(db: &Db, game: Uuid, conversion: Uuid) -> Result<(Option<Uuid>, Option<Story>), AppError> {
    let reached = players::conversion(db, game, conversion).await?;
    let told = |reached: Reached| (reached.player_id, reached.body.credit.and_then(|story| serde_json::from_value(story).ok()).map(spoken));
    Ok(reached.map(told).unwrap_or_default())
}

/// Networks under the names that people call them by.
fn spoken(story: Story) -> Story {
    let name = |mut seen: crate::model::story::Seen| {
        seen.network = if seen.kind == "visit" { "Without an ad".to_owned() } else { networks::spoken(&seen.network).to_owned() };
        seen
    };
    let lost = story.lost.into_iter().map(|mut one| {
        one.click = name(one.click);
        one
    });
    Story { lost: lost.collect(), winner: story.winner.map(name), ..story }
}

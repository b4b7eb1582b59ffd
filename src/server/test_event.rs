//! Send test event: a made-up player clicks an ad and reaches a goal, marked as test, on the road of every message: ingest, decision,
//! payload, dispatch, and the network's own test environment.

use super::auth::Access;
use super::db::audit::{self, Entry};
use super::db::{attempts, connection_changes, deliveries, goals};
use super::decide::facts::{IdentityType, Message, MessageKind, UserRef};
use super::decide::goals::reached;
use super::networks::contract::Spec;
use super::networks::find;
use super::now;
use super::state::state;
use crate::error::AppError;
use crate::model::Millis;
use crate::model::audit::Action;
use crate::model::connect::ConnectProblem;
use crate::model::conversion::{Consent, Surface};
use crate::model::goal::{Filter, Goal, GoalStatus, Operator};
use serde_json::{Map, Value, json};
use std::time::Duration;
use uuid::Uuid;

/// How long the page waits for the network's answer; a call takes up to 20 s, most take one.
const PATIENCE: Duration = Duration::from_secs(8);
const LOOK_EVERY: Duration = Duration::from_millis(150);
/// Between the made-up click and the event.
const AFTER_THE_CLICK: Millis = 1_000;
const AGENT: &str = "Mozilla/5.0 (compatible; Postbacks test event)";
/// A page that no game has.
const PAGE: &str = "https://example.com/";

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sent {
    /// It went out, or ended without a call: this row of the log says how.
    Attempt(Uuid),
    /// It was not credited to the network or not planned; the list of what was not sent says why.
    NotSent,
    /// No answer yet: the log will show it.
    Waiting,
}

pub async fn send(access: &Access, slug: &str, goal: Uuid) -> Result<Sent, AppError> {
    let (account, game, _) = access;
    let (state, now) = (state(), now());
    let spec = find(slug).ok_or(AppError::NotFound)?.spec();
    let connection = connection_changes::of_network(&state.db, game.id, slug).await?.ok_or(AppError::NotFound)?;
    if spec.test.is_some() && connection.test_code.is_none() {
        return Err(AppError::Connect(ConnectProblem::NoTestCode));
    }
    let goal = goals::by_id(&state.db, game.id, goal).await?.filter(|goal| goal.status == GoalStatus::Active).ok_or(AppError::NotFound)?;
    let (click, event) = made_up(spec, &goal, now).ok_or(AppError::Connect(ConnectProblem::GoalUnmet))?;
    let message_id = event.message_id;
    let mut tx = state.db.begin().await?;
    audit::record(&mut tx, &Entry::of(account, game.id, now, Action::TestEvent, slug, &goal.name)).await?;
    tx.commit().await?;
    state.ingest.take(game.id, vec![click, event]).await.map_err(|_| AppError::Unavailable)?;
    let Some(postback) = deliveries::of_message(&state.db, goal.id, message_id, slug).await? else { return Ok(Sent::NotSent) };
    let attempt = async {
        loop {
            match attempts::of_postback(&state.db, game.id, postback).await?.first() {
                Some(first) => return Ok(Sent::Attempt(first.id)),
                None => tokio::time::sleep(LOOK_EVERY).await,
            }
        }
    };
    tokio::time::timeout(PATIENCE, attempt).await.unwrap_or(Ok(Sent::Waiting))
}

/// A click on the network's ad and an event that reaches the goal; None where no property that is made up passes its filter.
fn made_up(spec: &Spec, goal: &Goal, now: Millis) -> Option<(Message, Message)> {
    let player = format!("postbacks-test-{}", Uuid::new_v4().simple());
    let message = |kind, surface, time, event_name: Option<&str>, properties, context| Message {
        id: Uuid::now_v7(),
        game_id: goal.game_id,
        message_id: Uuid::new_v4(),
        kind,
        event_time: time,
        original_time: time,
        received_at: now,
        anonymous_id: Some(player.clone()),
        device_id: None,
        session_id: None,
        user: Some(UserRef { kind: Some(IdentityType::Custom), id: player.clone() }),
        alias: None,
        event_name: event_name.map(str::to_owned),
        surface: Some(surface),
        consent: Consent::Full,
        test: true,
        ip: None,
        user_agent: Some(AGENT.to_owned()),
        properties,
        context,
        traits: Map::new(),
    };
    let kind = spec.click_ids.first()?;
    let page = Map::from_iter([("pageUrl".to_owned(), json!(format!("{PAGE}?{kind}={player}")))]);
    let landed = Map::from_iter([((*kind).to_owned(), json!(player))]);
    let click = message(MessageKind::Page, Surface::Pixel, now - AFTER_THE_CLICK, None, landed, page);
    let event = message(MessageKind::Track, Surface::Unity, now, Some(&goal.event), properties(goal), Map::new());
    reached(goal, &event).then_some((click, event))
}

/// A price, and what the goal's filter asks for.
fn properties(goal: &Goal) -> Map<String, Value> {
    let mut properties = Map::from_iter([("value".to_owned(), json!("9.99")), ("currency".to_owned(), json!("USD"))]);
    if let Some(filter) = &goal.filter {
        match passing(filter) {
            Some(value) => drop(properties.insert(filter.property.clone(), json!(value))),
            None => drop(properties.shift_remove(&filter.property)),
        }
    }
    properties
}

/// A value that passes; None where nothing does it.
fn passing(filter: &Filter) -> Option<String> {
    let value = filter.value.trim();
    Some(match filter.operator {
        Operator::Is | Operator::AtLeast | Operator::AtMost | Operator::Contains => value.to_owned(),
        Operator::Exists => "test".to_owned(),
        Operator::IsNot => return None,
        Operator::GreaterThan if value.starts_with('-') => "0".to_owned(),
        Operator::GreaterThan if value.contains('.') => format!("{value}1"),
        Operator::GreaterThan => format!("{value}.01"),
        Operator::LessThan if value.starts_with('-') => format!("{value}{}", if value.contains('.') { 1 } else { 0 }),
        Operator::LessThan if value.chars().all(|c| matches!(c, '0' | '.')) => "-1".to_owned(),
        Operator::LessThan => "0".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::goal::Trigger;

    fn goal(event: &str, filter: Option<(&str, Operator, &str)>) -> Goal {
        Goal {
            id: Uuid::nil(),
            game_id: Uuid::nil(),
            name: "g".into(),
            description: String::new(),
            event: event.into(),
            trigger: Trigger::OncePerPlayer,
            filter: filter.map(|(property, operator, value)| Filter { property: property.into(), operator, value: value.into() }),
            status: GoalStatus::Active,
            created_at: 0,
            updated_at: 0,
        }
    }

    #[test]
    fn an_event_is_made_up_that_reaches_any_goal() {
        let spec = find("meta").unwrap().spec();
        for operator in Operator::ALL {
            for value in ["10", "9.5", "0", "-3", "-3.5", "sword"] {
                let numbers_alone = matches!(operator, Operator::GreaterThan | Operator::AtLeast | Operator::LessThan | Operator::AtMost)
                    && value == "sword";
                let made = made_up(spec, &goal("purchase", Some(("level", *operator, value))), 1_000_000);
                assert_eq!(made.is_none(), numbers_alone, "{operator} {value}");
            }
        }
        let (click, event) = made_up(spec, &goal("wishlist_add", None), 1_000_000).unwrap();
        assert!(click.test && event.test && click.event_time < event.event_time);
        assert_eq!(click.anonymous_id, event.anonymous_id);
        assert_eq!(click.properties["fbclid"], click.anonymous_id.unwrap());
        assert_eq!(event.properties["value"], "9.99");
    }
}

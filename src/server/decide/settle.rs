//! Settles what a batch has stirred: gives slots to the conversions that they belong to, and decides every conversion that may still
//! change. A decision follows from what is known, not from the order in which it became known; from the first attempt on it stands.

use super::credit::{self, Credit, Terms};
use super::facts::{Click, Player, StoredConversion};
use super::world::World;
use super::{AGAIN_FOR, consent, plan, slots};
use crate::model::conversion::{Decision, Reason};
use crate::server::decide::changes::NewPostback;
use serde_json::Value;
use uuid::Uuid;

/// Decides everything that is open.
pub fn settle(world: &mut World) {
    for player in world.unsettled() {
        let moved = slots::settle(world, player);
        let stirred = world.is_stirred(player);
        if stirred {
            consent::silence_if_refused(world, player);
        }
        let due = |one: &&StoredConversion| stirred || world.conversions.is_fresh(one.id) || moved.contains(&one.id);
        let mut list: Vec<&StoredConversion> = world.conversions.of(player).filter(due).filter(|one| is_open(world, one)).collect();
        // Goals of one message in the order in which they were made: the second to send the same event is `same_event`.
        list.sort_by_key(|one| (one.message_id, one.goal_id));
        for id in list.into_iter().map(|one| one.id).collect::<Vec<_>>() {
            let outcome = decide(world, world.conversions.get(id), player);
            apply(world, id, outcome);
        }
    }
}

/// Whether a conversion may still be decided otherwise. Not: attempted, ended without an attempt, blocked by the player's will, or a
/// week old and not sent.
fn is_open(world: &World, conversion: &StoredConversion) -> bool {
    let open = match &conversion.decision {
        Decision::Credited { .. } => conversion.untried_postback.is_some(),
        Decision::Waiting { until, .. } => *until > world.now,
        Decision::NotSent { reason: Reason::Consent | Reason::Erased, .. } => false,
        Decision::NotSent { .. } => conversion.received_at + AGAIN_FOR > world.now,
    };
    world.conversions.is_fresh(conversion.id) || open && !conversion.attempted
}

/// What becomes of a conversion.
struct Outcome {
    decision: Decision,
    click: Option<Uuid>,
    story: Option<Value>,
    postback: Queue,
}

/// What becomes of its postback, which was never attempted.
enum Queue {
    Keeps,
    HasNone,
    Has(Box<NewPostback>),
}

fn decide(world: &World, conversion: &StoredConversion, player: Uuid) -> Outcome {
    let not_sent = |reason, network| Decision::NotSent { reason, network };
    let without_click = |reason| Outcome { decision: not_sent(reason, None), click: None, story: None, postback: Queue::HasNone };
    let seen = world.seen_by(player, conversion.event_time);
    if seen.iter().any(|player| consent::refused(world.graph.player(*player))) {
        return without_click(Reason::Consent);
    }
    if !slots::counts(world, conversion) {
        return without_click(Reason::AlreadyConverted);
    }
    let clicks: Vec<&Click> = seen.iter().flat_map(|player| world.clicks.of(*player)).collect();
    let player = world.graph.player(player);
    let terms = Terms {
        event_time: conversion.event_time,
        window_days: conversion.body.window_days,
        email_known: plan::email_known(conversion, player),
    };
    let credit = credit::decide(&clicks, terms);
    let (decision, postback) = match credit {
        Credit::Click(winner) | Credit::Email(winner) => planned(world, conversion, player, winner),
        Credit::Lost(winner, reason) => (not_sent(reason, Some(winner.network.clone())), Queue::HasNone),
        Credit::Outside => (not_sent(Reason::OutsideWindow, None), Queue::HasNone),
        Credit::Nobody(otherwise) => {
            let until = conversion.received_at + AGAIN_FOR;
            (if until > world.now { Decision::Waiting { until, otherwise } } else { not_sent(otherwise, None) }, Queue::HasNone)
        }
    };
    let winner = credit.winner();
    Outcome { decision, click: winner.map(|click| click.id), story: credit::story(&clicks, terms, winner), postback }
}

/// The plan for the winning click. Where it is the same click as before, what was planned then stays: a connection that has changed
/// since takes nothing back and sends nothing by itself. Only a click that is better known now makes the postback anew.
fn planned(world: &World, conversion: &StoredConversion, player: &Player, winner: &Click) -> (Decision, Queue) {
    let network = || winner.network.clone();
    let again = conversion.click_id == Some(winner.id) && is_planned(world, conversion);
    let better_known = conversion.untried_postback.is_some() && world.clicks.touched(winner.id);
    match plan::plan(world, conversion, player, winner) {
        Ok(postback) if !again || better_known => (Decision::Credited { network: network() }, Queue::Has(Box::new(postback))),
        Err(reason) if !again => (Decision::NotSent { reason, network: Some(network()) }, Queue::HasNone),
        Ok(_) | Err(_) => (conversion.decision.clone(), Queue::Keeps),
    }
}

/// Whether the decision came out of a plan for its click, which a change of the connection since does not undo.
fn is_planned(world: &World, conversion: &StoredConversion) -> bool {
    let Decision::NotSent { reason, .. } = conversion.decision else { return matches!(conversion.decision, Decision::Credited { .. }) };
    match reason {
        Reason::NoConnection | Reason::ConnectionDisabled | Reason::GoalUnmapped | Reason::TestWithoutCode => true,
        // The other goal's conversion of the message is not loaded when it was attempted: then it still stands in the way.
        Reason::SameEvent => !conversion.player_id.is_some_and(|player| {
            world.conversions.of(player).any(|other| other.message_id == conversion.message_id && other.id != conversion.id)
        }),
        _ => false,
    }
}

fn apply(world: &mut World, id: Uuid, outcome: Outcome) {
    let known = world.conversions.get(id);
    let Outcome { decision, click, story, postback } = outcome;
    if (&known.decision, known.click_id, &known.body.credit) != (&decision, click, &story) {
        let conversion = world.conversions.change(id);
        (conversion.decision, conversion.click_id, conversion.body.credit) = (decision, click, story);
    }
    match postback {
        Queue::Keeps => {}
        Queue::HasNone => world.conversions.withdraw(id),
        Queue::Has(postback) => {
            world.conversions.withdraw(id);
            world.conversions.queue(*postback);
        }
    }
}

//! Every outcome stops at one gate; nothing behind it is reached, nothing before it is in doubt.

use super::gates::{Known, Network, gate_of, gates};
use crate::model::attempt::{Attempt, AttemptStatus, LastWord, Sequel};
use crate::model::conversion::{Consent, Decision, Reason, Surface};
use crate::model::player::ConversionRow;
use crate::model::postback::{Postback, PostbackState};
use crate::model::story::{Because, Loser, Seen, Story};
use crate::model::trace::{Gate, GateKind, GateState, Way};
use crate::model::{DAY, HOUR, Millis};
use uuid::Uuid;

const EVENT: Millis = 1_795_423_282_518;
const GOAL: Uuid = Uuid::from_u128(7);
const TIKTOK: Network<'_> = Network { slug: "tiktok", name: "TikTok Ads", short: "TikTok", tells_later: false };

fn conversion(decision: Decision) -> ConversionRow {
    ConversionRow {
        id: Uuid::from_u128(1),
        goal_id: GOAL,
        goal_name: "First Purchase".into(),
        event: "purchase".into(),
        event_time: EVENT,
        received_at: EVENT + 200,
        test: false,
        decision,
        network_name: None,
        value: None,
    }
}

fn known(conversion: &ConversionRow) -> Known<'_> {
    Known {
        conversion,
        surface: Some(Surface::Unity),
        consent: Consent::Full,
        once: true,
        ids: Some(3),
        story: None,
        place: None,
        network: None,
        connection: None,
        postback: None,
        attempts: &[],
    }
}

fn not_sent(reason: Reason, network: Option<&str>) -> Decision {
    Decision::NotSent { reason, network: network.map(str::to_owned) }
}

fn seen(network: &str, kind: &str, before: Millis) -> Seen {
    Seen { network: network.into(), kind: kind.into(), id: "T1".into(), time: EVENT - before }
}

fn postback(state: PostbackState, attempts: i32, ended: Option<&str>) -> Postback {
    Postback {
        id: Uuid::from_u128(2),
        conversion_id: Uuid::from_u128(1),
        network: "tiktok".into(),
        goal_id: GOAL,
        goal_name: "First Purchase".into(),
        event: "purchase".into(),
        sent_as: "Purchase".into(),
        dedup_id: "d".into(),
        event_time: EVENT,
        value: None,
        test: false,
        state,
        ended: ended.map(str::to_owned),
        attempts,
        created_at: EVENT,
        due_at: state.open().then_some(EVENT + HOUR),
        asked_at: None,
        resent_at: None,
        expires_at: EVENT + 28 * DAY,
    }
}

fn attempt(status: AttemptStatus, sequel: Option<LastWord>) -> Attempt {
    Attempt {
        id: Uuid::from_u128(3),
        postback_id: Uuid::from_u128(2),
        time: EVENT + 500,
        event: "purchase".into(),
        goal_name: "First Purchase".into(),
        status,
        http: Some(200),
        latency_ms: Some(10),
        attempt: 1,
        code: None,
        words: None,
        meaning: Some("TikTok refused the event.".into()),
        transport: None,
        test: false,
        sequel: sequel.map(|word| Sequel { word, at: Some(EVENT + HOUR), says: Some("Said later.".into()) }),
        of_attempt: None,
    }
}

/// The gate that is marked, after checking that those before were passed and those behind were not reached.
fn marked(gates: &[Gate]) -> Option<&Gate> {
    let at = gates.iter().position(|gate| gate.state != GateState::Passed)?;
    assert!(gates[at + 1..].iter().all(|gate| gate.state == GateState::NotReached && gate.says.is_empty()), "{gates:?}");
    gates.get(at)
}

#[test]
fn every_reason_stops_at_one_gate_and_says_what_would_change_it() {
    for reason in Reason::ALL.iter().copied() {
        for network in [None, Some("tiktok")] {
            let conversion = conversion(not_sent(reason, network));
            let gates = gates(&Known { network: network.map(|_| TIKTOK), ..known(&conversion) });
            let stopped = marked(&gates).unwrap_or_else(|| panic!("{reason} passes"));
            assert_eq!((stopped.kind, stopped.state), (gate_of(reason, network.is_some()), GateState::Stopped), "{reason}");
            assert!(!stopped.says.is_empty() && !stopped.fix.is_empty(), "{reason}");
        }
    }
}

#[test]
fn a_click_that_was_too_long_ago_is_told_with_its_numbers() {
    let conversion = conversion(not_sent(Reason::OutsideWindow, None));
    let lost = vec![Loser { click: seen("tiktok", "ttclid", 41 * DAY), because: Because::OutsideWindow }];
    let story = Story { window_days: 30, winner: None, lost };
    let gates = gates(&Known { story: Some(&story), ..known(&conversion) });
    let stopped = marked(&gates).expect("it stops");
    assert_eq!(stopped.says, "The last ad click, of tiktok, is 41 d older than the event. The window had 30 days.");
    assert_eq!(stopped.way, Some(Way::Window));
}

#[test]
fn what_waits_says_until_when() {
    let conversion = conversion(Decision::Waiting { until: EVENT + 7 * DAY, otherwise: Reason::NoClick });
    let gates = gates(&known(&conversion));
    let waiting = marked(&gates).expect("it waits");
    assert_eq!((waiting.kind, waiting.state, waiting.at), (GateKind::Click, GateState::Waiting, Some(EVENT + 7 * DAY)));
}

#[test]
fn a_taken_place_leads_to_who_has_it() {
    let conversion = conversion(not_sent(Reason::AlreadyConverted, None));
    let holder = Uuid::from_u128(9);
    let gates = gates(&Known { place: Some(holder), ..known(&conversion) });
    assert_eq!(marked(&gates).and_then(|gate| gate.way.clone()), Some(Way::Event(holder)));
}

#[test]
fn an_event_without_an_id_has_no_player() {
    let conversion = conversion(not_sent(Reason::NoClick, None));
    let gates = gates(&Known { ids: None, ..known(&conversion) });
    assert_eq!(marked(&gates).map(|gate| gate.kind), Some(GateKind::Player));
}

#[test]
fn a_credited_event_is_followed_to_the_network_and_back() {
    use PostbackState::{Accepted, Cancelled, Confirmed, Expired, Failed, Queued, Retrying};
    let conversion = conversion(Decision::Credited { network: "tiktok".into() });
    let story = Story { window_days: 30, winner: Some(seen("tiktok", "ttclid", 5 * DAY)), lost: Vec::new() };
    let google = Network { slug: "google", name: "Google Ads", short: "Google", tells_later: true };
    let (success, failed) = (AttemptStatus::Success, AttemptStatus::Failed);
    for (network, state, calls, word, expected) in [
        (TIKTOK, Queued, 0, None, Some((GateKind::Sent, GateState::Waiting))),
        (TIKTOK, Retrying, 2, None, Some((GateKind::Accepted, GateState::Waiting))),
        (TIKTOK, Accepted, 1, None, None),
        (TIKTOK, Failed, 1, None, Some((GateKind::Accepted, GateState::Stopped))),
        (TIKTOK, Expired, 0, None, Some((GateKind::Sent, GateState::Stopped))),
        (TIKTOK, Cancelled, 0, None, Some((GateKind::Sent, GateState::Stopped))),
        (TIKTOK, Cancelled, 3, None, Some((GateKind::Accepted, GateState::Stopped))),
        (google, Accepted, 1, Some(LastWord::Waiting), Some((GateKind::Confirmed, GateState::Waiting))),
        (google, Accepted, 1, Some(LastWord::NotCredited), Some((GateKind::Confirmed, GateState::Stopped))),
        (google, Accepted, 1, Some(LastWord::NoAnswer), Some((GateKind::Confirmed, GateState::NotReached))),
        (google, Accepted, 1, None, Some((GateKind::Confirmed, GateState::NotReached))),
        (google, Confirmed, 1, Some(LastWord::Confirmed), None),
    ] {
        let postback = postback(state, calls, (!state.open() && state != Accepted && state != Confirmed).then_some("It ended."));
        let attempts = [attempt(if state == Failed { failed } else { success }, word)];
        let attempts = if calls == 0 { &[][..] } else { &attempts[..] };
        let facts = Known { network: Some(network), story: Some(&story), postback: Some(&postback), attempts, ..known(&conversion) };
        let gates = gates(&facts);
        assert_eq!(marked(&gates).map(|gate| (gate.kind, gate.state)), expected, "{} {state} {word:?}", network.slug);
        let click = gates.iter().find(|gate| gate.kind == GateKind::Click).expect("every way has it");
        assert_eq!(click.says, format!("A ttclid of {}, 5 d before the event.", network.name));
        assert_eq!(gates.iter().any(|gate| gate.kind == GateKind::Confirmed), network.tells_later);
    }
}

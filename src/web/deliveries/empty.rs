//! An empty log says which of its causes applies, with the numbers that show it.

use super::words::thousands;
use crate::model::connection::Connection;
use crate::model::evidence::Evidence;
use crate::model::filter::Range;
use crate::model::network::NetworkCard;
use crate::model::number::counted;
use crate::web::components::{ButtonLink, Condition, Empty, Look, Time, Tone};
use leptos::prelude::*;

/// The first condition that does not hold is the probable cause.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Cause {
    NotConnected,
    Disabled,
    NoGoal,
    NoEvents,
    NoMatches,
    NoClicks,
    Wait,
}

fn cause(evidence: &Evidence, connection: Option<&Connection>) -> Cause {
    match connection {
        None => Cause::NotConnected,
        Some(connection) if !connection.enabled => Cause::Disabled,
        Some(_) if evidence.active_goals == 0 => Cause::NoGoal,
        Some(_) if evidence.messages == 0 => Cause::NoEvents,
        Some(_) if evidence.clicks_of_network == 0 => Cause::NoClicks,
        Some(_) if evidence.matches == 0 => Cause::NoMatches,
        Some(_) => Cause::Wait,
    }
}

#[component]
pub fn EmptyLog(evidence: Evidence, network: NetworkCard, connection: Option<Connection>, base: String, range: Range) -> impl IntoView {
    let cause = cause(&evidence, connection.as_ref());
    let settings = base.split("/integrations").next().unwrap_or_default().to_owned();
    let title = format!("No postback was sent to {} in the last {}.", network.short, range.label());
    let says = summary(cause, &network);
    let conditions = (
        enabled(cause, connection.as_ref(), &network),
        goal(cause, &evidence, &settings),
        clicks(cause, &evidence, &network, &settings),
        events(cause, &evidence, &settings),
    );
    view! {
        <div class="card">
            <Empty title><p>{says}</p></Empty>
            <ol class="checklist">{conditions}</ol>
        </div>
    }
}

fn summary(cause: Cause, network: &NetworkCard) -> String {
    match cause {
        Cause::NotConnected => format!("{} is not connected.", network.name),
        Cause::Disabled => "Sending is switched off.".to_owned(),
        Cause::NoGoal => "No goal is active, so nothing counts as a conversion.".to_owned(),
        Cause::NoEvents => "The game has sent nothing in this time.".to_owned(),
        Cause::NoMatches => "No message matched an active goal in this time.".to_owned(),
        Cause::NoClicks => format!("The pixel has seen no click id of {} in this time.", network.short),
        Cause::Wait => format!("All four conditions hold: the next conversion that {} earned will be sent.", network.short),
    }
}

fn mark(holds: bool) -> Tone {
    if holds { Tone::Ok } else { Tone::Bad }
}

fn enabled(cause: Cause, connection: Option<&Connection>, network: &NetworkCard) -> impl IntoView + use<> {
    let says = match connection {
        None => "No. Connect it above.".to_owned(),
        Some(connection) if !connection.enabled => "No. Switch it on above; what was queued is held until then.".to_owned(),
        Some(connection) => format!("Yes, {} {}.", network.target_noun, connection.target_id),
    };
    let likely = matches!(cause, Cause::NotConnected | Cause::Disabled);
    view! { <Condition tone=mark(!likely) question="Is the connection enabled?" likely>{says}</Condition> }
}

fn goal(cause: Cause, evidence: &Evidence, settings: &str) -> impl IntoView + use<> {
    let holds = evidence.active_goals > 0 && evidence.matches > 0;
    let says = match (evidence.active_goals, evidence.matches) {
        (0, _) => "No goal is active.".to_owned(),
        (goals, matches) => {
            let of = counted(evidence.messages, "message", "messages");
            format!("{} active, {} of {of} matched.", thousands(goals), thousands(matches))
        }
    };
    let href = format!("{settings}/goals");
    let likely = matches!(cause, Cause::NoGoal | Cause::NoMatches);
    view! {
        <Condition tone=mark(holds) question="Is a goal active that matches your events?" likely
            action=move || view! { <ButtonLink href=href.clone() text="Open goals" small=true look=Look::Plain/> }>
            {says}
        </Condition>
    }
}

fn clicks(cause: Cause, evidence: &Evidence, network: &NetworkCard, settings: &str) -> impl IntoView + use<> {
    let others: i64 = evidence.clicks_of_others.iter().map(|(_, count)| count).sum();
    let says = format!(
        "The pixel ran {} and kept {} of {} and {} of other networks.",
        counted(evidence.page_messages, "time", "times"),
        counted(evidence.clicks_of_network, "click id", "click ids"),
        network.short,
        thousands(others),
    );
    let href = format!("{settings}/pixel");
    view! {
        <Condition tone=mark(evidence.clicks_of_network > 0) question=format!("Does the pixel keep {} click ids?", network.short) likely=cause == Cause::NoClicks
            action=move || view! { <ButtonLink href=href.clone() text="Open pixel" small=true look=Look::Plain/> }>
            {says}
        </Condition>
    }
}

fn events(cause: Cause, evidence: &Evidence, settings: &str) -> impl IntoView + use<> {
    let holds = evidence.last_events.iter().any(|event| event.time.is_some());
    let list = evidence
        .last_events
        .iter()
        .cloned()
        .map(|event| match event.time {
            Some(time) => view! { "Last "<code>{event.event}</code>" "<Time at=time/>". " }.into_any(),
            None => view! { "No "<code>{event.event}</code>" yet. " }.into_any(),
        })
        .collect_view();
    let href = format!("{settings}/api-keys");
    view! {
        <Condition tone=mark(holds) question="Does the game send the events?" likely=cause == Cause::NoEvents
            action=move || view! { <ButtonLink href=href.clone() text="See how" small=true look=Look::Plain/> }>
            {list}
        </Condition>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn evidence() -> Evidence {
        Evidence {
            messages: 10,
            page_messages: 5,
            active_goals: 1,
            matches: 1,
            clicks_of_network: 1,
            clicks_of_others: vec![],
            last_events: vec![],
        }
    }

    #[test]
    fn the_first_condition_that_does_not_hold_is_the_cause() {
        assert_eq!(cause(&evidence(), None), Cause::NotConnected);
        let connection = Connection {
            id: uuid::Uuid::nil(),
            game_id: uuid::Uuid::nil(),
            network: "reddit".into(),
            account_id: None,
            account_name: None,
            account_through: None,
            target_id: "a2_x".into(),
            target_name: None,
            secret_tail: None,
            token_ends_at: None,
            pasted: false,
            test_code: None,
            transport: None,
            enabled: true,
            parked: None,
            connected_at: 0,
            connected_by: None,
        };
        assert_eq!(cause(&evidence(), Some(&Connection { enabled: false, ..connection.clone() })), Cause::Disabled);
        assert_eq!(cause(&Evidence { active_goals: 0, ..evidence() }, Some(&connection)), Cause::NoGoal);
        assert_eq!(cause(&Evidence { messages: 0, ..evidence() }, Some(&connection)), Cause::NoEvents);
        assert_eq!(cause(&Evidence { clicks_of_network: 0, ..evidence() }, Some(&connection)), Cause::NoClicks);
        assert_eq!(cause(&Evidence { matches: 0, ..evidence() }, Some(&connection)), Cause::NoMatches);
        assert_eq!(cause(&evidence(), Some(&connection)), Cause::Wait);
    }
}

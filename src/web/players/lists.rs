//! The lists of a player's page, each read a part at a time: goals reached, clicks, messages.

use crate::model::conversion::Decision;
use crate::model::filter::Cursor;
use crate::model::integration::Page;
use crate::model::number::counted;
use crate::model::player::{Asked, ClickRow, ConversionRow, MessageRow};
use crate::web::components::{Badge, JsonCode, Pager, Section, Shape, Table, Time, Tone};
use crate::web::deliveries::words::{TestBadge, money};
use leptos::prelude::*;
use uuid::Uuid;

/// The page's address with these places in its lists, led to the list in question.
pub fn address(game: &str, player: Uuid, asked: &Asked, anchor: &str) -> String {
    let place = |name: &str, cursor: &Option<Cursor>| cursor.map(|cursor| format!("{name}={cursor}"));
    let event = asked.event.map(|event| format!("event={event}"));
    let parts = [event, place("conversions", &asked.conversions), place("clicks", &asked.clicks), place("messages", &asked.messages)];
    let parts: Vec<String> = parts.into_iter().flatten().collect();
    let query = if parts.is_empty() { String::new() } else { format!("?{}", parts.join("&")) };
    format!("{}{query}#{anchor}", super::path_of(game, player))
}

/// “Newer” leads to the beginning of a list.
fn pages<T>(list: &Page<T>, to: impl Fn(Option<Cursor>) -> String) -> (String, Option<String>, Option<String>) {
    let says = format!("{} shown, newest first", counted(i64::try_from(list.rows.len()).unwrap_or(0), "row", "rows"));
    (says, list.newer.map(|_| to(None)), list.older.map(|cursor| to(Some(cursor))))
}

/// A list that fits its page needs no way on.
#[component]
pub fn Pages(says: String, newer: Option<String>, older: Option<String>) -> impl IntoView {
    (newer.is_some() || older.is_some()).then(|| view! { <Pager says newer older/> })
}

#[component]
pub fn Conversions(list: Page<ConversionRow>, game: String, player: Uuid, asked: Asked, here: Option<Uuid>) -> impl IntoView {
    let to = |cursor| address(&game, player, &Asked { conversions: cursor, ..asked.clone() }, "goals");
    let (says, newer, older) = pages(&list, to);
    if list.rows.is_empty() && newer.is_none() {
        return ().into_any();
    }
    let rows = list
        .rows
        .into_iter()
        .map(|row| {
            let href = address(&game, player, &Asked { event: Some(row.id), ..asked.clone() }, "trace");
            let current = (here == Some(row.id)).then_some("true");
            view! {
                <tr role="row">
                    <td role="cell" class="main-cell"><a href=href aria-current=current><code>{row.event.clone()}</code></a>" "{row.test.then(|| view! { <TestBadge/> })}</td>
                    <td role="cell" class="full"><span class="muted">{row.goal_name.clone()}</span></td>
                    <td role="cell" data-label="Time"><Time at=row.event_time/></td>
                    <td role="cell" class="full"><Outcome row=row.clone()/></td>
                    <td role="cell" class="num" data-label="Value">{row.value.as_ref().map_or_else(|| "None".to_owned(), money)}</td>
                </tr>
            }
        })
        .collect_view();
    let heads = vec![("Event", ""), ("Goal", ""), ("Time", ""), ("Outcome", ""), ("Value", "num")];
    view! {
        <Section id="goals" title="Goals reached">
            <div class="card flush"><Table caption="Goals that the player reached, newest first" heads>{rows}</Table><Pages says newer older/></div>
        </Section>
    }
    .into_any()
}

/// What was decided, in a few words.
#[component]
pub fn Outcome(row: ConversionRow) -> impl IntoView {
    let (tone, shape, text) = match &row.decision {
        Decision::Credited { network } => (Tone::Ok, Shape::Check, format!("Credited to {}", row.network_name.as_ref().unwrap_or(network))),
        Decision::Waiting { .. } => (Tone::Hold, Shape::Clock, "Waits for a click".to_owned()),
        Decision::NotSent { reason, .. } => (Tone::Off, Shape::Off, reason.explain().0.trim_end_matches('.').to_owned()),
    };
    view! { <Badge tone shape plain=true text/> }
}

#[component]
pub fn Clicks(list: Page<ClickRow>, game: String, player: Uuid, asked: Asked) -> impl IntoView {
    let (says, newer, older) = pages(&list, |cursor| address(&game, player, &Asked { clicks: cursor, ..asked.clone() }, "clicks"));
    let body = if list.rows.is_empty() {
        view! { <p class="card muted">"No click and no visit of this player is known."</p> }.into_any()
    } else {
        let rows = list.rows.into_iter().map(|row| view! { <Click row/> }).collect_view();
        let heads = vec![("First seen", ""), ("From", ""), ("Click id", ""), ("Campaign", ""), ("Landing page", "")];
        view! { <div class="card flush"><Table caption="Clicks, newest first" heads>{rows}</Table><Pages says newer older/></div> }
            .into_any()
    };
    view! { <Section id="clicks" title="Clicks" hint="Each once, at the time it was first seen: clients repeat click ids on every page.">{body}</Section> }
}

#[component]
fn Click(row: ClickRow) -> impl IntoView {
    let ClickRow { network, kind, click_id, time, campaign, landing_page, .. } = row;
    let id = match kind.as_str() {
        "visit" => view! { <span class="muted">"None"</span> }.into_any(),
        "utm" => view! { <span class="muted">"None, UTM alone"</span> }.into_any(),
        _ => view! { <code>{kind}</code>" "<code class="wraps">{click_id}</code> }.into_any(),
    };
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><Time at=time/></td>
            <td role="cell" class="side-cell">{network}</td>
            <td role="cell" class="full">{id}</td>
            <td role="cell" data-label="Campaign">{campaign.unwrap_or_else(|| "None".to_owned())}</td>
            <td role="cell" class="full"><span class="muted small wraps">{landing_page.unwrap_or_else(|| "None".to_owned())}</span></td>
        </tr>
    }
}

#[component]
pub fn Messages(list: Page<MessageRow>, game: String, player: Uuid, asked: Asked) -> impl IntoView {
    let (says, newer, older) = pages(&list, |cursor| address(&game, player, &Asked { messages: cursor, ..asked.clone() }, "messages"));
    let body = if list.rows.is_empty() {
        view! { <p class="card muted">"No message of this player is kept."</p> }.into_any()
    } else {
        let rows = list.rows.into_iter().map(|row| view! { <Message row/> }).collect_view();
        let heads = vec![("Event time", ""), ("Message", ""), ("From", ""), ("Consent", ""), ("As it came", "")];
        view! { <div class="card flush"><Table caption="Messages, newest first" heads>{rows}</Table><Pages says newer older/></div> }
            .into_any()
    };
    view! { <Section id="messages" title="Messages">{body}</Section> }
}

#[component]
fn Message(row: MessageRow) -> impl IntoView {
    let MessageRow { id, message_id, kind, event_name, event_time, received_at, surface, consent, test, note, body } = row;
    let late = received_at - event_time > crate::model::MINUTE;
    let body = body.map(|body| {
        view! {
            <details>
                <summary>"Show"</summary>
                <JsonCode id=format!("message-{id}") says="Message as it came" caption=move || message_id.to_string() text=body/>
            </details>
        }
    });
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><Time at=event_time/>{late.then(|| view! { <span class="muted small">" received "<Time at=received_at/></span> })}</td>
            <td role="cell" class="full">
                <code>{event_name.unwrap_or_else(|| kind.clone())}</code>" "{test.then(|| view! { <TestBadge/> })}
                {note.map(|note| view! { <p class="small soft">{note}</p> })}
            </td>
            <td role="cell" data-label="From">{surface.map_or("Not said", |surface| surface.word())}</td>
            <td role="cell" data-label="Consent">{consent.word().replace('_', " ")}</td>
            <td role="cell" class="full">{body.map_or_else(|| view! { <span class="muted">"Hidden"</span> }.into_any(), IntoAny::into_any)}</td>
        </tr>
    }
}

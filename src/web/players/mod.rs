//! Players: search by any id, and the page of one.

pub mod api;
pub mod erase;
mod lists;
pub mod player;
pub mod story;
mod trace;

use crate::model::number::counted;
use crate::model::player::{MAX_ASKED, PlayerRow, PlayerSearch};
use crate::web::components::{Button, Crumb, Crumbs, Empty, Head, Look, Section, Table, TextField, Time};
use crate::web::deliveries::words::TestBadge;
use crate::web::page::{Page, param, query};
use crate::web::visit;
use api::read_players;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use lists::Pages;
use uuid::Uuid;

/// `/games/{game}/players`
pub fn path(game: &str) -> String {
    format!("/games/{game}/players")
}

pub fn path_of(game: &str, player: Uuid) -> String {
    format!("/games/{game}/players/{player}")
}

/// The player's page with one of their events followed.
pub fn path_of_event(game: &str, player: Uuid, conversion: Uuid) -> String {
    format!("{}?event={conversion}", path_of(game, player))
}

#[component]
pub fn PlayersPage() -> impl IntoView {
    let game = param("slug");
    let asked = query("id").unwrap_or_default();
    let older = query("older").and_then(|id| id.parse::<Uuid>().ok());
    let load = read_players(game.clone(), asked, older);
    view! { <Page title="Players" load draw=move |loaded| view! { <Players loaded game later=older.is_some()/> }.into_any()/> }
}

/// `later`: not the first page.
#[component]
fn Players(loaded: PlayerSearch, game: String, later: bool) -> impl IntoView {
    let PlayerSearch { game_name, asked, players, older, without_player, masked, keep_messages_days } = loaded;
    if let ([only], false, false) = (players.as_slice(), asked.is_empty(), later) {
        // An event's own id leads to that event.
        let event = asked.parse::<Uuid>().ok().filter(|id| *id != only.id);
        return visit::go_to(&event.map_or_else(|| path_of(&game, only.id), |event| path_of_event(&game, only.id, event)));
    }
    let crumbs = vec![Crumb::link(game_name, format!("/games/{game}")), Crumb::here("Players")];
    let (title, hint) = match (asked.as_str(), later) {
        ("", _) => ("Seen last", "Players of the latest messages."),
        (_, false) => ("Players with this id", "The newest first."),
        (_, true) => ("Players with this id", "Older ones."),
    };
    let body = match players.is_empty() {
        true => view! { <div class="card"><Nobody asked=asked.clone() without_player keep_messages_days/></div> }.into_any(),
        false => {
            let says = format!("{} shown", counted(i64::try_from(players.len()).unwrap_or(0), "player", "players"));
            let newer = later.then(|| address(&game, &asked, None));
            let older = older.map(|last| address(&game, &asked, Some(last)));
            let rows = players.into_iter().map(|row| view! { <Row row game=game.clone()/> }).collect_view();
            let heads = vec![("Player", ""), ("Ids", "num"), ("First seen", ""), ("Last message", "")];
            view! {
                <div class="card flush">
                    <Table caption=title heads>{rows}</Table>
                    <Pages says newer older/>
                </div>
            }
            .into_any()
        }
    };
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "Players"/>
        <div class="stack loose">
            <form class="stack form" method="get" action=path(&game)>
                <TextField name="id" label="Any id of a player" value=asked.clone() max=MAX_ASKED code=true
                    hint="A userId, with its type before it or without (steam:7656…), an anonymousId, a deviceId, a click id, a messageId, or an event id that an attempt shows."/>
                <div class="row"><Button text="Find player" look=Look::Primary/></div>
            </form>
            {masked.then(|| view! { <p class="muted small">"Ids are shown to the owners and admins of this game."</p> })}
            <Section id="players" title hint>{body}</Section>
        </div>
    }
    .into_any()
}

fn address(game: &str, asked: &str, older: Option<Uuid>) -> String {
    let mut query = ParamsMap::new();
    if !asked.is_empty() {
        query.insert("id", asked.to_owned());
    }
    if let Some(older) = older {
        query.insert("older", older.to_string());
    }
    format!("{}{}", path(game), query.to_query_string())
}

#[component]
fn Nobody(asked: String, without_player: bool, keep_messages_days: i32) -> impl IntoView {
    match (asked.is_empty(), without_player) {
        (true, _) => view! {
            <Empty title="Nobody has been seen yet.">
                <p>"Players come with the first messages of the pixel or the game."</p>
            </Empty>
        }
        .into_any(),
        (false, true) => view! {
            <Empty title="This event belongs to no player.">
                <p>"Its message came without an id that tells one: consent left none, or the id was one that many players share (null, 0, …)."</p>
            </Empty>
        }
        .into_any(),
        (false, false) => view! {
            <Empty title="No player has this id.">
                <p>{format!("Ids are compared to the letter. A messageId is found for 32 days, and longer where it reached a goal; messages are kept for {keep_messages_days} days.")}</p>
            </Empty>
        }
        .into_any(),
    }
}

#[component]
fn Row(row: PlayerRow, game: String) -> impl IntoView {
    let last = match row.last_seen {
        Some(at) => view! { <Time at/> }.into_any(),
        None => "None kept".into_any(),
    };
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><a href=path_of(&game, row.id)>{row.label}</a>" "{row.test.then(|| view! { <TestBadge/> })}</td>
            <td role="cell" class="num" data-label="Ids">{row.ids}</td>
            <td role="cell" data-label="First seen"><Time at=row.first_seen/></td>
            <td role="cell" data-label="Last message">{last}</td>
        </tr>
    }
}

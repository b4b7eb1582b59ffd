//! `/games`: the person's games, and for the operator the form that makes one.

pub mod api;

use super::components::{Button, Empty, Flash, Look, Section, Table, TextField, Time, Tone};
use super::integrations::returned_problem;
use super::layout::Plain;
use super::page::Page;
use super::visit;
use crate::error::AppError;
use crate::model::game::{Game, MAX_GAME_NAME, MAX_SLUG};
use api::{CreateGame, GameList, list_games};
use leptos::prelude::*;

#[component]
pub fn GamesPage() -> impl IntoView {
    view! {
        <Page title="Games" load=list_games() draw=|loaded: GameList| {
            let GameList { account, games } = loaded;
            let problem = returned_problem().map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> });
            let form = account.operator.then(|| view! { <NewGame/> });
            let list = if games.is_empty() { view! { <NoGame operator=account.operator/> }.into_any() } else { view! { <List games/> }.into_any() };
            view! {
                <Plain account>
                    <header class="head"><div class="title"><h1>"Games"</h1></div></header>
                    <div class="stack loose">{problem}{list}{form}</div>
                </Plain>
            }
            .into_any()
        }/>
    }
}

#[component]
fn List(games: Vec<Game>) -> impl IntoView {
    let rows = games
        .into_iter()
        .map(|game| {
            let href = format!("/games/{}", game.slug);
            view! {
                <tr role="row">
                    <td role="cell" class="main-cell"><a class="open" href=href><strong>{game.name}</strong></a></td>
                    <td role="cell" data-label="Address"><code>{game.slug}</code></td>
                    <td role="cell" data-label="Time zone">{game.time_zone}</td>
                    <td role="cell" class="side-cell"><Time at=game.created_at/></td>
                </tr>
            }
        })
        .collect_view();
    let heads = vec![("Game", ""), ("Address", ""), ("Time zone", ""), ("Made", "")];
    view! { <div class="card flush"><Table caption="Your games" heads>{rows}</Table></div> }
}

#[component]
fn NoGame(operator: bool) -> impl IntoView {
    let says = if operator {
        "A game has its own keys, goals, ad accounts and log. Make the first one below."
    } else {
        "You belong to no game. Ask an owner of your studio to add you."
    };
    view! { <Empty title="No game yet"><p>{says}</p></Empty> }
}

#[component]
fn NewGame() -> impl IntoView {
    let action = ServerAction::<CreateGame>::new();
    let error = visit::failure(action);
    let of_slug = error.filter(|error| matches!(error, AppError::SlugInvalid | AppError::SlugTaken)).map(|error| error.to_string());
    let of_name = if of_slug.is_none() { error.map(|error| error.to_string()) } else { None };
    view! {
        <Section id="new-game" title="New game">
            <ActionForm action attr:class="card stack narrow">
                <TextField name="name" label="Name" required=true max=MAX_GAME_NAME error=of_name/>
                <TextField name="slug" label="Address" code=true max=MAX_SLUG error=of_slug
                    hint="Lower-case letters, digits and hyphens. It never changes; left empty, it is made from the name."/>
                <p><Button text="Make game" look=Look::Primary/></p>
            </ActionForm>
        </Section>
    }
}

//! The menus that float over a page: which game, and what is one's own.

use crate::model::frame::Link;
use crate::web::account::api::SetTheme;
use crate::web::components::{Icon, Shape};
use crate::web::gate::Brand;
use crate::web::sign_in::api::SignOut;
use crate::web::visit::{self, Theme};
use leptos::prelude::*;

/// The button that names the game and opens the list of all.
#[component]
pub fn GameMenu(here: String, name: String, games: Vec<Link>, may_make: bool) -> impl IntoView {
    let links = games
        .into_iter()
        .map(|Link { slug, name }| {
            let current = slug == here;
            let shape = if current { Shape::Check } else { Shape::Dot };
            view! { <a class="pick" href=format!("/games/{slug}") aria-current=current.then_some("true")><Icon shape/>{name}</a> }
        })
        .collect_view();
    let last = if may_make { ("/games#new-game", Shape::Plus, "New game") } else { ("/games", Shape::List, "All games") };
    view! {
        <button class="pick" type="button" popovertarget="games">
            <span class="brand"><Brand text=name/></span><span class="sr">", switch game"</span><span class="push"></span><Icon shape=Shape::UpDown/>
        </button>
        <div class="menu" id="games" popover="auto">
            {links}
            <hr/>
            <a class="pick" href=last.0><Icon shape=last.1/>{last.2}</a>
        </div>
    }
}

/// The button with one's address that opens theme, account and sign-out.
#[component]
pub fn YourMenu(email: String) -> impl IntoView {
    let (theme, sign_out) = (ServerAction::<SetTheme>::new(), ServerAction::<SignOut>::new());
    let letters: String = email.chars().filter(|c| c.is_alphanumeric()).take(2).collect::<String>().to_uppercase();
    view! {
        <button class="pick" type="button" popovertarget="me">
            <span class="glyph" aria-hidden="true">{letters}</span><span class="clip">{email}</span><span class="sr">", your menu"</span>
        </button>
        <div class="menu" id="me" popover="auto">
            <ActionForm action=theme>
                <fieldset class="field"><legend>"Theme"</legend><ThemePicks/></fieldset>
            </ActionForm>
            <hr/>
            <a class="pick" href="/account"><Icon shape=Shape::Player/>"Account"</a>
            <ActionForm action=sign_out>
                <button class="pick" type="submit"><Icon shape=Shape::Right/>"Sign out"</button>
            </ActionForm>
        </div>
    }
}

/// Each a button of its own, so that picking one needs no script.
#[component]
fn ThemePicks() -> impl IntoView {
    let now = visit::theme();
    let picks = [(None, "System"), (Some(Theme::Light), "Light"), (Some(Theme::Dark), "Dark")]
        .map(|(theme, label)| {
            let word = theme.map_or("system", Theme::word);
            view! { <button type="submit" name="theme" value=word aria-pressed=(theme == now).to_string()>{label}</button> }
        })
        .collect_view();
    view! { <div class="seg">{picks}</div> }
}

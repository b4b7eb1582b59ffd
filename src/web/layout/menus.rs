//! The menus that float over a page: which game, and what is one's own.

use crate::model::frame::Link;
use crate::web::account::api::{SetClock, SetTheme};
use crate::web::components::{Clock, Icon, Shape};
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
    let (theme, clock, sign_out) = (ServerAction::<SetTheme>::new(), ServerAction::<SetClock>::new(), ServerAction::<SignOut>::new());
    let letters: String = email.chars().filter(|c| c.is_alphanumeric()).take(2).collect::<String>().to_uppercase();
    view! {
        <button class="pick" type="button" popovertarget="me">
            <span class="glyph" aria-hidden="true">{letters}</span><span class="clip">{email}</span><span class="sr">", your menu"</span>
        </button>
        <div class="menu" id="me" popover="auto">
            <ActionForm action=theme>
                <fieldset class="field"><legend>"Theme"</legend><ThemePicks/></fieldset>
            </ActionForm>
            <ActionForm action=clock>
                <fieldset class="field"><legend>"Times"</legend><ClockPicks/></fieldset>
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

/// By whose clock times are written; days of charts and counts are the game's in any case.
#[component]
fn ClockPicks() -> impl IntoView {
    let chosen = use_context::<Clock>().and_then(|clock| clock.chosen).map(|zone| zone.name);
    let of_game = chosen.is_none();
    let utc = chosen.as_deref() == Some("UTC");
    let local = chosen.filter(|name| name != "UTC");
    view! {
        <div class="seg">
            <button type="submit" name="clock" value="game" aria-pressed=of_game.to_string()>"Game’s"</button>
            <button type="submit" name="clock" value="UTC" aria-pressed=utc.to_string()>"UTC"</button>
            <LocalClock chosen=local/>
        </div>
    }
}

/// Only the browser knows where it is: until it has said so there is nothing to press, unless it was chosen before.
#[island]
fn LocalClock(chosen: Option<String>) -> impl IntoView {
    let pressed = chosen.is_some();
    let zone = RwSignal::new(chosen.unwrap_or_default());
    Effect::new(move || {
        if let Some(name) = browser_zone() {
            zone.set(name);
        }
    });
    view! {
        <button type="submit" name="clock" value=zone aria-pressed=pressed.to_string() hidden=move || zone.with(String::is_empty) title=zone>"Local"</button>
    }
}

#[cfg(feature = "hydrate")]
fn browser_zone() -> Option<String> {
    let format = js_sys::Intl::DateTimeFormat::new(&js_sys::Array::new(), &js_sys::Object::new());
    js_sys::Reflect::get(&format.resolved_options(), &"timeZone".into()).ok()?.as_string().filter(|name| !name.is_empty())
}

/// Effects run in the browser only.
#[cfg(not(feature = "hydrate"))]
fn browser_zone() -> Option<String> {
    None
}

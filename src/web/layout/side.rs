//! The navigation of a game: a column on wide screens, a sheet behind the menu button on a phone.

use super::menus::{GameMenu, YourMenu};
use crate::model::connection::Health;
use crate::model::frame::{Frame, NetworkLink};
use crate::web::components::{Icon, Shape, Tone};
use crate::web::visit;
use leptos::prelude::*;

#[component]
pub fn Side(frame: Frame) -> impl IntoView {
    let Frame { account, game, games, networks, .. } = frame;
    let base = format!("/games/{}", game.slug);
    let settings = format!("{base}/settings");
    let networks = networks.into_iter().map(|network| view! { <NetworkEntry network base=settings.clone()/> }).collect_view();
    view! {
        <div class="side" id="side" popover="auto">
            <GameMenu here=game.slug name=game.name games may_make=account.operator/>
            <div class="fill">
                <nav class="nav" aria-label="Game">
                    <Entry href=base.clone() shape=Shape::Grid text="Overview" whole=true/>
                    <Entry href=format!("{base}/players") shape=Shape::Player text="Players"/>
                </nav>
                <nav class="nav" aria-label="Settings">
                    <p class="nav-title">"Settings"</p>
                    <Entry href=format!("{settings}/general") shape=Shape::Sliders text="General"/>
                    <Entry href=format!("{settings}/goals") shape=Shape::Goal text="Goals"/>
                    <Entry href=format!("{settings}/integrations") shape=Shape::Plug text="Integrations" whole=true/>
                    {networks}
                    <Entry href=format!("{settings}/pixel") shape=Shape::Pixel text="Pixel"/>
                    <Entry href=format!("{settings}/api-keys") shape=Shape::Key text="API keys"/>
                    <Entry href=format!("{settings}/audit-log") shape=Shape::List text="Audit log"/>
                </nav>
            </div>
            <YourMenu email=account.email/>
        </div>
    }
}

/// `whole`: only this very page is “here”, not those below it.
#[component]
fn Entry(href: String, shape: Shape, text: &'static str, #[prop(optional)] whole: bool) -> impl IntoView {
    let current = is_here(&href, whole);
    view! { <a href=href aria-current=current><Icon shape/>{text}</a> }
}

#[component]
fn NetworkEntry(network: NetworkLink, base: String) -> impl IntoView {
    let NetworkLink { slug, name, trouble } = network;
    let href = format!("{base}/integrations/{slug}");
    let current = is_here(&href, false);
    let mark = trouble.map(|health| {
        let (tone, shape) = match health {
            Health::NoRecentActivity => (Tone::Off, Shape::Clock),
            _ => (Tone::Bad, Shape::Warn),
        };
        view! { <span class="tone" data-tone=tone.word()><Icon shape/><span class="sr">{health.wording()}</span></span> }
    });
    view! { <a class="sub" href=href aria-current=current>{name}{mark}</a> }
}

fn is_here(href: &str, whole: bool) -> Option<&'static str> {
    let path = visit::path();
    let path = path.split('?').next().unwrap_or_default();
    let below = || path.strip_prefix(href).is_some_and(|rest| rest.starts_with('/'));
    if path == href {
        Some("page")
    } else if !whole && below() {
        Some("true")
    } else {
        None
    }
}

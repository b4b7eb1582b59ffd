//! Settings > Pixel: the snippet to put on the game's site, what it keeps, and whether it has been seen.

pub mod api;
mod guide;
mod options;
mod seen;

use crate::model::tracking::PixelPage as Loaded;
use crate::web::components::{Code, Crumb, Crumbs, Head, Section};
use crate::web::page::{Page, param};
use api::read_pixel;
use guide::{Commands, Consent, Kept, Moving, Policy};
use leptos::prelude::*;
use options::{Autocapture, Options};
use seen::Seen;

#[component]
pub fn PixelPage() -> impl IntoView {
    let game = param("slug");
    view! { <Page title="Pixel" load=read_pixel(game.clone()) draw=move |loaded| view! { <Pixel loaded game/> }.into_any()/> }
}

#[component]
fn Pixel(loaded: Loaded, game: String) -> impl IntoView {
    let Loaded { game_name, key, takes_carried_key, origin, seen, clicks } = loaded;
    let snippet = snippet(&origin, &key);
    let crumbs = vec![Crumb::link(game_name, format!("/games/{game}")), Crumb::here("Settings"), Crumb::here("Pixel")];
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "Pixel"/>
        <div class="stack loose">
            <p class="soft narrow">"The pixel keeps the click id that an ad puts into the link to your site. Without it, nobody can tell which ad brought a player."</p>
            <div class="split">
                <div class="stack loose">
                    <Section id="snippet" title="Snippet" hint="Put it into the head of every page that your ads open.">
                        <Code id="snippet-code" says="The snippet" caption=|| "HTML">{snippet}</Code>
                    </Section>
                    <Moving origin=origin.clone() key taken=takes_carried_key game=game.clone()/>
                    <Consent/>
                    <Options/>
                    <Autocapture/>
                    <Commands/>
                    <Policy origin/>
                    <Kept/>
                </div>
                <Seen seen clicks/>
            </div>
        </div>
    }
}

/// The queue takes commands before the file has loaded; the file finds this server by its own address.
fn snippet(origin: &str, key: &str) -> String {
    format!(
        "<script>\n  window.postbacks = window.postbacks || []\n  postbacks.push(['init', {{ key: '{key}', consent: 'anonymous' }}])\n</script>\n\
         <script async src=\"{origin}/pixel.js\"></script>"
    )
}

//! Settings > API keys: the keys, replacing one, taking one over, and what to send with them.

pub mod api;
pub mod carried;
mod examples;
pub mod rotate;

use crate::model::game::{ApiKey, KeyKind};
use crate::model::tracking::KeysPage as Loaded;
use crate::web::components::{Button, ButtonLink, Copy, Crumb, Crumbs, Flash, Head, Look, Section, Time, Tone};
use crate::web::page::{Page, param, query};
use api::read_keys;
use carried::Carried;
use examples::Examples;
use leptos::prelude::*;

/// Of the audience API.
const DESCRIPTION: &str = "/api/v1/openapi.json";

/// `/games/{game}/settings/api-keys`
pub fn path(game: &str) -> String {
    format!("/games/{game}/settings/api-keys")
}

#[component]
pub fn KeysPage() -> impl IntoView {
    let game = param("slug");
    let reveal = query("reveal").as_deref() == Some(KeyKind::Secret.word());
    let rotated = query("rotated").and_then(|word| KeyKind::from_word(&word)).filter(|kind| kind.prefix().is_some());
    view! {
        <Page title="API keys" load=read_keys(game.clone(), reveal) draw=move |loaded| view! { <Keys loaded game rotated/> }.into_any()/>
    }
}

#[component]
fn Keys(loaded: Loaded, game: String, rotated: Option<KeyKind>) -> impl IntoView {
    let Loaded { game_name, may_change, publishable, secret, carried, revealed, origin, sample } = loaded;
    // A link can say anything: only what is so is repeated.
    let (taken_over, removed) = (query("taken_over").is_some() && carried.is_some(), query("removed").is_some() && carried.is_none());
    let crumbs = vec![Crumb::link(game_name, format!("/games/{game}")), Crumb::here("Settings"), Crumb::here("API keys")];
    let (key, of_carried) = (publishable.shown.clone(), game.clone());
    let reveal = may_change.then(|| view! { <Reveal game=game.clone() revealed/> });
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "API keys"/>
        <div class="stack loose">
            {rotated.map(|kind| view! { <Rotated kind/> })}
            {taken_over.then(|| view! { <Flash tone=Tone::Ok announce=true><strong>"The key is taken over."</strong>" Messages with it are this game’s from now on."</Flash> })}
            {removed.then(|| view! { <Flash tone=Tone::Ok announce=true><strong>"The key is removed."</strong>" Messages with it are refused from now on."</Flash> })}
            <Section id="keys" title="Keys">
                <div class="cols pair">
                    <Key key=publishable title="Publishable key" says="Names the game when the pixel and the game send messages. It may be seen by anyone: it can only add messages and say what a player agrees to." game=game.clone() may_change whole=true/>
                    <Key key=secret title="Secret key" says="For your servers only, where a player’s data is to be erased. It belongs in no page, no game build and no repository." game=game.clone() may_change whole=revealed>{reveal}</Key>
                </div>
                {(!may_change).then(|| view! { <p class="muted small">"Owners and admins of this game see the secret key and replace keys."</p> })}
            </Section>
            <Carried key=carried game=of_carried may_change/>
            <Examples key origin sample/>
            <Described/>
        </div>
    }
}

/// `whole`: all of it is shown, so it can be copied.
#[component]
fn Key(
    key: ApiKey,
    title: &'static str,
    says: &'static str,
    game: String,
    may_change: bool,
    whole: bool,
    #[prop(optional)] children: Option<Children>,
) -> impl IntoView {
    let id = format!("{}-key", key.kind);
    let used = match key.last_used_at {
        Some(at) => view! { <Time at/> }.into_any(),
        None => "Never".into_any(),
    };
    view! {
        <article class="card">
            <h3>{title}</h3>
            <p class="soft small">{says}</p>
            <p class="row"><code class="wraps" id=id.clone()>{key.shown}</code>{whole.then(|| view! { <Copy from=id label=format!("Copy: {title}")/> })}</p>
            <dl class="facts rows">
                <div><dt>"Made"</dt><dd><Time at=key.created_at/></dd></div>
                <div><dt>"Last used"</dt><dd>{used}</dd></div>
            </dl>
            <footer>
                {children.map(|children| children())}
                <span class="push"></span>
                {may_change.then(|| view! {
                    <ButtonLink href=format!("{}/rotate/{}", path(&game), key.kind) text="Rotate" look=Look::QuietDanger label=format!("Rotate the {}", title.to_lowercase())/>
                })}
            </footer>
        </article>
    }
}

#[component]
fn Reveal(game: String, revealed: bool) -> impl IntoView {
    if revealed {
        return view! { <ButtonLink href=path(&game) text="Hide" label="Hide the secret key"/> }.into_any();
    }
    view! {
        <form method="get" action=path(&game)>
            <Button text="Reveal" name="reveal" value=KeyKind::Secret.word() label="Reveal the secret key"/>
        </form>
    }
    .into_any()
}

/// Where a program reads what the API takes.
#[component]
fn Described() -> impl IntoView {
    view! {
        <Section id="described" title="API description" hint="OpenAPI 3.1: every address, field, limit and answer, for client generators and for testing.">
            <p><a href=DESCRIPTION>{DESCRIPTION}</a></p>
        </Section>
    }
}

#[component]
fn Rotated(kind: KeyKind) -> impl IntoView {
    let (title, says) = match kind {
        KeyKind::Publishable | KeyKind::Carried => (
            "The publishable key is new.",
            "Messages with the old one are refused from now on. Put the new one into the pixel’s snippet and into the game.",
        ),
        KeyKind::Secret => ("The secret key is new.", "The old one is refused from now on. Put the new one where your servers keep it."),
    };
    view! { <Flash tone=Tone::Ok announce=true><strong>{title}</strong>" "{says}</Flash> }
}

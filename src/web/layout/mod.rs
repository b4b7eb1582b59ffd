//! What stands around pages: the navigation of a game, or a plain top where there is no game.

pub mod api;
mod menus;
mod side;

use super::components::{Clock, Flash, Icon, Shape, Tone};
use super::gate::Brand;
use super::problem::{Inside, Problem};
use super::visit;
use crate::model::user::Account;
use crate::web::page::param;
use api::read_frame;
use leptos::prelude::*;
use leptos_router::components::Outlet;
use menus::YourMenu;
use side::Side;

/// Around every page of a game. To a stranger there is no game, and none of its pages is loaded.
#[component]
pub fn GameFrame() -> impl IntoView {
    provide_context(Inside);
    let clock = use_context::<Clock>();
    let load = read_frame(param("slug"));
    let drawn = Suspend::new(async move {
        match load.await {
            Ok(frame) => {
                let name = frame.game.name.clone();
                if let Some(clock) = clock {
                    // Once a request: whoever sets it first sets the same.
                    let _ = clock.game.set(frame.zone.clone());
                }
                let home = format!("/games/{}", frame.game.slug);
                view! {
                    <div class="shell">
                        <a class="skip" href="#main">"Skip to content"</a>
                        <header class="top">
                            <button class="btn quiet icon-only" type="button" popovertarget="side" aria-label="Open menu"><Icon shape=Shape::Menu/></button>
                            <a class="brand" href=home><Brand text=name/></a>
                        </header>
                        <Side frame/>
                        <main class="main" id="main" tabindex="-1"><Refused/><Outlet/></main>
                    </div>
                }
                .into_any()
            }
            Err(error) => view! { <Problem error outermost=true/> }.into_any(),
        }
    });
    view! { <Suspense>{drawn}</Suspense> }
}

/// Around pages that belong to no game.
#[component]
pub fn Plain(account: Account, children: Children) -> impl IntoView {
    view! {
        <a class="skip" href="#main">"Skip to content"</a>
        <header class="bar">
            <a class="brand" href="/games"><Brand text="Postbacks"/></a>
            <span class="push"></span>
            <YourMenu email=account.email/>
        </header>
        <main class="main" id="main" tabindex="-1"><Refused/>{children()}</main>
    }
}

/// Why the form that led back here was refused, where the form itself cannot say it or is not there any more.
#[component]
pub fn Refused() -> impl IntoView {
    visit::refusal().map(|refusal| view! { <Flash tone=Tone::Bad announce=true>{refusal.to_string()}</Flash> })
}

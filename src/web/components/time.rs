//! A moment: relative to now, exact on hover and on focus.

use crate::model::zone::Zone;
use crate::model::{Millis, calendar};
use leptos::prelude::*;
use std::sync::{Arc, OnceLock};

/// The server's clock at the time of the answer, given as context; pages and their tests read no other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now(pub Millis);

/// Whose clock exact times are written by: the reader's choice, else the game's zone once its frame is read, else UTC.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    pub chosen: Option<Zone>,
    pub game: Arc<OnceLock<Zone>>,
}

impl Clock {
    pub fn zone(&self) -> Zone {
        self.chosen.clone().or_else(|| self.game.get().cloned()).unwrap_or_default()
    }
}

/// The clock that times are written by here.
pub fn clock() -> Zone {
    use_context::<Clock>().map(|clock| clock.zone()).unwrap_or_default()
}

/// How often the browser counts anew: often enough for minutes.
const REFRESH: std::time::Duration = std::time::Duration::from_secs(20);

/// A moment in words. The server writes both texts, so that it is right without JavaScript; the browser keeps the relative one true.
/// `linked` when it stands inside a link, which then takes the focus.
#[component]
pub fn Time(at: Millis, #[prop(optional)] linked: bool) -> impl IntoView {
    let exact = clock().exact(at);
    let shown = use_context::<Now>().map_or_else(|| exact.clone(), |Now(now)| calendar::relative(at, now));
    view! {
        <span class="when" tabindex=(!linked).then_some("0")>
            <time datetime=calendar::rfc3339(at)><Ago at shown/></time>
            <span class="tip">{exact}</span>
        </span>
    }
}

/// `shown` is the server's text; the browser starts from it and counts on.
#[island]
fn Ago(at: Millis, shown: String) -> impl IntoView {
    let shown = RwSignal::new(shown);
    let alive = RwSignal::new(false);
    Effect::new(move || {
        alive.set(true);
        let refresh = move || shown.set(calendar::relative(at, browser_clock()));
        refresh();
        let timer = set_interval_with_handle(refresh, REFRESH).ok();
        on_cleanup(move || {
            if let Some(timer) = timer {
                timer.clear();
            }
        });
    });
    view! { <span data-hydrated=move || alive.get().then_some("")>{shown}</span> }
}

#[cfg(feature = "hydrate")]
fn browser_clock() -> Millis {
    js_sys::Date::now() as Millis
}

/// Effects run in the browser only.
#[cfg(not(feature = "hydrate"))]
fn browser_clock() -> Millis {
    0
}

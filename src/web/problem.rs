//! What stands in place of a page that cannot be shown.

use super::visit;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;

/// Context of pages that are drawn inside a frame, whose `<main>` is there already.
#[derive(Clone, Copy)]
pub struct Inside;

/// Why a page cannot be shown, with the right status; who is not signed in is sent to sign in and comes back.
/// `outermost`: the frame itself could not be drawn.
#[component]
pub fn Problem(error: AppError, #[prop(optional)] outermost: bool) -> impl IntoView {
    if error == AppError::SignedOut {
        return visit::go_to(&sign_in_path(&visit::path()));
    }
    visit::set_status(error.status());
    let title = match error {
        AppError::NotFound => "Not found",
        AppError::NotAllowed => "Not allowed",
        _ => "Something is wrong",
    };
    let says = view! {
        <Title text=title/>
        <div class="empty">
            <h1>{title}</h1>
            <p>{error.to_string()}</p>
            <p><a class="btn" href="/games">"Go to your games"</a></p>
        </div>
    };
    if use_context::<Inside>().is_some() && !outermost {
        return says.into_any();
    }
    view! { <main class="main narrow" id="main" tabindex="-1">{says}</main> }.into_any()
}

/// `/sign-in` with the way back, without the error of a form that was refused meanwhile.
fn sign_in_path(from: &str) -> String {
    let (path, query) = from.split_once('?').unwrap_or((from, ""));
    let kept: Vec<&str> =
        query.split('&').filter(|pair| !pair.is_empty() && !pair.starts_with("__path=") && !pair.starts_with("__err=")).collect();
    let back = if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) };
    let mut next = leptos_router::params::ParamsMap::new();
    next.insert("next", back);
    format!("/sign-in{}", next.to_query_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_way_back_keeps_its_filter_and_forgets_the_refusal() {
        assert_eq!(sign_in_path("/games"), "/sign-in?next=%2Fgames");
        assert_eq!(sign_in_path("/games/a?range=7d&__path=%2Fapi%2Fx&__err=Ig"), "/sign-in?next=%2Fgames%2Fa%3Frange%3D7d");
    }
}

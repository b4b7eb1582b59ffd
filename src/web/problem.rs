//! What stands in place of a page that cannot be shown.

use super::visit;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::components::Redirect;

/// Why a page cannot be shown, with the right status; who is not signed in is sent to sign in and comes back.
#[component]
pub fn Problem(error: AppError) -> impl IntoView {
    if error == AppError::SignedOut {
        return view! { <Redirect path=sign_in_path(&visit::path())/> }.into_any();
    }
    visit::set_status(error.status());
    let title = match error {
        AppError::NotFound => "Not found",
        AppError::NotAllowed => "Not allowed",
        _ => "Something is wrong",
    };
    view! {
        <Title text=title/>
        <main class="main narrow" id="main" tabindex="-1">
            <div class="empty">
                <h1>{title}</h1>
                <p>{error.to_string()}</p>
                <p><a class="btn" href="/games">"Go to your games"</a></p>
            </div>
        </main>
    }
    .into_any()
}

/// `/sign-in` with the way back.
fn sign_in_path(from: &str) -> String {
    let mut query = leptos_router::params::ParamsMap::new();
    query.insert("next", from.to_owned());
    format!("/sign-in{}", query.to_query_string())
}

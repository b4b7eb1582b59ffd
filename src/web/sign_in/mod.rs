//! `/sign-in`: email, password, and back to where one wanted to go.

pub mod api;

use super::components::{Button, Look, TextField};
use super::gate::{Brand, Gate};
use super::page::{Page, query};
use super::visit;
use crate::error::AppError;
use crate::model::user::{Door, MAX_EMAIL};
use api::{SignIn, sign_in_door};
use leptos::prelude::*;

#[component]
pub fn SignInPage() -> impl IntoView {
    let next = query("next").unwrap_or_default();
    view! {
        <Page title="Sign in" load=sign_in_door() draw=move |door| match door {
            Door::NotSetUp => visit::go_to("/setup"),
            Door::SignedIn => visit::go_to("/games"),
            Door::SignedOut => view! { <Form next/> }.into_any(),
        }/>
    }
}

#[component]
fn Form(next: String) -> impl IntoView {
    let action = ServerAction::<SignIn>::new();
    let error = visit::failure(action);
    let typed = visit::email().filter(|_| error.is_some()).unwrap_or_default();
    let of_email = error.filter(|error| *error == AppError::EmailInvalid).map(|error| error.to_string());
    let of_password = error.filter(|error| *error != AppError::EmailInvalid).map(|error| error.to_string());
    view! {
        <Gate>
            <ActionForm action attr:class="stack">
                <p class="brand"><Brand text="Postbacks"/></p>
                <h1>"Sign in"</h1>
                <input type="hidden" name="next" value=next/>
                <TextField name="email" label="Email" kind="email" autocomplete="username" max=MAX_EMAIL required=true value=typed error=of_email/>
                <TextField name="password" label="Password" kind="password" autocomplete="current-password" required=true error=of_password/>
                <Button text="Sign in" look=Look::Primary/>
                <p class="muted small">"No account? Ask an owner of your studio. Password lost? Whoever runs this server resets it with "<code>"postbacks user reset"</code>"."</p>
            </ActionForm>
        </Gate>
    }
}

//! `/setup`: the first visit makes the owner, for whoever reads the server's output.

pub mod api;

use super::components::{Button, Look, TextField};
use super::gate::{Brand, Gate};
use super::page::Page;
use super::sign_in::api::sign_in_door;
use super::visit;
use crate::error::AppError;
use crate::model::user::{Door, MAX_EMAIL, MAX_PASSWORD, MIN_PASSWORD};
use api::SetUp;
use leptos::prelude::*;

#[component]
pub fn SetupPage() -> impl IntoView {
    view! {
        <Page title="Set up" load=sign_in_door() draw=move |door| match door {
            Door::NotSetUp => view! { <Form/> }.into_any(),
            Door::SignedOut => visit::go_to("/sign-in"),
            Door::SignedIn => visit::go_to("/games"),
        }/>
    }
}

#[component]
fn Form() -> impl IntoView {
    let action = ServerAction::<SetUp>::new();
    let error = visit::failure(action);
    let says = |wanted: fn(AppError) -> bool| error.filter(|error| wanted(*error)).map(|error| error.to_string());
    let of_email = says(|error| error == AppError::EmailInvalid);
    let of_password = says(|error| matches!(error, AppError::PasswordTooShort | AppError::PasswordTooLong));
    let of_code = if of_email.is_none() && of_password.is_none() { says(|_| true) } else { None };
    view! {
        <Gate>
            <ActionForm action attr:class="stack">
                <p class="brand"><Brand text="Postbacks"/></p>
                <h1>"Set up Postbacks"</h1>
                <p class="soft">"You become the owner of this server: you make games and see all of them."</p>
                <TextField name="code" label="One-time code" code=true required=true max=64_usize error=of_code
                    hint="The server printed it when it started."/>
                <TextField name="email" label="Email" kind="email" autocomplete="username" max=MAX_EMAIL required=true error=of_email/>
                <TextField name="password" label="Password" kind="password" autocomplete="new-password" max=MAX_PASSWORD required=true
                    error=of_password hint=format!("At least {MIN_PASSWORD} characters.")/>
                <Button text="Make me the owner" look=Look::Primary/>
            </ActionForm>
        </Gate>
    }
}

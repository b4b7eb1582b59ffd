//! `/account`: one's own address and password.

pub mod api;

use super::components::{Button, Fact, Facts, Flash, Look, Section, TextField, Tone};
use super::layout::Plain;
use super::page::{Page, query};
use super::visit;
use crate::error::AppError;
use crate::model::user::{Account, MAX_PASSWORD, MIN_PASSWORD};
use api::{ChangePassword, read_account};
use leptos::prelude::*;

#[component]
pub fn AccountPage() -> impl IntoView {
    let changed = query("done").as_deref() == Some("password");
    view! {
        <Page title="Account" load=read_account() draw=move |account: Account| {
            let email = account.email.clone();
            let role = if account.operator { "Operator: makes games and sees all of them" } else { "Member of games" };
            view! {
                <Plain account>
                    <header class="head"><div class="title"><h1>"Account"</h1></div></header>
                    <div class="stack loose">
                        {changed.then(|| view! { <Flash tone=Tone::Ok announce=true>"The password is changed. You are signed out everywhere else."</Flash> })}
                        <Facts><Fact label="Email">{email}</Fact><Fact label="On this server">{role}</Fact></Facts>
                        <NewPassword/>
                    </div>
                </Plain>
            }
            .into_any()
        }/>
    }
}

#[component]
fn NewPassword() -> impl IntoView {
    let action = ServerAction::<ChangePassword>::new();
    let error = visit::failure(action);
    let of_new =
        error.filter(|error| matches!(error, AppError::PasswordTooShort | AppError::PasswordTooLong)).map(|error| error.to_string());
    let of_old = if of_new.is_none() { error.map(|error| error.to_string()) } else { None };
    view! {
        <Section id="password" title="Password" hint="Changing it signs you out everywhere else.">
            <ActionForm action attr:class="card stack narrow">
                <TextField name="old" label="Password now" kind="password" autocomplete="current-password" required=true error=of_old/>
                <TextField name="new" label="New password" kind="password" autocomplete="new-password" max=MAX_PASSWORD required=true error=of_new
                    hint=format!("At least {MIN_PASSWORD} characters.")/>
                <p><Button text="Change password" look=Look::Primary/></p>
            </ActionForm>
        </Section>
    }
}

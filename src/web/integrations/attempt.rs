//! `…/attempts/{id}`

use super::api::read_attempt;
use crate::error::AppError;
use crate::web::deliveries::attempt::AttemptView;
use crate::web::page::{Page, param};
use leptos::prelude::*;

#[component]
pub fn AttemptRoute() -> impl IntoView {
    let (game, network, id) = (param("slug"), param("network"), param("id"));
    let base = super::path(&game, &network);
    let load = async move { read_attempt(game, network, id.parse().map_err(|_| AppError::NotFound)?).await };
    view! { <Page title="Attempt" load draw=move |page| view! { <AttemptView page base/> }.into_any()/> }
}

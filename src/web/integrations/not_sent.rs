//! `…/not-sent`

use super::api::read_not_sent;
use crate::model::log_query::LogQuery;
use crate::web::deliveries::not_sent::NotSentView;
use crate::web::page::{Page, param, query};
use leptos::prelude::*;

#[component]
pub fn NotSentRoute() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let base = super::path(&game, &network);
    let asked = LogQuery { range: query("range"), status: None, older: query("older"), newer: query("newer") };
    let unknown = asked.meaning().unknown;
    view! { <Page title="Not sent" load=read_not_sent(game, network, asked) draw=move |page| view! { <NotSentView page base unknown/> }.into_any()/> }
}

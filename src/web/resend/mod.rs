//! Sending again by hand: the question with the count, the page of a resend under way, and one postback alone.

pub mod api;
pub mod changes;
pub mod job;
pub mod one;
mod progress;
pub mod question;
pub mod select;
mod words;

use crate::model::connection::Connection;
use crate::model::number::counted;
use crate::model::resend::RunningResend;
use crate::web::components::{Crumb, Flash, Tone};
use crate::web::deliveries::words::thousands;
use leptos::prelude::*;
use uuid::Uuid;

/// Where a resend that was asked for is watched; `base` is the path of the network's page.
pub fn path_of_job(base: &str, id: Uuid) -> String {
    format!("{base}/resends/{id}")
}

/// Where it is asked whether the postback of this attempt goes out again.
pub fn path_of_one(base: &str, attempt: Uuid) -> String {
    format!("{base}/attempts/{attempt}/resend")
}

/// The resend that is running, with the way to its page.
#[component]
pub fn Running(running: RunningResend, base: String) -> impl IntoView {
    let href = path_of_job(&base, running.id);
    let of = format!("{} of {}", thousands(running.done), counted(running.expected, "postback", "postbacks"));
    view! {
        <Flash tone=Tone::Info title="A resend is running" action=move || view! { <a class="btn sm" href=href>"See how far it is"</a> }>
            {of}" sent again so far. "{running.asked_by}" asked for it."
        </Flash>
    }
}

/// Said where the connection holds what is put into its queue.
#[component]
fn TheyWait(connection: Connection, short: String) -> impl IntoView {
    let why = match (connection.enabled, connection.parked.is_some()) {
        (false, _) => format!("{short} is switched off, so it stays in the queue until somebody switches it on."),
        (true, true) => format!("{short} refuses the connection, so it stays in the queue until that is mended."),
        (true, false) => return None,
    };
    Some(view! { <Flash tone=Tone::Hold title="It will wait">{why}</Flash> })
}

/// The crumbs of a network's page, up to that page.
fn crumbs(game_name: String, network: String, base: &str) -> Vec<Crumb> {
    let game = base.split("/settings").next().unwrap_or_default();
    vec![
        Crumb::link(game_name, game.to_owned()),
        Crumb::link("Integrations", format!("{game}/settings/integrations")),
        Crumb::link(network, base.to_owned()),
        Crumb::link("Delivery logs", format!("{base}#log")),
    ]
}

//! The health indicator, in the words that people know it by.

use crate::model::connection::{Connection, Health};
use crate::web::components::{Badge, HealthLine, Shape, Tone};
use leptos::prelude::*;

/// How a health is marked; what delivers is not.
pub fn mark(health: &Health) -> (Tone, Shape) {
    match health {
        Health::Delivering => (Tone::Ok, Shape::Ok),
        Health::NoRecentActivity => (Tone::Off, Shape::Clock),
        Health::CredentialFailures { .. } | Health::Failing { .. } => (Tone::Bad, Shape::Warn),
    }
}

/// The badges beside a network's name: enabled or not, and the health where it has something to say.
#[component]
pub fn HealthBadges(connection: Option<Connection>, health: Option<Health>) -> impl IntoView {
    let Some(connection) = connection else { return view! { <Badge tone=Tone::Off shape=Shape::Off text="Not connected"/> }.into_any() };
    let enabled = match connection.enabled {
        true => view! { <Badge tone=Tone::Ok shape=Shape::Check text="Enabled"/> },
        false => view! { <Badge tone=Tone::Off shape=Shape::Pause text="Disabled"/> },
    };
    let indicator = health.and_then(|health| {
        let (tone, shape) = mark(&health);
        health.wording().map(|text| view! { <Badge tone shape text/> })
    });
    view! { {enabled}{indicator} }.into_any()
}

/// The line on a network's card.
#[component]
pub fn CardHealth(connection: Option<Connection>, health: Option<Health>) -> impl IntoView {
    match (connection, health) {
        (None, _) | (_, None) => view! { <HealthLine tone=Tone::Off shape=Shape::Off text="Not connected"/> },
        (Some(connection), _) if !connection.enabled => view! { <HealthLine tone=Tone::Off shape=Shape::Pause text="Disabled"/> },
        (Some(_), Some(health)) => {
            let (tone, shape) = mark(&health);
            view! { <HealthLine tone shape text=health.wording().unwrap_or("Delivering")/> }
        }
    }
}

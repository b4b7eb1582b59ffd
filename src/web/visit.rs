//! What a page knows of the request it answers. The server gives it as context; in the browser there is none.

use leptos::prelude::*;
use std::sync::Arc;

crate::model::words! {
    /// The colour scheme a person picked; none picked follows the system.
    Theme { Light = "light", Dark = "dark" }
}

#[derive(Clone)]
pub struct Visit {
    pub theme: Option<Theme>,
    /// Path and query, as asked for.
    pub path: String,
    /// Sets the status of the answer.
    pub set_status: Arc<dyn Fn(u16) + Send + Sync>,
}

pub fn theme() -> Option<Theme> {
    use_context::<Visit>().and_then(|visit| visit.theme)
}

pub fn path() -> String {
    use_context::<Visit>().map(|visit| visit.path).unwrap_or_default()
}

pub fn set_status(status: u16) {
    if let Some(visit) = use_context::<Visit>() {
        (visit.set_status)(status);
    }
}

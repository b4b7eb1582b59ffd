//! What every request can reach: options, database, settings, keys.

use super::config::Config;
use super::db::Db;
use super::networks::http::Http;
use super::secrets::Sealer;
use super::tries::Tries;
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use std::sync::Arc;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct AppState {
    pub options: LeptosOptions,
    pub db: Db,
    pub config: Arc<Config>,
    pub sealer: Sealer,
    pub http: Http,
    /// Wakes dispatch: something is due, or may go again.
    pub wake: Arc<Notify>,
    pub tries: Arc<Tries>,
}

impl FromRef<AppState> for LeptosOptions {
    fn from_ref(state: &AppState) -> Self {
        state.options.clone()
    }
}

/// The state inside a server function or a page.
pub fn state() -> AppState {
    leptos::prelude::expect_context::<AppState>()
}

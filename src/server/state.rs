//! What every request can reach: options, database, settings, keys.

use super::access::AccessTokens;
use super::config::{Config, Mode};
use super::db::Db;
use super::dispatch::Dispatch;
use super::erasure::{Erasure, Salt};
use super::ingest::{Ingest, Rates};
use super::networks::http::{Http, NoClient};
use super::resend::Resend;
use super::secrets::Sealer;
use super::tries::Tries;
use super::{demo, metrics, networks};
use axum::extract::FromRef;
use leptos::config::LeptosOptions;
use metrics_exporter_prometheus::PrometheusHandle;
use std::sync::Arc;
use tokio::sync::Notify;

#[derive(Clone)]
pub struct AppState {
    pub options: LeptosOptions,
    pub db: Db,
    pub config: Arc<Config>,
    pub sealer: Sealer,
    pub http: Http,
    /// What the networks' stored secrets have bought.
    pub access: AccessTokens,
    /// Wakes dispatch: something is due, or may go again.
    pub wake: Arc<Notify>,
    pub tries: Arc<Tries>,
    pub ingest: Ingest,
    pub erasure: Erasure,
    pub resend: Resend,
    /// Where somebody may ask for them.
    pub metrics: Option<PrometheusHandle>,
}

impl AppState {
    /// Puts together what a process needs around its open database, and starts the writer of ingest.
    pub fn start(options: LeptosOptions, config: Config, db: Db, sealer: Sealer, salt: Salt) -> Result<Self, NoClient> {
        let http = Http::new(&networks::addresses(&config.networks))?;
        let wake = Arc::new(Notify::new());
        let metrics = metrics::wanted(config.mode, config.metrics_token.as_ref()).then(metrics::install);
        let rates = Rates { per_key: config.ingest_rate, per_ip: config.ingest_rate_ip };
        let erasure = Erasure::new(salt);
        let resend = Resend::new(wake.clone());
        let ingest = Ingest::start(db.clone(), erasure.clone(), rates, &config.trusted_proxies, wake.clone());
        Ok(Self {
            options,
            db,
            config: Arc::new(config),
            sealer,
            http,
            access: AccessTokens::default(),
            wake,
            tries: Arc::default(),
            ingest,
            erasure,
            resend,
            metrics,
        })
    }

    /// What dispatch needs of it.
    pub fn dispatch(&self) -> Dispatch {
        let wake = Arc::clone(&self.wake);
        let dispatch = Dispatch::new(self.db.clone(), self.sealer.clone(), self.config.networks.clone(), self.http.clone(), wake);
        let dispatch = dispatch.sharing(self.access.clone());
        match self.config.mode {
            Mode::Demo => dispatch.with_first_question_after(demo::FIRST_QUESTION),
            Mode::Serve => dispatch,
        }
    }
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

//! Where the calls of a connection go.

use crate::model::Millis;
use crate::model::connection::ParkCause;
use crate::server::db::connections::{Park, Route};
use crate::server::networks::contract::{Destination, Network};
use crate::server::secrets::{CannotOpen, Sealer};

/// The route of a connection with the secret opened.
pub struct Target {
    pub route: Route,
    pub network: &'static dyn Network,
    pub to: Destination,
}

impl Target {
    /// The route of a connection to the network, its secret opened.
    pub fn open(sealer: &Sealer, network: &'static dyn Network, route: Route) -> Result<Self, CannotOpen> {
        let token = sealer.open(&format!("connection:{}", route.id), route.secret.as_deref().unwrap_or_default())?;
        let (account_id, through) = (route.account_id.clone(), route.account_through.clone());
        let (target_id, test_code) = (route.target_id.clone(), route.test_code.clone());
        let to = Destination { account_id, through, target_id, token, pasted: route.secret_pasted, test_code };
        Ok(Self { route, network, to })
    }
}

/// Holds the connection of the route, as long as its secret and its transport are the route's.
pub fn park(route: &Route, cause: ParkCause, words: String, since: Millis) -> Park {
    Park { connection_id: route.id, secret: route.secret.clone(), transport: route.transport.clone(), cause, words, since }
}

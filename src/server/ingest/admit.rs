//! Who is calling, within the limits of address and key. Who is refused gets an answer, never a broken connection: what they send is read
//! and thrown away first.

use super::answer::Refusal;
use super::{Ingest, address, body};
use crate::server::db::api_keys::KeyOwner;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::request::Parts;
use std::net::{IpAddr, SocketAddr};

/// A request whose key is good.
pub struct Caller {
    pub key: KeyOwner,
    /// The player's address, where it is known.
    pub address: Option<IpAddr>,
    pub parts: Parts,
    pub body: Body,
}

/// Which key a request needs, and how sure it must be known when nothing is written that proves it again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Needs {
    /// The writer asks again in its transaction.
    Publishable,
    /// Nobody asks again: a key that was rotated is dead at once.
    PublishableNow,
    Secret,
}

pub async fn admit(ingest: &Ingest, request: Request, needs: Needs) -> Result<Caller, Refusal> {
    let (parts, body) = request.into_parts();
    match key(ingest, &parts, needs).await {
        Ok((key, address)) => Ok(Caller { key, address, parts, body }),
        Err(refusal) => {
            body::throw_away(&parts.headers, body).await;
            Err(refusal)
        }
    }
}

async fn key(ingest: &Ingest, parts: &Parts, needs: Needs) -> Result<(KeyOwner, Option<IpAddr>), Refusal> {
    let address = client_address(ingest, parts);
    if let Some(address) = address {
        ingest.limits.check_address(address)?;
    }
    let (db, keys, headers) = (&ingest.db, &ingest.keys, &parts.headers);
    super::keys::refuse_secret_from_browser(headers)?;
    let key = match needs {
        Needs::Publishable => keys.owner(db, headers).await?,
        Needs::PublishableNow => super::keys::owner_now(db, headers, true).await?,
        Needs::Secret => super::keys::owner_now(db, headers, false).await?,
    };
    ingest.limits.check_key(key.key_id)?;
    Ok((key, address))
}

fn client_address(ingest: &Ingest, parts: &Parts) -> Option<IpAddr> {
    let ConnectInfo(peer) = parts.extensions.get::<ConnectInfo<SocketAddr>>()?;
    Some(address::of_client(peer.ip(), &parts.headers, &ingest.trusted_proxies))
}

//! Claims what several connections have due, in one transaction, each its share.

use crate::model::Millis;
use crate::server::db::postbacks::{self, Claimed};
use crate::server::db::queue::{self, Share};
use crate::server::db::{Db, Result};
use uuid::Uuid;

/// One part in so many of a claim is kept for first attempts.
const FRESH_SHARE: usize = 4;

/// What one connection can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    pub connection_id: Uuid,
    pub most: usize,
}

/// Claims for each connection up to what it wants of what is due at `now`, in the order of the wants.
pub async fn claim(db: &Db, wants: &[Want], now: Millis) -> Result<Vec<Vec<Claimed>>> {
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let (mut held, mut counts) = (Vec::new(), Vec::with_capacity(wants.len()));
    for want in wants {
        let mut rows = queue::claim(&mut tx, want.connection_id, Share::Suspect, 1, now).await?;
        if rows.len() < want.most {
            rows.extend(queue::claim(&mut tx, want.connection_id, Share::Fresh, want.most / FRESH_SHARE, now).await?);
            rows.extend(queue::claim(&mut tx, want.connection_id, Share::Due, want.most - rows.len(), now).await?);
        }
        counts.push(rows.len());
        held.extend(rows);
    }
    let mut claimed = postbacks::load(&mut tx, held).await?.into_iter().peekable();
    tx.commit().await?;
    let of = |want: &Want| std::iter::from_fn(|| claimed.next_if(|one| one.of.connection_id == want.connection_id)).collect();
    Ok(wants.iter().map(of).collect())
}

/// Claims up to `most` postbacks of any connection that are too old to send.
pub async fn claim_expired(db: &Db, most: usize, now: Millis) -> Result<Vec<Claimed>> {
    let mut tx = db.begin().await?;
    let held = queue::claim_expired(&mut tx, most, now).await?;
    let claimed = postbacks::load(&mut tx, held).await?;
    tx.commit().await?;
    Ok(claimed)
}

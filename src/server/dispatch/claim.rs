//! Claims what several connections have due, in one transaction, each its share, and reads it.

use crate::model::Millis;
use crate::server::db::postbacks::{self, Claimed};
use crate::server::db::queue::{self, Held, Share, Suspicion};
use crate::server::db::{Db, Result, Tx};
use uuid::Uuid;

/// One part in so many of a claim is kept for first attempts.
const FRESH_SHARE: usize = 4;

/// What one connection can take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Want {
    pub connection_id: Uuid,
    pub most: usize,
    /// Some of what is due may be what stops the process.
    pub suspects: bool,
}

/// The next share to claim for the want and how much of it, after the shares that brought `taken`; None when that was the last.
pub fn next_share(want: &Want, share: Option<Share>, taken: usize) -> Option<(Share, usize)> {
    let left = want.most.saturating_sub(taken);
    let (share, most) = match share {
        None if want.suspects => (Share::Suspects(Suspicion::Some), left),
        Some(Share::Suspects(Suspicion::Some)) => (Share::Suspects(Suspicion::More), left),
        Some(Share::Suspects(Suspicion::More)) => (Share::Suspects(Suspicion::Most), left),
        None | Some(Share::Suspects(Suspicion::Most)) => (Share::Fresh, left.min(want.most / FRESH_SHARE)),
        Some(Share::Fresh) => (Share::Due, left),
        Some(Share::Due) => return None,
    };
    Some((share, most))
}

/// Claims for each connection up to what it wants of what is due at `now`, in the order of the wants.
pub async fn claim(db: &Db, wants: &[Want], now: Millis) -> Result<Vec<Vec<Claimed>>> {
    if wants.is_empty() {
        return Ok(Vec::new());
    }
    let mut tx = db.begin().await?;
    let mut held = Vec::new();
    for want in wants {
        let (before, mut share) = (held.len(), None);
        while let Some((next, most)) = next_share(want, share, held.len() - before) {
            if most > 0 {
                held.extend(queue::claim(&mut tx, want.connection_id, next, most, now).await?);
            }
            share = Some(next);
        }
    }
    let mut claimed = read(db, tx, held).await?.into_iter().peekable();
    let of = |want: &Want| std::iter::from_fn(|| claimed.next_if(|one| one.of.connection_id == want.connection_id)).collect();
    Ok(wants.iter().map(of).collect())
}

/// Claims up to `most` postbacks of any connection that are too old to send.
pub async fn claim_expired(db: &Db, most: usize, now: Millis) -> Result<Vec<Claimed>> {
    let mut tx = db.begin().await?;
    let held = queue::claim_expired(&mut tx, most, now).await?;
    read(db, tx, held).await
}

/// Commits the claim, and reads what it brought while that is on its way to the disk: nobody who writes waits for it. What cannot be read
/// is given back at once; where that fails too, the leases run out.
async fn read(db: &Db, tx: Tx, held: Vec<Held>) -> Result<Vec<Claimed>> {
    let pairs: Vec<(Uuid, Uuid)> = held.iter().map(|row| (row.id, row.lease_id)).collect();
    let committed = tx.commit_early().await?;
    match tokio::try_join!(postbacks::load(db, held), committed.durable()) {
        Ok((claimed, ())) => Ok(claimed),
        Err(error) => {
            queue::hand_back(db, &pairs).await.ok();
            Err(error)
        }
    }
}

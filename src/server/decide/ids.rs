//! Ids of new rows. They sort by time like any UUIDv7, and follow from the message that caused them: `decide` needs no randomness.

use crate::model::Millis;
use uuid::{Builder, Uuid};

/// The id of a row made at this time because of `cause` (a UUID that is never a cause twice for the same `what`).
pub fn of(now: Millis, cause: Uuid, what: &str) -> Uuid {
    let digest = Uuid::new_v5(&cause, what.as_bytes());
    let mut tail = [0; 10];
    tail.copy_from_slice(&digest.as_bytes()[..10]);
    Builder::from_unix_timestamp_millis(u64::try_from(now).unwrap_or(0), &tail).into_uuid()
}

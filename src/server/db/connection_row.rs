//! A connection as it is stored, without its secret: one list of its columns for all who read it whole.

use crate::model::connection::{Connection, ParkCause, Parked};
use sqlx::FromRow;
use uuid::Uuid;

#[derive(FromRow)]
pub struct ConnectionRow {
    id: Uuid,
    game_id: Uuid,
    network: String,
    enabled: bool,
    account_id: Option<String>,
    account_name: Option<String>,
    account_through: Option<String>,
    target_id: String,
    target_name: Option<String>,
    secret_tail: Option<String>,
    secret_expires_at: Option<i64>,
    secret_pasted: bool,
    test_code: Option<String>,
    transport: Option<String>,
    parked_cause: Option<String>,
    parked_since: Option<i64>,
    parked_words: Option<String>,
    connected_at: i64,
    connected_by: Option<String>,
}

impl From<ConnectionRow> for Connection {
    fn from(row: ConnectionRow) -> Self {
        let cause = row.parked_cause.as_deref().and_then(ParkCause::from_word);
        Self {
            id: row.id,
            game_id: row.game_id,
            network: row.network,
            account_id: row.account_id,
            account_name: row.account_name,
            account_through: row.account_through,
            target_id: row.target_id,
            target_name: row.target_name,
            secret_tail: row.secret_tail,
            token_ends_at: row.secret_expires_at,
            pasted: row.secret_pasted,
            test_code: row.test_code,
            transport: row.transport,
            enabled: row.enabled,
            parked: cause.map(|cause| Parked {
                cause,
                since: row.parked_since.unwrap_or_default(),
                words: row.parked_words.unwrap_or_default(),
            }),
            connected_at: row.connected_at,
            connected_by: row.connected_by,
        }
    }
}

/// The columns that a `ConnectionRow` is read from.
macro_rules! connection_columns {
    () => {
        "id, game_id, network, enabled, account_id, account_name, account_through, target_id, target_name, secret_tail, secret_expires_at,
         secret_pasted, test_code, transport, parked_cause, parked_since, parked_words, connected_at, connected_by"
    };
}
pub(crate) use connection_columns;

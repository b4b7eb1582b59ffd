//! Players and the ids that belong to them.

use super::super::{Error, Result, Tx, rows, within};
use crate::server::decide::facts::{IdentityKey, Player, Span};
use sqlx::QueryBuilder;

pub async fn write(tx: &mut Tx, players: &[Player]) -> Result<()> {
    let contacts = players.iter().map(|player| serde_json::to_string(&player.contact)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&Player, String)> = players.iter().zip(contacts.map_err(Error::decode)?).collect();
    for piece in rows::pieces(&rows) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into players (id, game_id, test, consent, consent_at, contact, identity_count, created_at) ");
            query.push_values(piece, |mut row, (player, contact)| {
                row.push_bind(player.id)
                    .push_bind(player.game_id)
                    .push_bind(player.test)
                    .push_bind(player.consent.map(|(consent, _)| consent.word()))
                    .push_bind(player.consent.map(|(_, time)| time))
                    .push_bind(contact.as_str())
                    .push_bind(player.identity_count)
                    .push_bind(player.created_at);
            });
            query.push(
                " on conflict (id) do update set consent = excluded.consent, consent_at = excluded.consent_at, contact = excluded.contact,
                  identity_count = excluded.identity_count",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

pub async fn write_identities(tx: &mut Tx, identities: &[(IdentityKey, Span)]) -> Result<()> {
    for piece in rows::pieces(identities) {
        within!(tx, c => {
            let mut query = QueryBuilder::new("insert into identities (game_id, test, kind, value, since, player_id, claimed) ");
            query.push_values(piece, |mut row, (key, span)| {
                row.push_bind(key.game_id)
                    .push_bind(key.test)
                    .push_bind(key.kind.as_str())
                    .push_bind(key.value.as_str())
                    .push_bind(span.since)
                    .push_bind(span.player_id)
                    .push_bind(span.claimed);
            });
            query.push(" on conflict (game_id, test, kind, value, since) do update set player_id = excluded.player_id,
                  claimed = excluded.claimed");
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

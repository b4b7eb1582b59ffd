//! Players and the ids that belong to them.

use super::super::{Error, Result, Tx, rows, within};
use crate::server::decide::facts::{IdentityKey, Player, Span};
use sqlx::{Postgres, QueryBuilder, Transaction};

/// Who took in an older player is as old as that one from then on.
pub async fn write(tx: &mut Tx, players: &[Player]) -> Result<()> {
    let contacts = players.iter().map(|player| serde_json::to_string(&player.contact)).collect::<std::result::Result<Vec<_>, _>>();
    let rows: Vec<(&Player, String)> = players.iter().zip(contacts.map_err(Error::decode)?).collect();
    if let Tx::Postgres(tx, _) = tx {
        return write_at_once(tx, &rows).await;
    }
    for piece in rows::pieces(&rows) {
        within!(tx, c => {
            let mut query =
                QueryBuilder::new("insert into players (id, game_id, test, consent, consent_at, contact, identity_count, created_at, stretch) ");
            query.push_values(piece, |mut row, (player, contact)| {
                row.push_bind(player.id)
                    .push_bind(player.game_id)
                    .push_bind(player.test)
                    .push_bind(player.consent.map(|(consent, _)| consent.word()))
                    .push_bind(player.consent.map(|(_, time)| time))
                    .push_bind(contact.as_str())
                    .push_bind(player.identity_count)
                    .push_bind(player.created_at)
                    .push("(select max(stretch) from stretches)");
            });
            query.push(
                " on conflict (id) do update set consent = excluded.consent, consent_at = excluded.consent_at, contact = excluded.contact,
                  identity_count = excluded.identity_count, created_at = min(players.created_at, excluded.created_at)",
            );
            query.build().execute(c).await.map(drop)
        })?;
    }
    Ok(())
}

/// PostgreSQL takes the columns of all rows at once.
async fn write_at_once(tx: &mut Transaction<'static, Postgres>, rows: &[(&Player, String)]) -> Result<()> {
    let all = || rows.iter().map(|(player, _)| *player);
    sqlx::query(
        "insert into players (id, game_id, test, consent, consent_at, contact, identity_count, created_at)
         select * from unnest($1::uuid[], $2::uuid[], $3::boolean[], $4::text[], $5::bigint[], $6::text[], $7::integer[], $8::bigint[])
         on conflict (id) do update set consent = excluded.consent, consent_at = excluded.consent_at, contact = excluded.contact,
         identity_count = excluded.identity_count, created_at = least(players.created_at, excluded.created_at)",
    )
    .bind(all().map(|player| player.id).collect::<Vec<_>>())
    .bind(all().map(|player| player.game_id).collect::<Vec<_>>())
    .bind(all().map(|player| player.test).collect::<Vec<_>>())
    .bind(all().map(|player| player.consent.map(|(consent, _)| consent.word())).collect::<Vec<_>>())
    .bind(all().map(|player| player.consent.map(|(_, time)| time)).collect::<Vec<_>>())
    .bind(rows.iter().map(|(_, contact)| contact.as_str()).collect::<Vec<_>>())
    .bind(all().map(|player| player.identity_count).collect::<Vec<_>>())
    .bind(all().map(|player| player.created_at).collect::<Vec<_>>())
    .execute(&mut **tx)
    .await
    .map(drop)
}

pub async fn write_identities(tx: &mut Tx, identities: &[(IdentityKey, Span)]) -> Result<()> {
    if let Tx::Postgres(tx, _) = tx {
        return write_identities_at_once(tx, identities).await;
    }
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

async fn write_identities_at_once(tx: &mut Transaction<'static, Postgres>, identities: &[(IdentityKey, Span)]) -> Result<()> {
    let (keys, spans) = (|| identities.iter().map(|(key, _)| key), || identities.iter().map(|(_, span)| span));
    sqlx::query(
        "insert into identities (game_id, test, kind, value, since, player_id, claimed)
         select * from unnest($1::uuid[], $2::boolean[], $3::text[], $4::text[], $5::bigint[], $6::uuid[], $7::bigint[])
         on conflict (game_id, test, kind, value, since) do update set player_id = excluded.player_id, claimed = excluded.claimed",
    )
    .bind(keys().map(|key| key.game_id).collect::<Vec<_>>())
    .bind(keys().map(|key| key.test).collect::<Vec<_>>())
    .bind(keys().map(|key| key.kind.as_str()).collect::<Vec<_>>())
    .bind(keys().map(|key| key.value.as_str()).collect::<Vec<_>>())
    .bind(spans().map(|span| span.since).collect::<Vec<_>>())
    .bind(spans().map(|span| span.player_id).collect::<Vec<_>>())
    .bind(spans().map(|span| span.claimed).collect::<Vec<_>>())
    .execute(&mut **tx)
    .await
    .map(drop)
}

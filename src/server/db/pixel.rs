//! The evidence that the pixel runs.

use super::days::day;
use super::{Db, Result, on};
use crate::model::Millis;
use crate::model::tracking::PageSeen;
use serde_json::Value;
use uuid::Uuid;

/// The newest `page` message of the game since then.
pub async fn last_page(db: &Db, game_id: Uuid, since: Millis) -> Result<Option<PageSeen>> {
    let row: Option<(i64, String, bool, String)> = on!(db, pool => sqlx::query_as(
        "select received_at, consent, test, body from messages where game_id = $1 and kind = 'page' and received_at >= $2 and day >= $3
         order by received_at desc limit 1",
    )
    .bind(game_id)
    .bind(since)
    .bind(day(since))
    .fetch_optional(pool)
    .await)?;
    Ok(row.map(|(time, consent, test, body)| PageSeen { time, host: host(&body), consent, test }))
}

/// The host in `context.pageUrl` of a stored message.
fn host(body: &str) -> Option<String> {
    let body: Value = serde_json::from_str(body).ok()?;
    let page = url::Url::parse(body.get("context")?.get("pageUrl")?.as_str()?).ok()?;
    page.host_str().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::host;

    #[test]
    fn the_host_is_read_from_the_page_url() {
        assert_eq!(host(r#"{"context":{"pageUrl":"https://emberfall.example/a?b#c"}}"#).as_deref(), Some("emberfall.example"));
        for body in ["", "[]", r#"{"context":{}}"#, r#"{"context":{"pageUrl":"about:blank"}}"#, r#"{"context":{"pageUrl":7}}"#] {
            assert_eq!(host(body), None, "{body}");
        }
    }
}

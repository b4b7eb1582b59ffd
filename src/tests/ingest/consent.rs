//! Consent decides what is kept.

use super::*;
use crate::tests::engines::both_engines;

both_engines! {
    async fn without_consent_a_message_is_counted_and_never_stored(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[track(json!({ "consentLevel": "none" })), track(json!({ "consentLevel": "not_set" }))]).await;
        assert_eq!(api.count("select count(*) from messages").await, 0);
        assert_eq!(api.count("select count(*) from message_ids").await, 0);
        assert_eq!(api.count("select count(*) from players").await, 0);
    }

    async fn at_anonymous_nothing_personal_is_kept(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[
            track(json!({
                "consentLevel": "anonymous", "userId": "7656", "identityType": "steam", "traits": { "email": "mira@example.com" },
                "properties": { "email_hash": "sha256:ab", "form": { "Email": "mira@example.com", "hashes": ["sha256:cd", "kept"] }, "utm_source": "tiktok" },
            })),
            message("identify", json!({ "consentLevel": "anonymous", "userId": "7656", "identityType": "steam", "traits": { "email": "m@example.com" } })),
            message("alias", json!({ "consentLevel": "anonymous", "fromId": "7656", "fromType": "steam", "toId": "e-1", "toType": "epic" })),
        ])
        .await;
        let bodies: Vec<(String,)> = on!(&api.db.db, pool => sqlx::query_as("select body from messages order by id").fetch_all(pool).await).unwrap();
        assert_eq!(bodies.len(), 3);
        assert!(bodies.iter().all(|(body,)| !body.contains("7656") && !body.contains("example.com") && !body.contains("sha256:")), "{bodies:?}");
        assert!(bodies[0].0.contains("kept") && bodies[0].0.contains("utm_source"));
        assert_eq!(api.count("select count(*) from identities where kind like 'user:%'").await, 0);
    }

    async fn a_missing_level_is_full_with_a_user_and_anonymous_without(db: TestDb) {
        let api = Api::new(db).await;
        api.accept(&[
            track(json!({})),
            track(json!({ "userId": "7656" })),
            message("alias", json!({ "fromId": "7656", "fromType": "steam", "toId": "e-1", "toType": "epic" })),
        ])
        .await;
        let levels: Vec<(String,)> = on!(&api.db.db, pool => sqlx::query_as("select consent from messages order by id").fetch_all(pool).await).unwrap();
        assert_eq!(levels, [("anonymous".to_owned(),), ("full".to_owned(),), ("full".to_owned(),)]);
    }
}

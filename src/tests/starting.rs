//! What a start refuses, in one line, and what it leaves behind.

use super::app::{EMAIL, KEY, TestApp, config};
use super::engines::{self, both_engines};
use crate::server::db::{instance, sealed};
use crate::server::start::{CannotStart, start};
use crate::server::{now, people};
use secrecy::SecretString;
use std::os::unix::fs::PermissionsExt;

/// 32 bytes of eight.
const OTHER_KEY: &str = "CAgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAg=";

async fn refusal(db: &engines::TestDb, more: &[(&str, &str)]) -> String {
    let says = start(config(db, more), now()).await.err().expect("it does not start").to_string();
    assert_eq!(says.lines().count(), 1, "{says}");
    says
}

#[tokio::test]
async fn one_process_owns_a_file() {
    let db = engines::sqlite().await;
    let first = start(config(&db, &[]), now()).await.unwrap();
    assert!(refusal(&db, &[]).await.ends_with("another Postbacks process owns this database"));
    drop(first);
    assert!(start(config(&db, &[]), now()).await.is_ok(), "the next may have it");
}

#[tokio::test]
async fn the_key_is_made_once_beside_the_file_for_its_owner_alone() {
    let db = engines::sqlite().await;
    let without = [("POSTBACKS_SECRET_KEY", "")];
    let code = start(config(&db, &without), now()).await.unwrap().setup_code;
    let path = db.url.strip_prefix("sqlite://").unwrap().replace(".db", ".key");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    let key = std::fs::read_to_string(&path).unwrap();
    assert_eq!(start(config(&db, &without), now()).await.unwrap().setup_code, code, "the same key opens the same code");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), key);

    std::fs::remove_file(&path).unwrap();
    assert!(refusal(&db, &without).await.contains("the key file cannot be used"), "a lost key is not replaced by a new one");
    assert!(!std::fs::exists(&path).unwrap());
}

#[tokio::test]
async fn postgresql_wants_a_key_of_the_operator() {
    let says = refusal(&engines::postgres().await, &[("POSTBACKS_SECRET_KEY", "")]).await;
    assert_eq!(says, "POSTBACKS_SECRET_KEY: required with PostgreSQL (openssl rand -base64 32)");
}

both_engines! {
    async fn another_key_is_refused_and_a_former_one_replaced(db: TestDb) {
        let app = TestApp::owned(db).await;
        app.owner_with_game().await;
        let db = app.stop().await;
        let says = refusal(&db, &[("POSTBACKS_SECRET_KEY", OTHER_KEY)]).await;
        assert_eq!(says, "POSTBACKS_SECRET_KEY: not the key that this database was sealed with");

        let both = [("POSTBACKS_SECRET_KEY", OTHER_KEY), ("POSTBACKS_SECRET_KEY_PREVIOUS", KEY)];
        assert!(start(config(&db, &both), now()).await.is_ok());
        let state = start(config(&db, &both[..1]), now()).await.expect("the former key can be forgotten").state;
        let values = sealed::all(&mut state.db.begin().await.unwrap()).await.unwrap();
        assert!(values.iter().any(|value| value.owner.starts_with("api_key:")));
        assert!(values.iter().all(|value| state.sealer.open(&value.owner, &value.text).is_ok()), "all is sealed with the new key");
    }

    async fn the_demo_s_database_is_not_served(db: TestDb) {
        let mut tx = db.begin().await.unwrap();
        instance::set_once(&mut tx, instance::DEMO, "yes").await.unwrap();
        tx.commit().await.unwrap();
        assert!(matches!(start(config(&db, &[]), now()).await.err(), Some(CannotStart::Demo)));
    }

    async fn two_that_start_at_once_make_one_first_owner(db: TestDb) {
        let make = |email: &'static str| people::make_owner(&db, email, SecretString::from("correct horse battery"), 1);
        let (one, two) = tokio::join!(make(EMAIL), make("sam@tide.example"));
        assert_eq!(one.unwrap().iter().chain(two.unwrap().iter()).count(), 1);
    }
}

//! People who are not the operator, for tests of what they may do.

use super::app::{PASSWORD, TestApp, Visitor};
use crate::server::db::users::{self, NewUser};
use crate::server::{now, password};
use crate::web::sign_in::api::SignIn;
use secrecy::SecretString;
use uuid::Uuid;

/// Somebody with an account and no game, signed in.
pub async fn somebody(app: &TestApp, email: &str) -> Visitor {
    let hash = password::hash(SecretString::from(PASSWORD)).await.unwrap();
    let mut tx = app.state.db.begin().await.unwrap();
    let user = NewUser { id: Uuid::now_v7(), email, password_hash: &hash, operator: false, created_at: now() };
    users::insert(&mut tx, &user).await.unwrap();
    tx.commit().await.unwrap();
    let mut visitor = app.visitor();
    visitor.submit::<SignIn>(&[("email", email), ("password", PASSWORD), ("next", "")]).await;
    visitor
}

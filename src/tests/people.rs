//! People who are not the operator, for tests of what they may do.

use super::app::{PASSWORD, TestApp, Visitor};
use crate::model::user::Role;
use crate::server::db::users::{self, NewUser};
use crate::server::db::{games, memberships};
use crate::server::{now, password};
use crate::web::sign_in::api::SignIn;
use secrecy::SecretString;
use uuid::Uuid;

/// The same with a role in a game.
pub async fn someone_in(app: &TestApp, email: &str, game: &str, role: Role) -> Visitor {
    let visitor = somebody(app, email).await;
    set_role(app, email, game, role).await;
    visitor
}

/// Gives a person their first role in a game.
pub async fn set_role(app: &TestApp, email: &str, game: &str, role: Role) {
    let (account, _) = users::by_email(&app.state.db, email).await.unwrap().expect("somebody has the address");
    let game = games::by_slug(&app.state.db, game).await.unwrap().expect("the game exists");
    let mut tx = app.state.db.begin().await.unwrap();
    memberships::insert(&mut tx, account.id, game.id, role, now()).await.unwrap();
    tx.commit().await.unwrap();
}

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

//! The sample game: its owner, keys and goals, and its connections. Made once; a second start finds it there.

use super::Failure;
use crate::model::Millis;
use crate::model::game::{Game, KeyKind};
use crate::model::goal::{Goal, GoalStatus, TEMPLATES, Trigger};
use crate::model::user::{Account, Role};
use crate::server::connect::save::{NewConnection, save};
use crate::server::connect::{Actor, Desk, actions};
use crate::server::db::{games, goals};
use crate::server::networks::contract::Choice;
use crate::server::networks::find;
use crate::server::simulator::sample::SAMPLES;
use crate::server::state::AppState;
use crate::server::{games as making, people};
use secrecy::SecretString;
use uuid::Uuid;

pub const EMAIL: &str = "demo@postbacks.test";
pub const PASSWORD: &str = "demo-postbacks";
pub const GAME: &str = "sample-game";
pub const PUBLISHABLE_KEY: &str = "pk_demo";
pub const SECRET_KEY: &str = "sk_demo";

/// Makes what is missing. `simulated`: the networks whose connections the simulator knows.
pub async fn seed(state: &AppState, simulated: &[&'static str], now: Millis) -> Result<(), Failure> {
    let Some(account) = people::make_owner(&state.db, EMAIL, SecretString::from(PASSWORD), now).await? else { return Ok(()) };
    let game = making::create(state, &account, "Sample Game", GAME, now).await?;
    let mut tx = state.db.begin().await?;
    making::put_key(&mut tx, &state.sealer, game.id, KeyKind::Publishable, PUBLISHABLE_KEY, now).await?;
    making::put_key(&mut tx, &state.sealer, game.id, KeyKind::Secret, SECRET_KEY, now).await?;
    for goal in sample_goals(&game, now) {
        goals::insert(&mut tx, &goal).await?;
    }
    tx.commit().await?;
    let game = games::by_slug(&state.db, GAME).await?.unwrap_or(game);
    for slug in simulated {
        connect(state, &account, &game, slug, now).await?;
    }
    Ok(())
}

/// The three templates, and one that counts every purchase: two goals on one event, each with its own name at the network.
fn sample_goals(game: &Game, now: Millis) -> Vec<Goal> {
    let goal = |name: &str, event: &str, trigger: Trigger, description: &str| Goal {
        id: Uuid::now_v7(),
        game_id: game.id,
        name: name.to_owned(),
        description: description.to_owned(),
        event: event.to_owned(),
        trigger,
        filter: None,
        status: GoalStatus::Active,
        created_at: now,
        updated_at: now,
    };
    let templates = TEMPLATES.iter().map(|template| goal(template.name, template.event, template.trigger, template.says));
    templates.chain([goal("Game Launched", "game_launch", Trigger::OncePerPlayer, "The first time a player starts the game.")]).collect()
}

/// Connects a network with what the simulator knows of it.
pub async fn connect(state: &AppState, account: &Account, game: &Game, slug: &'static str, now: Millis) -> Result<(), Failure> {
    let Some(network) = find(slug) else { return Ok(()) };
    let Some(sample) = SAMPLES.iter().find(|sample| sample.network == slug) else { return Ok(()) };
    let new = NewConnection {
        network: network.spec(),
        account: sample.account.map(|(id, name)| Choice { through: sample.through.map(str::to_owned), ..Choice::new(id, name) }),
        target: Choice::new(sample.target.0, sample.target.1),
        token: SecretString::from(sample.token),
        token_expires_at: None,
        pasted: sample.pasted,
        holder: sample.holder,
        test_code: "",
        confirmed: false,
        grant_id: None,
    };
    let (desk, actor) = (Desk::of(state), Actor { account, game, now });
    save(&desk, actor, &new).await?;
    if network.actions().is_some() {
        actions::refresh(&desk, actor, slug).await?;
        let mapped = |goal: &Goal| {
            let (_, action) = sample.actions.iter().find(|(event, _)| *event == goal.event)?;
            Some((goal.id, (*action).to_owned()))
        };
        let chosen = goals::of_game(&state.db, game.id).await?.iter().filter_map(mapped).collect();
        actions::map(&desk, actor, slug, &chosen).await?;
    }
    Ok(())
}

/// Who may come in, for the line that `demo` prints.
pub fn credentials() -> String {
    format!("{EMAIL} with the password {PASSWORD} ({})", Role::Owner)
}

//! What is written of a batch's changes is what the next batch is told, on both engines.

use super::engines::both_engines;
use crate::model::conversion::{Consent, Decision, Reason};
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game};
use crate::model::money::Money;
use crate::server::db::{Db, changes, facts, games, on, within};
use crate::server::decide::changes::{Changes, Merge, NewPostback, SameClick};
use crate::server::decide::facts::{
    Click, ClickBody, Contact, ConversionBody, Facts, IdentityKey, Message, MessageKind, Player, Slot, Span, StoredConversion,
};
use crate::server::networks::contract::Event;
use serde_json::Map;
use std::sync::Arc;
use uuid::Uuid;

const NOW: i64 = 1_800_000_000_000;

/// One game, with rows made for it.
struct Rows {
    game_id: Uuid,
}

impl Rows {
    async fn new(db: &Db) -> Self {
        let game = Game {
            id: Uuid::now_v7(),
            slug: "emberfall".into(),
            name: "Emberfall".into(),
            time_zone: "UTC".into(),
            window_days: DEFAULT_WINDOW_DAYS,
            created_at: NOW,
        };
        let mut tx = db.begin().await.unwrap();
        games::insert(&mut tx, &game).await.unwrap();
        tx.commit().await.unwrap();
        Self { game_id: game.id }
    }

    fn player(&self, identity_count: i32) -> Player {
        let contact = Contact { email: Some(("mira@example.com".into(), NOW)), ..Contact::default() };
        Player {
            id: Uuid::now_v7(),
            game_id: self.game_id,
            test: false,
            consent: Some((Consent::Full, NOW)),
            contact,
            identity_count,
            created_at: NOW,
        }
    }

    fn id(&self, kind: &str, value: &str, player: &Player) -> (IdentityKey, Span) {
        let key = IdentityKey { game_id: self.game_id, test: false, kind: kind.into(), value: value.into() };
        (key, Span { since: 0, player_id: player.id, claimed: Some(NOW) })
    }

    fn click(&self, player: &Player, click_id: &str, time: i64) -> Click {
        let body = ClickBody { landing_page: Some("https://emberfall.example/".into()), ..ClickBody::default() };
        Click {
            id: Uuid::now_v7(),
            game_id: self.game_id,
            player_id: player.id,
            test: false,
            network: "tiktok".into(),
            kind: "ttclid".into(),
            click_id: click_id.into(),
            time,
            body,
        }
    }

    fn conversion(&self, player: &Player, decision: Decision) -> StoredConversion {
        StoredConversion {
            id: Uuid::now_v7(),
            game_id: self.game_id,
            goal_id: Uuid::now_v7(),
            player_id: Some(player.id),
            message_id: Uuid::now_v7(),
            event: "purchase".into(),
            event_time: NOW,
            received_at: NOW,
            test: false,
            decision,
            click_id: None,
            value: Some(Money { text: "12.990".into(), micros: 12_990_000, currency: "USD".into() }),
            body: ConversionBody {
                consent: Consent::Full,
                surface: None,
                browser: None,
                external_id: Some("7656".into()),
                email: None,
                email_sha256: None,
                phone: None,
                own_dedup: None,
                value_note: None,
                credit: None,
                once: true,
                window_days: 30,
                found_by: Some(("anonymous".into(), "browser-1".into())),
            },
            untried_postback: None,
            attempted: false,
        }
    }

    fn postback(&self, conversion: &StoredConversion) -> NewPostback {
        let body = Event {
            name: "Purchase".into(),
            goal_event: "purchase".into(),
            action: None,
            dedup_id: Uuid::now_v7().to_string(),
            time: NOW,
            click: None,
            browser: None,
            external_id: None,
            email: None,
            email_sha256: None,
            phone: None,
            value: Some(("12.990".into(), "USD".into())),
            consent: Consent::Full,
            test: false,
        };
        NewPostback {
            id: Uuid::now_v7(),
            game_id: self.game_id,
            connection_id: Uuid::now_v7(),
            network: "tiktok".into(),
            conversion_id: conversion.id,
            goal_id: conversion.goal_id,
            event: "purchase".into(),
            event_time: NOW,
            value: conversion.value.clone(),
            test: false,
            body,
            created_at: NOW,
            expires_at: NOW + 1,
        }
    }

    /// It tells a phone number, so that its player is loaded whole.
    fn message(&self, anonymous_id: &str) -> Arc<Message> {
        Arc::new(Message {
            id: Uuid::now_v7(),
            game_id: self.game_id,
            message_id: Uuid::now_v7(),
            kind: MessageKind::Track,
            event_time: NOW,
            original_time: NOW,
            received_at: NOW,
            anonymous_id: Some(anonymous_id.into()),
            device_id: None,
            session_id: None,
            user: None,
            alias: None,
            event_name: Some("purchase".into()),
            surface: None,
            consent: Consent::Full,
            test: false,
            ip: None,
            user_agent: None,
            properties: Map::new(),
            context: Map::new(),
            traits: Map::from_iter([("phone".into(), "+49 30 123456".into())]),
        })
    }
}

async fn write(db: &Db, changes: Changes) {
    let mut tx = db.begin().await.unwrap();
    changes::write(&mut tx, &changes, NOW).await.unwrap();
    tx.commit().await.unwrap();
}

async fn load(db: &Db, batch: &[Arc<Message>]) -> Facts {
    let mut tx = db.begin().await.unwrap();
    let games = batch.iter().map(|message| message.game_id).collect();
    facts::lock(&mut tx, &games).await.unwrap();
    facts::load(&mut tx, batch, NOW).await.unwrap()
}

async fn count(db: &Db, text: &'static str) -> i64 {
    let (count,): (i64,) = on!(db, pool => sqlx::query_as(text).fetch_one(pool).await).unwrap();
    count
}

both_engines! {
    async fn what_was_written_is_loaded_again(db: TestDb) {
        let rows = Rows::new(&db).await;
        let (player, stranger) = (rows.player(2), rows.player(1));
        let identities = vec![rows.id("anonymous", "browser-1", &player), rows.id("user:steam", "7656", &player), rows.id("anonymous", "x", &stranger)];
        let click = rows.click(&player, "E.C.P.abc", NOW - 5);
        let waiting = rows.conversion(&player, Decision::Waiting { until: NOW + 9, otherwise: Reason::NoClick });
        let mut sent = rows.conversion(&player, Decision::Credited { network: "tiktok".into() });
        sent.click_id = Some(click.id);
        let refused = rows.conversion(&player, Decision::NotSent { reason: Reason::NoConnection, network: Some("tiktok".into()) });
        let slot = Slot { goal_id: sent.goal_id, player_id: player.id, conversion_id: sent.id, event_time: NOW, message_id: sent.message_id };
        let postback = rows.postback(&sent);
        write(&db, Changes {
            players: vec![player.clone(), stranger.clone()],
            identities: identities.clone(),
            clicks: vec![click.clone(), rows.click(&stranger, "E.C.P.other", NOW)],
            conversions: vec![waiting.clone(), sent.clone(), refused.clone()],
            slots: vec![slot.clone()],
            postbacks: vec![postback.clone()],
            ..Changes::default()
        }).await;

        let facts = load(&db, &[rows.message("browser-1"), rows.message("nobody-yet")]).await;
        assert_eq!(facts.window_days[&rows.game_id], DEFAULT_WINDOW_DAYS);
        assert_eq!(facts.players.into_values().collect::<Vec<_>>(), [player]);
        assert_eq!(facts.identities.len(), 3, "its other ids come along, and an unknown id is known to be unknown");
        assert_eq!(facts.identities[&identities[1].0], std::slice::from_ref(&identities[1].1));
        assert_eq!(facts.clicks, [click]);
        assert_eq!(facts.slots, [slot]);
        sent.untried_postback = Some(postback.id);
        let mut conversions = facts.conversions;
        conversions.sort_by_key(|conversion| conversion.id);
        assert_eq!(conversions, [waiting, sent, refused]);
    }

    async fn a_postback_that_is_or_was_attempted_stands(db: TestDb) {
        let rows = Rows::new(&db).await;
        let player = rows.player(1);
        let conversions: Vec<StoredConversion> = (0..4).map(|_| rows.conversion(&player, Decision::Credited { network: "tiktok".into() })).collect();
        let postbacks: Vec<NewPostback> = conversions.iter().map(|conversion| rows.postback(conversion)).collect();
        let slot = |conversion: &StoredConversion| Slot {
            goal_id: conversion.goal_id, player_id: player.id, conversion_id: conversion.id, event_time: NOW, message_id: conversion.message_id,
        };
        let [untouched, leased, attempted, gone] = [0, 1, 2, 3].map(|n| postbacks[n].id);
        let slots = conversions.iter().map(slot).collect();
        let identities = vec![rows.id("anonymous", "browser-1", &player)];
        write(&db, Changes { players: vec![player], identities, conversions: conversions.clone(), slots, postbacks, ..Changes::default() }).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("update queue set lease_id = id, lease_until = 9 where id = $1").bind(leased).execute(c).await.map(drop)).unwrap();
        within!(&mut tx, c => sqlx::query("update postbacks set attempts = 1 where id = $1").bind(attempted).execute(c).await.map(drop)).unwrap();
        within!(&mut tx, c => sqlx::query("delete from queue where id = $1").bind(gone).execute(c).await.map(drop)).unwrap();
        tx.commit().await.unwrap();
        let facts = load(&db, &[rows.message("browser-1")]).await;
        let of = |n: usize| facts.conversions.iter().find(|conversion| conversion.id == conversions[n].id).unwrap();
        assert_eq!((of(0).untried_postback, of(0).attempted), (Some(untouched), false));
        assert_eq!((of(1).untried_postback, of(1).attempted), (None, true));
        assert_eq!((of(2).untried_postback, of(2).attempted), (None, true));
        assert_eq!((of(3).untried_postback, of(3).attempted), (None, false));
    }

    async fn a_merged_player_leaves_nothing_behind(db: TestDb) {
        let rows = Rows::new(&db).await;
        let (from, into) = (rows.player(1), rows.player(1));
        let (gone, kept, other) = (rows.click(&from, "same", NOW), rows.click(&into, "same", NOW - 9), rows.click(&from, "other", NOW));
        let mut conversion = rows.conversion(&from, Decision::Credited { network: "tiktok".into() });
        conversion.click_id = Some(gone.id);
        let slot = Slot { goal_id: conversion.goal_id, player_id: from.id, conversion_id: conversion.id, event_time: NOW, message_id: conversion.message_id };
        let identities = vec![rows.id("anonymous", "browser-1", &from), rows.id("anonymous", "browser-2", &into)];
        let clicks = vec![gone.clone(), kept.clone(), other.clone()];
        let players = vec![from.clone(), into.clone()];
        write(&db, Changes { players, identities, clicks, conversions: vec![conversion.clone()], slots: vec![slot.clone()], ..Changes::default() }).await;
        write(&db, Changes {
            freed_slots: vec![(slot.goal_id, from.id)],
            same_clicks: vec![SameClick { gone: gone.id, kept: kept.id }],
            merges: vec![Merge { from: from.id, into: into.id }],
            players: vec![Player { identity_count: 2, ..into.clone() }],
            slots: vec![Slot { player_id: into.id, ..slot }],
            ..Changes::default()
        }).await;
        let facts = load(&db, &[rows.message("browser-1")]).await;
        assert_eq!(facts.players.keys().collect::<Vec<_>>(), [&into.id]);
        assert_eq!(facts.players[&into.id].identity_count, 2);
        assert!(facts.identities.values().flatten().all(|span| span.player_id == into.id));
        assert_eq!(facts.clicks.iter().map(|click| click.id).collect::<Vec<_>>(), [kept.id, other.id]);
        assert_eq!((facts.conversions[0].player_id, facts.conversions[0].click_id), (Some(into.id), Some(kept.id)));
        assert_eq!(facts.slots[0].player_id, into.id);
        assert_eq!(count(&db, "select count(*) from players").await, 1);
    }

    async fn a_replaced_postback_is_gone(db: TestDb) {
        let rows = Rows::new(&db).await;
        let player = rows.player(1);
        let conversions: Vec<StoredConversion> = (0..3).map(|_| rows.conversion(&player, Decision::Credited { network: "tiktok".into() })).collect();
        let postbacks: Vec<NewPostback> = conversions.iter().map(|conversion| rows.postback(conversion)).collect();
        let withdrawn = vec![postbacks[0].id];
        write(&db, Changes { players: vec![player], conversions, postbacks, ..Changes::default() }).await;
        write(&db, Changes { withdrawn, ..Changes::default() }).await;
        assert_eq!(count(&db, "select count(*) from queue").await, 2);
        assert_eq!(count(&db, "select count(*) from postbacks").await, 2);
    }

    async fn a_player_who_says_no_is_not_told_about(db: TestDb) {
        let rows = Rows::new(&db).await;
        let (player, other) = (rows.player(1), rows.player(1));
        let conversions = [&player, &player, &other].map(|player| rows.conversion(player, Decision::Credited { network: "tiktok".into() }));
        let postbacks = conversions.iter().map(|conversion| rows.postback(conversion)).collect();
        let silenced = vec![player.id];
        write(&db, Changes { players: vec![player, other], conversions: conversions.into(), postbacks, ..Changes::default() }).await;
        write(&db, Changes { silenced, ..Changes::default() }).await;
        assert_eq!(count(&db, "select count(*) from queue").await, 1);
        let cancelled = "select count(*) from postbacks where state = 'cancelled' and ended = 'The player has not agreed to this.' and finished_at is not null";
        assert_eq!(count(&db, cancelled).await, 2);
        let logged = "select count(*) from attempts where status = 'failed' and http is null and latency_ms is null and attempt = 0 and meaning = 'The player has not agreed to this.'";
        assert_eq!(count(&db, logged).await, 2, "the log says so");
    }

    async fn what_was_accepted_of_a_player_who_says_no_does_not_open_again(db: TestDb) {
        let rows = Rows::new(&db).await;
        let (player, other) = (rows.player(1), rows.player(1));
        let conversions = [&player, &other].map(|player| rows.conversion(player, Decision::Credited { network: "google".into() }));
        let postbacks: Vec<NewPostback> = conversions.iter().map(|conversion| rows.postback(conversion)).collect();
        let (accepted, silenced) = ([postbacks[0].id, postbacks[1].id], vec![player.id]);
        write(&db, Changes { players: vec![player, other], conversions: conversions.into(), postbacks, ..Changes::default() }).await;
        let mut tx = db.begin().await.unwrap();
        within!(&mut tx, c => sqlx::query("delete from queue").execute(c).await.map(drop)).unwrap();
        for id in accepted {
            within!(&mut tx, c => sqlx::query(
                "insert into receipt_events (receipt_id, postback_id, attempt_id, attempt, refusals, give_up_at, alone) values ($1, $1, $1, 0, 0, 9, false)",
            ).bind(id).execute(c).await.map(drop)).unwrap();
        }
        tx.commit().await.unwrap();
        write(&db, Changes { silenced, ..Changes::default() }).await;
        let left: Vec<(Uuid,)> = on!(&db.db, pool => sqlx::query_as("select postback_id from receipt_events").fetch_all(pool).await).unwrap();
        assert_eq!(left, [(accepted[1],)]);
        assert_eq!(count(&db, "select count(*) from postbacks where state = 'cancelled'").await, 0, "it was sent");
    }

    async fn a_click_that_moves_to_another_player_is_one_row(db: TestDb) {
        let rows = Rows::new(&db).await;
        let (one, other) = (rows.player(1), rows.player(1));
        let click = rows.click(&one, "E.C.P.abc", NOW);
        write(&db, Changes { players: vec![one, other.clone()], clicks: vec![click.clone()], ..Changes::default() }).await;
        let moved = Click { player_id: other.id, time: NOW - 7, ..click.clone() };
        write(&db, Changes { clicks: vec![moved], ..Changes::default() }).await;
        assert_eq!(count(&db, "select count(*) from clicks").await, 1);
        assert_eq!(count(&db, "select time from clicks").await, NOW - 7);
        // Too old to have been loaded, it comes again: the first sighting stays.
        let again = Click { id: Uuid::now_v7(), player_id: other.id, time: NOW, ..click };
        write(&db, Changes { clicks: vec![again], ..Changes::default() }).await;
        assert_eq!(count(&db, "select time from clicks").await, NOW - 7);
    }

    async fn a_script_with_thousands_of_clicks_does_not_slow_down_the_others(db: TestDb) {
        let rows = Rows::new(&db).await;
        let player = rows.player(1);
        let clicks: Vec<Click> = (0..2_000).map(|n| rows.click(&player, &format!("click-{n}"), NOW + n)).collect();
        let waiting = (0..2_000).map(|n| {
            let conversion = rows.conversion(&player, Decision::Waiting { until: NOW + 9, otherwise: Reason::NoClick });
            StoredConversion { event_time: NOW + n, ..conversion }
        });
        let newest = clicks[1_999].id;
        let identities = vec![rows.id("anonymous", "browser-1", &player)];
        write(&db, Changes { players: vec![player.clone()], identities, conversions: waiting.collect(), clicks, ..Changes::default() }).await;
        let facts = load(&db, &[rows.message("browser-1")]).await;
        assert_eq!((facts.clicks.len(), facts.conversions.len()), (200, 500));
        assert!(facts.clicks.iter().any(|click| click.id == newest));
    }
}

//! What people may do to goals, and what is refused.

use super::engines::both_engines;
use crate::error::AppError;
use crate::model::game::{DEFAULT_WINDOW_DAYS, Game};
use crate::model::goal::{GoalStatus, TEMPLATES, Trigger};
use crate::model::goal_form::{Done, Draft, Problem};
use crate::model::user::{Account, Role};
use crate::server::auth::Access;
use crate::server::db::{Db, audit, games};
use crate::server::goals::{self, Kept};
use uuid::Uuid;

const NOW: i64 = 1_795_423_282_518;

async fn owner(db: &Db, slug: &str) -> Access {
    let game = Game {
        id: Uuid::now_v7(),
        slug: slug.into(),
        name: slug.into(),
        time_zone: "UTC".into(),
        window_days: DEFAULT_WINDOW_DAYS,
        created_at: 1,
    };
    let mut tx = db.begin().await.unwrap();
    games::insert(&mut tx, &game).await.unwrap();
    tx.commit().await.unwrap();
    (Account { id: Uuid::now_v7(), email: "mara@ashgrove.test".into(), operator: false }, game, Role::Owner)
}

fn first_purchase() -> Draft {
    Draft::from_template(&TEMPLATES[0])
}

fn founders_pack() -> Draft {
    Draft { name: " Founders Pack ".into(), trigger: Trigger::Repeatable, ..first_purchase() }
}

async fn saved(db: &Db, access: &Access, draft: &Draft) -> Uuid {
    match goals::create(db, access, draft, NOW).await.unwrap() {
        Kept::Saved(id) => id,
        Kept::Refused => panic!("{draft:?} was refused"),
    }
}

async fn actions(db: &Db, access: &Access) -> Vec<String> {
    let lines = audit::newest(db, Some(access.1.id), 50).await.unwrap();
    lines.into_iter().rev().map(|line| format!("{} {}", line.action, line.subject)).collect()
}

both_engines! {
    async fn a_goal_is_made_changed_paused_and_archived_and_each_is_in_the_audit_log(db: TestDb) {
        let access = owner(&db, "emberfall").await;
        let id = saved(&db, &access, &first_purchase()).await;
        let list = goals::list(&db, &access, NOW).await.unwrap();
        assert_eq!(list.goals.iter().map(|row| row.goal.name.as_str()).collect::<Vec<_>>(), ["First Purchase"]);
        let change = Draft { name: "First sale".into(), description: "Pays once".into(), ..first_purchase() };
        assert_eq!(goals::change(&db, &access, id, &change, None, NOW).await.unwrap(), Kept::Saved(id));
        assert_eq!(goals::set_status(&db, &access, id, GoalStatus::Paused, NOW).await.unwrap(), Done::Paused);
        assert_eq!(goals::set_status(&db, &access, id, GoalStatus::Active, NOW).await.unwrap(), Done::Resumed);
        assert_eq!(goals::set_status(&db, &access, id, GoalStatus::Archived, NOW).await.unwrap(), Done::Archived);
        let list = goals::list(&db, &access, NOW).await.unwrap();
        assert_eq!((list.goals.len(), list.archived.len()), (0, 1));
        assert_eq!(goals::set_status(&db, &access, id, GoalStatus::Paused, NOW).await.unwrap(), Done::Restored);
        let page = goals::read(&db, &access, id, None, NOW).await.unwrap();
        assert_eq!((page.goal.name.as_str(), page.goal.description.as_str(), page.goal.status), ("First sale", "Pays once", GoalStatus::Paused));
        assert_eq!(actions(&db, &access).await, [
            "goal.created First Purchase", "goal.changed First sale", "goal.paused First sale", "goal.resumed First sale",
            "goal.archived First sale", "goal.restored First sale",
        ]);
    }

    async fn what_is_wrong_changes_nothing(db: TestDb) {
        let access = owner(&db, "emberfall").await;
        let id = saved(&db, &access, &first_purchase()).await;
        for (draft, problem) in [
            (Draft { name: " ".into(), ..first_purchase() }, Problem::NameMissing),
            (Draft { event: String::new(), name: "A".into(), ..first_purchase() }, Problem::EventMissing),
            (Draft { name: "first PURCHASE".into(), ..first_purchase() }, Problem::NameTaken),
        ] {
            assert_eq!(goals::create(&db, &access, &draft, NOW).await.unwrap(), Kept::Refused);
            assert_eq!(goals::review(&db, &access, &draft).await.unwrap().problems, [problem]);
        }
        let unnamed = Draft { name: String::new(), ..first_purchase() };
        assert_eq!(goals::change(&db, &access, id, &unnamed, None, NOW).await.unwrap(), Kept::Refused);
        assert_eq!(goals::read(&db, &access, id, Some(&unnamed), NOW).await.unwrap().problems, [Problem::NameMissing]);
        assert_eq!(actions(&db, &access).await, ["goal.created First Purchase"]);
    }

    async fn a_second_goal_on_an_event_asks_for_another_name_or_a_clear_yes(db: TestDb) {
        let access = owner(&db, "emberfall").await;
        saved(&db, &access, &first_purchase()).await;
        assert_eq!(goals::create(&db, &access, &founders_pack(), NOW).await.unwrap(), Kept::Refused);
        let review = goals::review(&db, &access, &founders_pack()).await.unwrap();
        assert!(review.problems.is_empty());
        let said: Vec<_> = review.clashes.iter().map(|clash| (clash.network.as_str(), clash.goal_name.as_str(), clash.sent_as.as_str())).collect();
        assert!(said.contains(&("tiktok", "First Purchase", "Purchase")), "{said:?}");
        let names = review.clashes.iter().map(|clash| (clash.network.clone(), founders_pack().own_name())).collect();
        let id = saved(&db, &access, &Draft { names, ..founders_pack() }).await;
        let page = goals::read(&db, &access, id, None, NOW).await.unwrap();
        assert!(page.clashes.is_empty());
        assert!(page.sent_as.iter().all(|one| one.name() == "founders_pack"), "{:?}", page.sent_as);

        let id = saved(&db, &access, &Draft { name: "Big spender".into(), twice: true, ..founders_pack() }).await;
        let page = goals::read(&db, &access, id, None, NOW).await.unwrap();
        assert!(page.sent_as.iter().all(|one| one.chosen.is_none()));
        assert!(page.clashes.iter().all(|clash| clash.goal_name == "First Purchase") && !page.clashes.is_empty());
    }

    async fn a_paused_goal_clashes_with_nothing(db: TestDb) {
        let access = owner(&db, "emberfall").await;
        let id = saved(&db, &access, &first_purchase()).await;
        goals::set_status(&db, &access, id, GoalStatus::Paused, NOW).await.unwrap();
        saved(&db, &access, &founders_pack()).await;
    }

    async fn a_name_that_is_free_again_may_be_taken_and_then_blocks_the_way_back(db: TestDb) {
        let access = owner(&db, "emberfall").await;
        let old = saved(&db, &access, &first_purchase()).await;
        goals::set_status(&db, &access, old, GoalStatus::Archived, NOW).await.unwrap();
        saved(&db, &access, &first_purchase()).await;
        assert_eq!(goals::set_status(&db, &access, old, GoalStatus::Paused, NOW).await.unwrap(), Done::NotRestored);
    }

    async fn a_goal_of_another_game_does_not_exist(db: TestDb) {
        let (mine, other) = (owner(&db, "emberfall").await, owner(&db, "tidebound").await);
        let id = saved(&db, &other, &first_purchase()).await;
        assert_eq!(goals::read(&db, &mine, id, None, NOW).await.unwrap_err(), AppError::NotFound);
        assert_eq!(goals::change(&db, &mine, id, &founders_pack(), None, NOW).await.unwrap_err(), AppError::NotFound);
        assert_eq!(goals::set_status(&db, &mine, id, GoalStatus::Archived, NOW).await.unwrap_err(), AppError::NotFound);
        assert_eq!(goals::read(&db, &other, id, None, NOW).await.unwrap().goal.status, GoalStatus::Active);
    }
}

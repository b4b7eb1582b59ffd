//! Settings > Goals: the form, what it refuses and how it says so, and the steps of a goal's life.

use super::stage::{SETTINGS, Stage, message};
use crate::server::db::goals;
use crate::server::networks::ALL;
use crate::tests::app::Answer;
use crate::tests::engines::both_engines;
use crate::web::goals::changes::{ChangeGoal, CreateGoal, SetGoalStatus};
use crate::web::goals::path_of;
use serde_json::json;
use uuid::Uuid;

impl Stage {
    /// Submits the form of a new goal and follows to the page it leads to.
    async fn try_goal(&mut self, fields: &[(&str, &str)]) -> Answer {
        let page = format!("{}{SETTINGS}/goals/new", self.app.origin);
        let answer = self.owner.submit_from::<CreateGoal>(&page, &[&[("game", "emberfall")], fields].concat()).await;
        self.owner.follow(&answer).await
    }

    /// Submits the form of a present goal and follows.
    async fn try_change(&mut self, id: Uuid, fields: &[(&str, &str)]) -> Answer {
        let (page, id) = (format!("{}{}", self.app.origin, path_of("emberfall", id)), id.to_string());
        let answer = self.owner.submit_from::<ChangeGoal>(&page, &[&[("game", "emberfall"), ("id", id.as_str())], fields].concat()).await;
        self.owner.follow(&answer).await
    }

    /// Presses one of the buttons that set a goal's status, and follows.
    async fn press(&mut self, id: Uuid, status: &str) -> Answer {
        let (page, id) = (format!("{}{SETTINGS}/goals", self.app.origin), id.to_string());
        let fields = [("game", "emberfall"), ("id", id.as_str()), ("status", status)];
        let answer = self.owner.submit_from::<SetGoalStatus>(&page, &fields).await;
        self.owner.follow(&answer).await
    }
}

both_engines! {
    async fn a_goal_is_made_and_walks_through_its_life(db: TestDb) {
        let mut stage = Stage::set(db).await;
        assert!(stage.owner.get(&format!("{SETTINGS}/goals")).await.text().contains("No goal is active, so nothing is sent."));
        let form = stage.owner.get(&format!("{SETTINGS}/goals/new?template=first-purchase")).await;
        assert!(form.body.contains("value=\"First Purchase\"") && form.body.contains("value=\"purchase\""), "{}", form.body);
        let made = stage.try_goal(&[("name", "First Purchase"), ("event", "purchase"), ("trigger", "once"), ("description", "Pays once.")]).await;
        assert!(made.text().contains("First Purchase is active."), "{}", made.text());
        let id = goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id;
        let changed = stage.try_change(id, &[("name", "First Sale"), ("description", ""), ("names[tiktok]", "FirstSale")]).await;
        assert!(changed.text().contains("Saved.") && changed.text().contains("FirstSale"), "{}", changed.text());
        for (status, says) in [
            ("paused", "First Sale is paused."), ("active", "First Sale is active."), ("archived", "First Sale is archived."),
            ("paused", "First Sale is back, paused."),
        ] {
            let text = stage.press(id, status).await.text();
            assert!(text.contains(says), "{says}: {text}");
        }
    }

    async fn what_cannot_be_saved_is_said_at_its_field_and_nothing_typed_is_lost(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let id = stage.goal("Wishlist Add", "wishlist_add").await;
        let before = stage.kept().await;
        let good = [("name", "Purchase"), ("event", "purchase"), ("trigger", "repeatable"), ("description", "A B C")];
        let long = |length: usize| "x".repeat(length);
        for (field, typed, says) in [
            ("name", String::new(), "Give the goal a name."),
            ("name", "  ".into(), "Give the goal a name."),
            ("name", long(81), "A name has up to 80 characters, in one line."),
            ("name", long(20_000), "A name has up to 80 characters, in one line."),
            ("name", "two\nlines".into(), "A name has up to 80 characters, in one line."),
            ("name", "wishlist ADD".into(), "Another goal of this game has this name."),
            ("event", String::new(), "Name the event that counts, as the game sends it."),
            ("event", long(257), "An event name has up to 256 characters, in one line."),
            ("description", long(501), "A description has up to 500 characters of text."),
            ("description", "é".repeat(10_000), "A description has up to 500 characters of text."),
            ("description", "nul\0".into(), "A description has up to 500 characters of text."),
        ] {
            let fields: Vec<(&str, &str)> = good.iter().map(|(name, value)| (*name, if *name == field { typed.as_str() } else { value })).collect();
            let page = stage.try_goal(&fields).await;
            assert_eq!(page.status, 200, "{field} {says}");
            assert!(page.body.contains(&format!("aria-describedby=\"{}{field}-error\"", if field == "description" { String::new() } else { format!("{field}-hint ") })), "{field} {says}: {}", page.body);
            assert!(page.text().contains(says), "{field}: {}", page.text());
            for (name, value) in good.iter().filter(|(name, _)| *name != field && *name != "trigger") {
                assert!(page.body.contains(value), "{name} is lost");
            }
        }
        let page = stage.try_change(id, &[("name", ""), ("description", "why"), ("names[tiktok]", "no spaces")]).await;
        assert!(page.text().contains("Give the goal a name.") && page.text().contains("begins with a letter."), "{}", page.text());
        assert_eq!(stage.kept().await, before);
    }

    async fn a_form_that_is_none_of_ours_is_told_so(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let id = stage.goal("Wishlist Add", "wishlist_add").await;
        let before = stage.kept().await;
        let huge = "x".repeat(100_000);
        for fields in [&[("name", "A"), ("event", "a"), ("trigger", "often")][..], &[("name", "A"), ("event", "a")], &[("name", huge.as_str()), ("event", "a"), ("trigger", "once")]] {
            let page = stage.try_goal(fields).await;
            assert!(page.text().contains("The form could not be read."), "{}", page.text());
        }
        for status in ["deleted", ""] {
            assert!(stage.press(id, status).await.text().contains("The form could not be read."), "{status}");
        }
        assert_eq!(stage.kept().await, before);
    }

    async fn an_event_that_would_count_twice_is_asked_about(db: TestDb) {
        let mut stage = Stage::set(db).await;
        stage.goal("First Purchase", "purchase").await;
        let before = stage.kept().await;
        let again = [("name", "Founders Pack"), ("event", "purchase"), ("trigger", "repeatable")];
        let page = stage.try_goal(&again).await;
        let text = page.text();
        assert!(text.contains("Counted twice First Purchase already sends Purchase to "), "{text}");
        // Where goals are mapped to actions, an event has no name to change.
        let named: Vec<_> = ALL.iter().filter(|network| network.actions().is_none()).map(|network| network.spec()).collect();
        assert!(named.iter().all(|spec| text.contains(&format!("Event name at {}", spec.name))), "{text}");
        assert!(page.body.contains("value=\"founders_pack\""), "another name is offered");
        assert_eq!(stage.kept().await, before);
        let names: Vec<String> = named.iter().map(|spec| format!("names[{}]", spec.slug)).collect();
        let names = names.iter().map(|name| (name.as_str(), "founders_pack"));
        let renamed = stage.try_goal(&again.into_iter().chain([("twice", "false")]).chain(names).collect::<Vec<_>>()).await;
        assert!(renamed.text().contains("Founders Pack is active."), "{}", renamed.text());
    }

    async fn a_new_goal_is_rehearsed_before_it_is_saved(db: TestDb) {
        let mut stage = Stage::set(db).await;
        for click in ["ttclid", "twclid", ""] {
            stage.purchase(click).await;
        }
        stage.send(&[message("tester", json!({ "type": "track", "eventName": "purchase", "test": true }))]).await;
        let new = |query: &str| format!("{SETTINGS}/goals/new?step=filter&event=purchase&trigger=once{query}");
        let text = stage.owner.get(&new("")).await.text();
        assert!(text.contains("3 of 3") && text.contains("2 of them follow an ad click"), "{text}");
        assert!(text.contains("In all they were worth USD 38.97.") && text.contains("TikTok Ads 1 USD 12.99"), "{text}");
        assert!(text.contains("X Ads , cannot be sent 1 USD 12.99"), "{text}");
        let text = stage.owner.get(&new("&filter=some&property=value&operator=gte&value=13")).await.text();
        assert!(text.contains("0 of 3") && text.contains("12.99 Left out"), "{text}");
        let text = stage.owner.get(&new("&filter=all&property=value&operator=gte&value=13")).await.text();
        assert!(text.contains("3 of 3"), "{text}");
        let text = stage.owner.get(&format!("{SETTINGS}/goals/new?step=filter&event=level_up")).await.text();
        assert!(text.contains("No level_up came in the last 30 days."), "{text}");
        assert!(stage.stranger.get(&new("")).await.status == 404 && stage.member.get(&new("")).await.status != 200);
    }

    async fn a_step_with_something_wrong_is_not_passed(db: TestDb) {
        let mut stage = Stage::set(db).await;
        for (query, says, at) in [
            ("step=filter&event=", "Name the event that counts, as the game sends it.", "event"),
            ("step=review&event=purchase&filter=some&property=value&operator=gte&value=ten", "This compares numbers: give one, such as 19.99.", "value"),
            ("step=review&event=purchase&filter=some&property=value&operator=is&value=ten", "This compares numbers: give one, such as 19.99.", "value"),
            ("step=review&event=purchase&filter=some&property=colour&operator=is&value=red", "This event has no such property.", "property"),
            ("step=review&event=purchase&filter=some&property=currency&operator=gt&value=1", "Greater and less are for numbers, and this property is none.", "operator"),
            ("step=review&event=level_up&filter=some&property=&operator=exists", "Choose the property to look at.", "property"),
        ] {
            let page = stage.owner.get(&format!("{SETTINGS}/goals/new?{query}")).await;
            assert!(page.text().contains(says) && page.body.contains(&format!("{at}-error")), "{query}: {}", page.text());
        }
        let text = stage.owner.get(&format!("{SETTINGS}/goals/new?step=filter&event=email_acquired&filter=some&property=x")).await.text();
        assert!(text.contains("None: every event") && text.contains("Create goal"), "nothing to filter by: {text}");
        let before = stage.kept().await;
        let unfit = [("name", "Big"), ("event", "purchase"), ("trigger", "once"), ("filter", "some"), ("property", "value"), ("operator", "gt"), ("value", "many")];
        assert!(stage.try_goal(&unfit).await.text().contains("This compares numbers"));
        assert_eq!(stage.kept().await, before);
    }

    async fn a_changed_filter_holds_from_then_on(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let filter = |value: &'static str| [("filter", "some"), ("property", "value"), ("operator", "gte"), ("value", value)];
        let fields = [&[("name", "Big"), ("event", "purchase"), ("trigger", "repeatable")][..], &filter("10")].concat();
        assert!(stage.try_goal(&fields).await.text().contains("Big is active."));
        let id = goals::of_game(stage.db(), stage.game_id().await).await.unwrap()[0].id;
        stage.purchase("ttclid").await;
        let text = stage.owner.get(&path_of("emberfall", id)).await.text();
        assert!(text.contains("value is at least 10") && text.contains("Matches 1") && !text.contains("Trigger or filter changed"), "{text}");
        let text = stage.try_change(id, &[&[("name", "Big"), ("trigger", "repeatable")][..], &filter("20")].concat()).await.text();
        assert!(text.contains("value is at least 20") && text.contains("Trigger or filter changed") && text.contains("Matches 1"), "{text}");
        stage.purchase("ttclid").await;
        let text = stage.try_change(id, &[("name", "Bigger")]).await.text();
        assert!(text.contains("value is at least 20") && text.contains("Matches 1"), "only the first of the two counted: {text}");
        assert!(stage.kept().await.contains("counted repeatable, value is at least 10, now repeatable, value is at least 20"));
        let unfit = [&[("name", "Big"), ("trigger", "once")][..], &filter("many")].concat();
        assert!(stage.try_change(id, &unfit).await.text().contains("This compares numbers"));
        let text = stage.try_change(id, &[("name", "Bigger"), ("trigger", "repeatable"), ("filter", "all"), ("operator", "gte")]).await.text();
        assert!(text.contains("None: every event"), "{text}");
    }

    async fn a_link_cannot_say_of_a_goal_what_is_not_so(db: TestDb) {
        let mut stage = Stage::set(db).await;
        let id = stage.goal("First Purchase", "purchase").await;
        for done in ["archived", "paused", "restored", "not_restored", "exploded"] {
            let text = stage.owner.get(&format!("{SETTINGS}/goals?done={done}&goal={id}")).await.text();
            for says in ["is archived", "is paused", "is back", "was not brought back"] {
                assert!(!text.contains(says), "{done}: {text}");
            }
        }
    }
}

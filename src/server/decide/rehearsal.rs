//! PURE: what a goal would have counted, had it been active: the same rules as for what comes in, over what has come.

use super::credit::{self, Credit, Terms};
use super::facts::Click;
use super::{conversion, goals};
use crate::model::Millis;
use crate::model::goal::{Rule, Trigger};
use crate::model::money::{Amount, Money};
use crate::model::rehearsal::{Earned, Rehearsal, Sample};
use crate::server::networks;
use serde_json::{Map, Value};
use std::collections::{BTreeMap, HashMap};
use uuid::Uuid;

/// Events shown against the filter.
const SAMPLES: usize = 5;

/// A track message of the past.
#[derive(Debug, Clone, PartialEq)]
pub struct Past {
    pub message_id: Uuid,
    pub player_id: Option<Uuid>,
    pub event_time: Millis,
    pub properties: Map<String, Value>,
}

/// A goal that listens to the past, newest message first.
pub struct Run<'a> {
    event: &'a str,
    rule: &'a Rule,
    told: Rehearsal,
    counted: Vec<Counted>,
    /// For once per player: where in `counted` the player's first event is.
    firsts: HashMap<Uuid, usize>,
}

struct Counted {
    player: Option<Uuid>,
    time: Millis,
    message_id: Uuid,
    value: Option<Money>,
}

impl<'a> Run<'a> {
    pub fn of(event: &'a str, rule: &'a Rule) -> Self {
        Self { event, rule, told: Rehearsal::default(), counted: Vec::new(), firsts: HashMap::new() }
    }

    pub fn hear(&mut self, past: &Past) {
        self.told.events += 1;
        let passes = self.rule.filter.as_ref().is_none_or(|filter| goals::passes(filter, &past.properties));
        if let Some(filter) = self.rule.filter.as_ref().filter(|_| self.told.latest.len() < SAMPLES) {
            let value = past.properties.get(&filter.property).and_then(goals::text);
            self.told.latest.push(Sample { time: past.event_time, value, passes });
        }
        if passes {
            self.count(past);
        }
    }

    /// Once per player, the first by event time counts, ties by messageId.
    fn count(&mut self, past: &Past) {
        let value = conversion::value(self.event, &past.properties).0;
        let one = Counted { player: past.player_id, time: past.event_time, message_id: past.message_id, value };
        let first = past.player_id.filter(|_| self.rule.trigger == Trigger::OncePerPlayer);
        let known = first.and_then(|player| self.firsts.get(&player).copied());
        match known {
            Some(at) if (one.time, one.message_id) < (self.counted[at].time, self.counted[at].message_id) => self.counted[at] = one,
            Some(_) => {}
            None => {
                self.firsts.extend(first.map(|player| (player, self.counted.len())));
                self.counted.push(one);
            }
        }
    }

    /// Whose clicks have to be known.
    pub fn players(&self) -> Vec<Uuid> {
        let mut players: Vec<Uuid> = self.counted.iter().filter_map(|one| one.player).collect();
        players.sort_unstable();
        players.dedup();
        players
    }

    /// What it comes to, with the clicks of those players. Whether an email would have been known is not asked: only clicks with an id count.
    pub fn finish(mut self, clicks: &[Click], window_days: i32, cut: bool) -> Rehearsal {
        let mut of: HashMap<Uuid, Vec<&Click>> = HashMap::new();
        for click in clicks {
            of.entry(click.player_id).or_default().push(click);
        }
        let mut worth = Sums::default();
        let mut earned: BTreeMap<(bool, &str), (i64, Sums)> = BTreeMap::new();
        for one in &self.counted {
            worth.add(one.value.as_ref());
            let seen = one.player.and_then(|player| of.get(&player)).map(Vec::as_slice).unwrap_or_default();
            let (click, sends) = match credit::decide(seen, Terms { event_time: one.time, window_days, email_known: false }) {
                Credit::Click(click) => (click, true),
                Credit::Lost(click, _) => (click, false),
                Credit::Email(_) | Credit::Outside | Credit::Nobody(_) => continue,
            };
            let (count, sum) = earned.entry((!sends, &click.network)).or_default();
            *count += 1;
            sum.add(one.value.as_ref());
        }
        let row = |((lost, network), (count, sum)): ((bool, &str), (i64, Sums))| Earned {
            network_name: networks::spoken(network).to_owned(),
            sends: !lost,
            count,
            worth: sum.amounts(),
        };
        self.told.earned = earned.into_iter().map(row).collect();
        self.told.worth = worth.amounts();
        self.told.counted = i64::try_from(self.counted.len()).unwrap_or(i64::MAX);
        self.told.cut = cut;
        self.told
    }
}

/// Sums by currency, never converted.
#[derive(Default)]
struct Sums(BTreeMap<String, i128>);

impl Sums {
    fn add(&mut self, value: Option<&Money>) {
        if let Some(money) = value {
            *self.0.entry(money.currency.clone()).or_default() += i128::from(money.micros);
        }
    }

    fn amounts(self) -> Vec<Amount> {
        self.0.into_iter().map(|(currency, micros)| Amount::of(currency, micros)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::DAY;
    use crate::model::goal::{Filter, Operator};
    use crate::server::decide::facts::ClickBody;
    use serde_json::json;

    const NOON: Millis = 1_795_694_400_000;

    fn player(n: u128) -> Uuid {
        Uuid::from_u128(n)
    }

    fn bought(of: u128, time: Millis, value: &str, currency: &str) -> Past {
        let properties = json!({ "value": value, "currency": currency }).as_object().cloned().unwrap_or_default();
        Past { message_id: Uuid::new_v4(), player_id: Some(player(of)), event_time: time, properties }
    }

    fn click(of: u128, network: &str, kind: &str, time: Millis) -> Click {
        let (id, click_id) = (Uuid::new_v4(), "id".to_owned());
        Click {
            id,
            game_id: Uuid::nil(),
            player_id: player(of),
            test: false,
            network: network.into(),
            kind: kind.into(),
            click_id,
            time,
            body: ClickBody::default(),
        }
    }

    fn rehearse(rule: &Rule, past: &[Past], clicks: &[Click]) -> Rehearsal {
        let mut run = Run::of("purchase", rule);
        past.iter().for_each(|past| run.hear(past));
        run.finish(clicks, 30, false)
    }

    fn earned(rehearsal: &Rehearsal) -> Vec<(&str, bool, i64)> {
        rehearsal.earned.iter().map(|one| (one.network_name.as_str(), one.sends, one.count)).collect()
    }

    #[test]
    fn each_event_counts_for_the_network_whose_click_earned_it() {
        let rule = Rule { trigger: Trigger::Repeatable, filter: None };
        let past = [
            bought(1, NOON, "9.99", "USD"),
            bought(1, NOON - DAY, "5", "EUR"),
            bought(2, NOON, "20", "USD"),
            bought(3, NOON, "1", "USD"),
            bought(4, NOON, "no", "USD"),
        ];
        let clicks = [
            click(1, "tiktok", "ttclid", NOON - 2 * DAY),
            click(1, "meta", "fbclid", NOON - DAY / 2),
            click(2, "x", "twclid", NOON - DAY),
            click(3, "reddit", "utm", NOON - DAY),
            click(4, "google", "gclid", NOON - 31 * DAY),
        ];
        let told = rehearse(&rule, &past, &clicks);
        assert_eq!((told.events, told.counted, told.with_click()), (5, 5, 3));
        assert_eq!(earned(&told), [("Meta Ads", true, 1), ("TikTok Ads", true, 1), ("X Ads", false, 1)]);
        assert_eq!(told.worth, [Amount::of("EUR", 5_000_000), Amount::of("USD", 30_990_000)]);
        assert_eq!(told.earned[1].worth, [Amount::of("EUR", 5_000_000)]);
        assert_eq!(told.latest, []);
    }

    #[test]
    fn once_per_player_the_first_that_passes_counts() {
        let filter = Filter { property: "value".into(), operator: Operator::AtLeast, value: "10".into() };
        let rule = Rule { trigger: Trigger::OncePerPlayer, filter: Some(filter) };
        let past = [
            bought(1, NOON, "30", "USD"),
            bought(2, NOON, "9.99", "USD"),
            bought(1, NOON - DAY, "10.00", "USD"),
            bought(1, NOON - 2 * DAY, "9", "USD"),
        ];
        let told = rehearse(&rule, &past, &[click(1, "tiktok", "ttclid", NOON - DAY)]);
        assert_eq!((told.events, told.counted, earned(&told)), (4, 1, vec![("TikTok Ads", true, 1)]));
        assert_eq!(told.worth, [Amount::of("USD", 10_000_000)]);
        assert_eq!(
            told.latest.iter().map(|one| (one.value.as_deref(), one.passes)).collect::<Vec<_>>(),
            [(Some("30"), true), (Some("9.99"), false), (Some("10.00"), true), (Some("9"), false)]
        );
    }

    #[test]
    fn who_is_not_known_counts_each_time_and_for_nobody() {
        let rule = Rule { trigger: Trigger::OncePerPlayer, filter: None };
        let nobody = Past { player_id: None, ..bought(1, NOON, "1", "USD") };
        let told = rehearse(&rule, &[nobody.clone(), nobody], &[]);
        assert_eq!((told.counted, told.with_click()), (2, 0));
    }
}

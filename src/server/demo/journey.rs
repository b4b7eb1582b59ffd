//! PURE: what one made-up player of the sample game does, as messages of the audience API with the second at which each is sent.

use crate::model::Millis;
use rand::Rng;
use serde_json::{Value, json};
use uuid::Uuid;

/// Site of the sample game; no such host exists.
const SITE: &str = "https://sample-game.test";
const AGENTS: &[&str] = &[
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Safari/605.1.15",
    "Mozilla/5.0 (Linux; Android 16; Pixel 10) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Mobile Safari/537.36",
];
const PRICES: &[(&str, &str, &str)] = &[
    ("4.99", "USD", "starter_pack"),
    ("9.99", "USD", "ember_sword"),
    ("12.99", "EUR", "season_pass"),
    ("19.99", "USD", "founders_pack"),
    ("49.99", "USD", "collectors_pack"),
];

/// How the player came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Came {
    TikTok,
    Meta,
    Google,
    Reddit,
    X,
    RedditWithoutClickId,
    Organic,
}

/// A message with the second of the journey in which it is sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub second: u64,
    pub message: Value,
}

/// One player's way from the landing page into the game; steps are in order of time.
pub fn journey(rng: &mut impl Rng, start: Millis) -> Vec<Step> {
    let came = match rng.random_range(0..100) {
        0..22 => Came::TikTok,
        22..40 => Came::Meta,
        40..57 => Came::Google,
        57..72 => Came::Reddit,
        72..79 => Came::X,
        79..84 => Came::RedditWithoutClickId,
        _ => Came::Organic,
    };
    let player = Player::new(rng, came, start);
    let mut steps = vec![player.page(0)];
    let mut second = rng.random_range(2..6);
    if rng.random_ratio(1, 2) {
        steps.push(player.track(second, "wishlist_add", json!({ "game_id": "sample-game", "platform": "steam" }), "web"));
        second += rng.random_range(1..5);
    }
    if player.full {
        steps.push(player.identify(second));
        second += rng.random_range(1..4);
        if rng.random_ratio(1, 3) {
            steps.push(player.track(second, "email_acquired", json!({ "source": "newsletter" }), "web"));
            second += rng.random_range(1..4);
        }
    }
    steps.push(player.track(second, "game_launch", json!({ "platform": "Windows", "version": "1.4.2" }), "unity"));
    for _ in 0..rng.random_range(0..3) {
        second += rng.random_range(2..10);
        let (value, currency, item) = PRICES[rng.random_range(0..PRICES.len())];
        // One studio in a hundred writes money with a comma: sent without its value, and the page says why.
        let value = if rng.random_ratio(1, 40) { value.replace('.', ",") } else { value.to_owned() };
        let properties = json!({ "currency": currency, "value": value, "item_id": item, "quantity": 1 });
        steps.push(player.track(second, "purchase", properties, "unity"));
    }
    steps
}

struct Player {
    anonymous_id: String,
    device_id: String,
    user_id: String,
    full: bool,
    landing: String,
    agent: &'static str,
    start: Millis,
}

impl Player {
    fn new(rng: &mut impl Rng, came: Came, start: Millis) -> Self {
        let number: u32 = rng.random_range(10_000..99_999);
        let query = match came {
            Came::TikTok => format!("?utm_source=tiktok&utm_medium=paid_social&utm_campaign=launch&ttclid=E.C.P.{}", letters(rng, 40)),
            Came::Meta => format!("?utm_source=facebook&utm_medium=paid_social&utm_campaign=launch&fbclid=IwZXh0bg{}", letters(rng, 48)),
            Came::Google => format!("?utm_source=google&utm_medium=cpc&utm_campaign=launch&gclid=Cj0KCQiA{}", letters(rng, 60)),
            Came::Reddit => format!("?utm_source=reddit&utm_medium=cpc&utm_campaign=strategy&rdt_cid={}", letters(rng, 22)),
            Came::X => format!("?utm_source=x&utm_medium=cpc&twclid={}", letters(rng, 26)),
            Came::RedditWithoutClickId => "?utm_source=reddit&utm_medium=cpc&utm_campaign=strategy".to_owned(),
            Came::Organic => String::new(),
        };
        Self {
            anonymous_id: uuid(rng),
            device_id: uuid(rng),
            user_id: format!("player-{number}"),
            full: came == Came::RedditWithoutClickId || rng.random_ratio(3, 5),
            landing: format!("{SITE}/{query}"),
            agent: AGENTS[rng.random_range(0..AGENTS.len())],
            start,
        }
    }

    fn page(&self, second: u64) -> Step {
        self.step(second, json!({ "type": "page", "surface": "pixel", "properties": { "landing_page": self.landing } }))
    }

    /// The game's log-in ties browser and device to one user.
    fn identify(&self, second: u64) -> Step {
        let message = json!({
            "type": "identify", "surface": "web", "userId": self.user_id, "identityType": "custom", "deviceId": self.device_id,
            "traits": { "email": format!("{}@players.test", self.user_id) },
        });
        self.step(second, message)
    }

    fn track(&self, second: u64, event: &str, properties: Value, surface: &str) -> Step {
        let mut message = json!({ "type": "track", "surface": surface, "eventName": event, "properties": properties });
        if self.full && surface == "unity" {
            message["userId"] = json!(self.user_id);
            message["identityType"] = json!("custom");
            message["deviceId"] = json!(self.device_id);
        }
        self.step(second, message)
    }

    fn step(&self, second: u64, mut message: Value) -> Step {
        let time = self.start + i64::try_from(second).expect("a journey is short") * 1_000;
        message["messageId"] = json!(Uuid::now_v7());
        message["eventTimestamp"] = json!(jiff::Timestamp::from_millisecond(time).expect("a time of this century").to_string());
        message["consentLevel"] = json!(if self.full { "full" } else { "anonymous" });
        message["anonymousId"] = json!(self.anonymous_id);
        message["context"] = json!({
            "library": "postbacks-demo", "libraryVersion": env!("CARGO_PKG_VERSION"), "pageUrl": self.landing, "userAgent": self.agent,
        });
        Step { second, message }
    }
}

fn letters(rng: &mut impl Rng, length: usize) -> String {
    (0..length).map(|_| char::from(rng.sample(rand::distr::Alphanumeric))).collect()
}

fn uuid(rng: &mut impl Rng) -> String {
    uuid::Builder::from_random_bytes(rng.random()).into_uuid().to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand::rngs::StdRng;
    use std::collections::BTreeSet;

    #[test]
    fn journeys_show_every_way_to_come_and_keep_the_order_of_time() {
        let mut rng = StdRng::seed_from_u64(7);
        let journeys: Vec<_> = (0..300).map(|_| journey(&mut rng, 1_795_000_000_000)).collect();
        for steps in &journeys {
            assert_eq!(steps[0].message["type"], "page");
            assert!(steps.is_sorted_by_key(|step| step.second));
        }
        let landings: Vec<String> = journeys.iter().map(|steps| steps[0].message["context"]["pageUrl"].to_string()).collect();
        for part in
            ["ttclid=", "fbclid=", "gclid=Cj0", "rdt_cid=", "twclid=", "utm_medium=cpc&utm_campaign=strategy\"", "sample-game.test/\""]
        {
            assert!(landings.iter().any(|landing| landing.contains(part)), "{part}");
        }
        let kinds: BTreeSet<String> = journeys.iter().flatten().map(|step| step.message["type"].to_string()).collect();
        assert_eq!(kinds.len(), 3);
    }

    #[test]
    fn who_allowed_less_gives_no_user_id() {
        let mut rng = StdRng::seed_from_u64(8);
        for step in (0..200).flat_map(|_| journey(&mut rng, 0)).filter(|step| step.message["consentLevel"] == "anonymous") {
            assert!(step.message.get("userId").is_none() && step.message.get("traits").is_none());
        }
    }
}

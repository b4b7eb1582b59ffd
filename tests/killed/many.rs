//! Several of the real program on one PostgreSQL: they start at once, share the work, and one that is killed loses and doubles nothing.

use crate::house::House;
use crate::networks::Networks;
use crate::place::Place;
use crate::players::Players;
use crate::serving::Serving;
use crate::{SEED_VARIABLE, within};
use leptos::server_fn::ServerFn;
use postbacks::server::db::Db;
use postbacks::web::integrations::changes::SwitchSending;
use postbacks::web::sign_in::api::SignIn;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use std::collections::HashSet;

fn server() -> String {
    std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`")
}

#[tokio::test(flavor = "multi_thread")]
async fn of_three_processes_one_is_killed_and_one_joins_and_nothing_is_lost_or_doubled() {
    let seed = std::env::var(SEED_VARIABLE).map_or_else(|_| rand::random(), |seed| seed.parse().expect("a seed is a number"));
    println!("{SEED_VARIABLE}={seed}");
    let mut rng = StdRng::seed_from_u64(seed);
    let networks = Networks::start().await;
    let house = House::found(&server(), &networks).await;
    let players = Players::start(house.key, rng.random());
    let (one, mut two, three) = tokio::join!(house.serve(), house.serve(), house.serve());
    players.meet_any(&[&one.origin, &two.origin, &three.origin]);
    within("all three work", async {
        players.answered(rng.random_range(60..120)).await;
        networks.called(rng.random_range(20..60)).await;
    })
    .await;
    two.kill();
    let held = house.leases().await;
    players.meet_any(&[&one.origin, &three.origin]);
    within("the others go on", players.answered(rng.random_range(20..60))).await;
    let four = house.serve().await;
    players.meet_any(&[&one.origin, &three.origin, &four.origin]);
    within("with a new one", players.answered(rng.random_range(40..80))).await;

    let acknowledged = within("all players are heard", players.finish()).await;
    let expected: HashSet<String> = acknowledged.iter().map(|purchase| house.dedup_id(*purchase)).collect();
    within("only what the dead held is left", house.let_the_dead_go(&held)).await;
    within("the queue is empty", house.nothing_is_queued()).await;
    for serving in [one, three, four] {
        within("it stops in order", serving.stop()).await;
    }
    let set_aside = house.check_the_books(expected.len()).await;
    house.leave().await;
    assert!(set_aside.is_empty(), "nothing is suspected after one death: {set_aside:?}");
    let received = networks.received();
    let held: HashSet<String> = held.into_iter().map(|(id, _)| id).collect();
    let (arrived, wanted): (HashSet<&String>, HashSet<&String>) = (received.keys().collect(), expected.iter().collect());
    assert_eq!(arrived, wanted, "all arrived, and nothing under a second id");
    for (id, one) in &received {
        assert_eq!(one.counted, 1, "{id} counts once");
        assert!(one.times <= 1 + usize::from(held.contains(id)), "{id} was sent {} times", one.times);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_that_start_at_once_on_an_empty_database_all_come_up() {
    let networks = Networks::start().await;
    let house = House::found(&server(), &networks).await;
    let (settings, place, url) = house.settings_for_nobody().await;
    let start = || within("it starts", Serving::start(&settings));
    let (one, two, three) = tokio::join!(start(), start(), start());
    for serving in [&one, &two, &three] {
        assert_eq!(reqwest::get(format!("{}/readyz", serving.origin)).await.unwrap().status().as_u16(), 200);
    }
    for serving in [one, two, three] {
        within("it stops in order", serving.stop()).await;
    }
    Place::remove(place, Db::open(&url).await.unwrap()).await;
    house.leave().await;
}

/// Both hold some of what is due; the one that is not asked gives it back too.
#[tokio::test(flavor = "multi_thread")]
async fn what_is_switched_off_in_one_process_is_off_in_the_other() {
    let networks = Networks::start().await;
    let house = House::found(&server(), &networks).await;
    let players = Players::start(house.key, 7);
    let (one, two) = tokio::join!(house.serve(), house.serve());
    let owner = Owner::signs_in(&one.origin).await;
    networks.slow_down().await;
    players.meet_any(&[&one.origin, &two.origin]);
    within("both are busy", house.hold(6)).await;
    for network in ["tiktok", "reddit"] {
        owner.switch(network, false).await;
    }
    within("nobody holds anything", house.hold(0)).await;
    let calls = networks.calls();
    within("players go on", players.answered(20)).await;
    assert_eq!(networks.calls(), calls, "and nothing goes out");
    for network in ["tiktok", "reddit"] {
        owner.switch(network, true).await;
    }
    within("it goes on", networks.called(4)).await;
    let acknowledged = within("all players are heard", players.finish()).await;
    for serving in [one, two] {
        within("it stops in order", serving.stop()).await;
    }
    assert!(acknowledged.len() > 20);
    house.leave().await;
}

/// In a browser at one of the processes.
struct Owner {
    http: reqwest::Client,
    origin: String,
    cookie: String,
}

impl Owner {
    async fn signs_in(origin: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
        let mut owner = Self { http, origin: origin.to_owned(), cookie: String::new() };
        let answer = owner.post(SignIn::PATH, &[("email", crate::house::EMAIL), ("password", crate::house::PASSWORD), ("next", "")]).await;
        let cookies = answer.headers().get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap().split(';').next().unwrap());
        owner.cookie = cookies.collect::<Vec<_>>().join("; ");
        owner
    }

    async fn switch(&self, network: &str, on: bool) {
        let answer = self.post(SwitchSending::PATH, &[("game", "emberfall"), ("network", network), ("enabled", &on.to_string())]).await;
        let location = answer.headers().get("location").expect("it leads back").to_str().unwrap();
        assert!(!location.contains("__err"), "{location}");
    }

    async fn post(&self, path: &str, fields: &[(&str, &str)]) -> reqwest::Response {
        let request =
            self.http.post(format!("{}{path}", self.origin)).header("accept", "text/html").header("sec-fetch-site", "same-origin");
        let request = request.header("referer", format!("{}/games", self.origin));
        let answer = request.header("cookie", &self.cookie).form(fields).send().await.unwrap();
        assert!(answer.status().is_redirection(), "{} {:?}", answer.status(), answer.text().await);
        answer
    }
}

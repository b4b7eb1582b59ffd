//! What the real program does when its database can keep nothing: it stays up, says so once, refuses what it cannot promise, and goes on by
//! itself when it can.

use crate::client::Client;
use crate::house::House;
use crate::networks::Networks;
use crate::place;
use crate::serving::Serving;
use crate::way::Way;
use crate::within;
use std::process::{Command, Stdio};

/// More than a new database and less than a little traffic.
const LITTLE_KIB: usize = 2 * 1024;

/// What was acknowledged is there, and of the trouble the log says one clear line, and once more each minute.
async fn check(serving: Serving, house: House, acknowledged: i64) {
    let mut complaints = serving.complaints().await;
    // The driver has words of its own for a connection that broke.
    complaints.retain(|line| line.contains("postbacks::"));
    assert!((1..=4).contains(&complaints.len()), "{complaints:#?}");
    assert!(complaints.iter().any(|line| line.contains("the database cannot keep anything just now")), "{complaints:#?}");
    assert_eq!(house.messages().await, acknowledged);
    house.leave().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_once_refused_with_503_and_forgotten_when_there_is_room() {
    let networks = Networks::start().await;
    let house = House::found(env!("CARGO_TARGET_TMPDIR"), &networks).await;
    let serving = within("it starts", Serving::confined(&house.settings(), LITTLE_KIB)).await;
    let mut client = Client::of(&serving, &house);
    assert_eq!(client.post().await.0, 200);
    client.is_refused().await;
    serving.let_grow();
    client.is_taken().await;
    check(serving, house, client.acknowledged).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_is_gone_for_a_while_is_said_once_refused_with_503_and_used_again() {
    let server = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`");
    let networks = Networks::start().await;
    let house = House::found(&server, &networks).await;
    let way = Way::to(house.server()).await;
    let serving = within("it starts", Serving::listened_to(&house.settings_by_way_of(way.port))).await;
    let mut client = Client::of(&serving, &house);
    assert_eq!(client.post().await.0, 200);
    way.set(false);
    let retry_after = within("it refuses", client.posts_until(503)).await;
    assert!(retry_after.is_some());
    assert_eq!((client.status("/readyz").await, client.status("/healthz").await), (503, 200));
    way.set(true);
    client.is_taken().await;
    check(serving, house, client.acknowledged).await;
}

/// Files that nobody may change, root and who holds them open included, until this is dropped.
struct Unchangeable(Vec<String>);

impl Unchangeable {
    /// None where the file system or the system's rights do not allow such a thing.
    fn made(files: Vec<String>) -> Option<Self> {
        let made = Self(files);
        made.set("+i").then_some(made)
    }

    fn set(&self, attribute: &str) -> bool {
        let asked = Command::new("chattr").arg(attribute).args(&self.0).stderr(Stdio::null()).status();
        asked.is_ok_and(|done| done.success())
    }
}

impl Drop for Unchangeable {
    fn drop(&mut self) {
        self.set("-i");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_is_made_read_only_is_said_once_refused_with_503_and_used_again() {
    let networks = Networks::start().await;
    let house = House::found(env!("CARGO_TARGET_TMPDIR"), &networks).await;
    let serving = within("it starts", Serving::listened_to(&house.settings())).await;
    let mut client = Client::of(&serving, &house);
    assert_eq!(client.post().await.0, 200);
    let files = house.files();
    if let Some(unchangeable) = Unchangeable::made(files) {
        let retry_after = within("it refuses", client.posts_until(503)).await;
        assert!(retry_after.is_some());
        assert_eq!((client.status("/readyz").await, client.status("/healthz").await), (503, 200));
        drop(unchangeable);
        client.is_taken().await;
        check(serving, house, client.acknowledged).await;
    } else {
        println!("not tried: files cannot be made unchangeable here");
        serving.stop().await;
        house.leave().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_turns_read_only_is_said_once_refused_with_503_and_used_again() {
    let server = std::env::var("TEST_DATABASE_URL").expect("TEST_DATABASE_URL is not set: run `make test`");
    let networks = Networks::start().await;
    let house = House::found(&server, &networks).await;
    let serving = within("it starts", Serving::listened_to(&house.settings())).await;
    let mut client = Client::of(&serving, &house);
    assert_eq!(client.post().await.0, 200);
    // As after a change of the server that leads: old sessions end, and new ones may only read.
    let read_only = async |on: bool| {
        let name = house.name();
        place::run(&server, &format!("alter database {name} set default_transaction_read_only = {on}")).await;
        place::run(&server, &format!("select pg_terminate_backend(pid) from pg_stat_activity where datname = '{name}'")).await;
    };
    read_only(true).await;
    let retry_after = within("it refuses", client.posts_until(503)).await;
    assert!(retry_after.is_some());
    assert_eq!((client.status("/readyz").await, client.status("/healthz").await), (503, 200));
    read_only(false).await;
    client.is_taken().await;
    check(serving, house, client.acknowledged).await;
}

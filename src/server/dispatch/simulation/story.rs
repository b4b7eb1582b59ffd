//! What happens to the world besides the engine: conversions come, people act, the weather turns, processes die. All of it is drawn before
//! the first step, so that a change of the engine leaves the story as it is.

use super::network::{WEATHERS, Weather};
use crate::model::{DAY, HOUR, MINUTE, Millis, SECOND};
use rand::Rng;
use rand::rngs::StdRng;

/// How much happens, drawn once.
pub struct Story {
    pub one_file: bool,
    pub processes: usize,
    /// Of each connection: network and transport.
    pub connections: Vec<(&'static str, Option<&'static str>)>,
    pub most_per_call: usize,
    /// When calm begins: no more deaths, good weather, people set right what is wrong.
    pub calm: Millis,
    pub happenings: Vec<(Millis, Happens)>,
    /// One step in so many is a process's last.
    pub deadly: Option<u32>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Happens {
    Conversions {
        connection: usize,
        count: usize,
        kind: Kind,
        lives: Millis,
    },
    Weather(usize, Weather),
    Disable(usize),
    Enable(usize),
    /// The network takes the token no more.
    Expire(usize),
    /// Somebody signs in again: a new token.
    Reconnect(usize),
    Forbid(usize),
    Allow(usize),
    TryAgain(usize),
    Disconnect(usize),
    OtherTarget(usize),
    OtherTransport(usize),
    /// All that failed is sent again.
    Resend(usize),
    /// All that waits for its next try goes now.
    Hurry(usize),
    /// One that arrived is sent once more.
    Repeat(usize),
    Kill(usize),
    Stop(usize),
    Stall(usize, Millis),
    DatabaseAway(Millis),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Good,
    Bad,
    Poison,
}

const NETWORKS: [(&str, Option<&str>); 4] = [("tiktok", None), ("tiktok", None), ("google", None), ("google", Some("ads_api"))];

impl Story {
    pub fn drawn(rng: &mut StdRng) -> Self {
        let one_file = rng.random();
        let processes = if one_file { 1 } else { rng.random_range(1..4) };
        let count = rng.random_range(1..4);
        let connections: Vec<_> = (0..count).map(|_| NETWORKS[rng.random_range(0..NETWORKS.len())]).collect();
        let long = rng.random_ratio(1, 8);
        let calm = if long { rng.random_range(HOUR..5 * DAY) } else { rng.random_range(10 * SECOND..30 * MINUTE) };
        let mut happenings = Vec::new();
        for _ in 0..rng.random_range(1..12) {
            let kind = match rng.random_range(0..40) {
                0..4 => Kind::Bad,
                4 => Kind::Poison,
                _ => Kind::Good,
            };
            let count = match kind {
                Kind::Good if rng.random_ratio(1, 8) => rng.random_range(20..120),
                Kind::Good => rng.random_range(1..20),
                Kind::Bad | Kind::Poison => 1,
            };
            let lives = if rng.random_ratio(1, 10) { rng.random_range(SECOND..2 * HOUR) } else { rng.random_range(6 * DAY..27 * DAY) };
            let connection = rng.random_range(0..connections.len());
            happenings.push((rng.random_range(0..calm), Happens::Conversions { connection, count, kind, lives }));
        }
        for _ in 0..rng.random_range(0..14) {
            let (connection, process) = (rng.random_range(0..connections.len()), rng.random_range(0..processes));
            let happens = match rng.random_range(0..39) {
                0..10 => Happens::Weather(connection, WEATHERS[rng.random_range(0..WEATHERS.len())]),
                10 => Happens::Disable(connection),
                11 => Happens::Enable(connection),
                12..14 => Happens::Expire(connection),
                14..16 => Happens::Reconnect(connection),
                16 => Happens::Forbid(connection),
                17 => Happens::Allow(connection),
                18..20 => Happens::TryAgain(connection),
                20 => Happens::Disconnect(connection),
                21 => Happens::OtherTransport(connection),
                22..28 => Happens::Kill(process),
                28..30 => Happens::Stop(process),
                30 => Happens::Stall(process, rng.random_range(SECOND..3 * MINUTE)),
                31 => Happens::DatabaseAway(rng.random_range(SECOND..2 * MINUTE)),
                32 => Happens::OtherTarget(connection),
                33..35 => Happens::Resend(connection),
                35 => Happens::Hurry(connection),
                36..38 => Happens::Repeat(connection),
                _ => Happens::Stop(process),
            };
            happenings.push((rng.random_range(0..calm), happens));
        }
        happenings.sort_by_key(|(at, _)| *at);
        let deadly = rng.random_ratio(1, 3).then(|| rng.random_range(20..400));
        let most_per_call = if rng.random_ratio(1, 2) { rng.random_range(1..6) } else { usize::MAX };
        Self { one_file, processes, connections, most_per_call, calm, happenings, deadly }
    }
}

//! How many postbacks a second go from the queue to the network and into the log: dispatch, database and simulator on the same
//! machine, over real connections. SQLite in a file; where TEST_DATABASE_URL names a server PostgreSQL too, and the peer (`benches/peer`) if its
//! packages are installed (`make bench` sees to that). All take turns, run by run, so that what else the machine does troubles all alike.
//!
//! With `stored` it is measured whether delivery keeps its speed while the log grows.
//!
//! With `profile`, what each statement of PostgreSQL costs; with `flame`, what both processors do meanwhile.
//!
//! `cargo bench --bench dispatch [-- sqlite|postgres|peer] [-- stored|profile|flame] [-- quick]`

mod flame;
mod peer;
#[path = "../place.rs"]
mod place;
mod profile;
mod rig;
mod stored;
#[path = "../table.rs"]
mod table;

use peer::Peer;
use postbacks::server::now;
use postbacks::server::simulator::{self, State};
use rig::Rig;
use std::sync::Arc;
use table::Runs;

/// What is measured: events a call, postbacks a run. The peer sends one a call whatever it is compared with.
const LOADS: [(usize, usize); 2] = [(1, 20_000), (50, 100_000)];
const PEER: &str = "peer";
const STORED: &str = "stored";
const PROFILE: &str = "profile";
const FLAME: &str = "flame";
const PEERS_JOBS: usize = 20_000;

enum Runner {
    Ours(Box<Rig>),
    Peer(Box<Peer>),
}

struct Contender {
    name: &'static str,
    runner: Runner,
    rates: Runs,
}

#[tokio::main]
async fn main() {
    let words = table::words();
    let engines = place::engines();
    let asked = |name: &str| {
        !words.iter().any(|word| word == PEER || engines.iter().any(|(engine, _)| engine == word)) || words.iter().any(|word| word == name)
    };
    if words.iter().any(|word| word == STORED) {
        for (engine, server) in engines.iter().filter(|(engine, _)| asked(engine)) {
            stored::measure(engine, server).await;
        }
        return;
    }
    if words.iter().any(|word| word == FLAME) {
        for (engine, server) in engines.iter().filter(|(engine, _)| asked(engine)) {
            flame::measure(engine, server).await;
        }
        return;
    }
    if words.iter().any(|word| word == PROFILE) {
        let (_, server) = engines.iter().find(|(engine, _)| *engine == "postgres").expect("TEST_DATABASE_URL names a PostgreSQL");
        profile::measure(server).await;
        return;
    }
    table::head(&["postbacks a second, every attempt logged", "minimum / median / maximum", "of the peer"]);
    for (batch, count) in LOADS {
        let count = if table::quick() { count / 2 } else { count };
        let mut contenders = Vec::new();
        for (engine, server) in place::engines().into_iter().filter(|(engine, _)| asked(engine)) {
            contenders.push(Contender {
                name: engine,
                runner: Runner::Ours(Box::new(Rig::start(&server, simulate().await).await)),
                rates: Runs::default(),
            });
        }
        if let Some((_, server)) = engines.iter().find(|(engine, _)| *engine == "postgres").filter(|_| asked(PEER) && peer::installed()) {
            contenders.push(Contender {
                name: PEER,
                runner: Runner::Peer(Box::new(Peer::start(server, simulate().await).await)),
                rates: Runs::default(),
            });
        }
        for _ in 0..table::runs() {
            for contender in &mut contenders {
                contender.rates.0.push(match &mut contender.runner {
                    Runner::Ours(rig) => rig.run(batch, count).await,
                    Runner::Peer(peer) => peer.run(PEERS_JOBS).await,
                });
            }
        }
        let peers = contenders.iter().find(|contender| contender.name == PEER).map(|peer| peer.rates.median());
        for Contender { name, runner, rates } in contenders {
            let calls = if name == PEER { 1 } else { batch };
            let ratio = peers.map_or_else(|| "–".into(), |peers| format!("{:.1} x", rates.median() / peers));
            table::line(&[&format!("{name}, {calls} a call"), &rates.spread(), &ratio]);
            match runner {
                Runner::Ours(rig) => rig.stop().await,
                Runner::Peer(peer) => peer.stop().await,
            }
        }
    }
}

/// A simulator of its own for each, so that none finds another's ledger.
async fn simulate() -> (String, State) {
    let state = State::new(Arc::new(now), simulator::Limits { events: 10_000, body_bytes: 1 << 20, ids: 10_000 });
    let listen = "127.0.0.1:0".parse().expect("an address");
    let (address, _) = simulator::serve(listen, state.clone(), std::future::pending()).await.expect("the simulator listens");
    (format!("http://{address}"), state)
}

/// How many events the simulator has taken.
fn taken(state: &State) -> u64 {
    state.ledger().last().0
}

//! What both processors do while postbacks are sent: samples of all processes (`perf`) as a flame graph, and as a table by whose work it is.
//! Wants `perf` and inferno's programs, and the right to look at every process, as `make bench PART=flame` sees to.

use crate::rig::Rig;
use crate::{LOADS, simulate, table};
use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use tokio::process::Child;

/// Where the pictures go; samples and stacks stay beside the build.
const PICTURES: &str = "docs/flame";
const SAMPLES: &str = "target/flame";
/// Postbacks of a run: enough for some seconds.
const COUNT: usize = 100_000;
/// Samples a second of each processor; odd, so as not to keep step with timers.
const FREQUENCY: &str = "249";
/// Stacks of nested futures are deep.
const STACK: &str = "dwarf,16384";
/// Narrower frames, in hundredths of the whole, are not drawn.
const NARROWEST: &str = "0.5";

/// Whose work a stack is: the first row one of whose words it holds.
const WHOSE: &[(&str, &[&str])] = &[
    ("nobody's: a processor had nothing to do", &["swapper"]),
    ("PostgreSQL", &["postgres;", "postmaster;"]),
    ("SQLite's threads", &["sqlx-sqlite", "sqlite3"]),
    ("SQLite's log, written through to the disk", &["durable"]),
    ("the simulator", &["simulator::", "axum::", "hyper::server", "hyper::proto::h1::role::Server", "dispatcher::Server"]),
    ("the call: client, connections, sockets", &["reqwest::", "hyper_util::client", "hyper::client", "networks::http"]),
    ("the call: body and verdict", &["postbacks::server::networks"]),
    ("results, on their way to the database", &["dispatch::flush", "results::"]),
    ("the rest of dispatch, claims among it", &["postbacks::server::dispatch"]),
];
const OTHERS: &str = "the runtime, and others";
/// How a frame of the kernel ends.
const KERNEL: &str = "_[k]";

pub async fn measure(engine: &str, server: &str) {
    std::fs::create_dir_all(SAMPLES).expect("a folder for the samples");
    std::fs::create_dir_all(PICTURES).expect("a folder for the pictures");
    for (batch, _) in LOADS {
        let rig = Rig::start(server, simulate().await).await;
        rig.fill(COUNT).await;
        let name = format!("{engine}-{batch}");
        let samples = format!("{SAMPLES}/{name}.data");
        let perf = record(&samples);
        let rate = rig.send(batch, COUNT).await;
        end(perf).await;
        rig.stop().await;
        let about = format!("{engine}, {batch} a call: {} postbacks a second while samples were taken", table::number(rate));
        report(&about, &draw(&samples, &name, &about));
    }
}

fn record(samples: &str) -> Child {
    let mut perf = tokio::process::Command::new("perf");
    perf.args(["record", "--quiet", "--all-cpus", "--event", "cpu-clock", "--freq", FREQUENCY, "--call-graph", STACK, "--output", samples]);
    perf.kill_on_drop(true).spawn().expect("perf is installed (Debian: linux-perf)")
}

/// Asks perf to write down what it has.
async fn end(mut perf: Child) {
    let id = perf.id().expect("perf is still at work").to_string();
    Command::new("kill").args(["-INT", &id]).status().expect("a signal is sent");
    perf.wait().await.expect("perf ends");
}

/// Draws the picture and returns the stacks, a line each: frames from the outside in, divided by semicolons, and how many samples.
fn draw(samples: &str, name: &str, about: &str) -> String {
    let stacks = Path::new(SAMPLES).join(format!("{name}.stacks"));
    let mut script = Command::new("perf")
        .args(["script", "--no-inline", "--input", samples])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("perf runs");
    let folded = Command::new("inferno-collapse-perf")
        .arg("--kernel")
        .stdin(script.stdout.take().expect("its output"))
        .stdout(File::create(&stacks).expect("a file"))
        .status();
    assert!(folded.expect("inferno is installed (cargo install inferno)").success(), "the stacks are folded");
    script.wait().expect("perf ends");
    let picture = File::create(Path::new(PICTURES).join(format!("{name}.svg"))).expect("a file");
    let drawn = Command::new("inferno-flamegraph")
        .args(["--title", about, "--minwidth", NARROWEST, "--hash"])
        .stdin(File::open(&stacks).expect("the stacks"))
        .stdout(picture)
        .status();
    assert!(drawn.expect("inferno runs").success(), "the picture is drawn");
    std::fs::read_to_string(&stacks).expect("the stacks")
}

fn report(about: &str, stacks: &str) {
    // How many samples, and how many of them in the kernel.
    let mut found: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
    let mut all = 0;
    for (stack, count) in stacks.lines().filter_map(|line| line.rsplit_once(' ')) {
        let count: u64 = count.parse().expect("a number of samples");
        let whose = WHOSE.iter().find(|(_, words)| words.iter().any(|word| stack.contains(word))).map_or(OTHERS, |(whose, _)| *whose);
        let samples = found.entry(whose).or_default();
        samples.0 += count;
        samples.1 += if stack.ends_with(KERNEL) { count } else { 0 };
        all += count;
    }
    table::head(&[about, "of both processors", "of that in the kernel"]);
    let percent = |part: u64, whole: u64| format!("{:.1} %", part as f64 * 100.0 / whole.max(1) as f64);
    for whose in WHOSE.iter().map(|(whose, _)| *whose).chain([OTHERS]) {
        if let Some((samples, kernel)) = found.get(whose) {
            table::line(&[whose, &percent(*samples, all), &percent(*kernel, *samples)]);
        }
    }
}

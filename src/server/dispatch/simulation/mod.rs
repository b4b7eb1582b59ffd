//! The delivery engine in a world of its own: a virtual clock, networks that go by a script, tables that forget what was not committed,
//! processes that die at any step. The decisions are the engine's own (`core`, `judge`, `retry`, `breaker`, `pace`, `batch`, `sequel`,
//! `told`, `claim`); what is looked at after every step is in `check`. One number draws everything, so that a run can be told again.

mod asking;
mod books;
mod calls;
mod check;
#[cfg(test)]
mod conformance;
mod network;
mod people;
mod process;
mod store;
mod story;
#[cfg(test)]
mod tests;
mod world;

pub use world::{Told, World};

/// Plays the world of this seed to its end; with `trace`, every step is told.
pub fn play(seed: u64, trace: bool) -> Told {
    let played = std::panic::catch_unwind(|| World::new(seed, trace).play());
    played.unwrap_or_else(|_| Told { seed, fault: Some("it panicked".into()), ..Told::default() })
}

/// What is played for which seeds, for the program behind `make simulate`: `[seeds]`, or `one SEED` to have one told step by step. Whether
/// all went well.
pub fn main(arguments: &[String]) -> bool {
    if let [word, seed] = arguments
        && word == "one"
        && let Ok(seed) = seed.parse()
    {
        let told = play(seed, true);
        told.trace.iter().for_each(|line| println!("{line}"));
        println!("seed {seed}: {}", told.fault.as_deref().unwrap_or("nothing wrong"));
        return told.fault.is_none();
    }
    let seeds: u64 = arguments.first().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let begun = std::time::Instant::now();
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let parts: Vec<_> = (0..workers)
        .map(|worker| {
            std::thread::spawn(move || {
                (worker..seeds).step_by(workers as usize).map(|seed| play(seed, false)).fold(Sum::default(), Sum::with)
            })
        })
        .collect();
    let all = parts.into_iter().map(|part| part.join().expect("a fault is told, not thrown")).fold(Sum::default(), Sum::and);
    println!(
        "{seeds} seeds in {:.0} s: {} postbacks in {} calls over {} steps, {} kills, {} of healthy ones set aside",
        begun.elapsed().as_secs_f64(),
        all.postbacks,
        all.calls,
        all.steps,
        all.kills,
        all.set_aside,
    );
    for (seed, fault) in all.faults.iter().take(20) {
        println!("seed {seed}: {fault} (make simulate SEED={seed})");
    }
    if all.faults.len() > 20 {
        println!("and {} more", all.faults.len() - 20);
    }
    all.faults.is_empty()
}

#[derive(Default)]
struct Sum {
    postbacks: usize,
    calls: usize,
    steps: usize,
    kills: usize,
    set_aside: usize,
    faults: Vec<(u64, String)>,
}

impl Sum {
    fn with(mut self, told: Told) -> Self {
        self.postbacks += told.postbacks;
        self.calls += told.calls;
        self.steps += told.steps;
        self.kills += told.kills;
        self.set_aside += told.set_aside;
        self.faults.extend(told.fault.map(|fault| (told.seed, fault)));
        self
    }

    fn and(mut self, other: Self) -> Self {
        self.postbacks += other.postbacks;
        self.calls += other.calls;
        self.steps += other.steps;
        self.kills += other.kills;
        self.set_aside += other.set_aside;
        self.faults.extend(other.faults);
        self.faults.sort_unstable();
        self
    }
}

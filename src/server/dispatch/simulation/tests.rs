use super::play;

/// Enough for a bug that is not rare; `make simulate` plays a hundred thousand.
const SEEDS: u64 = 500;

#[test]
fn nothing_goes_wrong_in_any_world() {
    let workers = std::thread::available_parallelism().map_or(1, std::num::NonZero::get) as u64;
    let faults: Vec<String> = std::thread::scope(|scope| {
        let parts: Vec<_> = (0..workers)
            .map(|worker| {
                let seeds = (worker..SEEDS).step_by(usize::try_from(workers).unwrap());
                scope.spawn(move || {
                    seeds.filter_map(|seed| play(seed, false).fault.map(|fault| format!("seed {seed}: {fault}"))).collect::<Vec<_>>()
                })
            })
            .collect();
        parts.into_iter().flat_map(|part| part.join().unwrap()).collect()
    });
    assert!(faults.is_empty(), "{} of {SEEDS}; the first: {:#?}", faults.len(), &faults[..faults.len().min(10)]);
}

#[test]
fn a_world_is_the_same_each_time() {
    for seed in 0..20 {
        assert_eq!(play(seed, true).trace, play(seed, true).trace, "seed {seed}");
    }
}

//! Bytes of strangers against whoever reads them first. What is known to be good, and what was once found to be bad (the files under `fuzz/`, one
//! folder a target), is tried as it is and then mutated, by bytes and by what JSON is made of; what goes wrong is made smaller and kept as a
//! file, so that the ordinary tests try it for ever.
//!
//! Why not cargo-fuzz: it needs a nightly compiler, and a second build of everything with its instruments, for which the sanitisers have nothing
//! to find in code that takes input without `unsafe`. It would be guided by the code that an input reaches; the grammar stands in for that.

mod mutation;

use mutation::{Mutation, mutated, mutation};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestError, TestRunner};
use sha2::{Digest, Sha256};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// Inputs of each target in the ordinary tests; `make fuzz` goes on as long as it is told.
const CASES: u32 = 2_000;
const SECONDS_VARIABLE: &str = "POSTBACKS_FUZZ_SECONDS";
const MOST_MUTATIONS: usize = 6;

pub struct Target {
    pub name: &'static str,
    pub known: Vec<Vec<u8>>,
    /// Panics where something is wrong.
    pub check: fn(&[u8]),
}

impl Target {
    pub fn run(&self) {
        let mut corpus = self.known.clone();
        for (path, bytes) in self.kept() {
            assert!(catch_unwind(AssertUnwindSafe(|| (self.check)(&bytes))).is_ok(), "{} goes wrong", path.display());
            corpus.push(bytes);
        }
        corpus.iter().for_each(|bytes| (self.check)(bytes));
        let seconds = std::env::var(SECONDS_VARIABLE).ok().and_then(|text| text.parse().ok()).map(Duration::from_secs);
        let (begun, mut cases) = (Instant::now(), 0);
        loop {
            self.mutate(&corpus);
            cases += CASES;
            if seconds.is_none_or(|seconds| begun.elapsed() >= seconds) {
                break;
            }
        }
        println!("{}: {cases} inputs in {:.0} s, nothing wrong", self.name, begun.elapsed().as_secs_f64());
    }

    fn mutate(&self, corpus: &[Vec<u8>]) {
        let config = Config { cases: CASES, failure_persistence: None, max_shrink_iters: 4_000, ..Config::default() };
        let tried = TestRunner::new(config).run(&(any::<Index>(), vec(mutation(), 0..MOST_MUTATIONS)), |(of, mutations)| {
            let bytes = made(corpus, of, &mutations);
            catch_unwind(|| (self.check)(&bytes)).map_err(|_| TestCaseError::fail("it panicked"))
        });
        match tried {
            Ok(()) => {}
            Err(TestError::Fail(_, (of, mutations))) => {
                let bytes = made(corpus, of, &mutations);
                let path = self.folder().join(format!("found-{}", hex::encode(&Sha256::digest(&bytes)[..6])));
                std::fs::create_dir_all(self.folder()).unwrap();
                std::fs::write(&path, &bytes).unwrap();
                panic!("{}: kept as {}: {:?}", self.name, path.display(), String::from_utf8_lossy(&bytes));
            }
            Err(TestError::Abort(why)) => panic!("{}: {why}", self.name),
        }
    }

    fn folder(&self) -> PathBuf {
        PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("fuzz").join(self.name)
    }

    fn kept(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let files = std::fs::read_dir(self.folder()).into_iter().flatten();
        files.map(|file| file.unwrap().path()).map(|path| (path.clone(), std::fs::read(path).unwrap())).collect()
    }
}

fn made(corpus: &[Vec<u8>], of: Index, mutations: &[Mutation]) -> Vec<u8> {
    mutations.iter().fold(of.get(corpus).clone(), |bytes, mutation| mutated(bytes, mutation, corpus))
}

#[test]
fn what_goes_wrong_is_found() {
    let known = vec![br#"{"a": {"b": [1, 2, 3]}}"#.to_vec()];
    let check = |bytes: &[u8]| {
        let value: Option<serde_json::Value> = serde_json::from_slice(bytes).ok();
        assert!(value.is_none_or(|value| value.pointer("/a/b").is_none_or(|b| !b.is_string())));
    };
    let found = TestRunner::deterministic().run(&(any::<Index>(), vec(mutation(), 0..MOST_MUTATIONS)), |(of, mutations)| {
        let bytes = made(&known, of, &mutations);
        catch_unwind(|| check(&bytes)).map_err(|_| TestCaseError::fail("it panicked"))
    });
    assert!(found.is_err(), "a text in a place of numbers is a few mutations away");
}

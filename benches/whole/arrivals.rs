//! What came to the simulated networks, and when.

use postbacks::server::simulator::State;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::task::JoinHandle;
use uuid::Uuid;

/// Often enough that the simulator forgets nothing meanwhile.
const LOOK: Duration = Duration::from_millis(100);

/// Reads the simulator's ledger while it is written.
pub struct Arrivals {
    first: Arc<Mutex<HashMap<Uuid, i64>>>,
    pub count: Arc<AtomicU64>,
    over: Arc<AtomicBool>,
    reader: JoinHandle<()>,
}

impl Arrivals {
    pub fn watch(state: &State) -> Self {
        let (first, count, over) = (Arc::<Mutex<HashMap<Uuid, i64>>>::default(), Arc::<AtomicU64>::default(), Arc::<AtomicBool>::default());
        let mut last = state.ledger().last().0;
        let (state, into, counted, end) = (state.clone(), first.clone(), count.clone(), over.clone());
        let reader = tokio::spawn(async move {
            loop {
                let ends = end.load(Ordering::Relaxed);
                let new: Vec<(u64, i64, Uuid)> = {
                    let ledger = state.ledger();
                    let read = |id: &str| id.parse().unwrap_or_default();
                    ledger.events_after(last).map(|entry| (entry.n, entry.call.at, read(&entry.dedup_id))).collect()
                };
                if let Some((newest, ..)) = new.last() {
                    last = *newest;
                }
                {
                    let mut first = into.lock().expect("nobody panicked");
                    for (_, at, id) in new {
                        first.entry(id).or_insert(at);
                    }
                    counted.store(first.len() as u64, Ordering::Relaxed);
                }
                if ends {
                    return;
                }
                tokio::time::sleep(LOOK).await;
            }
        });
        Self { first, count, over, reader }
    }

    /// When each event came first.
    pub async fn end(self) -> HashMap<Uuid, i64> {
        self.over.store(true, Ordering::Relaxed);
        self.reader.await.expect("the reader ends");
        std::mem::take(&mut *self.first.lock().expect("nobody panicked"))
    }
}

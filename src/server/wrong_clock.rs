//! A clock that is wrong, for the test of what its jumps do: a development build reads from a file by how many milliseconds it is ahead. A
//! release has no such thing.

use crate::model::Millis;

#[cfg(not(debug_assertions))]
pub fn ahead() -> Millis {
    0
}

#[cfg(debug_assertions)]
pub fn ahead() -> Millis {
    followed::AHEAD.load(std::sync::atomic::Ordering::Relaxed)
}

#[cfg(debug_assertions)]
mod followed {
    use std::sync::LazyLock;
    use std::sync::atomic::{AtomicI64, Ordering};
    use std::time::Duration;

    /// Names the file; nothing is read where it is not set.
    const VARIABLE: &str = "POSTBACKS_WRONG_CLOCK_FILE";
    const EVERY: Duration = Duration::from_millis(10);

    pub static AHEAD: LazyLock<&'static AtomicI64> = LazyLock::new(|| {
        static NOW: AtomicI64 = AtomicI64::new(0);
        if let Ok(path) = std::env::var(VARIABLE) {
            std::thread::spawn(move || {
                loop {
                    let told = std::fs::read_to_string(&path).ok().and_then(|text| text.trim().parse().ok());
                    if let Some(ahead) = told {
                        NOW.store(ahead, Ordering::Relaxed);
                    }
                    std::thread::sleep(EVERY);
                }
            });
        }
        &NOW
    });
}

//! When a commit on SQLite is on the disk. Commits hand their pages to the system alone (`synchronous=NORMAL`); one thread has the system
//! write them out, for all who wait at once. So the next transaction works while the last one is on its way, and still nobody is answered
//! before what they were promised is durable.

use super::{Error, Result};
use std::fs::File;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use tokio::sync::{mpsc, oneshot};

/// The way to the thread; it ends with the last of these.
#[derive(Clone)]
pub struct Disk {
    asked: mpsc::UnboundedSender<oneshot::Sender<io::Result<()>>>,
}

impl Disk {
    /// For the write-ahead log of this database file.
    pub fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let (asked, waiting) = mpsc::unbounded_channel();
        std::thread::Builder::new()
            .name("durable".into())
            .spawn(move || run(&PathBuf::from(log), waiting))
            .expect("the system has a thread");
        Self { asked }
    }

    /// Returns when everything that was committed before this call is durable.
    pub async fn flush(&self) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(answer).map_err(|_| Error::WorkerCrashed)?;
        Ok(answered.await.map_err(|_| Error::WorkerCrashed)??)
    }
}

fn run(log: &Path, mut waiting: mpsc::UnboundedReceiver<oneshot::Sender<io::Result<()>>>) {
    let mut known = None;
    while let Some(first) = waiting.blocking_recv() {
        let mut all = vec![first];
        while let Ok(next) = waiting.try_recv() {
            all.push(next);
        }
        let done = write_out(log, &mut known);
        for answer in all {
            // Whoever does not wait any more need not know.
            drop(answer.send(done.as_ref().copied().map_err(|error| io::Error::new(error.kind(), error.to_string()))));
        }
    }
}

/// The log is opened anew each time: SQLite may have begun another file. A new one needs its name in the folder, too.
fn write_out(log: &Path, known: &mut Option<u64>) -> io::Result<()> {
    let file = File::open(log)?;
    file.sync_data()?;
    let number = file.metadata()?.ino();
    if *known != Some(number) {
        File::open(log.parent().unwrap_or(Path::new(".")))?.sync_all()?;
        *known = Some(number);
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_cannot_be_written_out_is_not_called_durable() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("postbacks.db");
        let disk = Disk::of(&database);
        assert!(matches!(disk.flush().await, Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound));
        std::fs::write(folder.path().join("postbacks.db-wal"), "frames").unwrap();
        disk.flush().await.unwrap();
    }
}

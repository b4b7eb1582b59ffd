//! When a commit on SQLite is on the disk. Commits hand their pages to the system alone (`synchronous=NORMAL`); one thread has the system
//! write them out, for all who wait at once. So the next transaction works while the last one is on its way, and still nobody is answered
//! before what they were promised is durable.
//!
//! A disk that fails once is in doubt: the system may have dropped the pages and call the next attempt a success. From then on nothing is
//! called durable, and no transaction begins, before the whole log has been written once more (`settle`).

use super::{Error, Result};
use std::fs::File;
use std::io;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use tokio::sync::{mpsc, oneshot};

/// What is read and written at a time of a log that is written once more.
const PIECE: usize = 1 << 20;

/// The way to the thread; it ends with the last of these.
#[derive(Clone)]
pub struct Disk {
    asked: mpsc::UnboundedSender<Wish>,
    doubt: Arc<AtomicBool>,
    #[cfg(test)]
    failing: Arc<std::sync::atomic::AtomicUsize>,
}

struct Wish {
    /// Everything, also what the system holds for written already.
    again: bool,
    answer: oneshot::Sender<io::Result<()>>,
}

impl Disk {
    /// For the write-ahead log of this database file.
    pub fn of(database: &Path) -> Self {
        let mut log = database.as_os_str().to_owned();
        log.push("-wal");
        let (asked, waiting) = mpsc::unbounded_channel();
        let doubt = Arc::new(AtomicBool::new(false));
        #[cfg(test)]
        let failing = Arc::default();
        let log = Log {
            path: log.into(),
            known: None,
            doubt: Arc::clone(&doubt),
            #[cfg(test)]
            failing: Arc::clone(&failing),
        };
        std::thread::Builder::new().name("durable".into()).spawn(move || run(log, waiting)).expect("the system has a thread");
        Self {
            asked,
            doubt,
            #[cfg(test)]
            failing,
        }
    }

    /// Returns when everything that was committed before this call is durable.
    pub async fn flush(&self) -> Result<()> {
        self.ask(false).await
    }

    /// Returns at once unless the disk is in doubt; else when the whole log is written once more. Nobody may write to the log meanwhile: the
    /// caller holds the writer.
    pub async fn settle(&self) -> Result<()> {
        if self.doubt.load(Ordering::Acquire) { self.ask(true).await } else { Ok(()) }
    }

    /// Somebody else had the system write the log out, and failed.
    pub fn doubt(&self) {
        self.doubt.store(true, Ordering::Release);
    }

    async fn ask(&self, again: bool) -> Result<()> {
        let (answer, answered) = oneshot::channel();
        self.asked.send(Wish { again, answer }).map_err(|_| Error::WorkerCrashed)?;
        Ok(answered.await.map_err(|_| Error::WorkerCrashed)??)
    }

    /// The next so many times that the system is to write something out, it fails.
    #[cfg(test)]
    pub fn fails(&self, times: usize) {
        self.failing.store(times, Ordering::Release);
    }
}

struct Log {
    path: PathBuf,
    /// The file that was last written out.
    known: Option<u64>,
    doubt: Arc<AtomicBool>,
    #[cfg(test)]
    failing: Arc<std::sync::atomic::AtomicUsize>,
}

fn run(mut log: Log, mut waiting: mpsc::UnboundedReceiver<Wish>) {
    while let Some(first) = waiting.blocking_recv() {
        let mut all = vec![first];
        while let Ok(next) = waiting.try_recv() {
            all.push(next);
        }
        // Whoever waits besides committed before the writer was taken for it.
        let done = if all.iter().any(|wish| wish.again) { log.write_again() } else { log.write_out() };
        for wish in all {
            // Whoever does not wait any more need not know.
            drop(wish.answer.send(done.as_ref().copied().map_err(|error| io::Error::new(error.kind(), error.to_string()))));
        }
    }
}

impl Log {
    /// The log is opened anew each time: SQLite may have begun another file. A new one needs its name in the folder, too.
    fn write_out(&mut self) -> io::Result<()> {
        if self.doubt.load(Ordering::Acquire) {
            return Err(io::Error::other("what was written before may not be on the disk"));
        }
        let file = File::open(&self.path)?;
        self.sync(&file)
    }

    /// The same bytes at the same places: to the system they are new, and its success then speaks for all of them.
    fn write_again(&mut self) -> io::Result<()> {
        let file = File::options().read(true).write(true).open(&self.path)?;
        let (mut piece, mut at) = (vec![0; PIECE], 0);
        loop {
            let length = file.read_at(&mut piece, at)?;
            if length == 0 {
                break;
            }
            file.write_all_at(&piece[..length], at)?;
            at += length as u64;
        }
        self.sync(&file)?;
        self.doubt.store(false, Ordering::Release);
        tracing::info!(bytes = at, "the write-ahead log is written once more, and the disk took it");
        Ok(())
    }

    fn sync(&mut self, file: &File) -> io::Result<()> {
        let done = self.try_sync(file);
        if done.is_err() {
            self.doubt.store(true, Ordering::Release);
        }
        done
    }

    fn try_sync(&mut self, file: &File) -> io::Result<()> {
        #[cfg(test)]
        if self.failing.fetch_update(Ordering::AcqRel, Ordering::Acquire, |times| times.checked_sub(1)).is_ok() {
            return Err(io::Error::other("the disk failed"));
        }
        file.sync_data()?;
        let number = file.metadata()?.ino();
        if self.known != Some(number) {
            File::open(self.path.parent().unwrap_or(Path::new(".")))?.sync_all()?;
            self.known = Some(number);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Db, is_away, within};
    use super::*;
    use crate::tests::engines;

    #[tokio::test]
    async fn what_cannot_be_written_out_is_not_called_durable() {
        let folder = tempfile::tempdir().unwrap();
        let database = folder.path().join("postbacks.db");
        let disk = Disk::of(&database);
        assert!(matches!(disk.flush().await, Err(Error::Io(error)) if error.kind() == io::ErrorKind::NotFound));
        std::fs::write(folder.path().join("postbacks.db-wal"), "frames").unwrap();
        disk.flush().await.unwrap();
    }

    #[tokio::test]
    async fn after_a_failure_nothing_is_durable_before_all_of_it_is_written_once_more() {
        let folder = tempfile::tempdir().unwrap();
        let log = folder.path().join("postbacks.db-wal");
        let frames: Vec<u8> = (0..3 * PIECE + 17).map(|at| (at % 251) as u8).collect();
        std::fs::write(&log, &frames).unwrap();
        let disk = Disk::of(&folder.path().join("postbacks.db"));
        disk.fails(2);
        assert!(disk.flush().await.is_err());
        assert!(disk.flush().await.is_err(), "the system would call this a success");
        assert!(disk.settle().await.is_err(), "it fails once more");
        assert!(disk.flush().await.is_err());
        disk.settle().await.unwrap();
        disk.flush().await.unwrap();
        assert_eq!(std::fs::read(&log).unwrap(), frames);
    }

    async fn put(db: &Db, name: &str) -> Result<()> {
        let mut tx = db.begin().await?;
        within!(&mut tx, c => sqlx::query("insert into instance (key, value) values ($1, '')").bind(name).execute(c).await.map(drop))?;
        tx.commit().await
    }

    #[tokio::test]
    async fn a_disk_that_fails_once_refuses_writes_until_all_that_is_seen_is_safe() {
        let db = engines::sqlite().await;
        let Db::Sqlite { disk, .. } = &db.db else { unreachable!("it is SQLite") };
        put(&db, "before").await.unwrap();
        disk.fails(3);
        let error = put(&db, "seen and not promised").await.unwrap_err();
        assert!(is_away(&error), "{error}");
        for _ in 0..2 {
            assert!(is_away(&put(&db, "not even begun").await.unwrap_err()));
        }
        put(&db, "after").await.unwrap();
        let Db::Sqlite { read, .. } = &db.db else { unreachable!("it is SQLite") };
        let names: Vec<(String,)> = sqlx::query_as("select key from instance where value = '' order by key").fetch_all(read).await.unwrap();
        assert_eq!(names.iter().map(|(name,)| name.as_str()).collect::<Vec<_>>(), ["after", "before", "seen and not promised"]);
        let (whole,): (String,) = sqlx::query_as("pragma integrity_check").fetch_one(read).await.unwrap();
        assert_eq!(whole, "ok");
    }
}

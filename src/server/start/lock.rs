//! One process owns a SQLite file: two that dispatch from it would send everything twice.

use super::CannotStart;
use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

/// Held as long as the value lives; the operating system lets go of it when the process ends, however it ends.
pub struct Lock {
    _file: File,
}

impl Lock {
    /// `<database>.lock` beside the file. The lock file itself stays: removing it would let two processes lock two files.
    pub fn take(database: &Path) -> Result<Self, CannotStart> {
        let mut name = database.as_os_str().to_owned();
        name.push(".lock");
        let path = std::path::PathBuf::from(name);
        let failed = |cause| CannotStart::Folder { path: path.clone(), cause };
        let file = OpenOptions::new().create(true).truncate(false).write(true).open(&path).map_err(failed)?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => Err(CannotStart::Locked { path: database.to_owned() }),
            Err(TryLockError::Error(cause)) => Err(failed(cause)),
        }
    }
}

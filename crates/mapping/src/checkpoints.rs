//! Checkpoints, kept in a file: when reading started, and the sequence number up to which each shard is done.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tempfile::NamedTempFile;
use thiserror::Error;

/// When reading started, and the sequence numbers up to which shards are done. The file is replaced atomically.
#[derive(Debug)]
pub struct Checkpoints {
    file: PathBuf,
    stored: Mutex<Stored>,
}

/// The contents of the file.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Stored {
    started: Option<Timestamp>,
    /// By shard.
    done: BTreeMap<String, String>,
}

/// The file cannot be read, parsed or written.
#[derive(Debug, Error)]
pub enum CheckpointError {
    /// The file cannot be read.
    #[error("the checkpoints in {0} cannot be read")]
    Read(PathBuf, #[source] io::Error),
    /// The file cannot be parsed.
    #[error("{0} does not contain checkpoints")]
    Malformed(PathBuf, #[source] serde_json::Error),
    /// The file cannot be written.
    #[error("the checkpoints cannot be written to {0}")]
    Write(PathBuf, #[source] io::Error),
}

impl Checkpoints {
    /// Reads the checkpoints from a file. Without the file there are none.
    ///
    /// # Errors
    /// [`CheckpointError`] if the file cannot be read or parsed.
    pub fn open(file: PathBuf) -> Result<Self, CheckpointError> {
        let stored = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| CheckpointError::Malformed(file.clone(), error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => Stored::default(),
            Err(error) => return Err(CheckpointError::Read(file, error)),
        };
        Ok(Self { file, stored: Mutex::new(stored) })
    }

    /// When reading started: `now` the first time, and that same time after a restart.
    ///
    /// # Errors
    /// [`CheckpointError::Write`] if the file cannot be replaced.
    pub fn start(&self, now: Timestamp) -> Result<Timestamp, CheckpointError> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        let started = *stored.started.get_or_insert(now);
        self.write(&stored)?;
        Ok(started)
    }

    /// The sequence number up to which a shard is done; `None` if none of it is.
    #[must_use]
    pub fn get(&self, shard: &str) -> Option<String> {
        self.stored.lock().unwrap_or_else(PoisonError::into_inner).done.get(shard).cloned()
    }

    /// Stores the sequence number up to which a shard is done.
    ///
    /// # Errors
    /// [`CheckpointError::Write`] if the file cannot be replaced.
    pub fn set(&self, shard: &str, sequence_number: &str) -> Result<(), CheckpointError> {
        let mut stored = self.stored.lock().unwrap_or_else(PoisonError::into_inner);
        stored.done.insert(shard.to_owned(), sequence_number.to_owned());
        self.write(&stored)
    }

    fn write(&self, stored: &Stored) -> Result<(), CheckpointError> {
        let write = || {
            let mut new = NamedTempFile::new_in(self.file.parent().unwrap_or(Path::new(".")))?;
            new.write_all(&serde_json::to_vec(stored)?)?;
            new.persist(&self.file)?;
            Ok(())
        };
        write().map_err(|error| CheckpointError::Write(self.file.clone(), error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoints_survive_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.json");
        let checkpoints = Checkpoints::open(file.clone()).unwrap();
        assert_eq!(checkpoints.get("a"), None);
        for (shard, number) in [("a", "1"), ("b", "2"), ("a", "3")] {
            checkpoints.set(shard, number).unwrap();
        }
        let reopened = Checkpoints::open(file).unwrap();
        assert_eq!(
            [reopened.get("a"), reopened.get("b"), reopened.get("c")],
            [Some("3".into()), Some("2".into()), None]
        );
    }

    #[test]
    fn the_start_stays_the_same_after_a_restart() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.json");
        let [first, later] =
            ["2026-11-23T05:00:00.123Z", "2026-11-23T06:00:00Z"].map(|time| time.parse().unwrap());
        assert_eq!(Checkpoints::open(file.clone()).unwrap().start(first).unwrap(), first);
        let reopened = Checkpoints::open(file.clone()).unwrap();
        reopened.set("a", "1").unwrap();
        assert_eq!(reopened.start(later).unwrap(), first);
        assert_eq!(Checkpoints::open(file).unwrap().start(later).unwrap(), first);
    }

    #[test]
    fn an_error_names_the_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("checkpoints.json");
        fs::write(&file, "{").unwrap();
        let error = Checkpoints::open(file.clone()).unwrap_err();
        assert!(error.to_string().contains(&file.display().to_string()), "{error}");
        let unwritable = Checkpoints::open(folder.path().join("none/checkpoints.json")).unwrap();
        assert!(matches!(unwritable.set("a", "1"), Err(CheckpointError::Write(..))));
    }
}

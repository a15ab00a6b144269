//! Checkpoints, kept in a file: the sequence number up to which each shard is done.

use std::{
    collections::BTreeMap,
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use tempfile::NamedTempFile;
use thiserror::Error;

/// The sequence numbers up to which shards are done. The file is replaced atomically.
#[derive(Debug)]
pub struct Checkpoints {
    file: PathBuf,
    done: Mutex<BTreeMap<String, String>>,
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
        let done = match fs::read(&file) {
            Ok(text) => serde_json::from_slice(&text)
                .map_err(|error| CheckpointError::Malformed(file.clone(), error))?,
            Err(error) if error.kind() == io::ErrorKind::NotFound => BTreeMap::new(),
            Err(error) => return Err(CheckpointError::Read(file, error)),
        };
        Ok(Self { file, done: Mutex::new(done) })
    }

    /// The sequence number up to which a shard is done; `None` if none of it is.
    #[must_use]
    pub fn get(&self, shard: &str) -> Option<String> {
        self.done.lock().unwrap_or_else(PoisonError::into_inner).get(shard).cloned()
    }

    /// Stores the sequence number up to which a shard is done.
    ///
    /// # Errors
    /// [`CheckpointError::Write`] if the file cannot be replaced.
    pub fn set(&self, shard: &str, sequence_number: &str) -> Result<(), CheckpointError> {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.insert(shard.to_owned(), sequence_number.to_owned());
        let write = || {
            let mut new = NamedTempFile::new_in(self.file.parent().unwrap_or(Path::new(".")))?;
            new.write_all(&serde_json::to_vec(&*done)?)?;
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

//! The functions that are measured, and the programs that each contender for one runs.

use std::{
    fmt, fs, io,
    path::{Path, PathBuf},
};

use clap::ValueEnum;
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

/// What a function does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum Function {
    /// Puts a like on the stream: `POST /likes`.
    Ingest,
    /// Reads the counts of 20 movies: `GET /likes`.
    Get,
    /// Counts a batch of likes.
    Update,
}

impl fmt::Display for Function {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Ingest => "ingest",
            Self::Get => "get",
            Self::Update => "update",
        })
    }
}

/// What a contender is compared as.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// The function that ships.
    Ours,
    /// The least that any function costs. Its answer is not checked.
    Floor,
    /// What an engineer would otherwise use.
    Peer,
}

/// A program for a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contender {
    /// Its name in the report.
    pub name: &'static str,
    /// What it does.
    pub function: Function,
    /// What it is compared as.
    pub kind: Kind,
    /// Where it is, relative to the repository: a zip, or a directory with `bootstrap`.
    pub path: &'static str,
}

const fn contender(name: &'static str, function: Function, kind: Kind, path: &'static str) -> Contender {
    Contender { name, function, kind, path }
}

/// The floor that only runs Lambda's runtime.
pub const NOTHING: &str = "floor-nothing";
/// The floor that makes one TLS request for each event.
pub const REQUEST: &str = "floor-request";

/// All contenders, in the order of the report.
pub const CONTENDERS: &[Contender] = &[
    contender("IngestLike", Function::Ingest, Kind::Ours, "target/lambda/ingest-like/bootstrap.zip"),
    contender(REQUEST, Function::Ingest, Kind::Floor, "target/lambda/floor-request/bootstrap.zip"),
    contender(NOTHING, Function::Ingest, Kind::Floor, "target/lambda/floor-nothing/bootstrap.zip"),
    contender("python-ingest", Function::Ingest, Kind::Peer, "target/bench/peers/python-ingest"),
    contender("node-ingest", Function::Ingest, Kind::Peer, "target/bench/peers/node-ingest"),
    contender("GetLikes", Function::Get, Kind::Ours, "target/lambda/get-likes/bootstrap.zip"),
    contender("UpdateCount", Function::Update, Kind::Ours, "target/lambda/update-count/bootstrap.zip"),
    contender("python-update", Function::Update, Kind::Peer, "target/bench/peers/python-update"),
    contender(
        "python-aggregate-update",
        Function::Update,
        Kind::Peer,
        "target/bench/peers/python-aggregate-update",
    ),
    contender(
        "python-powertools-update",
        Function::Update,
        Kind::Peer,
        "target/bench/peers/python-powertools-update",
    ),
    contender("node-update", Function::Update, Kind::Peer, "target/bench/peers/node-update"),
    contender(
        "node-aggregate-update",
        Function::Update,
        Kind::Peer,
        "target/bench/peers/node-aggregate-update",
    ),
    contender(
        "node-powertools-update",
        Function::Update,
        Kind::Peer,
        "target/bench/peers/node-powertools-update",
    ),
];

impl Contender {
    /// Whether it counts a like once when a batch is delivered twice.
    #[must_use]
    pub fn deduplicates(&self) -> bool {
        self.kind == Kind::Ours || self.name.contains("powertools")
    }

    /// Whether it writes once for each movie of a batch, so that larger batches hardly take longer.
    #[must_use]
    pub fn aggregates(&self) -> bool {
        self.kind == Kind::Ours || self.name.contains("aggregate")
    }
}

/// A program that is ready to be started.
#[derive(Debug)]
pub struct Program {
    /// Which it is.
    pub contender: Contender,
    /// The directory with `bootstrap`.
    pub directory: PathBuf,
    /// Holds the directory, if it was unpacked.
    _unpacked: Option<TempDir>,
}

impl Program {
    /// Unpacks a contender's zip, or finds its directory, in the repository at `root`.
    ///
    /// # Errors
    /// If it is not there, or has no `bootstrap`.
    pub fn of(contender: &Contender, root: &Path) -> io::Result<Self> {
        let path = root.join(contender.path);
        let (directory, unpacked) = if path.extension().is_some_and(|extension| extension == "zip") {
            let unpacked = tempfile::tempdir()?;
            let archive = fs::File::open(&path).map_err(|error| named(&path, &error))?;
            zip::ZipArchive::new(archive).and_then(|mut zip| zip.extract(unpacked.path()))?;
            (unpacked.path().to_owned(), Some(unpacked))
        } else {
            (path, None)
        };
        let bootstrap = directory.join("bootstrap");
        fs::metadata(&bootstrap).map_err(|error| named(&bootstrap, &error))?;
        Ok(Self { contender: contender.clone(), directory, _unpacked: unpacked })
    }
}

/// An error that names the file.
fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

#[cfg(test)]
mod tests {
    use std::{collections::BTreeSet, io::Write as _, os::unix::fs::PermissionsExt as _};

    use super::*;

    #[test]
    fn names_are_unique_and_each_function_has_one_of_ours() {
        let names: BTreeSet<_> = CONTENDERS.iter().map(|contender| contender.name).collect();
        assert_eq!(names.len(), CONTENDERS.len());
        let ours = CONTENDERS.iter().filter(|contender| contender.kind == Kind::Ours);
        let functions: Vec<_> = ours.map(|contender| contender.function).collect();
        assert_eq!(functions, [Function::Ingest, Function::Get, Function::Update]);
    }

    #[test]
    fn a_zip_is_unpacked_with_its_permissions_and_a_missing_one_is_named() {
        let root = tempfile::tempdir().unwrap();
        let contender = contender("test", Function::Get, Kind::Peer, "test.zip");
        let error = Program::of(&contender, root.path()).unwrap_err();
        assert!(error.to_string().contains("test.zip: No such file"), "{error}");

        let mut zip = zip::ZipWriter::new(fs::File::create(root.path().join("test.zip")).unwrap());
        let options = zip::write::SimpleFileOptions::default().unix_permissions(0o755);
        zip.start_file("bootstrap", options).unwrap();
        zip.write_all(b"#!/bin/sh\n").unwrap();
        zip.finish().unwrap();
        let program = Program::of(&contender, root.path()).unwrap();
        let mode = fs::metadata(program.directory.join("bootstrap")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o755);
    }
}

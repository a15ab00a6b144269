//! Likes that the archive may lack.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufRead, BufReader, BufWriter, Seek, Write},
};

use like::LikeEvent;
use tally::Tally;

/// Likes that the archive may lack, in a temporary file without a name: after an outage they can be many.
#[derive(Debug)]
pub(super) struct Candidates {
    file: BufWriter<File>,
    pub number: u64,
}

impl Candidates {
    pub(super) fn new() -> io::Result<Self> {
        Ok(Self { file: BufWriter::new(tempfile::tempfile()?), number: 0 })
    }

    pub(super) fn add(&mut self, like: &LikeEvent) -> io::Result<()> {
        self.number += 1;
        self.file.write_all(&like.encode()?)
    }

    /// Those that an archive lacks.
    pub(super) fn missing(
        &mut self,
        archive: &Tally,
    ) -> io::Result<impl Iterator<Item = io::Result<LikeEvent>>> {
        self.file.flush()?;
        self.file.get_mut().rewind()?;
        let lines = BufReader::new(self.file.get_ref()).split(b'\n');
        let all = lines.map(|line| LikeEvent::decode(&line?).map_err(io::Error::other));
        Ok(all.filter(|like| like.as_ref().map_or(true, |like| !archive.contains(like))))
    }

    /// How many likes of each movie an archive lacks.
    pub(super) fn missing_of_movies(&mut self, archive: &Tally) -> io::Result<BTreeMap<String, u64>> {
        let mut movies = BTreeMap::new();
        for like in self.missing(archive)? {
            *movies.entry(like?.movie_id.to_string()).or_default() += 1;
        }
        Ok(movies)
    }
}

//! The results of `queries/verify.sql`: a survey made by Athena.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use serde::Deserialize;
use thiserror::Error;

use super::{Likes, Survey};

/// A row of the results of `queries/verify.sql`.
#[derive(Debug, Deserialize)]
struct Row {
    /// None for the lines in which there is no like.
    movie_id: Option<String>,
    lines: u64,
    archived: u64,
    young: u64,
    settled: Timestamp,
}

/// The results of the query cannot be used.
#[derive(Debug, Error)]
pub(crate) enum SurveyError {
    #[error("{0} does not hold the results of queries/verify.sql")]
    Csv(PathBuf, #[source] csv::Error),
    #[error("{0} holds no rows, so it does not say which likes the query took for young")]
    Empty(PathBuf),
}

/// Reads the results of `queries/verify.sql`: the survey, and the time after which it calls likes young.
pub(crate) fn read_query_results(file: &Path) -> Result<(Survey, Timestamp), SurveyError> {
    let reader = csv::Reader::from_path(file);
    let rows = reader.and_then(|mut reader| reader.deserialize().collect::<Result<Vec<Row>, _>>());
    let rows = rows.map_err(|error| SurveyError::Csv(file.to_owned(), error))?;
    let settled = rows.first().map(|row| row.settled).ok_or_else(|| SurveyError::Empty(file.to_owned()))?;
    let mut survey = Survey::default();
    for Row { movie_id, lines, archived, young, .. } in rows {
        survey.lines += lines;
        match movie_id {
            Some(movie) => {
                survey.movies.insert(movie, Likes { archived, young });
            }
            None => survey.without_like += lines,
        }
    }
    Ok((survey, settled))
}

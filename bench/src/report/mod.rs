//! What a run writes: everything as JSON, tables in Markdown, and plots in SVG.

mod bars;
mod markdown;
mod plots;

use std::{fs, io, path::Path};

use thiserror::Error;

use crate::results::Results;

/// The report could not be written.
#[derive(Debug, Error)]
pub enum ReportError {
    /// A file could not be read or written.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// The results could not be read or written as JSON.
    #[error("results.json: {0}")]
    Json(#[from] serde_json::Error),
    /// A plot could not be drawn.
    #[error("a plot could not be drawn: {0}")]
    Plot(String),
    /// The documentation has no place for a table.
    #[error("docs/performance.md has no <!-- bench:{0} --> … <!-- /bench --> for a table")]
    NoPlace(&'static str),
}

/// Writes `results.json`.
///
/// # Errors
/// If the file cannot be written.
pub fn save(results: &Results, directory: &Path) -> Result<(), ReportError> {
    fs::create_dir_all(directory)?;
    fs::write(directory.join("results.json"), serde_json::to_string_pretty(results)? + "\n")?;
    Ok(())
}

/// Reads the `results.json` of the last run.
///
/// # Errors
/// If there is none, or it is of another version.
pub fn load(directory: &Path) -> Result<Results, ReportError> {
    Ok(serde_json::from_str(&fs::read_to_string(directory.join("results.json"))?)?)
}

/// Writes `performance.md` with all tables, and the plots.
///
/// # Errors
/// If a file cannot be written.
pub fn write(results: &Results, directory: &Path) -> Result<(), ReportError> {
    let sections = markdown::sections(results).into_iter().filter(|(_, text)| !text.is_empty());
    let text = sections.fold(String::new(), |page, (name, text)| page + "## " + name + "\n\n" + &text + "\n");
    fs::write(directory.join("performance.md"), text)?;
    for (name, svg) in plots::plots(results)? {
        fs::write(directory.join(format!("performance-{name}.svg")), svg)?;
    }
    Ok(())
}

/// Replaces the tables between their markers in `docs/performance.md`, and the plots in `docs/images`.
///
/// # Errors
/// If a marker is missing, or a file cannot be written.
pub fn update_docs(results: &Results, root: &Path) -> Result<(), ReportError> {
    let path = root.join("docs/performance.md");
    let mut page = fs::read_to_string(&path)?;
    for (name, table) in markdown::sections(results) {
        page = replaced(&page, name, &table).ok_or(ReportError::NoPlace(name))?;
    }
    fs::write(path, page)?;
    for (name, svg) in plots::plots(results)? {
        fs::write(root.join(format!("docs/images/performance-{name}.svg")), svg)?;
    }
    Ok(())
}

/// The page with other content between the markers of this name.
fn replaced(page: &str, name: &str, content: &str) -> Option<String> {
    let (before, rest) = page.split_once(&format!("<!-- bench:{name} -->\n"))?;
    let (_, after) = rest.split_once("<!-- /bench -->")?;
    let content = content.trim_end();
    let content = if content.is_empty() { String::new() } else { format!("\n{content}\n\n") };
    Some(format!("{before}<!-- bench:{name} -->\n{content}<!-- /bench -->{after}"))
}

/// The bars, as they are printed at the end of a run.
#[must_use]
pub fn summary(results: &Results) -> String {
    bars::bars(results).into_iter().fold(String::new(), |lines, bar| {
        let mark = if bar.is_met() { "met    " } else { "NOT MET" };
        format!("{lines}{mark}  {}: {} ({})\n", bar.what, bar.measured(), bar.limit())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_replaces_the_last_one_between_its_own_markers_alone() {
        let page = "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n<!-- bench:y -->\n<!-- /bench -->\n";
        let once = replaced(page, "y", "| new |\n").unwrap();
        assert_eq!(
            once,
            "a\n<!-- bench:x -->\nold\n<!-- /bench -->\nb\n<!-- bench:y -->\n\n| new |\n\n<!-- /bench -->\n"
        );
        assert_eq!(replaced(&once, "y", "| new |\n").unwrap(), once);
        assert_eq!(replaced(&once, "y", "").unwrap(), page);
        assert_eq!(replaced(page, "z", ""), None);
    }
}

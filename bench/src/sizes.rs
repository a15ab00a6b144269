//! The sizes of what is deployed.

use std::{fs, io, path::Path};

use crate::{contender::Program, results::Size};

/// The size of every program's zip, and of what is in it.
///
/// # Errors
/// If they cannot be read.
pub fn of(programs: &[Program], root: &Path) -> io::Result<Vec<Size>> {
    let sizes = programs.iter().map(|program| {
        let path = root.join(program.contender.path);
        let zip = if path.is_dir() { path.with_extension("zip") } else { path };
        Ok(Size {
            contender: program.contender.name.to_owned(),
            kind: program.contender.kind,
            managed_zip_bytes: fs::metadata(zip.with_extension("managed.zip")).ok().map(|zip| zip.len()),
            zip_bytes: fs::metadata(&zip).map(|zip| zip.len()).unwrap_or_default(),
            unpacked_bytes: size(&program.directory)?,
        })
    });
    sizes.collect()
}

fn size(path: &Path) -> io::Result<u64> {
    let metadata = fs::symlink_metadata(path)?;
    if !metadata.is_dir() {
        return Ok(metadata.len());
    }
    fs::read_dir(path)?.map(|entry| size(&entry?.path())).sum()
}

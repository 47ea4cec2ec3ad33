//! Where databases and logs of a run lie.

use crate::measure::machine;
use anyhow::{Context, Result};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

static MADE: AtomicUsize = AtomicUsize::new(0);

/// A folder that goes when the run ends.
pub struct Scratch {
    pub folder: PathBuf,
    keep: bool,
}

impl Scratch {
    /// Makes one in `parent`, else in the temporary folder.
    ///
    /// # Errors
    /// Where none can be made there.
    pub fn make(name: &str, parent: Option<&Path>, keep: bool) -> Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_path_buf);
        // A process may make several at the same time.
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        let folder = parent.join(format!("teamflow-{name}-{}-{number}", std::process::id()));
        std::fs::create_dir_all(&folder).with_context(|| format!("{} cannot be made", folder.display()))?;
        Ok(Self { folder: folder.canonicalize()?, keep })
    }

    /// A line that says what disk it lies on.
    ///
    /// # Errors
    /// Where no file can be written there.
    pub fn disk(&self) -> Result<String> {
        let us = machine::fdatasync_us(&self.folder)?;
        Ok(format!("databases on {}, fdatasync of 8 KiB {us:.0} us", machine::file_system(&self.folder)))
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        if self.keep {
            eprintln!("kept: {}", self.folder.display());
        } else {
            // What cannot be removed is only left lying in the temporary folder.
            let _ = std::fs::remove_dir_all(&self.folder);
        }
    }
}

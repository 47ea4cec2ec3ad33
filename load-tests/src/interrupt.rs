//! Ctrl-C ends the measuring, not the program: a run of hours is worth its report, and what was started has to be
//! stopped.

use anyhow::{Result, bail};
use signal_hook::consts::SIGINT;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

static ASKED: LazyLock<Arc<AtomicBool>> = LazyLock::new(Arc::default);

/// From now on.
///
/// # Errors
/// Where the system does not allow it.
pub fn listen() -> Result<()> {
    signal_hook::flag::register(SIGINT, ASKED.clone())?;
    Ok(())
}

/// Whether somebody wants it to end.
pub fn is_asked() -> bool {
    ASKED.load(Ordering::Relaxed)
}

/// Goes on unless somebody wants it to end.
///
/// # Errors
/// Where somebody does.
pub fn check() -> Result<()> {
    if is_asked() {
        bail!("ended by Ctrl-C");
    }
    Ok(())
}

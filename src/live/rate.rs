//! How many frames a connection may send: 100 a second, in bursts of 200; after 200 refusals in 10 s it is closed.

use std::time::{Duration, Instant};

const FRAMES_PER_SECOND: f64 = 100.0;
const FRAMES_BURST: f64 = 200.0;
const RATE_REJECTS_MAX: u32 = 200;
const RATE_REJECTS_WINDOW: Duration = Duration::from_secs(10);

/// A bucket of frames that fills by time, and a count of what it has refused.
pub struct Rate {
    frames: f64,
    filled_at: Instant,
    rejects: u32,
    rejects_since: Instant,
    is_on: bool,
}

impl Rate {
    pub fn new(is_on: bool) -> Self {
        let now = Instant::now();
        Self { frames: FRAMES_BURST, filled_at: now, rejects: 0, rejects_since: now, is_on }
    }

    /// Takes one frame; where there is none, the milliseconds until there will be.
    pub fn take(&mut self) -> Result<(), u64> {
        if !self.is_on {
            return Ok(());
        }
        let now = Instant::now();
        let filled = now.duration_since(self.filled_at).as_secs_f64() * FRAMES_PER_SECOND;
        self.frames = (self.frames + filled).min(FRAMES_BURST);
        self.filled_at = now;
        if self.frames >= 1.0 {
            self.frames -= 1.0;
            return Ok(());
        }
        Err(((1.0 - self.frames) / FRAMES_PER_SECOND * 1_000.0).ceil() as u64)
    }

    /// Counts a refusal. `true` where there were too many.
    pub fn reject(&mut self) -> bool {
        let now = Instant::now();
        if now.duration_since(self.rejects_since) > RATE_REJECTS_WINDOW {
            self.rejects = 0;
            self.rejects_since = now;
        }
        self.rejects += 1;
        self.rejects >= RATE_REJECTS_MAX
    }
}

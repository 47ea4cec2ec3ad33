//! A board: the document ([`state`]), what may be done to it ([`check`]), and the protocol around it ([`sequencer`]).

mod batch;
pub mod catch_up;
mod check;
mod check_column;
mod check_task;
pub mod commit;
pub mod event;
mod judge;
pub mod model;
pub mod op;
mod place;
mod queue;
mod recent;
pub mod refusal;
pub mod relay;
mod request;
pub mod sequencer;
mod stall;
mod state;
mod untold;

pub use check::{Context, Verdict};
pub use state::{Board, Touched};

#[cfg(test)]
mod check_tests;
#[cfg(test)]
mod desk_tests;
#[cfg(test)]
mod replay_tests;

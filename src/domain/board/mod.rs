//! A board: the document ([`state`]), and the protocol around it ([`sequencer`]).

pub mod commit;
pub mod event;
pub mod model;
pub mod op;

//! What writers do, and a record of every op.

mod book;
mod deck;
mod dice;

pub use book::{OpBook, OpName, OpRecord, Refused};
pub use deck::{Deck, Op, Snapshot};
pub use dice::Dice;

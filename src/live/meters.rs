//! What is counted for every op: looked up once, because a look-up costs more than the counting.

use crate::domain::board::op::OpKind;
use crate::protocol::code::Code;
use metrics::{Counter, Histogram, counter, histogram};
use std::sync::LazyLock;

/// The node's meters. First used when there is a recorder.
pub static METERS: LazyLock<Meters> = LazyLock::new(|| Meters {
    applied: OpKind::ALL
        .iter()
        .map(|kind| counter!("board_ops_total", "kind" => kind.name(), "outcome" => "applied"))
        .collect(),
    duration: histogram!("board_op_duration_seconds"),
    deliveries: counter!("board_fanout_deliveries_total"),
});

pub struct Meters {
    /// In the order of [`OpKind::ALL`].
    pub applied: Vec<Counter>,
    /// From an op's arrival to its answer, in seconds.
    pub duration: Histogram,
    pub deliveries: Counter,
}

/// Counts an op that was refused; these are few.
pub fn refused(kind: OpKind, code: Code) -> Counter {
    counter!("board_ops_total", "kind" => kind.name(), "outcome" => code.name())
}

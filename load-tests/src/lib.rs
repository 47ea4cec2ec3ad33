//! Simulated users for any TeamFlow deployment: they measure, and check while they measure.
//!
//! In reading order:

/// What is simulated: one module a scenario.
pub mod scenario;

/// Thousands of sessions on one thread.
pub mod swarm;
/// The WebSocket's framing and its upgrade, seen from the client.
pub mod ws;

/// Frames of the TeamFlow protocol, read without allocating.
pub mod wire;
/// What writers do: which task goes where, and a record of every op.
pub mod work;

/// What a run has to hold for it to count.
pub mod check;
/// Clocks, latencies, CPU, memory, the machine.
pub mod measure;

/// What a run found, as text and as JSON.
pub mod report;
/// The server under test and the users that `teamflow seed` made.
pub mod target;

/// The table of figures: starts the server and its database, runs every row.
pub mod bench;
/// The command line.
pub mod cli;
/// Many nodes: what a killed, a frozen, a restarted one costs its writers. Starts them itself.
pub mod nodes;

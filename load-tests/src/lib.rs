//! Simulated users for any TeamFlow deployment: they measure, and check while they measure.
//!
//! In reading order:

/// What is simulated: one module a scenario.
pub mod scenario;

/// Thousands of users: what each does, is told, and waits for.
pub mod crowd;
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

/// What a run found: as text, as JSON, as a page with charts.
pub mod report;
/// What is shown while a run goes on.
pub mod screen;
/// Conditions under which a run has failed.
pub mod threshold;

/// What Ctrl-C does.
pub mod interrupt;
/// One run by several processes.
pub mod processes;
/// Where a run takes place.
pub mod site;
/// A server that a run starts for itself.
pub mod started;
/// The server under test and its users.
pub mod target;
/// Users that are made through the API, and their tokens.
pub mod users;

/// The table of figures: starts the server and its database, runs every row.
pub mod bench;
/// The command line.
pub mod cli;
/// Many nodes: the same work on more of them, and what a killed, a frozen, a restarted one costs its writers.
pub mod nodes;
/// A scenario on a server, from the command line to the outcome.
pub mod on;

pub mod cpu;
pub mod latency;
pub mod machine;
pub mod memory;
pub mod meter;
pub mod timeline;

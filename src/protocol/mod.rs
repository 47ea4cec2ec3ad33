//! What crosses the wire: frames, bodies, codes, and how they are read within limits.

pub mod code;
pub mod codec;
pub mod decode;
pub mod frame;
pub mod peer;
pub mod rest;

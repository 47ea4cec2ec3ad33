pub mod frame;
pub mod upgrade;

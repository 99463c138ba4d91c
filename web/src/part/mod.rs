//! The components of the design reference, each producing the markup that its style sheet expects.

pub mod field;
pub mod icon;
pub mod state;
pub mod surface;
pub mod table;

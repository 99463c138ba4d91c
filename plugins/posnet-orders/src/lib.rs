//! What the two PosNet dialects share: how an order is numbered, how money and time are written, what the
//! codes mean, what an order's transactions come to, and how they stand in the bank's book. Yapı Kredi says it in XML, Albaraka in JSON.
//!
//! Sources: Yapı Kredi's PosNet XML document v2.1.1.3 as restated in our design notes, and the public vectors
//! of `mewebstudio/pos` (MIT).

pub mod codes;
pub mod lines;
pub mod number;
pub mod plan;
pub mod question;
pub mod row;
pub mod written;

//! Passwords, sessions, tokens, permissions, the card hold, the vault.
pub mod hold;

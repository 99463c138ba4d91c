//! Sipay.

//! The books against an independent model.

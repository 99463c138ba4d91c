//! Every bound of the system with its reason.

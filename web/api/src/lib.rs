//! web/api

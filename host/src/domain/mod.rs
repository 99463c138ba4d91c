//! Pure rules: no I/O, no async, no axum, sqlx or wasmtime.

//! Stub: being built.

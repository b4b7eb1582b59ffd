//! PURE: what a batch of messages changes. `decide(batch, facts) -> Changes`.

pub mod changes;
pub mod facts;

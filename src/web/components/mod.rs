//! The parts that pages are made of: semantic HTML, no script but the islands.

pub mod time;

//! Who is this player, on real databases: any order of arrival, several writers at once, and the pages that tell it.

mod erasing;
mod exported;
mod merging;
mod orders;
pub mod pages;
mod searching;
pub mod town;

//! Sending again by hand: the rule, the job, one alone, and the pages.

mod ground;
mod job;
mod one;
mod pages;
mod retries;
mod shared;

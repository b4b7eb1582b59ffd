//! Networks that count a conversion under something that people made there and that a goal is mapped to.

use super::{Answer, ConnectError, Destination, IdShape, Request, Settings};
use crate::model::action::ActionState;

/// What goals are mapped to, as the pages name it.
#[derive(Debug, Clone, Copy)]
pub struct ActionField {
    /// `Conversion action`
    pub noun: &'static str,
    pub id: IdShape,
    /// Why it is asked for, in a sentence.
    pub says: &'static str,
    /// Which of them can be chosen, in a sentence.
    pub choosable: &'static str,
    /// Click ids that count only under one that counts a click more than once, and what to do, in a sentence.
    pub repeated_only: &'static [&'static str],
    pub repeated_says: &'static str,
}

/// One of them, as the network lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Action {
    pub id: String,
    pub name: String,
    pub state: ActionState,
    /// Days after the click in which it counts; None where the network does not say.
    pub window_days: Option<i32>,
    /// It counts a click once at the most.
    pub once_per_click: bool,
}

/// A page of the list, with the cursor of the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Offered {
    pub list: Vec<Action>,
    pub next: Option<String>,
}

pub trait Actions: Send + Sync {
    /// A page of everything the target has, also what cannot be chosen (any more).
    fn list(&self, settings: &Settings, of: &Destination, cursor: Option<&str>) -> Request;
    fn read_list(&self, answer: &Answer) -> Result<Offered, ConnectError>;
}

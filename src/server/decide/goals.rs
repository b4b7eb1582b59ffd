//! Which goals does an event reach? An active goal with that event name whose filter passes; each makes a conversion of its own.

use super::decimal::Decimal;
use super::facts::{Message, MessageKind};
use crate::model::goal::{Filter, Goal, GoalStatus, Operator};
use serde_json::{Map, Value};
use std::cmp::Ordering;

/// Whether this message counts for the goal.
pub fn reached(goal: &Goal, message: &Message) -> bool {
    goal.status == GoalStatus::Active
        && goal.game_id == message.game_id
        && message.kind == MessageKind::Track
        && message.event_name.as_deref() == Some(goal.event.as_str())
        && goal.filter.as_ref().is_none_or(|filter| passes(filter, &message.properties))
}

/// Whether a property passes the test. Numbers, and texts that are numbers, compare as numbers; other texts to the letter. A property
/// that is missing, null or blank is not anything: it passes `is not` alone.
pub fn passes(filter: &Filter, properties: &Map<String, Value>) -> bool {
    let value = properties.get(&filter.property).filter(|value| says_something(value));
    let compare = || Decimal::parse(&text(value?)?).zip(Decimal::parse(&filter.value)).map(|(given, asked)| given.cmp(&asked));
    match filter.operator {
        Operator::Exists => value.is_some(),
        Operator::Is => value.is_some_and(|value| is(value, &filter.value)),
        Operator::IsNot => !value.is_some_and(|value| is(value, &filter.value)),
        Operator::GreaterThan => compare() == Some(Ordering::Greater),
        Operator::AtLeast => compare().is_some_and(Ordering::is_ge),
        Operator::LessThan => compare() == Some(Ordering::Less),
        Operator::AtMost => compare().is_some_and(Ordering::is_le),
        Operator::Contains => value.is_some_and(|value| contains(value, &filter.value)),
    }
}

fn is(value: &Value, asked: &str) -> bool {
    let Some(given) = text(value) else { return false };
    match (Decimal::parse(&given), Decimal::parse(asked)) {
        (Some(given), Some(asked)) => given == asked,
        _ => given.trim() == asked.trim(),
    }
}

/// A text within a text, or one of a list.
fn contains(value: &Value, asked: &str) -> bool {
    match value {
        Value::Array(list) => list.iter().any(|one| is(one, asked)),
        value => text(value).is_some_and(|given| given.contains(asked.trim())),
    }
}

fn says_something(value: &Value) -> bool {
    !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty())
}

/// Whether a text is a number, as filters read them.
pub fn is_number(text: &str) -> bool {
    Decimal::parse(text).is_some()
}

/// Texts, numbers (as they were written) and booleans as text; None for lists and objects.
pub fn text(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Bool(flag) => Some(flag.to_string()),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

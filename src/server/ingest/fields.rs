//! PURE: takes the fields of a message apart and collects what is wrong with each; an empty text counts as missing.

use super::answer::{Code, FieldError};
use serde_json::{Map, Value};
use std::borrow::Cow;
use std::fmt::Display;
use std::str::FromStr;

/// A message's object while its fields are taken out, with the errors found so far.
pub struct Fields {
    object: Map<String, Value>,
    /// What stands before a field's name in an error: empty, or `context.`
    within: &'static str,
    pub errors: Vec<FieldError>,
}

impl Fields {
    pub fn new(object: Map<String, Value>, within: &'static str) -> Self {
        Self { object, within, errors: Vec::new() }
    }

    pub fn wrong(&mut self, field: &'static str, code: Code, message: impl Into<String>) {
        let field = if self.within.is_empty() { Cow::Borrowed(field) } else { Cow::Owned(format!("{}{field}", self.within)) };
        self.errors.push(FieldError { field, code, message: message.into() });
    }

    pub fn missing(&mut self, field: &'static str) {
        self.wrong(field, Code::MissingRequiredField, format!("{field} is required."));
    }

    /// A text of at most `max` characters; None where it is absent, null, blank or wrong.
    pub fn text(&mut self, field: &'static str, max: usize) -> Option<String> {
        let value = self.object.remove(field)?;
        let text = match value {
            Value::Null => return None,
            Value::String(text) => text,
            _ => {
                self.wrong(field, Code::InvalidFormat, format!("{field} must be a string."));
                return None;
            }
        };
        if let Some(reason) = bad_text(&text, max) {
            self.wrong(field, Code::InvalidValue, format!("{field} {reason}."));
            return None;
        }
        Some(text).filter(|text| !text.trim().is_empty())
    }

    pub fn required_text(&mut self, field: &'static str, max: usize) -> Option<String> {
        let before = self.errors.len();
        let text = self.text(field, max);
        if text.is_none() && self.errors.len() == before {
            self.missing(field);
        }
        text
    }

    /// One of a closed set of words.
    pub fn word<T: FromStr + Display + PartialEq>(&mut self, field: &'static str, choices: &[T]) -> Option<T> {
        let text = self.text(field, usize::MAX)?;
        let word = text.parse().ok().filter(|word| choices.contains(word));
        if word.is_none() {
            let choices: Vec<String> = choices.iter().map(T::to_string).collect();
            self.wrong(field, Code::InvalidEnum, format!("{field} must be one of {}.", choices.join(", ")));
        }
        word
    }

    pub fn required_word<T: FromStr + Display + PartialEq>(&mut self, field: &'static str, choices: &[T]) -> Option<T> {
        let before = self.errors.len();
        let word = self.word(field, choices);
        if word.is_none() && self.errors.len() == before {
            self.missing(field);
        }
        word
    }

    pub fn flag(&mut self, field: &'static str) -> bool {
        match self.object.remove(field) {
            None | Some(Value::Null) => false,
            Some(Value::Bool(flag)) => flag,
            Some(_) => {
                self.wrong(field, Code::InvalidFormat, format!("{field} must be true or false."));
                false
            }
        }
    }

    /// A free object of at most `max` bytes (keys and values as text); None where it is absent, null or wrong.
    pub fn object(&mut self, field: &'static str, max: usize) -> Option<Map<String, Value>> {
        self.object_after(field, max, |_| {})
    }

    /// The same, measured after `prepare` has made of it what is kept.
    pub fn object_after(
        &mut self,
        field: &'static str,
        max: usize,
        prepare: impl FnOnce(&mut Map<String, Value>),
    ) -> Option<Map<String, Value>> {
        let mut object = match self.object.remove(field)? {
            Value::Null => return None,
            Value::Object(object) => object,
            _ => {
                self.wrong(field, Code::InvalidFormat, format!("{field} must be an object."));
                return None;
            }
        };
        prepare(&mut object);
        let mut size = 0;
        if !measure_object(&object, &mut size) {
            self.wrong(field, Code::InvalidValue, format!("{field} contains the character U+0000."));
            return None;
        }
        if size > max {
            self.wrong(field, Code::InvalidValue, format!("{field} is larger than {} KiB.", max / 1024));
            return None;
        }
        Some(object)
    }

    /// Checks a text in place and leaves it where it is.
    pub fn check_text(&mut self, field: &'static str, max: usize) {
        let wrong = match self.object.get(field) {
            None | Some(Value::Null) => None,
            Some(Value::String(text)) => bad_text(text, max).map(|reason| (Code::InvalidValue, reason)),
            Some(_) => Some((Code::InvalidFormat, "must be a string".into())),
        };
        if let Some((code, reason)) = wrong {
            self.wrong(field, code, format!("{field} {reason}."));
        }
    }

    pub fn check_number(&mut self, field: &'static str) {
        if !matches!(self.object.get(field), None | Some(Value::Null | Value::Number(_))) {
            self.wrong(field, Code::InvalidFormat, format!("{field} must be a number."));
        }
    }

    pub fn has_text(&self, field: &str) -> bool {
        self.object.get(field).is_some_and(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()))
    }

    pub fn into_object(self) -> Map<String, Value> {
        self.object
    }
}

/// Why a text cannot be kept. PostgreSQL has no U+0000 in texts.
pub fn bad_text(text: &str, max: usize) -> Option<String> {
    if text.len() > max && text.chars().count() > max {
        return Some(format!("is longer than {max} characters"));
    }
    text.contains('\0').then(|| "contains the character U+0000".into())
}

/// Adds up the bytes of keys and values; false where a text contains U+0000.
fn measure(value: &Value, size: &mut usize) -> bool {
    match value {
        Value::Null | Value::Bool(_) => *size += 5,
        Value::Number(number) => *size += number.as_str().len(),
        Value::String(text) => {
            *size += text.len() + 2;
            return !text.contains('\0');
        }
        Value::Array(values) => {
            *size += 2 + values.len();
            return values.iter().all(|value| measure(value, size));
        }
        Value::Object(object) => return measure_object(object, size),
    }
    true
}

fn measure_object(object: &Map<String, Value>, size: &mut usize) -> bool {
    *size += 2;
    object.iter().all(|(key, value)| {
        *size += key.len() + 4;
        !key.contains('\0') && measure(value, size)
    })
}

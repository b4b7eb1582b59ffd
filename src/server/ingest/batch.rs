//! PURE: a request's messages, sorted into those to store and those rejected; a messageId that comes twice is rejected each time.

use super::answer::{Code, Counts, FieldError, Rejection};
use super::message::{self, Checked, Receipt};
use crate::server::decide::facts::Message;
use serde_json::Value;
use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

/// What became of a request's messages.
#[derive(Debug)]
pub struct Batch {
    /// Valid, consent applied, in the order sent.
    pub messages: Vec<Arc<Message>>,
    pub counts: Counts,
}

/// Validates every message; `new_id` makes our ids.
pub fn check(raw: Vec<Value>, receipt: &Receipt, mut new_id: impl FnMut() -> Uuid) -> Batch {
    let submitted = raw.len();
    let keys: Vec<Option<String>> = raw.iter().map(message::duplicate_key).collect();
    let mut times: HashMap<&str, usize> = HashMap::with_capacity(submitted);
    for key in keys.iter().flatten() {
        *times.entry(key).or_default() += 1;
    }
    let mut messages = Vec::with_capacity(submitted);
    let mut rejected = 0;
    let mut rejections: Vec<Rejection> = Vec::new();
    let mut entry_of: HashMap<&str, usize> = HashMap::new();
    for (raw, key) in raw.into_iter().zip(&keys) {
        let message_id = sent_id(&raw);
        let twice = key.as_deref().filter(|key| times[key] > 1);
        let mut errors = match message::validate(raw, new_id(), receipt) {
            Ok(Checked::Stored(message)) if twice.is_none() => {
                messages.push(Arc::new(*message));
                continue;
            }
            Ok(Checked::Counted) if twice.is_none() => continue,
            Ok(_) => Vec::new(),
            Err(errors) => errors,
        };
        rejected += 1;
        if let Some(key) = twice {
            if let Some(entry) = entry_of.get(key) {
                let known = &mut rejections[*entry].errors;
                errors.retain(|error| !known.contains(error));
                known.append(&mut errors);
                continue;
            }
            entry_of.insert(key, rejections.len());
            errors.push(FieldError {
                field: Cow::Borrowed("messageId"),
                code: Code::DuplicateMessageId,
                message: "messageId must not come twice in one batch.".into(),
            });
        }
        rejections.push(Rejection { message_id, errors });
    }
    Batch { messages, counts: Counts { success: rejected == 0, accepted: submitted - rejected, rejected, rejections } }
}

/// The messageId as sent; a number or the like as its JSON text.
fn sent_id(raw: &Value) -> String {
    match raw.get("messageId") {
        None | Some(Value::Null) => String::new(),
        Some(Value::String(text)) => text.clone(),
        Some(other) => other.to_string(),
    }
}

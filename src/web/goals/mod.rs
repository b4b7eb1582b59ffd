//! Settings > Goals: which events count as conversions.

pub mod api;
pub mod archive;
pub mod changes;
pub mod form;
pub mod goal;
pub mod list;
pub mod new;

use crate::model::goal::{MAX_DESCRIPTION, MAX_NAME};
use crate::model::goal_form::{Done, Draft, MAX_EVENT, MAX_SENT_AS};
use leptos_router::params::ParamsMap;
use uuid::Uuid;

/// `/games/{game}/settings/goals`
pub fn path(game: &str) -> String {
    format!("/games/{game}/settings/goals")
}

pub fn path_of(game: &str, id: Uuid) -> String {
    format!("/games/{game}/settings/goals/{id}")
}

/// The list, saying what was done to which goal.
pub fn path_after(game: &str, done: Done, id: Uuid) -> String {
    format!("{}?done={done}&goal={id}", path(game))
}

/// A form's page with all that was typed, so that nothing is lost when it cannot be saved.
pub fn path_to_retry(page: &str, draft: &Draft) -> String {
    let mut query = ParamsMap::new();
    query.insert("tried", "yes".into());
    query.insert("name", start(&draft.name, MAX_NAME));
    query.insert("event", start(&draft.event, MAX_EVENT));
    query.insert("trigger", draft.trigger.word().into());
    query.insert("description", start(&draft.description, MAX_DESCRIPTION));
    if draft.twice {
        query.insert("twice", "true".into());
    }
    for (network, name) in &draft.names {
        query.insert(format!("names[{network}]"), start(name, MAX_SENT_AS));
    }
    format!("{page}{}", query.to_query_string())
}

/// As much of a text as shows that it is too long: an address has limits of its own.
pub fn start(text: &str, max: usize) -> String {
    text.trim().chars().take(max + 1).collect()
}

/// The draft of an address made by `path_to_retry`, and whether it was tried.
fn draft_of(query: &ParamsMap) -> (Draft, bool) {
    let text = |key: &str| query.get(key).unwrap_or_default();
    let mut draft = Draft {
        name: text("name"),
        description: text("description"),
        event: text("event"),
        twice: query.get("twice").is_some(),
        ..Draft::default()
    };
    if let Ok(trigger) = text("trigger").parse() {
        draft.trigger = trigger;
    }
    for (key, name) in query.clone().into_iter() {
        if let Some(network) = key.strip_prefix("names[").and_then(|rest| rest.strip_suffix(']')) {
            draft.names.insert(network.to_owned(), name.to_string());
        }
    }
    (draft, query.get("tried").is_some())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::goal::Trigger;

    #[test]
    fn what_was_typed_survives_the_way_back() {
        let draft = Draft {
            name: "A&B, 50 % “off”\u{301}".into(),
            description: "line one\nline two".into(),
            event: "pürchase+x".into(),
            trigger: Trigger::Repeatable,
            names: [("tiktok".to_owned(), "a_b".to_owned())].into(),
            twice: false,
        };
        let path = path_to_retry("/games/x/settings/goals/new", &draft);
        let query = path.split_once('?').expect("a query").1;
        let mut read = ParamsMap::new();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            read.insert(key.into_owned(), value.into_owned());
        }
        assert_eq!(draft_of(&read), (draft, true));
    }
}

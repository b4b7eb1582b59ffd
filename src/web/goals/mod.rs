//! Settings > Goals: which events count as conversions.

pub mod api;
pub mod archive;
pub mod changes;
pub mod form;
pub mod goal;
pub mod list;
pub mod new;
mod rehearsed;
mod step_event;
mod step_filter;
mod step_review;

use crate::model::catalogue::has_filters;
use crate::model::goal::{Filter, MAX_DESCRIPTION, MAX_FILTER_VALUE, MAX_NAME, MAX_PROPERTY, Operator};
use crate::model::goal_form::{Done, Draft, MAX_EVENT, MAX_SENT_AS, Problem};
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

crate::model::words! {
    /// Steps of the wizard; the address holds the one that was asked for.
    Step { Event = "event", Filter = "filter", Review = "review" }
}

impl Step {
    /// As far as one gets: a step with something wrong is not passed, and one with nothing to fill in is not stopped at.
    fn reached(self, problems: &[Problem], event: &str) -> Self {
        if self == Self::Event || problems.iter().any(Problem::is_of_event) {
            Self::Event
        } else if problems.iter().any(Problem::is_of_filter) {
            Self::Filter
        } else if self == Self::Filter && !has_filters(event) {
            Self::Review
        } else {
            self
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Event => "Event",
            Self::Filter => "Filter",
            Self::Review => "Review",
        }
    }
}

/// What a filter's choice (`all` or `some`) and its fields say together.
pub fn filter_of(choice: &str, property: String, operator: Option<Operator>, value: String) -> Option<Filter> {
    (choice == SOME).then(|| Filter { property, operator: operator.unwrap_or(Operator::Is), value })
}

/// The choice that a filter is wanted.
const SOME: &str = "some";

/// A step of the wizard with all that was typed so far.
pub fn path_to_step(game: &str, step: Step, draft: &Draft) -> String {
    let mut query = query_of(draft);
    query.insert("step", step.word().into());
    format!("{}/new{}", path(game), query.to_query_string())
}

/// A form's page with all that was typed, so that nothing is lost when it cannot be saved.
pub fn path_to_retry(page: &str, draft: &Draft) -> String {
    let mut query = query_of(draft);
    query.insert("tried", "yes".into());
    format!("{page}{}", query.to_query_string())
}

fn query_of(draft: &Draft) -> ParamsMap {
    let mut query = ParamsMap::new();
    for (name, value) in fields_of(draft) {
        query.insert(name, value);
    }
    query
}

/// A draft as the fields of a form.
fn fields_of(draft: &Draft) -> Vec<(String, String)> {
    let mut fields: Vec<(String, String)> = [
        ("name", start(&draft.name, MAX_NAME)),
        ("event", start(&draft.event, MAX_EVENT)),
        ("trigger", draft.trigger.word().into()),
        ("description", start(&draft.description, MAX_DESCRIPTION)),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    if let Some(filter) = &draft.filter {
        fields.push(("filter".into(), SOME.into()));
        fields.push(("property".into(), start(&filter.property, MAX_PROPERTY)));
        fields.push(("operator".into(), filter.operator.word().into()));
        fields.push(("value".into(), start(&filter.value, MAX_FILTER_VALUE)));
    }
    if draft.twice {
        fields.push(("twice".into(), "true".into()));
    }
    fields.extend(draft.names.iter().map(|(network, name)| (format!("names[{network}]"), start(name, MAX_SENT_AS))));
    fields
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
    if has_filters(draft.event.trim()) {
        draft.filter = filter_of(&text("filter"), text("property"), text("operator").parse().ok(), text("value"));
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
            filter: Some(Filter { property: "a&b".into(), operator: Operator::AtLeast, value: "50 %".into() }),
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

    #[test]
    fn no_step_is_passed_with_something_wrong_and_none_is_empty() {
        for (asked, problems, event, reached) in [
            (Step::Event, vec![], "purchase", Step::Event),
            (Step::Filter, vec![], "purchase", Step::Filter),
            (Step::Filter, vec![], "level_up", Step::Filter),
            (Step::Filter, vec![], "email_acquired", Step::Review),
            (Step::Filter, vec![Problem::NameMissing], "purchase", Step::Filter),
            (Step::Filter, vec![Problem::EventMissing], "", Step::Event),
            (Step::Review, vec![Problem::NameMissing, Problem::ValueMissing], "purchase", Step::Filter),
            (Step::Review, vec![Problem::NameMissing], "purchase", Step::Review),
        ] {
            assert_eq!(asked.reached(&problems, event), reached, "{asked} {problems:?} {event}");
        }
    }
}

//! The parts of the goal forms: one button forms, the fields, the warning that an event counts twice.

use super::changes::SetGoalStatus;
use crate::model::goal::{Goal, GoalStatus};
use crate::model::goal_form::{Clash, Draft, Problem, SentAs};
use crate::web::components::{Button, Flash, Look, TextField, Tone};
use leptos::prelude::*;

/// A form that is one button: sets the goal's status.
#[component]
pub fn StatusForm(
    game: String,
    goal: Goal,
    to: GoalStatus,
    text: &'static str,
    look: Look,
    #[prop(optional)] small: bool,
) -> impl IntoView {
    let label = format!("{text} {}", goal.name);
    let action = ServerAction::<SetGoalStatus>::new();
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="id" value=goal.id.to_string()/>
            <input type="hidden" name="status" value=to.word()/>
            <Button text look small label/>
        </ActionForm>
    }
}

/// The first problem of those that `of` picks, in words.
pub fn say(problems: &[Problem], of: impl Fn(&Problem) -> bool) -> Option<String> {
    problems.iter().find(|problem| of(problem)).map(ToString::to_string)
}

pub fn about_name(problem: &Problem) -> bool {
    matches!(problem, Problem::NameMissing | Problem::NameUnfit | Problem::NameTaken)
}

pub fn about_event(problem: &Problem) -> bool {
    matches!(problem, Problem::EventMissing | Problem::EventUnfit)
}

/// What each network is sent for the event; a field each, empty for the usual name. `typed` is what stands in them.
#[component]
pub fn SentAsFields(sent_as: Vec<SentAs>, typed: Draft, problems: Vec<Problem>) -> impl IntoView {
    let fields = sent_as
        .into_iter()
        .map(|one| {
            let value = typed.names.get(&one.network).cloned().unwrap_or_default();
            let error = say(&problems, |problem| matches!(problem, Problem::SentAsUnfit { network, .. } if *network == one.network));
            let hint = match one.kept_back {
                true => format!("Not forwarded to {}: it does not take this name. {}", one.network_name, one.rule),
                false => one.rule,
            };
            view! {
                <TextField name=format!("names[{}]", one.network) label=format!("Event name at {}", one.network_name) value placeholder=one.usual
                    error hint max=one.max code=true/>
            }
        })
        .collect_view();
    view! { <div class="fields">{fields}</div> }
}

/// “Counted twice”: which goal, which network, under which name.
#[component]
pub fn CountedTwice(clashes: Vec<Clash>, event: String, #[prop(optional)] announce: bool) -> impl IntoView {
    let Some(first) = clashes.first().cloned() else { return ().into_any() };
    let goals = listed(clashes.iter().map(|clash| clash.goal_name.as_str()));
    let networks = listed(clashes.iter().filter(|clash| clash.goal_name == first.goal_name).map(|clash| clash.network_name.as_str()));
    view! {
        <Flash tone=Tone::Warn title="Counted twice" announce>
            <strong>{goals}</strong>" already sends "<code>{first.sent_as}</code>" to "{networks}" for "<code>{event}</code>
            ". An event that matches both goals is counted twice there. Send this goal under another event name to tell them apart."
        </Flash>
    }
    .into_any()
}

/// `A`, `A and B`, `A, B and C`, each once.
pub fn listed<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let mut all: Vec<&str> = Vec::new();
    for name in names {
        if !all.contains(&name) {
            all.push(name);
        }
    }
    match all.split_last() {
        None => String::new(),
        Some((last, [])) => (*last).to_owned(),
        Some((last, rest)) => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_listed_once_and_with_and() {
        assert_eq!(listed(["A"].into_iter()), "A");
        assert_eq!(listed(["A", "B", "A", "C"].into_iter()), "A, B and C");
    }
}

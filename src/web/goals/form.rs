//! The parts of the goal forms: one button forms, the fields, the warning that an event counts twice.

use super::changes::SetGoalStatus;
use crate::model::catalogue::{self, Kind};
use crate::model::goal::{Filter, Goal, GoalStatus, MAX_FILTER_VALUE, MAX_PROPERTY, Operator, Trigger};
use crate::model::goal_form::{Clash, Draft, Problem, SentAs};
use crate::web::components::{Button, Choice, Flash, Look, SelectField, TextField, Tone};
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

/// Once per player or every time.
#[component]
pub fn TriggerField(trigger: Trigger) -> impl IntoView {
    let choices = Trigger::ALL
        .iter()
        .map(|one| view! { <Choice name="trigger" value=one.word() checked=*one == trigger label=one.label() hint=one.says()/> })
        .collect_view();
    view! { <fieldset class="field"><legend>"Trigger"</legend><div class="fields">{choices}</div></fieldset> }
}

/// Every event, or only those that pass a test of one property.
#[component]
pub fn FilterField(event: String, filter: Option<Filter>, problems: Vec<Problem>, legend: String) -> impl IntoView {
    let known = catalogue::find(&event);
    let first = known.and_then(|known| known.properties.first());
    let wanted = filter.is_some();
    let usual = || Filter {
        property: first.map(|property| property.name.to_owned()).unwrap_or_default(),
        operator: if first.is_some_and(|property| property.kind == Kind::Number) { Operator::AtLeast } else { Operator::Is },
        value: String::new(),
    };
    let shown = filter.unwrap_or_else(usual);
    let numbers = known.is_none_or(|known| known.properties.iter().any(|property| property.kind == Kind::Number));
    let operators =
        Operator::ALL.iter().filter(|one| numbers || !one.ranks()).map(|one| (one.word().to_owned(), one.label().to_owned())).collect();
    let property_error = say(&problems, Problem::is_of_property);
    let property = match known {
        Some(known) => {
            let mut options: Vec<(String, String)> =
                known.properties.iter().map(|one| (one.name.to_owned(), format!("{} ({})", one.name, one.kind.says()))).collect();
            if known.property(&shown.property).is_none() {
                options.push((shown.property.clone(), shown.property.clone()));
            }
            view! { <SelectField name="property" label="Property" options value=shown.property error=property_error/> }.into_any()
        }
        None => view! {
            <TextField name="property" label="Property" value=shown.property error=property_error max=MAX_PROPERTY code=true hint="Exactly as the game sends it."/>
        }
        .into_any(),
    };
    view! {
        <fieldset class="field"><legend>{legend}</legend>
            <div class="stack">
                <label class="check"><input type="radio" name="filter" value="all" checked=!wanted/><span>"Every "<code>{event.clone()}</code></span></label>
                <div class="check">
                    <input type="radio" name="filter" value="some" id="some" checked=wanted/>
                    <div class="stack snug">
                        <label for="some">"Only "<code>{event}</code>" where"</label>
                        <div class="fields">
                            {property}
                            <SelectField name="operator" label="Test" options=operators value=shown.operator.word() error=say(&problems, Problem::is_of_operator)/>
                            <TextField name="value" label="Value" value=shown.value error=say(&problems, Problem::is_of_value) max=MAX_FILTER_VALUE/>
                        </div>
                        <p class="small muted">
                            {if numbers { "Numbers are compared as numbers: 9.5 is less than 10, and 19.99 EUR and 19.99 USD are the same. Other texts match to the letter." } else { "Texts match to the letter." }}
                        </p>
                    </div>
                </div>
            </div>
        </fieldset>
    }
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

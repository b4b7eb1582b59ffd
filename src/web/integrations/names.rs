//! Event names at a network that knows events by them: a row for each active goal, the usual name chosen until somebody chooses another.

use super::changes::NameGoals;
use crate::model::action::GOAL_KEY;
use crate::model::event_names::{EventNames, NamedGoal, Twice};
use crate::model::goal_form::MAX_SENT_AS;
use crate::web::components::{Badge, Button, Empty, Flash, Icon, Look, Section, Shape, Table, Tone};
use crate::web::deliveries::words::thousands;
use crate::web::goals::form::listed;
use crate::web::goals::start;
use leptos::prelude::*;
use leptos_router::params::ParamsMap;
use std::collections::BTreeMap;
use uuid::Uuid;

/// What the drop-down says for a name that is typed beside it.
pub const OWN: &str = "";

/// The page with the names that could not be saved, so that nothing has to be typed twice.
pub fn path_to_retry(page: &str, typed: &BTreeMap<Uuid, String>) -> String {
    let mut query = ParamsMap::new();
    for (goal, name) in typed {
        query.insert(format!("names[{GOAL_KEY}{goal}]"), start(name, MAX_SENT_AS));
    }
    format!("{page}{}#event-names", query.to_query_string())
}

/// The names of an address made by `path_to_retry`.
pub fn typed_of(query: &ParamsMap) -> BTreeMap<String, String> {
    let one = |(key, name): (_, String)| {
        let key: std::borrow::Cow<'static, str> = key;
        Some((key.strip_prefix("names[")?.strip_suffix(']')?.to_owned(), name))
    };
    query.clone().into_iter().filter_map(one).collect()
}

/// What a form chose for each goal: the network's own name, or the one that was typed.
pub fn chosen(names: BTreeMap<String, String>, mut own: BTreeMap<String, String>) -> BTreeMap<String, String> {
    let one = |(goal, name): (String, String)| {
        let name = if name == OWN { own.remove(&goal).unwrap_or_default() } else { name };
        (goal, name)
    };
    names.into_iter().map(one).collect()
}

#[component]
pub fn NamesSection(names: EventNames, short: String, game: String, network: String, may: bool) -> impl IntoView {
    let title = "Event names";
    let hint = format!(
        "What each goal is called at {short}. It is the same name that is set with the goal, and holds for conversions from now on."
    );
    let refused = names.goals.iter().any(|goal| goal.typed.is_some()).then(|| {
        view! { <Flash tone=Tone::Bad title="Nothing was saved" announce=true>{format!("{short} does not take a name below. Choose another one.")}</Flash> }
    });
    let kept_back = view! { <KeptBack names=names.clone() short=short.clone()/> };
    let twice = names.twice().into_iter().map(|twice| view! { <CountedTwice twice short=short.clone()/> }).collect_view();
    let body = match names.goals.is_empty() {
        true => {
            view! { <div class="card"><Empty title="No goal is active, so nothing is sent."><p>"Create a goal first."</p></Empty></div> }
                .into_any()
        }
        false => view! { <NamesForm names short game network may/> }.into_any(),
    };
    view! { <Section id="event-names" title hint>{refused}{kept_back}{twice}{body}</Section> }
}

/// Goals whose conversions stay here for their name.
#[component]
fn KeptBack(names: EventNames, short: String) -> impl IntoView {
    let goals: Vec<&NamedGoal> = names.goals.iter().filter(|goal| goal.kept_back).collect();
    let one = goals.len() == 1;
    (!goals.is_empty()).then(|| {
        let (verb, name) = if one { ("is", "its name") } else { ("are", "their names") };
        let title = format!("{} {verb} not forwarded", listed(goals.iter().map(|goal| goal.name.as_str())));
        let says = format!("{short} does not take {name}. Choose another below, and what stayed here can be sent then, too.");
        view! { <Flash tone=Tone::Warn title>{says}</Flash> }
    })
}

#[component]
fn CountedTwice(twice: Twice, short: String) -> impl IntoView {
    let Twice { event, sent_as, goals } = twice;
    let goals = listed(goals.iter().map(String::as_str));
    view! {
        <Flash tone=Tone::Warn title="Counted twice">
            <strong>{goals}</strong>" send "<code>{sent_as}</code>" for "<code>{event}</code>
            {format!(". An event that matches more than one of them is counted as often at {short}. Send them under different names to tell them apart.")}
        </Flash>
    }
}

#[component]
fn NamesForm(names: EventNames, short: String, game: String, network: String, may: bool) -> impl IntoView {
    let action = ServerAction::<NameGoals>::new();
    let rows = names.goals.iter().map(|goal| view! { <Row goal=goal.clone() names=names.clone() may/> }).collect_view();
    let heads = vec![("Goal", ""), ("Event", ""), ("Trigger", ""), ("Sent as", ""), ("24 h", "num"), ("Kind", "")];
    let table = view! { <Table caption=format!("The event name of each active goal at {short}") heads>{rows}</Table> };
    let notes = view! { <span class="small muted">{names.rule.clone()}" "{names.note.clone()}</span> };
    match may {
        false => view! { <div class="card flush">{table}<footer>{notes}</footer></div> }.into_any(),
        true => view! {
            <ActionForm action>
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="network" value=network/>
                <div class="card flush">{table}<footer><Button text="Save event names" look=Look::Primary/>{notes}</footer></div>
            </ActionForm>
        }
        .into_any(),
    }
}

#[component]
fn Row(goal: NamedGoal, names: EventNames, may: bool) -> impl IntoView {
    let unfit = goal.refused.is_some();
    let (tone, shape, text) = match (unfit, names.is_standard(goal.sent_as())) {
        (true, _) => (Tone::Warn, Shape::Warn, "Not taken"),
        (false, true) => (Tone::Ok, Shape::Check, "Standard event"),
        (false, false) => (Tone::Off, Shape::Flag, "Custom event"),
    };
    let id = format!("name-{}", goal.id);
    let label = match may {
        true => view! { <label for=id.clone()>{goal.name.clone()}</label> }.into_any(),
        false => goal.name.clone().into_any(),
    };
    let (event, trigger, last_day) = (goal.event.clone(), goal.trigger.label(), goal.last_day);
    let cell = match may {
        true => view! { <Choose id goal names/> }.into_any(),
        false => {
            view! { <code>{goal.sent_as().to_owned()}</code>{goal.refused.map(|says| view! { <p class="small">{says}</p> })} }.into_any()
        }
    };
    view! {
        <tr role="row" data-tone=unfit.then_some(Tone::Warn.word())>
            <th role="rowheader" scope="row" class="main-cell">{label}</th>
            <td role="cell"><code>{event}</code></td>
            <td role="cell">{trigger}</td>
            <td role="cell" class="full">{cell}</td>
            <td role="cell" class="num" data-label="24 h:">{if last_day == 0 { "None".to_owned() } else { thousands(last_day) }}</td>
            <td role="cell" class="side-cell"><Badge tone shape plain=!unfit text/></td>
        </tr>
    }
}

/// The usual name, the network's other events, and a field for a name of one's own, which is there where that is chosen.
#[component]
fn Choose(id: String, goal: NamedGoal, names: EventNames) -> impl IntoView {
    let shown = goal.shown().to_owned();
    let own = shown != goal.usual && !names.is_standard(&shown);
    let chosen = if own { OWN.to_owned() } else { shown.clone() };
    let others = names.standard.iter().filter(|name| **name != goal.usual).map(|name| (name.clone(), name.clone()));
    let options = [(goal.usual.clone(), format!("{} (usual)", goal.usual))]
        .into_iter()
        .chain([(OWN.to_owned(), "A name of your own".to_owned())])
        .chain(others)
        .map(|(value, text)| view! { <option value=value.clone() selected=value == chosen>{text}</option> })
        .collect_view();
    let key = format!("{GOAL_KEY}{}", goal.id);
    let (field, error) = (format!("own-{}", goal.id), format!("own-{}-error", goal.id));
    let invalid = goal.refused.is_some();
    let described = invalid.then(|| error.clone());
    view! {
        <div class="sent-as">
            <span class="select" data-tone=invalid.then_some(Tone::Warn.word())>
                <select id=id name=format!("names[{key}]") aria-describedby=described.clone()>{options}</select>
                <Icon shape=Shape::Down/>
            </span>
            <input class="input mono" id=field name=format!("own[{key}]") type="text" value=if own { shown } else { String::new() } maxlength=names.max
                aria-label=format!("Name of your own for {}", goal.name) placeholder="name_of_your_own" autocomplete="off" spellcheck="false" autocapitalize="none"
                aria-describedby=described aria-invalid=(invalid && own).then_some("true")/>
            {goal.refused.map(|says| view! { <p class="error" id=error><Icon shape=Shape::Failed/>{says}</p> })}
        </div>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_survives_the_way_back() {
        let goal = Uuid::from_u128(7);
        let path = path_to_retry("/page", &BTreeMap::from([(goal, "größe & more".to_owned())]));
        let (query, part) = path.strip_prefix("/page?").unwrap().split_once('#').unwrap();
        let mut read = ParamsMap::new();
        for (key, value) in url::form_urlencoded::parse(query.as_bytes()) {
            read.insert(key.into_owned(), value.into_owned());
        }
        assert_eq!(typed_of(&read), BTreeMap::from([(format!("{GOAL_KEY}{goal}"), "größe & more".to_owned())]));
        assert_eq!(part, "event-names");
    }

    #[test]
    fn a_name_of_ones_own_counts_where_it_is_chosen() {
        let map = |pairs: [(&str, &str); 2]| BTreeMap::from(pairs.map(|(key, value)| (key.to_owned(), value.to_owned())));
        assert_eq!(chosen(map([("a", "Lead"), ("b", OWN)]), map([("a", "left over"), ("b", "mine")])), map([("a", "Lead"), ("b", "mine")]));
    }
}

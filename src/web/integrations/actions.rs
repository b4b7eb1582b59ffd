//! What goals are mapped to at a network that counts nothing by event names: a row for each active goal, a drop-down of the target's list.

use super::changes::{MapGoals, RefreshActions};
use super::connecting::Failure;
use crate::model::action::{Action, ActionState, GOAL_KEY, MappedGoal, Mapping};
use crate::model::connect::NetworkSaid;
use crate::model::number::counted;
use crate::model::{HOUR, Millis};
use crate::web::components::{Badge, Button, Empty, Flash, Icon, Look, Section, Shape, Table, Time, Tone};
use crate::web::deliveries::words::thousands;
use crate::web::goals::form::listed;
use crate::web::visit;
use leptos::prelude::*;

/// A new action takes conversions after so long.
const YOUNG: Millis = 6 * HOUR;

#[component]
pub fn MappingSection(mapping: Mapping, game: String, network: String, may: bool, said: Option<NetworkSaid>, now: Millis) -> impl IntoView {
    let refused = visit::failure(ServerAction::<MapGoals>::new()).or_else(|| visit::failure(ServerAction::<RefreshActions>::new()));
    let refused = refused.map(|problem| view! { <Failure problem said/> });
    let kept_back = view! { <KeptBack mapping=mapping.clone()/> };
    let lost = view! { <LostByCounting mapping=mapping.clone()/> };
    let title = format!("{}s", mapping.noun);
    let hint = mapping.says.clone();
    let refresh = may.then(|| view! { <Refresh game=game.clone() network=network.clone() read_at=mapping.read_at/> });
    let body = match mapping.goals.is_empty() {
        true => {
            view! { <div class="card"><Empty title="No goal is active, so there is nothing to map."><p>"Create a goal first."</p></Empty></div> }
                .into_any()
        }
        false => view! { <MappingForm mapping game network may now/> }.into_any(),
    };
    view! { <Section id="actions" title hint>{refused}{kept_back}{lost}{body}{refresh}</Section> }
}

/// The goals that are not forwarded, and what stayed here for it.
#[component]
fn KeptBack(mapping: Mapping) -> impl IntoView {
    let flashes: Vec<_> = mapping
        .kept_back()
        .map(|goal| {
            let cause = match goal.action.as_deref().map(|id| mapping.action(id)) {
                None => format!("It has no {}.", mapping.noun.to_lowercase()),
                Some(known) => {
                    let why = known.and_then(|action| action.state.trouble()).or(ActionState::Gone.trouble()).unwrap_or_default();
                    let name = known.map_or("The one it had", |action| action.name.as_str()).to_owned();
                    format!("{name}: {why}")
                }
            };
            let stayed = match goal.kept_back {
                0 => String::new(),
                1 => " 1 conversion stayed here in the last 24 hours.".to_owned(),
                count => format!(" {} conversions stayed here in the last 24 hours.", thousands(count)),
            };
            view! {
                <Flash tone=Tone::Warn title=format!("{} is not forwarded", goal.name)>
                    {cause}{stayed}" Choose one below, and what comes from then on goes out; what stayed here can be sent then, too."
                </Flash>
            }
        })
        .collect();
    flashes.collect_view()
}

/// The goals some of whose clicks do not count under an action that counts a click once.
#[component]
fn LostByCounting(mapping: Mapping) -> impl IntoView {
    let goals = listed(mapping.lost_by_counting().map(|goal| goal.name.as_str()));
    let Mapping { repeated_only, repeated_says, .. } = mapping;
    (!goals.is_empty()).then(|| {
        let came = format!(" {} of that kind came in the last 30 days.", counted(repeated_only, "click", "clicks"));
        view! { <Flash tone=Tone::Warn title=format!("Not every conversion of {goals} counts")>{repeated_says}{came}</Flash> }
    })
}

#[component]
fn MappingForm(mapping: Mapping, game: String, network: String, may: bool, now: Millis) -> impl IntoView {
    let action = ServerAction::<MapGoals>::new();
    let noun = mapping.noun.clone();
    let rows = mapping.goals.iter().map(|goal| view! { <Row goal=goal.clone() mapping=mapping.clone() may now/> }).collect_view();
    let heads = vec![("Goal", ""), ("Event", ""), ("Trigger", ""), ("Counts under", ""), ("24 h", "num"), ("State", "")];
    let table = view! { <Table caption=format!("One {} for each active goal", noun.to_lowercase()) heads>{rows}</Table> };
    let note = view! { <span class="small muted">{mapping.choosable.clone()}</span> };
    match may {
        false => view! { <div class="card flush">{table}<footer>{note}</footer></div> }.into_any(),
        true => view! {
            <ActionForm action>
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="network" value=network/>
                <div class="card flush">{table}<footer><Button text=format!("Save {}s", noun.to_lowercase()) look=Look::Primary/>{note}</footer></div>
            </ActionForm>
        }
        .into_any(),
    }
}

#[component]
fn Row(goal: MappedGoal, mapping: Mapping, may: bool, now: Millis) -> impl IntoView {
    let forwards = mapping.forwards(&goal);
    let chosen = goal.action.clone().unwrap_or_default();
    let known = mapping.action(&chosen).cloned();
    let young = known.as_ref().and_then(|action| action.appeared_at).is_some_and(|at| at + YOUNG > now);
    let (tone, shape, text) = match (forwards, &known) {
        (true, _) if young => (Tone::Hold, Shape::Clock, "New: may wait 6 hours"),
        (true, _) => (Tone::Ok, Shape::Check, "Forwarded"),
        (false, None) if chosen.is_empty() => (Tone::Warn, Shape::Warn, "Not mapped"),
        (false, _) => (Tone::Warn, Shape::Warn, "Not forwarded"),
    };
    let id = format!("action-{}", goal.id);
    let cell = match may {
        true => {
            let name = format!("actions[{GOAL_KEY}{}]", goal.id);
            view! { <Choose id=id.clone() name chosen known mapping warn=!forwards/> }.into_any()
        }
        false => known.map_or_else(|| "None".to_owned(), |action| action.name).into_any(),
    };
    let label = match may {
        true => view! { <label for=id>{goal.name.clone()}</label> }.into_any(),
        false => goal.name.clone().into_any(),
    };
    view! {
        <tr role="row" data-tone=(!forwards).then_some(Tone::Warn.word())>
            <th role="rowheader" scope="row" class="main-cell">{label}</th>
            <td role="cell"><code>{goal.event}</code></td>
            <td role="cell">{goal.trigger.label()}</td>
            <td role="cell" class="full">{cell}</td>
            <td role="cell" class="num" data-label="24 h:">{if goal.last_day == 0 { "None".to_owned() } else { thousands(goal.last_day) }}</td>
            <td role="cell" class="side-cell"><Badge tone shape plain=forwards text/></td>
        </tr>
    }
}

/// The list that can be chosen from; what is chosen and cannot be any more stays in it, and says so.
#[component]
fn Choose(id: String, name: String, chosen: String, known: Option<Action>, mapping: Mapping, warn: bool) -> impl IntoView {
    let none =
        format!("Choose {} {}", if mapping.noun.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" }, mapping.noun.to_lowercase());
    let usable = mapping.actions.iter().filter(|action| action.state == ActionState::Usable);
    let former =
        known.filter(|action| action.state != ActionState::Usable).map(|action| (action.id, format!("{} (cannot be chosen)", action.name)));
    let unknown = (!chosen.is_empty() && mapping.action(&chosen).is_none()).then(|| (chosen.clone(), format!("{chosen} (unknown)")));
    let options = [(String::new(), none)]
        .into_iter()
        .chain(former)
        .chain(unknown)
        .chain(usable.map(|action| (action.id.clone(), action.name.clone())))
        .map(|(value, text)| view! { <option value=value.clone() selected=value == chosen>{text}</option> })
        .collect_view();
    view! {
        <span class="select" data-tone=warn.then_some(Tone::Warn.word())>
            <select id=id name=name>{options}</select>
            <Icon shape=Shape::Down/>
        </span>
    }
}

/// Reads the list at the network again.
#[component]
fn Refresh(game: String, network: String, read_at: Option<Millis>) -> impl IntoView {
    let action = ServerAction::<RefreshActions>::new();
    let read = match read_at {
        Some(at) => view! { "List read "<Time at/>"." }.into_any(),
        None => "The list has not been read yet.".into_any(),
    };
    view! {
        <ActionForm action>
            <input type="hidden" name="game" value=game/>
            <input type="hidden" name="network" value=network/>
            <div class="row"><Button text="Refresh list" icon=Shape::Retry small=true/><span class="small muted">{read}</span></div>
        </ActionForm>
    }
}

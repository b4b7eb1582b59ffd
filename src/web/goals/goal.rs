//! One goal: what it counts, what became of it, its name and the names it is sent under.

use super::api::read_goal;
use super::changes::ChangeGoal;
use super::form::{CountedTwice, FilterField, SentAsFields, StatusForm, TriggerField, about_name, say};
use super::list::StatusBadge;
use super::rehearsed::{ByNetwork, Only};
use crate::error::AppError;
use crate::model::catalogue::has_filters;
use crate::model::goal::{GoalStatus, MAX_DESCRIPTION, MAX_NAME};
use crate::model::goal_form::{Draft, GoalPage as Loaded, Problem};
use crate::model::number::thousands;
use crate::web::components::{
    Button, ButtonLink, Crumb, Crumbs, Fact, Facts, Flash, Head, Look, Section, Stat, Stats, TextArea, TextField, Time, Tone,
};
use crate::web::page::{Page, param, query};
use crate::web::visit;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

#[component]
pub fn GoalPage() -> impl IntoView {
    let game = param("slug");
    let id = param("id").parse::<Uuid>();
    let saved = query("done").as_deref() == Some("saved");
    let (typed, tried) = use_query_map().with_untracked(super::draft_of);
    let tried = tried.then_some(typed);
    let load = {
        let (game, tried) = (game.clone(), tried.clone());
        async move { read_goal(game, id.map_err(|_| AppError::NotFound)?, tried).await }
    };
    view! { <Page title="Goal" load draw=move |loaded| view! { <Goal loaded game tried saved/> }.into_any()/> }
}

#[component]
fn Goal(loaded: Loaded, game: String, tried: Option<Draft>, saved: bool) -> impl IntoView {
    let goal = loaded.goal.clone();
    let crumbs = vec![
        Crumb::link(loaded.game_name.clone(), format!("/games/{game}")),
        Crumb::here("Settings"),
        Crumb::link("Goals", super::path(&game)),
        Crumb::here(goal.name.clone()),
    ];
    let (title, page) = (goal.name.clone(), super::path_of(&game, goal.id));
    let may_change = loaded.may_change;
    let actions = {
        let (goal, game, page) = (goal.clone(), game.clone(), page.clone());
        move || may_change.then(|| view! { <Actions goal=goal.clone() game=game.clone() page=page.clone()/> })
    };
    view! {
        <Crumbs path=crumbs/>
        <Head title=move || title.clone() actions><StatusBadge status=goal.status/></Head>
        <div class="stack loose">
            {saved.then(|| view! { <Flash tone=Tone::Ok announce=true><strong>"Saved."</strong>" It holds for events from now on."</Flash> })}
            <CountedTwice clashes=loaded.clashes.clone() event=goal.event.clone()/>
            <Counted loaded=loaded.clone()/>
            <Settings loaded game tried/>
        </div>
    }
}

#[component]
fn Actions(goal: crate::model::goal::Goal, game: String, page: String) -> impl IntoView {
    if goal.status == GoalStatus::Archived {
        return view! { <StatusForm game goal to=GoalStatus::Paused text="Restore" look=Look::Plain/> }.into_any();
    }
    let (to, text) = if goal.status == GoalStatus::Active { (GoalStatus::Paused, "Pause") } else { (GoalStatus::Active, "Resume") };
    let label = format!("Archive {}", goal.name);
    view! {
        <StatusForm game goal to text look=Look::Plain/>
        <ButtonLink href=format!("{page}/archive") text="Archive" look=Look::QuietDanger label/>
    }
    .into_any()
}

#[component]
fn Counted(loaded: Loaded) -> impl IntoView {
    let Loaded { goal, outcomes, last_match, sent_as, changed_at, earned, .. } = loaded;
    let number = |count: i64| if count == 0 { "None".to_owned() } else { thousands(count) };
    let sent_as = sent_as
        .into_iter()
        .map(|one| view! { <Fact label=format!("Sent to {} as", one.network_name)><code>{one.name().to_owned()}</code></Fact> })
        .collect_view();
    let last = match last_match {
        Some(at) => view! { <Time at/> }.into_any(),
        None => "Never".into_any(),
    };
    let filter = match goal.filter {
        Some(filter) => view! { <Only filter/> }.into_any(),
        None => "None: every event".into_any(),
    };
    let changed = changed_at.map(|at| {
        view! { <Fact label="Trigger or filter changed"><Time at/>"; what came before was counted by what held then"</Fact> }
    });
    view! {
        <Section id="counts" title="What it counts">
            <div class="card flush">
                <Facts>
                    <Fact label="Event"><code>{goal.event}</code></Fact>
                    <Fact label="Trigger">{goal.trigger.label()}</Fact>
                    <Fact label="Filter">{filter}</Fact>
                    <Fact label="Last match">{last}</Fact>
                    <Fact label="Created"><Time at=goal.created_at/></Fact>
                    {changed}
                    {sent_as}
                </Facts>
            </div>
            <Stats>
                <Stat label="Matches" value=number(outcomes.all()) note=Some("last 30 days".into())/>
                <Stat label="Credited" value=number(outcomes.credited) note=Some("an ad click earned them".into())/>
                <Stat label="Waiting" value=number(outcomes.waiting) note=Some("for a click, up to 7 days".into())/>
                <Stat label="Not sent" value=number(outcomes.not_sent) note=Some("no click, or another reason".into())/>
            </Stats>
            {(!earned.is_empty()).then(|| view! { <div class="card flush"><ByNetwork earned caption="Credited in the last 30 days, by network"/></div> })}
        </Section>
    }
}

#[component]
fn Settings(loaded: Loaded, game: String, tried: Option<Draft>) -> impl IntoView {
    let Loaded { goal, sent_as, problems, may_change, .. } = loaded;
    if !may_change {
        let text = if goal.description.is_empty() { "None".to_owned() } else { goal.description };
        return view! {
            <Section id="about" title="Description"><p class="soft narrow">{text}</p></Section>
            <p class="muted small">"Owners and admins of this game change its goals."</p>
        }
        .into_any();
    }
    let action = ServerAction::<ChangeGoal>::new();
    let failed = visit::failure(action);
    let names = sent_as.iter().filter_map(|one| Some((one.network.clone(), one.chosen.clone()?))).collect();
    let draft = tried.unwrap_or_else(|| Draft::from_goal(&goal, names));
    let name_error = say(&problems, about_name);
    let description_error = say(&problems, |problem| *problem == Problem::DescriptionUnfit);
    view! {
        <Section id="settings" title="Change it" hint="Changes hold for events from now on; conversions already recorded stay. For another event, create another goal.">
            {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
            <ActionForm action>
                <div class="stack form narrow">
                    <input type="hidden" name="game" value=game/>
                    <input type="hidden" name="id" value=goal.id.to_string()/>
                    <TextField name="name" label="Name" value=draft.name.clone() error=name_error required=true max=MAX_NAME/>
                    <TriggerField trigger=draft.trigger/>
                    {has_filters(&goal.event).then(|| view! { <FilterField event=goal.event.clone() filter=draft.filter.clone() problems=problems.clone() legend="Which events count?".to_owned()/> })}
                    <TextArea name="description" label="Description, optional" value=draft.description.clone() error=description_error max=MAX_DESCRIPTION/>
                    <SentAsFields sent_as typed=draft problems/>
                    <p class="small muted">"Leave an event name empty for the network’s usual one. Names are for conversions from now on."</p>
                    <div class="row"><Button text="Save" look=Look::Primary/></div>
                </div>
            </ActionForm>
        </Section>
    }
    .into_any()
}

//! The question before many are sent again: how many, how many are left out and why.

use super::api::read_resend_question;
use super::changes::StartResend;
use super::words::Lines;
use super::{Running, TheyWait, crumbs};
use crate::model::filter::LogFilter;
use crate::model::log_query::LogQuery;
use crate::model::number::{counted, form};
use crate::model::resend::{MAX_SELECTED, ResendProblem, ResendQuestion, Standing, Wanted, going};
use crate::web::components::{Button, Confirm, Crumb, Crumbs, Flash, Look, Tone};
use crate::web::deliveries::log::{UnknownFilter, address};
use crate::web::page::{Page, param, query};
use crate::web::visit;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use uuid::Uuid;

/// The value of `of` where rows were to be selected.
pub const SELECTED: &str = "rows";
/// The query's name of a selected row.
pub const ROW: &str = "row";

#[component]
pub fn ResendQuestionPage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let base = crate::web::integrations::path(&game, &network);
    let selected = query("of").as_deref() == Some(SELECTED);
    let typed = use_query_map().with_untracked(|query| query.get_all(ROW)).unwrap_or_default();
    // One more than may be tells that they are too many.
    let rows: Vec<Uuid> = typed.iter().filter_map(|id| id.parse().ok()).take(MAX_SELECTED + 1).collect();
    let asked = LogQuery { range: query("range"), status: query("status"), ..LogQuery::default() };
    let unknown = !selected && asked.meaning().unknown;
    let load = read_resend_question(game.clone(), network, asked, selected, rows);
    view! { <Page title="Resend" load draw=move |question| view! { <Question question game base unknown/> }.into_any()/> }
}

#[component]
fn Question(question: ResendQuestion, game: String, base: String, unknown: bool) -> impl IntoView {
    let ResendQuestion { game_name, network, connection, wanted, counts, running, max_age_days } = question;
    let mut path = crumbs(game_name, network.name.clone(), &base);
    path.push(Crumb::here("Resend"));
    let filter = match &wanted {
        Wanted::Shown { filter, .. } => filter.clone(),
        Wanted::Rows(_) => LogFilter::default(),
    };
    let back = address(&base, &filter, None);
    let (short, noun) = (network.short.clone(), network.target_noun.clone());
    let count = going(&counts);
    let none = match (&connection, &wanted) {
        (None, _) => Some(("Nothing is connected", ResendProblem::NotConnected.says().to_owned())),
        (_, Wanted::Rows(rows)) if rows.is_empty() => {
            Some(("No row is selected", "Tick the rows of the log whose postbacks are to go out again.".to_owned()))
        }
        (_, Wanted::Rows(rows)) if rows.len() > MAX_SELECTED => Some(("Too many rows", ResendProblem::TooMany.says().to_owned())),
        _ if running.is_some() => Some(("Another resend first", ResendProblem::Running.says().to_owned())),
        _ if count == 0 => Some(("Nothing to send again", format!("Among {} is nothing that can go out again.", wanted.says()))),
        _ => None,
    };
    let left_out = counts.iter().any(|(standing, _)| !standing.goes());
    let left_out = left_out.then(|| {
        let (counts, short, noun) = (counts.clone(), short.clone(), noun.clone());
        view! { <section class="stack tight" aria-labelledby="left-out"><h2 id="left-out">"Left out"</h2><Lines counts which=|one| !one.goes() short noun/></section> }
    });
    let running = running.map(|running| view! { <Running running base=base.clone()/> });
    if let Some((title, why)) = none {
        let says = view! { <p>{why}</p>{left_out} }.into_any();
        return view! { <Crumbs path/><div class="stack">{running}<Confirm title back says leave="Back to the log">""</Confirm></div> }
            .into_any();
    }
    let title = format!("Send {} again?", counted(count, "postback", "postbacks"));
    let what = match &wanted {
        Wanted::Shown { .. } => {
            format!("{} that can go out again among {}.", form(count, "This is the one", "These are all"), wanted.says())
        }
        Wanted::Rows(_) => format!("{} of the {}.", form(count, "It is", "They are"), wanted.says()),
    };
    let action = ServerAction::<StartResend>::new();
    let refused = visit::failure(action).map(|error| view! { <Flash tone=Tone::Bad announce=true>{error.to_string()}</Flash> });
    let goes: fn(Standing) -> bool = Standing::goes;
    let says = view! {
        {refused}
        {unknown.then(|| view! { <UnknownFilter range=filter.range/> })}
        <p>{what}" Each goes out under the event id that it had, so that "{short.clone()}" counts none of them twice."</p>
        <p>{format!("{short} takes events up to {}. Whatever stands differently when its turn comes is left out.", counted(max_age_days, "day old", "days old"))}</p>
        {connection.map(|connection| view! { <TheyWait connection short=short.clone()/> })}
        <section class="stack tight" aria-labelledby="goes"><h2 id="goes">"Sent again"</h2><Lines counts which=goes short noun/></section>
        {left_out}
    }
    .into_any();
    let fields = match wanted {
        Wanted::Shown { filter, until } => view! {
            <input type="hidden" name="range" value=filter.range.word()/>
            {filter.status.map(|status| view! { <input type="hidden" name="status" value=status.word()/> })}
            <input type="hidden" name="until" value=until.to_string()/>
        }
        .into_any(),
        Wanted::Rows(rows) => view! {
            <input type="hidden" name="selected" value="true"/>
            {rows.into_iter().map(|row| view! { <input type="hidden" name="rows[]" value=row.to_string()/> }).collect_view()}
        }
        .into_any(),
    };
    view! {
        <Crumbs path/>
        <Confirm title back says>
            <ActionForm action>
                <input type="hidden" name="game" value=game/>
                <input type="hidden" name="network" value=network.slug/>
                {fields}
                <Button text=format!("Resend {}", crate::web::deliveries::words::thousands(count)) look=Look::Primary/>
            </ActionForm>
        </Confirm>
    }
    .into_any()
}

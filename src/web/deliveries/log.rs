//! Delivery logs: numbers, filters as links, a page of attempts, older and newer.

use super::empty::EmptyLog;
use super::words::{StatusBadge, TestBadge, http, latency, thousands};
use crate::model::attempt::{Attempt, AttemptStatus};
use crate::model::filter::{LogFilter, Range};
use crate::model::integration::Integration;
use crate::model::network::NetworkCard;
use crate::web::components::{Button, ButtonLink, Pager, Pick, Section, Segments, Shape, Stat, Stats, Table, Tabs, Time, Tone, clock};
use crate::web::resend::question::{ROW, SELECTED};
use crate::web::resend::{Running, select::SelectAll};
use leptos::prelude::*;

/// The section of an integration page. `base` is the page's path; `unknown` is said when the address asked for no filter of ours.
#[component]
pub fn Log(integration: Integration, base: String, unknown: bool) -> impl IntoView {
    let Integration { filter, counts, not_sent, log, network, evidence, connection, resend, may_change, .. } = integration;
    // Where nothing is connected nothing can be sent again.
    let may_resend = may_change && connection.is_some();
    let anchor = |filter: &LogFilter| address(&base, filter, None);
    let ranges = Range::ALL
        .iter()
        .map(|range| Pick::new(anchor(&LogFilter { range: *range, ..filter.clone() }), range.label(), *range == filter.range))
        .collect();
    let statuses = [None, Some(AttemptStatus::Success), Some(AttemptStatus::Failed), Some(AttemptStatus::Retried)]
        .into_iter()
        .map(|status| {
            let pick = Pick::new(
                anchor(&LogFilter { status, ..filter.clone() }),
                status.map_or("All", AttemptStatus::label),
                status == filter.status,
            );
            match status.map(super::words::tone) {
                Some((tone, shape)) => pick.icon(shape, tone),
                None => pick,
            }
        })
        .collect();
    let tabs = vec![
        Pick::new(anchor(&filter), "Attempts", true).count(thousands(counts.all())),
        Pick::new(not_sent_address(&base, &filter), "Not sent", false).count(thousands(not_sent)),
    ];
    let newer = log.newer.map(|cursor| address(&base, &filter, Some(("newer", cursor.to_string()))));
    let older = log.older.map(|cursor| address(&base, &filter, Some(("older", cursor.to_string()))));
    let matching = filter.status.map_or(counts.all(), |status| match status {
        AttemptStatus::Success => counts.success,
        AttemptStatus::Failed => counts.failed,
        AttemptStatus::Retried => counts.retried,
    });
    let shown = log.rows.len();
    let all = (may_resend && shown > 0 && resend.is_none()).then(|| {
        let query = filter.query();
        let mark = if query.is_empty() { "" } else { "?" };
        let href = format!("{base}/resend{mark}{query}");
        view! { <span class="row push"><ButtonLink href text="Resend all…" small=true icon=Shape::Retry label="Resend all that this filter shows…"/></span> }
    });
    let running = resend.map(|running| view! { <Running running base=base.clone()/> });
    let over = network.clone();
    let body = match (evidence, shown) {
        (Some(evidence), _) => view! { <EmptyLog evidence network connection base=base.clone() range=filter.range/> }.into_any(),
        (None, 0) => view! { <p class="card muted">"No attempt of this status in this time. Choose another status or a longer range."</p> }.into_any(),
        (None, _) => view! {
            <div class="card flush">
                <Pickable may=may_resend base=base.clone()><Attempts rows=log.rows network=over base range=filter.range ticks=may_resend/></Pickable>
                <Pager says=format!("{} of {}, newest first", thousands(i64::try_from(shown).unwrap_or(0)), thousands(matching)) newer older/>
            </div>
        }
        .into_any(),
    };
    view! {
        <Section id="log" title="Delivery logs">
            <Stats>
                <Stat label="Success" value=thousands(counts.success) note=share(counts.success, counts.all())/>
                <Stat label="Retried" value=thousands(counts.retried)/>
                <Stat label="Failed" value=thousands(counts.failed) tone=(counts.failed > 0).then_some(Tone::Bad)/>
                <Stat label="Answer time, p95" value=milliseconds(counts.p95_ms) note=counts.p50_ms.map(|p50| format!("p50 {}", milliseconds(Some(p50))))/>
            </Stats>
            <Tabs label="Log" picks=tabs/>
            <div class="filters"><Segments label="Time range" picks=ranges/><Segments label="Status" picks=statuses/>{all}</div>
            {running}
            {unknown.then(|| view! { <UnknownFilter range=filter.range/> })}
            {body}
        </Section>
    }
}

/// Said where the address asks for what is no filter or no place in the list: the default is shown.
#[component]
pub fn UnknownFilter(range: Range) -> impl IntoView {
    view! {
        <p class="small tone" data-tone="warn" role="status">
            "The address asked for a filter that does not exist. This is the "{range.label()}" view instead."
        </p>
    }
}

/// The address of a filter's page of the log.
pub fn address(base: &str, filter: &LogFilter, cursor: Option<(&str, String)>) -> String {
    let mut query = filter.query();
    if let Some((side, cursor)) = cursor {
        if !query.is_empty() {
            query.push('&');
        }
        query.push_str(&format!("{side}={cursor}"));
    }
    let mark = if query.is_empty() { "" } else { "?" };
    format!("{base}{mark}{query}#log")
}

pub fn not_sent_address(base: &str, filter: &LogFilter) -> String {
    let range = LogFilter { range: filter.range, status: None }.query();
    if range.is_empty() { format!("{base}/not-sent") } else { format!("{base}/not-sent?{range}") }
}

fn share(part: i64, all: i64) -> Option<String> {
    (all > 0).then(|| format!("{}% of attempts", part * 100 / all))
}

fn milliseconds(latency: Option<i32>) -> String {
    latency.map_or_else(|| "None".to_owned(), |latency| format!("{} ms", thousands(i64::from(latency))))
}

#[component]
fn Attempts(rows: Vec<Attempt>, network: NetworkCard, base: String, range: Range, ticks: bool) -> impl IntoView {
    let caption = format!("Delivery attempts of the last {}, newest first", range.label());
    let heads = vec![("Time", ""), ("Event", ""), ("Status", ""), ("HTTP", "num"), ("Latency", "num"), ("Attempt", "num")];
    let row = |attempt: Attempt| {
        // The usual way goes without saying.
        let over = network.taken(attempt.transport.as_deref()).filter(|one| Some(*one) != network.transports.first());
        let over = over.map(|one| one.name.clone());
        view! { <Row attempt over base=base.clone() tick=ticks/> }
    };
    let rows = rows.into_iter().map(row).collect_view();
    view! { <Table caption heads ticks>{rows}</Table> }
}

/// The rows within a form that asks about those that are ticked, for who may have them sent again.
#[component]
fn Pickable(may: bool, base: String, children: Children) -> impl IntoView {
    if !may {
        return children().into_any();
    }
    view! {
        <form class="pickable" method="get" action=format!("{base}/resend")>
            <input type="hidden" name="of" value=SELECTED/>
            {children()}
            <div class="picked"><SelectAll name=ROW.to_owned()/><span class="push"><Button text="Resend selected…" small=true icon=Shape::Retry/></span></div>
        </form>
    }
    .into_any()
}

#[component]
fn Row(attempt: Attempt, over: Option<String>, base: String, tick: bool) -> impl IntoView {
    let (http, code) = http(&attempt);
    let number = if attempt.attempt == 0 { "–".to_owned() } else { attempt.attempt.to_string() };
    let latency = latency(&attempt);
    let tick = tick.then(|| {
        let label = format!("Select {}, {}", attempt.event, clock().exact(attempt.time));
        view! { <td role="cell" class="tick"><input type="checkbox" name=ROW value=attempt.id.to_string() aria-label=label/></td> }
    });
    view! {
        <tr role="row">
            {tick}
            <td role="cell" class="main-cell"><a class="open" href=format!("{base}/attempts/{}", attempt.id)><Time at=attempt.time linked=true/></a></td>
            <td role="cell" class="full">
                <code>{attempt.event}</code>" "<span class="muted">{attempt.goal_name}</span>" "
                {over.map(|over| view! { <span class="small muted">"over the "{over}" "</span> })}
                {attempt.test.then(|| view! { <TestBadge/> })}
            </td>
            <td role="cell" class="side-cell">
                <span class="row">
                    <StatusBadge status=attempt.status quiet=true/>
                    {attempt.sequel.map(|sequel| view! { " "<span class="muted small">{sequel.word.label()}</span> })}
                </span>
            </td>
            <td role="cell" class="num" data-label="HTTP">{http}{code.map(|code| view! { " "<span class="muted">"· "{code}</span> })}</td>
            <td role="cell" class="num">{latency}</td>
            <td role="cell" class="num" data-label="Attempt">{number}</td>
        </tr>
    }
}

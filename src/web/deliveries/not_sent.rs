//! What was credited to a network and not sent, with the reason and what would change it.

use super::log::UnknownFilter;
use super::words::{TestBadge, money, thousands};
use crate::model::conversion::{Mended, NotSent};
use crate::model::filter::{LogFilter, Range};
use crate::model::integration::NotSentPage;
use crate::model::number::{counted, form};
use crate::web::components::{Badge, Crumb, Crumbs, Empty, Flash, Glyph, Head, Pager, Pick, Segments, Shape, Table, Tabs, Time, Tone};
use crate::web::page::query;
use crate::web::resend::Running;
use leptos::prelude::*;

/// `base` is the path of the network's page; `unknown` is said when the address asked for no filter of ours.
#[component]
pub fn NotSentView(page: NotSentPage, base: String, unknown: bool) -> impl IntoView {
    let NotSentPage { game_name, network, filter, list, kept_back, resend, may_change, max_age_days, .. } = page;
    let running = resend.map(|running| view! { <Running running base=base.clone()/> });
    let sendable: i64 = kept_back.iter().map(|goal| goal.count).sum();
    // A link can say anything: only what is so is repeated.
    let sent = query("sent").is_some() && sendable == 0;
    let settings = base.split("/settings").next().unwrap_or_default().to_owned();
    let crumbs = vec![
        Crumb::link(game_name, settings.clone()),
        Crumb::here("Settings"),
        Crumb::link("Integrations", format!("{settings}/settings/integrations")),
        Crumb::link(network.name.clone(), base.clone()),
        Crumb::here("Not sent"),
    ];
    let at = |filter: &LogFilter, cursor: Option<(&str, String)>| address(&base, filter, cursor);
    let ranges = Range::ALL
        .iter()
        .map(|range| Pick::new(at(&LogFilter { range: *range, status: None }, None), range.label(), *range == filter.range))
        .collect();
    let tabs =
        vec![Pick::new(super::log::address(&base, &filter, None), "Attempts", false), Pick::new(at(&filter, None), "Not sent", true)];
    let newer = list.newer.map(|cursor| at(&filter, Some(("newer", cursor.to_string()))));
    let older = list.older.map(|cursor| at(&filter, Some(("older", cursor.to_string()))));
    let shown = format!("{} shown, newest first", thousands(i64::try_from(list.rows.len()).unwrap_or(0)));
    let (name, picture, short) = (network.name.clone(), network.picture.clone(), network.short.clone());
    let body = if list.rows.is_empty() {
        let title = format!("Nothing that {short} earned was held back in the last {}.", filter.range.label());
        view! { <div class="card"><Empty title><p>"Conversions that cannot be sent are listed here with the reason."</p></Empty></div> }
            .into_any()
    } else {
        let heads = vec![("Time", ""), ("Event", ""), ("Reason", ""), ("What changes it", ""), ("Value", "num")];
        let rows =
            list.rows.into_iter().map(|row| view! { <Row row max_age_days short=short.clone() game=settings.clone()/> }).collect_view();
        view! {
            <div class="card flush">
                <Table caption="Conversions that were not sent, newest first" heads>{rows}</Table>
                <Pager says=shown newer older/>
            </div>
        }
        .into_any()
    };
    view! {
        <Crumbs path=crumbs/>
        <Head before=move || view! { <Glyph name=name.clone() picture=picture.clone() large=true/> } title=move || "Not sent"/>
        <div class="stack">
            <p class="soft narrow">{format!("Conversions whose last ad click was {short}'s and that were not sent there.")}</p>
            <Tabs label="Log" picks=tabs/>
            <div class="filters"><Segments label="Time range" picks=ranges/></div>
            {unknown.then(|| view! { <UnknownFilter range=filter.range/> })}
            {sent.then(|| view! {
                <Flash tone=Tone::Ok announce=true><strong>"Nothing is left to send."</strong>" What could go out is on its way; the log shows it."</Flash>
            })}
            {running}
            {(sendable > 0).then(|| view! { <SendNow count=sendable base may=may_change/> })}
            {body}
        </div>
    }
}

/// What stayed here for a cause that is gone, and the way to send it. `base` is the path of the network's page.
#[component]
pub fn SendNow(count: i64, base: String, may: bool) -> impl IntoView {
    let title = format!("{} can be sent now", counted(count, "conversion", "conversions"));
    let what = format!("{} here for a cause that is gone.", form(count, "It stayed", "They stayed"));
    match may {
        true => view! {
            <Flash tone=Tone::Info title action=move || view! { <a class="btn sm" href=format!("{base}/not-sent/send")>"Send now"</a> }>{what}</Flash>
        }
        .into_any(),
        false => view! { <Flash tone=Tone::Info title>{what}" An owner or admin of this game can send "{form(count, "it.", "them.")}</Flash> }.into_any(),
    }
}

fn address(base: &str, filter: &LogFilter, cursor: Option<(&str, String)>) -> String {
    let log = super::log::address(&format!("{base}/not-sent"), &LogFilter { range: filter.range, status: None }, cursor);
    log.trim_end_matches("#log").to_owned()
}

#[component]
fn Row(row: NotSent, max_age_days: i64, short: String, game: String) -> impl IntoView {
    let player = row.player_id.map(|player| format!("{game}/players/{player}?event={}", row.id));
    let (sentence, fix) = row.reason.explain();
    let fix = match row.mended {
        Mended::No => fix.to_owned(),
        Mended::Yes => "That is mended: it can be sent now.".to_owned(),
        Mended::TooLate => {
            format!("That is mended, but {short} takes events up to {} alone.", counted(max_age_days, "day old", "days old"))
        }
    };
    view! {
        <tr role="row">
            <td role="cell" class="main-cell"><Time at=row.received_at/></td>
            <td role="cell" class="full">
                <code>{row.event}</code>" "<span class="muted">{row.goal_name}</span>" "
                {row.test.then(|| view! { <TestBadge/> })}
                {player.map(|href| view! { <a class="small" href=href>"See player"</a> })}
            </td>
            <td role="cell" class="full"><Badge tone=Tone::Off shape=Shape::Off plain=true text=sentence/></td>
            <td role="cell" class="full"><span class="muted">{fix}</span></td>
            <td role="cell" class="num" data-label="Value">{row.value.as_ref().map_or_else(|| "None".to_owned(), money)}</td>
        </tr>
    }
}

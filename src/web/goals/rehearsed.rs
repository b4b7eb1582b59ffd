//! What a goal would have counted, beside the form; and what goal pages say of filters and of networks.

use crate::model::goal::{Filter, Rule, Trigger};
use crate::model::money::Amount;
use crate::model::number::thousands;
use crate::model::rehearsal::{Earned, MAX_REHEARSED, Rehearsal, Sample};
use crate::web::components::{Badge, Section, Shape, Table, Time, Tone};
use leptos::prelude::*;

/// `value is at least 19.99`, the parts told apart.
#[component]
pub fn Only(filter: Filter) -> impl IntoView {
    view! { <code>{filter.property}</code>" "{filter.operator.label()}" "{filter.value} }
}

#[component]
pub fn Rehearsed(rehearsal: Rehearsal, event: String, rule: Rule) -> impl IntoView {
    let with_click = rehearsal.with_click();
    let Rehearsal { events, cut, counted, worth, earned, latest } = rehearsal;
    if events == 0 {
        return view! {
            <aside>
                <Section id="rehearsal" title="If this goal had been active">
                    <div class="card"><p>"No "<code>{event}</code>" came in the last 30 days. Check how the game spells it; or create the goal, and it waits for the first."</p></div>
                </Section>
            </aside>
        }
        .into_any();
    }
    let each = if rule.trigger == Trigger::OncePerPlayer { ", each a player’s first" } else { "" };
    let says =
        format!(" events of the last 30 days would have counted{each}. {} of them follow an ad click with an id.", thousands(with_click));
    let worth = (!worth.is_empty()).then(|| format!(" In all they were worth {}.", spoken(&worth)));
    let samples = rule.filter.filter(|_| !latest.is_empty()).map(|filter| view! { <Samples latest property=filter.property/> });
    view! {
        <aside>
            <Section id="rehearsal" title="If this goal had been active">
                <div class="card flush">
                    <div class="stack tight pad">
                        <p class="lead"><strong>{thousands(counted)}</strong>" of "{thousands(events)}</p>
                        <p class="soft">
                            <code>{event}</code>{says}{worth}
                        </p>
                        {cut.then(|| view! { <p class="soft">{format!("Only the latest {} were looked at.", thousands(MAX_REHEARSED as i64))}</p> })}
                    </div>
                    {(!earned.is_empty()).then(|| view! { <ByNetwork earned caption="Would have been credited, by network"/> })}
                    {samples}
                </div>
                <p class="small muted">"A rehearsal, with clicks and players as they are known today. The goal counts from the moment it is active."</p>
            </Section>
        </aside>
    }
    .into_any()
}

#[component]
pub fn ByNetwork(earned: Vec<Earned>, caption: &'static str) -> impl IntoView {
    let rows = earned
        .into_iter()
        .map(|one| {
            let unsent = (!one.sends).then(|| view! { <span class="muted small">", cannot be sent"</span> });
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="main-cell">{one.network_name}{unsent}</th>
                    <td role="cell" class="num" data-label="Events:">{thousands(one.count)}</td>
                    <td role="cell" class="num" data-label="Worth:">{if one.worth.is_empty() { "–".to_owned() } else { spoken(&one.worth) }}</td>
                </tr>
            }
        })
        .collect_view();
    view! { <Table caption heads=vec![("Network", ""), ("Events", "num"), ("Worth", "num")]>{rows}</Table> }
}

#[component]
fn Samples(latest: Vec<Sample>, property: String) -> impl IntoView {
    let label = format!("{property}:");
    let rows = latest
        .into_iter()
        .map(|one| {
            let (tone, shape, text) = if one.passes { (Tone::Ok, Shape::Check, "Matches") } else { (Tone::Off, Shape::Off, "Left out") };
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="main-cell"><Time at=one.time/></th>
                    <td role="cell" class="num" data-label=label.clone()>{one.value.map_or_else(|| "–".to_owned(), short)}</td>
                    <td role="cell" class="side-cell"><Badge tone shape text plain=true/></td>
                </tr>
            }
        })
        .collect_view();
    let caption = format!("The latest events and their {property} against the filter");
    view! { <Table caption heads=vec![("Latest", ""), ("Property", "num"), ("Filter", "")]>{rows}</Table> }
}

/// As much of a value as a row holds.
fn short(value: String) -> String {
    const MOST: usize = 24;
    if value.chars().count() <= MOST { value } else { value.chars().take(MOST - 1).chain(['…']).collect() }
}

/// `EUR 5.00, USD 7,312.40`
fn spoken(amounts: &[Amount]) -> String {
    amounts.iter().map(|amount| format!("{} {}", amount.currency, amount.text)).collect::<Vec<_>>().join(", ")
}

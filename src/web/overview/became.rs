//! What became of the conversions: how many were credited, wait, or were not sent, and each reason why not with what changes it.

use crate::model::conversion::Reason;
use crate::model::overview::{Became, Credited, Unsent};
use crate::web::components::{ButtonLink, Empty, Section, Stat, Stats, Table};
use crate::web::deliveries::words::thousands;
use leptos::prelude::*;

/// `settings` is the path of the game's settings; `open` counts the postbacks that are still to be sent.
#[component]
pub fn Conversions(became: Became, open: i64, settings: String) -> impl IntoView {
    let (all, unsent) = (became.all(), became.unsent());
    let Became { credited, waiting, not_sent } = became;
    let share = move |part: i64| (part > 0).then(|| format!("{}%", part * 100 / all));
    let number = |count: i64| if count == 0 { "None".to_owned() } else { thousands(count) };
    let body = if all == 0 {
        view! {
            <div class="card">
                <Empty title="No goal was reached in the last 30 days.">
                    <p>"A message of your game that matches an active goal is a conversion. What becomes of it is told here."</p>
                </Empty>
            </div>
        }
        .into_any()
    } else {
        view! {
            <Stats>
                <Stat label="Goals reached" value=number(all)/>
                <Stat label="Credited to an ad" value=number(credited) note=share(credited)/>
                <Stat label="Waiting for a click" value=number(waiting) note=(waiting > 0).then(|| "up to 7 days".into())/>
                <Stat label="Not sent" value=number(unsent) note=share(unsent)/>
                <Stat label="Still to send" value=number(open)/>
            </Stats>
            {(unsent > 0).then(|| view! { <Reasons list=not_sent settings/> })}
        }
        .into_any()
    };
    view! { <Section id="conversions" title="Conversions" hint="Last 30 days, test events left out">{body}</Section> }
}

#[component]
fn Reasons(list: Vec<Unsent>, settings: String) -> impl IntoView {
    // What somebody can mend comes first.
    let (mendable, rest): (Vec<Unsent>, Vec<Unsent>) = list.into_iter().partition(|unsent| way(unsent.reason).is_some());
    let mut heads = vec![("Why not sent", ""), ("What changes it", ""), ("Conversions", "num")];
    let actions = !mendable.is_empty();
    if actions {
        heads.push(("", ""));
    }
    let rows = mendable.into_iter().chain(rest).map(|unsent| view! { <Row unsent settings=settings.clone() actions/> }).collect_view();
    view! { <div class="card flush"><Table caption="Why conversions were not sent" heads>{rows}</Table></div> }
}

/// `actions`: the table has a column of them.
#[component]
fn Row(unsent: Unsent, settings: String, actions: bool) -> impl IntoView {
    let (sentence, fix) = unsent.reason.explain();
    let action = way(unsent.reason).map(|(page, text)| {
        let label = format!("{text}: {sentence}");
        view! { <ButtonLink href=format!("{settings}/{page}") text small=true label/> }
    });
    let networks = unsent.networks;
    view! {
        <tr role="row">
            <td role="cell" class="main-cell">
                {sentence}
                {(!networks.is_empty()).then(|| view! { " "<br/><span class="muted small">{listed(networks, &settings)}</span> })}
            </td>
            <td role="cell" class="full"><span class="soft">{fix}</span></td>
            <td role="cell" class="num side-cell">{thousands(unsent.count)}</td>
            {actions.then(|| view! { <td role="cell" class="act">{action}</td> })}
        </tr>
    }
}

/// `TikTok Ads 3, X Ads 2`; those with a page lead to the conversions themselves.
fn listed(networks: Vec<Credited>, settings: &str) -> impl IntoView + use<> {
    let last = networks.len().saturating_sub(1);
    networks
        .into_iter()
        .enumerate()
        .map(|(at, Credited { slug, name, count })| {
            let text = format!("{name} {}", thousands(count));
            let stop = if at == last { "" } else { ", " };
            match slug {
                Some(slug) => view! { <a href=format!("{settings}/integrations/{slug}/not-sent?range=30d")>{text}</a>{stop} }.into_any(),
                None => view! { {text}{stop} }.into_any(),
            }
        })
        .collect_view()
}

/// The page of the settings where somebody can mend it, and what its button says.
const fn way(reason: Reason) -> Option<(&'static str, &'static str)> {
    match reason {
        Reason::NoClick => Some(("pixel", "Open pixel")),
        Reason::NoConnection | Reason::ConnectionDisabled | Reason::GoalUnmapped | Reason::TestWithoutCode => {
            Some(("integrations", "Open integrations"))
        }
        Reason::SameEvent => Some(("goals", "Open goals")),
        Reason::OutsideWindow
        | Reason::Organic
        | Reason::ClickUnusable
        | Reason::ClickExpired
        | Reason::UnsupportedNetwork
        | Reason::AlreadyConverted
        | Reason::Consent
        | Reason::Erased => None,
    }
}

//! Numbers of postbacks by how they stand.

use crate::model::resend::{Counts, Standing};
use crate::web::components::{Fact, Facts};
use crate::web::deliveries::words::thousands;
use leptos::prelude::*;

/// A line for each standing that `which` picks.
#[component]
pub fn Lines(counts: Counts, which: fn(Standing) -> bool, short: String, noun: String) -> impl IntoView {
    let lines = counts
        .into_iter()
        .filter(|(standing, _)| which(*standing))
        .map(|(standing, count)| view! { <Fact label=standing.label(&short, &noun)>{thousands(count)}</Fact> })
        .collect_view();
    view! { <Facts rows=true>{lines}</Facts> }
}

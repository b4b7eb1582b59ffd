//! The evidence: when and where the pixel was last seen, and which click ids it has brought.

use crate::model::number::thousands;
use crate::model::tracking::PageSeen;
use crate::web::components::{Condition, Section, Time, Tone};
use leptos::prelude::*;

#[component]
pub fn Seen(seen: Option<PageSeen>, clicks: Vec<(String, i64)>) -> impl IntoView {
    let page = match seen {
        None => view! {
            <Condition tone=Tone::Bad question="Has the pixel run?" likely=true>
                "No page in the last 30 days. Open your site in a browser that does not ask for privacy ("<em>"Global Privacy Control"</em>" and “do not track” silence the pixel), agree if it asks, and load this page again."
            </Condition>
        }
        .into_any(),
        Some(PageSeen { time, host, consent, test }) => {
            let place = host.map(|host| view! { " on "<strong>{host}</strong> });
            let test = test.then_some(", as a test");
            view! { <Condition tone=Tone::Ok question="Has the pixel run?">"Last page "<Time at=time/>{place}", at consent "<code>{consent}</code>{test}"."</Condition> }.into_any()
        }
    };
    let ids = if clicks.is_empty() {
        view! {
            <Condition tone=Tone::Off question="Has it kept click ids?">
                "None in the last 30 days. Open your site by an ad’s link, or add "<code>"?ttclid=test"</code>" to its address; a redirect that drops the address’s parameters loses them."
            </Condition>
        }
        .into_any()
    } else {
        let lines = clicks.into_iter().map(|(name, count)| format!("{name} {}", thousands(count))).collect::<Vec<_>>().join(", ");
        view! { <Condition tone=Tone::Ok question="Has it kept click ids?">{format!("In the last 30 days: {lines}.")}</Condition> }
            .into_any()
    };
    view! {
        <aside>
            <Section id="seen" title="Has it been seen?">
                <div class="card"><ol class="checklist">{page}{ids}</ol></div>
            </Section>
        </aside>
    }
}

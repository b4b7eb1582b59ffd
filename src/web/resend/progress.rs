//! How far a resend is, in numbers.

use super::words::Lines;
use crate::model::number::{counted, form, thousands};
use crate::model::resend::{Progress, ResendEnd, Standing};
use crate::web::components::{Flash, Stat, Stats, Tone, clock};
use leptos::prelude::*;

/// What may still change is marked `data-moves`.
#[component]
pub fn Numbers(progress: Progress, short: String, noun: String) -> impl IntoView {
    let says = sentence(&progress);
    let (done, of) = (progress.done(), progress.expected.max(progress.done()).max(1));
    let waits = (progress.held && progress.under_way > 0).then(|| {
        view! {
            <Flash tone=Tone::Hold title="They wait">
                {format!("{short} is switched off or refuses the connection. What is back in the queue goes out once that is mended.")}
            </Flash>
        }
    });
    let once_more = progress.once_more();
    let left_out = (!progress.left_out.is_empty()).then(|| {
        let counts = progress.left_out.clone();
        let all: fn(Standing) -> bool = |_| true;
        view! {
            <section class="card" aria-labelledby="left-out"><h2 id="left-out">"Left out"</h2><Lines counts which=all short noun/></section>
        }
    });
    view! {
        <p class="lead sm" role="status" data-moves=progress.moves().then_some("")><strong>{says}</strong></p>
        <progress class="meter" max=of.to_string() value=done.to_string() aria-label="Back in the queue so far"></progress>
        <Stats>
            <Stat label="Back in the queue" value=thousands(done) note=Some(format!("of {}", thousands(progress.expected)))/>
            <Stat label="Accepted so far" value=thousands(progress.accepted)/>
            <Stat label="Ended without success" value=thousands(progress.refused) tone=(progress.refused > 0).then_some(Tone::Bad)/>
            <Stat label="On the way" value=thousands(progress.under_way)/>
        </Stats>
        {waits}
        {(once_more > 0).then(|| view! {
            <p class="muted small">{counted(once_more, "postback", "postbacks")}" of it "{form(once_more, "was", "were")}" sent once more since, and "{form(once_more, "is", "are")}" counted there."</p>
        })}
        {left_out}
    }
}

fn sentence(progress: &Progress) -> String {
    let done = counted(progress.done(), "postback", "postbacks");
    let (is, was) = (form(progress.done(), "is", "are"), form(progress.done(), "was", "were"));
    let Some((end, at)) = progress.ended else {
        return format!("{done} of {} {is} back in the queue.", thousands(progress.expected));
    };
    let at = clock().minute(at);
    match end {
        ResendEnd::Done if progress.under_way > 0 => format!("Done, {at}: {done} {is} back in the queue."),
        ResendEnd::Done => format!("Done, {at}: {done} {was} sent again."),
        ResendEnd::Cancelled => format!("Cancelled, {at}: {done} {was} put back into the queue, the rest stays as it was."),
        ResendEnd::Stopped => {
            format!("Stopped, {at}: the connection was taken away or led elsewhere. {done} had been put back into the queue.")
        }
    }
}

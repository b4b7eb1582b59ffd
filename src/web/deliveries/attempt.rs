//! One attempt: what it means, what was sent, what came back, and what happened before and will happen next.

use super::sequel::{After, LaterWord, Waiting};
use super::words::{StatusBadge, TestBadge, attempt_name, http, it_says, latency, money, sentence, tone};
use crate::model::attempt::{Attempt, AttemptStatus, Exchange};
use crate::model::connection::Connection;
use crate::model::integration::AttemptPage;
use crate::model::number::counted;
use crate::model::postback::{Postback, PostbackState};
use crate::web::components::{
    ButtonLink, Code, Copy, Crumb, Crumbs, Fact, Facts, Flash, Glyph, Head, JsonCode, Moment, Section, Shape, Time, Timeline, Tone, clock,
};
use crate::web::page::query;
use crate::web::players::story::StoryView;
use crate::web::resend::path_of_one;
use leptos::prelude::*;

/// `base` is the path of the network's page.
#[component]
pub fn AttemptView(page: AttemptPage, base: String) -> impl IntoView {
    let AttemptPage {
        game_name,
        may_change,
        network,
        connection,
        attempt,
        postback,
        exchange,
        last_word,
        attempts,
        click,
        player,
        story,
        now,
    } = page;
    let settings = base.split("/settings").next().unwrap_or_default().to_owned();
    let title = attempt_name(&attempt).to_lowercase();
    let crumbs = vec![
        Crumb::link(game_name, settings.clone()),
        Crumb::link("Integrations", format!("{settings}/settings/integrations")),
        Crumb::link(network.name.clone(), base.clone()),
        Crumb::link("Delivery logs", format!("{base}#log")),
        Crumb::here(attempt_name(&attempt)),
    ];
    let event = attempt.event.clone();
    let goal = format!("{settings}/settings/goals/{}", postback.goal_id);
    let (name, picture) = (network.name.clone(), network.picture.clone());
    let (http, code) = http(&attempt);
    let answer = match (&code, attempt.latency_ms) {
        (_, None) => "No call was made".to_owned(),
        (Some(code), _) => format!("HTTP {http}, code {code}, in {}", latency(&attempt)),
        (None, _) if attempt.http.is_none() => format!("{http} in {}", latency(&attempt)),
        (None, _) => format!("HTTP {http} in {}", latency(&attempt)),
    };
    let over = network.taken(attempt.transport.as_deref()).map(|one| one.name.clone());
    let over = over.map(|name| view! { <Fact label="Sent over">{name}</Fact> });
    let value = postback.value.as_ref().map(money);
    let (status, test, time) = (attempt.status, attempt.test, attempt.time);
    // A click that is not kept any more is still told by the decision.
    let told = story.as_ref().and_then(|story| story.winner.as_ref()).map(|seen| (seen.kind.clone(), seen.time));
    let click = match click.map(|click| (click.kind, click.time)).or(told) {
        Some((kind, at)) => view! { <code>{kind}</code>", "<Time at/> }.into_any(),
        None => "Not kept any more".into_any(),
    };
    let player = player.map(|player| format!("{settings}/players/{player}?event={}", postback.conversion_id));
    let again = postback.resend(now).filter(|_| may_change && connection.is_some());
    let again = again.map(|text| (text, path_of_one(&base, attempt.id)));
    let acts = move || {
        view! {
            {player.map(|href| view! { <ButtonLink href text="See player"/> })}
            {again.map(|(text, href)| view! { <ButtonLink href text icon=Shape::Retry/> })}
        }
    };
    // A link can say anything: only what is so is repeated.
    let resent = query("resent").and(postback.resent_at).map(|at| {
        let then = if postback.state.open() { "Its next try is in the timeline." } else { "The timeline shows what came of it." };
        view! { <Flash tone=Tone::Ok announce=true><strong>"Sent again."</strong>" It was put back into the queue "<Time at/>". "{then}</Flash> }
    });
    view! {
        <Crumbs path=crumbs/>
        <Head before=move || view! { <Glyph name=name.clone() picture=picture.clone() large=true/> }
            title=move || view! { <code>{event.clone()}</code>", "{title.clone()} } actions=acts>
            <StatusBadge status/>
            {test.then(|| view! { <TestBadge/> })}
        </Head>
        <div class="stack loose">
            {resent}
            <Meaning attempt=attempt.clone() postback=postback.clone() connection=connection.clone() short=network.short.clone()/>
            <div class="split">
                <aside class="section" aria-labelledby="timeline">
                    <header><div><h2 id="timeline">"Timeline"</h2></div></header>
                    <Story here=attempt.clone() attempts postback=postback.clone() connection base=base.clone() short=network.short.clone() now/>
                </aside>
                <div class="stack loose">
                    <Facts>
                        <Fact label=if attempt.of_attempt.is_some() { "Told" } else { "Sent" }><Time at=time/></Fact>
                        <Fact label="Answer">{answer}</Fact>
                        <Fact label="Goal"><a href=goal>{postback.goal_name.clone()}</a>{value.map(|value| format!(", {value}"))}</Fact>
                        <Fact label="Sent as"><code>{postback.sent_as.clone()}</code></Fact>
                        <Fact label="Click">{click}</Fact>
                        {over}
                        <Fact label="Attribution event id" full=true><Id id="conversion-id" text=postback.conversion_id.to_string() label="Copy the attribution event id"/></Fact>
                        <Fact label="Event id, the same on every try" full=true><Id id="dedup-id" text=postback.dedup_id.clone() label="Copy the event id"/></Fact>
                    </Facts>
                    {match exchange {
                        Some(exchange) => view! { <Wire exchange attempt/> }.into_any(),
                        None => view! { <p class="muted">"No call was made, so there is no request and no response."</p> }.into_any(),
                    }}
                    {story.filter(|story| !story.lost.is_empty()).map(|story| view! { <StoryView story/> })}
                    {last_word.map(|exchange| view! { <LaterWord exchange short=network.short.clone()/> })}
                </div>
            </div>
        </div>
    }
}

#[component]
fn Id(id: &'static str, text: String, label: &'static str) -> impl IntoView {
    view! { <span class="row"><code id=id>{text}</code><Copy from=id.to_owned() label=label.to_owned()/></span> }
}

/// The sentence a marketer needs: what it means, the network's own words, and what happens next.
#[component]
fn Meaning(attempt: Attempt, postback: Postback, connection: Option<Connection>, short: String) -> impl IntoView {
    let tone = match attempt.status {
        AttemptStatus::Success => super::sequel::tone_of(&attempt),
        AttemptStatus::Failed => Tone::Bad,
        AttemptStatus::Retried => Tone::Warn,
    };
    let title = match attempt.status {
        AttemptStatus::Success => super::sequel::title(&attempt, &short),
        AttemptStatus::Failed | AttemptStatus::Retried if attempt.of_attempt.is_some() => {
            format!("{short} took the postback and refused it later")
        }
        AttemptStatus::Failed if attempt.attempt == 0 => "The postback ended without a call".to_owned(),
        AttemptStatus::Failed => format!("{short} did not accept the postback"),
        AttemptStatus::Retried => format!("{short} could not take the postback just then"),
    };
    let next = next(&attempt, &postback, connection.as_ref());
    // Where no answer came, what is known of it is ours to say.
    let words = attempt.words.filter(|words| !words.is_empty()).map(|words| match attempt.http {
        Some(_) => it_says(&words),
        None => sentence(&words),
    });
    view! {
        <Flash tone title>
            {attempt.meaning.map(|meaning| format!("{meaning} "))}
            {words}
            {attempt.sequel.and_then(|sequel| sequel.says).map(|says| format!("{says} "))}
            {next}
        </Flash>
    }
}

/// What happens next, where the attempt's own meaning does not say it.
fn next(attempt: &Attempt, postback: &Postback, connection: Option<&Connection>) -> String {
    // The row stands for an end that no answer explains.
    let without_call = attempt.attempt == 0;
    let parked = connection.is_some_and(|connection| connection.parked.is_some());
    let refused = attempt.status == AttemptStatus::Failed && !without_call;
    let disabled = connection.is_some_and(|connection| !connection.enabled);
    match postback.state {
        // The refusal that parked the connection says so itself.
        PostbackState::Queued | PostbackState::Retrying if parked && refused => String::new(),
        PostbackState::Queued | PostbackState::Retrying if parked => {
            "It waits until the connection is mended, then sends itself.".to_owned()
        }
        PostbackState::Queued | PostbackState::Retrying if disabled => "It waits until the connection is switched on.".to_owned(),
        PostbackState::Queued | PostbackState::Retrying => "You need not do anything.".to_owned(),
        PostbackState::Failed | PostbackState::Expired | PostbackState::Cancelled if without_call => {
            postback.ended.clone().unwrap_or_default()
        }
        _ => String::new(),
    }
}

#[component]
fn Story(
    here: Attempt,
    attempts: Vec<Attempt>,
    postback: Postback,
    connection: Option<Connection>,
    base: String,
    short: String,
    now: i64,
) -> impl IntoView {
    let recorded = clock().time_of_day(postback.created_at);
    let resent = postback.resent_at;
    let (before, since): (Vec<Attempt>, Vec<Attempt>) = attempts.into_iter().partition(|attempt| resent.is_none_or(|at| attempt.time < at));
    let tries = |list: Vec<Attempt>| {
        list.into_iter()
            .map(|attempt| {
                let (tone, shape) = tone(attempt.status);
                let (http, code) = http(&attempt);
                let name = attempt_name(&attempt);
                let after = attempt.sequel.clone();
                let says = match (attempt.latency_ms, code) {
                    (None, _) => attempt.meaning.clone().unwrap_or_default(),
                    (Some(_), Some(code)) => format!("HTTP {http}, code {code}, {}", latency(&attempt)),
                    (Some(_), None) if attempt.http.is_none() => format!("{http}, {}", latency(&attempt)),
                    (Some(_), None) => format!("HTTP {http}, {}", latency(&attempt)),
                };
                let is_here = attempt.id == here.id;
                let href = format!("{base}/attempts/{}", attempt.id);
                let when = clock().time_of_day(attempt.time);
                let what = move || match is_here {
                    true => name.clone().into_any(),
                    false => view! { <a href=href.clone()>{name.clone()}</a> }.into_any(),
                };
                view! {
                    <Moment shape tone what when=move || when.clone() here=is_here><p class="small soft">{says}</p></Moment>
                    {after.map(|sequel| view! { <After sequel/> })}
                }
            })
            .collect_view()
    };
    let (before, since) = (tries(before), tries(since));
    let held = connection.is_some_and(|connection| connection.parked.is_some() || !connection.enabled);
    let deadline = postback.expires_at;
    let ahead = postback.state.open().then(|| {
        let due = postback.due_at.filter(|_| !held);
        view! {
            {due.map(|due| {
                let what = if due <= now { "Next try is due" } else { "Next try" };
                view! { <Moment shape=Shape::Clock what=move || what when=move || view! { <Time at=due/> } ahead=true/> }
            })}
            {held.then(|| view! { <Moment shape=Shape::Pause what=move || "Waits for the connection" when=move || "" ahead=true/> })}
            <Moment shape=Shape::Flag tone=Tone::Bad what=move || "Last chance" when=move || view! { <Time at=deadline/> } ahead=true>
                <p class="small soft">"After that the network takes the event no more."</p>
            </Moment>
        }
    });
    view! {
        <Timeline>
            <Moment shape=Shape::Bag tone=Tone::Ok what=move || "Conversion recorded" when=move || recorded.clone()/>
            {before}
            {resent.map(|at| view! { <Moment shape=Shape::Retry tone=Tone::Info what=move || "Sent again by hand" when=move || clock().time_of_day(at)/> })}
            {since}
            {postback.asked_at.map(|at| view! { <Waiting at short/> })}
            {ahead}
        </Timeline>
    }
}

#[component]
fn Wire(exchange: Exchange, attempt: Attempt) -> impl IntoView {
    let status = attempt.http.map_or_else(|| "No answer".to_owned(), |http| format!("HTTP {http}"));
    let response = exchange.response.unwrap_or_default();
    let size = counted(i64::try_from(response.len()).unwrap_or(i64::MAX), "byte", "bytes");
    let line = format!("{} {}", exchange.method, exchange.url);
    let headers: String = exchange.headers.iter().map(|(name, value)| format!("{name}: {value}\n")).collect();
    let shared = exchange.envelope.clone();
    let hint = match attempt.of_attempt {
        Some(_) => "The question what became of the accepted request. Secrets are masked.",
        None => "This event as it was sent. Secrets are masked.",
    };
    view! {
        <Section id="response" title="Response">
            {if response.is_empty() {
                view! { <p class="muted">"The network sent nothing back. "{attempt.words.as_deref().map(sentence)}</p> }.into_any()
            } else {
                view! { <JsonCode id="response-body" says="Response body" caption=move || view! { {status.clone()}" "<span class="muted">{size.clone()}</span> } text=response/> }.into_any()
            }}
        </Section>
        <Section id="request" title="Request" hint>
            <JsonCode id="request-body" says="Event as sent" caption=move || line.clone() text=exchange.event before=headers.trim_end().to_owned()/>
            {(!shared.is_empty()).then(|| view! {
                <Code id="envelope" says="The rest of the request body" caption=move || "The body around it, without its events">{shared}</Code>
            })}
        </Section>
    }
}

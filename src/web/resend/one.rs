//! The question before one postback is sent again: what that does at the network, and where it would count twice, a word to type.

use super::api::read_resend_one;
use super::changes::SendOneAgain;
use super::{TheyWait, crumbs};
use crate::error::AppError;
use crate::model::resend::{Effect, ResendOne, ResendProblem, Standing, TYPED};
use crate::web::components::{Button, Confirm, Crumb, Crumbs, Flash, Look, TextField, Time, Tone, clock};
use crate::web::page::{Page, param};
use crate::web::visit;
use leptos::prelude::*;
use uuid::Uuid;

#[component]
pub fn ResendOnePage() -> impl IntoView {
    let (game, network) = (param("slug"), param("network"));
    let id = param("id").parse::<Uuid>();
    let load = {
        let (game, id) = (game.clone(), id.clone());
        async move { read_resend_one(game, network, id.map_err(|_| AppError::NotFound)?).await }
    };
    view! { <Page title="Resend" load draw=move |one| view! { <Question one game id=id.unwrap_or_default()/> }.into_any()/> }
}

#[component]
fn Question(one: ResendOne, game: String, id: Uuid) -> impl IntoView {
    let ResendOne { game_name, network, connection, event, goal_name, effect, max_age_days, window_hours } = one;
    let base = crate::web::integrations::path(&game, &network.slug);
    let back = format!("{base}/attempts/{id}");
    let mut path = crumbs(game_name, network.name.clone(), &base);
    path.extend([Crumb::link("Attempt", back.clone()), Crumb::here("Resend")]);
    let short = network.short.clone();
    let stays = match (&connection, effect) {
        (None, _) => Some(ResendProblem::NotConnected.says().to_owned()),
        (Some(_), Effect::None(standing)) => Some(why_not(standing, &short, &network.target_noun.to_lowercase(), max_age_days)),
        (Some(_), _) => None,
    };
    let what = view! { <p><code>{event}</code>", "{goal_name}</p> };
    if let Some(why) = stays {
        let says = view! { {what}<p>{why}</p> }.into_any();
        return view! { <Crumbs path/><Confirm title="It cannot be sent again" back says>""</Confirm> }.into_any();
    }
    let (title, button, look) = match effect {
        Effect::Now { .. } => ("Try it now?", "Try now", Look::Primary),
        Effect::Ignored { .. } => ("Send it again all the same?", "Resend", Look::Plain),
        Effect::Twice { .. } | Effect::PerhapsTwice { .. } => ("Send it again, though it may count twice?", "Resend", Look::Danger),
        _ => ("Send it again?", "Resend", Look::Primary),
    };
    let action = ServerAction::<SendOneAgain>::new();
    let failure = visit::failure(action);
    let of_typing = failure.filter(|error| *error == AppError::Resend(ResendProblem::Typed)).map(|error| error.to_string());
    let refused =
        failure.filter(|_| of_typing.is_none()).map(|error| view! { <Flash tone=Tone::Bad announce=true>{error.to_string()}</Flash> });
    let says = view! {
        {refused}
        {what}
        {does(effect, &short, window_hours)}
        {connection.map(|connection| view! { <TheyWait connection short=short.clone()/> })}
    }
    .into_any();
    let typing = effect.must_be_typed().then(|| {
        view! { <TextField name="typed" label=format!("Type “{TYPED}” to send it") error=of_typing required=true max=40_usize code=true/> }
    });
    view! {
        <Crumbs path/>
        <Confirm title back says>
            <ActionForm action>
                <div class="stack">
                    <input type="hidden" name="game" value=game/>
                    <input type="hidden" name="network" value=network.slug/>
                    <input type="hidden" name="id" value=id.to_string()/>
                    <input type="hidden" name="saw" value=effect.word()/>
                    {typing}
                    <div class="row"><Button text=button look/></div>
                </div>
            </ActionForm>
        </Confirm>
    }
    .into_any()
}

/// What sending it again does.
fn does(effect: Effect, short: &str, window_hours: i64) -> AnyView {
    let short = short.to_owned();
    match effect {
        Effect::Now { due_at } => view! {
            <p>"Its next try is due "<Time at=due_at/>". It is made now instead, and tries begin anew if that fails."</p>
        }
        .into_any(),
        Effect::Ignored { since, until } => view! {
            <p>
                <strong>{format!("{short} will ignore it.")}</strong>
                {format!(" It has had this conversion since {}, and knows the event id again until {}.", clock().minute(since), clock().minute(until))}
            </p>
        }
        .into_any(),
        Effect::Twice { since } => view! {
            <p>
                <strong>{format!("{short} will count it twice.")}</strong>
                {format!(" It has had this conversion since {}, and knows an event id again for {window_hours} hours.", clock().minute(since))}
            </p>
        }
        .into_any(),
        Effect::PerhapsTwice { since } => view! {
            <p>
                <strong>{format!("{short} may count it twice.")}</strong>
                {format!(" A try of {} brought no clear answer. If it arrived, it counts once more now: {short} knows an event id again for {window_hours} hours.", clock().minute(since))}
            </p>
        }
        .into_any(),
        Effect::Again | Effect::None(_) => view! {
            <p>{format!("It goes out under the event id that it had, so that {short} cannot count it twice. Tries begin anew if this one fails.")}</p>
        }
        .into_any(),
    }
}

fn why_not(standing: Standing, short: &str, noun: &str, max_age_days: i64) -> String {
    match standing {
        Standing::Sending => "It is being sent at this moment. Look at its attempt again in a minute.".to_owned(),
        Standing::Due => "It is in the queue and due: it goes out by itself.".to_owned(),
        Standing::Expired => {
            format!("It is too old: {short} takes events up to {max_age_days} days old, and Postbacks keeps an hour's margin.")
        }
        Standing::Cancelled => "It was cancelled, and what was cancelled is not brought back.".to_owned(),
        Standing::Elsewhere => format!("It was for another account or {noun} than the one that is connected now."),
        Standing::Consent => "Its player withdrew consent, so nothing of theirs is sent.".to_owned(),
        Standing::Erased => "Its player was erased, and nothing of what it said is kept.".to_owned(),
        Standing::Test => "It is a test event. Send another one from the network's page.".to_owned(),
        Standing::Ready | Standing::Waiting | Standing::Delivered | Standing::Unknown | Standing::Again => {
            ResendProblem::Changed.says().to_owned()
        }
    }
}

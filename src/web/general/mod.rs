//! Settings > General: name, time zone, attribution window, and how long messages and attempts are kept.

pub mod api;

use crate::model::game::MAX_GAME_NAME;
use crate::model::game_settings::{COUNTED_UP_TO, Draft, GameSettings, KEPT_DAYS, MAX_ZONE, Problem, SettingsPage, WINDOW_DAYS};
use crate::model::number::counted;
use crate::web::components::{Button, Crumb, Crumbs, Fact, Facts, Flash, Head, Look, Section, TextField, Tone};
use crate::web::page::{Page, param, query};
use crate::web::visit;
use api::{ChangeSettings, read_settings};
use leptos::prelude::*;
use leptos_router::params::ParamsMap;

/// Characters of a number that are kept for another try.
const MAX_NUMBER: usize = 8;
/// The id of the list that the time zone is picked from.
const ZONES: &str = "zones";

/// `/games/{game}/settings/general`
pub fn path(game: &str) -> String {
    format!("/games/{game}/settings/general")
}

/// The page with all that was typed, so that nothing is lost when it cannot be saved.
pub fn path_to_retry(game: &str, draft: &Draft) -> String {
    let start = |text: &str, max: usize| text.trim().chars().take(max + 1).collect::<String>();
    let mut query = ParamsMap::new();
    query.insert("tried", "yes".into());
    query.insert("name", start(&draft.name, MAX_GAME_NAME));
    query.insert("zone", start(&draft.time_zone, MAX_ZONE));
    query.insert("window", start(&draft.window_days, MAX_NUMBER));
    query.insert("messages", start(&draft.keep_messages_days, MAX_NUMBER));
    query.insert("attempts", start(&draft.keep_attempts_days, MAX_NUMBER));
    format!("{}{}", path(game), query.to_query_string())
}

/// What `path_to_retry` kept.
fn tried() -> Option<Draft> {
    query("tried")?;
    let text = |name: &str| query(name).unwrap_or_default();
    Some(Draft {
        name: text("name"),
        time_zone: text("zone"),
        window_days: text("window"),
        keep_messages_days: text("messages"),
        keep_attempts_days: text("attempts"),
        delete: false,
    })
}

#[component]
pub fn GeneralPage() -> impl IntoView {
    let game = param("slug");
    let saved = query("saved").is_some();
    let tried = tried();
    let load = read_settings(game, tried.clone());
    view! { <Page title="General" load draw=move |loaded| view! { <General loaded tried saved/> }.into_any()/> }
}

#[component]
fn General(loaded: SettingsPage, tried: Option<Draft>, saved: bool) -> impl IntoView {
    let SettingsPage { slug, settings, may_change, problems, would_delete, zones } = loaded;
    let crumbs = vec![Crumb::link(settings.name.clone(), format!("/games/{slug}")), Crumb::here("Settings"), Crumb::here("General")];
    let address = format!("/games/{slug}");
    let body = match may_change {
        true => view! { <Form slug settings tried problems would_delete zones/> }.into_any(),
        false => view! { <AsSet settings/> }.into_any(),
    };
    view! {
        <Crumbs path=crumbs/>
        <Head title=|| "General"/>
        <div class="stack loose">
            {saved.then(|| view! { <Flash tone=Tone::Ok announce=true><strong>"Saved."</strong>" What was decided before stays as it was."</Flash> })}
            {body}
            <p class="muted small">"The game’s address, "<code>{address}</code>", never changes: links, bookmarks and the network’s way back hang on it."</p>
        </div>
    }
}

fn days(days: i32) -> String {
    counted(i64::from(days), "day", "days")
}

/// For who may only read.
#[component]
fn AsSet(settings: GameSettings) -> impl IntoView {
    view! {
        <div class="card">
            <Facts>
                <Fact label="Name">{settings.name}</Fact>
                <Fact label="Time zone">{settings.time_zone}</Fact>
                <Fact label="Attribution window">{days(settings.window_days)}</Fact>
                <Fact label="Messages are kept">{days(settings.keep_messages_days)}</Fact>
                <Fact label="Attempts are kept">{days(settings.keep_attempts_days)}</Fact>
            </Facts>
        </div>
        <p class="muted small">"Owners and admins of this game change its settings."</p>
    }
}

#[component]
fn Form(
    slug: String,
    settings: GameSettings,
    tried: Option<Draft>,
    problems: Vec<Problem>,
    would_delete: Option<(i64, i64)>,
    zones: Vec<String>,
) -> impl IntoView {
    let action = ServerAction::<ChangeSettings>::new();
    let failed = visit::failure(action);
    let typed = tried.unwrap_or_else(|| Draft::of(&settings));
    let about = |wanted: &[Problem]| problems.iter().find(|problem| wanted.contains(problem)).map(ToString::to_string);
    let (name_error, zone_error) = (about(&[Problem::NameMissing, Problem::NameUnfit]), about(&[Problem::ZoneUnknown]));
    let (window_error, messages_error) = (about(&[Problem::WindowUnfit]), about(&[Problem::MessagesUnfit]));
    let attempts_error = about(&[Problem::AttemptsUnfit]);
    let zones = zones.into_iter().map(|zone| view! { <option value=zone></option> }).collect_view();
    let (window, kept) = (limits(&WINDOW_DAYS), limits(&KEPT_DAYS));
    view! {
        {failed.map(|problem| view! { <Flash tone=Tone::Bad announce=true>{problem.to_string()}</Flash> })}
        <ActionForm action>
            <div class="stack loose form narrow">
                <input type="hidden" name="game" value=slug/>
                <Section id="game" title="Game">
                    <TextField name="name" label="Name" value=typed.name error=name_error required=true max=MAX_GAME_NAME/>
                    <TextField name="time_zone" label="Time zone" value=typed.time_zone error=zone_error required=true max=MAX_ZONE list=ZONES code=true
                        hint="An IANA name such as Europe/Berlin, for the days of charts and exports. Nothing that is stored changes."/>
                    <datalist id=ZONES>{zones}</datalist>
                </Section>
                <Section id="attribution" title="Attribution">
                    <TextField name="window_days" label="Attribution window, in days" value=typed.window_days error=window_error required=true max=MAX_NUMBER
                        hint=format!("{window} An ad click earns what its player does within so many days. It holds for events from now on: a conversion keeps the window that held when its event came, whether it was sent, waits or was not sent.")/>
                </Section>
                <Section id="keeping" title="How long data is kept">
                    <div class="fields">
                        <TextField name="keep_messages_days" label="Messages, in days" value=typed.keep_messages_days error=messages_error required=true max=MAX_NUMBER
                            hint=format!("{kept} What the game and the pixel sent.")/>
                        <TextField name="keep_attempts_days" label="Attempts, in days" value=typed.keep_attempts_days error=attempts_error required=true max=MAX_NUMBER
                            hint=format!("{kept} The delivery log with requests and responses.")/>
                    </div>
                    <p class="small muted">"Conversions go with whichever of the two is longer. Nothing that is queued, waiting or within an attribution window is deleted, and a goal that counts once per player still does. A longer time brings nothing back; a shorter one deletes within the hour."</p>
                    {would_delete.map(|(messages, attempts)| view! {
                        <Flash tone=Tone::Warn title="This deletes data" announce=true>
                            {Problem::WouldDelete.to_string()}" Now that is "{up_to(messages, "message", "messages")}" and "{up_to(attempts, "attempt", "attempts")}"."
                        </Flash>
                        <input type="hidden" name="delete" value="true"/>
                    })}
                </Section>
                <div class="row">
                    {match would_delete.is_some() {
                        true => view! { <Button text="Save and delete" look=Look::Danger/> }.into_any(),
                        false => view! { <Button text="Save" look=Look::Primary/> }.into_any(),
                    }}
                </div>
            </div>
        </ActionForm>
    }
}

/// `12,480 messages`, `more than 100,000 attempts`.
fn up_to(count: i64, one: &str, many: &str) -> String {
    let more = if count >= COUNTED_UP_TO { "more than " } else { "" };
    format!("{more}{}", counted(count, one, many))
}

fn limits(range: &std::ops::RangeInclusive<i32>) -> String {
    format!("{} to {}.", range.start(), range.end())
}

//! What the pixel can be told: the options of `init`, and what it tells of a page by itself.

use crate::web::components::{Code, Section, Table};
use leptos::prelude::*;

/// Option, what it is when left out, what it does.
const OPTIONS: &[(&str, &str, &str)] = &[
    ("key", "required", "The game’s publishable key"),
    ("consent", "none", "The level to begin with: none, anonymous or full"),
    ("consentMode", "off", "'auto': the site’s consent platform decides, and consent is not read"),
    ("domain", "this host", "'.example.com': one visitor on all hosts of the site"),
    ("autocapture", "see below", "What is told without a line of yours; false for nothing"),
    ("testMode", "false", "true: messages are marked as test and stay out of health and value"),
    ("endpoint", "the script’s own address", "Where to send, if your site serves a copy of the file; baseUrl means the same"),
];

/// Switch, whether it is on, the event, what it is about.
const SWITCHES: &[(&str, &str, &str, &str)] = &[
    ("pages", "on", "page", "Each address of a single-page site. Off by itself once the site sends page"),
    ("clicks", "on", "link_clicked", "Links to other sites, to stores and to launchers"),
    ("scroll", "on", "scroll_depth", "25, 50, 75, 90 and 100 percent of the page"),
    ("forms", "on", "form_submitted", "The names of the fields, nothing typed; at full consent the SHA-256 of the email"),
    ("internalClicks", "off", "link_clicked", "Links within the site"),
    ("buttons", "off", "button_clicked", "Buttons, but for those that send a form"),
];

#[component]
pub fn Options() -> impl IntoView {
    let rows = OPTIONS
        .iter()
        .map(|(option, usual, meaning)| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="main-cell"><code>{*option}</code></th>
                    <td role="cell" class="full" data-label="Left out:">{*usual}</td>
                    <td role="cell" class="full" data-label="Meaning:">{*meaning}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section id="options" title="Options" hint="They stand beside key in init.">
            <div class="card flush"><Table caption="Options of init" heads=vec![("Option", ""), ("Left out", ""), ("Meaning", "")]>{rows}</Table></div>
        </Section>
    }
}

#[component]
pub fn Autocapture() -> impl IntoView {
    let rows = SWITCHES
        .iter()
        .map(|(switch, state, event, meaning)| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="main-cell"><code>{*switch}</code></th>
                    <td role="cell" class="full" data-label="Left out:">{*state}</td>
                    <td role="cell" class="full" data-label="Event:"><code>{*event}</code></td>
                    <td role="cell" class="full" data-label="About:">{*meaning}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section id="autocapture" title="Told by itself" hint="A goal may count any of these events, but for page.">
            <div class="card flush"><Table caption="Switches of autocapture" heads=vec![("Switch", ""), ("Left out", ""), ("Event", ""), ("About", "")]>{rows}</Table></div>
            <Code id="autocapture-code" says="The switches" caption=|| "In init">"autocapture: { scroll: false, buttons: true }"</Code>
        </Section>
    }
}

//! How the pixel is used: consent, single-page sites, the site's security policy, what is kept.

use crate::web::components::{Code, Section, Table};
use leptos::prelude::*;

/// Consent level, what is sent, what is stored in the browser.
const LEVELS: &[(&str, &str, &str)] = &[
    ("none", "Nothing", "Nothing; what was there is deleted"),
    ("anonymous", "Pages, events, click ids, the campaign, no user id", "A random id for 2 years, a session id for 30 minutes"),
    ("full", "Also the user id and what you say of the player", "The same"),
];

#[component]
pub fn Consent() -> impl IntoView {
    let rows = LEVELS
        .iter()
        .map(|(level, sent, stored)| {
            view! {
                <tr role="row">
                    <th role="rowheader" scope="row" class="main-cell"><code>{*level}</code></th>
                    <td role="cell" class="full" data-label="Sent:">{*sent}</td>
                    <td role="cell" class="full" data-label="Stored:">{*stored}</td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <Section id="consent" title="Consent" hint="Start at the level you may, and raise it when the player agrees. Left out, it is none.">
            <div class="card flush"><Table caption="Consent levels" heads=vec![("Level", ""), ("Sent", ""), ("Stored in the browser", "")]>{rows}</Table></div>
            <Code id="consent-code" says="The consent command" caption=|| "When the player decides">
                "postbacks.push(['consent', 'full'])"
            </Code>
            <p class="muted small">"A browser that sends Global Privacy Control or “do not track” stays at none, whatever the page says."</p>
        </Section>
    }
}

#[component]
pub fn Spa() -> impl IntoView {
    view! {
        <Section id="pages" title="Pages and events" hint="The first page is sent by itself. A site that changes its address without loading says so at each change.">
            <Code id="pages-code" says="Page, event and player commands" caption=|| "JavaScript">
                "postbacks.push(['page'])\npostbacks.push(['track', 'wishlist_add', { game_id: 'your-game' }])\npostbacks.push(['identify', '76561198020034471', 'steam', { email: 'player@example.com' }])"
            </Code>
            <p class="muted small">"To rehearse, add "<code>"testMode: true"</code>" to "<code>"init"</code>": messages are marked as test and stay out of health and value."</p>
        </Section>
    }
}

#[component]
pub fn Policy(origin: String) -> impl IntoView {
    view! {
        <Section id="policy" title="Content Security Policy" hint="If your site sends one, it must allow these two; and the snippet’s own lines, by nonce or hash.">
            <Code id="policy-code" says="The lines of the policy" caption=|| "Content-Security-Policy">{format!("script-src {origin};\nconnect-src {origin};")}</Code>
        </Section>
    }
}

#[component]
pub fn Kept() -> impl IntoView {
    view! {
        <Section id="kept" title="What it keeps of a visit">
            <dl class="facts">
                <div><dt>"Click ids"</dt><dd>"ttclid, fbclid, gclid, gbraid, wbraid, dclid, rdt_cid, twclid, msclkid, li_fat_id"</dd></div>
                <div><dt>"Campaign"</dt><dd>"utm_source, utm_medium, utm_campaign, utm_content, utm_term"</dd></div>
                <div><dt>"Cookies of the networks, read only"</dt><dd>"_fbc, _fbp, _ttp, _rdt_uuid"</dd></div>
                <div><dt>"Page"</dt><dd>"Address, title, referrer, landing page, language, screen, time zone"</dd></div>
            </dl>
        </Section>
    }
}

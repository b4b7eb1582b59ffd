//! How the pixel is used: in place of Immutable's, consent, commands, the site's security policy, what is kept.

use crate::web::components::{Code, Section, Table};
use leptos::prelude::*;

/// Consent level, what is sent, what is stored in the browser.
const LEVELS: &[(&str, &str, &str)] = &[
    ("none", "Nothing", "Nothing; what was there is deleted"),
    ("anonymous", "Pages, events, click ids, the campaign, no user id", "A random id for 2 years, a session id for 30 minutes"),
    ("full", "Also the user id, what you say of the player, and the hash of an email sent by a form", "The same"),
];

const COMMANDS: &str = "\
postbacks.push(['track', 'wishlist_add', { game_id: 'your-game' }])
postbacks.push(['page', { section: 'shop' }])

// At full consent only: who the player is, and that two ids are one player
postbacks.push(['identify', '76561198020034471', 'steam',
                            { email: 'player@example.com' }])
postbacks.push(['alias', { id: 'player-17', identityType: 'custom' },
                         { id: '76561198020034471', identityType: 'steam' }])

// The player has signed out
postbacks.push(['reset'])";

/// For pages that carry Immutable's snippet; `taken`: their key was taken over.
#[component]
pub fn Moving(origin: String, key: String, taken: bool, game: String) -> impl IntoView {
    let script = format!("s.src=\"{origin}/pixel.js\";");
    let (hint, lines) = match taken {
        true => ("Keep it. The key that it carries is taken over: change the script’s address, and nothing else.", script),
        false => (
            "Keep it. Change the script’s address, and take over its key or put the game’s in its place.",
            format!("w[i].push([\"init\",{{\"key\":\"{key}\",\"consent\":\"anonymous\"}}]);\n{script}"),
        ),
    };
    let keys = format!("{}#carried", crate::web::keys::path(&game));
    view! {
        <Section id="moving" title="Already using Immutable’s snippet?" hint>
            <Code id="moving-code" says="What changes in Immutable’s snippet" caption=|| "In Immutable’s snippet">{lines}</Code>
            {(!taken).then(|| view! { <p class="small">"Pages that should keep their key: "<a href=keys>"take it over"</a>", and only the second line changes."</p> })}
            <p class="muted small">
                "Its options and commands work as they are, on "<code>"window.__imtbl"</code>", and visitors keep their ids: the cookies are the same. If the page sets "
                <code>"baseUrl"</code>", take it out."
            </p>
        </Section>
    }
}

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
            <p class="muted small">
                "With "<code>"consentMode: 'auto'"</code>" the pixel follows the site’s consent platform, and its later changes. Google Consent Mode: "<code>"analytics_storage"</code>
                " granted is anonymous; "<code>"ad_storage"</code>" granted too, with "<code>"ad_user_data"</code>" and "<code>"ad_personalization"</code>
                " not denied, is full. Where it says nothing, IAB TCF: purpose 1 is anonymous; purpose 3, 4 or 5 too is full. Anything else is none."
            </p>
            <p class="muted small">"A level that falls to none deletes both ids and is told to Postbacks, which stops what still waits for that player."</p>
            <p class="muted small">"A browser that sends Global Privacy Control or “do not track” stays at none, whatever the page says."</p>
        </Section>
    }
}

#[component]
pub fn Commands() -> impl IntoView {
    view! {
        <Section id="pages" title="Commands" hint="At any time, also before the file has loaded.">
            <Code id="pages-code" says="The commands" caption=|| "JavaScript">{COMMANDS}</Code>
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

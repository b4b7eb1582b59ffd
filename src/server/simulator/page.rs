//! `GET /`: the simulator at a glance, for a person who rehearses: what came in, whose tokens are good, which faults are
//! set, and forms to change the last two.

use super::faults::{BadEvent, Door, Fault, Later, Wanted};
use super::html::{Shown, page};
use super::ledger::{Entry, Outcome};
use super::role;
use super::state::State;
use super::tokens::{Grant, Worth};
use super::world::Account;
use crate::model::Millis;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::response::Response;

/// Events shown.
const RECENT: usize = 50;

/// A fault that the form offers by name.
pub struct Preset {
    pub word: &'static str,
    pub says: &'static str,
    pub make: fn() -> Wanted,
}

pub const PRESETS: &[Preset] = &[
    Preset {
        word: "rate_limited",
        says: "429 with Retry-After: 30",
        make: || Wanted { status: Some(429), retry_after: Some(30), ..Wanted::default() },
    },
    Preset {
        word: "too_many",
        says: "TikTok's 40100 over HTTP 200",
        make: || Wanted { code: Some(40100), status: Some(200), ..Wanted::default() },
    },
    Preset {
        word: "not_allowlisted",
        says: "Google Ads API: import closed to new integrations, over HTTP 200",
        make: || Wanted {
            network: Some("google".to_owned()),
            on: Some(Door::Imports),
            status: Some(200),
            message: Some("CUSTOMER_NOT_ALLOWLISTED_FOR_THIS_FEATURE".to_owned()),
            ..Wanted::default()
        },
    },
    Preset { word: "unavailable", says: "503, service unavailable", make: || Wanted { status: Some(503), ..Wanted::default() } },
    Preset { word: "forbidden", says: "403, no permission", make: || Wanted { status: Some(403), ..Wanted::default() } },
    Preset { word: "expire_token", says: "the token expires", make: || Wanted { expire_token: true, ..Wanted::default() } },
    Preset {
        word: "bad_event",
        says: "one event of the call is refused",
        make: || Wanted { bad_event: Some(BadEvent::default()), ..Wanted::default() },
    },
    Preset { word: "hang", says: "no answer, ever", make: || Wanted { hang: true, ..Wanted::default() } },
    Preset { word: "late", says: "the answer comes after 10 s", make: || Wanted { hang_ms: Some(10_000), ..Wanted::default() } },
    Preset { word: "slow", says: "the answer drips over 10 s", make: || Wanted { slow_ms: Some(10_000), ..Wanted::default() } },
    Preset { word: "reset", says: "connection reset, nothing taken", make: || Wanted { reset: true, ..Wanted::default() } },
    Preset {
        word: "lost_answer",
        says: "events taken, then connection reset",
        make: || Wanted { reset: true, after: true, ..Wanted::default() },
    },
    Preset { word: "late_refusal", says: "taken, and refused later (Google)", make: || later("PROCESSING_ERROR_REASON_INVALID_GCLID") },
    Preset {
        word: "late_no_credit",
        says: "taken, and credited to no ad (Google)",
        make: || later("PROCESSING_ERROR_REASON_CLICK_NOT_FOUND"),
    },
];

fn later(reason: &str) -> Wanted {
    Wanted { network: Some("google".into()), later: Some(Later { reason: Some(reason.into()), ..Later::default() }), ..Wanted::default() }
}

pub async fn show(Shared(state): Shared<State>) -> Response {
    let main = format!(
        "<h1>Ad networks, simulated</h1>{}{}{}{}{}",
        counts(&state),
        faults(&state),
        tokens(&state),
        accounts(&state),
        recent(&state)
    );
    page(StatusCode::OK, "Ad networks, simulated", false, &main)
}

fn counts(state: &State) -> String {
    let ledger = state.ledger();
    let row = |role: &&role::Role| {
        let c = ledger.counts().get(role.slug).copied().unwrap_or_default();
        let cells: String =
            [c.calls, c.accepted, c.duplicate, c.refused, c.lost, c.test].iter().map(|n| format!("<td class=\"num\">{n}</td>")).collect();
        format!("<tr><th scope=\"row\">{}</th>{cells}</tr>", role.name)
    };
    let rows: String = role::ALL.iter().map(row).collect();
    let dropped = ledger.dropped();
    let note = if dropped.events + dropped.calls > 0 {
        format!(
            "<p class=\"soft\">The ledger let go of the oldest {} events and {} calls; the totals count them.</p>",
            dropped.events, dropped.calls
        )
    } else {
        String::new()
    };
    let heads = ["Network", "Calls", "Accepted", "Duplicate", "Refused", "Lost", "Tests"];
    table("Totals", &heads, &rows) + &note
}

fn faults(state: &State) -> String {
    let list = state.faults(|faults| faults.list().to_vec());
    let row = |fault: &Fault| {
        let what = serde_json::to_string(&fault.wanted).unwrap_or_default();
        let (id, struck) = (fault.id, fault.struck);
        format!(
            "<tr><td class=\"num\">{id}</td><td><code>{}</code></td><td class=\"num\">{struck}</td><td><form method=\"post\" action=\"/simulator/faults/clear\">\
             <input type=\"hidden\" name=\"id\" value=\"{id}\"><button>Clear fault {id}</button></form></td></tr>",
            Shown(what)
        )
    };
    let rows: String = list.iter().map(row).collect();
    let active = if rows.is_empty() {
        "<p class=\"soft\">None is set: every call is answered by the rules.</p>".to_owned()
    } else {
        rows_of_faults(&rows)
    };
    let option = |word: &str, says: &str| format!("<option value=\"{word}\">{}</option>", Shown(says));
    format!(
        "<h2>Faults</h2>{active}<form class=\"row\" method=\"post\" action=\"/simulator/faults\">\
         <label>Network<select name=\"network\"><option value=\"\">all</option>{networks}</select></label>\
         <label>What goes wrong<select name=\"kind\">{kinds}</select></label><label>On<select name=\"on\">{doors}</select></label>\
         <label>How often<input type=\"number\" name=\"times\" min=\"1\" placeholder=\"until cleared\"></label><button class=\"main\">Set fault</button></form>",
        networks = role::ALL.iter().map(|role| option(role.slug, role.name)).collect::<String>(),
        kinds = PRESETS.iter().map(|preset| option(preset.word, preset.says)).collect::<String>(),
        doors = Door::ALL.iter().map(|door| option(door.word(), door.word())).collect::<String>(),
    )
}

fn rows_of_faults(rows: &str) -> String {
    let heads = ["No.", "Fault", "Struck", ""];
    format!(
        "<div class=\"scroll\"><table><thead>{}</thead><tbody>{rows}</tbody></table></div>\
         <form method=\"post\" action=\"/simulator/faults/clear\"><div class=\"buttons\"><button>Clear all faults</button></div></form><br>",
        head(&heads)
    )
}

fn tokens(state: &State) -> String {
    let row = |grant: Grant| {
        let (act, says) = if grant.worth == Worth::Valid { ("expire", "Expire") } else { ("restore", "Restore") };
        let tail = grant.token.get(grant.token.len().saturating_sub(4)..).unwrap_or_default().to_owned();
        let button = if grant.worth == Worth::Revoked {
            String::new()
        } else {
            format!(
                "<form method=\"post\" action=\"/simulator/tokens/{act}\"><input type=\"hidden\" name=\"network\" value=\"{}\">\
                 <input type=\"hidden\" name=\"token\" value=\"{}\"><button>{says} …{}</button></form>",
                grant.network,
                Shown(&grant.token),
                Shown(&tail)
            )
        };
        let rights = if grant.may_send { "" } else { ", may not send conversions" };
        format!(
            "<tr><td>{}</td><td><code>…{}</code></td><td>{}{rights}</td><td>{}</td><td>{button}</td></tr>",
            grant.network,
            Shown(&tail),
            grant.worth,
            Shown(grant.accounts.join(", "))
        )
    };
    let rows: String = state.tokens().all().into_iter().map(row).collect();
    table("Tokens", &["Network", "Token", "State", "For accounts", ""], &rows)
}

fn accounts(state: &State) -> String {
    let world = state.world();
    let row = |account: &Account| {
        let pixels: Vec<_> = world.pixels.iter().filter(|pixel| pixel.network == account.network && pixel.account == account.id).collect();
        let first = pixels
            .iter()
            .take(3)
            .map(|pixel| format!("<code>{}</code> {}<br>", Shown(&pixel.code), Shown(&pixel.name)))
            .collect::<String>();
        let rest = pixels.len().saturating_sub(3);
        let rest = if rest > 0 { format!("<span class=\"soft\">and {rest} more</span>") } else { String::new() };
        let whose = if account.ours { "yours" } else { "somebody else's" };
        format!(
            "<tr><td>{}</td><td>{}<br><code>{}</code></td><td>{whose}</td><td>{first}{rest}</td></tr>",
            account.network,
            Shown(&account.name),
            Shown(&account.id)
        )
    };
    let rows: String = world.accounts.iter().map(row).collect();
    table("Accounts and pixels", &["Network", "Account", "Whose", "Pixels"], &rows)
}

fn recent(state: &State) -> String {
    let ledger = state.ledger();
    let row = |entry: &Entry| {
        let call = &entry.call;
        let status = call.status.map_or_else(|| "no answer".to_owned(), |status| status.to_string());
        let code = call.code.map(|code| format!(" / {code}")).unwrap_or_default();
        let outcome = match (entry.outcome, call.test) {
            (outcome @ (Outcome::Accepted | Outcome::Duplicate), true) => format!("{outcome}, test"),
            (outcome, _) => outcome.to_string(),
        };
        let words = entry.words.as_deref().unwrap_or(if entry.outcome == Outcome::Refused { &call.words } else { "" });
        format!(
            "<tr><td class=\"num\">{}</td><td class=\"num\">{}</td><td>{}</td><td><code>{}</code></td><td>{}</td><td><code>{}</code></td><td>{outcome}</td>\
             <td class=\"num\">{status}{code}</td><td>{}</td></tr>",
            entry.n,
            clock(call.at),
            call.network.name,
            Shown(&call.target),
            Shown(&entry.name),
            Shown(&entry.dedup_id),
            Shown(words)
        )
    };
    let rows: String = ledger.events_after(0).rev().take(RECENT).map(row).collect();
    if rows.is_empty() {
        return "<h2>Latest events</h2><p class=\"soft\">Nothing has come in yet.</p>".to_owned();
    }
    let heads = ["No.", "Time (UTC)", "Network", "Target", "Event", "Dedup id", "Outcome", "HTTP / code", "Words"];
    table("Latest events", &heads, &rows) + "<p class=\"soft\">Everything: <a href=\"/simulator/ledger\">/simulator/ledger</a></p>"
}

fn table(title: &str, heads: &[&str], rows: &str) -> String {
    format!("<h2>{title}</h2><div class=\"scroll\"><table><thead>{}</thead><tbody>{rows}</tbody></table></div>", head(heads))
}

fn head(heads: &[&str]) -> String {
    let cell = |head: &&str| if head.is_empty() { "<td></td>".to_owned() } else { format!("<th scope=\"col\">{head}</th>") };
    format!("<tr>{}</tr>", heads.iter().map(cell).collect::<String>())
}

fn clock(at: Millis) -> String {
    jiff::Timestamp::from_millisecond(at).map(|time| time.strftime("%H:%M:%S").to_string()).unwrap_or_default()
}

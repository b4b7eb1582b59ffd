//! The page on which a person lets an app use their advertisers (wire page 1.7): `GET /portal/auth`. The answer is a
//! redirect with `auth_code` (and `code`, which TikTok adds with the same purpose), or with `error=access_denied`; what
//! TikTok does on refusal is not documented, and an app must cope with a callback without a code in any case.

use crate::server::simulator::html::{Shown, page};
use crate::server::simulator::shapes;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{Consent, Kind};
use crate::server::simulator::world::{Account, TIKTOK_APP_ID, TIKTOK_APP_NAME};
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

/// What the page was opened with, carried along through its form.
#[derive(Debug, Default)]
struct Asked {
    app_id: String,
    state: Option<String>,
    redirect_uri: String,
    picked: Vec<String>,
    allowed: bool,
}

pub async fn ask(Shared(state): Shared<State>, RawQuery(query): RawQuery) -> Response {
    let asked = read(query.unwrap_or_default().as_bytes());
    match asked.way_back() {
        Ok(_) => form(&state, &asked, StatusCode::OK, ""),
        Err(problem) => refuse(&problem),
    }
}

pub async fn decide(Shared(state): Shared<State>, body: Bytes) -> Response {
    let asked = read(&body);
    let mut back = match asked.way_back() {
        Ok(back) => back,
        Err(problem) => return refuse(&problem),
    };
    if asked.allowed {
        let ours: Vec<_> = state.world().ours("tiktok").map(|account| &account.id).collect();
        let picked: Vec<_> = asked.picked.iter().filter(|id| ours.contains(id)).cloned().collect();
        if picked.is_empty() {
            return form(&state, &asked, StatusCode::BAD_REQUEST, "Pick at least one ad account, or cancel.");
        }
        let (accounts, way_back) = (picked.into(), String::new());
        let consent = Consent {
            network: "tiktok",
            accounts,
            kind: Kind::Plain,
            may_send: true,
            way_back,
            life: None,
            scope: String::new(),
            challenge: None,
        };
        let code = state.tokens().give_code(consent, state.now());
        back.query_pairs_mut().append_pair("auth_code", &code).append_pair("code", &code);
    } else {
        back.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(text) = &asked.state {
        back.query_pairs_mut().append_pair("state", text);
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, back.to_string()), (header::CACHE_CONTROL, "no-store".into())]).into_response()
}

fn read(pairs: &[u8]) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in url::form_urlencoded::parse(pairs) {
        match &*name {
            "app_id" => asked.app_id = value.into_owned(),
            "state" => asked.state = Some(value.into_owned()),
            "redirect_uri" => asked.redirect_uri = value.into_owned(),
            "advertiser" => asked.picked.push(value.into_owned()),
            "decision" => asked.allowed = value == "allow",
            _ => {}
        }
    }
    asked
}

impl Asked {
    /// Where the person is sent back to. A real app registers its addresses; here every one on this machine is.
    fn way_back(&self) -> Result<Url, String> {
        if self.app_id != TIKTOK_APP_ID {
            return Err(format!("No app has the id “{}”. The simulator knows {TIKTOK_APP_ID}.", self.app_id));
        }
        let url = shapes::way_back(&self.redirect_uri);
        url.ok_or_else(|| {
            format!("redirect_uri “{}” is not registered: the simulator goes back to addresses on this machine only.", self.redirect_uri)
        })
    }
}

fn refuse(problem: &str) -> Response {
    let main = format!("<h1>This link does not work</h1><p class=\"problem\" role=\"alert\">{}</p>", Shown(problem));
    page(StatusCode::BAD_REQUEST, "TikTok (simulated)", true, &main)
}

fn form(state: &State, asked: &Asked, status: StatusCode, problem: &str) -> Response {
    let hidden = |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", Shown(value));
    let pick = |account: &Account| {
        let (id, name) = (Shown(&account.id), Shown(&account.name));
        format!(
            "<label class=\"pick\"><input type=\"checkbox\" name=\"advertiser\" value=\"{id}\" checked> {name} <span class=\"soft\">{id}</span></label>"
        )
    };
    let problem = if problem.is_empty() { String::new() } else { format!("<p class=\"problem\" role=\"alert\">{}</p>", Shown(problem)) };
    let main = format!(
        "<h1>{TIKTOK_APP_NAME} asks for access to your TikTok ad accounts</h1>{problem}<p>App <code>{TIKTOK_APP_ID}</code>. It will be able to:</p>\
         <ul><li>read the names of your ad accounts</li><li>read your pixels</li><li>report conversion events</li></ul>\
         <form method=\"post\" action=\"/portal/auth\">{app}{back}{state}<fieldset><legend>Ad accounts</legend>{picks}</fieldset>\
         <div class=\"buttons\"><button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></div></form>",
        app = hidden("app_id", &asked.app_id),
        back = hidden("redirect_uri", &asked.redirect_uri),
        state = asked.state.as_deref().map(|text| hidden("state", text)).unwrap_or_default(),
        picks = state.world().ours("tiktok").map(pick).collect::<String>(),
    );
    page(status, "TikTok (simulated): allow access?", true, &main)
}

//! The page on which a person lets an app in (wire page G2.5): `GET /o/oauth2/v2/auth`. Every box but the identity's may be left unticked.
//! A redirect brings `code` and what was granted, or `error=access_denied`.

use super::token::{ADWORDS, DATA_MANAGER};
use crate::model::DAY;
use crate::server::simulator::html::{Shown, page};
use crate::server::simulator::shapes;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{Consent, Kind};
use crate::server::simulator::world::GOOGLE_CLIENT_ID;
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use std::collections::BTreeMap;
use url::Url;

/// What an app may ask for, and how the page says it; the first is given with signing in.
const SCOPES: &[(&str, &str)] = &[
    ("openid", "know who you are"),
    (DATA_MANAGER, "send conversions with Data Manager"),
    (ADWORDS, "see your Google Ads accounts and conversion actions"),
];
const KNOWN: &[&str] = &[
    "client_id",
    "redirect_uri",
    "response_type",
    "scope",
    "access_type",
    "prompt",
    "include_granted_scopes",
    "state",
    "code_challenge",
    "code_challenge_method",
    "login_hint",
];

/// What the page was opened with, carried along through its form, and what was ticked.
#[derive(Debug, Default)]
struct Asked {
    fields: BTreeMap<String, String>,
    granted: Vec<String>,
    /// The app's consent screen is in Testing: what it gives ends after seven days.
    testing: bool,
    allowed: bool,
}

pub async fn ask(RawQuery(query): RawQuery) -> Response {
    let asked = read(query.unwrap_or_default().as_bytes());
    match asked.way_back() {
        Ok(_) => form(&asked),
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
        let granted: Vec<&str> =
            asked.scopes().filter(|scope| *scope == "openid" || asked.granted.iter().any(|granted| granted == scope)).collect();
        let scope = granted.join(" ");
        let consent = Consent {
            network: "google",
            accounts: super::world::ROOTS.iter().map(|id| (*id).to_owned()).collect(),
            kind: Kind::Refresh,
            may_send: granted.contains(&DATA_MANAGER),
            way_back: asked.get("redirect_uri").to_owned(),
            life: asked.testing.then_some(7 * DAY),
            scope: scope.clone(),
            challenge: asked.fields.get("code_challenge").cloned(),
        };
        let code = state.tokens().give_code(consent, state.now());
        back.query_pairs_mut().append_pair("code", &code).append_pair("scope", &scope).append_pair("authuser", "0");
    } else {
        back.query_pairs_mut().append_pair("error", "access_denied");
    }
    if let Some(text) = asked.fields.get("state") {
        back.query_pairs_mut().append_pair("state", text);
    }
    (StatusCode::SEE_OTHER, [(header::LOCATION, back.to_string()), (header::CACHE_CONTROL, "no-store".into())]).into_response()
}

fn read(pairs: &[u8]) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in url::form_urlencoded::parse(pairs) {
        let value = value.into_owned();
        match &*name {
            "grant" => asked.granted.push(value),
            "testing" => asked.testing = true,
            "decision" => asked.allowed = value == "allow",
            _ => drop(asked.fields.insert(name.into_owned(), value)),
        }
    }
    asked
}

impl Asked {
    fn get(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }

    fn scopes(&self) -> impl Iterator<Item = &str> {
        self.get("scope").split(' ').filter(|scope| !scope.is_empty())
    }

    /// Where the person is sent back to. A real client registers its addresses; here every one on this machine is.
    fn way_back(&self) -> Result<Url, String> {
        if let Some(name) = self.fields.keys().find(|name| !KNOWN.contains(&name.as_str())) {
            return Err(format!("Error 400: invalid_request. Parameter not allowed for this message type: {name}"));
        }
        if self.get("client_id") != GOOGLE_CLIENT_ID {
            return Err("Error 401: invalid_client. The OAuth client was not found.".to_owned());
        }
        if self.get("response_type") != "code" {
            return Err("Error 400: invalid_request. response_type must be code.".to_owned());
        }
        if self.get("access_type") != "offline" || self.get("prompt") != "consent" {
            return Err("Without access_type=offline and prompt=consent there is no refresh token, and nobody would notice.".to_owned());
        }
        if self.get("code_challenge").len() != 43 || self.get("code_challenge_method") != "S256" {
            return Err("Error 400: invalid_request. code_challenge must be the S256 hash of a verifier.".to_owned());
        }
        match self.scopes().find(|scope| !SCOPES.iter().any(|(known, _)| known == scope)) {
            Some(scope) => return Err(format!("Error 400: invalid_scope. {scope}")),
            None if self.get("scope").is_empty() => return Err("Error 400: invalid_request. Missing required parameter: scope".to_owned()),
            None => {}
        }
        let back = self.get("redirect_uri");
        shapes::way_back(back).ok_or_else(|| {
            format!("Error 400: redirect_uri_mismatch. “{back}” is not on this machine, and the simulator goes nowhere else.")
        })
    }
}

fn refuse(problem: &str) -> Response {
    let main = format!("<h1>Access blocked</h1><p class=\"problem\" role=\"alert\">{}</p>", Shown(problem));
    page(StatusCode::BAD_REQUEST, "Google (simulated)", true, &main)
}

fn form(asked: &Asked) -> Response {
    let hidden = |(name, value): (&String, &String)| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", Shown(value));
    let carried: String = asked.fields.iter().map(hidden).collect();
    let says = |scope: &str| SCOPES.iter().find(|(known, _)| *known == scope).map_or("", |(_, says)| *says);
    let tick = |scope: &str| match scope {
        "openid" => format!("<p class=\"soft\">{}: given by signing in</p>", Shown(says(scope))),
        _ => format!(
            "<label class=\"pick\"><input type=\"checkbox\" name=\"grant\" value=\"{}\" checked> {}</label>",
            Shown(scope),
            Shown(says(scope))
        ),
    };
    let picks: String = asked.scopes().map(tick).collect();
    let main = format!(
        "<h1>Postbacks wants access to your Google Account</h1><p>Client <code>{GOOGLE_CLIENT_ID}</code>. Select what it can access:</p>\
         <form method=\"post\" action=\"auth\">{carried}<fieldset><legend>Permissions</legend>{picks}</fieldset>\
         <label class=\"pick\"><input type=\"checkbox\" name=\"testing\" value=\"1\"> play an app in Testing, whose access ends after 7 days</label>\
         <div class=\"buttons\"><button class=\"main\" name=\"decision\" value=\"allow\">Continue</button>\
         <button name=\"decision\" value=\"deny\">Cancel</button></div></form>"
    );
    page(StatusCode::OK, "Google (simulated): allow access?", true, &main)
}

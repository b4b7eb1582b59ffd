//! The dialog in which a person lets an app in (wire page M8): `GET /vX/dialog/oauth`. With `config_id` it is Facebook Login for
//! Business, where a business is picked and a system user made; with `scope` the person gives their own ad accounts, and may leave
//! out what is asked. A redirect brings `code`, or `error=access_denied`.

use crate::model::{DAY, HOUR};
use crate::server::simulator::html::{Shown, page};
use crate::server::simulator::shapes;
use crate::server::simulator::state::State;
use crate::server::simulator::tokens::{Consent, Kind};
use crate::server::simulator::world::{Account, META_APP_ID, META_APP_NAME, META_BUSINESS, META_CONFIG_ID};
use axum::body::Bytes;
use axum::extract::{RawQuery, State as Shared};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use url::Url;

/// What an app may ask a person for.
const SCOPES: &[&str] = &["ads_management", "ads_read", "business_management", "public_profile", "email"];
/// Without one of these the token may not send events.
const SENDING: &[&str] = &["ads_management", "ads_read"];

/// What the dialog was opened with, carried along through its form.
#[derive(Debug, Default)]
struct Asked {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
    response_type: String,
    config_id: Option<String>,
    scope: String,
    picked: Vec<String>,
    granted: Vec<String>,
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
        let Some(consent) = asked.consent(&state) else {
            return form(&state, &asked, StatusCode::BAD_REQUEST, "Pick at least one, or cancel.");
        };
        back.query_pairs_mut().append_pair("code", &state.tokens().give_code(consent, state.now()));
    } else {
        let denied = [
            ("error", "access_denied"),
            ("error_code", "200"),
            ("error_description", "Permissions error"),
            ("error_reason", "user_denied"),
        ];
        back.query_pairs_mut().extend_pairs(denied);
    }
    if let Some(text) = &asked.state {
        back.query_pairs_mut().append_pair("state", text);
    }
    // Facebook adds this fragment to every way back.
    back.set_fragment(Some("_=_"));
    (StatusCode::SEE_OTHER, [(header::LOCATION, back.to_string()), (header::CACHE_CONTROL, "no-store".into())]).into_response()
}

fn read(pairs: &[u8]) -> Asked {
    let mut asked = Asked::default();
    for (name, value) in url::form_urlencoded::parse(pairs) {
        let value = value.into_owned();
        match &*name {
            "client_id" => asked.client_id = value,
            "redirect_uri" => asked.redirect_uri = value,
            "state" => asked.state = Some(value),
            "response_type" => asked.response_type = value,
            "config_id" => asked.config_id = Some(value),
            "scope" => asked.scope = value,
            "account" => asked.picked.push(value),
            "grant" => asked.granted.push(value),
            "decision" => asked.allowed = value == "allow",
            _ => {}
        }
    }
    asked
}

impl Asked {
    fn scopes(&self) -> impl Iterator<Item = &str> {
        self.scope.split([',', ' ']).filter(|scope| !scope.is_empty())
    }

    /// Where the person is sent back to. A real app registers its addresses; here every one on this machine is.
    fn way_back(&self) -> Result<Url, String> {
        if self.client_id != META_APP_ID {
            return Err(format!("Invalid App ID: “{}”. The simulator knows {META_APP_ID}.", self.client_id));
        }
        if self.response_type != "code" {
            return Err(format!("response_type “{}” is not supported.", self.response_type));
        }
        match &self.config_id {
            Some(config) if config != META_CONFIG_ID => {
                return Err(format!("No configuration has the id “{config}”: it is {META_CONFIG_ID}."));
            }
            Some(_) => {}
            None => match self.scopes().find(|scope| !SCOPES.contains(scope)) {
                Some(scope) => return Err(format!("Invalid Scopes: {scope}.")),
                None if self.scope.is_empty() => return Err("The dialog asks for nothing: give config_id or scope.".to_owned()),
                None => {}
            },
        }
        shapes::way_back(&self.redirect_uri).ok_or_else(|| {
            format!("URL blocked: redirect_uri “{}” is not on this machine, and the simulator goes nowhere else.", self.redirect_uri)
        })
    }

    /// What the person agreed to; None where nothing of theirs is picked.
    fn consent(&self, state: &State) -> Option<Consent> {
        let ours: Vec<String> = state.world().ours("meta").map(|account| account.id.clone()).collect();
        let picked: Vec<String> = self.picked.iter().filter(|id| ours.contains(id)).cloned().collect();
        let way_back = self.redirect_uri.clone();
        if self.config_id.is_some() {
            let business = picked.iter().any(|id| id == META_BUSINESS);
            let kind = Kind::SystemUser;
            return business.then(|| Consent {
                network: "meta",
                accounts: ours.into(),
                kind,
                may_send: true,
                way_back,
                life: Some(60 * DAY),
                scope: String::new(),
                challenge: None,
            });
        }
        let may_send = self.scopes().any(|scope| SENDING.contains(&scope) && self.granted.iter().any(|granted| granted == scope));
        let consent = Consent {
            network: "meta",
            accounts: picked.into(),
            kind: Kind::Person,
            may_send,
            way_back,
            life: Some(2 * HOUR),
            scope: String::new(),
            challenge: None,
        };
        (!consent.accounts.is_empty()).then_some(consent)
    }
}

fn refuse(problem: &str) -> Response {
    let main = format!("<h1>This link does not work</h1><p class=\"problem\" role=\"alert\">{}</p>", Shown(problem));
    page(StatusCode::BAD_REQUEST, "Facebook (simulated)", true, &main)
}

fn form(state: &State, asked: &Asked, status: StatusCode, problem: &str) -> Response {
    let hidden = |name: &str, value: &str| format!("<input type=\"hidden\" name=\"{name}\" value=\"{}\">", Shown(value));
    let tick = |name: &str, id: &str, says: &str| {
        let (id, says) = (Shown(id), Shown(says));
        format!(
            "<label class=\"pick\"><input type=\"checkbox\" name=\"{name}\" value=\"{id}\" checked> {says} <span class=\"soft\">{id}</span></label>"
        )
    };
    let business = asked.config_id.is_some();
    let offered = |account: &&Account| (account.id == META_BUSINESS) == business;
    let picks: String = state.world().ours("meta").filter(offered).map(|account| tick("account", &account.id, &account.name)).collect();
    let grants: String = if business {
        "<ul><li>read the datasets of the business</li><li>send conversion events to them</li></ul>".to_owned()
    } else {
        let list: String = asked.scopes().map(|scope| tick("grant", scope, "")).collect();
        format!("<fieldset><legend>Permissions</legend>{list}</fieldset>")
    };
    let carried = [
        ("client_id", Some(asked.client_id.as_str())),
        ("redirect_uri", Some(asked.redirect_uri.as_str())),
        ("response_type", Some(asked.response_type.as_str())),
        ("state", asked.state.as_deref()),
        ("config_id", asked.config_id.as_deref()),
        ("scope", Some(asked.scope.as_str()).filter(|scope| !scope.is_empty())),
    ];
    let carried: String = carried.iter().filter_map(|(name, value)| value.map(|value| hidden(name, value))).collect();
    let problem = if problem.is_empty() { String::new() } else { format!("<p class=\"problem\" role=\"alert\">{}</p>", Shown(problem)) };
    let legend = if business { "Business" } else { "Ad accounts" };
    let main = format!(
        "<h1>{META_APP_NAME} asks for access to your business assets</h1>{problem}<p>App <code>{META_APP_ID}</code>. It will be able to:</p>\
         <form method=\"post\" action=\"oauth\">{carried}{grants}<fieldset><legend>{legend}</legend>{picks}</fieldset>\
         <div class=\"buttons\"><button class=\"main\" name=\"decision\" value=\"allow\">Allow</button>\
         <button name=\"decision\" value=\"deny\">Deny</button></div></form>"
    );
    page(status, "Facebook (simulated): allow access?", true, &main)
}

//! Connecting: the exact calls, and that they show no secret.

use super::*;
use crate::server::networks::contract::{Body, ConnectError, Request, Token};
use crate::server::networks::http::logged;
use secrecy::ExposeSecret;

const REDIRECT: &str = "https://postbacks.example/oauth/callback";
const CODE: &str = "code-never-shown-0815";

/// The call whole, with the secrets of these tests in it.
fn bare_bytes(request: &Request) -> String {
    let secret = request.secret_query.iter().map(|(name, secret)| format!("secret query: {name}={}\n", secret.expose_secret()));
    let headers = logged(request).headers.into_iter().map(|(name, value)| format!("{name}: {value}\n"));
    let body = match &request.body {
        Some(Body::Json(body) | Body::SecretJson(body)) => format!("\n{body}\n"),
        None => String::new(),
    };
    let in_body = request.secret_body.iter().map(|(name, secret)| format!("secret in the body: {name}={}\n", secret.expose_secret()));
    let text = format!("{} {}\n{}{body}", request.method, request.url, secret.chain(in_body).chain(headers).collect::<String>());
    text.replace(env!("CARGO_PKG_VERSION"), "VERSION")
}

#[test]
fn connecting_makes_exactly_these_calls() {
    for (network, Vectors { sample, .. }) in all() {
        let (set, token) = (settings(), SecretString::from(TOKEN));
        let mut calls = vec![];
        let mut dialog = String::new();
        if let Some(oauth) = network.oauth() {
            dialog = format!("--- dialog\n{}\n\n", oauth.dialog(&set, REDIRECT, "state&1").unwrap());
            calls.push(("exchange", oauth.exchange(&set, REDIRECT, CODE).unwrap()));
            let steps = (0..=u8::MAX).map(|stage| Token { secret: token.clone(), expires_at: None, holder: None, stage });
            calls.extend(steps.map_while(|token| oauth.next(&set, &token).unwrap()).map(|call| ("next", call)));
            calls.push(("accounts", oauth.accounts(&set, &token, None).unwrap()));
            let account = sample.account_id.as_deref().unwrap();
            calls.push(("targets", oauth.targets(&set, &token, account, None).unwrap()));
            calls.push(("targets, second page", oauth.targets(&set, &token, account, Some("2")).unwrap()));
            calls.extend(oauth.revoke(&set, &destination(&sample)).map(|call| ("revoke", call)));
        }
        if let Some(pasted) = network.pasted() {
            let pasted_token = |to: Destination| Destination { pasted: true, ..to };
            let without_code = Destination { test_code: None, ..destination(&sample) };
            calls.push(("probe", pasted.probe(&set, &pasted_token(without_code), TIME)));
            calls.push(("probe with a test code", pasted.probe(&set, &pasted_token(destination(&sample)), TIME)));
        }
        let text = calls.iter().map(|(name, call)| format!("--- {name}\n{}\n", bare_bytes(call))).collect::<String>();
        snapshot(network, &format!("{dialog}{text}"));
        for (name, call) in calls {
            let shown = format!("{:?} {call:?}", logged(&call));
            assert!(![TOKEN, APP_SECRET, CODE].iter().any(|secret| shown.contains(secret)), "{name}: {shown}");
            assert!(shown.contains("••••") || matches!(call.body, Some(Body::SecretJson(_))), "{name}: {shown}");
        }
    }
}

fn snapshot(network: &dyn Network, text: &str) {
    let path = format!("../{}/snapshots", network.spec().slug);
    insta::with_settings!({ snapshot_path => path, prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!("connect", text);
    });
}

#[test]
fn what_the_operator_has_not_set_is_named() {
    let nothing = Settings::default();
    for (network, Vectors { sample, .. }) in all() {
        let Some(oauth) = network.oauth() else { continue };
        let refused = oauth.dialog(&nothing, REDIRECT, "s").unwrap_err();
        let ConnectError::NotConfigured { setting } = refused else { panic!("{refused}") };
        assert!(network.spec().settings.iter().any(|known| known.env == setting));
        assert!(oauth.exchange(&nothing, REDIRECT, CODE).is_err());
        assert!(oauth.revoke(&nothing, &destination(&sample)).is_none());
    }
}

//! Connecting: the exact calls, and that they show no secret.

use super::*;
use crate::server::networks::contract::{Body, Choice, ConnectError, Request, Token};
use crate::server::networks::http::logged;
use secrecy::ExposeSecret;

const REDIRECT: &str = "https://postbacks.example/oauth/callback";
const CODE: &str = "code-never-shown-0815";
const VERIFIER: &str = "verifier-never-shown-0816";

/// The call whole, with the secrets of these tests in it.
fn bare_bytes(request: &Request) -> String {
    let secret = request.secret_query.iter().map(|(name, secret)| format!("secret query: {name}={}\n", secret.expose_secret()));
    let headers = logged(request).headers.into_iter().map(|(name, value)| format!("{name}: {value}\n"));
    let body = match &request.body {
        Some(Body::Events(batch)) => format!("\n{}\n", batch.text()),
        Some(Body::Json(body) | Body::SecretJson(body)) => format!("\n{body}\n"),
        Some(Body::SecretForm(fields)) => {
            fields.iter().map(|(name, value)| format!("secret field: {name}={}\n", value.expose_secret())).collect()
        }
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
            let page = oauth.with_challenge(oauth.dialog(&set, REDIRECT, "state&1").unwrap(), "challenge-of-the-verifier");
            dialog = format!("--- dialog\n{page}\n\n");
            let verifier = SecretString::from(VERIFIER);
            calls.push(("exchange", oauth.with_verifier(oauth.exchange(&set, REDIRECT, CODE).unwrap(), &verifier)));
            let steps = (0..=u8::MAX).map(|stage| Token { secret: token.clone(), expires_at: None, holder: None, stage });
            calls.extend(steps.map_while(|token| oauth.next(&set, &token).unwrap()).map(|call| ("next", call)));
            calls.push(("accounts", oauth.accounts(&set, &token, None).unwrap()));
            let account = &Choice { through: sample.through.clone(), ..Choice::new(sample.account_id.as_deref().unwrap(), "Sample") };
            calls.push(("targets", oauth.targets(&set, &token, account, None).unwrap()));
            calls.push(("targets, second page", oauth.targets(&set, &token, account, Some("2")).unwrap()));
            calls.extend(oauth.revoke(&set, &destination(&sample)).map(|call| ("revoke", call)));
        }
        calls.extend(network.refresh().map(|refresh| ("refresh", refresh.refresh(&set, &token).unwrap())));
        if let Some(actions) = network.actions() {
            calls.push(("actions", actions.list(&set, &destination(&sample), None)));
            calls.push(("actions, second page", actions.list(&set, &destination(&sample), Some("2"))));
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
            assert!(![TOKEN, APP_SECRET, CODE, VERIFIER].iter().any(|secret| shown.contains(secret)), "{name}: {shown}");
            assert!(shown.contains("••••") || matches!(call.body, Some(Body::SecretJson(_) | Body::SecretForm(_))), "{name}: {shown}");
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
        assert!(network.refresh().is_none_or(|refresh| refresh.refresh(&nothing, &SecretString::from(TOKEN)).is_err()));
    }
}

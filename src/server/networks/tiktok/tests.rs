//! What TikTok alone does: the reading of its connect answers. Bytes and verdicts are in the contract's suite.

use super::verdict::CODES;
use super::*;
use crate::server::networks::contract::{Choice, ConnectError};
use secrecy::ExposeSecret;

fn answer(status: u16, body: &str) -> Answer {
    Answer { status, retry_after: None, body: body.into() }
}

fn good(data: &str) -> Answer {
    answer(200, &format!(r#"{{"code":0,"message":"OK","request_id":"1","data":{data}}}"#))
}

#[test]
fn an_exchange_gives_a_token_that_does_not_expire() {
    let token = TikTok.read_exchange(&good(r#"{"access_token":"abc","advertiser_ids":["7012"],"scope":[4,5]}"#), 0).unwrap();
    assert_eq!((token.secret.expose_secret(), token.expires_at), ("abc", None));
}

#[test]
fn an_exchange_without_a_usable_token_is_said() {
    let used = answer(200, r#"{"code":40110,"message":"auth_code has been used"}"#);
    let refused = ConnectError::Refused { code: Some("40110".into()), words: "auth_code has been used".into() };
    assert_eq!(TikTok.read_exchange(&used, 0).unwrap_err(), refused);
    for odd in [
        good("{}"),
        good(r#"{"access_token":"two words"}"#),
        answer(502, "<html></html>"),
        answer(200, ""),
        answer(200, r#"{"code":50000}"#),
    ] {
        assert!(matches!(TikTok.read_exchange(&odd, 0), Err(ConnectError::Unavailable { .. })), "{odd:?}");
    }
}

#[test]
fn accounts_have_an_id_and_a_name() {
    let data = r#"{"list":[{"advertiser_id":"7012345678901234567","advertiser_name":"Emberfall"},{"advertiser_id":7012345678901234568},
        {"advertiser_id":"../x"},{"advertiser_name":"No id"},null]}"#;
    let choices = TikTok.read_accounts(None, &good(data)).unwrap();
    let choice = |id: &str, name: &str| Choice::new(id, name);
    let expected = [choice("7012345678901234567", "Emberfall"), choice("7012345678901234568", "7012345678901234568")];
    assert_eq!((choices.list.as_slice(), choices.next), (expected.as_slice(), None));
}

#[test]
fn pixels_are_paged_and_known_by_their_code() {
    let page = |page: u32, total: u32| {
        let info = format!(r#"{{"page":{page},"page_size":20,"total_number":41,"total_page":{total}}}"#);
        good(&format!(r#"{{"pixels":[{{"pixel_id":"712","pixel_code":"C0ABCDEF1234567890AB","pixel_name":"Site"}}],"page_info":{info}}}"#))
    };
    let first = TikTok.read_targets(&Choice::new("7012", ""), None, &page(1, 3)).unwrap();
    assert_eq!(first.list, [Choice::new("C0ABCDEF1234567890AB", "Site")]);
    assert_eq!(first.next.as_deref(), Some("2"));
    assert_eq!(TikTok.read_targets(&Choice::new("7012", ""), None, &page(3, 3)).unwrap().next, None);
    assert_eq!(TikTok.read_targets(&Choice::new("7012", ""), None, &page(100, u32::MAX)).unwrap().next, None);
    assert_eq!(TikTok.read_targets(&Choice::new("7012", ""), None, &good(r#"{"pixels":[]}"#)).unwrap().next, None);
}

#[test]
fn a_cursor_is_a_page_number_or_the_first_page() {
    let url = |cursor| TikTok.targets(&Settings::default(), &SecretString::from("t"), &Choice::new("7012", ""), cursor).unwrap().url;
    assert!(url(Some("7")).query().unwrap().contains("page=7&"));
    assert!(url(Some("https://elsewhere.example")).query().unwrap().contains("page=1&"));
}

#[test]
fn lists_that_the_token_may_not_read_are_said() {
    let refused = answer(200, r#"{"code":40125,"message":"no permission"}"#);
    assert!(matches!(TikTok.read_targets(&Choice::new("7012", ""), None, &refused), Err(ConnectError::NoAccess { .. })));
    let revoked = answer(200, r#"{"code":40105,"message":"Access token is incorrect or has been revoked."}"#);
    assert!(matches!(TikTok.read_accounts(None, &revoked), Err(ConnectError::Refused { .. })));
}

#[test]
fn no_code_stands_in_two_rows() {
    assert!(CODES.windows(2).all(|pair| pair[0].0.end() < pair[1].0.start()));
}

//! PURE: what of a message's context only describes the page and the device. It is cut where it is too long, and never costs the message:
//! a title that a shop fills with keywords must not lose a purchase. Of an address, what tells an ad click stays longest.

use super::message::{CONTEXT_TEXTS, MAX_TEXT, MAX_URL};
use crate::server::decide::click::tells;
use serde_json::{Map, Value};

/// Context fields that name addresses with a query.
const ADDRESSES: &[&str] = &["pageUrl", "pageReferrer"];
/// Of an address that is too long: what of it stands before the query, at most.
const MAX_PATH: usize = MAX_URL / 2;

/// Cuts every text of a context that is only decoration to what is kept of it, and leaves out U+0000, which no database takes.
pub fn cut(context: &mut Map<String, Value>) {
    let own = [("library", MAX_TEXT), ("libraryVersion", MAX_TEXT)];
    for (field, max) in own.iter().chain(CONTEXT_TEXTS) {
        let Some(Value::String(text)) = context.get_mut(*field) else { continue };
        if text.contains('\0') {
            text.retain(|c| c != '\0');
        }
        if text.len() > *max && text.chars().count() > *max {
            *text = if ADDRESSES.contains(field) { address(text) } else { start(text, *max) };
        }
    }
}

fn start(text: &str, max: usize) -> String {
    text.chars().take(max).collect()
}

/// The page without its fragment; then the parameters that tell a click or a campaign, then the others, as many as there is room for.
fn address(text: &str) -> String {
    let whole = text.split('#').next().unwrap_or_default();
    if whole.chars().count() <= MAX_URL {
        return whole.to_owned();
    }
    let (page, query) = whole.split_once('?').unwrap_or((whole, ""));
    let mut address = start(page, if query.is_empty() { MAX_URL } else { MAX_PATH });
    let mut length = address.chars().count();
    let of_click = |pair: &&str| tells(pair.split('=').next().unwrap_or_default());
    let (telling, others): (Vec<&str>, Vec<&str>) = query.split('&').filter(|pair| !pair.is_empty()).partition(of_click);
    let mut mark = '?';
    for pair in telling.into_iter().chain(others) {
        let more = pair.chars().count() + 1;
        if length + more <= MAX_URL {
            address.push(mark);
            address.push_str(pair);
            (length, mark) = (length + more, '&');
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn cut_url(url: &str) -> String {
        let mut context = json!({ "pageUrl": url }).as_object().cloned().expect("an object");
        cut(&mut context);
        context["pageUrl"].as_str().expect("a text").to_owned()
    }

    #[test]
    fn an_address_keeps_what_tells_the_click() {
        let noise = "x".repeat(3_000);
        for (url, kept) in [
            (
                format!("https://a.example/?noise={noise}&ttclid=T1&utm_source=tiktok&b=2"),
                "https://a.example/?ttclid=T1&utm_source=tiktok&b=2".to_owned(),
            ),
            (format!("https://a.example/?ttclid=T1#{noise}"), "https://a.example/?ttclid=T1".to_owned()),
            (format!("https://a.example/{noise}?gclid=G1"), format!("{}?gclid=G1", start(&format!("https://a.example/{noise}"), MAX_PATH))),
            (format!("https://a.example/{noise}"), start(&format!("https://a.example/{noise}"), MAX_URL)),
        ] {
            assert_eq!(cut_url(&url), kept);
        }
        let fits = format!("https://a.example/?a={}", "ä".repeat(2_000));
        assert_eq!(cut_url(&fits), fits);
    }

    #[test]
    fn a_title_keeps_its_beginning() {
        let mut context = json!({ "pageTitle": "ß".repeat(300), "userAgent": "u".repeat(600), "other": "o".repeat(600), "locale": 7 })
            .as_object()
            .cloned()
            .expect("an object");
        cut(&mut context);
        assert_eq!(context["pageTitle"].as_str().map(|text| text.chars().count()), Some(256));
        assert_eq!(context["userAgent"].as_str().map(str::len), Some(512));
        assert_eq!((context["other"].as_str().map(str::len), &context["locale"]), (Some(600), &json!(7)));
    }

    proptest! {
        #[test]
        fn whatever_an_address_is_it_is_cut_to_what_is_kept(parts in proptest::collection::vec("(ttclid=|utm_source=|[?#&=/]|\\PC{0,40}|x{900})", 0..12)) {
            let url = parts.concat();
            let kept = cut_url(&url);
            prop_assert!(kept.chars().count() <= MAX_URL);
            prop_assert_eq!(cut_url(&kept), kept.clone());
            if url.chars().count() <= MAX_URL {
                prop_assert_eq!(kept, url.replace('\0', ""));
            }
        }
    }
}

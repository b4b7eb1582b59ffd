//! Fields that every payload writes with the same care: what is absent or malformed is left out, for one bad field makes a
//! network refuse the whole call.

use super::contract::{Batch, Event};
use super::money;
use crate::model::conversion::Consent;
use serde::Serialize;
use std::net::IpAddr;
use url::Url;
use uuid::{Uuid, Variant};

/// An object that takes only what is there, written as JSON at once; each name is put once.
#[derive(Debug, Default)]
pub struct Fields {
    /// Without the braces around it.
    json: Vec<u8>,
    /// Of the events in it: their place, and each as a text.
    events: Option<(usize, Vec<String>)>,
}

impl Fields {
    pub fn put(mut self, name: &str, value: impl Serialize) -> Self {
        self.name(name);
        serde_json::to_writer(&mut self.json, &value).expect("texts, numbers and lists of such are JSON");
        self
    }

    /// Left out where absent or blank.
    pub fn text(self, name: &str, value: Option<impl AsRef<str>>) -> Self {
        match value.as_ref().map(|text| text.as_ref().trim()).filter(|text| !text.is_empty()) {
            Some(text) => self.put(name, text),
            None => self,
        }
    }

    /// Left out where there is nothing in it.
    pub fn object(mut self, name: &str, fields: Self) -> Self {
        if !fields.is_empty() {
            self.name(name);
            self.append(fields);
        }
        self
    }

    pub fn list(mut self, name: &str, items: impl IntoIterator<Item = Self>) -> Self {
        self.name(name);
        self.json.push(b'[');
        for (index, item) in items.into_iter().enumerate() {
            if index > 0 {
                self.json.push(b',');
            }
            self.append(item);
        }
        self.json.push(b']');
        self
    }

    /// The events of the call, in their order: there is one such list in a body.
    pub fn events(mut self, name: &str, events: impl IntoIterator<Item = Self>) -> Self {
        self.name(name);
        self.events = Some((self.json.len() + 1, events.into_iter().map(Self::into_text).collect()));
        self.json.extend_from_slice(b"[]");
        self
    }

    /// `value` as a JSON number with the very digits received, and `currency`: both or none.
    pub fn amount(self, event: &Event) -> Self {
        match event.value.as_ref().and_then(|(text, currency)| Some((money::number(text)?, currency))) {
            Some((value, currency)) => self.put("value", value).put("currency", currency.as_str()),
            None => self,
        }
    }

    pub fn is_empty(&self) -> bool {
        self.json.is_empty()
    }

    pub fn into_text(self) -> String {
        String::from_utf8([b"{", &self.json[..], b"}"].concat()).expect("JSON is UTF-8")
    }

    /// The body of a call, whose events have been put.
    pub fn into_batch(mut self) -> Batch {
        let (at, events) = self.events.take().expect("a call has events");
        Batch::new(self.into_text(), at + 1, events)
    }

    fn name(&mut self, name: &str) {
        if !self.json.is_empty() {
            self.json.push(b',');
        }
        serde_json::to_writer(&mut self.json, name).expect("a name is JSON");
        self.json.push(b':');
    }

    fn append(&mut self, fields: Self) {
        self.json.push(b'{');
        if let Some((at, events)) = fields.events {
            self.events = Some((self.json.len() + at, events));
        }
        self.json.extend(fields.json);
        self.json.push(b'}');
    }
}

/// A field of the event that is personal: there at full consent only, whatever the event holds.
pub fn personal<'a>(event: &Event, field: &'a Option<String>) -> Option<&'a str> {
    field.as_deref().filter(|_| event.consent == Consent::Full)
}

/// An IPv4 or IPv6 address; None for anything else.
pub fn ip(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| text.parse::<IpAddr>().is_ok())
}

/// An address of the web; None for `app://`, `file:` and what is no address.
pub fn web_address(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https")))
}

/// A UUID by RFC 4122, lower-case with hyphens; None for the nil one, other variants and other spellings.
pub fn rfc4122(text: &str) -> Option<String> {
    let uuid = (text.len() == 36).then(|| Uuid::try_parse(text).ok())??;
    (uuid.get_variant() == Variant::RFC4122).then(|| uuid.hyphenated().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn malformed_fields_are_left_out() {
        assert_eq!(ip(Some(" 203.0.113.7 ")), Some("203.0.113.7"));
        assert_eq!(ip(Some("2001:db8::1")), Some("2001:db8::1"));
        assert_eq!(ip(Some("unknown")), None);
        assert_eq!(web_address(Some("https://shop.example/?a=b")), Some("https://shop.example/?a=b"));
        assert_eq!(web_address(Some("unity://menu")), None);
        assert_eq!(web_address(Some("/thanks")), None);
        assert_eq!(rfc4122("B8F7EB7D-b357-437b-8bd3-e1c8166c7132").as_deref(), Some("b8f7eb7d-b357-437b-8bd3-e1c8166c7132"));
        assert_eq!(rfc4122("00000000-0000-0000-0000-000000000000"), None);
        assert_eq!(rfc4122("b8f7eb7db357437b8bd3e1c8166c7132"), None);
    }

    #[test]
    fn an_object_holds_only_what_is_there() {
        let fields = Fields::default().text("a", Some(" x ")).text("b", Some("  ")).text("c", None::<&str>);
        let outer = Fields::default().object("in", fields).object("empty", Fields::default());
        assert_eq!(outer.into_text(), r#"{"in":{"a":"x"}}"#);
    }

    #[test]
    fn events_are_found_in_whatever_they_stand() {
        let event = |id: &str| Fields::default().put("id", id);
        let inner = Fields::default().put("test", true).events("events", [event("a"), event("\"b\"")]).put("last", [1, 2]);
        let batch = Fields::default().put("first", "ä").object("data", inner).list("l", [event("c"), Fields::default()]).into_batch();
        let around =
            |events: &str| format!(r#"{{"first":"ä","data":{{"test":true,"events":[{events}],"last":[1,2]}},"l":[{{"id":"c"}},{{}}]}}"#);
        let events = [r#"{"id":"a"}"#, r#"{"id":"\"b\""}"#];
        assert_eq!(batch.text(), around(&events.join(",")));
        assert_eq!(batch.apart(), (around(""), events.map(str::to_owned).to_vec()));
    }
}

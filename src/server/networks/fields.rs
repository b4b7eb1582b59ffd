//! Fields that every payload writes with the same care: what is absent or malformed is left out, for one bad field makes a
//! network refuse the whole call.

use super::contract::Event;
use super::money;
use crate::model::conversion::Consent;
use serde_json::{Map, Value};
use std::net::IpAddr;
use url::Url;
use uuid::{Uuid, Variant};

/// An object that takes only what is there.
#[derive(Debug, Default)]
pub struct Fields(Map<String, Value>);

impl Fields {
    pub fn put(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
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
    pub fn object(self, name: &str, fields: Self) -> Self {
        if fields.0.is_empty() { self } else { self.put(name, fields.0) }
    }

    /// `value` as a JSON number with the very digits received, and `currency`: both or none.
    pub fn amount(self, event: &Event) -> Self {
        match event.value.as_ref().and_then(|(text, currency)| Some((money::number(text)?, currency))) {
            Some((value, currency)) => self.put("value", value).put("currency", currency.as_str()),
            None => self,
        }
    }
}

impl From<Fields> for Value {
    fn from(fields: Fields) -> Self {
        Self::Object(fields.0)
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
        assert_eq!(Value::from(outer).to_string(), r#"{"in":{"a":"x"}}"#);
    }
}

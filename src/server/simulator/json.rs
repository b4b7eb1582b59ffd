//! Reading JSON without building a tree: a value is a slice of the text it came in, opened a level at a time. Numbers
//! keep their digits, so that `1.0`, `1` and `"1"` stay three different things.

use serde::de::{self, Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use std::borrow::Cow;
use std::fmt;

/// One JSON value, as it stands in the text.
#[derive(Debug, Clone, Copy)]
pub struct Json<'a>(&'a str);

impl<'a> Json<'a> {
    /// The value that is the whole text; an error says where it stops being JSON.
    pub fn parse(text: &'a [u8]) -> Result<Self, serde_json::Error> {
        serde_json::from_slice::<&RawValue>(text).map(|raw| Self(raw.get()))
    }

    /// Its fields in their order; None when it is no object.
    pub fn object(self) -> Option<Object<'a>> {
        if self.0.starts_with('{') { serde_json::from_str(self.0).ok() } else { None }
    }

    /// Its items; None when it is no array.
    pub fn list(self) -> Option<Vec<Json<'a>>> {
        if self.0.starts_with('[') { serde_json::from_str::<List>(self.0).ok().map(|list| list.0) } else { None }
    }

    /// Its text; None when it is no string (or one with half a surrogate pair).
    pub fn text(self) -> Option<Cow<'a, str>> {
        let inside = self.0.strip_prefix('"')?.strip_suffix('"')?;
        if inside.contains('\\') { serde_json::from_str(self.0).ok().map(Cow::Owned) } else { Some(Cow::Borrowed(inside)) }
    }

    /// Its digits as written; None when it is no number.
    pub fn number(self) -> Option<&'a str> {
        self.0.starts_with(|first: char| first == '-' || first.is_ascii_digit()).then_some(self.0)
    }

    /// A whole number written as one: no point, no exponent.
    pub fn integer(self) -> Option<i64> {
        self.number()?.parse().ok()
    }

    pub fn boolean(self) -> Option<bool> {
        self.0.parse().ok()
    }

    /// The value as it stands in the text.
    pub fn raw(self) -> &'a str {
        self.0
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Json<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        <&RawValue>::deserialize(deserializer).map(|raw| Self(raw.get()))
    }
}

/// The fields of an object; a name that comes twice is there twice.
#[derive(Debug)]
pub struct Object<'a>(pub Vec<(Name<'a>, Json<'a>)>);

impl<'a> Object<'a> {
    /// The last field of that name, as most readers take it.
    pub fn get(&self, name: &str) -> Option<Json<'a>> {
        self.0.iter().rev().find(|(found, _)| &*found.0 == name).map(|(_, value)| *value)
    }

    pub fn fields(&self) -> impl Iterator<Item = (&str, Json<'a>)> {
        self.0.iter().map(|(name, value)| (&*name.0, *value))
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Object<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Fields;
        impl<'de> Visitor<'de> for Fields {
            type Value = Object<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let mut fields = Vec::with_capacity(8);
                while let Some(field) = map.next_entry()? {
                    fields.push(field);
                }
                Ok(Object(fields))
            }
        }
        deserializer.deserialize_map(Fields)
    }
}

struct List<'a>(Vec<Json<'a>>);

impl<'de: 'a, 'a> Deserialize<'de> for List<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Items;
        impl<'de> Visitor<'de> for Items {
            type Value = List<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("an array")
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<List<'de>, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(List(list))
            }
        }
        deserializer.deserialize_seq(Items)
    }
}

/// A field's name, borrowed from the text unless it has escapes.
#[derive(Debug)]
pub struct Name<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Name<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Text;
        impl<'de> Visitor<'de> for Text {
            type Value = Name<'de>;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a name")
            }
            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Borrowed(text)))
            }
            fn visit_str<E: de::Error>(self, text: &str) -> Result<Name<'de>, E> {
                Ok(Name(Cow::Owned(text.to_owned())))
            }
        }
        deserializer.deserialize_str(Text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_what_is_read() {
        let json = Json::parse(br#" {"a":1.50,"b":"x\u0041","n\u0061me":[true,null],"d":"1","a":2} "#).unwrap();
        let object = json.object().unwrap();
        assert_eq!(object.fields().map(|(name, _)| name.to_owned()).collect::<Vec<_>>(), ["a", "b", "name", "d", "a"]);
        assert_eq!(object.get("a").unwrap().integer(), Some(2));
        assert_eq!(object.0[0].1.number(), Some("1.50"));
        assert_eq!(object.0[0].1.integer(), None);
        assert_eq!(object.get("b").unwrap().text().unwrap(), "xA");
        assert_eq!(object.get("d").unwrap().number(), None);
        let list = object.get("name").unwrap().list().unwrap();
        assert_eq!((list[0].boolean(), list[1].text(), list[1].raw()), (Some(true), None, "null"));
        assert!(json.list().is_none() && json.text().is_none());
        assert!(Json::parse(br#"{"a":1}x"#).is_err());
        assert!(Json::parse(b"{\"a\":\"\xff\"}").is_err());
        assert_eq!(Json::parse(br#""\ud800""#).unwrap().text(), None);
    }
}

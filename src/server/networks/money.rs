//! Value and currency of an event, read exactly: as decimal text, never through a binary float.

use crate::model::money::Money;
use iso_currency::Currency;
use serde_json::{Map, Number, Value};

/// Largest amount taken, in units of its currency.
const MAX_UNITS: i64 = 1_000_000_000_000;
const MICROS: i64 = 1_000_000;
const MAX_DECIMALS: usize = 6;

/// Why an event goes out without its value: a closed set, each with the sentence that is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotMoney {
    #[error("the value came without a currency")]
    NoCurrency,
    #[error("the currency came without a value")]
    NoValue,
    #[error("the value is not a plain decimal number")]
    NotDecimal,
    #[error("the value is below zero")]
    Negative,
    #[error("the value has more than six decimals")]
    TooPrecise,
    #[error("the value is above 1,000,000,000,000")]
    TooLarge,
    #[error("the currency is not an ISO 4217 code")]
    UnknownCurrency,
}

/// `value` (a JSON number or a string) and `currency` of an event's properties. Ok(None) where there is neither.
pub fn read(properties: &Map<String, Value>) -> Result<Option<Money>, NotMoney> {
    match (given(properties, "value"), given(properties, "currency")) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(NotMoney::NoCurrency),
        (None, Some(_)) => Err(NotMoney::NoValue),
        (Some(value), Some(currency)) => {
            let text = match value {
                Value::Number(number) => number.to_string(),
                Value::String(text) => text.trim().to_owned(),
                _ => return Err(NotMoney::NotDecimal),
            };
            let micros = micros(&text)?;
            Ok(Some(Money { text, micros, currency: code(currency)? }))
        }
    }
}

/// Decimal text as a JSON number with exactly that text; None for what `read` would have refused.
pub fn number(text: &str) -> Option<Number> {
    micros(text).ok().and_then(|_| serde_json::from_str(text).ok())
}

/// Decimal text, written as JSON writes a number, in millionths.
fn micros(text: &str) -> Result<i64, NotMoney> {
    if let Some(rest) = text.strip_prefix('-') {
        return Err(if micros(rest).is_ok() { NotMoney::Negative } else { NotMoney::NotDecimal });
    }
    let (whole, decimals) = match text.split_once('.') {
        Some((_, "")) => return Err(NotMoney::NotDecimal),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(decimals) || (whole.len() > 1 && whole.starts_with('0')) {
        return Err(NotMoney::NotDecimal);
    }
    if decimals.len() > MAX_DECIMALS {
        return Err(NotMoney::TooPrecise);
    }
    let units: i64 = whole.parse().map_err(|_| NotMoney::TooLarge)?;
    let part: i64 = format!("{decimals:0<MAX_DECIMALS$}").parse().map_err(|_| NotMoney::NotDecimal)?;
    match units.checked_mul(MICROS).map(|micros| micros + part) {
        Some(micros) if micros <= MAX_UNITS * MICROS => Ok(micros),
        _ => Err(NotMoney::TooLarge),
    }
}

fn code(currency: &Value) -> Result<String, NotMoney> {
    let code = currency.as_str().ok_or(NotMoney::UnknownCurrency)?.trim().to_ascii_uppercase();
    match Currency::from_code(&code) {
        // ISO 4217's “no currency” and “for testing” are codes, and no money.
        None | Some(Currency::XXX | Currency::XTS) => Err(NotMoney::UnknownCurrency),
        Some(_) => Ok(code),
    }
}

/// A property that says something: null and blank text count as absent.
fn given<'a>(properties: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    properties.get(name).filter(|value| !value.is_null() && value.as_str().is_none_or(|text| !text.trim().is_empty()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn of(json: &str) -> Result<Option<Money>, NotMoney> {
        read(&serde_json::from_str(json).unwrap())
    }

    #[test]
    fn amounts_keep_their_text() {
        for (value, micros) in [
            ("9.99", 9_990_000),
            ("0", 0),
            ("0.000001", 1),
            ("12.50", 12_500_000),
            ("1000000000000", 1_000_000_000_000_000_000),
            ("1000000000000.000000", 1_000_000_000_000_000_000),
        ] {
            for json in [format!(r#"{{"value":{value},"currency":"usd"}}"#), format!(r#"{{"value":" {value} ","currency":" USD"}}"#)] {
                assert_eq!(of(&json), Ok(Some(Money { text: value.into(), micros, currency: "USD".into() })), "{json}");
            }
            assert_eq!(number(value).unwrap().to_string(), value);
        }
    }

    #[test]
    fn anything_else_has_its_reason() {
        use NotMoney::*;
        for (json, why) in [
            (r#"{"value":9.99}"#, NoCurrency),
            (r#"{"value":9.99,"currency":""}"#, NoCurrency),
            (r#"{"currency":"USD"}"#, NoValue),
            (r#"{"value":null,"currency":"USD"}"#, NoValue),
            (r#"{"value":1e3,"currency":"USD"}"#, NotDecimal),
            (r#"{"value":"1e3","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"+5","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"07","currency":"USD"}"#, NotDecimal),
            (r#"{"value":".5","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"5.","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"1,50","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"$5","currency":"USD"}"#, NotDecimal),
            (r#"{"value":"٣","currency":"USD"}"#, NotDecimal),
            (r#"{"value":true,"currency":"USD"}"#, NotDecimal),
            (r#"{"value":[1],"currency":"USD"}"#, NotDecimal),
            (r#"{"value":-1,"currency":"USD"}"#, Negative),
            (r#"{"value":0.0000001,"currency":"USD"}"#, TooPrecise),
            (r#"{"value":1000000000000.000001,"currency":"USD"}"#, TooLarge),
            (r#"{"value":99999999999999999999999999,"currency":"USD"}"#, TooLarge),
            (r#"{"value":1,"currency":"GOLD"}"#, UnknownCurrency),
            (r#"{"value":1,"currency":"XXX"}"#, UnknownCurrency),
            (r#"{"value":1,"currency":840}"#, UnknownCurrency),
        ] {
            assert_eq!(of(json), Err(why), "{json}");
        }
        assert_eq!(of(r#"{"item_id":"sword"}"#), Ok(None));
    }

    proptest! {
        #[test]
        fn every_amount_in_range_is_exact(micros in 0..=MAX_UNITS * MICROS, decimals in 0..=MAX_DECIMALS) {
            let step = 10_i64.pow((MAX_DECIMALS - decimals) as u32);
            let micros = micros / step * step;
            let whole = (micros / MICROS).to_string();
            let part = format!("{:06}", micros % MICROS);
            let text = if decimals == 0 { whole } else { format!("{whole}.{}", &part[..decimals]) };
            let money = of(&format!(r#"{{"value":{text},"currency":"EUR"}}"#)).unwrap().unwrap();
            prop_assert_eq!((money.text.as_str(), money.micros), (text.as_str(), micros));
            prop_assert_eq!(number(&money.text).unwrap().to_string(), text);
        }

        #[test]
        fn any_text_is_money_or_has_a_reason(value in "\\PC{0,30}", currency in "\\PC{0,5}") {
            let properties = Map::from_iter([("value".to_owned(), Value::from(value)), ("currency".to_owned(), Value::from(currency))]);
            if let Ok(Some(money)) = read(&properties) {
                prop_assert!(money.micros >= 0 && number(&money.text).is_some());
            }
        }
    }
}

//! The person of a conversion event (wire page 2.1 and 2.2): identifiers plain or hashed, and what matches.

use super::call::only;
use super::event::{object, optional, text, wrong_type};
use crate::server::simulator::json::{Json, Object};
use crate::server::simulator::shapes;

/// What never comes from a physical store.
const ONLINE_ONLY: &[(&str, &str)] = &[("uuid", "user.UUID"), ("idfa", "user.idfa"), ("aaid", "user.aaid")];

/// Whether anything in it can match a person to a click or view.
pub fn read(user: &Object, in_store: bool, problem: &mut impl FnMut(&'static str, String)) -> Result<bool, String> {
    only(
        user,
        &[
            "email",
            "phone_number",
            "external_id",
            "ip_address",
            "user_agent",
            "uuid",
            "idfa",
            "aaid",
            "screen_dimensions",
            "data_processing_options",
        ],
    )?;
    let mut matched = false;
    let mut check = |name: &str, path: &'static str, says: &str, fits: fn(&str) -> bool| -> Result<(), String> {
        let Some(found) = optional(user, name)? else { return Ok(()) };
        if fits(&found) || (name != "uuid" && shapes::sha256_hex(&found)) {
            matched = true;
        } else {
            problem(path, format!("user.{name}: {says}"));
        }
        Ok(())
    };
    check("email", "user.email", "must be an email address or its SHA-256 in lower-case hex", |text| text.contains('@'))?;
    check("phone_number", "user.phone_number", "must be a phone number or its SHA-256 in lower-case hex", phone)?;
    check("external_id", "user.external_id", "must not be empty", |text| !text.is_empty())?;
    check("ip_address", "user.ip_address", "must be an IP address or its SHA-256 in lower-case hex", shapes::ip_address)?;
    check("user_agent", "user.user_agent", "must not be empty", |text| !text.is_empty())?;
    check("idfa", "user.idfa", "must be an advertising id or its SHA-256 in lower-case hex", shapes::rfc4122_uuid)?;
    check("aaid", "user.aaid", "must be an advertising id or its SHA-256 in lower-case hex", shapes::rfc4122_uuid)?;
    if let Some(found) = optional(user, "uuid")? {
        if cookie_uuid(&found) {
            matched = true;
        } else {
            // Word for word as captured.
            problem("user.UUID", "user.UUID: ... invalid UUID: UUID must be RFC-4122 compliant".into());
        }
    }
    if in_store {
        for (name, path) in ONLINE_ONLY.iter().filter(|(name, _)| user.get(name).is_some()) {
            problem(path, format!("user.{name} is not supported for action_source PHYSICAL_STORE"));
        }
    }
    if let Some(screen) = user.get("screen_dimensions") {
        let screen = object("screen_dimensions", screen)?;
        only(&screen, &["width", "height"])?;
        let mut whole = screen.fields().map(|(_, value)| value.integer());
        whole.all(|number| number.is_some()).then_some(()).ok_or_else(|| wrong_type("screen_dimensions"))?;
    }
    match user.get("data_processing_options") {
        Some(options) => processing(&object("data_processing_options", options)?, problem).map(|()| matched),
        None => Ok(matched),
    }
}

fn phone(text: &str) -> bool {
    text.bytes().filter(u8::is_ascii_digit).count() >= 7 && text.bytes().all(|byte| byte.is_ascii_digit() || b"+-(). x#".contains(&byte))
}

/// The `_rdt_uuid` cookie whole, as in Reddit's example, or its UUID alone.
fn cookie_uuid(text: &str) -> bool {
    let bare = match text.split_once('.') {
        Some((millis, rest)) if !millis.is_empty() && millis.bytes().all(|byte| byte.is_ascii_digit()) => rest,
        _ => text,
    };
    shapes::rfc4122_uuid(bare)
}

fn processing(options: &Object, problem: &mut impl FnMut(&'static str, String)) -> Result<(), String> {
    only(options, &["modes", "country", "region"])?;
    let modes = options.get("modes").map_or(Some(Vec::new()), Json::list).ok_or_else(|| wrong_type("modes"))?;
    for mode in modes {
        if text("modes", mode)? != "LDU" {
            problem("user.data_processing_options.modes", "modes: the only mode is LDU".into());
        }
    }
    optional(options, "country")?;
    optional(options, "region").map(drop)
}

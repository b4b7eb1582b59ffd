//! The shapes of single values that several networks ask for: hashes, ids, addresses, amounts.

use std::net::IpAddr;
use url::{Host, Url};

/// SHA-256 as 64 lower-case hexadecimal digits.
pub fn sha256_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}

/// 64 hexadecimal digits in whatever case: a hash, if perhaps a badly written one.
pub fn hex_of_any_case(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Three capital letters, as ISO 4217 writes them.
pub fn currency(text: &str) -> bool {
    text.len() == 3 && text.bytes().all(|byte| byte.is_ascii_uppercase())
}

pub fn ip_address(text: &str) -> bool {
    text.parse::<IpAddr>().is_ok()
}

/// Hyphenated form of a UUID whose variant is the one of RFC 4122.
pub fn rfc4122_uuid(text: &str) -> bool {
    text.len() == 36 && uuid::Uuid::try_parse(text).is_ok_and(|uuid| uuid.get_variant() == uuid::Variant::RFC4122)
}

pub fn web_address(text: &str) -> bool {
    url::Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"))
}

/// An address on this machine, the only ones that a consent page goes back to.
pub fn way_back(text: &str) -> Option<Url> {
    let local = |url: &Url| match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https") && local(url))
}

/// A JSON number that is not below zero.
pub fn amount(digits: &str) -> bool {
    !digits.starts_with('-')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shape_is_exact() {
        let hash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert!(sha256_hex(hash) && !sha256_hex(&hash.to_uppercase()) && !sha256_hex(&hash[1..]));
        assert!(hex_of_any_case(&hash.to_uppercase()));
        assert!(currency("USD") && !currency("usd") && !currency("USDT"));
        assert!(rfc4122_uuid("b8f7eb7d-b357-437b-8bd3-e1c8166c7132"));
        assert!(!rfc4122_uuid("b8f7eb7db357437b8bd3e1c8166c7132") && !rfc4122_uuid("b8f7eb7d-b357-437b-0bd3-e1c8166c7132"));
        assert!(ip_address("2001:db8::1") && !ip_address("203.0.113"));
        assert!(web_address("https://game.example/a?b") && !web_address("game.example"));
        assert!(amount("0") && !amount("-1"));
    }
}

//! `fbc`, the value of Meta's own first-party cookie: `fb.<subdomain index>.<milliseconds>.<fbclid>`. PURE.
//! https://developers.facebook.com/documentation/ads-commerce/conversions-api/parameters/fbp-and-fbc

use crate::model::{DAY, MINUTE, Millis};
use crate::server::networks::contract::{ClickIds, Event};

/// How long the cookie lives; an older click earns nothing.
const LIFE: Millis = 90 * DAY;
/// Clocks differ: a cookie may be so much younger than the event that it is said to have led to.
const DRIFT: Millis = 5 * MINUTE;
/// What stands for the cookie's domain where a server makes the value.
const SUBDOMAIN_INDEX: &str = "1";

/// The cookie that came with the click, or one made of its fbclid and its time, which is that of its first sighting and never
/// changes. None for what is too old: a stale click is not made young again.
pub fn fbc(event: &Event) -> Option<String> {
    let click = event.click.as_ref().filter(|click| click.kind == "fbclid")?;
    let age = |made: Millis| event.time - made;
    if let Some((cookie, made)) = own_cookie(click)
        && age(made) >= -DRIFT
    {
        return (age(made) <= LIFE).then(|| cookie.to_owned());
    }
    (age(click.time) <= LIFE).then(|| format!("fb.{SUBDOMAIN_INDEX}.{}.{}", click.time, click.id))
}

/// `_fbp` where it looks like one.
pub fn fbp(click: &ClickIds) -> Option<&str> {
    click.fbp.as_deref().filter(|cookie| cookie.starts_with("fb.") && cookie.split('.').count() >= 4)
}

/// The click's cookie with the time it was made, if it is of this very click: an older one may have stayed in the browser. What
/// Meta's own library appends to it stays.
fn own_cookie(click: &ClickIds) -> Option<(&str, Millis)> {
    let cookie = click.fbc.as_deref()?;
    let (_, rest) = cookie.strip_prefix("fb.")?.split_once('.')?;
    let (made, id) = rest.split_once('.')?;
    let appendix = id.strip_prefix(click.id.as_str())?;
    (appendix.is_empty() || appendix.starts_with('.')).then_some((cookie, made.parse().ok()?))
}

//! A moment: relative where the browser can count, exact on hover and focus, and exact everywhere else.

use crate::model::{DAY, HOUR, MINUTE, Millis};
use leptos::prelude::*;

/// `at` in Unix milliseconds; `exact` is its UTC text, written by the server. The browser swaps in “3 min ago” and keeps it true.
#[island]
pub fn Time(at: Millis, exact: String) -> impl IntoView {
    let shown = RwSignal::new(exact.clone());
    let alive = RwSignal::new(false);
    Effect::new(move || {
        alive.set(true);
        let refresh = move || shown.set(ago(now() - at));
        refresh();
        let timer = set_interval_with_handle(refresh, REFRESH);
        on_cleanup(move || drop(timer.map(|timer| timer.clear())));
    });
    let tip = exact.clone();
    view! {
        <time class="when" tabindex="0" datetime=exact data-hydrated=move || alive.get().then_some("")>
            {shown}
            <span class="tip">{tip}</span>
        </time>
    }
}

/// Fine enough for “1 min ago”.
const REFRESH: std::time::Duration = std::time::Duration::from_secs(20);

/// The browser's clock; an Effect never runs on the server.
fn now() -> Millis {
    #[cfg(feature = "hydrate")]
    return js_sys::Date::now() as Millis;
    #[cfg(not(feature = "hydrate"))]
    0
}

/// `3 min ago`, `in 2 h`; under a minute `just now`.
pub fn ago(millis: Millis) -> String {
    let (count, unit) = match millis.abs() {
        0..MINUTE => return "just now".into(),
        span @ MINUTE..HOUR => (span / MINUTE, "min"),
        span @ HOUR..DAY => (span / HOUR, "h"),
        span => (span / DAY, "d"),
    };
    if millis < 0 { format!("in {count} {unit}") } else { format!("{count} {unit} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_span_is_told_in_its_largest_whole_unit() {
        assert_eq!(ago(59_999), "just now");
        assert_eq!(ago(3 * MINUTE + 5_000), "3 min ago");
        assert_eq!(ago(2 * HOUR), "2 h ago");
        assert_eq!(ago(9 * DAY), "9 d ago");
        assert_eq!(ago(-2 * HOUR), "in 2 h");
    }
}

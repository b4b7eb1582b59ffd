//! A block of code or of what went over the wire, with a copy button.

use super::copy::Copy;
use leptos::children::ViewFnOnce;
use leptos::prelude::*;

/// `caption` is a text or a view; `id` names the code on the page, `says` is what it is: “Request body”.
#[component]
pub fn Code(#[prop(into)] id: String, #[prop(into)] says: String, #[prop(into)] caption: ViewFnOnce, children: Children) -> impl IntoView {
    let label = format!("Copy: {says}");
    let from = id.clone();
    view! {
        <figure class="code">
            <figcaption><span class="clip">{caption.run()}</span><Copy from label/></figcaption>
            <pre tabindex="0" aria-label=says><code id=id>{children()}</code></pre>
        </figure>
    }
}

/// JSON in lines, keys and strings told apart; whatever is not JSON is shown as it came. `before` (headers) stands above it.
#[component]
pub fn JsonCode(
    #[prop(into)] id: String,
    #[prop(into)] says: String,
    #[prop(into)] caption: ViewFnOnce,
    #[prop(into)] text: String,
    #[prop(optional, into)] before: Option<String>,
) -> impl IntoView {
    let body = match serde_json::from_str::<serde_json::Value>(&text).ok().and_then(|value| serde_json::to_string_pretty(&value).ok()) {
        Some(pretty) => parts(&pretty).into_iter().map(Part::view).collect_view().into_any(),
        None => text.into_any(),
    };
    view! { <Code id says caption>{before.map(|before| view! { <s>{before}"\n\n"</s> })}{body}</Code> }
}

#[derive(Debug, PartialEq)]
enum Part {
    Key(String),
    Text(String),
    Other(String),
}

impl Part {
    fn view(self) -> AnyView {
        match self {
            Self::Key(text) => view! { <b>{text}</b> }.into_any(),
            Self::Text(text) => view! { <i>{text}</i> }.into_any(),
            Self::Other(text) => text.into_any(),
        }
    }
}

/// Cuts valid JSON into strings, keys (strings before a colon) and the rest.
fn parts(json: &str) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut rest = json;
    while let Some(open) = rest.find('"') {
        if open > 0 {
            parts.push(Part::Other(rest[..open].to_owned()));
        }
        let close = open + string_length(&rest[open..]);
        let text = rest[open..close].to_owned();
        rest = &rest[close..];
        parts.push(if rest.starts_with(':') { Part::Key(text) } else { Part::Text(text) });
    }
    if !rest.is_empty() {
        parts.push(Part::Other(rest.to_owned()));
    }
    parts
}

/// Bytes of the string that `json` begins with, quotes included.
fn string_length(json: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in json.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    json.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_and_strings_are_told_apart_and_nothing_is_lost() {
        let json = r#"{"a": "say \"hi\"", "b\\": [1, "é:"]}"#;
        let cut = parts(json);
        assert_eq!(cut.iter().filter(|part| matches!(part, Part::Key(_))).count(), 2);
        assert!(cut.contains(&Part::Text(r#""say \"hi\"""#.into())));
        assert!(cut.contains(&Part::Text("\"é:\"".into())));
        let whole: String = cut
            .into_iter()
            .map(|part| match part {
                Part::Key(t) | Part::Text(t) | Part::Other(t) => t,
            })
            .collect();
        assert_eq!(whole, json);
    }
}

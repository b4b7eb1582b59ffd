//! Plain HTML: escaping, and the shell around every page of the simulator. No scripts, no cookies, styles of its own.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{Html, IntoResponse, Response};
use std::fmt::{self, Display};

/// Text shown as text, whatever is in it; also inside quoted attributes.
pub struct Shown<T>(pub T);

impl<T: Display> Display for Shown<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        struct Escaped<'a, 'b>(&'a mut fmt::Formatter<'b>);
        impl fmt::Write for Escaped<'_, '_> {
            fn write_str(&mut self, text: &str) -> fmt::Result {
                let mut rest = text;
                while let Some(at) = rest.find(['&', '<', '>', '"', '\'']) {
                    self.0.write_str(&rest[..at])?;
                    self.0.write_str(match rest.as_bytes()[at] {
                        b'&' => "&amp;",
                        b'<' => "&lt;",
                        b'>' => "&gt;",
                        b'"' => "&quot;",
                        _ => "&#39;",
                    })?;
                    rest = &rest[at + 1..];
                }
                self.0.write_str(rest)
            }
        }
        fmt::write(&mut Escaped(f), format_args!("{}", self.0))
    }
}

const STYLE: &str = "\
:root{color-scheme:light dark;--line:light-dark(#d5d9e0,#3a4150);--soft:light-dark(#566072,#a5afc0);--back:light-dark(#fff,#14171d);--ink:light-dark(#171b24,#e8ebf1);--act:light-dark(#1b4fd6,#8fb0ff);--on-act:light-dark(#fff,#0b1020)}\
*{box-sizing:border-box}body{margin:0;background:var(--back);color:var(--ink);font:16px/1.5 system-ui,sans-serif}\
main{max-width:72rem;margin:0 auto;padding:1.5rem 1rem 4rem}main.narrow{max-width:30rem}\
h1{font-size:1.5rem;line-height:1.25;margin:0 0 .5rem}h2{font-size:1.15rem;margin:2rem 0 .5rem}\
p{margin:.5rem 0}.soft{color:var(--soft)}.banner{border-bottom:1px solid var(--line);padding:.5rem 1rem;color:var(--soft);font-size:.875rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.875rem}th,td{text-align:left;padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--line);vertical-align:top}\
th{color:var(--soft);font-weight:600;white-space:nowrap}td.num{font-variant-numeric:tabular-nums;white-space:nowrap}code{font-family:ui-monospace,monospace;font-size:.875em;overflow-wrap:anywhere}\
form{margin:0}form.row{display:flex;flex-wrap:wrap;gap:.75rem;align-items:end}fieldset{border:1px solid var(--line);border-radius:.5rem;padding:.5rem 1rem;margin:1rem 0}\
label{display:block}label.pick{padding:.5rem 0}input,select,button{font:inherit;color:inherit}input[type=text],input[type=number],select{display:block;padding:.4rem .5rem;border:1px solid var(--soft);border-radius:.4rem;background:var(--back)}\
button{padding:.45rem 1rem;border:1px solid var(--act);border-radius:.4rem;background:transparent;color:var(--act);cursor:pointer;min-height:2.5rem}button.main{background:var(--act);color:var(--on-act)}\
:focus-visible{outline:3px solid var(--act);outline-offset:2px}.buttons{display:flex;gap:.75rem;margin-top:1rem}.problem{border-left:4px solid #c4321c;padding-left:.75rem}";

/// A whole page. `main` is HTML already; `narrow` for a single question.
pub fn page(status: StatusCode, title: &str, narrow: bool, main: &str) -> Response {
    let width = if narrow { " class=\"narrow\"" } else { "" };
    let html = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\
         <title>{title}</title><link rel=\"icon\" href=\"data:,\"><style>{STYLE}</style></head><body>\
         <header class=\"banner\">Simulated network: nothing here leaves this machine.</header><main{width}>{main}</main></body></html>",
        title = Shown(title)
    );
    let mut response = (status, Html(html)).into_response();
    let headers = response.headers_mut();
    // No form-action: the consent form answers with a redirect to the asking app, which it would forbid.
    headers.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; frame-ancestors 'none'"),
    );
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(Shown("a<b>&\"'é").to_string(), "a&lt;b&gt;&amp;&quot;&#39;é");
    }
}

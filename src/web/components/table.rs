//! A real table that folds on a phone. Roles are written out because folding changes `display`, which would lose them.
//! Cells of the body name theirs too: `<tr role="row">`, `<td role="cell" class="main-cell">`.

use leptos::prelude::*;

/// `caption` is for screen readers. A heading is its text and its class (`num`, or empty); an empty text is a column of controls.
#[component]
pub fn Table(
    #[prop(into)] caption: String,
    heads: Vec<(&'static str, &'static str)>,
    /// Rows begin with a box to tick: `<td role="cell" class="tick">`.
    #[prop(optional)]
    ticks: bool,
    children: Children,
) -> impl IntoView {
    let heads = heads
        .into_iter()
        .map(|(text, class)| match text {
            "" => view! { <th role="columnheader" scope="col"><span class="sr">"Change"</span></th> }.into_any(),
            _ => view! { <th role="columnheader" scope="col" class=class>{text}</th> }.into_any(),
        })
        .collect_view();
    view! {
        <div class="wrap">
            <table class="table fold" role="table">
                <caption class="sr">{caption}</caption>
                <thead role="rowgroup"><tr role="row">{ticks.then(|| view! { <td role="cell" class="tick"></td> })}{heads}</tr></thead>
                <tbody role="rowgroup">{children()}</tbody>
            </table>
        </div>
    }
}

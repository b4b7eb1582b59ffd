//! A page: what it loads, how it is drawn, and what stands there instead when it cannot be loaded.

use super::problem::Problem;
use crate::error::AppError;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::{use_params_map, use_query_map};
use std::future::Future;

/// Draws what `load` brings, with the title; an error is a page of its own, with its status.
#[component]
pub fn Page<T: Send + 'static>(
    #[prop(into)] title: String,
    load: impl Future<Output = Result<T, AppError>> + Send + 'static,
    draw: impl FnOnce(T) -> AnyView + Send + 'static,
) -> impl IntoView {
    let drawn = Suspend::new(async move {
        match load.await {
            Ok(loaded) => view! { <Title text=title/>{draw(loaded)} }.into_any(),
            Err(error) => view! { <Problem error/> }.into_any(),
        }
    });
    view! { <Suspense>{drawn}</Suspense> }
}

/// A part of the page's path, by its name in the route.
pub fn param(name: &str) -> String {
    use_params_map().with_untracked(|params| params.get(name).unwrap_or_default())
}

/// A value of the page's query.
pub fn query(name: &str) -> Option<String> {
    use_query_map().with_untracked(|query| query.get(name))
}

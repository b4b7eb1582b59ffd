//! What a page knows of the request it answers. The server gives it as context; in the browser there is none.

use crate::error::AppError;
use leptos::prelude::*;
use leptos::server::ServerActionError;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::ServerFnUrlError;
use std::sync::Arc;

crate::model::words! {
    /// The colour scheme a person picked; none picked follows the system.
    Theme { Light = "light", Dark = "dark" }
}

#[derive(Clone)]
pub struct Visit {
    pub theme: Option<Theme>,
    /// The email that was typed when signing in failed.
    pub email: Option<String>,
    /// Path and query, as asked for.
    pub path: String,
    /// Sets the status of the answer.
    pub set_status: Arc<dyn Fn(u16) + Send + Sync>,
    /// Answers with a redirect to a path of ours.
    pub go_to: Arc<dyn Fn(&str) + Send + Sync>,
}

pub fn theme() -> Option<Theme> {
    use_context::<Visit>().and_then(|visit| visit.theme)
}

pub fn path() -> String {
    use_context::<Visit>().map(|visit| visit.path).unwrap_or_default()
}

pub fn set_status(status: u16) {
    if let Some(visit) = use_context::<Visit>() {
        (visit.set_status)(status);
    }
}

/// The email that was typed when signing in failed.
pub fn email() -> Option<String> {
    use_context::<Visit>().and_then(|visit| visit.email)
}

/// Sends the reader on; the view stands for a page that is never seen.
pub fn go_to(path: &str) -> AnyView {
    if let Some(visit) = use_context::<Visit>() {
        (visit.go_to)(path);
    }
    ().into_any()
}

/// Why the form that led back to this page was refused, where that is about the form.
pub fn failure<F>(action: ServerAction<F>) -> Option<AppError>
where
    F: ServerFn<Error = AppError> + Clone + Send + Sync + 'static,
    F::Output: Send + Sync + 'static,
{
    action
        .value()
        .with_untracked(|result| result.as_ref().and_then(|result| result.as_ref().err().copied()))
        .filter(|error| error.is_of_a_form())
}

/// Why whatever form led back to this page was refused, where that is about no form: one may not, or nothing answers.
pub fn refusal() -> Option<AppError> {
    let error = use_context::<ServerActionError>().map(|error| ServerFnUrlError::<AppError>::decode_err(error.err()))?;
    (!error.is_of_a_form()).then_some(error)
}

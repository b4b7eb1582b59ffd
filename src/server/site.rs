//! The files the browser build leaves in `target/site`: where they are, under which address, how long they may be kept.

use axum::response::Response;
use http::header::{CACHE_CONTROL, HeaderName, HeaderValue};
use leptos::config::LeptosOptions;
use std::path::{Path, PathBuf};
use tower_http::services::fs::DefaultServeDirFallback;
use tower_http::services::{ServeDir, ServeFile};

const OUTPUT_NAME: &str = "postbacks";
/// Left by `scripts/build-web`: a fingerprint of what it built, part of every address under `/pkg`.
const VERSION_FILE: &str = "pkg/version";
const FOREVER: &str = "public, max-age=31536000, immutable";
const ASK_AGAIN: &str = "no-cache";

/// Where the browser build is: beside the program, where cargo leaves it, or in the working directory.
pub fn options() -> LeptosOptions {
    let root = std::env::var("LEPTOS_SITE_ROOT").map(PathBuf::from).ok().or_else(find_root).unwrap_or_else(|| PathBuf::from("target/site"));
    let package = match std::fs::read_to_string(root.join(VERSION_FILE)) {
        Ok(version) => format!("pkg/{}", version.trim()),
        Err(_) => "pkg".to_owned(),
    };
    LeptosOptions::builder().output_name(OUTPUT_NAME).site_root(root.to_string_lossy()).site_pkg_dir(package).build()
}

fn find_root() -> Option<PathBuf> {
    let program = std::env::current_exe().ok();
    let beside = program.iter().flat_map(|program| program.ancestors().skip(1).take(3)).map(|folder| folder.join("site"));
    beside.chain([PathBuf::from("target/site")]).find(|root| root.join("pkg").is_dir())
}

/// Plain files with their compressed twins.
pub fn files(folder: &Path) -> ServeDir<DefaultServeDirFallback> {
    ServeDir::new(folder).precompressed_br().precompressed_gzip().append_index_html_on_directories(false)
}

/// One such file.
pub fn file(path: &Path) -> ServeFile {
    ServeFile::new(path).precompressed_br().precompressed_gzip()
}

/// What carries its version in its address may be kept for ever.
pub async fn keep_for_ever(answer: Response) -> Response {
    keep(answer, FOREVER)
}

/// Everything else is asked for again and answered 304 while it has not changed.
pub async fn keep_while_unchanged(answer: Response) -> Response {
    keep(answer, ASK_AGAIN)
}

fn keep(mut answer: Response, rule: &'static str) -> Response {
    if answer.status().is_success() {
        answer.headers_mut().entry(CACHE_CONTROL).or_insert(HeaderValue::from_static(rule));
    }
    answer
}

/// The pixel is loaded by other people's pages, which may keep it for an hour.
pub async fn for_other_sites(mut answer: Response) -> Response {
    if answer.status().is_success() {
        let headers = answer.headers_mut();
        headers.insert(CACHE_CONTROL, HeaderValue::from_static("public, max-age=3600"));
        headers.insert(HeaderName::from_static("cross-origin-resource-policy"), HeaderValue::from_static("cross-origin"));
        headers.insert(http::header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
    }
    answer
}

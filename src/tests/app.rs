//! The real program on a real port, started as `serve` starts it but for dispatch, which tests drain by `dispatch::drain_until_idle(&app.state.dispatch(), …)`; and a visitor who keeps cookies, follows nothing unasked and posts forms
//! as a browser without JavaScript does.

use super::engines::TestDb;
use crate::error::AppError;
use crate::server::config::{Config, Mode, Source, read};
use crate::server::start::start;
use crate::server::state::AppState;
use crate::server::{now, people, serve};
use crate::web::games::api::CreateGame;
use crate::web::sign_in::api::SignIn;
use leptos::server_fn::ServerFn;
use leptos::server_fn::error::FromServerFnError;
use reqwest::header::{COOKIE, HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Client, Method, RequestBuilder, StatusCode};
use secrecy::SecretString;
use std::collections::BTreeMap;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

pub const EMAIL: &str = "mara@ashgrove.example";
pub const PASSWORD: &str = "correct horse battery";
/// 32 bytes of seven.
pub const KEY: &str = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";

pub struct TestApp {
    pub state: AppState,
    pub setup_code: Option<String>,
    pub origin: String,
    shutdown: CancellationToken,
    running: Option<JoinHandle<()>>,
    db: Option<TestDb>,
}

/// A configuration for this database, with a free port and what else is set.
pub fn config(db: &TestDb, more: &[(&str, &str)]) -> Config {
    let mut environment: BTreeMap<&str, &str> = BTreeMap::from([
        ("DATABASE_URL", db.url.as_str()),
        ("POSTBACKS_LISTEN", "127.0.0.1:0"),
        ("POSTBACKS_SECRET_KEY", KEY),
        ("POSTBACKS_INGEST_RATE", "0"),
        ("POSTBACKS_INGEST_RATE_IP", "0"),
    ]);
    environment.extend(more.iter().copied());
    let source = Source {
        flag: Box::new(|_| None),
        environment: Box::new(move |name| environment.get(name).map(|value| (*value).to_owned())),
        file: Box::new(|path| std::fs::read_to_string(path)),
    };
    read(Mode::Serve, &source).expect("the test's settings are good")
}

impl TestApp {
    /// As at the first start: nobody can sign in yet.
    pub async fn fresh(db: TestDb) -> Self {
        Self::with(db, &[]).await
    }

    pub async fn with(db: TestDb, more: &[(&str, &str)]) -> Self {
        db.close().await;
        let (listener, config) = serve::listen(config(&db, more)).await.expect("a free port");
        let started = start(config, now()).await.expect("it starts");
        let (state, setup_code) = (started.state.clone(), started.setup_code.clone());
        let origin = format!("http://{}", state.config.listen);
        let shutdown = CancellationToken::new();
        let told = shutdown.clone();
        let running = tokio::spawn(async move { serve::web(&started.state, listener, &told).await });
        Self { state, setup_code, origin, shutdown, running: Some(running), db: Some(db) }
    }

    /// Set up: an owner with EMAIL and PASSWORD.
    pub async fn owned(db: TestDb) -> Self {
        Self::owned_with(db, &[]).await
    }

    /// The same with what else is set.
    pub async fn owned_with(db: TestDb, more: &[(&str, &str)]) -> Self {
        let app = Self::with(db, more).await;
        people::make_owner(&app.state.db, EMAIL, SecretString::from(PASSWORD), now()).await.unwrap().expect("the first owner");
        app
    }

    /// A browser that was never here.
    pub fn visitor(&self) -> Visitor {
        let client = Client::builder().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        Visitor { client, origin: self.origin.clone(), cookies: BTreeMap::new() }
    }

    /// The owner, signed in.
    pub async fn owner(&self) -> Visitor {
        let mut visitor = self.visitor();
        let answer = visitor.submit::<SignIn>(&[("email", EMAIL), ("password", PASSWORD), ("next", "")]).await;
        assert_eq!(answer.location(), "/games", "the owner signs in");
        visitor
    }

    /// The owner with a game `emberfall`.
    pub async fn owner_with_game(&self) -> Visitor {
        let mut visitor = self.owner().await;
        let answer = visitor.submit::<CreateGame>(&[("name", "Emberfall"), ("slug", "emberfall")]).await;
        assert_eq!(answer.location(), "/games/emberfall", "the game is made");
        visitor
    }

    /// Shuts down as on SIGTERM, waits for the end, and leaves the database.
    pub async fn stop(mut self) -> TestDb {
        self.shutdown.cancel();
        self.running.take().expect("it runs").await.expect("it ends in order");
        self.state.db.close().await;
        self.db.take().expect("it has a database")
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.shutdown.cancel();
    }
}

/// A browser without JavaScript.
pub struct Visitor {
    client: Client,
    pub origin: String,
    pub cookies: BTreeMap<String, String>,
}

/// What came back.
#[derive(Debug)]
pub struct Answer {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// Where a redirect leads, without our origin; empty where it is none.
    pub fn location(&self) -> &str {
        let location = self.header(LOCATION.as_str());
        match location.split_once("//").and_then(|(_, rest)| rest.find('/').map(|at| &rest[at..])) {
            Some(path) => path,
            None => location,
        }
    }

    /// What a person reads on the page: without tags, one space between words and between what stands apart.
    pub fn text(&self) -> String {
        let mut text = String::with_capacity(self.body.len() / 2);
        for piece in self.body.split('<') {
            let Some((tag, inside)) = piece.split_once('>') else { continue };
            let name = tag.trim_start_matches('/').split([' ', '/']).next().unwrap_or_default();
            match name {
                "script" => {}
                "a" | "b" | "code" | "em" | "i" | "s" => text.push_str(inside),
                // A mark of the renderer; one of them holds a tag of its own.
                _ if name.starts_with(['!', '(']) => text.push_str(inside.trim_start_matches("-->")),
                _ => text.push_str(&format!(" {inside}")),
            }
        }
        let text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    /// The refusal of a server function that was called.
    pub fn refusal(&self) -> AppError {
        AppError::de(self.body.clone().into_bytes().into())
    }
}

impl Visitor {
    pub async fn get(&mut self, path: &str) -> Answer {
        let request = self.request(Method::GET, path);
        self.send(request).await
    }

    /// Submits the form of a server function as a browser does from one of our pages, and keeps the cookies.
    pub async fn submit<F: ServerFn>(&mut self, fields: &[(&str, &str)]) -> Answer {
        let page = format!("{}/games", self.origin);
        self.submit_from::<F>(&page, fields).await
    }

    /// The same from the page at this whole address, where a refusal leads back to.
    pub async fn submit_from<F: ServerFn>(&mut self, page: &str, fields: &[(&str, &str)]) -> Answer {
        let request = self.request(Method::POST, F::PATH).header("sec-fetch-site", "same-origin").header("referer", page).form(fields);
        self.send(request).await
    }

    /// Calls a server function as an island does; the answer carries the status of a refusal.
    pub async fn call(&mut self, path: &str, method: Method, fields: &[(&str, &str)]) -> Answer {
        let request = self.bare(method.clone(), path).header("accept", "application/json").header("sec-fetch-site", "same-origin");
        self.send(if method == Method::GET { request.query(fields) } else { request.form(fields) }).await
    }

    /// Any request of a page, with the visitor's cookies.
    pub fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.bare(method, path).header("accept", "text/html")
    }

    /// The same without saying what is accepted.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let cookies: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let request = self.client.request(method, format!("{}{path}", self.origin));
        if cookies.is_empty() { request } else { request.header(COOKIE, cookies.join("; ")) }
    }

    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let response = request.send().await.expect("the app answers");
        for cookie in response.headers().get_all(SET_COOKIE) {
            let text = cookie.to_str().expect("a cookie in ASCII");
            let (name, rest) = text.split_once('=').expect("a name");
            let value = rest.split(';').next().unwrap_or_default();
            if value.is_empty() {
                self.cookies.remove(name)
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned())
            };
        }
        Answer { status: response.status(), headers: response.headers().clone(), body: response.text().await.expect("a text") }
    }

    /// Follows a redirect to a page of ours, as a browser does.
    pub async fn follow(&mut self, answer: &Answer) -> Answer {
        assert!(answer.status.is_redirection(), "{answer:?}");
        let path = answer.location().to_owned();
        self.get(&path).await
    }
}

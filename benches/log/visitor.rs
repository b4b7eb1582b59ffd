//! The owner, signed in as a browser is.

use crate::house::{EMAIL, House, PASSWORD};
use leptos::server_fn::ServerFn;
use postbacks::web::sign_in::api::SignIn;
use std::time::Instant;

pub struct Visitor {
    client: reqwest::Client,
    origin: String,
    cookie: String,
}

impl Visitor {
    pub async fn enter(house: &House) -> Self {
        let client = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().expect("a client");
        let origin = format!("http://{}", house.address);
        let form = [("email", EMAIL), ("password", PASSWORD), ("next", "/games")];
        let answer = client
            .post(format!("{origin}{}", SignIn::PATH))
            .header("origin", &origin)
            .header("sec-fetch-site", "same-origin")
            .header("accept", "text/html")
            .form(&form)
            .send()
            .await
            .expect("the server answers");
        let cookies = answer.headers().get_all("set-cookie").iter().filter_map(|value| value.to_str().ok());
        let cookie = cookies.filter_map(|text| text.split(';').next()).collect::<Vec<_>>().join("; ");
        assert!(!cookie.is_empty(), "signed in: {}", answer.status());
        Self { client, origin, cookie }
    }

    /// Milliseconds until the answer begins.
    pub async fn first_byte(&self, path: &str) -> f64 {
        let started = Instant::now();
        let answer = self.get(path).await;
        let took = started.elapsed().as_secs_f64() * 1_000.0;
        assert!(answer.status().is_success(), "{path}: {}", answer.status());
        answer.bytes().await.expect("the page is whole");
        took
    }

    /// Where the page's link to older rows leads.
    pub async fn older(&self, path: &str) -> Option<String> {
        let page = self.get(path).await.text().await.expect("the page is whole");
        let link = page.split("href=\"").skip(1).filter_map(|rest| rest.split('"').next()).find(|link| link.contains("older="))?;
        let link = link.replace("&amp;", "&");
        Some(if link.starts_with('?') { format!("{}{link}", path.split('?').next()?) } else { link })
    }

    async fn get(&self, path: &str) -> reqwest::Response {
        let request = self.client.get(format!("{}{path}", self.origin)).header("cookie", &self.cookie).header("accept", "text/html");
        request.send().await.expect("the server answers")
    }
}

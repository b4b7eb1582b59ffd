//! The pixels of an advertiser, a page at a time (wire page 1.7).

use super::answer::{self, PERMISSION, Refusal};
use super::event;
use super::token::{answer_of, parameters};
use crate::server::simulator::role::Answer;
use crate::server::simulator::state::State;
use crate::server::simulator::world::Pixel;
use axum::extract::{RawQuery, State as Shared};
use axum::http::HeaderMap;
use serde_json::json;

/// Largest page_size (SDK yml_files/pixel_list.yml).
const MOST: usize = 20;
/// page_size where none is asked for.
const USUAL: usize = 10;

#[derive(Default)]
struct Asked {
    advertiser: Option<String>,
    page: Option<usize>,
    size: Option<usize>,
    code: Option<String>,
    name: Option<String>,
    id: Option<String>,
    latest_first: bool,
}

/// `GET /open_api/v1.3/pixel/list/?advertiser_id=&page=&page_size=`.
pub async fn list(Shared(state): Shared<State>, headers: HeaderMap, RawQuery(query): RawQuery) -> Answer {
    answer_of(&state, || {
        let grant = answer::authorise(&state, super::access_token(&headers))?;
        let asked = asked(&query)?;
        let advertiser = asked.advertiser.ok_or_else(|| event::missing("advertiser_id"))?;
        if !grant.accounts.contains(&advertiser) {
            return Err(Refusal::new(PERMISSION, format!("No permission to operate advertiser: {advertiser}.")));
        }
        let (page, size) = (asked.page.unwrap_or(1), asked.size.unwrap_or(USUAL));
        let is = |wanted: &Option<String>, found: &str| wanted.as_deref().is_none_or(|wanted| wanted == found);
        let fits = |pixel: &&Pixel| {
            pixel.network == "tiktok"
                && pixel.account == advertiser
                && is(&asked.code, &pixel.code)
                && is(&asked.id, &pixel.id)
                && asked.name.as_deref().is_none_or(|part| pixel.name.contains(part))
        };
        let mut pixels: Vec<_> = state.world().pixels.iter().filter(fits).collect();
        if asked.latest_first {
            pixels.reverse();
        }
        let shown = |pixel: &&Pixel| json!({"pixel_id": pixel.id, "pixel_code": pixel.code, "pixel_name": pixel.name});
        let list: Vec<_> = pixels.iter().skip((page - 1).saturating_mul(size)).take(size).map(shown).collect();
        let info = json!({"page": page, "page_size": size, "total_number": pixels.len(), "total_page": pixels.len().div_ceil(size)});
        Ok(json!({"pixels": list, "page_info": info}).to_string())
    })
}

fn asked(query: &Option<String>) -> Result<Asked, Refusal> {
    let mut asked = Asked::default();
    for (name, value) in parameters(query) {
        let number = |most: usize| {
            let number = value.parse().map_err(|_| event::invalid(&name, "not a valid integer."))?;
            if (1..=most).contains(&number) { Ok(number) } else { Err(event::invalid(&name, &format!("must be between 1 and {most}."))) }
        };
        match &*name {
            "page" => asked.page = Some(number(usize::MAX)?),
            "page_size" => asked.size = Some(number(MOST)?),
            "advertiser_id" => asked.advertiser = Some(value.into_owned()),
            "code" => asked.code = Some(value.into_owned()),
            "name" => asked.name = Some(value.into_owned()),
            "pixel_id" => asked.id = Some(value.into_owned()),
            "order_by" if matches!(&*value, "EARLIEST_CREATE" | "LATEST_CREATE") => asked.latest_first = value == "LATEST_CREATE",
            "order_by" => return Err(event::invalid(&name, "must be one of: EARLIEST_CREATE, LATEST_CREATE.")),
            "filtering" => {}
            _ => return Err(event::unknown(&name)),
        }
    }
    Ok(asked)
}

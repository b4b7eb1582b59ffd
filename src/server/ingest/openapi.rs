//! The audience API's description in OpenAPI 3.1, made from the constants and words that requests are held against.

mod message;
mod text;

use super::answer::{Code, INTERNAL, TOO_MANY, UNAUTHORISED, VALIDATION};
use super::body::{MAX_BODY, MAX_DEPTH, MAX_MESSAGES};
use super::keys;
use super::message::MAX_TEXT;
use super::tracking_consent::{MAX_SOURCE, STATUSES};
use crate::model::conversion::Consent;
use axum::Router;
use axum::http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_TYPE};
use axum::response::IntoResponse;
use axum::routing::get;
use serde_json::{Map, Value, json};
use std::sync::LazyLock;

/// Where it is served.
pub const ADDRESS: &str = "/api/v1/openapi.json";

pub fn router() -> Router {
    Router::new().route(ADDRESS, get(serve))
}

async fn serve() -> impl IntoResponse {
    static TEXT: LazyLock<String> = LazyLock::new(|| format!("{:#}", description()));
    let headers = [(CONTENT_TYPE, "application/json"), (ACCESS_CONTROL_ALLOW_ORIGIN, "*"), (CACHE_CONTROL, "no-cache")];
    (headers, TEXT.as_str())
}

pub fn description() -> Value {
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Postbacks audience API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a game and its site send: messages, what a player agrees to, and requests to erase a player. \
                            Every answer carries an x-trace-id. A 429 or 503 says in Retry-After when to come back; whatever was not \
                            accepted may be sent again, a messageId counts once.",
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "paths": {
            "/v1/audience/messages": { "post": messages() },
            "/v1/audience/tracking-consent": { "get": get_consent(), "put": set_consent() },
            "/v1/audience/data": { "delete": delete_data() },
        },
        "components": {
            "securitySchemes": {
                "publishableKey": { "type": "apiKey", "in": "header", "name": keys::PUBLISHABLE, "description": "Names the game; it may be seen by anyone." },
                "secretKey": { "type": "apiKey", "in": "header", "name": keys::SECRET, "description": "For servers only: refused in requests that come from a web page." },
            },
            "headers": {
                "TraceId": { "required": true, "schema": { "type": "string", "pattern": "^[0-9a-f]{32}$" }, "description": "Names the request here and in the server's log." },
                "RetryAfter": { "required": true, "schema": { "type": "integer", "minimum": 1 }, "description": "Seconds to wait." },
            },
            "schemas": schemas(),
        },
    })
}

fn messages() -> Value {
    let mut responses = responses(&["401", "413", "415", "429", "500", "503"]);
    responses.insert(
        "200".into(),
        answer("The messages are durable, but for those that were rejected.", json!({ "$ref": "#/components/schemas/MessagesResponse" })),
    );
    let either = json!({ "anyOf": [{ "$ref": "#/components/schemas/MessagesResponse" }, { "$ref": "#/components/schemas/Error" }] });
    responses.insert("400".into(), answer("The request is malformed, or every message was rejected.", either));
    json!({
        "operationId": "IngestMessages",
        "summary": "Send up to a batch of messages",
        "description": format!(
            "The body may be packed as gzip or deflate; unpacked it is at most {} KiB and nested {MAX_DEPTH} levels deep. A message that is not \
             valid is rejected alone.",
            MAX_BODY / 1024
        ),
        "security": [{ "publishableKey": [] }],
        "requestBody": body(json!({ "$ref": "#/components/schemas/MessagesRequest" })),
        "responses": responses,
    })
}

fn get_consent() -> Value {
    let mut responses = responses(&["400", "401", "429", "500", "503"]);
    let status =
        json!({ "type": "object", "required": ["status"], "properties": { "status": { "type": "string", "enum": Consent::ALL } } });
    responses.insert("200".into(), answer("The newest status of the player who bears the id; not_set where there is none.", status));
    json!({
        "operationId": "GetTrackingConsent",
        "summary": "What a player agreed to",
        "security": [{ "publishableKey": [] }],
        "parameters": [parameter("anonymousId", true)],
        "responses": responses,
    })
}

fn set_consent() -> Value {
    let mut responses = responses(&["400", "401", "413", "415", "429", "500", "503"]);
    responses.insert("204".into(), nothing("The status is durable. The last one set counts, for all ids of the player."));
    let status = json!({
        "type": "object",
        "required": ["anonymousId", "status", "source"],
        "properties": {
            "anonymousId": text::required(MAX_TEXT),
            "status": { "type": "string", "enum": STATUSES },
            "source": text::required(MAX_SOURCE),
        },
    });
    json!({
        "operationId": "SetTrackingConsent",
        "summary": "Set what a player agrees to",
        "description": "At none, what waits for the player is cancelled, and nothing goes out until the status is raised.",
        "security": [{ "publishableKey": [] }],
        "requestBody": body(status),
        "responses": responses,
    })
}

fn delete_data() -> Value {
    let mut responses = responses(&["400", "401", "429", "500", "503"]);
    responses.insert("202".into(), nothing("The erasure is in the books and is done in the background, within a minute. Its receipt stands in the game's audit log under the x-trace-id."));
    json!({
        "operationId": "DeleteData",
        "summary": "Erase a player, with all linked ids",
        "description": "Exactly one of anonymousId and userId. A userId means whoever bears it, whatever its type.",
        "security": [{ "secretKey": [] }],
        "parameters": [parameter("anonymousId", false), parameter("userId", false)],
        "responses": responses,
    })
}

fn schemas() -> Value {
    let mut schemas = message::schemas();
    schemas.insert(
        "MessagesRequest".into(),
        json!({
            "type": "object",
            "required": ["messages"],
            "properties": { "messages": { "type": "array", "minItems": 1, "maxItems": MAX_MESSAGES, "items": { "$ref": "#/components/schemas/Message" } } },
        }),
    );
    schemas.insert(
        "MessagesResponse".into(),
        json!({
            "type": "object",
            "required": ["success", "accepted", "rejected", "rejections"],
            "properties": {
                "success": { "type": "boolean", "description": "Whether nothing was rejected." },
                "accepted": { "type": "integer", "minimum": 0 },
                "rejected": { "type": "integer", "minimum": 0 },
                "rejections": { "type": "array", "items": {
                    "type": "object",
                    "required": ["messageId", "errors"],
                    "properties": {
                        "messageId": { "type": "string", "description": "As it was sent." },
                        "errors": { "type": "array", "minItems": 1, "items": { "$ref": "#/components/schemas/FieldError" } },
                    },
                } },
            },
        }),
    );
    schemas.insert(
        "FieldError".into(),
        json!({
            "type": "object",
            "required": ["field", "code", "message"],
            "properties": {
                "field": { "type": "string", "description": "The property, or `message` where it is about the message as a whole." },
                "code": { "type": "string", "enum": Code::ALL },
                "message": { "type": "string", "minLength": 1 },
            },
        }),
    );
    schemas.insert(
        "Error".into(),
        json!({
            "type": "object",
            "required": ["code", "message", "link", "trace_id", "details"],
            "properties": {
                "code": { "type": "string", "enum": [VALIDATION, UNAUTHORISED, TOO_MANY, INTERNAL] },
                "message": { "type": "string", "minLength": 1 },
                "link": { "type": "string", "format": "uri", "description": "This description." },
                "trace_id": { "type": "string", "pattern": "^[0-9a-f]{32}$" },
                "details": { "type": ["object", "null"] },
            },
        }),
    );
    Value::Object(schemas)
}

/// The refusals that an operation shares with others.
fn responses(statuses: &[&str]) -> Map<String, Value> {
    let says = |status: &str| match status {
        "400" => "The request is malformed.",
        "401" => "The key is missing, unknown, rotated, of the other kind, or a secret one that came from a web page.",
        "413" => "The body is too large.",
        "415" => "The body's encoding is not taken.",
        "429" => "Too many requests of this key or address, or the server is behind.",
        "500" => "A fault of the server: nothing was accepted.",
        _ => "The database does not answer just now: nothing was accepted.",
    };
    let refusal = |status: &&str| {
        let mut refusal = answer(says(status), json!({ "$ref": "#/components/schemas/Error" }));
        if ["429", "503"].contains(status) {
            refusal["headers"]["Retry-After"] = json!({ "$ref": "#/components/headers/RetryAfter" });
        }
        ((*status).to_owned(), refusal)
    };
    statuses.iter().map(refusal).collect()
}

fn answer(says: &str, schema: Value) -> Value {
    let mut answer = nothing(says);
    answer["content"] = json!({ "application/json": { "schema": schema } });
    answer
}

fn nothing(says: &str) -> Value {
    json!({ "description": says, "headers": { "x-trace-id": { "$ref": "#/components/headers/TraceId" } } })
}

fn body(schema: Value) -> Value {
    json!({ "required": true, "content": { "application/json": { "schema": schema } } })
}

fn parameter(name: &str, required: bool) -> Value {
    json!({ "name": name, "in": "query", "required": required, "schema": text::required(MAX_TEXT) })
}

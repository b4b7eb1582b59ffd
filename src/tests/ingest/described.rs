//! The description of the API: served to anyone, whole in itself, and of the same limits as the API.

use super::*;
use crate::tests::engines::sqlite;

async fn description(api: &Api) -> Value {
    let answer = api.send(Request::get("/api/v1/openapi.json").body(Body::empty()).unwrap()).await;
    assert_eq!((answer.status, answer.header("content-type")), (StatusCode::OK, "application/json"));
    assert_eq!(answer.header("access-control-allow-origin"), "*");
    answer.body
}

#[tokio::test]
async fn the_api_describes_itself() {
    let api = Api::new(sqlite().await).await;
    let description = description(&api).await;
    assert_eq!(description["openapi"], "3.1.0");
    let ids: Vec<&str> = description["paths"]
        .as_object()
        .unwrap()
        .values()
        .flat_map(|path| path.as_object().unwrap().values())
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    assert_eq!(ids, ["IngestMessages", "GetTrackingConsent", "SetTrackingConsent", "DeleteData"]);
}

#[tokio::test]
async fn every_reference_of_the_description_leads_somewhere() {
    fn references<'a>(value: &'a Value, found: &mut Vec<&'a str>) {
        match value {
            Value::Object(fields) => {
                found.extend(fields.get("$ref").and_then(Value::as_str));
                fields.values().for_each(|field| references(field, found));
            }
            Value::Array(list) => list.iter().for_each(|one| references(one, found)),
            _ => {}
        }
    }
    let api = Api::new(sqlite().await).await;
    let description = description(&api).await;
    let mut found = Vec::new();
    references(&description, &mut found);
    assert!(found.len() > 20);
    for reference in found {
        assert!(description.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
    }
}

#[tokio::test]
async fn the_descriptions_limits_are_the_apis() {
    let api = Api::new(sqlite().await).await;
    let description = description(&api).await;
    let number =
        |path: &str| usize::try_from(description.pointer(path).and_then(Value::as_u64).unwrap_or_else(|| panic!("{path}"))).unwrap();
    let most = number("/components/schemas/MessagesRequest/properties/messages/maxItems");
    let batch = |count: usize| (0..count).map(|_| track(json!({}))).collect::<Vec<_>>();
    api.accept(&batch(most)).await;
    assert_eq!(api.post(&batch(most + 1)).await.status, StatusCode::BAD_REQUEST);
    for (field, kind) in [("eventName", "Track"), ("deviceId", "Page"), ("userId", "Identify")] {
        let length = number(&format!("/components/schemas/{kind}Message/properties/{field}/maxLength"));
        let said = |length: usize| {
            let mut said = message(&kind.to_lowercase(), json!({ "eventName": "x", "userId": "u", "identityType": "steam" }));
            said[field] = json!("x".repeat(length));
            said
        };
        api.accept(&[said(length)]).await;
        assert_eq!(api.post(&[said(length + 1)]).await.errors(), [(field.to_owned(), "INVALID_VALUE".to_owned())]);
    }
}

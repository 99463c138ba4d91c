//! Sparse answers: `?fields=id,state` leaves all other fields out, of an object or of each row of a list.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::{StatusCode, header};
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value};

use super::error::{Error, Field, Result};
use super::route::SchemaOf;

/// The query's name for it.
pub const FIELDS: &str = "fields";

/// Fields that an answer may have, and whether it is a list of things that have them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    names: BTreeSet<String>,
    is_list: bool,
}

impl Known {
    /// Of an answer, read from its schema; `None` for one that is no object of known fields.
    pub fn of(reply: SchemaOf) -> Option<Arc<Self>> {
        let mut schemas = SchemaSettings::draft2020_12().into_generator();
        let schema = reply(&mut schemas).to_value();
        let object = properties(&mut schemas, &schema)?;
        let is_list = object.contains_key("data") && object.contains_key("has_more");
        let object = if is_list { properties(&mut schemas, &object["data"]["items"])? } else { object };
        Some(Arc::new(Self { names: object.keys().cloned().collect(), is_list }))
    }

    /// What a query asks for; nothing if it asks for all.
    fn asked(&self, query: &str) -> Result<Option<BTreeSet<String>>> {
        let values = form_urlencoded::parse(query.as_bytes());
        let values = values.filter(|(name, _)| name.trim_end_matches("[]") == FIELDS);
        let names: BTreeSet<String> = values
            .flat_map(|(_, value)| value.split(',').map(|name| name.trim().to_owned()).collect::<Vec<_>>())
            .filter(|name| !name.is_empty())
            .collect();
        let unknown = names.difference(&self.names);
        let unknown: Vec<Field> =
            unknown.map(|name| Field { pointer: format!("/{FIELDS}/{name}"), code: "unknown_field" }).collect();
        if unknown.is_empty() { Ok((!names.is_empty()).then_some(names)) } else { Err(Error::Invalid(unknown)) }
    }

    fn narrow(&self, answer: &mut Value, asked: &BTreeSet<String>) {
        let keep = |object: &mut Map<String, Value>| object.retain(|name, _| asked.contains(name));
        if !self.is_list {
            answer.as_object_mut().map(keep);
            return;
        }
        for row in answer["data"].as_array_mut().into_iter().flatten() {
            row.as_object_mut().map(keep);
        }
    }
}

/// The properties of a schema, wherever it is written.
fn properties(schemas: &mut SchemaGenerator, schema: &Value) -> Option<Map<String, Value>> {
    let defined = schema["$ref"].as_str().and_then(|place| place.rsplit('/').next());
    let schema = match defined {
        Some(name) => schemas.definitions().get(name)?,
        None => schema,
    };
    schema["properties"].as_object().cloned()
}

/// Leaves out of an answer what was not asked for.
pub async fn only(State(known): State<Arc<Known>>, request: Request, next: Next) -> Response {
    let asked = match known.asked(request.uri().query().unwrap_or_default()) {
        Ok(None) => return next.run(request).await,
        Ok(Some(asked)) => asked,
        Err(error) => return error.into_response(),
    };
    let response = next.run(request).await;
    // The same address may answer a spreadsheet or a page for print.
    let is_json = response.headers().get(header::CONTENT_TYPE).is_some_and(|kind| kind == "application/json");
    if response.status() != StatusCode::OK || !is_json {
        return response;
    }
    narrowed(&known, &asked, response).await.unwrap_or_else(IntoResponse::into_response)
}

async fn narrowed(known: &Known, asked: &BTreeSet<String>, response: Response) -> Result<Response> {
    let (mut parts, body) = response.into_parts();
    let whole = axum::body::to_bytes(body, usize::MAX).await.map_err(|error| Error::Internal(error.to_string()))?;
    let mut answer = serde_json::from_slice(&whole).map_err(|error| Error::Internal(error.to_string()))?;
    known.narrow(&mut answer, asked);
    parts.headers.remove(header::CONTENT_LENGTH);
    Ok(Response::from_parts(parts, answer.to_string().into()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn fields_are_those_of_the_object_or_of_the_rows() {
        let one = Known::of(SchemaGenerator::subschema_for::<vezne_api::Payment>).expect("an object");
        let list = Known::of(SchemaGenerator::subschema_for::<vezne_api::Page<vezne_api::Payment>>).expect("a list");
        assert_eq!((one.is_list, list.is_list), (false, true));
        assert_eq!(one.names, list.names);
        assert!(one.names.contains("amount_refunded"));
        assert!(Known::of(SchemaGenerator::subschema_for::<Value>).is_none());
    }

    #[test]
    fn what_is_not_asked_for_is_left_out_and_what_there_is_not_is_refused() {
        let known = Known::of(SchemaGenerator::subschema_for::<vezne_api::Page<vezne_api::Payment>>).expect("a list");
        assert_eq!(known.asked("limit=3").expect("nothing asked"), None);
        let asked = known.asked("limit=3&fields=id,%20state&fields[]=amount").expect("known").expect("asked");
        let mut answer =
            json!({"data": [{"id": "a", "state": "b", "amount": 1, "currency": "TRY"}], "has_more": false});
        known.narrow(&mut answer, &asked);
        assert_eq!(answer, json!({"data": [{"id": "a", "state": "b", "amount": 1}], "has_more": false}));
        match known.asked("fields=id,colour") {
            Err(Error::Invalid(fields)) => assert_eq!(fields[0].pointer, "/fields/colour"),
            other => panic!("{other:?}"),
        }
    }
}

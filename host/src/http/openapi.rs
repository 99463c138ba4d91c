//! The `OpenAPI` 3.1 document, made from the table of routes and the wire types.

use axum::Json;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};
use vezne_api::Problem;

use super::fields::FIELDS;
use super::route::{Access, Endpoint};

/// The whole document.
pub fn document(endpoints: &[Endpoint]) -> Value {
    let mut settings = SchemaSettings::draft2020_12();
    settings.definitions_path = "/components/schemas".into();
    settings.meta_schema = None;
    let mut schemas = settings.into_generator();
    let problem = schemas.subschema_for::<Problem>();
    let mut paths = Map::new();
    for endpoint in endpoints {
        let path = paths.entry(endpoint.path).or_insert_with(|| json!({}));
        path[endpoint.method.as_str().to_lowercase()] = operation(endpoint, &mut schemas);
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Vezne",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Collect money from dealers, sub-dealers and customers by card. Amounts are integers in \
                minor units; a bank's decline is an answer, not an HTTP error; a state `unknown` resolves itself."
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}, {"session": []}],
        "paths": paths,
        "components": {
            "schemas": schemas.take_definitions(true),
            "responses": {
                "Problem": {"description": "RFC 9457", "content": {"application/problem+json": {"schema": problem}}}
            },
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
                "key": {"type": "http", "scheme": "bearer", "description": "`sk_…`, only for `POST /v1/tokens`"},
                "session": {"type": "apiKey", "in": "cookie", "name": crate::security::session::COOKIE}
            }
        }
    })
}

fn operation(endpoint: &Endpoint, schemas: &mut SchemaGenerator) -> Value {
    let mut responses = Map::new();
    let (status, reply) = endpoint.reply;
    let mut success = json!({"description": "Success"});
    if let Some(schema) = reply {
        success["content"] = json!({"application/json": {"schema": schema(schemas)}});
    }
    responses.insert(status.to_string(), success);
    responses.insert("default".to_owned(), json!({"$ref": "#/components/responses/Problem"}));
    let mut operation = json!({
        "operationId": operation_id(endpoint),
        "summary": endpoint.summary,
        "tags": [tag(endpoint.path)],
        "parameters": parameters(endpoint, schemas),
        "responses": responses,
    });
    if let Some(body) = endpoint.body {
        operation["requestBody"] =
            json!({"required": true, "content": {"application/json": {"schema": body(schemas)}}});
    }
    match endpoint.access {
        Access::Anyone if endpoint.path == "/v1/tokens" => operation["security"] = json!([{"key": []}]),
        Access::Anyone => operation["security"] = json!([]),
        Access::SignedIn => {}
        Access::Needs(action) => operation["x-permission"] = json!(action),
    }
    operation
}

fn parameters(endpoint: &Endpoint, schemas: &mut SchemaGenerator) -> Vec<Value> {
    let mut parameters: Vec<Value> = endpoint
        .path
        .split(['{', '}'])
        .skip(1)
        .step_by(2)
        .map(|name| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}}))
        .collect();
    if let Some(query) = endpoint.query {
        let schema = query(schemas);
        let properties = schema.get("properties").and_then(Value::as_object).cloned().unwrap_or_default();
        for (name, schema) in properties {
            parameters.push(json!({"name": name, "in": "query", "schema": schema}));
        }
    }
    if endpoint.fields().is_some() {
        let what = "Names with commas between: all other fields are left out, of the object or of each row.";
        parameters.push(json!({"name": FIELDS, "in": "query", "description": what, "schema": {"type": "string"}}));
    }
    if endpoint.idempotent {
        let schema = json!({"type": "string", "maxLength": crate::limits::IDEMPOTENCY_KEY_BYTES_MAX});
        parameters.push(json!({"name": "Idempotency-Key", "in": "header", "required": true, "schema": schema}));
    }
    if endpoint.conditional {
        parameters.push(json!({"name": "If-Match", "in": "header", "required": true, "schema": {"type": "string"}}));
    }
    parameters
}

/// `post_v1_payments_id_refunds`
fn operation_id(endpoint: &Endpoint) -> String {
    let words = endpoint.path.split(['/', '{', '}', '.', '*']).filter(|word| !word.is_empty());
    let mut id = endpoint.method.as_str().to_lowercase();
    for word in words {
        id.push('_');
        id.push_str(word);
    }
    id
}

fn tag(path: &str) -> &str {
    path.split('/').find(|word| !word.is_empty() && *word != "v1").unwrap_or("service")
}

/// `GET /openapi.json`
pub async fn show() -> Json<Value> {
    Json(document(super::table().endpoints()))
}

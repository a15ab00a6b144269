//! `openapi.json` has an example of every response, and its schemas allow them.

#![cfg(test)]

use api::json as respond;
use lambda_http::http::StatusCode;
use serde_json::{Value, json};

const OPENAPI: &str = include_str!("../../../openapi.json");

fn document() -> Value {
    serde_json::from_str(OPENAPI).expect("is JSON")
}

/// The target of a reference; anything else is returned as it is.
fn resolved<'a>(document: &'a Value, value: &'a Value) -> &'a Value {
    let Some(reference) = value["$ref"].as_str() else {
        return value;
    };
    document.pointer(reference.trim_start_matches('#')).expect("the reference has a target")
}

/// Checks the example of a parameter, or of a body, against its schema.
fn assert_example_is_valid(document: &Value, place: &str, described: &Value) {
    let schema = json!({"allOf": [described["schema"]], "components": document["components"]});
    let validator = jsonschema::validator_for(&schema).expect("is a schema");
    let example = described.get("example").unwrap_or_else(|| panic!("{place} has no example"));
    validator.validate(example).unwrap_or_else(|error| panic!("{place}: {error}"));
}

#[test]
fn every_parameter_and_body_has_an_example_that_its_schema_allows() {
    let document = document();
    let operations = document["paths"].as_object().expect("is an object").values();
    let mut bodies = 0;
    for operation in operations.flat_map(|path| path.as_object().expect("is an object").values()) {
        let id = operation["operationId"].as_str().expect("is a string");
        for parameter in operation["parameters"].as_array().expect("is an array") {
            assert_example_is_valid(&document, &format!("{id} {}", parameter["name"]), parameter);
        }
        let responses = operation["responses"].as_object().expect("is an object");
        let responses = responses.iter().map(|(status, response)| (status.as_str(), response));
        for (place, holder) in responses.chain(operation.get("requestBody").map(|body| ("request", body))) {
            let content = resolved(&document, holder)["content"].as_object().expect("has a body");
            for (media_type, body) in content {
                assert_example_is_valid(&document, &format!("{id} {place} {media_type}"), body);
                bodies += 1;
            }
        }
    }
    assert!(bodies > 10, "only {bodies} examples were checked");
}

#[test]
fn the_example_of_a_problem_has_the_status_of_its_response() {
    let document = document();
    for method in ["get", "post"] {
        let responses = document["paths"]["/likes"][method]["responses"].as_object().expect("is an object");
        for (status, response) in responses.iter().filter(|(status, _)| status.parse::<u16>().is_ok()) {
            let content = &resolved(&document, response)["content"];
            if let Some(problem) = content.get("application/problem+json") {
                assert_eq!(problem["example"]["status"].to_string(), *status, "{method}");
            }
        }
    }
}

#[test]
fn the_response_to_a_body_that_cannot_be_encoded_is_its_example() {
    let document = document();
    let failed = document.pointer("/components/responses/Failed/content/application~1problem+json/example");
    let failure = respond(StatusCode::OK, "application/json", &std::collections::BTreeMap::from([((), 1)]));
    assert_eq!(serde_json::from_slice::<Value>(failure.body()).expect("is JSON"), *failed.expect("is there"));
}

//! The patterns of ids in `openapi.json` match what the types parse and print.

#![cfg(test)]

use jsonschema::Validator;
use like::{LikeId, MovieId, UserId};
use proptest::{prelude::*, sample::Index};
use serde_json::{Value, json};

const OPENAPI: &str = include_str!("../../../openapi.json");

fn schema(name: &str) -> Validator {
    let document: Value = serde_json::from_str(OPENAPI).expect("is JSON");
    let schema =
        json!({"$ref": format!("#/components/schemas/{name}"), "components": document["components"]});
    jsonschema::validator_for(&schema).expect("is a schema")
}

/// A `UUIDv7` in either case, or a string that is nearly one.
fn near_key() -> impl Strategy<Value = String> {
    let uuid = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{4}-[0-9A-Fa-f]{12}";
    let key = "[0-9A-Fa-f]{8}-[0-9A-Fa-f]{4}-7[0-9A-Fa-f]{3}-[89ABab][0-9A-Fa-f]{3}-[0-9A-Fa-f]{12}";
    let one_in_upper_case = (key, any::<Index>()).prop_map(|(key, place)| {
        let place = place.index(key.len());
        let upper = |(at, c): (usize, char)| if at == place { c.to_ascii_uppercase() } else { c };
        key.to_lowercase().char_indices().map(upper).collect()
    });
    let edited = (key, any::<Index>(), 0..2_usize, "[0-9A-Ga-g{} é\n-]{0,2}").prop_map(
        |(mut key, place, removed, inserted)| {
            let place = place.index(key.len() + 1);
            key.replace_range(place..key.len().min(place + removed), &inserted);
            key
        },
    );
    prop_oneof![
        2 => key,
        2 => one_in_upper_case,
        2 => uuid,
        4 => edited,
        1 => key.prop_map(|key| key.replace('-', "")),
        1 => key.prop_map(|key| format!("{{{key}}}")),
        1 => key.prop_map(|key| format!("urn:uuid:{key}")),
        1 => "[0-9A-Fa-f-]{36}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn a_key_is_valid_if_and_only_if_it_matches_its_pattern(key in near_key()) {
        thread_local!(static KEY: Validator = schema("IdempotencyKey"));
        let matches = KEY.with(|schema| schema.is_valid(&json!(key)));
        prop_assert_eq!(key.parse::<LikeId>().is_ok(), matches, "{:?}", key);
    }

    #[test]
    fn a_like_id_is_its_key_in_lower_case(key in near_key()) {
        thread_local!(static ID: Validator = schema("LikeId"));
        if let Ok(id) = key.parse::<LikeId>() {
            let matches = |text: &str| ID.with(|schema| schema.is_valid(&json!(text)));
            prop_assert_eq!(id.to_string(), key.to_lowercase());
            prop_assert!(matches(&id.to_string()));
            prop_assert_eq!(matches(&key), key == id.to_string(), "{}", key);
        }
    }

    #[test]
    fn a_name_is_valid_if_and_only_if_it_matches_its_pattern(
        name in prop_oneof!["[A-Za-z0-9][A-Za-z0-9_-]{0,64}", "[A-Za-z0-9_.@#é\n-]{0,4}", "[A-Za-z0-9_.@-]{60,130}"],
    ) {
        thread_local!(static NAMES: [Validator; 2] = ["MovieId", "UserId"].map(schema));
        let matches = NAMES.with(|names| names.each_ref().map(|schema| schema.is_valid(&json!(name))));
        prop_assert_eq!([name.parse::<MovieId>().is_ok(), name.parse::<UserId>().is_ok()], matches, "{:?}", name);
    }
}

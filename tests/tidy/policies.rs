//! The IAM policies of `docs/guide/aws.md`: none lets an operator's account use other services' keys and secrets.
//! The policies of the templates in `infra` name their one resource.

use std::fs;
use std::path::Path;

use serde_json::Value;

/// The fenced JSON blocks of the page.
fn policies() -> Vec<Value> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/guide/aws.md");
    let page = fs::read_to_string(path).expect("the page");
    page.split("```json\n")
        .skip(1)
        .filter_map(|rest| rest.split("```").next())
        .map(|block| serde_json::from_str(block).expect(block))
        .collect()
}

/// The values of a key that holds a string or a list of strings.
fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::Array(values) => values.iter().filter_map(Value::as_str).collect(),
        value => value.as_str().into_iter().collect(),
    }
}

#[test]
fn the_documented_policies_permit_keys_and_secrets_to_rds_only() {
    let policies = policies();
    let statements = policies
        .iter()
        .flat_map(|policy| policy["Statement"].as_array().expect("statements"));
    let mut checked = 0;
    for statement in statements {
        for action in texts(&statement["Action"]) {
            let resources = texts(&statement["Resource"]);
            if action.starts_with("kms:") {
                let via = texts(&statement["Condition"]["StringEquals"]["kms:ViaService"]);
                assert!(!via.is_empty(), "{action} has no kms:ViaService");
                checked += 1;
            } else if action.starts_with("secretsmanager:") {
                for resource in resources {
                    assert!(
                        resource.ends_with(":secret:rds!*"),
                        "{action} on {resource}"
                    );
                }
                checked += 1;
            }
        }
    }
    assert!(checked >= 4, "{checked} actions on keys and secrets");
}

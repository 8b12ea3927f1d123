//! Compares each refusal that a test provokes with the OpenAPI document.

use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

use super::cruddur;

static DOCUMENT: OnceLock<Value> = OnceLock::new();

fn document() -> &'static Value {
    DOCUMENT.get_or_init(|| {
        let output = cruddur(&["openapi"]).output().expect("cruddur runs");
        serde_json::from_slice(&output.stdout).expect("the document is JSON")
    })
}

/// Panics if the document has the operation of this request, and no response with this status and code.
#[track_caller]
pub fn assert_described(method: &Method, path: &str, status: u16, body: &Value) {
    let code = body[0].as_str().or(body["code"].as_str());
    let (Some(code), Some((template, operation))) = (code, operation(method, path)) else {
        return;
    };
    let response = &operation["responses"][status.to_string()];
    let name = response["$ref"].as_str().unwrap_or_default();
    let codes = name.rsplit('/').next().unwrap_or_default();
    assert!(
        codes.split('.').any(|described| described == code),
        "src/server/documentation/refusals.rs does not list {code} ({status}) for {} of {template}: {codes}",
        operation["operationId"]
    );
}

/// The operation with the most literal path.
fn operation(method: &Method, path: &str) -> Option<(&'static str, &'static Value)> {
    let method = match *method {
        Method::HEAD => "get".to_owned(),
        _ => method.as_str().to_lowercase(),
    };
    let paths = document()["paths"].as_object()?;
    let matching = paths.iter().filter(|(template, _)| matches(template, path));
    let (template, item) = matching.min_by_key(|(template, _)| template.matches('{').count())?;
    Some((template, item.get(&method)?))
}

fn matches(template: &str, path: &str) -> bool {
    let (template, path): (Vec<_>, Vec<_>) =
        (template.split('/').collect(), path.split('/').collect());
    template.len() == path.len()
        && template
            .iter()
            .zip(&path)
            .all(|(expected, given)| match expected.split_once('{') {
                Some((before, _)) => given.starts_with(before),
                None => expected == given,
            })
}

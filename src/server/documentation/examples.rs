//! The examples of bodies, answers and parameters in the OpenAPI document. `examples.json` has one for each schema, and
//! for an operation or its body whose example is another one.

use serde_json::{Map, Value, json};

use super::operation::Operation;

/// The examples by name: that of an operation, of an operation and a status, or of a schema.
pub type Examples = Map<String, Value>;

/// Reads the examples.
///
/// # Errors
/// A text that is not a JSON object.
pub fn read() -> serde_json::Result<Examples> {
    serde_json::from_str(include_str!("examples.json"))
}

/// The values of parameters that the page fills in.
fn of_parameter(name: &str) -> Option<Value> {
    Some(match name {
        "handle" => json!("ingrid_s"),
        "uuid" => json!("5b0a3c54-7a0c-4a53-9c39-5ad8d9a0f6b1"),
        "term" => json!("cake"),
        "limit" => json!(20),
        "pid" => json!(8496),
        _ => return None,
    })
}

/// Adds the examples of the operation's parameters, its body and its answers.
pub fn add(operation: &mut Operation<'_>, examples: &Examples) {
    let id = operation.id().to_owned();
    for parameter in operation.parameters() {
        if let Some(example) = parameter["name"].as_str().and_then(of_parameter) {
            parameter["example"] = example;
        }
    }
    if let Some(body) = operation.value.get_mut("requestBody") {
        add_to_contents(body, &[format!("{id}.body")], examples);
    }
    for (status, response) in operation.responses().into_iter().flatten() {
        let names = [format!("{id}.{status}"), id.clone()];
        add_to_contents(response, &names, examples);
    }
}

/// Adds the example of the first of these names that has one, else that of the schema.
fn add_to_contents(part: &mut Value, names: &[String], examples: &Examples) {
    let Some(Value::Object(contents)) = part.get_mut("content") else {
        return;
    };
    for content in contents.values_mut() {
        let named = names.iter().find_map(|name| examples.get(name)).cloned();
        if let Some(example) = named.or_else(|| of_schema(&content["schema"], examples)) {
            content["example"] = example;
        }
    }
}

fn of_schema(schema: &Value, examples: &Examples) -> Option<Value> {
    if let Some(items) = schema.get("items") {
        return Some(json!([of_schema(items, examples)?]));
    }
    let (_, name) = schema["$ref"].as_str()?.rsplit_once('/')?;
    examples.get(name).cloned()
}

//! One operation of the OpenAPI document as JSON: what it has, and the texts and parameters that every operation gets.

use serde_json::{Map, Value, json};

/// An operation, with the path and the method that it belongs to.
pub struct Operation<'a> {
    /// The path, with its parameters in braces.
    pub path: &'a str,
    /// The method in lower case.
    pub method: &'a str,
    /// The operation object.
    pub value: &'a mut Value,
}

impl Operation<'_> {
    /// The `operationId`: the name of the handler.
    pub fn id(&self) -> &str {
        self.value["operationId"].as_str().unwrap_or_default()
    }

    /// Whether it belongs to `/admin`.
    pub fn is_for_operators(&self) -> bool {
        self.path.starts_with("/admin/")
    }

    /// Whether it has a request body of JSON.
    pub fn has_json_body(&self) -> bool {
        let json = self.value.pointer("/requestBody/content/application~1json");
        json.is_some()
    }

    /// Whether it has a parameter of this name, in the path, the query or a header.
    pub fn has_parameter(&self, name: &str) -> bool {
        let mut parameters = self.value["parameters"].as_array().into_iter().flatten();
        parameters.any(|parameter| parameter["name"] == name)
    }

    /// Whether a token of this security scheme identifies the client.
    pub fn takes(&self, scheme: &str) -> bool {
        let mut security = self.value["security"].as_array().into_iter().flatten();
        security.any(|requirement| requirement.get(scheme).is_some())
    }

    /// The parameters.
    pub fn parameters(&mut self) -> impl Iterator<Item = &mut Value> {
        let parameters = self.value.get_mut("parameters");
        parameters
            .and_then(Value::as_array_mut)
            .into_iter()
            .flatten()
    }

    /// The responses by status.
    pub fn responses(&mut self) -> Option<&mut Map<String, Value>> {
        self.value.get_mut("responses")?.as_object_mut()
    }

    /// Adds what follows from the doc of the handler and its types: a summary of one sentence, the security of a public
    /// operation, `Idempotency-Key`, and the descriptions of the answers.
    pub fn complete(&mut self, schemas: &Value) {
        let texts = [&self.value["summary"], &self.value["description"]];
        let texts: Vec<_> = texts.into_iter().filter_map(Value::as_str).collect();
        let text = texts.join("\n\n");
        let summary = text
            .split_once(". ")
            .map_or(&*text, |(first, _)| first)
            .trim_end_matches('.')
            .replace('\n', " ");
        self.value["summary"] = summary.into();
        self.value["description"] = text.into();
        if self.value.get("security").is_none() {
            self.value["security"] = json!([]);
        }
        if self.method != "get" && self.takes("token") {
            self.add_idempotency_key();
        }
        let is_list = self.has_parameter("limit");
        for response in self.responses().into_iter().flat_map(Map::values_mut) {
            if response["description"].as_str().is_none_or(str::is_empty) {
                response["description"] = describe(&response["content"], schemas).into();
            }
            if is_list {
                response["headers"] = json!({ "Link": {
                    "description": "The address of the next page, with `rel=\"next\"`; not on the last page.",
                    "schema": { "type": "string" },
                } });
            }
        }
    }

    fn add_idempotency_key(&mut self) {
        let header = json!({
            "name": "Idempotency-Key",
            "in": "header",
            "description": "Requests with the same key within 24 hours: the server writes once and sends each the same response.",
            "required": false,
            "schema": { "type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[!-~]+$" },
        });
        match self.value.get_mut("parameters") {
            Some(Value::Array(parameters)) => parameters.push(header),
            _ => self.value["parameters"] = json!([header]),
        }
    }
}

/// The description of the schema of the first content.
fn describe(contents: &Value, schemas: &Value) -> String {
    let content = contents.as_object().and_then(|all| all.values().next());
    let schema = content.map_or(&Value::Null, |content| &content["schema"]);
    let of_reference = |schema: &Value| {
        let (_, name) = schema["$ref"].as_str()?.rsplit_once('/')?;
        let text = schemas[name]["description"].as_str()?;
        Some(text.replace('\n', " "))
    };
    match of_reference(schema) {
        Some(text) => text,
        None => match of_reference(&schema["items"]) {
            Some(text) => format!("A list. Each of its items: {text}"),
            None => "The answer.".to_owned(),
        },
    }
}

//! `/llms.txt` (<https://llmstxt.org>): the API for a language model, as a list of its operations.

use std::fmt::Write as _;

use serde_json::Value;

use super::document::Document;

/// The text, made of the OpenAPI document.
pub fn text(document: &Document) -> String {
    let title = document.info["title"].as_str().unwrap_or_default();
    let description = document.info["description"].as_str().unwrap_or_default();
    let (summary, rest) = description.split_once("\n\n").unwrap_or((description, ""));
    let mut text = format!(
        "# {title}\n\n> {summary}\n\n{rest}\n\n## Documents\n\n\
         - [OpenAPI 3.1](/openapi.json): every operation with its bodies, answers, examples and codes\n\
         - [The same as a page](/docs/): for people, with a form that sends requests\n"
    );
    for tag in document.tags.as_array().into_iter().flatten() {
        let name = tag["name"].as_str().unwrap_or_default();
        let description = tag["description"].as_str().unwrap_or_default();
        // Writing to a string never fails.
        let _ = write!(text, "\n## {name}\n\n{description}\n\n");
        for (path, methods) in document.paths.as_object().into_iter().flatten() {
            for (method, operation) in methods.as_object().into_iter().flatten() {
                if operation["tags"][0] == *name {
                    let _ = writeln!(text, "- {}", line(path, method, operation));
                }
            }
        }
    }
    text
}

fn line(path: &str, method: &str, operation: &Value) -> String {
    let summary = operation["summary"].as_str().unwrap_or_default();
    let schemes: Vec<_> = operation["security"]
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(|requirement| requirement.as_object()?.keys().next())
        .collect();
    let token = match schemes.first().map(|scheme| scheme.as_str()) {
        Some("admin") => " (operator's token)",
        Some(_) => " (user's token)",
        None => "",
    };
    format!("`{} {path}`: {summary}{token}", method.to_uppercase())
}

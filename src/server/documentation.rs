//! The OpenAPI document, generated from the routes and their types, and the page at `/docs/` that shows it with Swagger UI.
//! `refusals` adds the codes of each operation, `examples` the examples; `llms` lists the operations for language models.

mod document;
mod examples;
mod llms;
mod operation;
mod refusals;

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use serde::Serialize;
use serde_json::json;
use utoipa::{OpenApi, ToSchema};
use utoipa_swagger_ui::SwaggerUi;

use super::routes::{monitoring_routes, ungated_routes};
use crate::error::{Error, Result};
use crate::http::endpoint;
use crate::web::show_documentation;
use crate::{
    account, activities, live, messages, moderation, notifications, operations, reactions, users,
};
use document::Document;
use operation::Operation;
use refusals::Shared;

const OPEN_API: &str = "/openapi.json";

/// An error response as problem details (RFC 9457). `/admin` always sends it, other routes to a client that accepts
/// `application/problem+json`.
#[derive(Serialize, ToSchema)]
struct Problem {
    /// Always `about:blank`.
    r#type: String,
    /// What is wrong and what the client can do, in one sentence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The error code, as in the array of an `application/json` response.
    #[schema(schema_with = code)]
    code: String,
    /// Why the operation failed and what an operator can do; only below `/admin`.
    #[schema(required = false)]
    detail: String,
}

fn code() -> utoipa::openapi::Ref {
    utoipa::openapi::Ref::from_schema_name("Code")
}

const DESCRIPTION: &str = "A micro-blog whose posts expire.

Success is 200. A refused request gets a status of 400 or above and an array with one code, such as \
`[\"message_blank\"]`, or problem details (RFC 9457) if it accepts `application/problem+json`. A list is an array; its \
`Link` header leads to the next page. Times are UTC. Repeat a write safely with the same `Idempotency-Key`.

**Tokens.** `Authorization: Bearer` takes two kinds. The token of a *user* reads and writes as that user; the token of \
an *operator* opens `/admin`. The button Authorize explains where each comes from. On a fresh clone a request from \
this machine without a token acts as the demo user `andrewbrown`, so that every example works at once.";

#[derive(OpenApi)]
#[openapi(
    info(title = "Cruddur", description = DESCRIPTION),
    servers((url = "/", description = "The server that this document comes from.")),
    tags(
        (name = "activities", description = "Posts, their replies, and the lists of them."),
        (name = "reactions", description = "Likes and reposts of activities."),
        (name = "notifications", description = "Notices of replies, mentions, likes and reposts."),
        (name = "messages", description = "Private messages between two users."),
        (name = "live", description = "Events of what changes and expires, as it happens."),
        (name = "users", description = "Profiles, blocks, and the user's own account."),
        (name = "development", description = "Sign-in as a demo user, on a server without a user pool."),
        (name = "probes", description = "What clients, load balancers and monitors ask a server."),
        (name = "admin", description = "What operators do. Each has a command of the same name."),
    ),
    components(schemas(Problem))
)]
struct Base;

/// Where a user's token comes from.
const USER_TOKEN: &str = "The access token of a user. With a Cognito user pool it is the one that signing in returns \
    (the access token, not the id token). On a fresh clone `POST /api/dev/session` issues one for a demo user, and a \
    request without a token acts as `andrewbrown`.";
/// Where an operator's token comes from.
const ADMIN_TOKEN: &str = "The token of an operator: the value of the setting `ADMIN_TOKEN`, or the content of the file \
    `admin-token` in the data directory of the embedded database, which the start of the server names. The access \
    token of a user in the Cognito group `admin` works too, and in the group `admin-readonly` for GET.";

/// Generates the document.
///
/// # Errors
/// A part that is not JSON, which is a defect of the program.
pub fn open_api() -> Result<Document> {
    let mut document = Base::openapi();
    for routes in [
        ungated_routes(),
        monitoring_routes(),
        activities::routes(),
        live::routes(),
        messages::routes(),
        notifications::routes(),
        users::routes(),
        moderation::activity_routes(),
        moderation::routes(),
        reactions::activity_routes(),
        reactions::user_routes(),
        account::routes(),
        operations::routes::routes(),
    ] {
        routes.document(&mut document);
    }
    let defect = |error| Error::internal("the OpenAPI document cannot be generated", error);
    let mut document = serde_json::to_value(document).map_err(defect)?;
    let examples = examples::read().map_err(defect)?;
    let mut paths = document["paths"].take();
    let mut schemas = document["components"]["schemas"].take();
    schemas["Code"] = refusals::code_schema();
    // The name of an event, not its data, tells which schema the data has.
    let any = schemas["LiveData"]["oneOf"].take();
    schemas["LiveData"] =
        json!({ "description": schemas["LiveData"]["description"].take(), "anyOf": any });
    let mut shared = Shared::default();
    for (path, methods) in paths.as_object_mut().into_iter().flatten() {
        for (method, value) in methods.as_object_mut().into_iter().flatten() {
            let mut operation = Operation {
                path,
                method,
                value,
            };
            operation.complete(&schemas);
            examples::add(&mut operation, &examples);
            refusals::add(&mut operation, &mut shared);
        }
    }
    Ok(Document {
        openapi: document["openapi"].take(),
        info: document["info"].take(),
        servers: document["servers"].take(),
        tags: document["tags"].take(),
        paths,
        components: json!({
            "schemas": schemas,
            "responses": shared.responses,
            "examples": shared.examples,
            "securitySchemes": {
                "token": { "type": "http", "scheme": "bearer", "bearerFormat": "JWT", "description": USER_TOKEN },
                "admin": { "type": "http", "scheme": "bearer", "description": ADMIN_TOKEN },
            },
        }),
    })
}

/// The document's two texts, made at the first request for one of them, because that takes megabytes of memory and most
/// servers never need them.
#[derive(Default)]
pub struct Documentation(OnceLock<Texts>);

struct Texts {
    /// For `/openapi.json`.
    json: Bytes,
    /// For `/llms.txt`.
    llms: Bytes,
}

impl Documentation {
    fn texts(&self) -> Result<&Texts> {
        if let Some(texts) = self.0.get() {
            return Ok(texts);
        }
        let document = open_api()?;
        let json = serde_json::to_vec(&document)
            .map_err(|error| Error::internal("the OpenAPI document cannot be serialised", error))?;
        let llms = llms::text(&document);
        Ok(self.0.get_or_init(|| Texts {
            json: json.into(),
            llms: llms.into(),
        }))
    }
}

async fn show_open_api(documentation: Data<Documentation>) -> Result<HttpResponse> {
    let json = documentation.texts()?.json.clone();
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(json))
}

async fn show_llms_text(documentation: Data<Documentation>) -> Result<HttpResponse> {
    let text = documentation.texts()?.llms.clone();
    Ok(HttpResponse::Ok()
        .content_type("text/plain; charset=utf-8")
        .body(text))
}

/// Registers the document at `/openapi.json`, and its page with the files of Swagger UI at `/docs/`.
pub fn routes(app: &mut ServiceConfig) {
    app.service(web::redirect("/docs", "/docs/"))
        .service(endpoint("/docs/").get(show_documentation))
        .service(endpoint(OPEN_API).get(show_open_api))
        .service(endpoint("/llms.txt").get(show_llms_text))
        .service(SwaggerUi::new("/docs/{_:.*}").config(OPEN_API.into()));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use serde_json::Value;

    fn document() -> Value {
        let document = super::open_api().expect("a document");
        serde_json::to_value(document).expect("the document is JSON")
    }

    /// Each operation with its id.
    fn operations(document: &Value) -> Vec<(&str, &Value)> {
        let paths = document["paths"].as_object().expect("paths");
        let operations = paths
            .values()
            .filter_map(|item| item.as_object())
            .flat_map(|item| item.values())
            .map(|operation| (operation["operationId"].as_str().expect("an id"), operation));
        operations.collect()
    }

    /// Client generators name a function after each id.
    #[test]
    fn every_operation_of_the_openapi_document_has_an_id_of_its_own() {
        let document = document();
        let mut ids = HashSet::new();
        for (id, _) in operations(&document) {
            assert!(ids.insert(id), "two operations have the id {id}");
        }
        assert!(ids.len() > 20, "{ids:?}");
    }

    #[test]
    fn every_operation_of_the_openapi_document_has_texts_security_and_a_tag_that_is_described() {
        let document = document();
        let tags: HashSet<_> = document["tags"]
            .as_array()
            .expect("tags")
            .iter()
            .map(|tag| tag["name"].as_str())
            .collect();
        for (id, operation) in operations(&document) {
            for text in ["summary", "description"] {
                assert!(operation[text].is_string(), "{id} has no {text}");
            }
            assert!(operation["security"].is_array(), "{id} has no security");
            let tag = operation["tags"][0].as_str();
            assert!(tags.contains(&tag), "the tag of {id} is not described");
        }
    }

    #[test]
    fn every_body_and_every_answer_of_the_openapi_document_has_an_example() {
        let document = document();
        for (id, operation) in operations(&document) {
            let responses = operation["responses"].as_object().expect("responses");
            let answers = responses
                .values()
                .filter(|response| response.get("$ref").is_none());
            for part in answers.chain(operation.get("requestBody")) {
                let contents = part["content"].as_object().expect("contents");
                for (kind, content) in contents {
                    assert!(
                        content.get("example").is_some(),
                        "{id} has no example of {kind}: add one to \
                         src/server/documentation/examples.json under the name of its schema, {}",
                        content["schema"]
                    );
                }
            }
        }
    }
}

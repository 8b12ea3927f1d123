//! The OpenAPI document, generated from the routes and their types, and the Swagger UI, which is embedded in the binary
//! and displays the document.

use std::sync::OnceLock;

use actix_web::HttpResponse;
use actix_web::web::{self, Bytes, Data, ServiceConfig};
use serde::Serialize;
use utoipa::openapi::path::{Operation, ParameterBuilder, ParameterIn};
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme};
use utoipa::openapi::{
    Content, ObjectBuilder, OpenApi as Document, Ref, RefOr, Required, ResponseBuilder, Type,
};
use utoipa::{Modify, OpenApi, ToSchema};
use utoipa_swagger_ui::SwaggerUi;

use super::routes::{monitoring_routes, ungated_routes};
use crate::error::{Error, Result};
use crate::http::endpoint;
use crate::{
    account, activities, live, messages, moderation, notifications, operations, reactions, users,
};

const OPEN_API: &str = "/openapi.json";

/// An error response as problem details (RFC 9457).
#[derive(Serialize, ToSchema)]
struct Problem {
    /// Always `about:blank`.
    r#type: String,
    /// What is wrong and what the client can do, in one sentence.
    title: String,
    /// The HTTP status.
    status: u16,
    /// The error code, as in the array of an `application/json` response.
    code: String,
}

/// An error response: an array with one error code.
#[derive(Serialize, ToSchema)]
struct Codes(Vec<String>);

#[derive(OpenApi)]
#[openapi(
    info(title = "Cruddur", description = "A micro-blog whose posts expire."),
    components(schemas(Problem, Codes)),
    modifiers(&Refusals)
)]
struct Base;

/// The OpenAPI document of every public and administrative route.
pub fn open_api() -> Document {
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
    Refusals.modify(&mut document);
    document
}

/// Adds the parts that operations share: the security schemes, the error response, and the idempotency key of writes.
struct Refusals;

impl Modify for Refusals {
    fn modify(&self, document: &mut Document) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("JWT")
            .build();
        components.add_security_scheme("token", SecurityScheme::Http(bearer));
        let admin = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .description(Some(
                "The admin token, or the access token of a user in the Cognito group `admin` or `admin-readonly`.",
            ))
            .build();
        components.add_security_scheme("admin", SecurityScheme::Http(admin));
        for item in document.paths.paths.values_mut() {
            let operations = [
                &mut item.get,
                &mut item.put,
                &mut item.post,
                &mut item.delete,
            ];
            for operation in operations.into_iter().flatten() {
                add_refusal(operation);
            }
            let writes = [&mut item.put, &mut item.post, &mut item.delete];
            for operation in writes.into_iter().flatten() {
                add_idempotency_key(operation);
            }
        }
    }
}

/// Documents `Idempotency-Key` for a write that needs a user.
fn add_idempotency_key(operation: &mut Operation) {
    let user = SecurityRequirement::new("token", Vec::<String>::new());
    if !operation
        .security
        .as_ref()
        .is_some_and(|security| security.contains(&user))
    {
        return;
    }
    let key = ObjectBuilder::new()
        .schema_type(Type::String)
        .min_length(Some(1))
        .max_length(Some(255))
        .pattern(Some("^[!-~]+$"));
    let header = ParameterBuilder::new()
        .name("Idempotency-Key")
        .parameter_in(ParameterIn::Header)
        .required(Required::False)
        .description(Some(
            "Requests with the same key within 24 hours: the server writes once and sends each the same response.",
        ))
        .schema(Some(key))
        .build();
    operation
        .parameters
        .get_or_insert_default()
        .push(header.into());
}

fn add_refusal(operation: &mut Operation) {
    let content = |schema| Content::new(Some(RefOr::Ref(Ref::from_schema_name(schema))));
    let refusal = ResponseBuilder::new()
        .description("The request failed; the body contains the error code")
        .content("application/json", content("Codes"))
        .content("application/problem+json", content("Problem"))
        .build();
    operation
        .responses
        .responses
        .insert("default".to_owned(), RefOr::T(refusal));
}

/// The document as JSON, made at the first request for it, because it takes three megabytes of memory and most servers
/// never need it.
#[derive(Default)]
pub struct Documentation(OnceLock<Bytes>);

async fn show_open_api(documentation: Data<Documentation>) -> Result<HttpResponse> {
    let json = match documentation.0.get() {
        Some(json) => json.clone(),
        None => {
            let json = serde_json::to_vec(&open_api()).map_err(|error| {
                Error::internal("the OpenAPI document cannot be serialised", error)
            })?;
            documentation.0.get_or_init(|| json.into()).clone()
        }
    };
    Ok(HttpResponse::Ok()
        .content_type("application/json")
        .body(json))
}

/// Registers the document at `/openapi.json` and the Swagger UI at `/docs/`.
pub fn routes(app: &mut ServiceConfig) {
    app.service(web::redirect("/docs", "/docs/"))
        .service(endpoint(OPEN_API).get(show_open_api))
        .service(SwaggerUi::new("/docs/{_:.*}").config(OPEN_API.into()));
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    /// Client generators name a function after each id.
    #[test]
    fn every_operation_of_the_openapi_document_has_an_id_of_its_own() {
        let document = serde_json::to_value(super::open_api()).expect("the document is JSON");
        let paths = document["paths"].as_object().expect("paths");
        let mut ids = HashSet::new();
        for operation in paths
            .values()
            .filter_map(|item| item.as_object())
            .flat_map(|item| item.values())
        {
            let id = operation["operationId"].as_str().expect("an id");
            assert!(ids.insert(id), "two operations have the id {id}");
        }
        assert!(ids.len() > 20, "{ids:?}");
    }
}

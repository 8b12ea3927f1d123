//! The OpenAPI document and the page that shows it.

use crate::support::{ADMIN_TOKEN, TestApp, cruddur};

#[tokio::test]
async fn the_document_is_openapi_3_1_and_every_operation_in_it_is_served() {
    let app = TestApp::start_with(&[("ADMIN_TOKEN", ADMIN_TOKEN)]).await;
    let document = app.get("/openapi.json").await.ok();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let paths = document["paths"].as_object().unwrap();
    for area in [
        "/api/activities/home",
        "/api/activities/{uuid}/reply",
        "/readyz",
        "/metrics",
    ] {
        assert!(paths.contains_key(area), "{area} is not described");
    }
    for (path, item) in paths {
        let path = path
            .replace("{uuid}", "11111111-1111-4111-8111-111111111111")
            .replace("{handle}", "unknown");
        for method in item
            .as_object()
            .unwrap()
            .keys()
            .filter(|key| *key != "parameters")
        {
            let method = reqwest::Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
            let answer = crate::support::Answer::of(app.request(method.clone(), &path)).await;
            let codes = answer.body.to_string();
            assert!(
                !codes.contains("route_not_found") && !codes.contains("method_not_allowed"),
                "{method} {path} is described and not served: {codes}"
            );
        }
    }
}

#[tokio::test]
async fn the_openapi_command_prints_the_served_document() {
    let app = TestApp::start().await;
    let output = cruddur(&["openapi"]).output().unwrap();
    let printed: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(printed, app.get("/openapi.json").await.ok());
}

#[tokio::test]
async fn the_documentation_page_loads_nothing_from_other_hosts() {
    let app = TestApp::start().await;
    let page = app.get("/docs").await.ok();
    let page = page.as_str().unwrap();
    let files: Vec<_> = page
        .split('"')
        .filter(|part| part.starts_with("/docs/") || part.starts_with("/assets/"))
        .collect();
    for name in ["/docs/swagger-ui.css", "/docs/swagger-ui-bundle.js"] {
        assert!(files.contains(&name), "{page}");
    }
    for file in files {
        assert_eq!(app.get(file).await.status, 200, "{file}");
    }
    assert!(
        !page.contains("http://") && !page.contains("https://"),
        "{page}"
    );
}

#[tokio::test]
async fn the_document_explains_both_tokens_and_has_the_codes_of_each_operation() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.ok();
    let schemes = &document["components"]["securitySchemes"];
    for (scheme, source) in [("token", "/api/dev/session"), ("admin", "`admin-token`")] {
        let text = schemes[scheme]["description"].as_str().unwrap();
        assert!(text.contains(source), "{text}");
    }
    let create = &document["paths"]["/api/activities"]["post"]["responses"];
    assert_eq!(
        create["422"]["$ref"],
        "#/components/responses/422.message_blank.message_exceed_max_chars.message_invalid.ttl_blank.\
         idempotency_key_reused"
    );
    let read_only = &document["paths"]["/api/users/@{handle}"]["get"];
    assert_eq!(read_only["security"], serde_json::json!([]));
    assert!(read_only["responses"]["401"].is_null());
}

#[tokio::test]
async fn llms_txt_lists_every_operation_of_the_document() {
    let app = TestApp::start().await;
    let text = app.get("/llms.txt").await.ok();
    let text = text.as_str().unwrap();
    assert!(text.starts_with("# Cruddur\n\n> "), "{text}");
    let document = app.get("/openapi.json").await.ok();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            let line = format!("- `{} {path}`: ", method.to_uppercase());
            assert!(text.contains(&line), "{line} in {text}");
        }
    }
}

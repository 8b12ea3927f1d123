//! Every route of `/admin` with every kind of credentials.

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, Answer, Issuer, TestApp, eventually};

/// The method and path of every admin route in the OpenAPI document.
async fn routes(app: &TestApp) -> Vec<(Method, String)> {
    let document = app.get("/openapi.json").await.ok();
    let mut routes = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        if !path.starts_with("/admin") {
            continue;
        }
        let path = path
            .replace("{uuid}", "11111111-1111-4111-8111-111111111111")
            .replace("{pid}", "2147483647")
            .replace("{handle}", "unknown");
        for method in item.as_object().unwrap().keys() {
            if let Ok(method) = method.to_uppercase().parse() {
                routes.push((method, path.clone()));
            }
        }
    }
    assert!(routes.len() >= 12, "{routes:?}");
    routes
}

async fn call(app: &TestApp, method: &Method, path: &str, token: Option<&str>) -> Answer {
    // No operation has this key, so every write refuses the body and changes nothing.
    let request = app
        .request(method.clone(), path)
        .json(&json!({ "nothing of this kind": true }));
    Answer::of(match token {
        Some(token) => request.bearer_auth(token),
        None => request,
    })
    .await
}

#[tokio::test]
async fn every_admin_route_checks_the_role_of_the_client_and_refuses_wrong_tokens() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.push(("ADMIN_TOKEN", ADMIN_TOKEN));
    let app = TestApp::start_with(&settings).await;
    let member_of = |group: &str| {
        let mut claims = issuer.claims("sub-alice");
        claims["cognito:groups"] = json!([group]);
        issuer.sign(&claims)
    };
    let (admin, reader) = (member_of("admin"), member_of("admin-readonly"));
    let user_token = issuer.token("sub-bob");
    let routes = routes(&app).await;
    for (method, path) in &routes {
        let is_read = *method == Method::GET;
        let anonymous = call(&app, method, path, None).await;
        anonymous.problem(401, "generic_401");
        let user = call(&app, method, path, Some(&user_token)).await;
        user.problem(403, "generic_403");
        let answer = call(&app, method, path, Some(&reader)).await;
        match is_read {
            true => assert!(!matches!(answer.status, 401 | 403), "{method} {path}"),
            false => drop(answer.problem(403, "generic_403")),
        }
        for token in [ADMIN_TOKEN, &admin] {
            let answer = call(&app, method, path, Some(token)).await;
            assert!(!matches!(answer.status, 401 | 403 | 405), "{method} {path}");
            assert!(answer.status < 500, "{method} {path}: {}", answer.body);
        }
    }
    for (number, (method, path)) in routes.iter().enumerate() {
        let wrong = call(&app, method, path, Some("wrong")).await;
        match number {
            0..10 => wrong.problem(401, "generic_401"),
            _ => wrong.problem(429, "rate_limited"),
        };
    }
    let failures = "select coalesce(sum(attempts), 0) from admin_audit where who is null";
    let refused = async || app.database.count(failures).await >= routes.len() as i64;
    eventually(refused).await;
    let mut names: Vec<Value> = Vec::new();
    let mut next = Some("/admin/audit?limit=100".to_owned());
    while let Some(path) = next {
        let page = call(&app, &Method::GET, &path, Some(&admin)).await;
        next = page.next();
        let entries = page.ok();
        let entries = entries.as_array().expect("a list");
        names.extend(entries.iter().map(|entry| entry["who"].clone()));
    }
    for who in [json!("token"), json!("cognito:sub-alice"), Value::Null] {
        assert!(names.contains(&who), "{who} is not in the audit");
    }
}

#[tokio::test]
async fn a_user_in_no_admin_group_is_in_the_audit_by_name() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.push(("ADMIN_TOKEN", ADMIN_TOKEN));
    let app = TestApp::start_with(&settings).await;
    let user = app.operator(&issuer.token("sub-bob"));
    let refused = user.post("/admin/database/drop", &json!({})).await;
    refused.problem(403, "generic_403");
    let audit = app.admin().get("/admin/audit").await.ok();
    let attempt = audit
        .as_array()
        .unwrap()
        .iter()
        .find(|entry| entry["path"] == "/admin/database/drop")
        .unwrap();
    assert_eq!(attempt["who"], "cognito:sub-bob");
    assert_eq!(
        (&attempt["status"], &attempt["attempts"]),
        (&json!(403), &json!(1))
    );
}

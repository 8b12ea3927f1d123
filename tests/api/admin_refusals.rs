//! Refused requests of `/admin`: the response, the audit, the log and the metrics have the same status.

use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};

use crate::support::{Answer, TestApp};

/// A request that `/admin` refuses with `status`.
struct Refusal {
    method: Method,
    path: &'static str,
    /// The label in the metrics.
    route: &'static str,
    body: Option<(&'static str, String)>,
    status: u16,
}

impl Refusal {
    fn of(method: Method, path: &'static str, status: u16) -> Self {
        Self {
            method,
            path,
            route: path,
            body: None,
            status,
        }
    }

    fn post(path: &'static str, body: &Value, status: u16) -> Self {
        Self::of(Method::POST, path, status).with_body("application/json", body.to_string())
    }

    fn with_route(self, route: &'static str) -> Self {
        Self { route, ..self }
    }

    fn with_body(self, content_type: &'static str, body: String) -> Self {
        Self {
            body: Some((content_type, body)),
            ..self
        }
    }

    fn request(&self, app: &TestApp, id: &str) -> RequestBuilder {
        let request = app
            .admin()
            .request(self.method.clone(), self.path)
            .header("x-request-id", id);
        match self.body.clone() {
            Some((content_type, body)) => request.header("content-type", content_type).body(body),
            None => request,
        }
    }
}

fn refusals() -> [Refusal; 10] {
    let migrations = "/admin/migrations";
    let nothing = json!({});
    [
        Refusal::post("/admin/security-group/sync", &nothing, 422),
        Refusal::of(Method::GET, "/admin/security-group", 422),
        Refusal::post("/admin/database/drop", &nothing, 409),
        Refusal::post(migrations, &json!({ "dry-run": true }), 400),
        Refusal::of(Method::POST, migrations, 415).with_body("text/plain", "{}".to_owned()),
        Refusal::of(Method::POST, migrations, 413)
            .with_body("application/json", "x".repeat(1_000_000)),
        Refusal::of(Method::PUT, migrations, 405),
        Refusal::of(Method::DELETE, "/admin/activities/7", 400)
            .with_route("/admin/activities/{uuid}"),
        Refusal::of(
            Method::DELETE,
            "/admin/activities/29bf4faf-2a4a-4e3c-a964-e215b7fcc93e",
            404,
        )
        .with_route("/admin/activities/{uuid}"),
        Refusal::of(Method::GET, "/admin/nowhere", 404).with_route("none"),
    ]
}

#[tokio::test]
async fn the_audit_the_log_and_the_metrics_have_the_status_of_a_refused_admin_response() {
    let app = TestApp::start_operated().await;
    app.database
        .execute("update environment set name = 'production'")
        .await;
    let refusals = refusals();
    for (number, refusal) in refusals.iter().enumerate() {
        let request = refusal.request(&app, &format!("refusal-{number}"));
        let answer = Answer::of(request).await;
        assert_eq!(
            (answer.status, &answer.body["status"]),
            (refusal.status, &json!(refusal.status)),
            "{}",
            refusal.path
        );
    }
    let audit = app.admin().get("/admin/audit").await.ok();
    let metrics = app.get("/metrics").await.ok();
    app.terminate();
    let log = app.whole_log();

    let entries = audit.as_array().unwrap().iter().rev();
    let audited: Vec<(&Value, &Value, &Value)> = entries
        .map(|entry| (&entry["method"], &entry["path"], &entry["status"]))
        .collect();
    for (number, refusal) in refusals.iter().enumerate() {
        let (method, status) = (refusal.method.as_str(), json!(refusal.status));
        let expected = (&json!(method), &json!(refusal.path), &status);
        assert_eq!(audited.get(number), Some(&expected), "the audit");

        let logged: Vec<(Value, Value)> = log
            .lines()
            .filter_map(|line| serde_json::from_str::<Value>(line).ok())
            .filter(|line| line["request_id"] == format!("refusal-{number}"))
            .filter(|line| !line["status"].is_null())
            .map(|line| (line["message"].clone(), line["status"].clone()))
            .collect();
        let lines = ["admin call", "answered"].map(|message| (json!(message), status.clone()));
        assert_eq!(logged, lines, "the log of {method} {}", refusal.path);

        let route = refusal.route;
        let series = format!(
            "cruddur_http_requests_total{{method=\"{method}\",route=\"{route}\",status=\"{status}\"}} 1"
        );
        let text = metrics.as_str().unwrap();
        assert!(text.contains(&series), "no {series} in {text}");
    }
}

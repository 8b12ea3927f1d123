//! The metrics answer an operator's questions, and the server keeps an hour of its figures, its jobs and its settings.

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{ADMIN_TOKEN, TestApp, eventually};

/// The sum of the series of this name whose labels contain `labels`; `None` without one.
fn value(text: &str, name: &str, labels: &str) -> Option<f64> {
    let values: Vec<f64> = text
        .lines()
        .filter_map(|line| {
            let rest = line.strip_prefix(name)?;
            let (found, value) = match rest.strip_prefix('{') {
                Some(rest) => rest.split_once("} ")?,
                None => ("", rest.strip_prefix(' ')?),
            };
            // An exemplar may follow.
            let value = value.split(' ').next()?.parse().ok()?;
            found.contains(labels).then_some(value)
        })
        .collect();
    (!values.is_empty()).then(|| values.iter().sum())
}

async fn read(app: &TestApp, name: &str, labels: &str) -> f64 {
    let body = app.get("/metrics").await.body;
    let text = body.as_str().unwrap();
    value(text, name, labels).unwrap_or_else(|| panic!("no {name}{{{labels}}} in {text}"))
}

#[tokio::test]
async fn concurrent_reads_of_home_share_statements_and_the_metrics_say_so() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("hello").await;
    join_all((0..40).map(|_| app.get("/api/activities/home"))).await;
    let requests = read(&app, "cruddur_batch_requests_sum", "batch=\"home\"").await;
    let statements = read(&app, "cruddur_batch_requests_count", "batch=\"home\"").await;
    let from_memory = read(&app, "cruddur_cache_hits_total", "").await;
    let answers = from_memory + requests;
    assert!((answers - 40.0).abs() < 0.5, "{answers} answers");
    assert!(read(&app, "cruddur_cache_size_bytes", "").await > 0.0);
    assert!(
        (1.0..=requests).contains(&statements),
        "{statements} statements"
    );
    let round_trips = "cruddur_database_round_trip_duration_seconds_count";
    assert!(read(&app, round_trips, "pool=\"home\"").await >= statements);
    assert!(read(&app, round_trips, "pool=\"activities\"").await >= 1.0);
    assert!(read(&app, "cruddur_batch_in_flight", "batch=\"home\"").await < 0.5);
    assert!(read(&app, "cruddur_batch_refusals_total", "batch=\"home\"").await < 0.5);
}

#[tokio::test]
async fn each_refusal_is_counted_by_its_reason() {
    let settings = [
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("RATE_LIMIT", "on"),
        ("RATE_LIMIT_READS", "1"),
        ("RATE_LIMIT_READ_BURST", "2"),
    ];
    let app = TestApp::start_with(&settings).await;
    let refused = async || {
        read(
            &app,
            "cruddur_rate_limited_requests_total",
            "limit=\"read\"",
        )
        .await
    };
    assert!(refused().await < 0.5);
    join_all((0..6).map(|_| app.get("/api/activities/home"))).await;
    assert!(refused().await >= 1.0);
    let before = read(&app, "cruddur_sign_in_failures_total", "door=\"admin\"").await;
    app.operator("guess").get("/admin/status").await;
    let after = read(&app, "cruddur_sign_in_failures_total", "door=\"admin\"").await;
    assert!((after - before - 1.0).abs() < 0.5, "{before}, then {after}");
}

#[tokio::test]
async fn an_expired_activity_that_cannot_be_purged_is_a_lag() {
    let app = TestApp::start().await;
    let lag = async || read(&app, "cruddur_purge_lag_seconds", "").await;
    let alice = app.user("alice").await;
    alice.create_activity("hello").await;
    let mut holder = app.database.connect().await;
    let transaction = holder.transaction().await.unwrap();
    // The purge skips the row; a change of its expiry does not wait for this lock.
    let lock = "select from activities for key share";
    transaction.query_one(lock, &[]).await.unwrap();
    let expire = "update activities set expires_at = now() - interval '1 hour'";
    app.database.execute(expire).await;
    eventually(async || lag().await >= 3_600.0).await;
    transaction.rollback().await.unwrap();
    eventually(async || lag().await < 1.0).await;
    eventually(async || read(&app, "cruddur_activities_purged_total", "").await >= 1.0).await;
}

#[tokio::test]
async fn the_schema_and_the_database_have_gauges() {
    let app = TestApp::start().await;
    assert!(read(&app, "cruddur_schema_current", "").await > 0.5);
    assert!(read(&app, "cruddur_migrations_pending", "").await < 0.5);
    let version = format!("version=\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(read(&app, "cruddur_build_info", &version).await > 0.5);
}

#[tokio::test]
async fn every_job_of_the_server_has_a_last_run_and_a_count() {
    let app = TestApp::start_operated().await;
    let jobs = async || app.admin().get("/admin/jobs").await.ok();
    let of = |jobs: &Value, name: &str| {
        let list = jobs.as_array().unwrap().iter();
        list.clone()
            .find(|job| job["name"] == name)
            .cloned()
            .unwrap_or_else(|| panic!("no {name} in {jobs}"))
    };
    eventually(async || {
        let jobs = jobs().await;
        ["purge", "words"]
            .iter()
            .all(|name| !of(&jobs, name)["last_run"].is_null())
    })
    .await;
    let words = of(&jobs().await, "words");
    assert_eq!(words["failures"], 0, "{words}");
    assert_eq!(words["last_run"]["failure"], Value::Null);
    assert!(words["runs"].as_u64().unwrap() > 0, "{words}");
    assert!(read(&app, "cruddur_job_runs_total", "job_name=\"words\"").await >= 1.0);
    let success = "cruddur_job_last_success_timestamp_seconds";
    assert!(read(&app, success, "job_name=\"words\"").await > 1e9);
}

#[tokio::test]
async fn the_server_keeps_figures_of_the_time_before_an_operator_looks() {
    let app = TestApp::start_operated().await;
    for _ in 0..5 {
        app.get("/api/activities/home").await.ok();
    }
    let history = async || app.admin().get("/admin/history").await.ok();
    eventually(async || {
        let samples = history().await;
        let samples = samples.as_array().unwrap().clone();
        samples.iter().any(|sample| {
            let number = |name: &str| sample[name].as_f64();
            number("requests").is_some_and(|rate| rate > 0.0)
                && number("p50") <= number("p95")
                && number("p95") <= number("max")
                && number("connections_open") >= number("connections_in_use")
        })
    })
    .await;
}

#[tokio::test]
async fn operators_see_the_settings_in_force_with_their_source_and_no_secret() {
    let app = TestApp::start_operated().await;
    let settings = app.admin().get("/admin/settings").await.ok();
    let of = |name: &str| {
        let list = settings.as_array().unwrap().iter();
        let found = list.clone().find(|setting| setting["name"] == name);
        found.cloned().unwrap_or_else(|| panic!("no {name}"))
    };
    let limit = of("RATE_LIMIT");
    assert_eq!(limit["value"], "off");
    assert_eq!(limit["source"], "environment");
    assert_eq!(of("LOG_FORMAT")["secret"], false);
    for name in ["ADMIN_TOKEN", "CONNECTION_URL"] {
        let secret = of(name);
        assert_eq!(secret["value"], Value::Null);
        assert_eq!(secret["secret"], true);
        assert_eq!(secret["source"], "environment");
    }
    let text = settings.to_string();
    assert!(!text.contains(ADMIN_TOKEN), "{text}");
}

#[tokio::test]
async fn the_audit_is_filtered_by_administrator_method_path_and_outcome() {
    let app = TestApp::start_operated().await;
    app.admin().get("/admin/status").await.ok();
    app.admin().get("/admin/nowhere").await;
    app.admin()
        .post("/admin/migrations", &json!({"dry_run": true}))
        .await
        .ok();
    let written = "select count(*) from admin_audit";
    eventually(async || app.database.count(written).await >= 3).await;
    let listed = async |query: &str| {
        let path = format!("/admin/audit?{query}");
        let list = app.admin().get(&path).await.ok();
        let requests = list.as_array().unwrap().iter().map(|entry| {
            let text = |name: &str| entry[name].as_str().unwrap().to_owned();
            format!("{} {}", text("method"), text("path"))
        });
        let mut requests: Vec<String> = requests.filter(|it| !it.contains("audit")).collect();
        requests.sort();
        requests
    };
    assert_eq!(listed("method=POST").await, ["POST /admin/migrations"]);
    assert_eq!(listed("outcome=failed").await, ["GET /admin/nowhere"]);
    assert_eq!(listed("path=/admin/st").await, ["GET /admin/status"]);
    assert_eq!(
        listed("who=token&method=GET&outcome=succeeded").await,
        ["GET /admin/status"]
    );
    assert_eq!(listed("who=cognito:unknown").await, [""; 0]);
    let refused = app.admin().get("/admin/audit?outcome=maybe").await;
    refused.problem(400, "malformed_query");
    let refused = app.admin().get("/admin/audit?who=%00").await;
    refused.problem(400, "malformed_query");
    let first = app.admin().get("/admin/audit?who=token&limit=1").await;
    let next = first.next().unwrap();
    assert!(next.contains("who=token"), "{next}");
}

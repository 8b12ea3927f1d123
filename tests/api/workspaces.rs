//! A server in a cloud workspace: pages of the workspace's forwarded ports may use it, and act as no user unless
//! `DEV_USER_HANDLE` is set.

use reqwest::Method;
use rstest::rstest;
use serde_json::json;

use crate::support::{Answer, TestApp};

const GITPOD: (&str, &str) = (
    "GITPOD_WORKSPACE_URL",
    "https://me-cruddur-1a2b.ws-eu1.gitpod.io",
);

#[rstest]
#[case::gitpod(GITPOD, "https://3000-me-cruddur-1a2b.ws-eu1.gitpod.io")]
#[case::codespaces(("CODESPACE_NAME", "fluffy-disco-x7"), "https://fluffy-disco-x7-3000.app.github.dev")]
#[case::ona(("GITPOD_ENVIRONMENT_ID", "019ad5fc-0eb7"), "https://3000--019ad5fc-0eb7.eu01.gitpod.dev")]
#[tokio::test]
async fn a_page_of_a_forwarded_port_may_use_the_server(
    #[case] setting: (&str, &str),
    #[case] origin: &str,
) {
    let app = TestApp::start_with(&[setting]).await;
    for port in ["3000", "4567"] {
        let origin = origin.replace("3000", port);
        let preflight = app
            .request(Method::OPTIONS, "/api/activities")
            .header("Origin", &origin)
            .header("Access-Control-Request-Method", "POST")
            .header(
                "Access-Control-Request-Headers",
                "authorization,content-type",
            );
        let answer = Answer::of(preflight).await;
        assert_eq!(answer.status, 200, "{origin}");
        assert_eq!(
            answer.header("access-control-allow-origin"),
            Some(origin.as_str())
        );
    }
    for foreign in [
        origin.replace("3000", "8080"),
        "https://3000-you.ws-eu1.gitpod.io".to_owned(),
        "https://other-3000.app.github.dev".to_owned(),
        "https://3000--other.eu01.gitpod.dev".to_owned(),
    ] {
        let preflight = app
            .request(Method::OPTIONS, "/api/activities")
            .header("Origin", &foreign)
            .header("Access-Control-Request-Method", "POST");
        let answer = Answer::of(preflight).await;
        assert_eq!(
            answer.header("access-control-allow-origin"),
            None,
            "{foreign}"
        );
    }
}

/// A write as the proxy of a workspace forwards it.
fn forwarded(app: &TestApp, headers: &[(&str, &str)]) -> reqwest::RequestBuilder {
    let write = app.request(Method::POST, "/api/activities").json(&json!({
        "message": "hello",
        "ttl": "1-day"
    }));
    headers
        .iter()
        .fold(write, |write, (name, value)| write.header(*name, *value))
}

const ORIGIN: (&str, &str) = ("Origin", "https://3000-me-cruddur-1a2b.ws-eu1.gitpod.io");

#[rstest]
#[case::with_its_own_host(&[ORIGIN, ("Host", "4567-me-cruddur-1a2b.ws-eu1.gitpod.io")])]
#[case::with_forwarding_headers(&[ORIGIN, ("X-Forwarded-For", "8.8.4.4")])]
#[case::with_localhost_as_host_and_no_header_of_a_proxy(&[ORIGIN])]
#[tokio::test]
async fn a_request_through_a_forwarded_port_acts_as_a_user_only_by_setting(
    #[case] headers: &[(&str, &str)],
) {
    let app = TestApp::start_with(&[GITPOD]).await;
    app.insert_user("andrewbrown").await;
    let write = Answer::of(forwarded(&app, headers)).await;
    assert_eq!(write.status, 401, "{}", write.body);
    let session = app
        .request(Method::POST, "/api/dev/session")
        .json(&json!({ "handle": "andrewbrown" }));
    let session = headers.iter().fold(session, |request, (name, value)| {
        request.header(*name, *value)
    });
    assert_ne!(Answer::of(session).await.status, 200);
    // Requests of the workspace itself, such as those of curl, act as before.
    let own = Answer::of(forwarded(&app, &[])).await;
    assert_eq!(own.status, 200, "{}", own.body);

    let settings = [GITPOD, ("DEV_USER_HANDLE", "andrewbrown")];
    let app = TestApp::launch(crate::support::Database::migrated().await, &settings, &[]);
    let log = app.log_until("\"schema\":\"current\"");
    assert!(
        log.contains("DEVELOPMENT IDENTITY BEHIND FORWARDED PORTS"),
        "{log}"
    );
    app.insert_user("andrewbrown").await;
    let write = Answer::of(forwarded(&app, headers)).await;
    assert_eq!(write.status, 200, "{}", write.body);
}

#[tokio::test]
async fn the_metrics_are_not_public_behind_a_forwarded_port() {
    let app = TestApp::start_with(&[GITPOD]).await;
    let request = app
        .request(Method::GET, "/metrics")
        .header(ORIGIN.0, ORIGIN.1);
    assert_eq!(Answer::of(request).await.status, 403);
}

//! Rate limits: of reads by client address, of writes by user, and the headers that describe them.

use futures_util::stream::FuturesUnordered;
use futures_util::{StreamExt, stream};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User};

const ON: (&str, &str) = ("RATE_LIMIT", "on");

/// Rates so low that no bucket is refilled during a test.
fn slow(burst: &str) -> [(&str, &str); 5] {
    [
        ON,
        ("RATE_LIMIT_READS", "1"),
        ("RATE_LIMIT_READ_BURST", burst),
        ("RATE_LIMIT_WRITES", "1"),
        ("RATE_LIMIT_WRITE_BURST", burst),
    ]
}

async fn post(user: &User<'_>) -> Answer {
    user.post(
        "/api/activities",
        &json!({ "message": "hello", "ttl": "1-hour" }),
    )
    .await
}

#[tokio::test]
async fn a_response_states_the_rate_limit_and_what_is_left_of_it() {
    let app = TestApp::start_with(&[ON]).await;
    let read = app.get("/api/activities/home").await;
    assert_eq!(read.header("ratelimit-policy"), Some("\"read\";q=500;w=5"));
    assert_eq!(read.header("ratelimit"), Some("\"read\";r=499"));
    assert_eq!(read.header("retry-after"), None);
    let written = post(&app.user("alice").await).await;
    assert_eq!(
        written.header("ratelimit-policy"),
        Some("\"write\";q=60;w=6")
    );
    assert_eq!(written.header("ratelimit"), Some("\"write\";r=59"));
}

#[tokio::test]
async fn a_client_that_reads_too_often_gets_429_with_retry_after() {
    let app = TestApp::start_with(&slow("600")).await;
    let reads = stream::iter((0..700).map(|_| app.get("/api/config")))
        .buffer_unordered(64)
        .collect::<Vec<_>>()
        .await;
    let refused: Vec<&Answer> = reads.iter().filter(|answer| answer.status == 429).collect();
    // On a slow machine the test takes seconds, in each of which one more request is allowed.
    assert!((60..=100).contains(&refused.len()), "{}", refused.len());
    refused[0].refused(429, "rate_limited");
    assert_eq!(refused[0].header("retry-after"), Some("1"));
    assert_eq!(refused[0].header("ratelimit"), Some("\"read\";r=0;t=1"));
    assert_eq!(refused[0].header("cache-control"), Some("no-store"));

    let problem = app
        .request(Method::GET, "/api/config")
        .header("Accept", "application/problem+json");
    let (problem, other) = tokio::join!(Answer::of(problem), app.get("/api/nowhere"));
    let refused = [problem, other]
        .into_iter()
        .filter(|answer| answer.status == 429);
    for answer in refused {
        let code = answer.body.get("code").or(answer.body.get(0));
        assert_eq!(code, Some(&Value::from("rate_limited")));
    }
    for path in ["/livez", "/readyz", "/metrics", "/api/health-check"] {
        let answer = app.get(path).await;
        assert_eq!(
            (answer.status, answer.header("ratelimit")),
            (200, None),
            "{path}"
        );
    }
}

#[tokio::test]
async fn writes_are_limited_by_user_and_without_a_valid_token_by_address() {
    let app = TestApp::start_with(&slow("30")).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut refused = 0;
    for _ in 0..60 {
        refused += u8::from(post(&alice).await.status == 429);
    }
    assert!((1..=30).contains(&refused), "{refused}");
    let rows = app.database.count("select count(*) from activities").await;
    assert_eq!(
        rows,
        60 - i64::from(refused),
        "a refused request writes nothing"
    );
    assert_eq!(post(&bob).await.header("ratelimit"), Some("\"write\";r=29"));

    // Requests with invalid tokens share the bucket of their address.
    let made_up = |token: &'static str| {
        let request = app
            .request(Method::POST, "/api/activities")
            .bearer_auth(token);
        Answer::of(request.json(&json!({})))
    };
    let (one, other) = tokio::join!(made_up("one"), made_up("other"));
    assert_eq!((one.status, other.status), (401, 401));
    assert_ne!(one.header("ratelimit"), other.header("ratelimit"));
}

#[tokio::test]
async fn rate_limits_use_a_forwarded_address_only_from_a_trusted_proxy() {
    let settings = slow("50");
    let send = async |app: &TestApp, address: &str| {
        let request = app
            .request(Method::GET, "/api/config")
            .header("X-Forwarded-For", format!("203.0.113.1, {address}"));
        Answer::of(request)
            .await
            .header("ratelimit")
            .map(str::to_owned)
    };
    let share_a_bucket = async |app: &TestApp, one: &str, other: &str| {
        let (one, other) = tokio::join!(send(app, one), send(app, other));
        one != other
    };

    let app = TestApp::start_with(&settings).await;
    assert!(share_a_bucket(&app, "192.0.2.1", "192.0.2.2").await);

    let trusting = [&settings[..], &[("TRUSTED_PROXIES", "127.0.0.0/8")]].concat();
    let app = TestApp::start_with(&trusting).await;
    assert!(!share_a_bucket(&app, "192.0.2.1", "192.0.2.2").await);
    assert!(share_a_bucket(&app, "192.0.2.3", "192.0.2.3").await);
}

#[tokio::test]
async fn a_page_of_another_origin_can_read_429_and_a_preflight_is_not_counted() {
    let app = TestApp::start_with(&slow("1")).await;
    let origin = "http://localhost:3000";
    let send = async |method: Method| {
        let request = app
            .request(method, "/api/config")
            .header("Origin", origin)
            .header("Access-Control-Request-Method", "GET");
        Answer::of(request).await
    };
    for _ in 0..5 {
        assert_eq!(send(Method::OPTIONS).await.status, 200);
    }
    let both = tokio::join!(send(Method::GET), send(Method::GET));
    let refused = if both.0.status == 429 { both.0 } else { both.1 };
    refused.refused(429, "rate_limited");
    assert_eq!(refused.header("access-control-allow-origin"), Some(origin));
    let exposed = refused
        .header("access-control-expose-headers")
        .unwrap()
        .to_lowercase();
    for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
        assert!(exposed.contains(name), "{name} in {exposed}");
    }
}

#[tokio::test]
async fn with_rate_limits_off_responses_have_no_rate_limit_header() {
    let app = TestApp::start().await;
    assert_eq!(app.get("/api/config").await.header("ratelimit"), None);
}

#[tokio::test]
async fn a_network_with_eight_searches_in_progress_gets_429_and_other_networks_are_served() {
    let app = TestApp::start_with(&[ON, ("TRUSTED_PROXIES", "127.0.0.1")]).await;
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    let lock = "lock table search_tail in access exclusive mode";
    locking.batch_execute(lock).await.unwrap();
    let search = async |network: &str| {
        let request = app.request(Method::GET, "/api/activities/search?term=a");
        let response = request.header("X-Forwarded-For", network).send().await;
        let response = response.unwrap();
        let retry_after = response.headers().get("Retry-After").cloned();
        (response.status().as_u16(), retry_after)
    };
    let mut searches: FuturesUnordered<_> = (0..9).map(|_| search("192.0.2.1")).collect();
    let (status, retry_after) = searches.next().await.unwrap();
    assert_eq!((status, retry_after.unwrap().as_bytes()), (429, &b"1"[..]));
    locking.rollback().await.unwrap();
    assert_eq!(search("192.0.2.2").await.0, 200);
    let others: Vec<u16> = searches.map(|(status, _)| status).collect().await;
    assert!(!others.contains(&429), "{others:?}");
}

//! The pages of what does not exist, and of what has gone.

use reqwest::header::{ACCEPT, LOCATION};
use reqwest::redirect::Policy;
use reqwest::{Client, Method};
use serde_json::Value;

use crate::support::{Answer, TestApp, id};

const BROWSER: &str = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
const UNKNOWN: &str = "29bf4faf-2a4a-4e3c-a964-e215b7fcc93e";

/// The answer to a browser that opens the address.
async fn open(app: &TestApp, path: &str) -> Answer {
    Answer::of(app.request(Method::GET, path).header(ACCEPT, BROWSER)).await
}

/// Asserts that the answer is a page of the client with this status and heading.
#[track_caller]
fn assert_page(answer: &Answer, status: u16, heading: &str) {
    assert_eq!(answer.status, status, "{}", answer.body);
    assert_eq!(
        answer.header("content-type"),
        Some("text/html; charset=utf-8")
    );
    let policy = answer.header("content-security-policy");
    assert!(policy.is_some_and(|policy| policy.contains("script-src 'self'")));
    assert_eq!(answer.header("x-robots-tag"), Some("noindex"));
    assert_eq!(answer.header("etag"), None);
    let html = answer.body.as_str().expect("a text");
    for text in [
        format!("<title>{heading} · Cruddur</title>"),
        format!("<h1>{heading}</h1>"),
        format!("data-status=\"{status}\""),
        "/client/main.js".to_owned(),
    ] {
        assert!(html.contains(&text), "no {text} in {html}");
    }
    assert!(!html.contains("rel=\"canonical\""), "{html}");
}

#[tokio::test]
async fn an_unknown_address_is_a_page_for_a_browser_and_a_code_for_other_clients() {
    let app = TestApp::start().await;
    let threads = format!("/@alice/status/{}", "-".repeat(36));
    for path in [
        "/unknown",
        "/@",
        "/@alice/photos",
        "/messages/7",
        "/console/nothing",
        &threads,
    ] {
        assert_page(&open(&app, path).await, 404, "There is nothing here");
    }
    let vary = open(&app, "/unknown").await;
    let vary: Vec<_> = vary.headers.get_all("vary").iter().collect();
    assert!(vary.iter().any(|value| *value == "Accept"), "{vary:?}");
    for path in ["/unknown", "/@alice/photos"] {
        for accept in ["application/json", "*/*", "text/html;q=0, */*"] {
            let request = app.request(Method::GET, path).header(ACCEPT, accept);
            Answer::of(request).await.refused(404, "route_not_found");
        }
        app.get(path).await.refused(404, "route_not_found");
    }
    let accept = "application/problem+json";
    let request = app.request(Method::GET, "/unknown").header(ACCEPT, accept);
    assert_eq!(Answer::of(request).await.body["code"], "route_not_found");
}

#[tokio::test]
async fn an_unknown_address_of_the_api_is_a_code_for_a_browser_too() {
    let app = TestApp::start().await;
    let answer = open(&app, "/api/unknown").await;
    answer.refused(404, "route_not_found");
}

#[tokio::test]
async fn the_page_of_an_unknown_user_is_404() {
    let app = TestApp::start().await;
    let page = open(&app, "/@stranger").await;
    assert_page(&page, 404, "There is no such user");
    app.insert_user("stranger").await;
    open(&app, "/@stranger").await.ok();
}

#[tokio::test]
async fn the_page_of_an_expired_a_deleted_and_an_unknown_crud_is_410() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let heading = "It had its time";
    let path = |activity: &Value| format!("/@alice/status/{}", id(activity));

    let expired = alice.create_activity("soon over").await;
    open(&app, &path(&expired)).await.ok();
    let expire = format!(
        "update activities set created_at = created_at - (expires_at - now()), expires_at = now()
         where uuid = '{}'",
        id(&expired)
    );
    app.database.execute(&expire).await;
    assert_page(&open(&app, &path(&expired)).await, 410, heading);

    let deleted = alice.create_activity("taken back").await;
    let reply = alice.reply(&deleted, "below it").await;
    let api = format!("/api/activities/{}", id(&deleted));
    alice.delete(&api).await.ok();
    assert_page(&open(&app, &path(&deleted)).await, 410, heading);
    assert_page(&open(&app, &path(&reply)).await, 410, heading);

    let unknown = format!("/@alice/status/{UNKNOWN}");
    assert_page(&open(&app, &unknown).await, 410, heading);
    // The API has one status for all of them.
    let api = format!("/api/activities/{UNKNOWN}");
    app.get(&api).await.refused(404, "activity_not_found");
}

#[tokio::test]
async fn a_thread_below_another_users_name_redirects_to_its_author() {
    let app = TestApp::start().await;
    let alice = app.user("Alice").await;
    app.insert_user("bob").await;
    let crud = alice.create_activity("mine").await;
    let client = Client::builder().no_proxy().redirect(Policy::none());
    let client = client.build().unwrap();
    let open = |handle: &str| {
        let path = format!("/@{handle}/status/{}", id(&crud));
        client.get(app.url(&path)).send()
    };
    for handle in ["bob", "nonexistent", "_"] {
        let answer = open(handle).await.unwrap();
        assert_eq!(answer.status(), 308, "{handle}");
        let location = format!("/@Alice/status/{}", id(&crud));
        assert_eq!(answer.headers()[LOCATION], location);
        assert_eq!(answer.headers()["cache-control"], "public, no-cache");
    }
    assert_eq!(open("aLICE").await.unwrap().status(), 200);
}

//! Home, users' pages, threads, and writing and deleting.

use serde_json::json;

use crate::support::TestApp;

#[tokio::test]
async fn a_reply_appears_under_its_parent() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let bob = app.user("bob").await;
    let post = alice.create_activity("hello").await;
    let reply = bob.reply(&post, "hello yourself").await;

    let home = app.get("/api/activities/home").await.ok();
    assert_eq!(home.as_array().unwrap().len(), 1);
    assert_eq!(home[0]["replies_count"], 1);
    assert_eq!(home[0]["replies"], json!([reply]));
}

//! When the copies of reports are removed, and what stays.

use serde_json::{Value, json};

use super::{look, report};
use crate::support::{ADMIN_TOKEN, TestApp, eventually, id};

#[tokio::test]
async fn the_copies_and_the_note_of_a_report_are_removed_after_90_days() {
    let app = TestApp::start_operated().await;
    let _second = TestApp::start_second(&app, &[("ADMIN_TOKEN", ADMIN_TOKEN)]).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    let reply = alice.reply(&post, "a reply").await;
    let (old, newer) = (
        report(&bob, id(&reply)).await.ok(),
        report(&alice, id(&reply)).await.ok(),
    );
    for (report, days) in [(&newer, 89), (&old, 91)] {
        let sql = format!(
            "update reports set created_at = now() - interval '{days} days' where uuid = '{}'",
            id(report)
        );
        app.database.execute(&sql).await;
    }
    eventually(async || look(&app, &old).await["copies"].is_null()).await;
    let seen = look(&app, &old).await;
    assert_eq!(
        (&seen["status"], &seen["reason"], &seen["note"]),
        (&json!("open"), &json!("abuse"), &Value::Null)
    );
    assert!(seen["copy_removed_at"].is_string());
    assert_eq!(seen["reporter"]["handle"], "bob");

    let seen = look(&app, &newer).await;
    assert_eq!(seen["copies"]["activity"]["message"], "a reply");
    assert_eq!(seen["copies"]["parent"]["message"], "a post");
    assert_eq!(seen["note"], "Look at this.");
    let copies = "select count(*) from report_copies";
    assert_eq!(app.database.count(copies).await, 2);
}

#[tokio::test]
async fn a_report_that_is_closed_as_unfounded_loses_its_copies_at_once() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("a post").await;
    let reply = alice.reply(&post, "a reply").await;
    let (unfounded, actioned) = (
        report(&bob, id(&reply)).await.ok(),
        report(&alice, id(&reply)).await.ok(),
    );
    for (report, reason) in [(&unfounded, "unfounded"), (&actioned, "actioned")] {
        let path = format!("/admin/reports/{}/close", id(report));
        let body = json!({ "reason": reason, "note": "Decided." });
        let closed = app.admin().post(&path, &body).await.ok();
        assert_eq!(
            (&closed["status"], &closed["closing_reason"]),
            (&json!("closed"), &json!(reason))
        );
    }
    let seen = look(&app, &unfounded).await;
    assert_eq!(
        (&seen["copies"], &seen["note"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(seen["copy_removed_at"], seen["closed_at"]);
    assert_eq!(seen["closing_note"], "Decided.");
    let seen = look(&app, &actioned).await;
    assert_eq!(seen["copies"]["parent"]["message"], "a post");
    assert_eq!(seen["note"], "Look at this.");
    let copies = "select count(*) from report_copies";
    assert_eq!(app.database.count(copies).await, 2);
}

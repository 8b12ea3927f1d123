//! Reports of activities by users. `evidence` tests for how long an activity can be reported and what its copies are,
//! `operators` what operators see and decide, `retention` when the copies go.

mod evidence;
mod operators;
mod retention;

use futures_util::future::join_all;
use reqwest::Method;
use rstest::rstest;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, User, id};

/// The path of the reports of an activity.
fn path(activity: &str) -> String {
    format!("/api/activities/{activity}/report")
}

/// Reports the activity as abuse.
async fn report(user: &User<'_>, activity: &str) -> Answer {
    user.post(
        &path(activity),
        &json!({ "reason": "abuse", "note": "Look at this." }),
    )
    .await
}

/// Looks at a report as an operator.
async fn look(app: &TestApp, report: &Value) -> Value {
    let path = format!("/admin/reports/{}", id(report));
    app.admin().get(&path).await.ok()
}

#[tokio::test]
async fn a_report_keeps_the_activity_its_author_and_its_parent_as_they_were() {
    let app = TestApp::start_operated().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let post = alice.create_activity("Who has the ladder?").await;
    let reply = bob.reply(&post, "I will not say, you fool.").await;
    let answer = report(&carol, id(&reply)).await.ok();
    assert_eq!(answer, json!({ "uuid": answer["uuid"] }));

    let renamed = json!({ "display_name": "Robert", "bio": "" });
    bob.post("/api/profile/update", &renamed).await.ok();
    let seen = look(&app, &answer).await;
    assert_eq!(seen["is_live"], true);
    alice
        .delete(&format!("/api/activities/{}", id(&post)))
        .await
        .ok();

    let seen = look(&app, &answer).await;
    let user_uuid = async |handle: &str| {
        let path = format!("/api/users/@{handle}/short");
        app.get(&path).await.ok()["uuid"].clone()
    };
    assert_eq!(
        seen,
        json!({
            "uuid": answer["uuid"],
            "activity_uuid": reply["uuid"],
            "reason": "abuse",
            "status": "open",
            "created_at": seen["created_at"],
            "closed_at": null,
            "closing_reason": null,
            "copy_removed_at": null,
            "is_live": false,
            "reporter": {
                "uuid": user_uuid("carol").await, "handle": "carol", "display_name": "Carol"
            },
            "note": "Look at this.",
            "closing_note": null,
            "copies": {
                "activity": {
                    "uuid": reply["uuid"],
                    "user_uuid": user_uuid("bob").await,
                    "handle": "bob",
                    "display_name": "Bob",
                    "message": "I will not say, you fool.",
                    "reply_to_activity_uuid": post["uuid"],
                    "expires_at": reply["expires_at"],
                    "created_at": reply["created_at"],
                    "gone_at": null,
                },
                "parent": {
                    "uuid": post["uuid"],
                    "user_uuid": user_uuid("alice").await,
                    "handle": "alice",
                    "display_name": "Alice",
                    "message": "Who has the ladder?",
                    "reply_to_activity_uuid": null,
                    "expires_at": post["expires_at"],
                    "created_at": post["created_at"],
                    "gone_at": null,
                },
            },
        })
    );
}

#[tokio::test]
async fn a_user_reports_an_activity_once_also_on_two_servers_at_the_same_time() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let (bob, bob_on_second) = (app.user("bob").await, second.sign_in("bob").await);
    let post = alice.create_activity("hello").await;
    let answers = join_all((0..16).map(|number| {
        let user = if number % 2 == 0 {
            &bob
        } else {
            &bob_on_second
        };
        report(user, id(&post))
    }))
    .await;
    let first = answers[0].body.clone();
    for answer in answers {
        assert_eq!(answer.ok(), first);
    }
    for rows in ["reports", "report_copies"] {
        let count = format!("select count(*) from {rows}");
        assert_eq!(app.database.count(&count).await, 1, "{rows}");
    }

    // Another reason changes nothing, and another user's report is another report.
    let again = json!({ "reason": "spam", "note": "Once more." });
    assert_eq!(bob.post(&path(id(&post)), &again).await.ok(), first);
    let unchanged =
        "select count(*) from reports where reason = 'abuse' and note = 'Look at this.'";
    assert_eq!(app.database.count(unchanged).await, 1);
    assert_ne!(report(&alice, id(&post)).await.ok(), first);
}

#[rstest]
#[case::nothing(json!({}), "report_reason_unknown")]
#[case::null(json!({ "reason": null }), "report_reason_unknown")]
#[case::another_type(json!({ "reason": 7 }), "report_reason_unknown")]
#[case::another_reason(json!({ "reason": "Spam" }), "report_reason_unknown")]
#[case::reason_before_note(json!({ "reason": "", "note": "\0" }), "report_reason_unknown")]
#[case::nul(json!({ "reason": "spam", "note": "a\0b" }), "report_note_invalid")]
#[case::too_long(
    json!({ "reason": "spam", "note": "🦀".repeat(1001) }),
    "report_note_exceed_max_chars"
)]
#[tokio::test]
async fn an_invalid_report_is_refused_with_one_code(#[case] body: Value, #[case] code: &str) {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    alice.post(&path(id(&post)), &body).await.refused(422, code);
    let reports = "select count(*) from reports";
    assert_eq!(app.database.count(reports).await, 0);
}

#[tokio::test]
async fn each_reason_is_accepted_with_the_longest_note_and_without_one() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let longest = "🦀".repeat(1000);
    for (reason, note, stored) in [
        ("spam", json!(longest), json!(longest)),
        ("abuse", json!(""), Value::Null),
        ("illegal", Value::Null, Value::Null),
        ("other", json!(7), Value::Null),
    ] {
        let post = alice.create_activity(reason).await;
        let body = json!({ "reason": reason, "note": note });
        let answer = alice.post(&path(id(&post)), &body).await.ok();
        let seen = look(&app, &answer).await;
        assert_eq!((&seen["reason"], &seen["note"]), (&json!(reason), &stored));
        assert_eq!(seen["copies"]["parent"], Value::Null);
    }
    let post = alice.create_activity("no note").await;
    let body = json!({ "reason": "other" });
    alice.post(&path(id(&post)), &body).await.ok();
    let config = app.get("/api/config").await.ok();
    assert_eq!(config["limits"]["report_note_max_chars"], 1000);
}

#[tokio::test]
async fn a_report_needs_a_user_and_an_activity_that_exists() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let unknown = "11111111-1111-4111-8111-111111111111";
    let refused = report(&alice, unknown).await;
    refused.refused(404, "activity_not_found");
    report(&alice, "7").await.refused(400, "malformed_uuid");
    let request = app.request(Method::POST, &path(id(&post)));
    let anonymous = Answer::of(request.bearer_auth("wrong").json(&json!({}))).await;
    anonymous.refused(401, "generic_401");
    let read = alice.get(&path(id(&post))).await;
    read.refused(405, "method_not_allowed");
}

#[tokio::test]
async fn a_suspended_user_cannot_report_and_the_activities_of_one_can_be_reported() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let hide = async |handle: &str, reason: &str| {
        let sql = format!(
            "insert into hidden_users (user_uuid, reason)
             select uuid, '{reason}' from users where handle = '{handle}'
             on conflict (user_uuid) do update set reason = excluded.reason"
        );
        app.database.execute(&sql).await;
    };
    hide("bob", "suspended").await;
    report(&bob, id(&post)).await.refused(403, "suspended");
    hide("bob", "deleted").await;
    let refused = report(&bob, id(&post)).await;
    refused.refused(403, "cognito_user_id_blank");

    app.database.execute("delete from hidden_users").await;
    hide("alice", "suspended").await;
    let answer = report(&bob, id(&post)).await.ok();
    let seen = look(&app, &answer).await;
    assert_eq!(seen["is_live"], false);
    assert_eq!(seen["copies"]["activity"]["message"], "hello");
    assert_eq!(seen["copies"]["activity"]["gone_at"], Value::Null);
}

#[tokio::test]
async fn a_user_makes_fifty_reports_in_a_day_until_one_of_them_is_closed() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    app.database
        .execute(
            "insert into reports (reporter_uuid, activity_uuid, reason, created_at)
             select users.uuid, gen_random_uuid(), 'spam', now() - n * interval '20 minutes'
             from users, generate_series(1, 49) as n",
        )
        .await;
    let (fiftieth, next) = (
        alice.create_activity("the fiftieth").await,
        alice.create_activity("the next").await,
    );
    let answer = report(&alice, id(&fiftieth)).await.ok();
    let refused = report(&alice, id(&next)).await;
    refused.refused(429, "rate_limited");
    // The first of the fifty is 16 hours and 20 minutes old.
    let seconds: u64 = refused.header("retry-after").unwrap().parse().unwrap();
    assert!((27_000..=27_600).contains(&seconds), "{seconds}");
    assert_eq!(report(&alice, id(&fiftieth)).await.ok(), answer);
    let bob = app.user("bob").await;
    report(&bob, id(&next)).await.ok();

    let close = format!("/admin/reports/{}/close", id(&answer));
    let body = json!({ "reason": "no_action" });
    app.admin().post(&close, &body).await.ok();
    report(&alice, id(&next)).await.ok();
    let third = alice.create_activity("the one after").await;
    report(&alice, id(&third))
        .await
        .refused(429, "rate_limited");
    app.database
        .execute("update reports set created_at = created_at - interval '8 hours'")
        .await;
    report(&alice, id(&third)).await.ok();
}

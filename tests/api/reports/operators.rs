//! Operators list reports, look at them and close them, by route and by command; the audit has every look.

use reqwest::Method;
use serde_json::{Value, json};

use super::{look, path, report};
use crate::support::{ADMIN_TOKEN, Answer, Issuer, TestApp, eventually, id};

const NO_REPORT: &str = "11111111-1111-4111-8111-111111111111";

/// The calls that the audit has of this path, as their operators and statuses, in the order of time.
async fn audited(app: &TestApp, path: &str) -> Vec<(String, i32)> {
    let client = app.database.connect().await;
    let sql = "select who, status from admin_audit where path = $1 order by created_at";
    let rows = client.query(sql, &[&path]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

fn uuids(list: &Value) -> Vec<&str> {
    list.as_array().unwrap().iter().map(id).collect()
}

#[tokio::test]
async fn the_list_of_reports_is_paged_and_filtered_and_has_nothing_that_people_wrote() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut made = Vec::new();
    for number in 0..5 {
        let post = alice.create_activity(&format!("marmalade {number}")).await;
        made.insert(0, report(&bob, id(&post)).await.ok());
    }
    let close = format!("/admin/reports/{}/close", id(&made[1]));
    let body = json!({ "reason": "actioned", "note": "Removed." });
    app.admin().post(&close, &body).await.ok();
    let all: Vec<&str> = made.iter().map(id).collect();

    let list = app.admin().get("/admin/reports").await.ok();
    assert_eq!(uuids(&list), all);
    let keys: Vec<&String> = list[0].as_object().unwrap().keys().collect();
    let expected = [
        "activity_uuid",
        "closed_at",
        "closing_reason",
        "copy_removed_at",
        "created_at",
        "reason",
        "status",
        "uuid",
    ];
    assert_eq!(keys.len(), expected.len(), "{keys:?}");
    assert!(
        expected.iter().all(|key| list[0].get(key).is_some()),
        "{keys:?}"
    );
    for word in ["marmalade", "Look at this", "alice", "bob", "Removed"] {
        assert!(!list.to_string().contains(word), "{word}");
    }

    let closed = app.admin().get("/admin/reports?status=closed").await.ok();
    assert_eq!(uuids(&closed), [all[1]]);
    let mut paged = Vec::new();
    let mut next = Some("/admin/reports?status=open&limit=3".to_owned());
    while let Some(path) = next {
        let page = app.admin().get(&path).await;
        next = page.next();
        paged.extend(uuids(&page.ok()).into_iter().map(str::to_owned));
    }
    assert_eq!(paged, [all[0], all[2], all[3], all[4]]);
    let refused = app.admin().get("/admin/reports?status=lost").await;
    let detail = refused.problem(400, "malformed_query");
    assert_eq!(detail, "the states are: open, closed");
}

#[tokio::test]
async fn a_report_is_closed_once() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let reported = report(&alice, id(&post)).await.ok();
    let close = format!("/admin/reports/{}/close", id(&reported));
    let send = async |body: Value| app.admin().post(&close, &body).await;

    for (body, status, code) in [
        (json!({}), 422, "report_reason_unknown"),
        (json!({ "reason": "spam" }), 422, "report_reason_unknown"),
        (
            json!({ "reason": "actioned", "note": "\0" }),
            422,
            "report_note_invalid",
        ),
        (
            json!({ "reason": "actioned", "note": "x".repeat(1001) }),
            422,
            "report_note_exceed_max_chars",
        ),
        (
            json!({ "reason": "actioned", "notes": "" }),
            400,
            "malformed_json",
        ),
    ] {
        send(body).await.problem(status, code);
    }
    let answers = futures_util::future::join_all(
        ["actioned", "no_action", "unfounded"].map(|reason| send(json!({ "reason": reason }))),
    )
    .await;
    let (closed, refused): (Vec<_>, Vec<_>) =
        answers.into_iter().partition(|answer| answer.status == 200);
    assert_eq!(closed.len(), 1);
    for answer in refused {
        answer.problem(409, "report_already_closed");
    }
    let seen = look(&app, &reported).await;
    assert_eq!(seen["closing_reason"], closed[0].body["closing_reason"]);
    assert_eq!(seen["closed_at"], closed[0].body["closed_at"]);

    let unknown = format!("/admin/reports/{NO_REPORT}");
    let answer = app.admin().get(&unknown).await;
    answer.problem(404, "report_not_found");
    let body = json!({ "reason": "actioned" });
    let answer = app.admin().post(&format!("{unknown}/close"), &body).await;
    answer.problem(404, "report_not_found");
}

#[tokio::test]
async fn every_look_at_a_report_is_in_the_audit_also_that_of_a_read_only_operator() {
    let issuer = Issuer::start().await;
    let mut settings = issuer.settings();
    settings.push(("ADMIN_TOKEN", ADMIN_TOKEN));
    let app = TestApp::start_with(&settings).await;
    let alice = issuer.user(&app, "alice").await;
    let post = alice.create_activity("hello").await;
    let reported = report(&alice, id(&post)).await.ok();
    let path = format!("/admin/reports/{}", id(&reported));
    let member_of = |subject: &str, group: &str| {
        let mut claims = issuer.claims(subject);
        claims["cognito:groups"] = json!([group]);
        app.operator(&issuer.sign(&claims)).token.unwrap()
    };
    let reader = app.operator(&member_of("sub-reader", "admin-readonly"));

    app.admin().get(&path).await.ok();
    let seen = reader.get(&path).await;
    assert_eq!(seen.header("cache-control"), Some("no-store"));
    assert_eq!(seen.ok()["copies"]["activity"]["message"], "hello");
    let close = reader
        .post(&format!("{path}/close"), &json!({ "reason": "actioned" }))
        .await;
    close.problem(403, "generic_403");
    let as_user = app.operator(&alice.token).get(&path).await;
    as_user.problem(403, "generic_403");
    for command in [
        ["reports", "show", id(&reported)],
        ["reports", "list", "--json"],
    ] {
        assert_eq!(app.database.run(&command).await.code, 0);
    }

    let expected = [
        ("token", 200),
        ("cognito:sub-reader", 200),
        ("cognito:sub-alice", 403),
        ("command", 200),
    ]
    .map(|(who, status)| (who.to_owned(), status));
    eventually(async || audited(&app, &path).await == expected).await;
    let list = audited(&app, "/admin/reports").await;
    assert_eq!(list, [("command".to_owned(), 200)]);
    let audit = app.admin().get("/admin/audit").await.ok();
    let commands = audit.as_array().unwrap().iter();
    let mut commands = commands.filter(|entry| entry["who"] == "command");
    assert!(commands.all(|entry| entry["address"] == "command line" && entry["method"] == "GET"));
}

#[tokio::test]
async fn what_people_wrote_is_neither_in_the_log_nor_in_the_audit() {
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN), ("RUST_LOG", "trace")];
    let app = TestApp::start_with(&settings).await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("my private thoughts").await;
    let body = json!({ "reason": "other", "note": "my private note" });
    let reported = bob.post(&path(id(&post)), &body).await.ok();
    look(&app, &reported).await;
    let close = format!("/admin/reports/{}/close", id(&reported));
    let body = json!({ "reason": "actioned", "note": "my private decision" });
    app.admin().post(&close, &body).await.ok();
    app.admin()
        .post(&close, &body)
        .await
        .problem(409, "report_already_closed");
    Answer::of(
        app.request(Method::GET, "/livez")
            .header("x-request-id", "the-end"),
    )
    .await;
    let log = app.log_until("the-end");
    assert!(log.contains(&close), "the log was read");
    eventually(async || audited(&app, &close).await.len() == 2).await;
    let audit = app.admin().get("/admin/audit").await.ok().to_string();
    for words in [
        "my private thoughts",
        "my private note",
        "my private decision",
    ] {
        assert!(!log.contains(words), "the log has {words}");
        assert!(!audit.contains(words), "the audit has {words}");
    }
}

#[tokio::test]
async fn reports_are_listed_shown_and_closed_by_command() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello \u{1b}[31mred").await;
    let reply = bob.reply(&post, "the answer").await;
    let reported = report(&alice, id(&reply)).await.ok();
    let uuid = id(&reported);
    let run = async |arguments: &[&str]| app.database.run(arguments).await;

    let listed = run(&["reports", "list", "--status", "open", "--json"])
        .await
        .report();
    assert_eq!(listed, app.admin().get("/admin/reports").await.ok());
    let shown = run(&["reports", "show", uuid, "--json"]).await.report();
    assert_eq!(shown, look(&app, &reported).await);
    let text = run(&["reports", "show", uuid]).await.stdout;
    for words in [
        "@alice (Alice)",
        "@bob (Bob)",
        "the answer",
        "Look at this.",
        "hello  [31mred",
    ] {
        assert!(text.contains(words), "{words}: {text}");
    }
    let text = run(&["reports", "list"]).await.stdout;
    assert!(text.contains(uuid) && !text.contains("answer"), "{text}");

    let close = [
        "reports",
        "close",
        uuid,
        "--reason",
        "no_action",
        "--note",
        "Late.",
    ];
    let closed = run(&[&close[..], &["--json"]].concat()).await.report();
    assert_eq!(closed["closing_reason"], "no_action");
    let again = run(&close).await;
    assert_eq!(again.code, 1);
    assert!(
        again.stderr.contains("is closed already"),
        "{}",
        again.stderr
    );
    assert_eq!(
        run(&["reports", "list", "--status", "open"]).await.stdout,
        "no reports\n"
    );
    for arguments in [
        ["reports", "show", NO_REPORT].as_slice(),
        &["reports", "close", NO_REPORT, "--reason", "actioned"],
    ] {
        let missing = run(arguments).await;
        assert_eq!(missing.code, 4, "{}", missing.stderr);
        assert!(
            missing.stderr.contains("there is no report"),
            "{}",
            missing.stderr
        );
    }
    for arguments in [
        ["reports", "close", uuid, "--reason", "spam"].as_slice(),
        &["reports", "list", "--status", "lost"],
        &["reports", "list", "--limit", "101"],
    ] {
        assert_eq!(run(arguments).await.code, 2);
    }
    let path = format!("/admin/reports/{uuid}/close");
    assert_eq!(audited(&app, &path).await, [("command".to_owned(), 200)]);
}

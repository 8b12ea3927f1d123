//! Every route with every kind of client: each gets exactly the code that the table states.

use std::collections::BTreeSet;

use cruddur::error::Code;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Issuer, TestApp, User, id};

/// The clients, in the order of the columns of [`ROUTES`]. The routes are about the user and what the user wrote; the
/// user has blocked one of the others, and an operator has suspended another one.
const CLIENTS: [&str; 7] = [
    "anonymous",
    "user",
    "other",
    "blocked",
    "suspended",
    "reader",
    "admin",
];

/// The answer for each client: `ok`, or the code of a refusal.
type Answers = [&'static str; 7];

const ALL_CLIENTS: Answers = ["ok"; 7];
/// A stream would not end.
const NO_TOPIC: Answers = ["malformed_query"; 7];
const NO_CLIENT: Answers = ["route_not_found"; 7];
const USERS: Answers = users_get("ok");
const WRITERS: Answers = ["generic_401", "ok", "ok", "ok", "suspended", "ok", "ok"];
/// A reply to the user's activity.
const NOT_BLOCKED: Answers = [
    "generic_401",
    "ok",
    "ok",
    "blocked",
    "suspended",
    "ok",
    "ok",
];
/// A message to the user.
const RECEIVED: Answers = [
    "generic_401",
    "user_receiver_is_sender",
    "ok",
    "blocked",
    "suspended",
    "ok",
    "ok",
];
const BLOCKERS: Answers = [
    "generic_401",
    "user_blocked_is_blocker",
    "ok",
    "ok",
    "suspended",
    "ok",
    "ok",
];
const AUTHOR: Answers = [
    "generic_401",
    "ok",
    "generic_403",
    "generic_403",
    "generic_403",
    "generic_403",
    "generic_403",
];
/// The members of the group of the user and the other one.
const MEMBERS: Answers = [
    "generic_401",
    "ok",
    "ok",
    "message_group_not_found",
    "message_group_not_found",
    "message_group_not_found",
    "message_group_not_found",
];
/// No client has the notice of the test's body.
const UNKNOWN_NOTICE: Answers = users_get("notification_not_found");
/// The body of the test confirms with another handle: a client that deletes itself could send no further request.
const UNCONFIRMED: Answers = [
    "generic_401",
    "confirmation_mismatch",
    "confirmation_mismatch",
    "confirmation_mismatch",
    "suspended",
    "confirmation_mismatch",
    "confirmation_mismatch",
];
const READERS: Answers = operators_get("ok");
/// No security-group rule is configured.
const NO_RULE: Answers = operators_get("operation_failed");
const ADMINS: Answers = admins_get("ok");
/// The administrator has permission, but the body of the test has a key that the operation does not know.
const GUARDED: Answers = admins_get("malformed_json");

const fn users_get(answer: &'static str) -> Answers {
    [
        "generic_401",
        answer,
        answer,
        answer,
        answer,
        answer,
        answer,
    ]
}

const fn operators_get(answer: &'static str) -> Answers {
    [
        "generic_401",
        "generic_403",
        "generic_403",
        "generic_403",
        "generic_403",
        answer,
        answer,
    ]
}

const fn admins_get(answer: &'static str) -> Answers {
    [
        "generic_401",
        "generic_403",
        "generic_403",
        "generic_403",
        "generic_403",
        "generic_403",
        answer,
    ]
}

/// Every operation of the OpenAPI document.
const ROUTES: [(&str, &str, Answers); 69] = [
    ("GET", "/api/health-check", ALL_CLIENTS),
    ("GET", "/api/config", ALL_CLIENTS),
    ("GET", "/livez", ALL_CLIENTS),
    ("GET", "/readyz", ALL_CLIENTS),
    // The test sends its requests from the server's machine.
    ("GET", "/metrics", ALL_CLIENTS),
    ("GET", "/api/activities/home", ALL_CLIENTS),
    ("GET", "/api/activities/search", ALL_CLIENTS),
    ("GET", "/api/activities/@{handle}", ALL_CLIENTS),
    (
        "GET",
        "/api/activities/@{handle}/status/{uuid}",
        ALL_CLIENTS,
    ),
    ("GET", "/api/activities/{uuid}", ALL_CLIENTS),
    ("GET", "/api/activities/notifications", USERS),
    ("POST", "/api/activities", WRITERS),
    ("POST", "/api/activities/{uuid}/reply", NOT_BLOCKED),
    ("DELETE", "/api/activities/{uuid}", AUTHOR),
    ("GET", "/api/activities/{uuid}/likes", ALL_CLIENTS),
    ("GET", "/api/activities/{uuid}/reposts", ALL_CLIENTS),
    ("PUT", "/api/activities/{uuid}/like", NOT_BLOCKED),
    ("DELETE", "/api/activities/{uuid}/like", WRITERS),
    ("PUT", "/api/activities/{uuid}/repost", NOT_BLOCKED),
    ("DELETE", "/api/activities/{uuid}/repost", WRITERS),
    ("POST", "/api/activities/{uuid}/report", WRITERS),
    ("GET", "/api/notifications", USERS),
    ("GET", "/api/notifications/unread", USERS),
    ("POST", "/api/notifications/read", UNKNOWN_NOTICE),
    ("GET", "/api/live", NO_TOPIC),
    ("POST", "/api/live/tickets", USERS),
    ("GET", "/api/message_groups", USERS),
    ("GET", "/api/messages/@{handle}", USERS),
    ("GET", "/api/messages/{uuid}", MEMBERS),
    ("POST", "/api/messages", RECEIVED),
    ("GET", "/api/users/@{handle}", ALL_CLIENTS),
    ("GET", "/api/users/@{handle}/short", ALL_CLIENTS),
    ("GET", "/api/users/@{handle}/block", USERS),
    ("PUT", "/api/users/@{handle}/block", BLOCKERS),
    ("DELETE", "/api/users/@{handle}/block", USERS),
    ("GET", "/api/users/@{handle}/likes", ALL_CLIENTS),
    ("GET", "/api/users/@{handle}/reposts", ALL_CLIENTS),
    ("GET", "/api/profile", USERS),
    ("GET", "/api/profile/export", USERS),
    ("DELETE", "/api/profile", UNCONFIRMED),
    ("PUT", "/api/profile/update", WRITERS),
    ("POST", "/api/profile/update", WRITERS),
    // The server of the test has a user pool and no development identity.
    ("GET", "/api/dev/users", NO_CLIENT),
    ("POST", "/api/dev/session", NO_CLIENT),
    ("GET", "/admin/status", READERS),
    ("GET", "/admin/audit", READERS),
    ("GET", "/admin/migrations", READERS),
    ("POST", "/admin/migrations", GUARDED),
    ("GET", "/admin/seeds", READERS),
    ("POST", "/admin/seeds", GUARDED),
    ("GET", "/admin/sessions", READERS),
    ("POST", "/admin/sessions/{pid}/cancel", ADMINS),
    ("DELETE", "/admin/sessions/{pid}", ADMINS),
    ("GET", "/admin/security-group", NO_RULE),
    ("POST", "/admin/security-group/sync", GUARDED),
    ("POST", "/admin/security-group/grant", GUARDED),
    ("POST", "/admin/database/create", ADMINS),
    ("POST", "/admin/database/drop", GUARDED),
    ("POST", "/admin/database/setup", GUARDED),
    ("POST", "/admin/users/sync", GUARDED),
    ("POST", "/admin/users/link", GUARDED),
    ("GET", "/admin/users", READERS),
    ("GET", "/admin/users/@{handle}", READERS),
    ("PUT", "/admin/users/@{handle}/suspend", ADMINS),
    ("DELETE", "/admin/users/@{handle}/suspend", ADMINS),
    ("DELETE", "/admin/activities/{uuid}", ADMINS),
    ("GET", "/admin/reports", READERS),
    ("GET", "/admin/reports/{uuid}", READERS),
    ("POST", "/admin/reports/{uuid}/close", GUARDED),
];

/// The id of nothing.
const NO_UUID: &str = "0d0f4f2e-7d6c-4b55-9d5e-6a2f0c3c9a11";

/// The body of a write.
fn body_of(path: &str) -> Value {
    match path {
        "/api/activities" => json!({ "message": "hello", "ttl": "1-day" }),
        "/api/activities/{uuid}/reply" => json!({ "message": "hello" }),
        "/api/activities/{uuid}/report" => json!({ "reason": "spam" }),
        "/api/notifications/read" => json!({ "up_to": NO_UUID }),
        "/api/profile" => json!({ "confirm": "not_a_client" }),
        "/api/messages" => json!({ "message": "hello", "handle": "user" }),
        "/api/profile/update" => json!({ "display_name": "Name", "bio": "" }),
        "/api/dev/session" => json!({ "handle": "user" }),
        "/admin/database/create" => json!({}),
        _ => json!({ "not a key of any body": true }),
    }
}

/// The query without which a route refuses every request.
fn query_of(path: &str) -> &'static str {
    match path {
        "/api/activities/search" => "?term=hello",
        "/admin/users" => "?state=suspended",
        _ => "",
    }
}

/// The server, and a signed-in user for each client except the anonymous one.
struct Scene<'app> {
    app: &'app TestApp,
    users: Vec<User<'app>>,
    group: String,
    report: String,
}

impl<'app> Scene<'app> {
    async fn set(app: &'app TestApp, issuer: &Issuer) -> Self {
        let mut users = Vec::new();
        for handle in &CLIENTS[1..] {
            app.insert_user(handle).await;
            let mut claims = issuer.claims(&format!("sub-{handle}"));
            claims["cognito:groups"] = match *handle {
                "reader" => json!(["admin-readonly"]),
                "admin" => json!(["admin"]),
                _ => json!([]),
            };
            users.push(User {
                app,
                handle: (*handle).to_owned(),
                token: issuer.sign(&claims),
            });
        }
        app.insert_user("subject").await;
        let hello = json!({ "message": "hello", "handle": "user" });
        let message = users[1].post("/api/messages", &hello).await.ok();
        let group = message["message_group_uuid"].as_str().unwrap().to_owned();
        let block = users[0].request(Method::PUT, "/api/users/@blocked/block");
        Answer::of(block).await.ok();
        let suspend = users[5].request(Method::PUT, "/admin/users/@suspended/suspend");
        Answer::of(suspend).await.ok();
        let activity = users[0].create_activity("hello").await;
        let report = users[1]
            .post(
                &format!("/api/activities/{}/report", id(&activity)),
                &json!({ "reason": "spam" }),
            )
            .await
            .ok();
        Self {
            app,
            users,
            group,
            report: id(&report).to_owned(),
        }
    }

    /// Sends a request as the client of that column, about a new activity of the user.
    async fn send(&self, column: usize, method: &str, path: &str) -> Answer {
        let activity = self.users[0].create_activity("hello").await;
        let uuid = match path {
            "/api/messages/{uuid}" => &*self.group,
            "/admin/reports/{uuid}" | "/admin/reports/{uuid}/close" => &*self.report,
            _ => id(&activity),
        };
        // Operators suspend a user who takes no other part.
        let handle = match path.starts_with("/admin") {
            true => "subject",
            false => "user",
        };
        let address = path
            .replace("{uuid}", uuid)
            .replace("{handle}", handle)
            .replace("{pid}", "2147483647");
        let address = format!("{address}{}", query_of(path));
        let method: Method = method.parse().unwrap();
        let request = match column.checked_sub(1) {
            None => self.app.request(method.clone(), &address),
            Some(user) => self.users[user].request(method.clone(), &address),
        };
        match method {
            Method::GET => Answer::of(request).await,
            _ => Answer::of(request.json(&body_of(path))).await,
        }
    }
}

/// `ok`, or the code of a refusal with its own status.
fn answer_of(answer: &Answer) -> &str {
    if answer.status == 200 {
        return "ok";
    }
    let codes = [&answer.body[0], &answer.body["code"]];
    let code = codes.into_iter().find_map(Value::as_str);
    let code = code.unwrap_or_else(|| panic!("{} {}", answer.status, answer.body));
    let known = Code::ALL.iter().find(|known| known.as_str() == code);
    assert_eq!(known.unwrap().status().as_u16(), answer.status, "{code}");
    code
}

#[tokio::test]
async fn every_route_gives_every_kind_of_client_exactly_the_expected_answer() {
    let issuer = Issuer::start().await;
    let app = TestApp::start_with(&issuer.settings()).await;
    let scene = Scene::set(&app, &issuer).await;
    let mut wrong = Vec::new();
    for (method, path, expected) in ROUTES {
        for (column, expected) in expected.into_iter().enumerate() {
            let answer = scene.send(column, method, path).await;
            let got = answer_of(&answer);
            if got != expected {
                let client = CLIENTS[column];
                wrong.push(format!(
                    "{method} {path} as {client}: {got}, not {expected}"
                ));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[tokio::test]
async fn the_table_of_answers_has_every_operation_of_the_openapi_document() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.ok();
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            if method.parse::<Method>().is_ok() && method != "parameters" {
                described.insert(format!("{} {path}", method.to_uppercase()));
            }
        }
    }
    let listed = ROUTES
        .iter()
        .map(|(method, path, _)| format!("{method} {path}"));
    let listed: BTreeSet<String> = listed.collect();
    assert_eq!(listed.len(), ROUTES.len(), "a row is there twice");
    let missing: Vec<&String> = described.symmetric_difference(&listed).collect();
    assert!(missing.is_empty(), "in one of the two only: {missing:#?}");
}

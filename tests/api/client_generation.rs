//! The setting CLIENT_GENERATION: a user's page as each generation of the React client expects it.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, TestApp, cruddur, id};

const FINAL: [(&str, &str); 1] = [("CLIENT_GENERATION", "final")];
const PAGE: &str = "/api/activities/@alice";

#[tokio::test]
async fn a_users_page_is_an_array_for_the_client_of_week_4() {
    for settings in [&[][..], &[("CLIENT_GENERATION", "week-4")]] {
        let app = TestApp::start_with(settings).await;
        let alice = app.user("alice").await;
        let post = alice.create_activity("hello").await;
        assert_eq!(app.get(PAGE).await.ok(), json!([post]));
        let config = app.get("/api/config").await.ok();
        assert_eq!(config["client_generation"], "week-4");
    }
}

#[tokio::test]
async fn a_users_page_is_the_profile_and_the_activities_for_the_last_client() {
    let app = TestApp::start_with(&FINAL).await;
    let alice = app.user("alice").await;
    let bio = json!({ "display_name": "Alice A.", "bio": "hi" });
    let user = alice.post("/api/profile/update", &bio).await.ok();
    let post = alice.create_activity("hello").await;
    let page = app.get("/api/activities/@ALICE").await.ok();
    assert_eq!(
        page,
        json!({
            "profile": {
                "uuid": user["uuid"],
                "cognito_user_uuid": user["uuid"],
                "handle": "alice",
                "display_name": "Alice A.",
                "bio": "hi",
                "cruds_count": 1,
            },
            "activities": [post],
        })
    );
    assert!(!page.to_string().contains("sub-alice"));
    let config = app.get("/api/config").await.ok();
    assert_eq!(config["client_generation"], "final");
}

#[tokio::test]
async fn a_user_without_activities_has_a_profile_for_the_last_client_and_an_unknown_one_has_no_page()
 {
    let app = TestApp::start_with(&FINAL).await;
    app.user("alice").await;
    let page = app.get(PAGE).await.ok();
    assert_eq!(
        (&page["profile"]["cruds_count"], &page["activities"]),
        (&json!(0), &json!([]))
    );
    for handle in ["unknown", "%00"] {
        let path = format!("/api/activities/@{handle}");
        app.get(&path).await.refused(404, "user_not_found");
    }
}

#[tokio::test]
async fn pages_and_entity_tags_are_the_same_for_the_last_client() {
    let app = TestApp::start_with(&FINAL).await;
    let alice = app.user("alice").await;
    for number in 1..=5 {
        alice.create_activity(&number.to_string()).await;
    }
    let mut next = Some(format!("{PAGE}?limit=2"));
    let mut messages = Vec::new();
    while let Some(path) = next {
        let answer = app.get(&path).await;
        next = answer.next();
        let page = answer.ok();
        assert_eq!(page["profile"]["cruds_count"], 5);
        let activities = page["activities"].as_array().unwrap().iter();
        messages.extend(activities.map(|activity| activity["message"].clone()));
    }
    assert_eq!(messages, ["5", "4", "3", "2", "1"]);

    let tag = app.get(PAGE).await.header("etag").unwrap().to_owned();
    let ask = async || {
        let request = app.request(Method::GET, PAGE);
        Answer::of(request.header("If-None-Match", &tag)).await
    };
    assert_eq!(ask().await.status, 304);
    let bio = json!({ "display_name": "Alice", "bio": "changed" });
    alice.post("/api/profile/update", &bio).await.ok();
    let changed = ask().await.ok();
    assert_eq!(changed["profile"]["bio"], "changed", "never out of date");
}

#[tokio::test]
async fn concurrent_pages_for_the_last_client_have_the_profile_of_their_own_user() {
    let app = TestApp::start_with(&FINAL).await;
    let second = TestApp::start_second(&app, &[]).await;
    app.database
        .execute(
            "insert into users (cognito_user_id, handle, display_name, bio)
             select 'sub-' || n, 'user_' || n, 'User ' || n, 'bio ' || n from generate_series(1, 30) as n;
             insert into activities (user_uuid, message)
             select uuid, 'post of ' || handle from users where handle <> 'user_30'",
        )
        .await;
    let answers = join_all((0..200).map(async |number| {
        let handle = match number % 32 {
            0 => "unknown".to_owned(),
            n => format!("user_{n}"),
        };
        let answer = app.get(&format!("/api/activities/@{handle}")).await;
        (handle, answer)
    }))
    .await;
    for (handle, answer) in answers {
        if handle == "unknown" || handle == "user_31" {
            answer.refused(404, "user_not_found");
            continue;
        }
        let page = answer.ok();
        assert_eq!(page["profile"]["handle"], handle);
        let posts = page["activities"].as_array().unwrap();
        match &*handle {
            "user_30" => assert!(posts.is_empty()),
            _ => assert_eq!(posts[0]["message"], format!("post of {handle}")),
        }
        // The other server serves the other client.
        let path = format!("/api/activities/@{handle}");
        assert_eq!(second.get(&path).await.ok(), page["activities"]);
    }
}

#[tokio::test]
async fn all_other_routes_are_the_same_for_both_clients() {
    let app = TestApp::start().await;
    let last = TestApp::start_second(&app, &FINAL).await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    alice.reply(&post, "hello to myself").await;
    for path in [
        "/api/activities/home".to_owned(),
        "/api/activities/search?term=hello".to_owned(),
        format!("/api/activities/{}", id(&post)),
        format!("/api/activities/@alice/status/{}", id(&post)),
        "/api/users/@alice".to_owned(),
        "/api/users/@alice/short".to_owned(),
    ] {
        assert_eq!(
            app.get(&path).await.ok(),
            last.get(&path).await.ok(),
            "{path}"
        );
    }
}

#[tokio::test]
async fn the_document_describes_a_users_page_for_both_clients() {
    let app = TestApp::start().await;
    let document = app.get("/openapi.json").await.ok();
    let page = &document["components"]["schemas"]["UserPage"]["oneOf"];
    let kinds: Vec<&Value> = page.as_array().unwrap().iter().collect();
    assert_eq!(kinds[0]["type"], "array");
    assert_eq!(kinds[1]["$ref"], "#/components/schemas/ProfilePage");
}

#[test]
fn an_unknown_client_generation_stops_the_start() {
    let output = cruddur(&["serve", "--port", "0"])
        .env("CLIENT_GENERATION", "week-5")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let stderr = String::from_utf8_lossy(&output.stderr);
    let problem = "CLIENT_GENERATION must be `week-4` or `final`";
    assert!(stderr.contains(problem), "{stderr}");
}

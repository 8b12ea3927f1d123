//! `include=viewer`: what the user of the token has made of each activity.

use reqwest::Method;
use serde_json::{Value, json};

use super::{POSTS, reaction};
use crate::support::{Answer, TestApp, User, id};

/// Removes `viewer` from every activity of a body, and returns the flags in the order of the body, replies after their
/// parents.
fn take_flags(body: &mut Value) -> Vec<(String, bool, bool)> {
    let mut flags = Vec::new();
    match body {
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| flags.extend(take_flags(element))),
        Value::Object(members) => {
            if let Some(viewer) = members.remove("viewer") {
                let flag = |name: &str| viewer[name].as_bool().unwrap();
                let uuid = members["uuid"].as_str().unwrap().to_owned();
                assert_eq!(viewer.as_object().unwrap().len(), 2, "{viewer}");
                flags.push((uuid, flag("liked"), flag("reposted")));
            }
            for key in ["activity", "replies"] {
                if let Some(inner) = members.get_mut(key) {
                    flags.extend(take_flags(inner));
                }
            }
        }
        _ => {}
    }
    flags
}

fn included(path: &str) -> String {
    let separator = if path.contains('?') { '&' } else { '?' };
    format!("{path}{separator}include=viewer")
}

/// The body of a read with `include=viewer`, which apart from the flags equals the one without; and the flags.
async fn read(user: &User<'_>, path: &str) -> (Value, Vec<(String, bool, bool)>) {
    let plain = user.get(path).await;
    let answer = user.get(&included(path)).await;
    let next = answer.next();
    assert_eq!(plain.next().is_some(), next.is_some(), "{path}");
    assert!(
        next.is_none_or(|next| next.contains("include=viewer")),
        "{path}"
    );
    let tags = [&plain, &answer].map(|answer| answer.header("etag").unwrap().to_owned());
    let (plain, mut body) = (plain.ok(), answer.ok());
    let flags = take_flags(&mut body);
    assert_eq!(plain, body, "{path}");
    assert_eq!(flags.is_empty(), body == json!([]), "{path}");
    assert_eq!(flags.is_empty(), tags[0] == tags[1], "{path}");
    (plain, flags)
}

fn flags_of(flags: &[(String, bool, bool)], activity: &Value) -> (bool, bool) {
    let mut flags = flags.iter().filter(|(uuid, ..)| uuid == id(activity));
    let (_, liked, reposted) = flags.next().expect("the activity");
    (*liked, *reposted)
}

/// Alice's post and her reply to it, which mention bob; bob likes the post, and likes and reposts the reply.
async fn liked_thread(alice: &User<'_>, bob: &User<'_>) -> (Value, Value) {
    let post = alice.create_activity("marmalade @bob").await;
    let reply = alice.reply(&post, "marmalade again @bob").await;
    bob.put(&reaction(&post, "like")).await.ok();
    bob.put(&reaction(&reply, "like")).await.ok();
    bob.put(&reaction(&reply, "repost")).await.ok();
    (post, reply)
}

#[tokio::test]
async fn every_read_of_activities_has_the_flags_of_its_user_on_request() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (post, reply) = liked_thread(&alice, &bob).await;
    let other = alice
        .create_activity("without reactions {\"uuid\":\"")
        .await;
    alice.put(&reaction(&post, "repost")).await.ok();
    alice.put(&reaction(&reply, "like")).await.ok();

    let thread = format!("{POSTS}/{}", id(&post));
    let status = format!("{POSTS}/@alice/status/{}", id(&post));
    for path in [
        "/api/activities/home",
        "/api/activities/home?limit=1",
        "/api/activities/@alice",
        "/api/activities/search?term=marmalade",
        "/api/activities/search?term=nothing",
        "/api/activities/notifications",
        "/api/users/@bob/likes",
        "/api/users/@bob/reposts",
        "/api/users/@alice/likes",
        &*thread,
        &*status,
    ] {
        for user in [&alice, &bob] {
            let (_, flags) = read(user, path).await;
            for (uuid, liked, reposted) in flags {
                let expected = match &*uuid {
                    uuid if uuid == id(&other) => (false, false),
                    uuid if uuid == id(&post) => match &*user.handle {
                        "bob" => (true, false),
                        _ => (false, true),
                    },
                    uuid if uuid == id(&reply) => (true, user.handle == "bob"),
                    uuid => panic!("an unexpected activity {uuid}"),
                };
                assert_eq!((liked, reposted), expected, "{path} {}", user.handle);
            }
        }
    }
    let (_, flags) = read(&bob, "/api/activities/home").await;
    assert_eq!(flags.len(), 3);
    let (_, flags) = read(&bob, &status).await;
    assert_eq!(
        flags.len(),
        3,
        "the activity, its reply, and the reply beside it"
    );
}

#[tokio::test]
async fn every_write_of_activities_has_the_flags_of_its_user_on_request() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (post, reply) = liked_thread(&alice, &bob).await;
    let body = json!({ "message": "hello", "ttl": "1-hour" });
    for path in [POSTS.to_owned(), format!("{POSTS}/{}/reply", id(&post))] {
        let mut created = bob.post(&included(&path), &body).await.ok();
        let flags = take_flags(&mut created);
        assert_eq!(flags, [(id(&created).to_owned(), false, false)]);
    }
    let flags_after = async |user: &User<'_>, method: Method, kind: &str| {
        let path = included(&reaction(&post, kind));
        let mut answer = Answer::of(user.request(method, &path)).await.ok();
        let flags = take_flags(&mut answer);
        assert_eq!(flags.len(), 3, "{flags:?}");
        (flags_of(&flags, &post), flags_of(&flags, &reply))
    };
    let of_reply = (true, true);
    for (method, kind, of_post) in [
        (Method::PUT, "repost", (true, true)),
        (Method::PUT, "repost", (true, true)),
        (Method::DELETE, "like", (false, true)),
        (Method::DELETE, "like", (false, true)),
        (Method::DELETE, "repost", (false, false)),
        (Method::PUT, "like", (true, false)),
    ] {
        let after = flags_after(&bob, method.clone(), kind).await;
        assert_eq!(after, (of_post, of_reply), "{method} {kind}");
    }
    let after = flags_after(&alice, Method::PUT, "like").await;
    assert_eq!(after, ((true, false), (false, false)));
}

#[tokio::test]
async fn a_repeated_like_with_an_idempotency_key_gets_the_flags_of_the_first_response() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (post, _) = liked_thread(&alice, &bob).await;
    let like = async || {
        let request = alice.request(Method::PUT, &included(&reaction(&post, "like")));
        Answer::of(request.header("Idempotency-Key", "one"))
            .await
            .ok()
    };
    let first = like().await;
    assert_eq!(first["viewer"], json!({ "liked": true, "reposted": false }));
    alice.delete(&reaction(&post, "like")).await.ok();
    assert_eq!(like().await, first);
}

#[tokio::test]
async fn include_needs_a_token_and_known_values() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let thread = format!("{POSTS}/{}", id(&post));
    for path in [
        "/api/activities/home",
        "/api/activities/@alice",
        "/api/activities/search?term=hello",
        "/api/activities/notifications",
        "/api/users/@alice/likes",
        "/api/users/@alice/reposts",
        &*thread,
        &*format!("{POSTS}/@alice/status/{}", id(&post)),
    ] {
        let anonymous = app.get(&included(path)).await;
        anonymous.refused(401, "generic_401");
        let forged = app
            .request(Method::GET, &included(path))
            .bearer_auth("forged");
        Answer::of(forged).await.refused(401, "generic_401");
        for value in ["viewer,", "likes", "viewer,likes", ""] {
            let separator = if path.contains('?') { '&' } else { '?' };
            let refused = alice
                .get(&format!("{path}{separator}include={value}"))
                .await;
            refused.refused(400, "malformed_query");
        }
        let reposts = alice
            .get(&included(path).replace("viewer", "reposts"))
            .await;
        match path {
            "/api/activities/@alice" => assert_eq!(reposts.status, 200),
            _ => reposts.refused(400, "malformed_query"),
        }
    }
    let body = json!({ "message": "hello", "ttl": "1-hour" });
    for path in [POSTS.to_owned(), format!("{thread}/reply")] {
        let refused = alice.post(&format!("{path}?include=x"), &body).await;
        refused.refused(400, "malformed_query");
    }
    for kind in ["like", "repost"] {
        let path = format!("{}?include=reposts", reaction(&post, kind));
        alice.put(&path).await.refused(400, "malformed_query");
        alice.delete(&path).await.refused(400, "malformed_query");
    }
    let rows = "select (select count(*) from activities) + (select count(*) from reactions)";
    assert_eq!(app.database.count(rows).await, 1);
}

#[tokio::test]
async fn a_user_without_a_row_has_made_nothing_of_any_activity() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    liked_thread(&alice, &bob).await;
    let ghost = app.user("ghost").await;
    app.database
        .execute("delete from users where handle = 'ghost'")
        .await;
    let (_, flags) = read(&ghost, "/api/activities/home").await;
    assert!(
        flags.iter().all(|(_, liked, reposted)| !liked && !reposted),
        "{flags:?}"
    );
    let rows = "select count(*) from users where cognito_user_id = 'sub-ghost'";
    assert_eq!(app.database.count(rows).await, 0);
}

#[tokio::test]
async fn concurrent_readers_of_the_same_pages_each_get_their_own_flags() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let mut posts = Vec::new();
    for number in 0..8 {
        posts.push(alice.create_activity(&format!("post {number}")).await);
    }
    let mut readers = Vec::new();
    for number in 0..16 {
        readers.push(app.user(&format!("reader_{number}")).await);
    }
    // Reader n likes the posts whose bits are set in n, and reposts the others.
    let is_liked = |reader: usize, post: usize| reader >> (post % 4) & 1 == 1;
    for (number, reader) in readers.iter().enumerate() {
        for (at, post) in posts.iter().enumerate() {
            let kind = if is_liked(number, at) {
                "like"
            } else {
                "repost"
            };
            reader.put(&reaction(post, kind)).await.ok();
        }
    }
    let paths = ["/api/activities/home", "/api/activities/@alice?limit=5"];
    let reads = (0..64).map(async |number| {
        let reader = number % readers.len();
        let mut page = readers[reader]
            .get(&included(paths[number / 32]))
            .await
            .ok();
        let flags = take_flags(&mut page);
        for (at, post) in posts
            .iter()
            .enumerate()
            .skip(if number < 32 { 0 } else { 3 })
        {
            let liked = is_liked(reader, at);
            assert_eq!(flags_of(&flags, post), (liked, !liked));
        }
    });
    futures_util::future::join_all(reads).await;
}

#[tokio::test]
async fn home_read_again_has_the_flags_of_each_user_and_of_a_change_since() {
    let app = TestApp::start().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let (post, reply) = liked_thread(&alice, &bob).await;
    let flags = async |user| {
        let (_, flags) = read(user, "/api/activities/home").await;
        (flags_of(&flags, &post), flags_of(&flags, &reply))
    };
    let none = ((false, false), (false, false));
    for _ in 0..3 {
        assert_eq!(flags(&bob).await, ((true, false), (true, true)));
        assert_eq!(flags(&carol).await, none);
    }
    bob.delete(&reaction(&post, "like")).await.ok();
    carol.put(&reaction(&reply, "repost")).await.ok();
    for _ in 0..3 {
        assert_eq!(flags(&bob).await, ((false, false), (true, true)));
        assert_eq!(flags(&carol).await, ((false, false), (false, true)));
        assert_eq!(flags(&alice).await, none);
    }
}

#[tokio::test]
async fn home_with_more_reactions_than_the_server_keeps_has_the_flags_of_each_user() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let (post, reply) = liked_thread(&alice, &bob).await;
    super::insert_likes(&app, &post, 10_001).await;
    for _ in 0..3 {
        for (user, expected) in [(&alice, (false, false)), (&bob, (true, true))] {
            let (_, flags) = read(user, "/api/activities/home").await;
            assert_eq!(flags_of(&flags, &reply), expected);
        }
    }
}

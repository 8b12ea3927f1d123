//! `include=reposts`: a user's page with the activities that the user reposted.

use serde_json::{Value, json};

use super::{POSTS, reaction, shown};
use crate::support::{TestApp, id};

const PAGE: &str = "/api/activities/@bob?include=reposts";

/// The id of each entry of all pages, and whether it is a repost.
async fn entries(app: &TestApp, limit: usize) -> (Vec<(String, bool)>, usize) {
    let (mut entries, mut pages) = (Vec::new(), 0);
    let mut next = Some(format!("{PAGE}&limit={limit}"));
    while let Some(path) = next {
        let page = app.get(&path).await;
        next = page.next();
        pages += 1;
        for activity in page.ok().as_array().unwrap() {
            let reposted = activity.get("reposted_at").is_some();
            entries.push((id(activity).to_owned(), reposted));
        }
    }
    (entries, pages)
}

#[tokio::test]
async fn a_users_page_has_the_reposted_activities_at_the_time_of_the_repost() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let old = alice.create_activity("old").await;
    let own = bob.create_activity("bob's first").await;
    let reply = alice.reply(&own, "alice's reply").await;
    bob.put(&reaction(&old, "repost")).await.ok();
    let newer = bob.create_activity("bob's second").await;
    bob.put(&reaction(&reply, "repost")).await.ok();
    bob.put(&reaction(&own, "repost")).await.ok();
    bob.put(&reaction(&newer, "like")).await.ok();
    alice.put(&reaction(&newer, "repost")).await.ok();

    let page = app.get(PAGE).await.ok();
    let mut expected = Vec::new();
    for (activity, is_repost) in [
        (&own, true),
        (&reply, true),
        (&newer, false),
        (&old, true),
        (&own, false),
    ] {
        expected.push((shown(&app, activity).await, is_repost));
    }
    let page = page.as_array().unwrap();
    assert_eq!(page.len(), expected.len(), "{page:?}");
    let mut times = Vec::new();
    for (entry, (mut activity, is_repost)) in page.iter().zip(expected.clone()) {
        let reposted_at = entry.get("reposted_at").cloned();
        assert_eq!(reposted_at.is_some(), is_repost, "{entry}");
        times.push(
            reposted_at
                .clone()
                .unwrap_or(entry["created_at"].clone())
                .as_str()
                .unwrap()
                .to_owned(),
        );
        if let Some(reposted_at) = reposted_at {
            activity["reposted_at"] = reposted_at;
        }
        assert_eq!(*entry, activity);
    }
    assert!(
        times.is_sorted_by(|newer, older| newer > older),
        "{times:?}"
    );

    for limit in 1..=5 {
        let (entries, pages) = entries(&app, limit).await;
        let all: Vec<(String, bool)> = expected
            .iter()
            .map(|(activity, is_repost)| (id(activity).to_owned(), *is_repost))
            .collect();
        assert_eq!(
            (entries, pages),
            (all, 5_usize.div_ceil(limit)),
            "in pages of {limit}"
        );
    }
    let without = app.get("/api/activities/@bob").await.ok();
    assert_eq!(without, json!([expected[2].0, expected[4].0]));
}

#[tokio::test]
async fn a_users_page_with_reposts_has_the_flags_of_the_reader_too() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("alice's").await;
    alice.reply(&post, "a reply").await;
    let own = bob.create_activity("bob's").await;
    bob.put(&reaction(&post, "repost")).await.ok();
    alice.put(&reaction(&post, "like")).await.ok();
    for include in ["viewer,reposts", "reposts,viewer", "reposts&include=viewer"] {
        let path = format!("/api/activities/@bob?include={include}");
        app.get(&path).await.refused(401, "generic_401");
        let page = alice.get(&path).await.ok();
        let of_alice = |entry: &Value| (id(entry).to_owned(), entry["viewer"].clone());
        let entries: Vec<_> = page.as_array().unwrap().iter().map(of_alice).collect();
        let flags = |liked: bool| json!({ "liked": liked, "reposted": false });
        assert_eq!(
            entries,
            [
                (id(&post).to_owned(), flags(true)),
                (id(&own).to_owned(), flags(false))
            ]
        );
        assert!(page[0]["reposted_at"].is_string());
        assert_eq!(page[0]["replies"][0]["viewer"], flags(false));
    }
}

#[tokio::test]
async fn a_users_page_with_reposts_shows_nothing_that_is_gone_and_refuses_unknown_users() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let kept = alice.create_activity("kept").await;
    let expired = alice.create_activity("expired").await;
    let deleted = alice.create_activity("deleted").await;
    for post in [&kept, &expired, &deleted] {
        bob.put(&reaction(post, "repost")).await.ok();
    }
    alice
        .delete(&format!("{POSTS}/{}", id(&deleted)))
        .await
        .ok();
    app.database
        .execute("update activities set expires_at = now() where message = 'expired'")
        .await;
    assert_eq!(entries(&app, 1).await.0, [(id(&kept).to_owned(), true)]);
    let unknown = app.get("/api/activities/@unknown?include=reposts").await;
    unknown.refused(404, "user_not_found");
    let malformed = app.get("/api/activities/@a%00b?include=reposts").await;
    malformed.refused(404, "user_not_found");

    bob.delete(&reaction(&kept, "repost")).await.ok();
    assert_eq!(app.get(PAGE).await.ok(), json!([]));
    bob.put(&reaction(&kept, "repost")).await.ok();
    bob.create_activity("bob's").await;
    let hide = "insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users where handle = 'bob'";
    app.database.execute(hide).await;
    app.get(PAGE).await.refused(404, "user_not_found");
}

#[tokio::test]
async fn a_users_page_with_a_thousand_hidden_reposts_goes_on_at_the_next_page() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let first = alice.create_activity("reposted first").await;
    let oldest = bob.create_activity("older than the spam").await;
    bob.put(&reaction(&first, "repost")).await.ok();
    let statement = "
        insert into users (cognito_user_id, handle, display_name) values ('sub-spam', 'spam', 'Spam');
        insert into activities (user_uuid, message)
        select uuid, 'spam ' || n from users, generate_series(1, 1500) as n where handle = 'spam';
        insert into reactions (user_uuid, activity_uuid, kind)
        select users.uuid, activities.uuid, 'repost' from users, activities
        where handle = 'bob' and message like 'spam%';
        insert into hidden_users (user_uuid, reason)
        select uuid, 'suspended' from users where handle = 'spam'";
    app.database.execute(statement).await;
    let newest = bob.create_activity("newer than the spam").await;
    let page = app.get(PAGE).await;
    assert!(page.next().is_some());
    assert_eq!(page.ok().as_array().unwrap().len(), 1);
    let expected = [(&newest, false), (&first, true), (&oldest, false)];
    let expected = expected.map(|(activity, is_repost)| (id(activity).to_owned(), is_repost));
    for limit in [1, 2, 20] {
        assert_eq!(
            entries(&app, limit).await.0,
            expected,
            "in pages of {limit}"
        );
    }
}

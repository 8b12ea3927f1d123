//! The lists of who liked and reposted an activity, and of what a user liked and reposted.

use serde_json::{Value, json};
use tokio_postgres::{Client, SimpleQueryMessage};

use super::{POSTS, UNKNOWN_UUID, insert_likes, reaction, shown};
use crate::support::{TestApp, User, id};

async fn page(app: &TestApp, path: &str) -> (Vec<Value>, Option<String>) {
    let answer = app.get(path).await;
    let next = answer.next();
    (answer.ok().as_array().unwrap().clone(), next)
}

/// The values of `key` in all pages from `path` on, and the number of pages.
async fn all(app: &TestApp, path: &str, key: &str) -> (Vec<String>, usize) {
    let (mut values, mut pages) = (Vec::new(), 0);
    let mut next = Some(path.to_owned());
    while let Some(path) = next {
        let (rows, following) = page(app, &path).await;
        let of_page = rows.iter().map(|row| row[key].as_str().unwrap().to_owned());
        values.extend(of_page);
        pages += 1;
        next = following;
    }
    (values, pages)
}

async fn react(user: &User<'_>, activities: &[&Value], kind: &str) {
    for activity in activities {
        user.put(&reaction(activity, kind)).await.ok();
    }
}

#[tokio::test]
async fn the_users_who_reacted_to_an_activity_are_listed_from_the_latest_on() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    for (plural, kind) in [("likes", "like"), ("reposts", "repost")] {
        let path = format!("{POSTS}/{}/{plural}", id(&post));
        assert_eq!(app.get(&path).await.ok(), json!([]));
        alice.put(&reaction(&post, kind)).await.ok();
        let list = app.get(&path).await.ok();
        let profile = app.get("/api/users/@alice/short").await.ok();
        let created_at = list[0]["created_at"].as_str().unwrap();
        assert!(created_at.ends_with('Z'), "{created_at}");
        let expected = json!([{ "uuid": profile["uuid"], "handle": "alice", "display_name": "Alice",
            "created_at": created_at }]);
        assert_eq!(list, expected);
    }
    insert_likes(&app, &post, 45).await;
    let path = format!("{POSTS}/{}/likes", id(&post));
    let (handles, pages) = all(&app, &format!("{path}?limit=20"), "handle").await;
    let fans = (1..=45).map(|number| format!("fan_{number}"));
    assert_eq!(
        handles,
        ["alice".to_owned()]
            .into_iter()
            .chain(fans)
            .collect::<Vec<_>>()
    );
    assert_eq!(pages, 3);
    let (handles, pages) = all(&app, &format!("{path}?limit=46"), "handle").await;
    assert_eq!((handles.len(), pages), (46, 1));
    let reposts = app.get(&format!("{POSTS}/{}/reposts", id(&post))).await;
    assert_eq!(reposts.ok().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_activities_that_a_user_liked_and_reposted_are_listed_by_the_time_of_the_reaction() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let mut posts = Vec::new();
    for number in 0..5 {
        posts.push(alice.create_activity(&format!("post {number}")).await);
    }
    let reply = alice.reply(&posts[0], "reply").await;
    let order = [
        &posts[3], &posts[0], &reply, &posts[4], &posts[1], &posts[2],
    ];
    react(&bob, &order, "repost").await;
    react(&bob, &order[..2], "like").await;
    // A second request does not move an activity to the top.
    react(&bob, &order[..2], "repost").await;

    let path = "/api/users/@Bob/reposts";
    let list = app.get(path).await.ok();
    let mut expected = Vec::new();
    for activity in order.iter().rev() {
        expected.push(shown(&app, activity).await);
    }
    assert_eq!(list, json!(expected));
    for limit in 1..=6 {
        let (uuids, pages) = all(&app, &format!("{path}?limit={limit}"), "uuid").await;
        let expected: Vec<&str> = order.iter().rev().map(|activity| id(activity)).collect();
        assert_eq!(
            (uuids, pages),
            (
                expected.iter().map(ToString::to_string).collect(),
                6_usize.div_ceil(limit)
            )
        );
    }
    let (liked, _) = all(&app, "/api/users/@bob/likes", "uuid").await;
    assert_eq!(liked, [id(&posts[0]), id(&posts[3])]);
    assert_eq!(app.get("/api/users/@alice/likes").await.ok(), json!([]));
}

#[tokio::test]
async fn lists_of_reactions_refuse_what_is_not_there_and_what_cannot_be_read() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    let deleted = alice.create_activity("deleted").await;
    alice.put(&reaction(&deleted, "like")).await.ok();
    alice
        .delete(&format!("{POSTS}/{}", id(&deleted)))
        .await
        .ok();
    for plural in ["likes", "reposts"] {
        for uuid in [UNKNOWN_UUID, id(&deleted)] {
            let list = app.get(&format!("{POSTS}/{uuid}/{plural}")).await;
            list.refused(404, "activity_not_found");
        }
        let list = app.get(&format!("{POSTS}/1/{plural}")).await;
        list.refused(400, "malformed_uuid");
        for handle in ["unknown", "a%00b", "%C3%A4"] {
            let list = app.get(&format!("/api/users/@{handle}/{plural}")).await;
            list.refused(404, "user_not_found");
        }
        let of_activity = format!("{POSTS}/{}/{plural}", id(&post));
        for path in [of_activity, format!("/api/users/@alice/{plural}")] {
            let refused = app.get(&format!("{path}?limit=0")).await;
            refused.refused(400, "malformed_query");
            let refused = app.get(&format!("{path}?before=x")).await;
            refused.refused(400, "malformed_cursor");
            let posted = alice.post(&path, &json!({})).await;
            posted.refused(405, "method_not_allowed");
        }
    }
}

#[tokio::test]
async fn lists_of_reactions_show_neither_hidden_users_nor_activities_that_are_gone() {
    let app = TestApp::start().await;
    let (alice, bob, carol) = (
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    );
    let kept = alice.create_activity("kept").await;
    let expired = alice.create_activity("expired").await;
    let by_bob = bob.create_activity("by bob").await;
    let reply = bob.reply(&kept, "by bob, too").await;
    react(&carol, &[&expired, &by_bob, &kept, &reply], "like").await;
    react(&bob, &[&kept], "like").await;
    let statement = "
        update activities set expires_at = now() where message = 'expired';
        insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users where handle = 'bob'";
    app.database.execute(statement).await;

    let (uuids, _) = all(&app, "/api/users/@carol/likes?limit=1", "uuid").await;
    assert_eq!(uuids, [id(&kept)]);
    let path = format!("{POSTS}/{}/likes", id(&kept));
    assert_eq!(all(&app, &path, "handle").await.0, ["carol"]);
    app.get("/api/users/@bob/likes")
        .await
        .refused(404, "user_not_found");
    app.get(&format!("{POSTS}/{}/likes", id(&by_bob)))
        .await
        .refused(404, "activity_not_found");

    app.database.execute("delete from hidden_users").await;
    assert_eq!(all(&app, &path, "handle").await.0, ["bob", "carol"]);
}

#[tokio::test]
async fn a_list_of_a_thousand_hidden_users_goes_on_at_the_next_page() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    insert_likes(&app, &post, 2_500).await;
    let statement = "
        insert into hidden_users (user_uuid, reason)
        select uuid, 'suspended' from users where handle like 'fan\\_%' and substr(handle, 5)::integer not in (3, 2500)";
    app.database.execute(statement).await;
    let path = format!("{POSTS}/{}/likes", id(&post));
    let (first, next) = page(&app, &path).await;
    assert_eq!(first.len(), 1);
    assert!(next.is_some());
    let (handles, pages) = all(&app, &path, "handle").await;
    assert_eq!(handles, ["fan_3", "fan_2500"]);
    assert_eq!(pages, 3);
}

#[tokio::test]
async fn a_list_of_a_thousand_hidden_activities_goes_on_at_the_next_page() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let liked = alice.create_activity("liked first").await;
    bob.put(&reaction(&liked, "like")).await.ok();
    let statement = "
        insert into users (cognito_user_id, handle, display_name) values ('sub-spam', 'spam', 'Spam');
        insert into activities (user_uuid, message)
        select uuid, 'spam ' || n from users, generate_series(1, 1500) as n where handle = 'spam';
        insert into reactions (user_uuid, activity_uuid, kind)
        select users.uuid, activities.uuid, 'like' from users, activities
        where handle = 'bob' and message like 'spam%';
        insert into hidden_users (user_uuid, reason)
        select uuid, 'suspended' from users where handle = 'spam'";
    app.database.execute(statement).await;
    let path = "/api/users/@bob/likes";
    let (first, next) = page(&app, path).await;
    assert_eq!(first, [] as [Value; 0]);
    assert!(next.is_some());
    let (uuids, pages) = all(&app, path, "uuid").await;
    assert_eq!(uuids, [id(&liked)]);
    assert_eq!(pages, 2);
}

/// The number of buffers that a statement with the name `list` reads.
async fn buffers(db: &Client, arguments: &str) -> i64 {
    let statement = format!("explain (analyze, buffers, format json) execute list ({arguments})");
    let rows = db.simple_query(&statement).await.unwrap();
    let plan = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: Value = serde_json::from_str(plan.unwrap()).unwrap();
    let buffers = ["Shared Hit Blocks", "Shared Read Blocks"];
    let of_plan = buffers.map(|name| plan[0]["Plan"][name].as_i64().unwrap());
    of_plan.iter().sum()
}

#[tokio::test]
async fn a_page_deep_in_a_list_of_reactions_reads_as_little_as_the_first_page() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    insert_likes(&app, &post, 20_000).await;
    let statement = "
        insert into activities (user_uuid, message)
        select uuid, 'post ' || n from users, generate_series(1, 20000) as n where handle = 'alice';
        insert into reactions (user_uuid, activity_uuid, kind, created_at)
        select user_uuid, uuid, kind, now() - substr(message, 6)::integer * interval '1 second'
        from activities, unnest(array['like', 'repost']) as kind
        where message like 'post %'";
    app.database.execute(statement).await;
    app.database.execute("vacuum analyze").await;
    let user = app.get("/api/users/@alice/short").await.ok();
    let (post, user) = (id(&post), id(&user));
    let end = "'9999-12-31', 'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    let middle = "now() - interval '10000 seconds', 'ffffffff-ffff-ffff-ffff-ffffffffffff'";
    for (types, statement, first) in [
        (
            "uuid, text, timestamptz, uuid, bigint, bigint",
            include_str!("../../../src/reactions/sql/list_reactors.sql"),
            format!("'{post}', 'like'"),
        ),
        (
            "uuid, text, timestamptz, uuid, bigint, bigint",
            include_str!("../../../src/reactions/sql/list_user_reactions.sql"),
            format!("'{user}', 'like'"),
        ),
        (
            "uuid, timestamptz, uuid, bigint, bigint",
            include_str!("../../../src/activities/sql/list_own_and_reposted.sql"),
            format!("'{user}'"),
        ),
    ] {
        for mode in ["force_generic_plan", "force_custom_plan"] {
            let db = app.database.connect().await;
            let prepare =
                format!("set plan_cache_mode = {mode}; prepare list ({types}) as {statement}");
            db.batch_execute(&prepare).await.unwrap();
            for cursor in [end, middle] {
                let arguments = format!("{first}, {cursor}, 21, 1000");
                // The first run in a session also reads the catalogue.
                buffers(&db, &arguments).await;
                let read = buffers(&db, &arguments).await;
                assert!(
                    read < 250,
                    "{read} buffers at {cursor}, {mode}: {statement}"
                );
            }
        }
    }
}

//! Keyset paging: `limit`, cursors and the `Link` header.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::support::{TestApp, id};

/// Every activity of a feed, page by page. Calls `after_page` with the number of pages so far.
async fn read_all_pages(
    app: &TestApp,
    start: &str,
    mut after_page: impl AsyncFnMut(usize),
) -> Vec<Value> {
    let mut all = Vec::new();
    let mut next = Some(start.to_owned());
    let mut pages = 0;
    while let Some(path) = next {
        let answer = app.get(&path).await;
        next = answer.next();
        all.extend(answer.ok().as_array().unwrap().clone());
        pages += 1;
        after_page(pages).await;
    }
    all
}

/// Inserts a thousand activities, three with each time, so that a cursor also needs the `uuid`.
async fn populate(app: &TestApp) {
    app.user("alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at, expires_at)
             select users.uuid, 'number ' || n, now() - interval '1 day' - (n / 3) * interval '1 second',
                    now() + interval '1 day'
             from users, generate_series(1, 1000) as n",
        )
        .await;
}

#[tokio::test]
async fn the_pages_of_a_feed_show_each_remaining_activity_once_while_rows_are_added_and_deleted() {
    let app = TestApp::start().await;
    populate(&app).await;
    let alice = app.sign_in("alice").await;
    let shown = read_all_pages(&app, "/api/activities/home?limit=37", async |page| {
        alice.create_activity(&format!("new {page}")).await;
        app.database
            .execute(&format!(
                "delete from activities where message in ('number {}', 'number {}')",
                page * 11,
                1000 - page * 7,
            ))
            .await;
    })
    .await;

    let mut times_shown: BTreeMap<&str, usize> = BTreeMap::new();
    for activity in &shown {
        *times_shown.entry(id(activity)).or_default() += 1;
    }
    assert!(
        times_shown.values().all(|times| *times == 1),
        "the pages show an activity twice"
    );
    let client = app.database.connect().await;
    let remaining_rows = client
        .query(
            "select uuid::text from activities where message like 'number %'",
            &[],
        )
        .await
        .unwrap();
    assert!(remaining_rows.len() > 900);
    for row in remaining_rows {
        assert!(
            times_shown.contains_key(row.get::<_, &str>(0)),
            "the pages miss an activity that was not deleted"
        );
    }
}

#[tokio::test]
async fn a_page_of_a_feed_has_a_hundred_rows_by_default_and_all_pages_are_newest_first() {
    let app = TestApp::start().await;
    populate(&app).await;
    let first = app.get("/api/activities/home").await;
    assert!(first.next().is_some());
    assert_eq!(first.ok().as_array().unwrap().len(), 100);
    let all = read_all_pages(&app, "/api/activities/@alice?limit=100", async |_| {}).await;
    assert_eq!(all.len(), 1000);
    let times: Vec<_> = all
        .iter()
        .map(|activity| activity["created_at"].as_str())
        .collect();
    assert!(
        times.is_sorted_by(|earlier, later| earlier >= later),
        "the pages are not newest first"
    );
}

#[tokio::test]
async fn a_last_page_that_is_exactly_full_has_no_next_link() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    for message in ["one", "two"] {
        alice.create_activity(message).await;
    }
    let answer = app.get("/api/activities/home?limit=2").await;
    assert_eq!(answer.next(), None);
    assert_eq!(answer.ok().as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn the_replies_of_a_thread_are_paged_from_old_to_new() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("count").await;
    for number in 1..=5 {
        alice.reply(&post, &number.to_string()).await;
    }
    for path in [
        format!("/api/activities/{}?limit=2", id(&post)),
        format!("/api/activities/@alice/status/{}?limit=2", id(&post)),
    ] {
        let mut messages = Vec::new();
        let mut next = Some(path);
        while let Some(path) = next {
            let answer = app.get(&path).await;
            next = answer.next();
            let body = answer.ok();
            assert_eq!(
                body.pointer("/replies_count")
                    .or(body.pointer("/activity/replies_count")),
                Some(&json!(5))
            );
            for reply in body["replies"].as_array().unwrap() {
                messages.push(reply["message"].as_str().unwrap().to_owned());
            }
        }
        assert_eq!(messages, ["1", "2", "3", "4", "5"]);
    }
}

#[tokio::test]
async fn every_paged_route_has_a_hundred_rows_by_default() {
    let app = TestApp::start_operated().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello @bob").await;
    app.database
        .execute(&format!(
            "insert into activities (user_uuid, message)
             select uuid, 'hello @bob ' || n from users, generate_series(1, 100) as n where handle = 'alice';
             insert into activities (user_uuid, message, reply_to_activity_uuid)
             select uuid, 'a reply', '{post}' from users, generate_series(1, 101) where handle = 'bob';
             update activities set replies_count = 101 where uuid = '{post}';
             insert into users (cognito_user_id, handle, display_name)
             select 'sub-' || n, 'user_' || n, 'User' from generate_series(1, 101) as n;
             insert into message_groups (first_user_uuid, second_user_uuid, last_message_at)
             select least(bob.uuid, users.uuid), greatest(bob.uuid, users.uuid), now()
             from users as bob, users where bob.handle = 'bob' and users.handle like 'user_%';
             insert into messages (message_group_uuid, user_uuid, message, created_at)
             select message_groups.uuid, users.uuid, 'hello', now()
             from message_groups, users, generate_series(1, 101)
             where handle = 'user_1' and users.uuid in (first_user_uuid, second_user_uuid) or handle = 'bob';
             insert into admin_audit (who, method, path, address, status)
             select 'token', 'GET', '/', '::1', 200 from generate_series(1, 101)",
            post = id(&post)
        ))
        .await;
    let thread = format!("/api/activities/{}", id(&post));
    let status = format!("/api/activities/@alice/status/{}", id(&post));
    for path in [
        "/api/activities/home",
        "/api/activities/@alice",
        "/api/activities/search?term=hello",
        "/api/activities/notifications",
        "/api/message_groups",
        "/api/messages/@user_1",
        &thread,
        &status,
    ] {
        let answer = bob.get(path).await;
        assert!(answer.next().is_some(), "{path}");
        let body = answer.ok();
        let rows = body.as_array().or(body["replies"].as_array()).unwrap();
        assert_eq!(rows.len(), 100, "{path}");
    }
    let audit = app.admin().get("/admin/audit").await.ok();
    assert_eq!(audit.as_array().unwrap().len(), 100);
}

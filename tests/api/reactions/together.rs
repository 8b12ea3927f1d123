//! Many reactions at the same time: batches, locks and two servers.

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt};
use serde_json::Value;
use tokio_postgres::Client;

use super::{counts, insert_likes, reaction, shown, wrong_counts};
use crate::support::{Answer, TestApp, User, id};

const CLIENTS: usize = 64;

/// Users, signed in at one of the servers by turns.
async fn fans<'app>(servers: &[&'app TestApp], count: usize) -> Vec<User<'app>> {
    let fans = (0..count).map(async |number| {
        let handle = format!("client_{number}");
        servers[0].insert_user(&handle).await;
        servers[number % servers.len()].sign_in(&handle).await
    });
    stream::iter(fans).buffered(8).collect().await
}

async fn lock<'a>(client: &'a mut Client, activity: &Value) -> tokio_postgres::Transaction<'a> {
    let transaction = client.transaction().await.unwrap();
    let statement = format!(
        "select from activities where uuid = '{}' for update",
        id(activity)
    );
    transaction.query_one(&statement, &[]).await.unwrap();
    transaction
}

#[tokio::test]
async fn counts_are_the_numbers_of_rows_after_64_clients_of_two_servers_toggled_reactions() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let posts = [
        alice.create_activity("one").await,
        alice.create_activity("two").await,
    ];
    let clients = fans(&[&app, &second], CLIENTS).await;
    let toggle = async |number: usize| {
        let client = &clients[number];
        // Every second client begins with the other activity.
        for round in 0..6 {
            let post = &posts[(number + round) % 2];
            let kind = if round % 3 == 0 { "repost" } else { "like" };
            let path = reaction(post, kind);
            let answer = match (number + round) % 4 {
                0 => client.delete(&path).await,
                _ => client.put(&path).await,
            };
            let after = counts(&answer.ok());
            assert!(
                after.iter().all(|count| (0..=64).contains(count)),
                "{after:?}"
            );
        }
    };
    join_all((0..CLIENTS).map(toggle)).await;
    assert_eq!(wrong_counts(&app).await, 0);
    for post in &posts {
        let rows = |kind: &str| {
            format!(
                "select count(*) from reactions where activity_uuid = '{}' and kind = '{kind}'",
                id(post)
            )
        };
        let rows = [
            app.database.count(&rows("like")).await,
            app.database.count(&rows("repost")).await,
        ];
        for server in [&app, &second] {
            assert_eq!(counts(&shown(server, post).await), rows);
        }
    }
}

#[tokio::test]
async fn each_response_of_concurrent_likes_counts_the_like() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("popular").await;
    let clients = fans(&[&app], CLIENTS).await;
    let path = reaction(&post, "like");
    let answers = join_all(clients.iter().map(|client| client.put(&path))).await;
    let mut after: Vec<i64> = answers
        .into_iter()
        .map(|answer| counts(&answer.ok())[0])
        .collect();
    after.sort_unstable();
    // A batch of n likes has one count; no response can be below the number of likes that had theirs before.
    for (before, count) in after.iter().enumerate() {
        assert!(*count > i64::try_from(before).unwrap(), "{after:?}");
    }
    assert_eq!(after.last(), Some(&64));
    assert_eq!(counts(&shown(&app, &post).await), [64, 0]);
}

#[tokio::test]
async fn reactions_to_other_activities_do_not_wait_for_a_locked_activity() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let (busy, free) = (
        alice.create_activity("busy").await,
        alice.create_activity("free").await,
    );
    let clients = fans(&[&app], 16).await;
    let mut locker = app.database.connect().await;
    let locking = lock(&mut locker, &busy).await;
    let (to_busy, to_free) = (reaction(&busy, "like"), reaction(&free, "like"));
    // While the requests for the locked activity wait, they are in the same batches as the others.
    let waiting = join_all(clients.iter().map(|client| client.put(&to_busy)));
    let others = async {
        for _ in 0..2 {
            for answer in join_all(clients.iter().map(|client| client.put(&to_free))).await {
                answer.ok();
            }
            for answer in join_all(clients.iter().map(|client| client.delete(&to_free))).await {
                answer.ok();
            }
        }
        locking.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(waiting, others);
    for answer in answers {
        answer.ok();
    }
    assert_eq!(counts(&shown(&app, &busy).await), [16, 0]);
    assert_eq!(counts(&shown(&app, &free).await), [0, 0]);
}

#[tokio::test]
async fn a_reaction_to_an_activity_that_stays_locked_is_refused_with_503_and_changes_nothing() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("locked").await;
    let mut locker = app.database.connect().await;
    let locking = lock(&mut locker, &post).await;
    let path = reaction(&post, "like");
    let refused = alice.put(&path).await;
    refused.refused(503, "service_unavailable");
    locking.rollback().await.unwrap();
    assert_eq!(counts(&shown(&app, &post).await), [0, 0]);
    assert_eq!(counts(&alice.put(&path).await.ok()), [1, 0]);
}

#[tokio::test]
async fn of_several_changes_of_one_reaction_in_a_batch_the_last_decides() {
    let app = TestApp::start().await;
    let (alice, bob) = (app.user("alice").await, app.user("bob").await);
    let post = alice.create_activity("hello").await;
    let statement = include_str!("../../../src/reactions/sql/update_reactions.sql");
    let client = app.database.connect().await;
    let statement = client.prepare(statement).await.unwrap();
    let uuid: uuid::Uuid = id(&post).parse().unwrap();
    let of = |users: &[&User<'_>]| -> Vec<String> {
        users
            .iter()
            .map(|user| format!("sub-{}", user.handle))
            .collect()
    };
    let users = of(&[&alice, &bob, &alice, &bob, &alice, &bob]);
    let kinds = ["like", "like", "repost", "like", "like", "repost"].to_vec();
    for (changes, expected) in [
        ([true, false, true, true, false, false], [1, 1]),
        ([false, true, false, false, true, true], [1, 1]),
        ([true, true, true, true, true, true], [2, 2]),
        ([true, true, false, false, false, false], [0, 0]),
    ] {
        let rows = client
            .query(
                &statement,
                &[
                    &users,
                    &vec![uuid; 6],
                    &kinds,
                    &changes.to_vec(),
                    &vec![false; 6],
                ],
            )
            .await
            .unwrap();
        let activity = rows
            .iter()
            .find(|row| row.get::<_, Option<i64>>("ordinal").is_none());
        let activity = activity.unwrap();
        let returned =
            ["likes_count", "reposts_count"].map(|key| i64::from(activity.get::<_, i32>(key)));
        assert_eq!(returned, expected);
        assert_eq!(counts(&shown(&app, &post).await), expected);
        assert_eq!(wrong_counts(&app).await, 0);
    }
}

#[tokio::test]
async fn a_like_and_the_deletion_of_its_user_at_the_same_time_leave_true_counts() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("hello").await;
    insert_likes(&app, &post, 5).await;
    let clients = fans(&[&app], 32).await;
    let path = reaction(&post, "like");
    let deletions = async {
        for number in (0..32).step_by(2) {
            let statement = format!("delete from users where handle = 'client_{number}'");
            app.database.execute(&statement).await;
        }
    };
    let likes = join_all(clients.iter().map(|client| client.put(&path)));
    let (answers, ()): (Vec<Answer>, ()) = tokio::join!(likes, deletions);
    for (number, answer) in answers.into_iter().enumerate() {
        match number % 2 {
            0 => assert!([200, 403].contains(&answer.status), "{}", answer.body),
            _ => assert_eq!(answer.status, 200, "{}", answer.body),
        }
    }
    assert_eq!(counts(&shown(&app, &post).await), [5 + 16, 0]);
    assert_eq!(wrong_counts(&app).await, 0);
}

//! Writes that share a statement and a commit are independent: each gets its own response, and neither a refused write
//! nor one whose client disconnects affects another.

mod reads;
mod write;

use std::collections::HashMap;

use futures_util::future::join_all;
use serde_json::{Value, json};

use self::write::{POSTS, Write, burst, reply_to};
use crate::support::{RawConnection, TestApp, User, eventually, id};

const UNKNOWN_UUID: &str = "11111111-1111-4111-8111-111111111111";
const USED_KEY: &str = "used-before";

async fn users<'app>(app: &'app TestApp, prefix: &str, count: usize) -> Vec<User<'app>> {
    join_all((0..count).map(async |number| app.user(&format!("{prefix}_{number}")).await)).await
}

/// The number of rows with each text.
async fn rows(app: &TestApp) -> HashMap<String, i64> {
    let client = app.database.connect().await;
    let rows = "select message, count(*) from activities group by message";
    let rows = client.query(rows, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn replies_count(app: &TestApp, parent: &Value) -> Value {
    let thread = app.get(&format!("{POSTS}/{}", id(parent))).await.ok();
    thread["replies_count"].clone()
}

/// Makes the database refuse the text `poison` at every insert, and each of the texts `retried` at its first insert, as
/// a serialization failure or a deadlock would. A sequence with the name of the text counts the inserts, since no
/// rollback resets it.
async fn make_inserts_fail(app: &TestApp, retried: &[String]) {
    let sequences = retried
        .iter()
        .map(|name| format!("create sequence {name};"));
    let sql = "
        alter table activities add constraint poison check (message <> 'poison');
        create function stumble() returns trigger language plpgsql as $$
        begin
            if nextval(new.message::regclass) = 1 then
                raise exception 'a race was lost' using errcode =
                    case when new.message like '%odd' then '40001' else '40P01' end;
            end if;
            return new;
        end $$;
        create trigger stumble before insert on activities for each row
            when (new.message like 'stumble%') execute function stumble();";
    let sql = sequences.collect::<String>() + sql;
    app.database.execute(&sql).await;
}

#[tokio::test]
async fn each_concurrent_write_gets_its_own_response() {
    let app = TestApp::start().await;
    let writers = users(&app, "writer", 8).await;
    let [alice, bob] = [&writers[0], &writers[1]];
    let deleted_user = app.user("ghost").await;
    let long = "x".repeat(281);
    let parents = [
        alice.create_activity("parent one").await,
        bob.create_activity("parent two").await,
    ];
    let [expired, deleted] = [
        alice.create_activity("expired").await,
        alice.create_activity("deleted").await,
    ];
    alice
        .delete(&format!("{POSTS}/{}", id(&deleted)))
        .await
        .ok();
    let sql = "delete from users where handle = 'ghost';
        update activities set expires_at = now() where message = 'expired'";
    app.database.execute(sql).await;
    Write::new(alice, POSTS, "first")
        .with_key(USED_KEY)
        .send()
        .await
        .ok();
    let waves = 0..4;
    let retried = |wave: usize| ["even", "odd"].map(|kind| format!("stumble_{wave}_{kind}"));
    make_inserts_fail(&app, &waves.clone().flat_map(retried).collect::<Vec<_>>()).await;

    for wave in waves {
        let duplicates = ["same-key-0", "same-key-1", "same-key-2", "same-key-3"][wave];
        let mut writes = vec![
            Write::new(&deleted_user, POSTS, "boo").refused(403, "cognito_user_id_blank"),
            Write::new(&deleted_user, &reply_to(id(&parents[0])), "boo")
                .refused(403, "cognito_user_id_blank"),
            Write::new(bob, POSTS, &*long).refused(422, "message_exceed_max_chars"),
            Write::new(bob, POSTS, " ").refused(422, "message_blank"),
            Write::new(bob, POSTS, "\0").refused(422, "message_invalid"),
            Write::new(bob, &reply_to("1"), "lost").refused(400, "malformed_uuid"),
            Write::new(bob, POSTS, "poison").refused(500, "generic_500"),
            Write::new(alice, POSTS, "poison").refused(500, "generic_500"),
            Write::new(bob, &reply_to(id(&parents[1])), "poison").refused(500, "generic_500"),
            Write::new(alice, POSTS, "second")
                .with_key(USED_KEY)
                .refused(422, "idempotency_key_reused"),
            Write::new(bob, POSTS, "poison")
                .with_key("bad")
                .refused(500, "generic_500"),
        ];
        for parent in [UNKNOWN_UUID, id(&expired), id(&deleted)] {
            let lost = Write::new(alice, &reply_to(parent), "lost");
            writes.push(lost.refused(404, "activity_not_found"));
        }
        writes.extend((0..4).map(|_| Write::new(bob, POSTS, duplicates).with_key(duplicates)));
        writes.extend(retried(wave).map(|text| Write::new(alice, POSTS, text)));
        writes.extend((0..48).map(|number| {
            let path = match number % 6 {
                0 => reply_to(id(&parents[number % 12 / 6])),
                _ => POSTS.to_owned(),
            };
            Write::new(&writers[number % 8], &path, format!("good {wave} {number}"))
        }));
        assert_eq!(writes.len(), 68);
        let mut ordinal = 0;
        writes.sort_by_cached_key(|_| {
            // The refused writes are spread among the accepted ones.
            ordinal += 29;
            ordinal % 68
        });
        let answers = burst(&writes).await;
        let duplicates = writes
            .iter()
            .zip(&answers)
            .filter(|(write, _)| write.key == Some(duplicates));
        let mut uuids: Vec<&str> = duplicates.map(|(_, answer)| id(&answer.body)).collect();
        uuids.dedup();
        assert_eq!(uuids.len(), 1);
    }

    let mut rows = rows(&app).await;
    rows.remove("expired");
    assert_eq!(rows.len(), 3 + 4 * (48 + 2 + 1), "{rows:?}");
    assert!(rows.values().all(|count| *count == 1), "{rows:?}");
    for parent in &parents {
        assert_eq!(replies_count(&app, parent).await, 4 * 4);
    }
}

#[tokio::test]
async fn only_one_of_two_bodies_under_an_idempotency_key_is_stored_by_two_servers() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let sessions = [app.user("alice").await, second.sign_in("alice").await];
    let bob = app.user("bob").await;
    for key in ["one", "two", "three"] {
        let duplicates: Vec<Write<'_>> = (0..32)
            .map(|number| {
                let text = format!("{key} {}", number % 2);
                Write::new(&sessions[number / 2 % 2], POSTS, text).with_key(key)
            })
            .collect();
        let others: Vec<Write<'_>> = (0..32)
            .map(|number| Write::new(&bob, POSTS, format!("{key} of {number}")))
            .collect();
        let (answers, _) =
            tokio::join!(join_all(duplicates.iter().map(Write::send)), burst(&others));
        let winner = answers.iter().find(|answer| answer.status == 200).unwrap();
        for (write, answer) in duplicates.iter().zip(&answers) {
            match winner.body["message"] == *write.message {
                true => assert_eq!((answer.status, &answer.body), (200, &winner.body)),
                false => answer.refused(422, "idempotency_key_reused"),
            }
        }
    }
    let rows = rows(&app).await;
    assert_eq!(rows.len(), 3 * (1 + 32), "{rows:?}");
    assert!(rows.values().all(|count| *count == 1), "{rows:?}");
}

#[tokio::test]
async fn replies_to_the_same_parents_from_two_servers_in_opposite_order_all_succeed() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let alice = app.user("alice").await;
    let sessions = [second.sign_in("alice").await, app.sign_in("alice").await];
    let mut parents = Vec::new();
    for number in 0..4 {
        parents.push(alice.create_activity(&format!("parent {number}")).await);
    }
    for wave in 0..6 {
        let replies: Vec<Write<'_>> = (0..64)
            .map(|number| {
                let (server, turn) = (number % 2, number / 2 % 4);
                let parent = &parents[if server == 0 { turn } else { 3 - turn }];
                let text = format!("reply {wave} {number}");
                Write::new(&sessions[server], &reply_to(id(parent)), text)
            })
            .collect();
        burst(&replies).await;
    }
    for parent in &parents {
        assert_eq!(replies_count(&app, parent).await, 6 * 64 / 4);
    }
    let rows = rows(&app).await;
    assert_eq!(rows.len(), 4 + 6 * 64);
}

#[tokio::test]
async fn clients_that_disconnect_affect_no_other_write_and_leave_no_connection_in_use() {
    let app = TestApp::start().await;
    let writers = users(&app, "writer", 4).await;
    let parent = writers[0].create_activity("parent").await;
    let replies = reply_to(id(&parent));
    let idle = connections_in_use(&app).await;
    let mut locker = app.database.connect().await;
    for wave in 0..4 {
        // While the table is locked, the requests of the clients that disconnect are in flight.
        let locking = locker.transaction().await.unwrap();
        let lock = "lock table activities in access exclusive mode";
        locking.batch_execute(lock).await.unwrap();
        let mut connections = Vec::new();
        for number in 0..6 {
            let mut connection = RawConnection::open(&app).await;
            let text = format!("disconnected {wave} {number}");
            let body = json!({ "message": text, "ttl": "1-hour" }).to_string();
            let token = &writers[number % 4].token;
            match number {
                0 | 1 => connection.send("POST", &replies, token, &body).await,
                2 => {
                    connection
                        .send("GET", "/api/activities/home", token, "")
                        .await
                }
                _ => connection.send("POST", POSTS, token, &body).await,
            }
            connections.push(connection);
        }
        let waiting = "select count(*) from pg_stat_activity
            where datname = current_database() and wait_event_type = 'Lock'";
        eventually(async || app.database.count(waiting).await > 0).await;
        connections.into_iter().for_each(RawConnection::reset);
        let good: Vec<Write<'_>> = (0..32)
            .map(|number| {
                let path = if number % 4 == 0 { &replies } else { POSTS };
                Write::new(&writers[number % 4], path, format!("good {wave} {number}"))
            })
            .collect();
        let (_, released) = tokio::join!(burst(&good), locking.rollback());
        released.unwrap();
    }
    eventually(async || connections_in_use(&app).await <= idle).await;
    burst(&[Write::new(&writers[0], POSTS, "afterwards")]).await;
    let rows = rows(&app).await;
    assert!(rows.values().all(|count| *count == 1), "{rows:?}");
    let good = rows.keys().filter(|text| text.starts_with("good"));
    assert_eq!(good.count(), 4 * 32);
    let stored = format!(
        "select count(*) from activities where reply_to_activity_uuid = '{}'",
        id(&parent)
    );
    let stored = app.database.count(&stored).await;
    assert_eq!(replies_count(&app, &parent).await, stored);
}

async fn connections_in_use(app: &TestApp) -> usize {
    let metrics = app.get("/metrics").await.ok();
    let mut lines = metrics.as_str().unwrap().lines();
    let value = lines.find_map(|line| line.strip_prefix("cruddur_database_connections_in_use "));
    value.unwrap().parse().unwrap()
}

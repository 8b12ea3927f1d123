//! Prepares every SQL statement of the program on the migrated schema, and compares statements whose results must be
//! equal.

use std::path::{Path, PathBuf};

use chrono::{DateTime, TimeDelta, Utc};
use cruddur::activities::TimeToLive;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, SimpleQueryMessage};
use uuid::Uuid;

use crate::support::Database;

fn statements(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            statements(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "sql") {
            found.push(path);
        }
    }
}

#[tokio::test]
async fn every_statement_can_be_prepared_on_the_migrated_schema() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let mut paths = Vec::new();
    statements(
        &Path::new(env!("CARGO_MANIFEST_DIR")).join("src"),
        &mut paths,
    );
    assert!(paths.len() > 10, "the statements were not found");
    // The migrations create the first table only where they find a prototype. The others stand for views of an extension
    // and of later versions of PostgreSQL.
    client
        .batch_execute(
            "create table prototype_takeover (outcome text, rows bigint);
             create table pg_stat_statements (
                 dbid oid, queryid bigint, query text, calls bigint, mean_exec_time float8, total_exec_time float8
             );
             create table pg_stat_checkpointer (num_timed bigint, num_requested bigint, write_time float8)",
        )
        .await
        .unwrap();
    for path in paths {
        let text = std::fs::read_to_string(&path).unwrap();
        if let Err(error) = client.prepare(&text).await {
            panic!("{}: {:?}", path.display(), error.as_db_error());
        }
    }
}

#[tokio::test]
async fn the_sql_function_hours_to_live_returns_the_hours_of_every_time_to_live() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    let statement = "select hours_to_live(now(), now() + make_interval(secs => $1))";
    for ttl in TimeToLive::ALL {
        let seconds = ttl.duration().as_secs();
        #[expect(clippy::cast_precision_loss, reason = "a month has few seconds")]
        let hours: i32 = client
            .query_one(statement, &[&(seconds as f64)])
            .await
            .unwrap()
            .get(0);
        assert_eq!(Ok(seconds), (hours * 3600).try_into(), "{}", ttl.as_str());
    }
    let other = client.query_one(statement, &[&7200.0]).await.unwrap();
    assert_eq!(other.get::<_, i32>(0), 0);
}

/// Inserts activities with each of the seven times to live, with other times to live and without expiry. Some are new,
/// some expired long ago, some expire at now(); many share a created_at, and one in ten has a changed expiry.
const INSERT_ACTIVITIES: &str = "
    insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
    insert into activities (user_uuid, message, created_at, expires_at)
    select users.uuid, 'hello', at, at + make_interval(hours => hours)
    from users,
        (select hours, now() - coalesce(hours, 100) * round((random() * 12)::numeric) * interval '6 minutes' as at
         from generate_series(1, 2000) as n,
            lateral (select (array[720, 168, 72, 24, 12, 3, 1, 5, 1000, null])[1 + n % 10] as hours) as times_to_live
        ) as timed;
    update activities
    set expires_at = now() + round((random() * 10 - 5)::numeric) * interval '1 hour'
    where get_byte(uuid_send(uuid), 0) % 10 = 0;";

#[tokio::test]
async fn the_pages_of_home_together_equal_one_query_of_the_activities_table() {
    let database = Database::migrated().await;
    let mut client = database.connect().await;
    // Within one transaction now() is the same for every statement.
    let db = client.transaction().await.unwrap();
    db.batch_execute(INSERT_ACTIVITIES).await.unwrap();
    let expected: Vec<Uuid> = db
        .query(
            "select uuid from activities where expires_at is null or expires_at > now()
             order by created_at desc, uuid desc",
            &[],
        )
        .await
        .unwrap()
        .iter()
        .map(|row| row.get("uuid"))
        .collect();
    assert!((500..1900).contains(&expected.len()), "{}", expected.len());

    let list_home = include_str!("../../src/activities/sql/list_home.sql");
    let list_home = db.prepare(list_home).await.unwrap();
    // 101 is the limit of the longest page.
    for limit in [7_i64, 101] {
        let mut pages = Vec::new();
        let end: DateTime<Utc> = "9999-12-31T23:59:59Z".parse().unwrap();
        let mut cursor = (end, Uuid::max());
        loop {
            let mut page: Vec<(DateTime<Utc>, Uuid)> = db
                .query(&list_home, &[&cursor.0, &cursor.1, &limit])
                .await
                .unwrap()
                .iter()
                .map(|row| (row.get("created_at"), row.get("uuid")))
                .collect();
            page.sort_by(|a, b| b.cmp(a));
            let Some(last) = page.last() else { break };
            cursor = *last;
            pages.extend(page.iter().map(|(_, uuid)| *uuid));
        }
        assert_eq!(pages, expected, "in pages of {limit}");
    }
}

#[tokio::test]
async fn both_search_statements_return_the_same_activities() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    db.batch_execute(
        "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
         insert into activities (user_uuid, message, created_at, expires_at)
         select uuid, 'apple ' || n % 3 || ' banana' || n % 5, now() - n / 4 * interval '1 minute',
             case n % 7 when 0 then now() end
         from users, generate_series(1, 400) as n",
    )
    .await
    .unwrap();
    let newest = include_str!("../../src/activities/sql/search_newest.sql");
    let newest = db.prepare(newest).await.unwrap();
    let by_word = include_str!("../../src/activities/sql/search_by_word.sql");
    let by_word = db.prepare(by_word).await.unwrap();
    let cursors = db
        .query(
            "select created_at, uuid from activities where message like '% 1 %'",
            &[],
        )
        .await
        .unwrap();
    for term in [
        "apple",
        "1 banana4",
        "bana",
        "apples 2",
        "@a banana0",
        "pear",
    ] {
        for cursor in cursors.iter().step_by(20) {
            let (created_at, uuid): (DateTime<Utc>, Uuid) = (cursor.get(0), cursor.get(1));
            let found = async |statement, limit: i64, max_matches: i64| -> Vec<Option<Uuid>> {
                db.query(
                    statement,
                    &[&term, &created_at, &uuid, &limit, &max_matches],
                )
                .await
                .unwrap()
                .iter()
                .map(|row| row.get("uuid"))
                .collect()
            };
            for limit in [5, 1000] {
                let expected = found(&newest, limit, i64::MAX).await;
                assert_eq!(found(&by_word, limit, i64::MAX).await, expected, "{term}");
            }
            if term != "pear" {
                assert_eq!(found(&by_word, 5, 20).await, [None], "{term}");
            }
        }
    }
}

#[tokio::test]
async fn a_search_of_the_newest_activities_goes_on_until_no_older_activity_is_left() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    db.batch_execute(
        "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
         insert into activities (user_uuid, message, created_at)
         select uuid, case n % 20 when 0 then 'needle' else 'hay' end, now() - n * interval '1 minute'
         from users, generate_series(1, 400) as n",
    )
    .await
    .unwrap();
    let newest = include_str!("../../src/activities/sql/search_newest.sql");
    let newest = db.prepare(newest).await.unwrap();
    let mut cursor = (Utc::now() + TimeDelta::days(1), Uuid::max());
    let (mut turns, mut found) = (0, 0);
    loop {
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&"needle", &cursor.0, &cursor.1, &1000_i64, &Some(100_i64)];
        let rows = db.query(&newest, &parameters).await.unwrap();
        let matches = rows.iter().filter(|row| row.get("is_found"));
        found += matches.count();
        turns += 1;
        match rows.last() {
            Some(last) if !last.get::<_, bool>("is_found") => {
                cursor = (last.get("created_at"), last.get("uuid"));
            }
            _ => break,
        }
    }
    // The fifth turn finds that nothing is left.
    assert_eq!((turns, found), (5, 20));
    let everything: [&(dyn ToSql + Sync); 5] =
        [&"needle", &cursor.0, &cursor.1, &1000_i64, &None::<i64>];
    assert_eq!(db.query(&newest, &everything).await.unwrap().len(), 0);
}

/// The value of `Shared Hit Blocks` and `Shared Read Blocks` of the plan, added up.
async fn buffers(db: &Client, statement: &str) -> i64 {
    let explain = format!("explain (analyze, buffers, format json) {statement}");
    let rows = db.simple_query(&explain).await.unwrap();
    let plan = rows.iter().find_map(|message| match message {
        SimpleQueryMessage::Row(row) => row.get(0),
        _ => None,
    });
    let plan: serde_json::Value = serde_json::from_str(plan.unwrap()).unwrap();
    let buffers = ["Shared Hit Blocks", "Shared Read Blocks"]
        .map(|name| plan[0]["Plan"][name].as_i64().unwrap());
    buffers.iter().sum()
}

#[tokio::test]
async fn a_page_of_notices_reads_as_little_for_a_user_with_20_000_notices_as_for_others() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    db.batch_execute(
        "insert into users (cognito_user_id, handle, display_name)
         select 'sub-' || n, 'user_' || n, 'User'
         from generate_series(1, 2000) as n;
         insert into activities (user_uuid, message)
         select uuid, 'hello'
         from users;
         insert into notices (user_uuid, kind, actor_uuid, activity_uuid, created_at)
         select activities.user_uuid, 'like', actor.uuid, activities.uuid, now() - n * interval '1 second'
         from generate_series(1, 30000) as n
         join users as author on author.handle = 'user_' || case when n <= 20000 then 1 else 2 + n % 1999 end
         join activities on activities.user_uuid = author.uuid
         join users as actor on actor.handle = 'user_' || 2 + (n + 1) % 1998",
    )
    .await
    .unwrap();
    db.batch_execute("vacuum analyze").await.unwrap();
    let list = include_str!("../../src/notifications/sql/list_notices.sql");
    let list = format!("prepare list (text, timestamptz, uuid, bigint, bigint) as {list}");
    let count = include_str!("../../src/notifications/sql/count_unread_notices.sql");
    let count = format!("prepare count_unread (text, bigint, bigint) as {count}");
    db.batch_execute(&format!("{list}; {count}")).await.unwrap();
    for mode in ["force_custom_plan", "force_generic_plan"] {
        let set = format!("set plan_cache_mode = {mode}");
        db.batch_execute(&set).await.unwrap();
        for subject in ["sub-1", "sub-7"] {
            let list = format!(
                "execute list ('{subject}', '9999-12-31', 'ffffffff-ffff-ffff-ffff-ffffffffffff', 5, 5000)"
            );
            let count = format!("execute count_unread ('{subject}', 5, 5000)");
            for statement in [list, count] {
                // The first run in a session also reads the catalogue.
                buffers(&db, &statement).await;
                let read = buffers(&db, &statement).await;
                assert!(read < 100, "{mode}: {statement}: {read} buffers");
            }
        }
    }
}

#[tokio::test]
async fn a_profile_reads_as_little_for_a_user_with_20_000_activities_as_for_a_user_with_few() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    db.batch_execute(
        "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A'), ('b', 'b', 'B');
         insert into activities (user_uuid, message, expires_at)
         select uuid, 'hello', now() + interval '1 day'
         from users, generate_series(1, 20000) as n
         where handle = 'a' or n < 10",
    )
    .await
    .unwrap();
    db.batch_execute("vacuum analyze").await.unwrap();
    let profile = include_str!("../../src/users/sql/find_profile.sql");
    db.batch_execute(&format!("prepare profile (text) as {profile}"))
        .await
        .unwrap();
    for (handle, cruds) in [("a", 20_000_i64), ("b", 9)] {
        let statement = format!("execute profile ('{handle}')");
        let rows = db.simple_query(&statement).await.unwrap();
        let row = rows.iter().find_map(|message| match message {
            SimpleQueryMessage::Row(row) => row.get("cruds_count"),
            _ => None,
        });
        assert_eq!(row, Some(&*cruds.to_string()));
        // The first run in a session also reads the catalogue.
        let read = buffers(&db, &format!("execute profile ('{handle}')")).await;
        assert!(read < 50, "{read} buffers");
    }
}

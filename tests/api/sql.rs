//! Prepares every SQL statement of the program on the migrated schema, and compares statements whose results must be
//! equal.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use cruddur::activities::TimeToLive;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, Row, SimpleQueryMessage, Statement};
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

/// The term and the cursor of a search.
type Search<'a> = (&'a str, (DateTime<Utc>, Uuid));

/// Runs a statement of the search from one position to the next until nothing is left. `key` returns the position's key
/// from its row.
async fn all_steps<K: ToSql + Sync>(
    db: &Client,
    statement: &Statement,
    (term, before): Search<'_>,
    first: K,
    key: impl Fn(&Row) -> Option<K>,
    max_read: i64,
    pages: Option<i64>,
) -> Vec<Uuid> {
    const LIMIT: i64 = 30;
    let end: DateTime<Utc> = "9999-12-31T23:59:59Z".parse().unwrap();
    let mut position = Some((end, first));
    let mut found: Vec<(DateTime<Utc>, Uuid)> = Vec::new();
    while let Some((newest, first)) = position.take() {
        let mut parameters: Vec<&(dyn ToSql + Sync)> = vec![
            &term, &before.0, &before.1, &LIMIT, &newest, &first, &max_read,
        ];
        parameters.extend(pages.iter().map(|pages| pages as &(dyn ToSql + Sync)));
        for row in &db.query(statement, &parameters).await.unwrap() {
            match key(row) {
                Some(key) => position = Some((row.get("created_at"), key)),
                None => found.push((row.get("created_at"), row.get("uuid"))),
            }
        }
    }
    found.sort_by(|a, b| b.cmp(a));
    found.iter().take(30).map(|(_, uuid)| *uuid).collect()
}

#[tokio::test]
async fn a_text_that_a_search_finds_contains_the_needle_of_each_part() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    // Words of letters, digits and what the stemmer changes, and each beginning of them as a term.
    let compare = "
        with text as (
            select (
                select string_agg(
                    (array['1', '2', '0', 'e', 'y', 'd', 'ie', 'ing', 'es', 'ed', 'Ab', 'é', 'Ě', ' ', ' '])[1 + (random() * 14)::int],
                    ''
                )
                from generate_series(1, 14)
                where number > 0
            ) as message
            from generate_series(1, 400) as number
        ),
        term as (
            select distinct left(word, length) as term
            from (select message from text limit 60) as sample
            cross join lateral unnest(string_to_array(message, ' ')) as word
            cross join lateral generate_series(1, length(word)) as length
        )
        select
            count(*),
            count(*) filter (where term ~ '[0-9]'),
            count(*) filter (where exists (
                select
                from search_parts(term)
                where strpos(search_folded('@a ' || message), needle) = 0
            ))
        from text
        cross join term
        where search_document('a', message, search_words('a ' || message)) @@ search_query(term)";
    let row = db.query_one(compare, &[]).await.unwrap();
    let [matches, with_digits, without_needle] = [0, 1, 2].map(|column| row.get::<_, i64>(column));
    assert!(
        matches > 1_000 && with_digits > 300,
        "{matches} matches, {with_digits} with digits"
    );
    assert_eq!(without_needle, 0);
    let needles = "
        select (select min(needle) from search_parts(term))
        from unnest(array['42', '42s', '2days', 'a1y', 'dying', 'happy']) with ordinality as asked (term, number)
        order by number";
    let needles: Vec<String> = db
        .query(needles, &[])
        .await
        .unwrap()
        .iter()
        .map(|row| row.get(0))
        .collect();
    assert_eq!(needles, ["42", "42", "2da", "a1", "d", "happ"]);
}

#[tokio::test]
async fn the_tail_and_the_index_of_the_search_have_the_same_matches_in_steps_of_any_size() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    // The times of the statements overlap.
    db.batch_execute(
        "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
         do $$ begin
             for statement in 1..20 loop
                 insert into activities (user_uuid, message, created_at, expires_at)
                 select uuid, 'apple ' || n % 3 || ' banana' || n % 5,
                     now() - (statement * 10 + n / 4) * interval '1 minute',
                     case n % 7 when 0 then now() end
                 from users, generate_series(1, 1 + statement * 3) as n;
             end loop;
         end $$",
    )
    .await
    .unwrap();
    let tail = include_str!("../../src/activities/sql/search_tail.sql");
    let tail = db.prepare(tail).await.unwrap();
    let segments = include_str!("../../src/activities/sql/search_segments.sql");
    let segments = db.prepare(segments).await.unwrap();
    let index = include_str!("../../src/activities/sql/index_search_tail.sql");
    let group = include_str!("../../src/activities/sql/index_search_group.sql");
    // Segments are in groups by their numbers, 32 in each.
    let skip = "select nextval('search_segments_segment_seq') from generate_series(1, 7)";
    let cursors = "select created_at, uuid from activities where message like '% 1 banana1'";
    let cursors = db.query(cursors, &[]).await.unwrap();
    let scan = "
        select activity.uuid
        from reachable_activities as activity
        join users on users.uuid = activity.user_uuid
        where search_document(handle, message, search_words(handle || ' ' || message)) @@ search_query($1)
            and (activity.created_at, activity.uuid) < ($2, $3)
        order by activity.created_at desc, activity.uuid desc
        limit 30";
    for is_indexed in [false, true] {
        if is_indexed {
            let enough = "update search_tail set weight = 262144";
            db.batch_execute(enough).await.unwrap();
            while db.query_one(index, &[]).await.unwrap().get::<_, i64>(0) > 0 {
                db.query(skip, &[]).await.unwrap();
            }
            while db.query_one(group, &[]).await.unwrap().get::<_, i64>(0) > 0 {}
            let built = "select count(*) from search_groups where is_built";
            let built = db.query_one(built, &[]).await.unwrap();
            assert_eq!(built.get::<_, i64>(0), 4);
        }
        for term in [
            "apple",
            "1 banana4",
            "bana",
            "apples 2",
            "@a banana0",
            "pear",
            "%",
        ] {
            for cursor in cursors.iter().step_by(7) {
                let before: (DateTime<Utc>, Uuid) = (cursor.get(0), cursor.get(1));
                let rows = db
                    .query(scan, &[&term, &before.0, &before.1])
                    .await
                    .unwrap();
                let expected: Vec<Uuid> = rows.iter().map(|row| row.get(0)).collect();
                for max_read in [1, 7, 1_000_000] {
                    let search = (term, before);
                    let found = if is_indexed {
                        let key = |row: &Row| row.get("segment");
                        all_steps(
                            &db,
                            &segments,
                            search,
                            i32::MAX,
                            key,
                            max_read,
                            Some(1 + max_read % 8),
                        )
                        .await
                    } else {
                        let key =
                            |row: &Row| (!row.get::<_, bool>("is_found")).then(|| row.get("uuid"));
                        all_steps(&db, &tail, search, Uuid::max(), key, max_read, None).await
                    };
                    assert_eq!(
                        found, expected,
                        "{term}, indexed: {is_indexed}, {max_read} at once"
                    );
                }
            }
        }
    }
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
async fn a_purge_reads_as_little_of_the_only_thread_as_of_one_of_many() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    let purge = include_str!("../../src/activities/sql/delete_thread.sql");
    db.batch_execute(&format!(
        "insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
         insert into activities (uuid, user_uuid, message)
         select md5('parent')::uuid, uuid, 'parent' from users;
         insert into activities (user_uuid, message, reply_to_activity_uuid)
         select uuid, 'reply', md5('parent')::uuid from users, generate_series(1, 20000);
         insert into deleted_activities (activity_uuid) values (md5('parent')::uuid);
         analyze;
         set plan_cache_mode = force_generic_plan;
         prepare purge (uuid, bigint, uuid) as {purge}"
    ))
    .await
    .unwrap();
    let statement = "execute purge (md5('parent')::uuid, 1000, md5('parent')::uuid)";
    let read = buffers(&db, statement).await;
    assert!(read < 50_000, "{read} buffers");
    // Checking the foreign keys of a thousand rows is not in the plan's buffers.
    let scans = "select seq_tup_read from pg_stat_xact_user_tables where relname = 'activities'";
    db.batch_execute("begin").await.unwrap();
    db.simple_query(statement).await.unwrap();
    let rows = db.query_one(scans, &[]).await.unwrap();
    db.batch_execute("rollback").await.unwrap();
    let scanned: i64 = rows.get(0);
    assert!(scanned < 100_000, "{scanned} rows scanned");
}

#[tokio::test]
async fn adding_up_cruds_counts_reads_each_change_once_with_a_plan_from_when_there_was_none() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    let add_up = include_str!("../../src/activities/sql/add_up_crud_counts.sql");
    db.batch_execute("vacuum crud_count_changes").await.unwrap();
    // The purge turns sequential scans off; its sessions keep a generic plan like this one after a while.
    db.batch_execute(&format!(
        "set enable_seqscan = off;
         set jit = off;
         set plan_cache_mode = force_generic_plan;
         prepare add_up (bigint) as {add_up};
         execute add_up (1000);
         insert into users (cognito_user_id, handle, display_name) values ('a', 'a', 'A');
         insert into crud_count_changes (user_uuid, cruds) select uuid, 1 from users, generate_series(1, 20000);
         begin"
    ))
    .await
    .unwrap();
    let scans =
        "select seq_tup_read from pg_stat_xact_user_tables where relname = 'crud_count_changes'";
    for _ in 0..20 {
        db.simple_query("execute add_up (1000)").await.unwrap();
    }
    let scanned: i64 = db.query_one(scans, &[]).await.unwrap().get(0);
    db.batch_execute("commit").await.unwrap();
    let counted = database.count("select cruds from crud_counts").await;
    assert_eq!(counted, 20_000);
    assert!(scanned <= 40_000, "{scanned} rows scanned");
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

#[tokio::test]
async fn a_look_reads_as_little_after_one_transaction_with_50_000_changes_as_before() {
    let database = Database::migrated().await;
    let db = database.connect().await;
    let look = include_str!("../../src/changes/sql/look.sql");
    // The settings of the server's sessions.
    db.batch_execute(&format!(
        "set plan_cache_mode = force_generic_plan; set enable_seqscan = off; set jit = off;
         prepare look (text, bigint, timestamptz, uuid) as {look}"
    ))
    .await
    .unwrap();
    // The statistics say that nearly all changes are of one transaction. New ones would have the statement planned again,
    // which reads the catalogue.
    db.batch_execute(
        "alter table changes set (autovacuum_enabled = off);
         insert into changes (kind, uuids)
         select 'activities_changed', array[gen_random_uuid()] from generate_series(1, 50000);
         analyze changes",
    )
    .await
    .unwrap();
    let mut other = database.connect().await;
    let open = other.transaction().await.unwrap();
    open.batch_execute(
        "insert into changes (kind, uuids)
         select 'activities_changed', array[gen_random_uuid()] from generate_series(1, 10000)",
    )
    .await
    .unwrap();
    // A snapshot in which no other transaction runs: each one that has ended, in any database, is a lookup of its own.
    let xid = "select pg_current_xact_id()::text::bigint";
    let xid: i64 = open.query_one(xid, &[]).await.unwrap().get(0);
    let snapshot = format!("{xid}:{}:{xid}", xid + 1);
    let statement = format!("execute look ('{snapshot}', 257, now(), gen_random_uuid())");
    buffers(&db, &statement).await;
    let read = buffers(&db, &statement).await;
    assert!(read < 50, "{read} buffers");
    // What one transaction has changed is read up to the limit.
    open.commit().await.unwrap();
    let read = buffers(&db, &statement).await;
    assert!(read < 100, "{read} buffers");
}

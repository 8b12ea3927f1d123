//! The tail and the index of the search: what is found is the same whether the words of an activity are indexed or not,
//! and while they are moved.

use std::collections::HashSet;

use serde_json::Value;
use tokio_postgres::Client;

use crate::support::{Database, TestApp, User, cruddur, eventually, id};

/// The number of the lock that lets one server index at a time: "search" in ASCII.
const LOCK: i64 = 126_879_263_777_640;

/// Every activity that is neither in the tail nor in a segment, or in more than one.
const NOT_ONCE: &str = "
    select count(*)
    from activities
    left join (
        select uuid, count(*) as places
        from (
            select unnest(activity_uuids) as uuid from search_tail
            union all
            select unnest(activity_uuids) from search_blocks
        ) as place
        group by uuid
    ) as counted on counted.uuid = activities.uuid
    where counted.places is distinct from 1";

/// A plain scan of all activities that are shown.
const SCAN: &str = "
    select activity.uuid::text
    from reachable_activities as activity
    join users on users.uuid = activity.user_uuid
    where search_document(handle, message, search_words(handle || ' ' || message)) @@ search_query($1)
    order by activity.created_at desc, activity.uuid desc";

fn path(term: &str, limit: usize) -> String {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("term", term)
        .append_pair("limit", &limit.to_string())
        .finish();
    format!("/api/activities/search?{query}")
}

/// The ids of all matches, in the order of the pages.
async fn all_pages(app: &TestApp, term: &str, limit: usize) -> Vec<String> {
    let mut found = Vec::new();
    let mut next = Some(path(term, limit));
    while let Some(path) = next {
        let page = app.get(&path).await;
        next = page.next();
        let page = page.ok();
        found.extend(
            page.as_array()
                .unwrap()
                .iter()
                .map(|one| id(one).to_owned()),
        );
    }
    found
}

async fn scanned(db: &Client, term: &str) -> Vec<String> {
    let rows = db.query(SCAN, &[&term]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

/// The metric of the tail's length.
async fn unindexed(app: &TestApp) -> u64 {
    let text = app.get("/metrics").await.ok();
    let mut lines = text.as_str().unwrap().lines();
    let value = lines.find_map(|line| line.strip_prefix("cruddur_search_unindexed "));
    value.unwrap().parse().unwrap()
}

/// Keeps every server from indexing, until the connection that it returns is dropped.
async fn hold_indexer(app: &TestApp) -> Client {
    let holder = app.database.connect().await;
    let locked = holder
        .execute("select pg_advisory_lock($1)", &[&LOCK])
        .await;
    locked.unwrap();
    holder
}

/// Makes each row of the tail large enough for a segment, and waits until all are indexed.
async fn index_all(app: &TestApp) {
    let tail = "select count(*) from search_tail";
    eventually(async || {
        app.database
            .execute("update search_tail set weight = 524288 where weight < 524288")
            .await;
        app.database.count(tail).await == 0
    })
    .await;
}

async fn check_all(app: &TestApp) {
    app.database
        .execute("update search_segments set due_at = now()")
        .await;
    let due = "select count(*) from search_segments where due_at <= now()";
    app.database.wait_for_count(due, 0).await;
}

/// Segments are in groups by their numbers, 32 in each: those that follow are in another group.
const NEXT_GROUP: &str =
    "select nextval('search_segments_segment_seq') from generate_series(1, 32)";

/// Has every complete group built, and built ones looked at.
async fn group_all(app: &TestApp) {
    app.database
        .execute("update search_groups set due_at = now() where due_at < 'infinity'")
        .await;
    let due = "select count(*) from search_groups where due_at <= now()";
    app.database.wait_for_count(due, 0).await;
}

/// One activity in `statements` statements of `rows` rows each, all with `message` and a number.
fn insert(statements: u32, rows: u32, message: &str) -> String {
    format!(
        "do $$ begin
            for statement in 1..{statements} loop
                insert into activities (user_uuid, message, created_at)
                select uuid, '{message} ' || n, now() - interval '1 hour' + n * interval '1 millisecond'
                from (select uuid from users limit 1) as author cross join generate_series(1, {rows}) as n;
            end loop;
        end $$"
    )
}

#[tokio::test]
async fn a_post_is_found_by_each_of_its_words_before_and_after_they_are_indexed() {
    let app = TestApp::start().await;
    let alice = app.user("alice_w").await;
    let holder = hold_indexer(&app).await;
    let run = "The RUNNERS are running and dying, end.Next to/from “quoted” École #Garden";
    let post = alice.create_activity(run).await;
    let reply = alice
        .reply(&post, "ponies happily @bob 100% 壁畫師，台北")
        .await;
    let holds = [
        ("running", &post),
        ("the runs", &post),
        ("die", &post),
        ("dying", &post),
        ("next", &post),
        ("quot", &post),
        ("école", &post),
        ("ÉCOLE", &post),
        ("#garden", &post),
        ("gar", &post),
        ("pony", &reply),
        ("happily", &reply),
        ("@bob", &reply),
        ("100%", &reply),
        ("台北", &reply),
    ];
    let both = ["@alice_w", "alice", "alice_w", "w"];
    let neither = [
        "#gard",
        "@alice",
        "@bo",
        "garden bob",
        "%",
        "_",
        "die 壁畫師",
    ];
    let check = async || {
        for (term, expected) in holds {
            assert_eq!(all_pages(&app, term, 10).await, [id(expected)], "{term}");
        }
        for term in both {
            assert_eq!(
                all_pages(&app, term, 10).await,
                [id(&reply), id(&post)],
                "{term}"
            );
        }
        for term in neither {
            assert_eq!(all_pages(&app, term, 10).await, [""; 0], "{term}");
        }
    };
    check().await;
    assert_eq!(
        app.database
            .count("select count(*) from search_segments")
            .await,
        0
    );
    drop(holder);
    index_all(&app).await;
    check().await;
}

#[tokio::test]
async fn posts_are_indexed_together_once_they_are_enough_for_a_segment() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("needle").await;
    app.database.execute(&insert(24, 100, "hay")).await;
    let segments = "select count(*) from search_segments where activities > 1900";
    app.database.wait_for_count(segments, 1).await;
    assert_eq!(app.database.count(NOT_ONCE).await, 0);
    assert_eq!(all_pages(&app, "needle", 1).await, [id(&post)]);
    assert_eq!(all_pages(&app, "hay", 100).await.len(), 2_400);
}

#[tokio::test]
async fn the_metrics_have_the_number_of_posts_that_are_not_indexed() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let _holder = hold_indexer(&app).await;
    for number in 1..=3 {
        alice.create_activity(&format!("number {number}")).await;
    }
    eventually(async || unindexed(&app).await == 3).await;
}

/// Writes wait a moment for the indexer, but not for ever.
#[tokio::test]
async fn posts_are_stored_and_found_while_a_long_tail_is_not_indexed() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let _holder = hold_indexer(&app).await;
    app.database.execute(&insert(20, 1_000, "backlog")).await;
    eventually(async || unindexed(&app).await == 20_000).await;
    let post = alice.create_activity("a needle").await;
    let reply = alice.reply(&post, "another needle").await;
    assert_eq!(all_pages(&app, "needle", 1).await, [id(&reply), id(&post)]);
    assert_eq!(all_pages(&app, "backlog 77", 100).await.len(), 20 * 11);
}

#[tokio::test]
async fn two_servers_index_every_post_once_and_without_a_deadlock() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let second = TestApp::start_second(&app, &[]).await;
    let write = async |rows: u32| {
        let client = app.database.connect().await;
        for _ in 0..3 {
            client
                .batch_execute(&insert(20, rows, "word"))
                .await
                .unwrap();
        }
    };
    let check = async || {
        for _ in 0..6 {
            check_all(&app).await;
        }
    };
    tokio::join!(write(50), write(100), write(70), check());
    let buildable = "select count(*) from search_tail having sum(weight) >= 122880";
    eventually(async || {
        let waiting = app.database.connect().await.query(buildable, &[]).await;
        waiting.unwrap().is_empty()
    })
    .await;
    assert_eq!(app.database.count(NOT_ONCE).await, 0);
    let deadlocks = "select deadlocks from pg_stat_database where datname = current_database()";
    assert_eq!(app.database.count(deadlocks).await, 0);
    for server in [&app, &second] {
        assert_eq!(all_pages(server, "word", 100).await.len(), 3 * 20 * 220);
    }
}

#[tokio::test]
async fn four_small_segments_become_a_large_one_and_are_in_no_group() {
    let app = TestApp::start().await;
    app.user("alice").await;
    // As many as a large segment needs.
    app.database.execute(&insert(1, 2_000, "word")).await;
    let segments = "select count(*) from search_segments where segment >= 1073741824";
    for small in 1..=4 {
        // As many as a small segment needs.
        app.database.execute(&insert(480, 1, "word")).await;
        app.database
            .wait_for_count("select count(*) from search_tail", 0)
            .await;
        app.database.wait_for_count(segments, small % 4).await;
        assert_eq!(app.database.count(NOT_ONCE).await, 0);
        let posts = usize::try_from(2_000 + 480 * small).unwrap();
        assert_eq!(all_pages(&app, "word", 100).await.len(), posts);
    }
    let merged = "select count(*) from search_segments where activities = 1920 and segment < 32";
    app.database.wait_for_count(merged, 1).await;
    for table in ["search_words", "search_blocks"] {
        let left = format!("select count(distinct segment) from {table}");
        assert_eq!(app.database.count(&left).await, 2, "{table}");
    }
    let groups = "select count(*) from search_groups where segment_group = 0 and not is_built and due_at = 'infinity'";
    assert_eq!(app.database.count(groups).await, 1);
    assert_eq!(
        app.database
            .count("select count(*) from search_groups")
            .await,
        1
    );
}

#[tokio::test]
async fn of_small_segments_whose_posts_are_deleted_the_rest_is_merged() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let segments = "select count(*) from search_segments where segment >= 1073741824";
    for small in 1..=3 {
        app.database.execute(&insert(480, 1, "word")).await;
        app.database.wait_for_count(segments, small).await;
    }
    // All of one small segment, and some of the others.
    app.database
        .execute(
            "delete from activities
             where uuid in (
                 select unnest(activity_uuids)
                 from search_blocks
                 where segment = (select min(segment) from search_segments) or block = 0
             )",
        )
        .await;
    app.database.execute(&insert(480, 1, "word")).await;
    // Too few are left for a large segment.
    app.database.wait_for_count(segments, 2).await;
    let left = 480 + 2 * (480 - 64);
    let indexed = "select coalesce(sum(activities), 0)::bigint from search_segments";
    app.database.wait_for_count(indexed, left).await;
    assert_eq!(app.database.count(NOT_ONCE).await, 0);
    let found = all_pages(&app, "word", 100).await.len();
    assert_eq!(i64::try_from(found).unwrap(), left);
}

#[tokio::test]
async fn large_rows_of_the_tail_come_before_a_small_segment() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let holder = hold_indexer(&app).await;
    app.database.execute(&insert(2, 2_000, "many")).await;
    app.database.execute(&insert(480, 1, "few")).await;
    drop(holder);
    app.database
        .wait_for_count("select count(*) from search_tail", 0)
        .await;
    let small = "select min(indexed_at) filter (where segment >= 1073741824) > max(indexed_at) filter (where segment < 1073741824)
        from search_segments";
    let row = app.database.connect().await.query_one(small, &[]).await;
    assert_eq!(row.unwrap().get::<_, Option<bool>>(0), Some(true));
    assert_eq!(all_pages(&app, "few", 100).await.len(), 480);
}

#[tokio::test]
async fn the_words_of_deleted_posts_leave_the_index() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.database.execute(&insert(1, 2_000, "tea")).await;
    index_all(&app).await;
    let words = "select count(*) from search_words";
    assert!(app.database.count(words).await > 2_000);

    // More than half of a segment: the rest is indexed again.
    app.database
        .execute("delete from activities where message > 'tea 18'")
        .await;
    check_all(&app).await;
    let left = app.database.count("select count(*) from activities").await;
    index_all(&app).await;
    assert_eq!(
        app.database
            .count("select sum(activities)::bigint from search_segments")
            .await,
        left
    );
    assert_eq!(
        app.database
            .count("select count(*) from search_words where word = '999'")
            .await,
        0
    );
    assert_eq!(
        all_pages(&app, "tea", 100).await.len(),
        usize::try_from(left).unwrap()
    );

    // Fewer: only after a day.
    app.database
        .execute("delete from activities where message = 'tea 17'")
        .await;
    check_all(&app).await;
    assert_eq!(
        app.database
            .count("select count(*) from search_words where word = '17'")
            .await,
        1
    );
    app.database
        .execute("update search_segments set indexed_at = now() - interval '25 hours'")
        .await;
    check_all(&app).await;
    index_all(&app).await;
    assert_eq!(
        app.database
            .count("select count(*) from search_words where word = '17'")
            .await,
        0
    );

    app.database.execute("delete from activities").await;
    check_all(&app).await;
    for table in [
        "search_segments",
        "search_blocks",
        "search_words",
        "search_tail",
    ] {
        let rows = format!("select count(*) from {table}");
        assert_eq!(app.database.count(&rows).await, 0, "{table}");
    }
}

#[tokio::test]
async fn the_words_of_deleted_posts_leave_the_groups() {
    let app = TestApp::start().await;
    app.user("alice").await;
    for word in ["tea", "coffee", "cocoa"] {
        app.database.execute(&insert(1, 40, word)).await;
        index_all(&app).await;
    }
    app.database.execute(NEXT_GROUP).await;
    app.database.execute(&insert(1, 40, "water")).await;
    index_all(&app).await;
    group_all(&app).await;
    let noted = "
        select count(*)
        from search_group_words
        where array[left('coffee', 16)] && beginnings";
    assert_eq!(app.database.count(noted).await, 1);

    app.database
        .execute("delete from activities where message like 'coffee%'")
        .await;
    check_all(&app).await;
    assert_eq!(app.database.count(noted).await, 1);
    group_all(&app).await;
    let built = "select count(*) from search_groups where is_built and segments = 2";
    app.database.wait_for_count(built, 1).await;
    assert_eq!(app.database.count(noted).await, 0);
    assert_eq!(all_pages(&app, "coffee", 100).await.len(), 0);
    assert_eq!(all_pages(&app, "cocoa", 100).await.len(), 40);

    app.database.execute("delete from activities").await;
    check_all(&app).await;
    group_all(&app).await;
    let groups = "select count(*) from search_groups where due_at < 'infinity'";
    app.database.wait_for_count(groups, 0).await;
    let words = "select count(*) from search_group_words";
    assert_eq!(app.database.count(words).await, 0);
}

/// More segments than one statement searches have both words, and never in one post.
#[tokio::test]
async fn a_search_goes_on_after_many_segments_that_have_each_word_but_no_match() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let posts = |statements: u32, messages: &str| {
        format!(
            "do $$ begin
                for statement in 1..{statements} loop
                    insert into activities (user_uuid, message, created_at)
                    select uuid, message, now() - statement * interval '1 minute'
                    from (select uuid from users limit 1) as author cross join unnest(array[{messages}]) as message;
                end loop;
            end $$"
        )
    };
    app.database
        .execute(&posts(300, "'salt water', 'pepper water'"))
        .await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at)
             select uuid, 'pepper and salt', now() - interval '1 year' from users limit 1",
        )
        .await;
    index_all(&app).await;
    app.database.execute(NEXT_GROUP).await;
    app.database.execute(&posts(1, "'sugar'")).await;
    index_all(&app).await;
    group_all(&app).await;
    let segments = "select count(*) from search_segments where segment / 32 in (
        select segment_group from search_groups where is_built)";
    assert_eq!(app.database.count(segments).await, 301);
    let db = app.database.connect().await;
    for term in [
        "salt pepper",
        "pep salt",
        "salt pep",
        "pepper nothing",
        "salt",
        "wat",
    ] {
        let expected = scanned(&db, term).await;
        assert_eq!(all_pages(&app, term, 100).await, expected, "{term}");
    }
}

#[tokio::test]
async fn a_database_of_an_earlier_version_without_words_is_searchable_at_once_and_indexed_later() {
    let database = Database::empty().await;
    let migrate = |arguments: &[&str]| {
        let mut command = cruddur(&["db", "migrate"]);
        command
            .args(arguments)
            .env("CONNECTION_URL", database.url());
        let output = command.output();
        assert!(output.unwrap().status.success());
    };
    migrate(&["--target", "18"]);
    database
        .execute(
            "insert into users (cognito_user_id, handle, display_name) values ('sub-alice', 'alice', 'Alice');
             insert into activities (user_uuid, message, created_at)
             select uuid, 'old news ' || n, now() - interval '20 years' + n * interval '1 day'
             from users, generate_series(1, 5000) as n;
             truncate activity_documents",
        )
        .await;
    let holder = database.connect().await;
    let locked = holder
        .execute("select pg_advisory_lock($1)", &[&LOCK])
        .await;
    locked.unwrap();
    migrate(&[]);
    let app = TestApp::launch(database, &[], &[]);
    app.wait_for_log("\"schema\":\"current\"");
    let check = async || {
        assert_eq!(all_pages(&app, "news 4321", 1).await.len(), 1);
        assert_eq!(all_pages(&app, "old 12", 100).await.len(), 111);
    };
    check().await;
    assert_eq!(
        app.database
            .count("select count(*) from search_segments")
            .await,
        0
    );
    drop(holder);
    app.database
        .wait_for_count("select count(*) from search_tail where weight >= 262144", 0)
        .await;
    assert_eq!(app.database.count(NOT_ONCE).await, 0);
    check().await;
}

/// What costs a search most: words that all activities have, beginnings of all words, and terms that match none.
#[tokio::test]
async fn a_term_of_many_common_words_or_single_letters_finds_what_a_scan_finds() {
    let app = TestApp::start().await;
    app.user("alice").await;
    let eight = "alpha beta gamma delta epsilon zeta eta theta";
    app.database.execute(&insert(1, 6_000, eight)).await;
    let db = app.database.connect().await;
    let long = "alpha ".repeat(33);
    let letters = "a b c d e f g h i j k l m n o p q r s t u v w x y z a";
    let terms = [
        eight,
        letters,
        &long,
        "alpha 5999",
        "alpha 1",
        "zzz a",
        "zzz alpha",
        "a",
        "t",
        "1",
        "%",
        "_",
        "#alpha",
        "@alice beta 77",
        "beta nothing gam",
        "eta theta 60",
    ];
    for is_indexed in [false, true] {
        if is_indexed {
            index_all(&app).await;
        }
        for term in terms {
            let mut expected = scanned(&db, term).await;
            expected.truncate(100);
            let page = app.get(&path(term, 100)).await.ok();
            let found: Vec<_> = page.as_array().unwrap().iter().map(id).collect();
            assert_eq!(found, expected, "{term}, indexed: {is_indexed}");
        }
    }
}

const WORDS: [&str; 9] = [
    "the", "running", "runs", "garlic", "#garden", "garden", "École", "@bob", "one",
];
const TERMS: [&str; 9] = [
    "run",
    "the runs",
    "gar",
    "#garden",
    "école garlic",
    "@bob",
    "alice",
    "one the",
    "@carol garden",
];

fn random_message() -> String {
    let words = (0..rand::random_range(1..5)).map(|_| WORDS[rand::random_range(0..WORDS.len())]);
    words.collect::<Vec<_>>().join(" ")
}

/// One random change of posts or of the index, by the API or in SQL.
async fn change(app: &TestApp, users: &[User<'_>], posts: &mut Vec<Value>) {
    let user = &users[rand::random_range(0..users.len())];
    let database = &app.database;
    match rand::random_range(0..15) {
        0..=3 => posts.push(user.create_activity(&random_message()).await),
        4 => {
            database
                .execute(&format!(
                    "insert into activities (user_uuid, message, created_at)
                     select uuid, '{} ' || n, now() - random() * interval '3 years'
                     from users cross join generate_series(1, {}) as n",
                    random_message(),
                    rand::random_range(1..90),
                ))
                .await;
        }
        5 if !posts.is_empty() => {
            let parent = &posts[rand::random_range(0..posts.len())];
            let reply = serde_json::json!({ "message": random_message() });
            let path = format!("/api/activities/{}/reply", id(parent));
            // The parent may be gone.
            user.post(&path, &reply).await;
        }
        6 if !posts.is_empty() => {
            let post = posts.swap_remove(rand::random_range(0..posts.len()));
            // It may be gone, or another user's.
            user.delete(&format!("/api/activities/{}", id(&post))).await;
        }
        7 => {
            database
                .execute("update activities set expires_at = now() where random() < 0.02")
                .await
        }
        8 => {
            database
                .execute("delete from activities where random() < 0.05")
                .await
        }
        9 => {
            database
                .execute("update search_tail set weight = 262144 where random() < 0.5")
                .await
        }
        10 => index_all(app).await,
        11 => {
            index_all(app).await;
            database.execute(NEXT_GROUP).await;
        }
        12 => group_all(app).await,
        // For a small segment; four of these are merged.
        13 => {
            database
                .execute("update search_tail set weight = 122880 where random() < 0.5")
                .await
        }
        _ => {
            let due = "update search_segments set due_at = now(), indexed_at = now() - random() * interval '2 days'";
            database.execute(due).await;
        }
    }
}

#[tokio::test]
async fn a_search_finds_after_any_history_what_a_scan_of_all_posts_finds() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let users = [
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    ];
    let db = app.database.connect().await;
    let mut posts = Vec::new();
    for round in 0..40 {
        app.database.execute("delete from hidden_users").await;
        for _ in 0..4 {
            change(&app, &users, &mut posts).await;
        }
        let suspend = "
            insert into hidden_users (user_uuid, reason) select uuid, 'suspended' from users where random() < 0.2";
        app.database.execute(suspend).await;
        let term = TERMS[round % TERMS.len()];
        let limit = rand::random_range(1..=100);
        let server = if round % 2 == 0 { &app } else { &second };
        let expected = scanned(&db, term).await;
        assert_eq!(
            all_pages(server, term, limit).await,
            expected,
            "round {round}: {term}, {limit} a page"
        );
    }
}

#[tokio::test]
async fn the_pages_of_a_search_have_each_post_once_while_posts_are_added_indexed_and_deleted() {
    let app = TestApp::start().await;
    let second = TestApp::start_second(&app, &[]).await;
    let users = [
        app.user("alice").await,
        app.user("bob").await,
        app.user("carol").await,
    ];
    let db = app.database.connect().await;
    app.database
        .execute(&insert(30, 40, "the garlic runs"))
        .await;
    let mut posts = Vec::new();
    for round in 0..6 {
        let before = scanned(&db, "runs").await;
        let changes = async {
            for _ in 0..12 {
                change(&app, &users, &mut posts).await;
            }
        };
        let server = if round % 2 == 0 { &app } else { &second };
        let (found, ()) = tokio::join!(all_pages(server, "runs", 7), changes);
        let after: HashSet<_> = scanned(&db, "runs").await.into_iter().collect();
        let once: HashSet<_> = found.iter().collect();
        assert_eq!(
            once.len(),
            found.len(),
            "round {round}: a post is on two pages"
        );
        for post in before.iter().filter(|post| after.contains(*post)) {
            assert!(once.contains(post), "round {round}: {post} is on no page");
        }
    }
}

//! Full-text search for words, stems, authors and tags, in pages.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::support::{TestApp, eventually, id};

async fn found(app: &TestApp, term: &str) -> Vec<String> {
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("term", term)
        .finish();
    let list = app
        .get(&format!("/api/activities/search?{query}"))
        .await
        .ok();
    let message = |activity: &Value| activity["message"].as_str().unwrap().to_owned();
    list.as_array().unwrap().iter().map(message).collect()
}

#[tokio::test]
async fn search_finds_words_stems_tags_and_authors() {
    let app = TestApp::start().await;
    let (alice, ingrid) = (app.user("alice").await, app.user("ingrid_s").await);
    let run = "The RUNNERS are running, end.Next to/from “quoted” École";
    let post = alice.create_activity(run).await;
    let garden = "Planted garlic 🧄 #Garden 壁畫師，台北";
    ingrid.create_activity(garden).await;
    let reply = "so says @alice to a@b.com";
    ingrid.reply(&post, reply).await;

    for (term, expected) in [
        ("running", &[run][..]),
        ("runs", &[run]),
        ("runner", &[run]),
        ("the runs", &[run]),
        ("Next", &[run]),
        ("from", &[run]),
        ("quoted", &[run]),
        ("école", &[run]),
        ("runni", &[run]),
        ("runni quot", &[]),
        ("running quot", &[run]),
        ("#garden", &[garden]),
        ("#gard", &[]),
        ("garden", &[garden]),
        ("gar", &[garden]),
        ("台北", &[garden]),
        ("壁畫", &[garden]),
        ("@alice", &[reply, run]),
        ("@ALICE the", &[run]),
        ("@b", &[]),
        ("@ingrid_s", &[reply, garden]),
        ("@ingrid", &[]),
        ("ingrid_s garlic", &[garden]),
        ("alice", &[reply, run]),
        ("garlic runners", &[]),
    ] {
        assert_eq!(found(&app, term).await, expected, "{term}");
    }
}

#[tokio::test]
async fn search_treats_operators_and_wildcards_in_a_term_as_text() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice
        .create_activity("100% of snake_case, it's plain")
        .await;
    let all = ["100% of snake_case, it's plain"];
    for term in [
        "100%",
        "snake_case",
        "it's",
        "'100' & (plain:*",
        "100 | !plain",
        "\\plain\\",
    ] {
        assert_eq!(found(&app, term).await, all, "{term}");
    }
    let long = [
        "x".repeat(200),
        "😀".repeat(200),
        "@".repeat(200),
        "'".repeat(200),
    ];
    let none = ["%", "_", "\\", "'", "\"", "&|!()<->:*", "🌊", "nothing"];
    for term in long.iter().map(String::as_str).chain(none) {
        assert_eq!(found(&app, term).await, [""; 0], "{term}");
    }
}

#[tokio::test]
async fn an_invalid_search_is_refused_with_the_code_of_the_first_failed_check() {
    let app = TestApp::start().await;
    for (query, code) in [
        ("", "search_term_blank"),
        ("?term=", "search_term_blank"),
        ("?term=%20%09", "search_term_blank"),
        (
            &format!("?term={}", "%C3%A9".repeat(201)),
            "search_term_exceed_max_chars",
        ),
        ("?term=a%00", "search_term_invalid"),
    ] {
        app.get(&format!("/api/activities/search{query}"))
            .await
            .refused(422, code);
    }
    app.get("/api/activities/search?term=a&limit=0")
        .await
        .refused(400, "malformed_query");
    app.get("/api/activities/search?term=a&before=x")
        .await
        .refused(400, "malformed_cursor");
}

#[tokio::test]
async fn search_does_not_find_deleted_or_expired_activities() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let first = alice.create_activity("coffee one").await;
    alice.create_activity("coffee two").await;
    alice
        .delete(&format!("/api/activities/{}", id(&first)))
        .await
        .ok();
    assert_eq!(found(&app, "coffee").await, ["coffee two"]);
    app.database
        .execute("update activities set expires_at = now()")
        .await;
    assert_eq!(found(&app, "coffee").await, [""; 0]);
}

/// A tsvector holds no word of more than 2,046 bytes.
#[tokio::test]
async fn search_finds_a_text_of_one_long_word_by_its_beginning() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("a post").await;
    for letter in ["x", "é", "壁", "𝒳"] {
        let reply = letter.repeat(1024);
        alice.reply(&post, &reply).await;
        for length in [1, 20, 200] {
            let term = letter.repeat(length);
            assert_eq!(found(&app, &term).await, [&reply[..]], "{term}");
        }
    }
}

/// There are more activities than one statement reads.
#[tokio::test]
async fn the_pages_of_a_search_hold_each_match_once_newest_first() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at)
             select users.uuid,
                 case when n % 500 = 0 or n > 4990 then 'needle ' else 'hay ' end || n,
                 now() - interval '1 day' + n * interval '1 second'
             from users cross join generate_series(1, 5000) as n",
        )
        .await;
    let mut messages = Vec::new();
    let mut next = Some("/api/activities/search?term=needle&limit=4".to_owned());
    while let Some(path) = next {
        let page = app.get(&path).await;
        next = page.next();
        let page = page.ok();
        let rows = page.as_array().unwrap().iter();
        messages.extend(rows.map(|one| one["message"].as_str().unwrap().to_owned()));
    }
    let expected = (1..=5000u32).rev().filter(|n| n % 500 == 0 || *n > 4990);
    assert_eq!(
        messages,
        expected.map(|n| format!("needle {n}")).collect::<Vec<_>>()
    );
}

/// None of the matches is among the activities that the first statements read.
#[tokio::test]
async fn search_finds_a_word_that_only_older_activities_contain() {
    let app = TestApp::start().await;
    app.user("alice").await;
    app.database
        .execute(
            "insert into activities (user_uuid, message, created_at)
             select uuid, 'tale ' || n, now() - interval '1 day' + n * interval '1 second'
             from users, generate_series(1, 2500) as n;
             insert into activities (user_uuid, message)
             select uuid, 'news' from users, generate_series(1, 2100)",
        )
        .await;
    let newest: Vec<_> = (2401..=2500).rev().map(|n| format!("tale {n}")).collect();
    assert_eq!(found(&app, "tale").await, newest);
    assert_eq!(found(&app, "tale 999").await, ["tale 999"]);
}

/// Searches wait for a lock on their table until every connection that they may use is taken.
#[tokio::test]
async fn searches_take_no_connection_from_other_requests_and_are_refused_when_too_many_wait() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    alice.create_activity("hello").await;
    let mut locker = app.database.connect().await;
    let locking = locker.transaction().await.unwrap();
    let lock = "lock table search_tail in access exclusive mode";
    locking.batch_execute(lock).await.unwrap();
    let refused = AtomicUsize::new(0);
    let searches = futures_util::future::join_all((0..200).map(async |_| {
        let answer = app.get("/api/activities/search?term=hello").await;
        if answer.status == 503 {
            refused.fetch_add(1, Ordering::Relaxed);
        }
        answer
    }));
    let others = async {
        // Those that find no place are refused while the lock is held.
        eventually(async || refused.load(Ordering::Relaxed) >= 50).await;
        app.get("/api/users/@alice").await.ok();
        alice.get("/api/activities/notifications").await.ok();
        locking.rollback().await.unwrap();
    };
    let (answers, ()) = tokio::join!(searches, others);
    for answer in answers {
        assert!(matches!(answer.status, 200 | 503), "{}", answer.body);
    }
    assert_eq!(found(&app, "hello").await, ["hello"]);
}

//! Tests of [`History`]: it accepts fresh reads and rejects stale ones.

use super::history::{History, List, Row};

fn post(second: usize) -> Row {
    Row {
        uuid: format!("uuid-{second}"),
        created_at: format!("2026-01-01T00:00:{second:02}Z"),
        handle: "alice".to_owned(),
        reply_to_activity_uuid: None,
        replies_count: 0,
        replies: Vec::new(),
    }
}

fn reply(second: usize, parent: &Row) -> Row {
    Row {
        reply_to_activity_uuid: Some(parent.uuid.clone()),
        ..post(second)
    }
}

fn with_replies(mut post: Row, count: usize, replies: &[Row]) -> Row {
    post.replies_count = count;
    post.replies = replies.to_vec();
    post
}

/// A history of three acknowledged posts.
fn three_posts() -> History {
    let mut history = History::default();
    (1..=3).for_each(|second| history.created(&post(second)));
    history
}

fn read_home(history: &mut History, limit: usize, seconds: &[usize]) -> Result<(), String> {
    let rows: Vec<Row> = seconds.iter().map(|second| post(*second)).collect();
    let began = history.begin_read();
    history.check_list(began, &List::Home, limit, &rows)
}

#[test]
fn the_history_accepts_a_page_with_all_or_the_newest_activities() {
    read_home(&mut three_posts(), 20, &[3, 2, 1]).unwrap();
    read_home(&mut three_posts(), 2, &[3, 2]).unwrap();
}

#[test]
fn the_history_rejects_a_read_without_an_acknowledged_activity() {
    for (limit, seconds) in [(20, &[2, 1][..]), (20, &[]), (2, &[2, 1]), (3, &[3, 1])] {
        read_home(&mut three_posts(), limit, seconds).unwrap_err();
    }
    let mut history = three_posts();
    let began = history.begin_read();
    let by_alice = List::By("alice".to_owned());
    history
        .check_list(began, &by_alice, 20, &[post(1)])
        .unwrap_err();
    history.check_not_found(began, "uuid-3").unwrap_err();
}

#[test]
fn the_history_accepts_a_read_without_a_write_acknowledged_after_it_began() {
    let mut history = three_posts();
    let began = history.begin_read();
    history.created(&post(4));
    let rows = [3, 2, 1].map(post);
    history.check_list(began, &List::Home, 20, &rows).unwrap();
    history.check_not_found(began, "uuid-4").unwrap();
    read_home(&mut history, 20, &[3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_page_with_a_row_twice_or_out_of_order() {
    read_home(&mut three_posts(), 20, &[3, 3, 2, 1]).unwrap_err();
    read_home(&mut three_posts(), 20, &[3, 1, 2]).unwrap_err();
}

#[test]
fn the_history_accepts_a_deleted_activity_only_until_the_deletion_is_acknowledged() {
    let mut history = three_posts();
    history.send_deletion("uuid-2");
    read_home(&mut history, 20, &[3, 2, 1]).unwrap();
    let began = history.begin_read();
    history.deleted("uuid-2");
    history.check_thread(began, &post(2), 100).unwrap();
    read_home(&mut history, 20, &[3, 1]).unwrap();
    read_home(&mut history, 20, &[3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_read_that_is_older_than_an_earlier_read() {
    let mut history = three_posts();
    read_home(&mut history, 20, &[4, 3, 2, 1]).unwrap();
    read_home(&mut history, 20, &[3, 2, 1]).unwrap_err();

    history.send_deletion("uuid-2");
    read_home(&mut history, 20, &[4, 3, 1]).unwrap();
    read_home(&mut history, 20, &[4, 3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_reply_count_that_misses_or_invents_a_reply() {
    let parent = post(1);
    let replies: Vec<Row> = (2..=5).map(|second| reply(second, &parent)).collect();
    let read_thread = |count: usize, replies_shown: &[Row]| {
        let mut history = History::default();
        history.created(&parent);
        for reply in &replies {
            history.send_reply(&parent.uuid);
            history.created(reply);
        }
        history.send_reply(&parent.uuid);
        history.send_deletion("uuid-2");
        let began = history.begin_read();
        history.check_thread(
            began,
            &with_replies(parent.clone(), count, replies_shown),
            3,
        )
    };
    read_thread(3, &replies[1..]).unwrap();
    read_thread(4, &replies[1..]).unwrap();
    read_thread(5, &[&replies[2..], &[reply(6, &parent)]].concat()).unwrap();
    read_thread(2, &replies[2..]).unwrap_err();
    read_thread(6, &replies[1..]).unwrap_err();
    read_thread(4, &replies[..3]).unwrap_err();
    read_thread(4, &replies[2..]).unwrap_err();
}

//! The judge judged: fresh histories, and stale ones that it must refuse.

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

/// Three posts, acknowledged.
fn three() -> History {
    let mut history = History::default();
    (1..=3).for_each(|second| history.created(&post(second)));
    history
}

fn home(history: &mut History, limit: usize, seconds: &[usize]) -> Result<(), String> {
    let rows: Vec<Row> = seconds.iter().map(|second| post(*second)).collect();
    let began = history.begin();
    history.listed(began, &List::Home, limit, &rows)
}

#[test]
fn the_history_accepts_a_page_with_all_or_the_newest_activities() {
    home(&mut three(), 20, &[3, 2, 1]).unwrap();
    home(&mut three(), 2, &[3, 2]).unwrap();
}

#[test]
fn the_history_rejects_a_read_without_an_acknowledged_activity() {
    for (limit, seconds) in [(20, &[2, 1][..]), (20, &[]), (2, &[2, 1]), (3, &[3, 1])] {
        home(&mut three(), limit, seconds).unwrap_err();
    }
    let mut history = three();
    let began = history.begin();
    let by_alice = List::By("alice".to_owned());
    history
        .listed(began, &by_alice, 20, &[post(1)])
        .unwrap_err();
    history.missed(began, "uuid-3").unwrap_err();
}

#[test]
fn the_history_accepts_a_read_without_a_write_acknowledged_after_it_began() {
    let mut history = three();
    let began = history.begin();
    history.created(&post(4));
    let rows = [3, 2, 1].map(post);
    history.listed(began, &List::Home, 20, &rows).unwrap();
    history.missed(began, "uuid-4").unwrap();
    home(&mut history, 20, &[3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_page_with_a_row_twice_or_out_of_order() {
    home(&mut three(), 20, &[3, 3, 2, 1]).unwrap_err();
    home(&mut three(), 20, &[3, 1, 2]).unwrap_err();
}

#[test]
fn the_history_accepts_a_deleted_activity_only_until_the_deletion_is_acknowledged() {
    let mut history = three();
    history.deleting("uuid-2");
    home(&mut history, 20, &[3, 2, 1]).unwrap();
    let began = history.begin();
    history.deleted("uuid-2");
    history.shown(began, &post(2), 100).unwrap();
    home(&mut history, 20, &[3, 1]).unwrap();
    home(&mut history, 20, &[3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_read_that_is_older_than_an_earlier_read() {
    let mut history = three();
    home(&mut history, 20, &[4, 3, 2, 1]).unwrap();
    home(&mut history, 20, &[3, 2, 1]).unwrap_err();

    history.deleting("uuid-2");
    home(&mut history, 20, &[4, 3, 1]).unwrap();
    home(&mut history, 20, &[4, 3, 2, 1]).unwrap_err();
}

#[test]
fn the_history_rejects_a_reply_count_that_misses_or_invents_a_reply() {
    let parent = post(1);
    let replies: Vec<Row> = (2..=5).map(|second| reply(second, &parent)).collect();
    let shown = |count: usize, shown: &[Row]| {
        let mut history = History::default();
        history.created(&parent);
        for reply in &replies {
            history.replying(&parent.uuid);
            history.created(reply);
        }
        history.replying(&parent.uuid);
        history.deleting("uuid-2");
        let began = history.begin();
        history.shown(began, &with_replies(parent.clone(), count, shown), 3)
    };
    shown(3, &replies[1..]).unwrap();
    shown(4, &replies[1..]).unwrap();
    shown(5, &[&replies[2..], &[reply(6, &parent)]].concat()).unwrap();
    shown(2, &replies[2..]).unwrap_err();
    shown(6, &replies[1..]).unwrap_err();
    shown(4, &replies[..3]).unwrap_err();
    shown(4, &replies[2..]).unwrap_err();
}

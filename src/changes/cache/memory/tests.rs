//! Tests of the memory: what it removes and what it keeps.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Memory;
use crate::changes::cache::answer::Answer;
use crate::changes::cache::dependencies::{Dependencies, HOME_LIST, ListRange, activity_tag};
use crate::changes::cache::effect::Effect;
use crate::changes::cache::entry::Stamp;
use crate::changes::cache::entry::{CacheKey, Fresh};
use crate::changes::cache::kept_answer::KeptAnswer;
use crate::domain::{Cursor, Document, PageQuery};

const KIB: usize = 1024;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::seconds(second)
}

fn key(limit: usize) -> CacheKey {
    CacheKey::Home(query(limit))
}

fn query(limit: usize) -> PageQuery {
    PageQuery::parse(&format!("limit={limit}")).expect("a query")
}

fn cursor(second: i64) -> Cursor {
    Cursor {
        created_at: at(second),
        uuid: Uuid::nil(),
    }
}

/// An answer of `length` bytes that shows the activity `uuid`.
fn fresh(length: usize, uuid: u128, expires_at: Option<DateTime<Utc>>) -> Fresh {
    let json = Document::of_json(vec![b'x'; length]);
    let mut dependencies = Dependencies::new(Some(at(0)));
    dependencies.add_activity(Uuid::from_u128(uuid), "alice", expires_at);
    Fresh::new(Answer::of_document(json), dependencies)
}

/// An empty memory after a first look.
fn memory(max_bytes: usize) -> Memory {
    let mut memory = Memory::new(max_bytes);
    assert_eq!(memory.stamp(), None);
    memory.forget(at(0), at(0));
    memory
}

fn keep(memory: &mut Memory, limit: usize, fresh: &Fresh) {
    let stamp = memory.stamp().expect("a look");
    insert(memory, limit, fresh, stamp);
}

fn insert(memory: &mut Memory, limit: usize, fresh: &Fresh, stamp: Stamp) {
    memory.insert(key(limit), KeptAnswer::plain(&fresh.answer), fresh, stamp);
}

/// The limits of the answers that are kept.
fn kept(memory: &Memory) -> Vec<usize> {
    (1..=100).filter(|limit| memory.has(&key(*limit))).collect()
}

/// Whether there is no entry, not even in an index.
fn is_empty(memory: &Memory) -> bool {
    let indexes = [
        memory.tags.len(),
        memory.lists.len(),
        memory.expiries.len(),
        memory.by_use.len(),
    ];
    memory.entries.is_empty() && memory.ids.is_empty() && indexes == [0; 4]
}

#[test]
fn an_answer_for_which_there_is_no_room_is_kept_the_second_time_instead_of_those_used_longest_ago()
{
    let mut memory = memory(200 * KIB);
    for limit in 1..=3 {
        keep(&mut memory, limit, &fresh(60 * KIB, 1, None));
    }
    assert!(memory.find(&key(1)).is_some());
    keep(&mut memory, 4, &fresh(60 * KIB, 1, None));
    assert_eq!(kept(&memory), [1, 2, 3]);
    keep(&mut memory, 4, &fresh(60 * KIB, 1, None));
    assert_eq!(kept(&memory), [1, 3, 4]);
    keep(&mut memory, 5, &fresh(201 * KIB, 1, None));
    keep(&mut memory, 5, &fresh(201 * KIB, 1, None));
    assert_eq!(kept(&memory), [1, 3, 4]);
    keep(&mut memory, 4, &fresh(KIB, 1, None));
    keep(&mut memory, 6, &fresh(60 * KIB, 1, None));
    assert_eq!(kept(&memory), [1, 3, 4, 6]);
    assert_eq!(memory.evictions(), 1);
    for limit in (1..=100).flat_map(|limit| [limit, limit]) {
        keep(&mut memory, limit, &fresh(50 * KIB, 1, None));
        assert!(memory.bytes() <= 200 * KIB, "{}", memory.bytes());
    }
    memory.apply(at(1), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    assert_eq!((memory.bytes(), kept(&memory)), (0, Vec::new()));
    assert!(is_empty(&memory));
}

#[test]
fn a_look_removes_what_has_expired_and_what_shows_a_changed_activity() {
    let mut memory = memory(KIB * KIB);
    keep(&mut memory, 1, &fresh(1, 1, None));
    keep(&mut memory, 2, &fresh(1, 2, Some(at(10))));
    keep(&mut memory, 3, &fresh(1, 3, Some(at(11))));
    memory.apply(at(9), &[]);
    assert_eq!(kept(&memory), [1, 2, 3]);
    memory.apply(at(10), &[]);
    assert_eq!(kept(&memory), [1, 3]);
    memory.apply(at(10), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    assert_eq!(kept(&memory), [3]);
    // It would be outdated at once.
    keep(&mut memory, 4, &fresh(1, 4, Some(at(10))));
    memory.apply(at(10), &[Effect::All]);
    assert!(kept(&memory).is_empty());
    assert!(is_empty(&memory));
}

#[test]
fn an_answer_is_not_kept_if_a_look_since_it_was_read_has_made_it_outdated() {
    let mut memory = memory(KIB * KIB);
    let before = memory.stamp().expect("a look");
    memory.apply(at(1), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    insert(&mut memory, 1, &fresh(1, 1, None), before);
    insert(&mut memory, 2, &fresh(1, 2, None), before);
    assert_eq!(kept(&memory), [2]);
    let after = memory.stamp().expect("a look");
    insert(&mut memory, 1, &fresh(1, 1, None), after);
    assert_eq!(kept(&memory), [1, 2]);
    // So many effects are not remembered.
    memory.apply(
        at(1),
        &[Effect::Touch(0); super::recent_effects::MAX_EFFECTS + 1],
    );
    insert(&mut memory, 3, &fresh(1, 3, None), after);
    assert_eq!(kept(&memory), [1, 2]);
    memory.forget(at(2), at(0));
    insert(&mut memory, 1, &fresh(1, 1, None), after);
    assert!(kept(&memory).is_empty());
    // Another server has read it.
    memory.forget(at(2), at(1));
    keep(&mut memory, 1, &fresh(1, 1, None));
    assert!(kept(&memory).is_empty());
}

#[test]
fn a_new_activity_removes_only_the_pages_on_which_it_belongs() {
    let mut memory = memory(KIB * KIB);
    let mut keep_page = |limit: usize, before: Option<i64>, last: Option<i64>| {
        let mut page = fresh(1, 1, None);
        let mut dependencies = (*page.dependencies).clone();
        let query = match before {
            None => query(limit),
            Some(second) => {
                let before = cursor(second).encode();
                PageQuery::parse(&format!("limit={limit}&before={before}")).expect("a query")
            }
        };
        dependencies.set_range(ListRange::of_home(&query, last.map(cursor)));
        page.dependencies = dependencies.into();
        keep(&mut memory, limit, &page);
    };
    keep_page(1, None, Some(30));
    keep_page(2, Some(30), Some(20));
    keep_page(3, Some(20), None);
    keep_page(4, None, None);
    let mut after = |second: i64| {
        memory.apply(at(1), &[Effect::Place(HOME_LIST, cursor(second))]);
        kept(&memory)
    };
    assert_eq!(after(31), [2, 3]);
    assert_eq!(after(30), [2, 3]);
    assert_eq!(after(20), [2, 3]);
    assert_eq!(after(21), [3]);
    assert!(after(1).is_empty());
}

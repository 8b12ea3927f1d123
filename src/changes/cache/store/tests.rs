//! Tests of the store: what it removes and what it keeps.

use chrono::{DateTime, TimeDelta, Utc};
use uuid::Uuid;

use super::Store;
use crate::changes::cache::answer::Answer;
use crate::changes::cache::dependencies::{Dependencies, HOME_LIST, ListRange, activity_tag};
use crate::changes::cache::effect::Effect;
use crate::changes::cache::entry::{CacheKey, Fresh};
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

/// An empty store after a first look.
fn store(max_bytes: usize) -> Store {
    let mut store = Store::new(max_bytes);
    assert_eq!(store.stamp(), None);
    store.forget(at(0), at(0));
    store
}

fn keep(store: &mut Store, limit: usize, fresh: &Fresh) {
    let stamp = store.stamp().expect("a look");
    store.insert(key(limit), fresh, stamp);
}

/// The limits of the answers that are kept.
fn kept(store: &Store) -> Vec<usize> {
    (1..=100).filter(|limit| store.has(&key(*limit))).collect()
}

/// Whether there is no entry, not even in an index.
fn is_empty(store: &Store) -> bool {
    let indexes = [
        store.tags.len(),
        store.lists.len(),
        store.expiries.len(),
        store.by_use.len(),
    ];
    store.entries.is_empty() && store.ids.is_empty() && indexes == [0; 4]
}

#[test]
fn answers_beyond_the_limit_in_bytes_are_evicted_from_the_one_used_longest_ago() {
    let mut store = store(200 * KIB);
    for limit in 1..=3 {
        keep(&mut store, limit, &fresh(60 * KIB, 1, None));
    }
    assert!(store.find(&key(1)).is_some());
    keep(&mut store, 4, &fresh(60 * KIB, 1, None));
    assert_eq!(kept(&store), [1, 3, 4]);
    keep(&mut store, 5, &fresh(201 * KIB, 1, None));
    assert_eq!(kept(&store), [1, 3, 4]);
    keep(&mut store, 4, &fresh(KIB, 1, None));
    keep(&mut store, 6, &fresh(60 * KIB, 1, None));
    assert_eq!(kept(&store), [1, 3, 4, 6]);
    assert_eq!(store.evictions(), 1);
    for limit in 1..=100 {
        keep(&mut store, limit, &fresh(50 * KIB, 1, None));
        assert!(store.bytes() <= 200 * KIB, "{}", store.bytes());
    }
    store.apply(at(1), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    assert_eq!((store.bytes(), kept(&store)), (0, Vec::new()));
    assert!(is_empty(&store));
}

#[test]
fn a_look_removes_what_has_expired_and_what_shows_a_changed_activity() {
    let mut store = store(KIB * KIB);
    keep(&mut store, 1, &fresh(1, 1, None));
    keep(&mut store, 2, &fresh(1, 2, Some(at(10))));
    keep(&mut store, 3, &fresh(1, 3, Some(at(11))));
    store.apply(at(9), &[]);
    assert_eq!(kept(&store), [1, 2, 3]);
    store.apply(at(10), &[]);
    assert_eq!(kept(&store), [1, 3]);
    store.apply(at(10), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    assert_eq!(kept(&store), [3]);
    // It would be outdated at once.
    keep(&mut store, 4, &fresh(1, 4, Some(at(10))));
    store.apply(at(10), &[Effect::All]);
    assert_eq!(kept(&store), []);
    assert!(is_empty(&store));
}

#[test]
fn an_answer_is_not_kept_if_a_look_since_it_was_read_has_made_it_outdated() {
    let mut store = store(KIB * KIB);
    let before = store.stamp().expect("a look");
    store.apply(at(1), &[Effect::Touch(activity_tag(Uuid::from_u128(1)))]);
    store.insert(key(1), &fresh(1, 1, None), before);
    store.insert(key(2), &fresh(1, 2, None), before);
    assert_eq!(kept(&store), [2]);
    let after = store.stamp().expect("a look");
    store.insert(key(1), &fresh(1, 1, None), after);
    assert_eq!(kept(&store), [1, 2]);
    // So many effects are not remembered.
    store.apply(at(1), &[Effect::Touch(0); super::MAX_RECENT + 1]);
    store.insert(key(3), &fresh(1, 3, None), after);
    assert_eq!(kept(&store), [1, 2]);
    store.forget(at(2), at(0));
    store.insert(key(1), &fresh(1, 1, None), after);
    assert_eq!(kept(&store), []);
    // Another server has read it.
    store.forget(at(2), at(1));
    keep(&mut store, 1, &fresh(1, 1, None));
    assert_eq!(kept(&store), []);
}

#[test]
fn a_new_activity_removes_only_the_pages_on_which_it_belongs() {
    let mut store = store(KIB * KIB);
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
        keep(&mut store, limit, &page);
    };
    keep_page(1, None, Some(30));
    keep_page(2, Some(30), Some(20));
    keep_page(3, Some(20), None);
    keep_page(4, None, None);
    let mut after = |second: i64| {
        store.apply(at(1), &[Effect::Place(HOME_LIST, cursor(second))]);
        kept(&store)
    };
    assert_eq!(after(31), [2, 3]);
    assert_eq!(after(30), [2, 3]);
    assert_eq!(after(20), [2, 3]);
    assert_eq!(after(21), [3]);
    assert_eq!(after(1), []);
}

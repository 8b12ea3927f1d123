//! Tests of the order of steps and of the places between them.

use chrono::TimeDelta;

use super::*;
use crate::changes::Position;

/// So many milliseconds after 1970.
fn time(milliseconds: i64) -> DateTime<Utc> {
    DateTime::UNIX_EPOCH + TimeDelta::milliseconds(milliseconds)
}

fn place(text: &str) -> Cursor {
    Position::parse(text).expect("a position").into()
}

fn change(id: i64, transaction: u64, kind: ChangeKind, uuids: &[u128]) -> Change {
    let uuids: Vec<Uuid> = uuids.iter().copied().map(Uuid::from_u128).collect();
    Change {
        id,
        transaction,
        kind,
        users: uuids.clone(),
        parents: vec![None; uuids.len()],
        created_at: vec![DateTime::UNIX_EPOCH; uuids.len()],
        expires_at: vec![Some(time(100_000)); uuids.len()],
        uuids,
        handles: Vec::new(),
    }
}

fn expired(uuid: u128, milliseconds: i64) -> Change {
    Change {
        expires_at: vec![Some(time(milliseconds))],
        ..change(i64::MAX, 0, ChangeKind::ActivityExpired, &[uuid])
    }
}

fn steps(placed: &[Placed]) -> Vec<Step> {
    placed.iter().map(|placed| placed.step.clone()).collect()
}

/// What a look finds between two places: transactions whose changes lie between each other's, three expiries, two of them
/// at once, and counts.
fn found() -> (Cursor, Cursor, Vec<Change>) {
    let changes = vec![
        change(1, 11, ChangeKind::ActivitiesCreated, &[1, 2]),
        change(2, 12, ChangeKind::ActivitiesCreated, &[3]),
        change(3, 12, ChangeKind::ActivitiesDeleted, &[1]),
        change(4, 11, ChangeKind::NoticesCreated, &[4, 5]),
        change(5, 13, ChangeKind::UsersChanged, &[6]),
        change(6, 12, ChangeKind::ActivitiesChanged, &[3, 9]),
        expired(7, 1_500),
        expired(8, 1_500),
        expired(9, 1_600),
    ];
    (
        place("1000000 ff 10:11:10"),
        place("2000000 ff 20:20:"),
        changes,
    )
}

#[test]
fn from_the_place_after_any_step_the_rest_is_told() {
    let (start, end, changes) = found();
    let counts = counted(&start, &end, &changes);
    let all = between(&start, &end, &changes, &counts);
    assert_eq!(all.len(), 12);
    let told_once = all.len() - counts.len();
    for number in (0..told_once).chain([all.len() - 1]) {
        let from = Cursor::decode(&all[number].after.encode()).expect("a cursor");
        let counts = counted(&from, &end, &changes);
        let rest = between(&from, &end, &changes, &counts);
        assert_eq!(steps(&rest), steps(&all[number + 1..]), "after {number}");
    }
}

#[test]
fn from_the_middle_of_a_transaction_its_rest_comes_before_what_has_committed_since() {
    let (start, end, mut changes) = found();
    let all = between(&start, &end, &changes, &[]);
    let middle = all
        .iter()
        .find(|placed| placed.after.done.is_some())
        .expect("a transaction with two events");
    // Its last change is earlier than all others.
    changes.push(change(-1, 14, ChangeKind::UsersChanged, &[10]));
    let rest = between(&middle.after, &end, &changes, &[]);
    let first = &steps(&all)[1];
    assert_eq!(&rest[0].step, first);
    let again = between(&rest[0].after, &end, &changes, &[]);
    assert_eq!(steps(&again), steps(&rest[1..]));
}

#[test]
fn what_is_deleted_at_its_expiry_is_told_once() {
    let (start, end) = (place("1000000 ff 10:10:"), place("2000000 ff 20:20:"));
    let deletion = |transaction, expiry| Change {
        expires_at: vec![Some(time(expiry))],
        ..change(1, transaction, ChangeKind::ActivitiesDeleted, &[1])
    };
    let names = |changes: &[Change]| -> Vec<&'static str> {
        let steps = between(&start, &end, changes, &[]);
        let name = |placed: &Placed| match placed.step {
            Step::Deleted(_) => "deleted",
            Step::Expired(_) => "expired",
            _ => "another",
        };
        steps.iter().map(name).collect()
    };
    // Told before as expired.
    assert_eq!(names(&[deletion(11, 500)]), [""; 0]);
    assert_eq!(names(&[deletion(11, 1_500)]), ["deleted"]);
    assert_eq!(names(&[deletion(11, 3_000)]), ["deleted"]);
    // Deleted after the end, as a later look finds.
    assert_eq!(names(&[deletion(25, 1_500)]), ["expired"]);
    assert_eq!(names(&[deletion(25, 3_000)]), [""; 0]);
}

#[test]
fn a_moved_expiry_is_told_when_it_has_passed() {
    let (start, end) = (place("1000000 ff 10:10:"), place("2000000 ff 20:20:"));
    let moved = |transaction, expiry| Change {
        expires_at: vec![Some(time(expiry)), Some(time(100_000))],
        ..change(1, transaction, ChangeKind::ActivitiesMoved, &[1, 1])
    };
    let names = |changes: &[Change]| steps(&between(&start, &end, changes, &[])).len();
    assert_eq!(names(&[moved(11, 50_000)]), 0);
    // Before the start, so that no expiry is found.
    assert_eq!(names(&[moved(11, 500)]), 1);
    // The table has the moved expiry, whether the move is told now or later.
    assert_eq!(names(&[moved(11, 1_500), expired(1, 1_500)]), 1);
    assert_eq!(names(&[moved(25, 1_500), expired(1, 1_500)]), 0);
    let mark = between(&start, &end, &[moved(11, 0)], &[]);
    assert!(matches!(mark[0].step, Step::Deleted(_)));
}

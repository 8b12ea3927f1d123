//! Which sessions wait for a lock, and which one is at the beginning: a tree for each session that blocks others and does
//! not wait itself.

use std::collections::{BTreeMap, BTreeSet};

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::duration;
use super::session::SessionRow;
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// The seconds of waiting from which on a wait deserves a look and an act.
const LOOK: f64 = 1.0;
const ACT: f64 = 10.0;
/// As many sessions that wait behind one for a second deserve an act at once.
const MANY: usize = 3;
/// `pg_blocking_pids` has this number for a prepared transaction, which has no session.
const PREPARED: i32 = 0;

/// The trees, one line for each session.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_lock_waits.sql"))
        .await?;
    part.judge("blocking", |rows: Vec<SessionRow>| {
        if rows.iter().all(|row| row.blocked_by.is_empty()) {
            return Section::of(
                "blocking",
                vec![Line::fine("locks", "no session waits for a lock")],
            );
        }
        let forest = Forest::of(&rows);
        let mut lines = Vec::new();
        for root in forest.roots() {
            forest.describe(root, commands, &mut lines);
        }
        Section::of("blocking", lines)
    })
}

/// Each session below the one that blocks it.
struct Forest<'a> {
    sessions: BTreeMap<i32, &'a SessionRow>,
    /// The sessions that wait behind each one, the longest first.
    behind: BTreeMap<i32, Vec<&'a SessionRow>>,
}

impl<'a> Forest<'a> {
    fn of(rows: &'a [SessionRow]) -> Self {
        let sessions: BTreeMap<i32, &SessionRow> = rows.iter().map(|row| (row.pid, row)).collect();
        let waits = |pid: &i32| {
            sessions
                .get(pid)
                .is_some_and(|row| !row.blocked_by.is_empty())
        };
        let mut behind: BTreeMap<i32, Vec<&SessionRow>> = BTreeMap::new();
        for row in rows {
            // A session also waits for those ahead of it in the queue of a lock. The one that holds the lock counts.
            let holder = row.blocked_by.iter().find(|pid| !waits(pid));
            if let Some(blocker) = holder.or_else(|| row.blocked_by.first()) {
                behind.entry(*blocker).or_default().push(row);
            }
        }
        Self { sessions, behind }
    }

    /// The blocking sessions that do not wait; in a deadlock, which PostgreSQL ends after a second, the first session.
    fn roots(&self) -> Vec<i32> {
        let waits = |pid: &i32| {
            self.sessions
                .get(pid)
                .is_some_and(|row| !row.blocked_by.is_empty())
        };
        let roots: Vec<i32> = self
            .behind
            .keys()
            .copied()
            .filter(|pid| !waits(pid))
            .collect();
        match roots.is_empty() {
            true => self.behind.keys().copied().take(1).collect(),
            false => roots,
        }
    }

    fn describe(&self, root: i32, commands: &Commands, lines: &mut Vec<Line>) {
        let mut waiting = Vec::new();
        self.collect(root, 1, &mut BTreeSet::from([root]), &mut waiting);
        let seconds = |row: &SessionRow| row.waiting_seconds.unwrap_or_default();
        let longest = waiting
            .iter()
            .map(|(_, row)| seconds(row))
            .fold(0.0, f64::max);
        let verdict = match longest {
            longest if longest >= LOOK && waiting.len() >= MANY => Verdict::Act,
            longest => Verdict::of(longest, LOOK, ACT),
        };
        let blocks = format!(
            "blocks {}, the longest for {}",
            waiting.len(),
            duration(longest)
        );
        let (subject, finding, remedy) = match self.sessions.get(&root) {
            Some(session) => (
                session.name(),
                format!("{blocks}; {}", session.activity()),
                session.remedy(commands),
            ),
            None if root == PREPARED => (
                "a prepared transaction".to_owned(),
                blocks,
                commands
                    .sql("select gid, prepared, owner from pg_prepared_xacts order by prepared"),
            ),
            None => (
                format!("process {root}"),
                blocks,
                commands.list_sessions("active"),
            ),
        };
        lines.push(Line::judged(subject, finding, verdict, remedy.clone()));
        for (depth, row) in waiting {
            let own = Verdict::of(seconds(row), LOOK, ACT).min(verdict);
            let finding = format!("waits for {}; {}", duration(seconds(row)), row.activity());
            lines.push(Line {
                depth,
                ..Line::judged(row.name(), finding, own, remedy.clone())
            });
        }
    }

    /// The sessions behind `pid`, each before those that wait behind it.
    fn collect(
        &self,
        pid: i32,
        depth: usize,
        seen: &mut BTreeSet<i32>,
        found: &mut Vec<(usize, &'a SessionRow)>,
    ) {
        for row in self.behind.get(&pid).into_iter().flatten() {
            if seen.insert(row.pid) {
                found.push((depth, row));
                self.collect(row.pid, depth + 1, seen, found);
            }
        }
    }
}

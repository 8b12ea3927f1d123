//! How far vacuum is behind: the oldest transaction ids that are not frozen, and what keeps dead rows from being removed.

use chrono::{DateTime, Utc};
use serde::Deserialize;

use super::super::commands::{Commands, literal};
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{count, float};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// An age deserves a look or an act from so many times the age on at which autovacuum freezes: there it is behind.
const LOOK: f64 = 1.5;
const ACT: f64 = 3.0;
/// Any age deserves an act from here on. The server stops at 2,147,483,648.
const ACT_AGE: i64 = 1_200_000_000;
/// A snapshot deserves a look or an act from this share of that age on.
const LOOK_HORIZON: f64 = 0.05;
const ACT_HORIZON: f64 = 0.5;

#[derive(Deserialize)]
struct Database {
    database: String,
    is_ours: bool,
    transactions: i64,
    multixacts: i64,
    max_transactions: i64,
    max_multixacts: i64,
    autovacuum: bool,
}

#[derive(Deserialize)]
struct Horizon {
    kind: String,
    name: String,
    pid: Option<i32>,
    backend_start: Option<DateTime<Utc>>,
    transactions: i64,
    max_transactions: i64,
}

/// The age of each database, and whether autovacuum runs.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_transaction_ages.sql"))
        .await?;
    part.judge("vacuum", |rows: Vec<Database>| {
        let mut lines = Vec::new();
        if rows.iter().any(|row| !row.autovacuum) {
            let remedy = commands.set("autovacuum", "on");
            lines.push(Line::judged("autovacuum", "is off", Verdict::Act, remedy));
        } else {
            lines.push(Line::fine("autovacuum", "is on"));
        }
        lines.extend(rows.into_iter().map(|row| row.judge(commands)));
        Section::of("vacuum", lines)
    })
}

impl Database {
    fn judge(self, commands: &Commands) -> Line {
        let of_age = |age: i64, max: i64| match age {
            ACT_AGE.. => Verdict::Act,
            age => Verdict::of(float(age) / float(max.max(1)), LOOK, ACT),
        };
        let verdict = of_age(self.transactions, self.max_transactions)
            .max(of_age(self.multixacts, self.max_multixacts));
        let finding = format!(
            "oldest row {} transactions and {} multixacts old; autovacuum freezes from {} and {} on",
            count(self.transactions),
            count(self.multixacts),
            count(self.max_transactions),
            count(self.max_multixacts)
        );
        let remedy = match self.is_ours {
            true => commands.sql("vacuum (freeze)"),
            false => format!("vacuumdb --freeze --dbname={}", self.database),
        };
        Line::judged(
            format!("database {}", self.database),
            finding,
            verdict,
            remedy,
        )
    }
}

/// The oldest snapshots.
pub(in super::super) async fn read_horizon(
    reader: &Reader<'_>,
    commands: &Commands,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_horizons.sql"))
        .await?;
    part.judge("vacuum_horizon", |rows: Vec<Horizon>| {
        let mut lines: Vec<Line> = rows.into_iter().map(|row| row.judge(commands)).collect();
        if lines.is_empty() {
            lines.push(Line::fine(
                "snapshots",
                "nothing keeps dead rows from being removed",
            ));
        }
        Section::of("vacuum_horizon", lines)
    })
}

impl Horizon {
    fn judge(self, commands: &Commands) -> Line {
        let age = float(self.transactions) / float(self.max_transactions.max(1));
        let (subject, remedy) = match (self.kind.as_str(), self.pid) {
            (_, Some(pid)) => (
                format!("process {pid} ({})", self.name),
                commands.terminate(pid, self.backend_start),
            ),
            ("prepared transaction", _) => (
                format!("prepared transaction {}", self.name),
                commands.sql(&format!("rollback prepared {}", literal(&self.name))),
            ),
            (kind, _) => (
                format!("{kind} {}", self.name),
                commands.sql(&format!(
                    "select pg_drop_replication_slot({})",
                    literal(&self.name)
                )),
            ),
        };
        let finding = format!(
            "keeps every row that was deleted in the last {} transactions",
            count(self.transactions)
        );
        Line::judged(
            subject,
            finding,
            Verdict::of(age, LOOK_HORIZON, ACT_HORIZON),
            remedy,
        )
    }
}

//! Transactions that have been open for long. They keep their locks, and vacuum from removing dead rows.

use serde::Deserialize;

use super::super::commands::{Commands, literal};
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::duration;
use super::session::SessionRow;
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// A transaction of so many times the age from which on one is long deserves an act.
const ACT: f64 = 10.0;

#[derive(Deserialize)]
struct Prepared {
    gid: String,
    account: String,
    database: String,
    seconds: f64,
}

/// The open transactions of sessions that are at least `long` seconds old; the oldest one in any case.
pub(in super::super) async fn read(
    reader: &Reader<'_>,
    commands: &Commands,
    long: f64,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_long_transactions.sql"))
        .await?;
    part.judge("transactions", |rows: Vec<SessionRow>| {
        let age = |row: &SessionRow| row.transaction_seconds.unwrap_or_default();
        let lines = rows
            .iter()
            .enumerate()
            .filter(|(index, row)| *index == 0 || age(row) >= long);
        let lines: Vec<Line> = lines
            .map(|(_, row)| {
                let verdict = Verdict::of(age(row), long, long * ACT);
                Line::judged(row.name(), row.activity(), verdict, row.remedy(commands))
            })
            .collect();
        match lines.is_empty() {
            true => Section::of(
                "transactions",
                vec![Line::fine("transactions", "no other transaction is open")],
            ),
            false => Section::of("transactions", lines),
        }
    })
}

/// The prepared transactions, which survive their sessions and restarts.
pub(in super::super) async fn read_prepared(
    reader: &Reader<'_>,
    commands: &Commands,
    long: f64,
) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_prepared_transactions.sql"))
        .await?;
    part.judge("prepared_transactions", |rows: Vec<Prepared>| {
        let mut lines: Vec<Line> = rows
            .into_iter()
            .map(|row| {
                let age = duration(row.seconds);
                let finding = format!("prepared {age} ago by {} in {}", row.account, row.database);
                let verdict = Verdict::of(row.seconds, long, long * ACT);
                let remedy = commands.sql(&format!("rollback prepared {}", literal(&row.gid)));
                Line::judged(row.gid, finding, verdict, remedy)
            })
            .collect();
        if lines.is_empty() {
            lines.push(Line::fine("prepared transactions", "none"));
        }
        Section::of("prepared_transactions", lines)
    })
}

//! The clients' connections, against the number that the server admits.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{percent, share};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// The shares of the admitted connections from which on they deserve a look and an act.
const LOOK: f64 = 0.8;
const ACT: f64 = 0.9;

#[derive(Deserialize)]
struct Row {
    app: String,
    sessions: i64,
    active: i64,
    idle: i64,
    in_transaction: i64,
    total: i64,
    admitted: i64,
}

/// One line for all connections, and one for each application.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_connections.sql"))
        .await?;
    part.judge("connections", |rows: Vec<Row>| {
        let mut lines = Vec::new();
        if let Some(Row {
            total, admitted, ..
        }) = rows.first()
        {
            let used = share(*total, *admitted);
            lines.push(Line::judged(
                "all connections",
                format!("{total} of {admitted} in use ({})", percent(used)),
                Verdict::of(used, LOOK, ACT),
                commands.list_sessions("idle"),
            ));
        }
        lines.extend(rows.into_iter().map(|row| {
            let Row {
                sessions,
                active,
                idle,
                in_transaction,
                ..
            } = row;
            let states =
                format!("{active} active, {idle} idle, {in_transaction} idle in a transaction");
            Line::fine(row.app, format!("{sessions}: {states}"))
        }));
        Section::of("connections", lines)
    })
}

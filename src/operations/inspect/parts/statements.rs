//! The statements that take the most time, from the extension `pg_stat_statements`.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::{Part, Reader, Reason};
use super::super::report::{Line, Section};
use super::super::text::{count, percent};
use super::session::shorten;
use crate::error::Result;
use crate::operations::verdict::Verdict;

const NAME: &str = "statements";
/// The mean milliseconds from which on a statement deserves a look and an act.
const LOOK: f64 = 250.0;
const ACT: f64 = 2_000.0;
/// A statement that ran less often, or took a smaller share of the time of all, is fine however long it took.
const MIN_CALLS: i64 = 10;
const MIN_SHARE: f64 = 0.01;

#[derive(Deserialize)]
struct Extension {
    schema: Option<String>,
    is_recent: bool,
    is_loaded: bool,
    libraries: String,
}

#[derive(Deserialize)]
struct Row {
    id: Option<String>,
    statement: String,
    calls: i64,
    mean: f64,
    total: f64,
    share: Option<f64>,
}

/// The ten statements that took the most time, or how to get the statistics.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/find_statement_statistics.sql"))
        .await?;
    if let Part::Unread(reason) = part {
        return Ok(reason.section(NAME));
    }
    let extension: Vec<Extension> = part.into_rows()?;
    let Some(extension) = extension.into_iter().next() else {
        return Ok(Reason::NotThere.section(NAME));
    };
    let schema = match extension {
        Extension {
            schema: Some(ref schema),
            is_recent: true,
            is_loaded: true,
            ..
        } => schema,
        missing => return Ok(missing.explain(commands)),
    };
    let statement = include_str!("../../sql/list_slow_statements.sql");
    let part = reader.read_in(Some(schema), statement).await?;
    part.judge(NAME, |rows: Vec<Row>| {
        let mut lines: Vec<Line> = rows
            .into_iter()
            .map(|row| row.judge(schema, commands))
            .collect();
        if lines.is_empty() {
            lines.push(Line::fine(
                "statements",
                "none since the statistics were reset",
            ));
        }
        Section::of(NAME, lines)
    })
}

impl Extension {
    /// How to get the statistics.
    fn explain(self, commands: &Commands) -> Section {
        let (finding, remedy) = if !self.is_loaded {
            let libraries = match self.libraries.as_str() {
                "" => "pg_stat_statements".to_owned(),
                others => format!("{others},pg_stat_statements"),
            };
            (
                "the server does not load the library, so that slow statements are not known",
                commands.set_at_start("shared_preload_libraries", &libraries),
            )
        } else if self.schema.is_none() {
            (
                "this database does not have the extension, so that slow statements are not known",
                commands.sql("create extension pg_stat_statements"),
            )
        } else {
            (
                "the extension is older than the server",
                commands.sql("alter extension pg_stat_statements update"),
            )
        };
        let line = Line {
            remedy: Some(remedy),
            ..Line::fine("pg_stat_statements", finding)
        };
        Section::of(NAME, vec![line])
    }
}

impl Row {
    fn judge(self, schema: &str, commands: &Commands) -> Line {
        let share = self.share.unwrap_or_default();
        let verdict = match self.calls >= MIN_CALLS && share >= MIN_SHARE {
            true => Verdict::of(self.mean, LOOK, ACT),
            false => Verdict::Fine,
        };
        let finding = format!(
            "{} calls, {:.1} ms each, {:.1} s in all ({}): {}",
            count(self.calls),
            self.mean,
            self.total / 1_000.0,
            percent(share),
            shorten(&self.statement)
        );
        let id = self.id.unwrap_or_default();
        let remedy = commands.sql(&format!(
            "select query from {schema}.pg_stat_statements where queryid = {id}"
        ));
        Line::judged(format!("statement {id}"), finding, verdict, remedy)
    }
}

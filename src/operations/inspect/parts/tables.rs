//! The largest tables: their dead rows, and how much of their size is free space.

use serde::Deserialize;

use super::super::commands::Commands;
use super::super::part::Reader;
use super::super::report::{Line, Section};
use super::super::text::{bytes, count, float, percent, share};
use crate::error::Result;
use crate::operations::verdict::Verdict;

/// As many tables are listed, and further ones only if they are not fine.
const LISTED: usize = 10;
/// Free and dead space deserves a look from this number of bytes and this share of the table on, and an act from these.
const LOOK: (i64, f64) = (10 << 20, 0.4);
const ACT: (i64, f64) = (1 << 30, 0.5);
/// Less free space is not mentioned.
const SHOWN: i64 = 1 << 20;
/// Dead rows deserve a look from this number on, if they are twice as many as those at which autovacuum begins.
const LOOK_DEAD: i64 = 10_000;
/// Dead rows deserve an act from this number on, if they are more than the live ones.
const ACT_DEAD: i64 = 1_000_000;

#[derive(Deserialize)]
struct Row {
    name: String,
    total_bytes: i64,
    live: i64,
    dead: i64,
    last_bytes: i64,
    expected_bytes: Option<i64>,
}

/// The largest tables, and those that need vacuum.
pub(in super::super) async fn read(reader: &Reader<'_>, commands: &Commands) -> Result<Section> {
    let part = reader
        .read(include_str!("../../sql/list_tables_by_size.sql"))
        .await?;
    part.judge("tables", |rows: Vec<Row>| {
        let is_unknown = |row: &Row| row.expected_bytes.is_none() && row.total_bytes >= LOOK.0;
        let unknown = rows.iter().filter(|row| is_unknown(row)).count();
        let lines = rows.into_iter().map(|row| row.judge(commands)).enumerate();
        let lines = lines.filter(|(index, line)| *index < LISTED || line.verdict != Verdict::Fine);
        let mut lines: Vec<Line> = lines.map(|(_, line)| line).collect();
        if lines.is_empty() {
            lines.push(Line::fine("tables", "none"));
        }
        let section = Section::of("tables", lines);
        match unknown {
            0 => section,
            unknown => section.with_note(format!(
                "free space is not estimated for {unknown} of the tables: they were not analysed, or the account may \
                 not select from them"
            )),
        }
    })
}

impl Row {
    fn judge(self, commands: &Commands) -> Line {
        let free = self.last_bytes - self.expected_bytes.unwrap_or(self.last_bytes);
        let of_free = free_space(free, self.last_bytes);
        let of_dead = dead_rows(self.live, self.dead);
        let mut finding = format!("{}, {} rows", bytes(self.total_bytes), count(self.live));
        if self.dead > 0 {
            finding += &format!(", {} dead", count(self.dead));
        }
        if free >= SHOWN {
            let part = percent(share(free, self.last_bytes));
            finding += &format!(", about {} free or dead ({part})", bytes(free));
        }
        // Vacuum comes first: it makes the space of dead rows free.
        let remedy = match of_dead {
            Verdict::Fine => format!("pg_repack --table={}", self.name),
            _ => commands.sql(&format!("vacuum (analyze) {}", self.name)),
        };
        Line::judged(self.name, finding, of_free.max(of_dead), remedy)
    }
}

fn free_space(free: i64, bytes: i64) -> Verdict {
    let reaches = |(amount, part)| free >= amount && share(free, bytes) >= part;
    if reaches(ACT) {
        Verdict::Act
    } else if reaches(LOOK) {
        Verdict::Look
    } else {
        Verdict::Fine
    }
}

fn dead_rows(live: i64, dead: i64) -> Verdict {
    let autovacuum = 50.0 + 0.2 * float(live);
    if dead >= ACT_DEAD && dead > live {
        Verdict::Act
    } else if dead >= LOOK_DEAD && float(dead) > 2.0 * autovacuum {
        Verdict::Look
    } else {
        Verdict::Fine
    }
}

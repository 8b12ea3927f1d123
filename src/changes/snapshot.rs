//! PostgreSQL's snapshot as its text has it: which transactions had ended when a statement began.

use std::fmt;

/// The transactions whose changes a statement sees: those below `xmax` but the ones that were running.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    xmin: u64,
    xmax: u64,
    /// In order.
    running: Vec<u64>,
}

impl Snapshot {
    /// Reads `xmin:xmax:` and the ids between them that were running; `None` for a text that PostgreSQL refuses.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let (xmin, xmax) = (id(parts.next()?)?, id(parts.next()?)?);
        let running: Vec<u64> = match parts.next()? {
            "" => Vec::new(),
            list => list.split(',').map(id).collect::<Option<_>>()?,
        };
        let is_inside = running.iter().all(|id| (xmin..xmax).contains(id));
        let is_sorted = running.is_sorted_by(|one, next| one < next);
        (0 < xmin && xmin <= xmax && is_inside && is_sorted).then_some(Self {
            xmin,
            xmax,
            running,
        })
    }

    /// Whether the snapshot shows the changes of the transaction.
    pub fn shows(&self, transaction: u64) -> bool {
        transaction < self.xmax && self.running.binary_search(&transaction).is_err()
    }

    /// The snapshot as if these transactions, which it shows, had been running.
    #[must_use]
    pub fn without(&self, transactions: &[u64]) -> Self {
        let mut running = self.running.clone();
        running.extend(transactions);
        running.sort_unstable();
        running.dedup();
        let first = running.first().copied();
        Self {
            xmin: first.map_or(self.xmin, |first| self.xmin.min(first)),
            xmax: self.xmax,
            running,
        }
    }
}

impl fmt::Display for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:", self.xmin, self.xmax)?;
        for (number, id) in self.running.iter().enumerate() {
            let comma = if number > 0 { "," } else { "" };
            write!(f, "{comma}{id}")?;
        }
        Ok(())
    }
}

/// A transaction id, which PostgreSQL stores as a signed number.
fn id(text: &str) -> Option<u64> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    let id: i64 = text.parse().ok().filter(|_| is_number)?;
    u64::try_from(id).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_postgresql_refuses_is_no_snapshot() {
        for text in [
            "",
            "1:2",
            "0:1:",
            "2:1:",
            "1:3:3",
            "1:3:2,1",
            "1:3:1,1",
            "1:3:,",
            "+1:3:",
            "1:3:2 ",
            "1:18446744073709551615:",
        ] {
            assert_eq!(Snapshot::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_snapshot_shows_what_had_ended_and_not_what_is_taken_out_of_it() {
        let snapshot = Snapshot::parse("10:20:11,15").expect("a snapshot");
        let shown = |snapshot: &Snapshot| -> Vec<u64> {
            (8..22).filter(|id| snapshot.shows(*id)).collect()
        };
        assert_eq!(shown(&snapshot), [8, 9, 10, 12, 13, 14, 16, 17, 18, 19]);
        let without = snapshot.without(&[9, 18]);
        assert_eq!(shown(&without), [8, 10, 12, 13, 14, 16, 17, 19]);
        assert_eq!(without.to_string(), "9:20:9,11,15,18");
        assert_eq!(Snapshot::parse(&without.to_string()), Some(without));
    }
}

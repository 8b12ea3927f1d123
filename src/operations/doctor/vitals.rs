//! The checks of the clock and of the number of connections.

use chrono::{DateTime, Utc};
use tokio_postgres::Client;

use super::diagnosis::Check;
use crate::config::DatabaseConfig;
use crate::error::Result;
use crate::{activities, changes, live, messages, reactions};

/// The connections of a server beside `DB_POOL_SIZE`: those of the slices, and one each for the prober, the audit and the
/// sessions' page.
const FURTHER_CONNECTIONS: usize = activities::CONNECTIONS
    + changes::CONNECTIONS
    + reactions::CONNECTIONS
    + messages::CONNECTIONS
    + live::CONNECTIONS
    + 3;
/// The check of the clock is yellow from this difference in seconds.
const CLOCK_WARNING: f64 = 2.0;
/// The check of the clock is red from this difference in seconds: half the leeway of token validation.
const CLOCK_FAILURE: f64 = 15.0;

/// The signs of life.
pub(super) struct Vitals {
    /// The database's clock minus this machine's, in seconds.
    clock_ahead: f64,
    max_sessions: i32,
    sessions: i32,
}

impl Vitals {
    /// Reads them.
    ///
    /// # Errors
    /// The error of the statement.
    pub(super) async fn of(client: &Client) -> Result<Self> {
        let before = Utc::now();
        let row = client
            .query_one(include_str!("../sql/find_vital_signs.sql"), &[])
            .await?;
        let ours = before + (Utc::now() - before) / 2;
        let theirs: DateTime<Utc> = row.try_get("now")?;
        Ok(Self {
            clock_ahead: (theirs - ours).as_seconds_f64(),
            max_sessions: row.try_get("max_sessions")?,
            sessions: row.try_get("sessions")?,
        })
    }

    /// Whether the clocks of the two machines agree.
    pub(super) fn check_clock(&self) -> Check {
        let off = self.clock_ahead.abs();
        let side = if self.clock_ahead > 0.0 {
            "ahead"
        } else {
            "behind"
        };
        let finding = format!("the database's clock is {off:.1} s {side}");
        let advice = "Synchronise the clocks of both machines by NTP.";
        if off < CLOCK_WARNING {
            Check::green("clock", finding)
        } else if off < CLOCK_FAILURE {
            Check::yellow("clock", finding, advice)
        } else {
            Check::red("clock", finding, advice)
        }
    }

    /// Whether a server gets as many connections as it uses.
    pub(super) fn check_connections(&self, database: &DatabaseConfig) -> Check {
        let Self {
            max_sessions,
            sessions,
            ..
        } = *self;
        let size = database.pool_size + FURTHER_CONNECTIONS;
        let size = database.max_connections.map_or(size, |max| max.min(size));
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        let finding = format!(
            "a server uses up to {size} of {max_sessions} sessions; {sessions} are in use now"
        );
        if size > max_sessions {
            Check::red(
                "pool",
                finding,
                "Lower DB_POOL_SIZE, or raise max_connections.",
            )
        } else if size > max_sessions - sessions {
            Check::yellow(
                "pool",
                finding,
                "The free sessions do not suffice for a server; `cruddur db sessions` lists those in use.",
            )
        } else {
            Check::green("pool", finding)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Verdict;
    use super::*;

    #[test]
    fn clocks_that_differ_are_yellow_and_red_before_tokens_are_refused() {
        let check = |clock_ahead| {
            let vitals = Vitals {
                clock_ahead,
                max_sessions: 100,
                sessions: 1,
            };
            vitals.check_clock()
        };
        assert_eq!(check(1.9).verdict, Verdict::Green);
        assert_eq!(check(-2.0).verdict, Verdict::Yellow);
        assert_eq!(check(15.0).verdict, Verdict::Red);
        assert!(check(-2.0).finding.contains("2.0 s behind"));
    }
}

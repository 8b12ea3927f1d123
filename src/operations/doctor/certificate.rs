//! The check of the database server's certificate.

use chrono::{DateTime, TimeDelta, Utc};

use super::diagnosis::Check;
use crate::config::DatabaseConfig;
use crate::db::connectivity;

/// Below this remaining time the check is red.
const FAILURE: TimeDelta = TimeDelta::days(7);
/// Below this remaining time it is yellow.
const WARNING: TimeDelta = TimeDelta::days(30);

/// When the certificate ends; `None` without TLS.
pub(super) async fn check(database: &DatabaseConfig) -> Option<Check> {
    let name = "certificate";
    if !database.url()?.tls {
        return None;
    }
    Some(match connectivity::find_certificate_end(database).await {
        Ok(end) => judge(end, Utc::now()),
        Err(error) => Check::yellow(
            name,
            format!("not read: {error}"),
            "See the check `postgresql`.",
        ),
    })
}

fn judge(end: DateTime<Utc>, now: DateTime<Utc>) -> Check {
    let name = "certificate";
    let days = (end - now).num_days();
    let finding = format!("valid until {}, {days} days", end.format("%Y-%m-%d"));
    let advice = "Renew the database server's certificate: afterwards no connection is possible.";
    match end - now {
        left if left < FAILURE => Check::red(name, finding, advice),
        left if left < WARNING => Check::yellow(name, finding, advice),
        _ => Check::green(name, finding),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Verdict;
    use super::*;

    #[test]
    fn a_certificate_that_ends_soon_is_yellow_and_at_last_red() {
        let now = Utc::now();
        let verdict = |days| judge(now + TimeDelta::days(days), now).verdict;
        assert_eq!(verdict(90), Verdict::Green);
        assert_eq!(verdict(20), Verdict::Yellow);
        assert_eq!(verdict(3), Verdict::Red);
    }
}

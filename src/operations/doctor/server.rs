//! The checks of the database server: its version, whether it loses commits, its disk, and the extensions that help
//! operators.

use std::path::Path;

use tokio_postgres::Client;

use super::diagnosis::Check;
use crate::config::{DatabaseConfig, Environment};
use crate::error::Result;

/// The major versions of PostgreSQL that Cruddur is tested with, with their latest minor version when this program was
/// released, and the month in which its developers end their support.
const VERSIONS: [(i32, i32, &str); 5] = [
    (14, 23, "2026-11"),
    (15, 18, "2027-11"),
    (16, 14, "2028-11"),
    (17, 10, "2029-11"),
    (18, 4, "2030-11"),
];
/// Below this share of free space the check of the disk is yellow.
const FREE_WARNING: f64 = 0.1;
/// Below this share it is red.
const FREE_FAILURE: f64 = 0.02;

/// The version of the server; `month` is the present one, such as `2026-11`.
pub(super) async fn check_version(client: &Client, month: &str) -> Result<Check> {
    let row = client
        .query_one(include_str!("../sql/find_server_version.sql"), &[])
        .await?;
    let version: &str = row.try_get("version")?;
    let number: i32 = row.try_get("version_number")?;
    Ok(judge_version(version, number, month))
}

fn judge_version(version: &str, number: i32, month: &str) -> Check {
    let name = "version";
    let (major, minor) = (number / 10_000, number % 10_000);
    let finding = format!("PostgreSQL {version}");
    let known = VERSIONS.iter().find(|(known, ..)| *known == major);
    let Some((_, latest, end)) = known else {
        return match major < VERSIONS[0].0 {
            true => Check::red(name, finding, "Upgrade to PostgreSQL 14 or later."),
            false => Check::yellow(
                name,
                finding,
                "Cruddur is not tested with this version yet.",
            ),
        };
    };
    if minor < *latest {
        Check::yellow(
            name,
            format!(
                "{finding}, {} minor versions behind {major}.{latest}",
                latest - minor
            ),
            "Install the latest minor version: it has the fixes of security problems, and needs only a restart.",
        )
    } else if month > *end {
        Check::yellow(
            name,
            format!("{finding}, without support since {end}"),
            "Upgrade to a later major version.",
        )
    } else {
        Check::green(name, finding)
    }
}

/// Whether commits survive a crash, how full the disk is, and which extensions are missing.
pub(super) async fn check(
    client: &Client,
    database: &DatabaseConfig,
    stamp: Option<Environment>,
) -> Result<Vec<Check>> {
    let row = client
        .query_one(include_str!("../sql/find_durability.sql"), &[])
        .await?;
    let settings: [(&str, bool); 3] = [
        ("fsync", row.try_get("fsync")?),
        ("full_page_writes", row.try_get("full_page_writes")?),
        ("synchronous_commit", row.try_get("synchronous_commit")?),
    ];
    let is_production = stamp == Some(Environment::Production);
    let directory: Option<&str> = row.try_get("data_directory")?;
    let is_here = database
        .url()
        .is_none_or(crate::config::ConnectionUrl::is_local);
    let directory = directory.filter(|_| is_here).map(Path::new);
    Ok(vec![
        check_durability(settings, is_production),
        check_disk(directory, row.try_get("bytes")?),
        check_extensions(row.try_get("has_statement_statistics")?, is_production),
    ])
}

fn check_durability(settings: [(&str, bool); 3], is_production: bool) -> Check {
    let name = "durability";
    let off: Vec<&str> = settings
        .iter()
        .filter(|(_, on)| !on)
        .map(|(name, _)| *name)
        .collect();
    let finding = match &off[..] {
        [] => return Check::green(name, "what is committed survives a crash"),
        off => format!("{} off", off.join(" and ")),
    };
    // Without a synchronous commit the latest commits are lost, and the data stay whole.
    match is_production && off != ["synchronous_commit"] {
        true => Check::red(
            name,
            finding,
            "Turn it on: a crash of the machine can destroy the database.",
        ),
        false => Check::yellow(
            name,
            finding,
            "Turn it on for data that must survive a crash of the machine.",
        ),
    }
}

/// `directory` is that of the data, if it is on this machine.
fn check_disk(directory: Option<&Path>, bytes: i64) -> Check {
    let name = "disk";
    let size = mebibytes(bytes);
    let space = directory.and_then(|directory| rustix::fs::statvfs(directory).ok());
    let Some(space) = space else {
        return Check::green(
            name,
            format!("the database has {size}; how much is free is not visible from here"),
        );
    };
    // Some blocks are reserved for the system.
    let used = space.f_blocks.saturating_sub(space.f_bfree);
    let share = share(space.f_bavail, used.saturating_add(space.f_bavail));
    let free = space.f_bavail.saturating_mul(space.f_frsize) >> 20;
    let finding = format!(
        "the database has {size}; {free} MiB are free, {:.0} %",
        share * 100.0
    );
    judge_disk(finding, share)
}

fn judge_disk(finding: String, share: f64) -> Check {
    let name = "disk";
    let advice = "Free space, or move the data to a larger disk: without space PostgreSQL stops.";
    if share < FREE_FAILURE {
        Check::red(name, finding, advice)
    } else if share < FREE_WARNING {
        Check::yellow(name, finding, advice)
    } else {
        Check::green(name, finding)
    }
}

fn mebibytes(bytes: i64) -> String {
    format!("{} MiB", bytes >> 20)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a share needs no more digits than a float has"
)]
fn share(part: u64, whole: u64) -> f64 {
    match whole {
        0 => 1.0,
        whole => part as f64 / whole as f64,
    }
}

fn check_extensions(has_statement_statistics: bool, is_production: bool) -> Check {
    let name = "extensions";
    match (has_statement_statistics, is_production) {
        (true, _) => Check::green(name, "pg_stat_statements is there; none is needed"),
        (false, false) => Check::green(name, "none is needed; pg_stat_statements is missing"),
        (false, true) => Check::yellow(
            name,
            "none is needed; pg_stat_statements is missing",
            "`cruddur db inspect` says how to get it: it shows which statements take the server's time.",
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::super::diagnosis::Verdict;
    use super::*;

    #[test]
    fn a_version_is_yellow_when_it_is_behind_or_out_of_support_and_red_when_it_is_too_old() {
        let verdict = |number, month| judge_version("1.2", number, month).verdict;
        assert_eq!(verdict(150_018, "2026-11"), Verdict::Green);
        assert_eq!(verdict(150_099, "2026-11"), Verdict::Green);
        assert_eq!(verdict(150_001, "2026-11"), Verdict::Yellow);
        assert_eq!(verdict(150_099, "2027-12"), Verdict::Yellow);
        assert_eq!(verdict(190_000, "2026-11"), Verdict::Yellow);
        assert_eq!(verdict(130_020, "2026-11"), Verdict::Red);
    }

    #[test]
    fn a_production_database_that_can_lose_its_data_in_a_crash_is_red() {
        let verdict = |fsync, commit, is_production| {
            let settings = [
                ("fsync", fsync),
                ("full_page_writes", true),
                ("synchronous_commit", commit),
            ];
            check_durability(settings, is_production).verdict
        };
        assert_eq!(verdict(true, true, true), Verdict::Green);
        assert_eq!(verdict(false, true, true), Verdict::Red);
        assert_eq!(verdict(false, true, false), Verdict::Yellow);
        assert_eq!(verdict(true, false, true), Verdict::Yellow);
    }

    #[test]
    fn a_disk_is_yellow_when_it_is_nearly_full_and_at_last_red() {
        let verdict = |share| judge_disk(String::new(), share).verdict;
        assert_eq!(verdict(0.1), Verdict::Green);
        assert_eq!(verdict(0.099), Verdict::Yellow);
        assert_eq!(verdict(0.019), Verdict::Red);
    }

    #[test]
    fn only_a_production_database_is_yellow_without_statement_statistics() {
        let verdict = |has, production| check_extensions(has, production).verdict;
        assert_eq!(verdict(false, true), Verdict::Yellow);
        assert_eq!(verdict(false, false), Verdict::Green);
        assert_eq!(verdict(true, true), Verdict::Green);
    }
}

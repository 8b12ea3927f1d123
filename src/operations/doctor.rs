//! Checks everything the program depends on: the database, the user pool's keys, the security group.
//! It changes nothing. The checks that do not need the database run even when it is unreachable.

pub mod cli;
mod diagnosis;
mod pooler;
mod security_group;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_postgres::Client;

use super::lock_watch::LockWatch;
use crate::config::{DatabaseConfig, DatabaseLocation, IdentityConfig, SecurityGroupConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::db::schema::{self, Schema};
use crate::error::{Error, Result, chain};
use crate::{activities, changes, live, messages, reactions};
pub use diagnosis::{Check, Diagnosis, Verdict};

/// The major versions of PostgreSQL that Cruddur is tested with.
const VERSIONS: std::ops::RangeInclusive<i32> = 14..=18;
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
const KEYS_TIMEOUT: Duration = Duration::from_secs(3);

/// Runs every check. An embedded database that does not run is started until the checks end.
pub async fn examine(
    database: &DatabaseConfig,
    identity: &IdentityConfig,
    rule: Option<SecurityGroupConfig>,
) -> Diagnosis {
    let mut checks = vec![check_tls(database)];
    match check_connection(database).await {
        Ok((connector, client, watch, _embedded, reachable)) => {
            checks.insert(0, reachable);
            checks.push(pooler::check(&connector).await);
            let vitals = watch.during(Vitals::of(&client)).await;
            let vitals = vitals.map_err(|e| chain(&e));
            let version = watch.during(check_version(&client)).await;
            checks.push(red_on_error("version", version.map_err(|e| chain(&e))));
            let schema = watch.during(check_schema(&client)).await;
            checks.push(red_on_error("schema", schema.map_err(|e| chain(&e))));
            checks.push(red_on_error(
                "clock",
                vitals
                    .as_ref()
                    .map(Vitals::check_clock)
                    .map_err(String::clone),
            ));
            checks.push(red_on_error(
                "pool",
                vitals.map(|vitals| vitals.check_connections(database)),
            ));
        }
        Err(error) => checks.insert(
            0,
            Check::red(
                "postgresql",
                chain(&error),
                "Correct CONNECTION_URL, or start the database; without CONNECTION_URL the program \
                 runs an embedded one.",
            ),
        ),
    }
    checks.push(check_keys(identity).await);
    checks.extend(security_group::check(rule).await);
    let verdict = checks.iter().map(|check| check.verdict).max();
    Diagnosis {
        verdict: verdict.unwrap_or(Verdict::Green),
        checks,
    }
}

async fn check_connection(
    database: &DatabaseConfig,
) -> Result<(Connector, Client, LockWatch, Option<Embedded>, Check)> {
    let embedded = match &database.target {
        DatabaseLocation::Embedded(settings) => {
            Some(Embedded::attach_or_start(settings.config()).map_err(Error::from)?)
        }
        DatabaseLocation::Url(_) => None,
    };
    let connector = Connector::new(database)?;
    let started = Instant::now();
    let (client, watch) = LockWatch::connect_for_report(&connector).await?;
    let kind = match embedded {
        Some(_) => "the embedded database",
        None => "an external database",
    };
    let finding = format!(
        "{kind}, {}, answers in {} ms",
        connector.database(),
        started.elapsed().as_millis()
    );
    let check = Check::green("postgresql", finding);
    Ok((connector, client, watch, embedded, check))
}

/// The check, or a red check with the error where it could not run.
fn red_on_error(name: &'static str, check: Result<Check, String>) -> Check {
    check.unwrap_or_else(|error| Check::red(name, error, "See the database's log."))
}

fn check_tls(database: &DatabaseConfig) -> Check {
    match &database.target {
        DatabaseLocation::Embedded(_) => Check::green("tls", "not needed: a Unix-domain socket"),
        DatabaseLocation::Url(url) if url.tls => {
            Check::green("tls", "on, with verified certificate and host name")
        }
        DatabaseLocation::Url(url) if url.tls_refused => Check::yellow(
            "tls",
            "off, although the host is another machine",
            "Remove sslmode=disable from the connection URL.",
        ),
        DatabaseLocation::Url(_) => Check::green("tls", "not needed: the host is this machine"),
    }
}

async fn check_version(client: &Client) -> Result<Check> {
    let row = client
        .query_one(include_str!("sql/find_server_version.sql"), &[])
        .await?;
    let version: &str = row.try_get("version")?;
    let major = row.try_get::<_, i32>("version_number")? / 10_000;
    let finding = format!("PostgreSQL {version}");
    Ok(if VERSIONS.contains(&major) {
        Check::green("version", finding)
    } else if major < *VERSIONS.start() {
        Check::red("version", finding, "Upgrade to PostgreSQL 14 or later.")
    } else {
        Check::yellow(
            "version",
            finding,
            "Cruddur is not tested with this version yet.",
        )
    })
}

async fn check_schema(client: &Client) -> Result<Check> {
    let stamp = match schema::find_environment(client).await? {
        Some(environment) => format!("stamped {environment}"),
        None => "not stamped".to_owned(),
    };
    let migrate = "Run `cruddur db migrate`.";
    Ok(match schema::compare(client).await? {
        Schema::Current => Check::green("schema", format!("current, {stamp}")),
        Schema::Behind(pending) => Check::red(
            "schema",
            format!("{pending} migrations are pending, {stamp}"),
            migrate,
        ),
        Schema::Diverged => Check::red(
            "schema",
            "an applied migration differs from this program's migration of that version",
            "Run the version of Cruddur that applied it; `cruddur db status` names the migration.",
        ),
        Schema::NeedsRelease(version) => Check::red(
            "schema",
            format!("it needs a release that knows migration {version}, {stamp}"),
            "Deploy a newer release of Cruddur.",
        ),
        Schema::Unknown => Check::red("schema", "unknown", migrate),
    })
}

struct Vitals {
    /// The database's clock minus this machine's, in seconds.
    clock_ahead: f64,
    max_sessions: i32,
    sessions: i32,
}

impl Vitals {
    async fn of(client: &Client) -> Result<Self> {
        let before = Utc::now();
        let row = client
            .query_one(include_str!("sql/find_vital_signs.sql"), &[])
            .await?;
        let ours = before + (Utc::now() - before) / 2;
        let theirs: DateTime<Utc> = row.try_get("now")?;
        Ok(Self {
            clock_ahead: (theirs - ours).as_seconds_f64(),
            max_sessions: row.try_get("max_sessions")?,
            sessions: row.try_get("sessions")?,
        })
    }

    fn check_clock(&self) -> Check {
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

    fn check_connections(&self, database: &DatabaseConfig) -> Check {
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

async fn check_keys(identity: &IdentityConfig) -> Check {
    let name = "cognito keys";
    let Some(cognito) = &identity.cognito else {
        return Check::yellow(
            name,
            "no user pool: sign-in with the development identity only",
            "Outside development, set AWS_COGNITO_USER_POOL_ID and AWS_COGNITO_USER_POOL_CLIENT_ID.",
        );
    };
    match fetch_keys(&cognito.jwks_url).await {
        Ok(0) => Check::red(
            name,
            format!("no keys at {}", cognito.jwks_url),
            "Compare the pool's id and region with those in the AWS console.",
        ),
        Ok(found) => Check::green(name, format!("{found} keys at {}", cognito.jwks_url)),
        Err(error) => Check::red(
            name,
            format!("{}: {}", cognito.jwks_url, chain(&error)),
            "Compare the pool's id and region with those in the AWS console, and request the address from this \
             machine.",
        ),
    }
}

async fn fetch_keys(url: &str) -> Result<usize, reqwest::Error> {
    let client = reqwest::Client::builder().timeout(KEYS_TIMEOUT).build()?;
    let answer = client.get(url).send().await?.error_for_status()?;
    let document: serde_json::Value = answer.json().await?;
    Ok(document["keys"].as_array().map_or(0, Vec::len))
}

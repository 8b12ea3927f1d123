//! Looks at everything the program stands on, and says of each whether it is well and what to do
//! if not. It changes nothing, and one failure keeps no other check from being made.

mod diagnosis;

use std::time::{Duration, Instant};

use chrono::{DateTime, Utc};
use tokio_postgres::Client;

use super::security_group::SecurityGroup;
use crate::config::{DatabaseConfig, DatabaseLocation, IdentityConfig, SecurityGroupConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::db::schema::{self, Schema};
use crate::error::{Error, Result, chain};
pub use diagnosis::{Check, Diagnosis, Verdict};

/// Versions that are tested.
const VERSIONS: std::ops::RangeInclusive<i32> = 14..=18;
/// Tokens are judged with 30 seconds of leeway; half of it is a clock that somebody should look at.
const SLOW_CLOCK: f64 = 2.0;
const WRONG_CLOCK: f64 = 15.0;
const KEYS_TIMEOUT: Duration = Duration::from_secs(3);

/// Looks at everything. Where the embedded database does not run, it is started for as long.
pub async fn examine(
    database: &DatabaseConfig,
    identity: &IdentityConfig,
    rule: Option<SecurityGroupConfig>,
) -> Diagnosis {
    let mut checks = vec![tls(database)];
    match reach(database).await {
        Ok((client, _embedded, reachable)) => {
            checks.insert(0, reachable);
            let vitals = Vitals::of(&client).await.map_err(|e| chain(&e));
            checks.push(told(
                "version",
                version(&client).await.map_err(|e| chain(&e)),
            ));
            checks.push(told(
                "schema",
                schema_state(&client).await.map_err(|e| chain(&e)),
            ));
            checks.push(told(
                "clock",
                vitals.as_ref().map(Vitals::clock).map_err(String::clone),
            ));
            checks.push(told(
                "pool",
                vitals.map(|vitals| vitals.pool(database.pool_size)),
            ));
        }
        Err(error) => checks.insert(
            0,
            Check::red(
                "postgresql",
                chain(&error),
                "Mend CONNECTION_URL, or start the database; without CONNECTION_URL the program \
                 runs its own.",
            ),
        ),
    }
    checks.push(keys(identity).await);
    checks.push(security_group(rule).await);
    let verdict = checks.iter().map(|check| check.verdict).max();
    Diagnosis {
        verdict: verdict.unwrap_or(Verdict::Green),
        checks,
    }
}

async fn reach(database: &DatabaseConfig) -> Result<(Client, Option<Embedded>, Check)> {
    let embedded = match &database.target {
        DatabaseLocation::Embedded(settings) => {
            Some(Embedded::attach_or_start(settings.config()).map_err(Error::from)?)
        }
        DatabaseLocation::Url(_) => None,
    };
    let connector = Connector::new(database)?;
    let started = Instant::now();
    let client = connector.connect().await?;
    let kind = match embedded {
        Some(_) => "the embedded database",
        None => "an outside database",
    };
    let finding = format!(
        "{kind}, {}, answers in {} ms",
        connector.database(),
        started.elapsed().as_millis()
    );
    Ok((client, embedded, Check::green("postgresql", finding)))
}

/// A check that could not be made is red.
fn told(name: &'static str, check: Result<Check, String>) -> Check {
    check.unwrap_or_else(|error| Check::red(name, error, "See what the database's log says."))
}

fn tls(database: &DatabaseConfig) -> Check {
    match &database.target {
        DatabaseLocation::Embedded(_) => Check::green("tls", "not needed: a private socket"),
        DatabaseLocation::Url(url) if url.tls => {
            Check::green("tls", "on, chain and host name verified")
        }
        DatabaseLocation::Url(url) if url.tls_refused => Check::yellow(
            "tls",
            "switched off for a host that is not this machine",
            "Remove sslmode=disable from the connection URL.",
        ),
        DatabaseLocation::Url(_) => Check::green("tls", "not needed: this machine"),
    }
}

async fn version(client: &Client) -> Result<Check> {
    let row = client
        .query_one(include_str!("sql/find_server_version.sql"), &[])
        .await?;
    let version: &str = row.try_get("version")?;
    let major = row.try_get::<_, i32>("version_number")? / 10_000;
    let finding = format!("PostgreSQL {version}");
    Ok(if VERSIONS.contains(&major) {
        Check::green("version", finding)
    } else if major < *VERSIONS.start() {
        Check::red("version", finding, "Upgrade to PostgreSQL 14 at least.")
    } else {
        Check::yellow(
            "version",
            finding,
            "Newer than what Cruddur is tested with.",
        )
    })
}

async fn schema_state(client: &Client) -> Result<Check> {
    let stamp = match schema::find_environment(client).await? {
        Some(environment) => format!("stamped {environment}"),
        None => "not stamped".to_owned(),
    };
    let migrate = "Run `cruddur db migrate`.";
    Ok(match schema::compare(client).await? {
        Schema::Current => Check::green("schema", format!("current, {stamp}")),
        Schema::Behind(missing) => Check::red(
            "schema",
            format!("{missing} migrations are missing, {stamp}"),
            migrate,
        ),
        Schema::Diverged => Check::red(
            "schema",
            "an applied migration has another text than this program's",
            "Run the version of Cruddur that applied it; `cruddur db status` names the migration.",
        ),
        Schema::Unknown => Check::red("schema", "unknown", migrate),
    })
}

struct Vitals {
    /// The database's clock minus ours, in seconds.
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

    fn clock(&self) -> Check {
        let off = self.clock_ahead.abs();
        let side = if self.clock_ahead > 0.0 {
            "ahead"
        } else {
            "behind"
        };
        let finding = format!("the database is {off:.1} s {side}");
        let advice = "Let both machines keep time by NTP.";
        if off < SLOW_CLOCK {
            Check::green("clock", finding)
        } else if off < WRONG_CLOCK {
            Check::yellow("clock", finding, advice)
        } else {
            Check::red("clock", finding, advice)
        }
    }

    fn pool(&self, size: usize) -> Check {
        let Self {
            max_sessions,
            sessions,
            ..
        } = *self;
        let size = i32::try_from(size).unwrap_or(i32::MAX);
        let finding = format!("up to {size} of the {max_sessions} sessions, {sessions} now in use");
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
                "Too little is left for a whole pool; `cruddur db sessions` shows who has it.",
            )
        } else {
            Check::green("pool", finding)
        }
    }
}

async fn keys(identity: &IdentityConfig) -> Check {
    let name = "cognito keys";
    let Some(cognito) = &identity.cognito else {
        return Check::yellow(
            name,
            "no user pool: only the development identity signs in",
            "For anything but development set AWS_COGNITO_USER_POOL_ID and \
             AWS_COGNITO_USER_POOL_CLIENT_ID.",
        );
    };
    match fetch_keys(&cognito.jwks_url).await {
        Ok(0) => Check::red(
            name,
            format!("{} holds no keys", cognito.jwks_url),
            "Compare the pool's id and region with the console's.",
        ),
        Ok(found) => Check::green(name, format!("{found} at {}", cognito.jwks_url)),
        Err(error) => Check::red(
            name,
            format!("{}: {}", cognito.jwks_url, chain(&error)),
            "Compare the pool's id and region with the console's, and try the address from here.",
        ),
    }
}

async fn fetch_keys(url: &str) -> Result<usize, reqwest::Error> {
    let client = reqwest::Client::builder().timeout(KEYS_TIMEOUT).build()?;
    let answer = client.get(url).send().await?.error_for_status()?;
    let document: serde_json::Value = answer.json().await?;
    Ok(document["keys"].as_array().map_or(0, Vec::len))
}

async fn security_group(rule: Option<SecurityGroupConfig>) -> Check {
    let name = "security group";
    let Some(rule) = rule else {
        return Check::green(name, "no rule is configured");
    };
    let status = SecurityGroup::new(rule, |_| {}).status().await;
    let finding = format!("rule {} of {}", status.rule_id, status.group);
    if status.in_step {
        Check::green(name, format!("{finding} lets this machine in"))
    } else if status.problems.is_empty() {
        let finding = format!("{finding} lets another address in");
        Check::red(name, finding, "Run `cruddur sg sync`.")
    } else {
        let finding = format!("{finding}: {}", status.problems.join("; "));
        Check::red(name, finding, "`cruddur sg status` shows more.")
    }
}

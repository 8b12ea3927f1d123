//! Checks everything the program depends on: the database, the user pool's keys, the security group.
//! It changes nothing. The checks that do not need the database run even when it is unreachable.

mod certificate;
pub mod cli;
mod diagnosis;
mod pooler;
mod security_group;
mod server;
mod vitals;

use std::time::{Duration, Instant};

use chrono::Utc;
use tokio_postgres::Client;

use super::lock_watch::LockWatch;
use crate::config::{DatabaseConfig, DatabaseLocation, IdentityConfig, SecurityGroupConfig};
use crate::db::Connector;
use crate::db::embedded::Embedded;
use crate::db::schema::{self, Schema};
use crate::error::{Error, Result, chain};
pub use diagnosis::{Check, Diagnosis, Verdict};
use vitals::Vitals;

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
            checks.extend(certificate::check(database).await);
            checks.push(pooler::check(&connector).await);
            let vitals = watch.during(Vitals::of(&client)).await;
            let vitals = vitals.map_err(|e| chain(&e));
            let month = Utc::now().format("%Y-%m").to_string();
            let version = watch.during(server::check_version(&client, &month)).await;
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
            let server = async {
                let stamp = schema::find_environment(&client).await?;
                server::check(&client, database, stamp).await
            };
            match watch.during(server).await {
                Ok(found) => checks.extend(found),
                Err(error) => checks.push(red_on_error("server", Err(chain(&error)))),
            }
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

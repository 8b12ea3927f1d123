//! Brings a database's schema to this program's: which migrations are pending, and applying them.
//! Forward only. The files are `db::schema`'s; refinery runs them, each in its own transaction.

use refinery::{Migration, Runner, Target};
use serde::{Deserialize, Serialize};
use tokio_postgres::Client;
use tokio_postgres::error::{DbError, ErrorPosition};
use utoipa::ToSchema;

use super::migration_lock;
use crate::config::Environment;
use crate::db::{Connector, schema};
use crate::error::{Error, Result};

/// What to apply.
#[derive(Debug, Clone)]
pub struct Options {
    /// The stamp that a new database gets.
    pub environment: Environment,
    /// Only say what is pending.
    pub dry_run: bool,
    /// The last version to apply; all when nothing is said.
    pub target: Option<i32>,
    /// What to do with the prototype's expired activities, where there are any.
    pub expired: Option<Expired>,
}

/// The prototype never hid what had expired, so somebody must choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Expired {
    /// They are carried over and lose their expiry.
    Keep,
    Purge,
}

/// Every migration of the program and what was done.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = MigrationsReport)]
pub struct Report {
    pub database: String,
    pub environment: Option<Environment>,
    pub dry_run: bool,
    /// Versions applied by this call.
    pub applied_now: Vec<i32>,
    pub migrations: Vec<MigrationStatus>,
    /// Where the rows of the Python prototype went, in a database that was taken over.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub takeover: Vec<TakeoverCount>,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct MigrationStatus {
    pub version: i32,
    pub name: String,
    /// Of the file in this program.
    pub checksum: String,
    /// When it was applied here; null while pending.
    pub applied_on: Option<String>,
    /// The applied text was another.
    pub diverged: bool,
}

#[derive(Debug, Serialize, ToSchema)]
pub struct TakeoverCount {
    pub outcome: String,
    pub rows: i64,
}

/// Which migrations are applied and which are pending.
pub async fn status(connector: &Connector) -> Result<Report> {
    let client = connector.connect().await?;
    report(
        &client,
        connector.database(),
        schema::migrations()?,
        true,
        Vec::new(),
    )
    .await
}

/// Applies what is pending, once, however many processes ask at the same time.
///
/// # Errors
/// A diverged history; a failing file, with its line and SQLSTATE, of which no trace stays; the
/// lock's holder after ten minutes; the prototype's expired activities without a choice.
pub async fn migrate(connector: &Connector, options: &Options) -> Result<Report> {
    migrate_with(connector, options, schema::migrations()?).await
}

/// [`migrate`] with other migrations than the program's own.
pub async fn migrate_with(
    connector: &Connector,
    options: &Options,
    migrations: Vec<Migration>,
) -> Result<Report> {
    let mut client = connector.connect().await?;
    if options.dry_run {
        return report(&client, connector.database(), migrations, true, Vec::new()).await;
    }
    migration_lock::lock(&client).await?;
    let outcome = apply(&mut client, options, &migrations).await;
    migration_lock::unlock(&client).await?;
    report(&client, connector.database(), migrations, false, outcome?).await
}

async fn apply(
    client: &mut Client,
    options: &Options,
    migrations: &[Migration],
) -> Result<Vec<i32>> {
    refuse_divergence(client, migrations).await?;
    if options.expired.is_none() {
        refuse_undecided_prototype(client).await?;
    }
    let expired = match options.expired {
        Some(Expired::Keep) => "keep",
        Some(Expired::Purge) => "purge",
        None => "",
    };
    client
        .query_one(
            include_str!("sql/set_migration_settings.sql"),
            &[&options.environment.as_str(), &expired],
        )
        .await?;
    let target = match options.target {
        Some(version) => Target::Version(version),
        None => Target::Latest,
    };
    let runner = Runner::new(migrations)
        .set_target(target)
        .set_abort_missing(false);
    match runner.run_async(client).await {
        Ok(report) => Ok(report
            .applied_migrations()
            .iter()
            .map(Migration::version)
            .collect()),
        Err(error) => Err(explain(error, migrations)),
    }
}

async fn refuse_divergence(client: &Client, migrations: &[Migration]) -> Result<()> {
    for applied in schema::list_applied(client).await? {
        let ours = migrations
            .iter()
            .find(|ours| ours.version() == applied.version);
        if ours.is_some_and(|ours| ours.checksum().to_string() != applied.checksum) {
            return Err(Error::operator(format!(
                "V{}__{} was applied with another text than this program's: an applied migration \
                 never changes; run the version of Cruddur that applied it",
                applied.version, applied.name
            )));
        }
    }
    Ok(())
}

async fn refuse_undecided_prototype(client: &Client) -> Result<()> {
    let row = client
        .query_one(include_str!("sql/find_prototype.sql"), &[])
        .await?;
    if !row.try_get("present")? {
        return Ok(());
    }
    let row = client
        .query_one(include_str!("sql/count_prototype_activities.sql"), &[])
        .await?;
    let (found, expired): (i64, i64) = (row.try_get("found")?, row.try_get("expired")?);
    if expired == 0 {
        return Ok(());
    }
    Err(Error::operator(format!(
        "{expired} of the prototype's {found} activities are past their time and would be purged: \
         choose --purge-expired, or --keep-expired to carry them over without an expiry"
    )))
}

async fn report(
    client: &Client,
    database: &str,
    migrations: Vec<Migration>,
    dry_run: bool,
    applied_now: Vec<i32>,
) -> Result<Report> {
    let applied = schema::list_applied(client).await?;
    let migrations = migrations
        .into_iter()
        .map(|ours| {
            let found = applied
                .iter()
                .find(|applied| applied.version == ours.version());
            let checksum = ours.checksum().to_string();
            MigrationStatus {
                version: ours.version(),
                name: ours.name().to_owned(),
                applied_on: found.map(|applied| applied.applied_on.clone()),
                diverged: found.is_some_and(|applied| applied.checksum != checksum),
                checksum,
            }
        })
        .collect();
    let takeover = match client
        .query(include_str!("sql/list_takeover.sql"), &[])
        .await
    {
        Err(_) => Vec::new(),
        Ok(rows) => rows
            .iter()
            .map(|row| {
                Ok(TakeoverCount {
                    outcome: row.try_get("outcome")?,
                    rows: row.try_get("rows")?,
                })
            })
            .collect::<Result<_, tokio_postgres::Error>>()?,
    };
    Ok(Report {
        database: database.to_owned(),
        environment: schema::find_environment(client).await?,
        dry_run,
        applied_now,
        migrations,
        takeover,
    })
}

/// Names the file, the line and the SQLSTATE of a failed migration.
fn explain(error: refinery::Error, migrations: &[Migration]) -> Error {
    let applied = error
        .report()
        .map_or(0, |report| report.applied_migrations().len());
    let mut source: Option<&(dyn std::error::Error + 'static)> = Some(&error);
    let mut database_error = None;
    while let Some(cause) = source {
        if let Some(found) = cause.downcast_ref::<tokio_postgres::Error>() {
            database_error = found.as_db_error();
        }
        source = cause.source();
    }
    let Some(database_error) = database_error else {
        return Error::Operator("the migrations failed".to_owned(), Some(error.into()));
    };
    // refinery names the file in its own text: "error applying migration V2__create_users".
    let text = error.to_string();
    let failed = migrations
        .iter()
        .find(|migration| text.contains(&migration.to_string()));
    let file = failed.map_or_else(
        || "a migration".to_owned(),
        |m| format!("migrations/{m}.sql"),
    );
    let line = failed
        .and_then(|migration| line_of(database_error, migration.sql().unwrap_or_default()))
        .map_or_else(String::new, |line| format!(", line {line}"));
    let hint = database_error
        .hint()
        .map_or_else(String::new, |hint| format!(". {hint}"));
    Error::operator(format!(
        "{file}{line}: {} (SQLSTATE {}){hint}; nothing of this file was applied, {applied} before \
         it were",
        database_error.message(),
        database_error.code().code(),
    ))
}

/// A position counts characters from the start of the file, and begins with 1.
fn line_of(error: &DbError, text: &str) -> Option<usize> {
    let position = match error.position()? {
        ErrorPosition::Original(position) => usize::try_from(*position).ok()?,
        ErrorPosition::Internal { .. } => return None,
    };
    Some(
        1 + text
            .chars()
            .take(position.saturating_sub(1))
            .filter(|c| *c == '\n')
            .count(),
    )
}

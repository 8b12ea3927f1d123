//! Loads example data. A set is a folder of `.sql` files under `seeds/`, run in the order of their
//! names in one transaction. The files can be loaded repeatedly and define no schema.

pub mod cli;
pub mod http;

use rust_embed::RustEmbed;
use serde::Serialize;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, IsolationLevel};
use utoipa::ToSchema;

use super::guard;
use super::lock_watch::LockWatch;
use crate::db::Connector;
use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "seeds"]
#[include = "*.sql"]
struct Files;

/// The set that a new embedded database gets.
pub const DEMO: &str = "demo";

/// The result of loading a set.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeedReport {
    /// The database's name.
    pub database: String,
    /// The set's name.
    pub set: String,
    /// The set's files, in the order in which they ran.
    pub files: Vec<String>,
}

/// A seed set of the program.
#[derive(Debug, Serialize, ToSchema)]
pub struct SeedStatus {
    /// The set's name.
    pub set: String,
    /// The number of its files.
    pub files: usize,
    /// Whether this database has ever loaded it.
    pub loaded: bool,
}

/// The seed sets of the program, and which of them this database has loaded.
///
/// # Errors
/// A database that cannot be read.
pub async fn status(connector: &Connector) -> Result<Vec<SeedStatus>> {
    let (client, watch) = LockWatch::connect_for_report(connector).await?;
    let loaded = watch.during(list_loaded(&client)).await?;
    Ok(sets()
        .into_iter()
        .map(|set| SeedStatus {
            files: files(&set).len(),
            loaded: loaded.contains(&set),
            set,
        })
        .collect())
}

/// Loads `set`. Loading it again inserts the rows that have expired or were deleted and changes nothing else.
///
/// # Errors
/// The guard's refusal; an unknown set, with the names of the known ones; a file that fails, with its name;
/// another session, which the error names, that holds a lock for five seconds.
pub async fn load(connector: &Connector, set: &str, confirm: Option<&str>) -> Result<SeedReport> {
    guard::permit(connector, "seed", confirm).await?;
    let files = files(set);
    if files.is_empty() {
        let known = sets().join(", ");
        return Err(Error::operator(format!(
            "there is no seed set `{set}`; the sets are: {known}"
        )));
    }
    let (mut client, watch) = LockWatch::connect_for_change(connector).await?;
    watch.during(run(&mut client, set, &files)).await?;
    Ok(SeedReport {
        database: connector.database().to_owned(),
        set: set.to_owned(),
        files,
    })
}

async fn list_loaded(client: &Client) -> Result<Vec<String>> {
    let rows = match client
        .query_typed(include_str!("sql/list_loaded_seeds.sql"), &[])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
        rows => rows?,
    };
    let names = rows.iter().map(|row| row.try_get("name"));
    Ok(names.collect::<Result<_, _>>()?)
}

/// Runs the files in one transaction, and records that the set was loaded.
async fn run(client: &mut Client, set: &str, files: &[String]) -> Result<()> {
    let transaction = client
        .build_transaction()
        .isolation_level(IsolationLevel::ReadCommitted)
        .start()
        .await?;
    transaction
        .query_one(include_str!("sql/set_lock_timeout.sql"), &[&"5s"])
        .await?;
    for path in files {
        let file = Files::get(path)
            .map(|file| file.data.into_owned())
            .unwrap_or_default();
        let text = String::from_utf8(file)
            .map_err(|error| Error::internal("a seed file is not UTF-8", error))?;
        transaction.batch_execute(&text).await.map_err(|error| {
            let advice = match error.code() {
                Some(&SqlState::UNDEFINED_TABLE | &SqlState::UNDEFINED_COLUMN) => {
                    "; `cruddur db migrate` (bin/db-schema-load) makes the tables first"
                }
                _ => "",
            };
            Error::Operator(
                format!("seeds/{path} failed, so nothing was loaded{advice}"),
                Some(error.into()),
            )
        })?;
    }
    transaction
        .execute(include_str!("sql/insert_loaded_seed.sql"), &[&set])
        .await?;
    transaction.commit().await?;
    Ok(())
}

fn sets() -> Vec<String> {
    let mut sets: Vec<String> = Files::iter()
        .filter_map(|path| Some(path.split_once('/')?.0.to_owned()))
        .collect();
    sets.sort();
    sets.dedup();
    sets
}

fn files(set: &str) -> Vec<String> {
    let folder = format!("{set}/");
    let mut files: Vec<String> = Files::iter()
        .filter(|path| path.starts_with(&folder))
        .map(String::from)
        .collect();
    files.sort();
    files
}

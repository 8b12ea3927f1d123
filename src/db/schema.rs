//! Our migrations, and how far a database has come with them. Applying them is `ops`' business.

use refinery::Migration;
use rust_embed::RustEmbed;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::config::Environment;
use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "migrations"]
#[include = "*.sql"]
struct Files;

/// A database's schema beside our migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Nobody has looked yet.
    Unknown,
    /// Everything of ours is applied. Later ones of a newer program do no harm.
    Current,
    /// So many of ours are missing.
    Behind(usize),
    /// An applied migration has another text than ours.
    Diverged,
}

/// A row of refinery's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    pub version: i32,
    pub name: String,
    pub applied_on: String,
    pub checksum: String,
}

/// Our migrations in order. Line endings are normalised first: refinery hashes the text, and a
/// Windows checkout must be no divergence.
pub fn migrations() -> Result<Vec<Migration>> {
    let mut migrations = Vec::new();
    for path in Files::iter() {
        let file = Files::get(&path)
            .map(|file| file.data.into_owned())
            .unwrap_or_default();
        let text = String::from_utf8(file)
            .map_err(|error| Error::internal("a migration is not UTF-8", error))?;
        migrations.push(parse(&path, &text)?);
    }
    migrations.sort_by_key(Migration::version);
    Ok(migrations)
}

/// A migration from its file's name, `V1__create_users.sql`, and text.
pub fn parse(file_name: &str, text: &str) -> Result<Migration> {
    let name = file_name.strip_suffix(".sql").unwrap_or(file_name);
    Migration::unapplied(name, &text.replace("\r\n", "\n")).map_err(|error| {
        Error::Operator(
            format!("migrations/{file_name}: a migration is named like V1__create_users.sql"),
            Some(error.into()),
        )
    })
}

/// What was applied, oldest first; nothing on an empty database.
pub async fn list_applied(client: &Client) -> Result<Vec<Applied>> {
    let rows = match client
        .query(include_str!("sql/list_applied_migrations.sql"), &[])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(Vec::new()),
        rows => rows?,
    };
    rows.iter()
        .map(|row| {
            Ok(Applied {
                version: row.try_get("version")?,
                name: row.try_get("name")?,
                applied_on: row.try_get("applied_on")?,
                checksum: row.try_get("checksum")?,
            })
        })
        .collect()
}

/// Compares the database with our migrations.
pub async fn compare(client: &Client) -> Result<Schema> {
    let applied = list_applied(client).await?;
    let mut missing = 0;
    for migration in migrations()? {
        match applied
            .iter()
            .find(|applied| applied.version == migration.version())
        {
            None => missing += 1,
            Some(applied) if applied.checksum != migration.checksum().to_string() => {
                return Ok(Schema::Diverged);
            }
            Some(_) => {}
        }
    }
    Ok(if missing == 0 {
        Schema::Current
    } else {
        Schema::Behind(missing)
    })
}

/// The stamp, where the database has one.
pub async fn find_environment(client: &Client) -> Result<Option<Environment>> {
    let row = match client
        .query_opt(include_str!("sql/find_environment.sql"), &[])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        row => row?,
    };
    let Some(row) = row else { return Ok(None) };
    Ok(row.try_get::<_, &str>("name")?.parse().ok())
}

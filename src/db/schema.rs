//! The program's migrations, and which of them a database has applied. `operations` applies them.

use refinery::Migration;
use rust_embed::RustEmbed;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;

use crate::config::Environment;
use crate::error::{Error, Result};

#[derive(RustEmbed)]
#[folder = "migrations"]
#[include = "*.sql"]
#[exclude = "repairs/*"]
struct Files;

/// Version and checksum of each text that a migration had before the files were frozen. A database
/// with one of them can be repaired. The texts are in `tests/fixtures/migrations`, by commit.
const EARLIER_TEXTS: [(i32, u64); 7] = [
    (3, 958_479_267_308_021_856),    // 1251325
    (3, 10_318_401_225_547_312_694), // ecda37e
    (5, 10_505_637_480_927_967_463), // 1251325
    (6, 16_801_241_200_469_363_169), // d0ce0e2
    (6, 16_130_570_301_648_363_062), // 8027080
    (6, 13_783_113_402_637_131_660), // 4cffd1b
    (6, 856_928_650_923_050_761),    // beb7e04
];

/// A database's schema compared with the program's migrations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Schema {
    /// Not compared yet.
    Unknown,
    /// Every migration of the program is applied. Additional migrations of a newer program are allowed.
    Current,
    /// The number of migrations that are not applied, or applied with an earlier text that can be
    /// repaired.
    Behind(usize),
    /// An applied migration has a text that the program does not know.
    Diverged,
    /// The schema has lost what this release reads or writes. It needs one that knows the migration of this version.
    NeedsRelease(i32),
}

impl Schema {
    /// The name that logs and reports use.
    pub fn as_str(self) -> &'static str {
        match self {
            Schema::Unknown => "unknown",
            Schema::Current => "current",
            Schema::Behind(_) => "behind",
            Schema::Diverged => "diverged",
            Schema::NeedsRelease(_) => "newer",
        }
    }

    /// How many migrations `cruddur db migrate` would apply or repair.
    pub fn pending(self) -> usize {
        match self {
            Schema::Behind(pending) => pending,
            Schema::Unknown | Schema::Current | Schema::Diverged | Schema::NeedsRelease(_) => 0,
        }
    }
}

/// Whether a database has applied one migration.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Not applied.
    Pending,
    /// Applied with the text of this program.
    Applied,
    /// Applied with a text from before the files were frozen.
    NeedsRepair,
    /// Applied with a text that the program does not know.
    Diverged,
}

impl Standing {
    /// Finds `migration` among those that the database has applied.
    pub fn of(migration: &Migration, applied: &[Applied]) -> Self {
        let version = migration.version();
        let Some(applied) = applied.iter().find(|applied| applied.version == version) else {
            return Self::Pending;
        };
        let has = |checksum: u64| applied.checksum == checksum.to_string();
        if has(migration.checksum()) {
            Self::Applied
        } else if EARLIER_TEXTS
            .iter()
            .any(|(of, text)| *of == version && has(*text))
        {
            Self::NeedsRepair
        } else {
            Self::Diverged
        }
    }
}

/// A row of refinery's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Applied {
    /// The number after `V` in the file's name.
    pub version: i32,
    /// The part of the file's name after the version.
    pub name: String,
    /// When it was applied, in RFC 3339.
    pub applied_on: String,
    /// refinery's checksum of the text, in decimal.
    pub checksum: String,
}

/// The program's migrations in order. Line endings are normalised first: refinery hashes the text,
/// and a checkout on Windows must not change the checksum.
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

/// A migration from the name of its file, such as `V1__create_users.sql`, and its text.
pub fn parse(file_name: &str, text: &str) -> Result<Migration> {
    let name = file_name.strip_suffix(".sql").unwrap_or(file_name);
    Migration::unapplied(name, &text.replace("\r\n", "\n")).map_err(|error| {
        Error::Operator(
            format!("migrations/{file_name}: the name of a migration must have the form V1__create_users.sql"),
            Some(error.into()),
        )
    })
}

/// The migrations that the database has applied, oldest first; none where it has no history table.
///
/// Statements on a table that may be missing are not prepared under a name: PgBouncer would count one that has failed as
/// prepared.
pub async fn list_applied(client: &Client) -> Result<Vec<Applied>> {
    let rows = match client
        .query_typed(include_str!("sql/list_applied_migrations.sql"), &[])
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

/// Compares the database with the program's migrations.
pub async fn compare(client: &Client) -> Result<Schema> {
    let applied = list_applied(client).await?;
    let migrations = migrations()?;
    let last = migrations.last().map_or(0, Migration::version);
    // Only a newer program may have applied a later migration, and only such a one asks for a newer release.
    let is_newer = applied.last().is_some_and(|latest| latest.version > last);
    if is_newer
        && let Some(needed) = find_needed_release(client).await?
        && needed > last
    {
        return Ok(Schema::NeedsRelease(needed));
    }
    let mut pending = 0;
    for migration in migrations {
        match Standing::of(&migration, &applied) {
            Standing::Applied => {}
            Standing::Pending | Standing::NeedsRepair => pending += 1,
            Standing::Diverged => return Ok(Schema::Diverged),
        }
    }
    Ok(match pending {
        0 => Schema::Current,
        pending => Schema::Behind(pending),
    })
}

/// The last migration that a program must know to work with this schema; `None` before V19.
async fn find_needed_release(client: &Client) -> Result<Option<i32>> {
    let rows = match client
        .query_typed(include_str!("sql/find_needed_release.sql"), &[])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        rows => rows?,
    };
    let row = rows.first();
    row.map(|row| Ok(row.try_get("migration")?)).transpose()
}

/// The environment that the database is stamped with; `None` before V4.
pub async fn find_environment(client: &Client) -> Result<Option<Environment>> {
    let rows = match client
        .query_typed(include_str!("sql/find_environment.sql"), &[])
        .await
    {
        Err(error) if error.code() == Some(&SqlState::UNDEFINED_TABLE) => return Ok(None),
        rows => rows?,
    };
    let Some(row) = rows.first() else {
        return Ok(None);
    };
    Ok(row.try_get::<_, &str>("name")?.parse().ok())
}

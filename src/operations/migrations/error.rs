//! The error of a failed migration, with the file, the line and the SQLSTATE.

use refinery::Migration;
use tokio_postgres::error::{DbError, ErrorPosition};

use crate::error::Error;

/// Explains why refinery could not apply one of `migrations`.
pub(super) fn explain(error: refinery::Error, migrations: &[Migration]) -> Error {
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
        |m| format!("migrations/V{}__{}.sql", m.version(), m.name()),
    );
    let line = failed
        .and_then(|migration| line_of(database_error, migration.sql().unwrap_or_default()))
        .map_or_else(String::new, |line| format!(", line {line}"));
    let hint = database_error
        .hint()
        .map_or_else(String::new, |hint| format!(". {hint}"));
    Error::operator(format!(
        "{file}{line}: {} (SQLSTATE {}){hint}; this file was rolled back, {applied} migrations \
         before it were applied",
        database_error.message(),
        database_error.code().code(),
    ))
}

/// Explains why a migration outside a transaction could not be applied.
pub(super) fn explain_outside(error: &tokio_postgres::Error, migration: &Migration) -> Error {
    let reason = error.as_db_error().map_or_else(
        || error.to_string(),
        |error| format!("{} (SQLSTATE {})", error.message(), error.code().code()),
    );
    Error::operator(format!(
        "migrations/V{}__{}.sql: {reason}; the file runs outside a transaction: the next `cruddur db migrate` drops an \
         invalid index that it may have left, and runs it again",
        migration.version(),
        migration.name()
    ))
}

/// The line of the error. PostgreSQL's position counts characters from 1 at the start of the text.
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

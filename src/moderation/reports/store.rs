//! One function for each statement of `sql/` about reports; the comment in each file describes the statement and its
//! parameters. A function fails if its statement fails.

use uuid::Uuid;

use super::model::{
    Closing, CreatedReport, NewReport, Report, ReportCopies, ReportStatus, ReportSummary,
};
use super::rows;
use crate::auth::CurrentUser;
use crate::db::{self, GenericClient};
use crate::domain::PageQuery;
use crate::error::{Code, Error, Result};
use crate::users;

/// How many reports that are still open a user can make in 24 hours.
const MAX_OPEN_REPORTS: i64 = 50;

/// Stores the report of an activity with copies of the activity and its parent; of a user's repeated report nothing but
/// the id of the first one is returned.
///
/// # Errors
/// [`Code::CognitoUserIdBlank`] when the token's user has no row, [`Code::Suspended`], [`Code::ActivityNotFound`] when the
/// activity does not exist or has been gone for 24 hours, [`Error::TooMany`].
pub async fn insert_report(
    db: &impl GenericClient,
    user: &CurrentUser,
    activity: Uuid,
    new: &NewReport,
) -> Result<CreatedReport> {
    let row = db::row(
        db,
        include_str!("../sql/insert_report.sql"),
        &[
            &user.subject(),
            &activity,
            &new.reason.as_str(),
            &new.note,
            &MAX_OPEN_REPORTS,
        ],
    )
    .await?
    .ok_or(Code::CognitoUserIdBlank)?;
    if let Some(code) = users::refusal_of_hidden(&row)? {
        return Err(code.into());
    }
    if let Some(uuid) = row.try_get("uuid")? {
        return Ok(CreatedReport { uuid });
    }
    let retry_after: Option<i64> = row.try_get("retry_after")?;
    match (row.try_get("is_found")?, retry_after) {
        (true, Some(seconds)) => Err(Error::TooMany(seconds.try_into().unwrap_or(1))),
        _ => Err(Code::ActivityNotFound.into()),
    }
}

/// A page of the reports with one of the states, newest first.
pub async fn list_reports(
    db: &impl GenericClient,
    states: &[ReportStatus],
    page: &PageQuery,
) -> Result<Vec<ReportSummary>> {
    let states: Vec<&str> = states.iter().map(|status| status.as_str()).collect();
    let before = page.before();
    let rows = db::rows(
        db,
        include_str!("../sql/list_reports.sql"),
        &[&states, &before.created_at, &before.uuid, &page.fetch()],
    )
    .await?;
    rows.iter().map(rows::summary).collect()
}

/// The report without its copies.
pub async fn find_report(db: &impl GenericClient, uuid: Uuid) -> Result<Option<Report>> {
    let row = db::row(db, include_str!("../sql/find_report.sql"), &[&uuid]).await?;
    row.as_ref().map(rows::report).transpose()
}

/// The copies of the report; `None` after they were removed.
pub async fn find_copies(db: &impl GenericClient, report: Uuid) -> Result<Option<ReportCopies>> {
    let rows = db::rows(db, include_str!("../sql/find_copies.sql"), &[&report]).await?;
    rows::copies(&rows)
}

/// Closes the report; closed as unfounded, it loses its copies.
///
/// # Errors
/// [`Code::ReportNotFound`], [`Code::ReportAlreadyClosed`].
pub async fn close_report(
    db: &impl GenericClient,
    uuid: Uuid,
    closing: &Closing,
) -> Result<ReportSummary> {
    let row = db::row(
        db,
        include_str!("../sql/close_report.sql"),
        &[
            &uuid,
            &closing.reason.as_str(),
            &closing.note,
            &closing.removes_copies(),
        ],
    )
    .await?
    .ok_or(Code::ReportNotFound)?;
    match row.try_get("was_open")? {
        true => rows::summary(&row),
        false => Err(Code::ReportAlreadyClosed.into()),
    }
}

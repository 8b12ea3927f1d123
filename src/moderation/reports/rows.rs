//! Makes reports of the rows of statements.

use tokio_postgres::Row;

use super::model::{
    ClosingReason, CopiedActivity, Report, ReportCopies, ReportReason, ReportStatus, ReportSummary,
};
use crate::error::{Error, Result};
use crate::users::ShortUser;

/// The report of a row that has nothing that people wrote.
///
/// # Errors
/// A column is missing or has another type or an unknown value.
pub fn summary(row: &Row) -> Result<ReportSummary> {
    let closing_reason: Option<&str> = row.try_get("closing_reason")?;
    Ok(ReportSummary {
        uuid: row.try_get("uuid")?,
        activity_uuid: row.try_get("activity_uuid")?,
        reason: known(ReportReason::parse(row.try_get("reason")?))?,
        status: known(ReportStatus::parse(row.try_get("status")?))?,
        created_at: row.try_get("created_at")?,
        closed_at: row.try_get("closed_at")?,
        closing_reason: closing_reason
            .map(|text| known(ClosingReason::parse(text)))
            .transpose()?,
        copy_removed_at: row.try_get("copy_removed_at")?,
    })
}

/// The report of a row with its reporter and notes, still without copies.
///
/// # Errors
/// Those of [`summary`].
pub fn report(row: &Row) -> Result<Report> {
    let reporter = match row.try_get("reporter_uuid")? {
        None => None,
        Some(uuid) => Some(ShortUser {
            uuid,
            handle: row.try_get("reporter_handle")?,
            display_name: row.try_get("reporter_display_name")?,
        }),
    };
    Ok(Report {
        summary: summary(row)?,
        is_live: row.try_get("is_live")?,
        reporter,
        note: row.try_get("note")?,
        closing_note: row.try_get("closing_note")?,
        copies: None,
    })
}

/// The copies of one report; `None` without a row.
///
/// # Errors
/// A column is missing or has another type.
pub fn copies(rows: &[Row]) -> Result<Option<ReportCopies>> {
    let (mut activity, mut parent) = (None, None);
    for row in rows {
        match row.try_get("role")? {
            "activity" => activity = Some(copied(row)?),
            _ => parent = Some(copied(row)?),
        }
    }
    Ok(activity.map(|activity| ReportCopies { activity, parent }))
}

fn copied(row: &Row) -> Result<CopiedActivity> {
    Ok(CopiedActivity {
        uuid: row.try_get("activity_uuid")?,
        user_uuid: row.try_get("user_uuid")?,
        handle: row.try_get("handle")?,
        display_name: row.try_get("display_name")?,
        message: row.try_get("message")?,
        reply_to_activity_uuid: row.try_get("reply_to_activity_uuid")?,
        expires_at: row.try_get("expires_at")?,
        created_at: row.try_get("created_at")?,
        gone_at: row.try_get("gone_at")?,
    })
}

fn known<T>(value: Option<T>) -> Result<T> {
    value.ok_or_else(|| {
        Error::internal(
            "a report has an unknown value",
            "it is none of the model's values",
        )
    })
}

//! Reports: a user reports an activity, and an operator looks at the report and closes it. `model` has no I/O, `handlers`
//! serve the users' route, `store` has one function for each statement of `sql/`, `rows` makes reports of rows. Only
//! operators get the copies of a report; their routes and commands are in `operations::reports`.

mod handlers;
mod model;
mod rows;
mod store;

use uuid::Uuid;

use crate::db::GenericClient;
use crate::error::Result;
use crate::http::{Routes, routes};
pub use model::{
    Closing, ClosingReason, CopiedActivity, MAX_NOTE_CHARS, Report, ReportReason, ReportStatus,
    ReportSummary,
};
pub use store::{close_report, list_reports};

/// The routes below `/api/activities`.
pub fn routes() -> Routes {
    routes![handlers::create_report]
}

/// The report with its copies.
///
/// # Errors
/// A statement fails.
pub async fn find_report(db: &impl GenericClient, uuid: Uuid) -> Result<Option<Report>> {
    let Some(report) = store::find_report(db, uuid).await? else {
        return Ok(None);
    };
    let copies = store::find_copies(db, uuid).await?;
    Ok(Some(Report { copies, ..report }))
}

//! Moderation: users report activities, and operators look at the reports. `reports` has the reports with their copies of
//! activities, `retention` deletes the copies when their time is over.

pub mod reports;
mod retention;

use crate::http::Routes;
pub use reports::MAX_NOTE_CHARS;
pub use retention::delete_copies_forever;

/// The slice's routes below `/api/activities`.
pub fn activity_routes() -> Routes {
    reports::routes()
}

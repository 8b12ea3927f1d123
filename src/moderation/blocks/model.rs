//! A block as the API returns it. No I/O.

use serde::Serialize;
use utoipa::ToSchema;

/// Whether the user has blocked another user.
#[derive(Debug, Serialize, ToSchema)]
pub struct Block {
    /// The other user's handle, without the `@`.
    pub handle: String,
    /// Whether that user is blocked.
    pub blocked: bool,
}

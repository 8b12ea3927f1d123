//! What others may know of a user, and the bodies of the slice. No I/O.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use crate::http::lenient_string;

/// A user in a line.
#[derive(Debug, Clone, Serialize, ToSchema)]
pub struct ShortUser {
    pub uuid: Uuid,
    /// Without the `@`; unique without regard to case.
    pub handle: String,
    pub display_name: String,
}

/// Whom to act as.
#[derive(Debug, Deserialize, ToSchema)]
pub struct CreateDevelopmentSessionBody {
    #[serde(default, deserialize_with = "lenient_string")]
    #[schema(value_type = String, required)]
    pub handle: Option<String>,
}

/// A token for `Authorization: Bearer`, good until the server restarts, for twelve hours at most.
#[derive(Debug, Serialize, ToSchema)]
pub struct DevelopmentSession {
    pub handle: String,
    pub token: String,
}

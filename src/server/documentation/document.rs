//! The OpenAPI document as JSON. [`super`] generates it.

use serde::Serialize;
use serde_json::Value;

/// The OpenAPI document of every public and administrative route.
#[derive(Serialize)]
pub struct Document {
    /// The version of OpenAPI.
    pub openapi: Value,
    /// Title, version and description.
    pub info: Value,
    /// The addresses of the servers.
    pub servers: Value,
    /// The groups of operations, in the order of their use.
    pub tags: Value,
    /// The operations by path and method.
    pub paths: Value,
    /// What several operations share.
    pub components: Value,
}

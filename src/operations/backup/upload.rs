//! An archive that a client sends, in a temporary file.

use actix_web::web::Payload;
use futures_util::StreamExt;
use tempfile::NamedTempFile;
use tokio::io::AsyncWriteExt;

use crate::error::{Error, Result};

/// The longest archive in bytes. For a longer one there is the command `db restore`.
const MAX_BYTES: u64 = 16 << 30;
/// What an archive of `pg_dump` in its own format begins with.
const MAGIC: &[u8] = b"PGDMP";

/// Writes the body to a temporary file, which is deleted when the value is dropped.
///
/// # Errors
/// A body that is no archive, that is too long, or that ends early; a full disk.
pub(super) async fn receive(mut body: Payload) -> Result<NamedTempFile> {
    let unwritable = |error: std::io::Error| {
        let advice = "the archive cannot be written to the folder for temporary files";
        Error::Operator(advice.to_owned(), Some(error.into()))
    };
    let draft = tempfile::Builder::new()
        .prefix("cruddur-restore-")
        .suffix(".dump")
        .tempfile()
        .map_err(unwritable)?;
    let mut file = tokio::fs::File::from_std(draft.reopen().map_err(unwritable)?);
    let mut start = Vec::new();
    let mut received = 0;
    while let Some(chunk) = body.next().await {
        let chunk = chunk.map_err(|error| {
            Error::Operator(
                "the archive did not arrive completely".to_owned(),
                Some(error.to_string().into()),
            )
        })?;
        if start.len() < MAGIC.len() {
            let missing = MAGIC.len() - start.len();
            start.extend_from_slice(&chunk[..missing.min(chunk.len())]);
            if !MAGIC.starts_with(&start) {
                break;
            }
        }
        received += chunk.len() as u64;
        if received > MAX_BYTES {
            return Err(Error::operator(format!(
                "the archive has more than {} GiB: restore it with `cruddur db restore`",
                MAX_BYTES >> 30
            )));
        }
        file.write_all(&chunk).await.map_err(unwritable)?;
    }
    if start != MAGIC {
        return Err(Error::operator(
            "the body is not an archive of pg_dump --format=custom, which `db backup` makes",
        ));
    }
    file.flush().await.map_err(unwritable)?;
    Ok(draft)
}

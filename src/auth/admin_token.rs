//! The admin token of a server with the embedded database. The first start creates it in the data directory, in a file
//! that only its owner can read.

use std::fs::{self, OpenOptions, Permissions};
use std::io::{ErrorKind, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use secrecy::SecretString;

use crate::config::SHORTEST_ADMIN_TOKEN;
use crate::error::{Error, Result};

const FILE: &str = "admin-token";

/// The token in `data_dir`; creates it if the file does not exist. Two processes that create it at the same time get
/// the same token.
///
/// # Errors
/// The file cannot be read or written, or contains a token that is too short.
pub fn find_or_make(data_dir: &Path) -> Result<SecretString> {
    let path = data_dir.join(FILE);
    let unusable = |error: std::io::Error| {
        let advice = format!(
            "the file {} with the admin token cannot be read or written",
            path.display()
        );
        Error::Operator(advice, Some(error.into()))
    };
    if !path.try_exists().map_err(unusable)? {
        make(&path).map_err(unusable)?;
    }
    tracing::info!(file = %path.display(), "the admin token is in this file");
    fs::set_permissions(&path, Permissions::from_mode(0o600)).map_err(unusable)?;
    let token = fs::read_to_string(&path).map_err(unusable)?;
    let token = token.trim_end();
    if token.chars().count() < SHORTEST_ADMIN_TOKEN {
        let advice = format!(
            "{} contains no admin token of {SHORTEST_ADMIN_TOKEN} or more characters: remove the file, \
             and the next start creates one",
            path.display()
        );
        return Err(Error::operator(advice));
    }
    Ok(token.to_owned().into())
}

/// Writes the token to another file and then links that to `path`, so that no process reads an incomplete token. The
/// link fails if another process has created the file in the meantime.
fn make(path: &Path) -> std::io::Result<()> {
    let bytes: [u8; 32] = rand::random();
    let token: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    let draft = path.with_extension(format!("{}.draft", std::process::id()));
    let _ = fs::remove_file(&draft);
    let mut file = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&draft)?;
    writeln!(file, "{token}")?;
    file.sync_all()?;
    let linked = fs::hard_link(&draft, path);
    fs::remove_file(&draft)?;
    match linked {
        Err(error) if error.kind() == ErrorKind::AlreadyExists => Ok(()),
        linked => linked,
    }
}

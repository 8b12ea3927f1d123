//! The admin token of a server with the embedded database. The first start creates it in the data directory, in a file
//! that only its owner can read.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::Path;

use rustix::fs::OFlags;
use secrecy::SecretString;

use crate::config::SHORTEST_ADMIN_TOKEN;
use crate::error::{Error, Result};

/// The name of the file in the data directory.
pub const FILE: &str = "admin-token";

/// The token in `data_dir`; creates it if the file does not exist. Two processes that create it at the same time get
/// the same token.
///
/// # Errors
/// The file cannot be read or written, is a symbolic link, or contains a token that is too short.
pub fn find_or_make(data_dir: &Path) -> Result<SecretString> {
    let path = data_dir.join(FILE);
    let unusable = |error: std::io::Error| {
        let advice = format!(
            "the file {} with the admin token cannot be read or written",
            path.display()
        );
        Error::Operator(advice, Some(error.into()))
    };
    let opened = match open(&path) {
        Err(error) if error.kind() == ErrorKind::NotFound => make(&path).and_then(|()| open(&path)),
        opened => opened,
    };
    let mut file = opened.map_err(unusable)?;
    tracing::info!(file = %path.display(), "the admin token is in this file");
    file.set_permissions(Permissions::from_mode(0o600))
        .map_err(unusable)?;
    let mut token = String::new();
    file.read_to_string(&mut token).map_err(unusable)?;
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

/// Opens the file, but not through a symbolic link: PostgreSQL's account may own the directory, and root would read and
/// change a file of that account's choice.
fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new()
        .read(true)
        .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
        .open(path)
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

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::error::chain;

    #[test]
    fn an_admin_token_file_that_is_a_symbolic_link_is_refused_and_its_target_unchanged() {
        let temp = tempfile::tempdir().expect("a directory");
        let target = temp.path().join("letter.txt");
        fs::write(
            &target,
            "a long line of a letter that is not an admin token",
        )
        .expect("a file");
        fs::set_permissions(&target, Permissions::from_mode(0o644)).expect("a mode");
        let link = temp.path().join(FILE);
        symlink(&target, &link).expect("a link");
        let error = chain(&find_or_make(temp.path()).expect_err("a refusal"));
        assert!(error.contains(&link.display().to_string()), "{error}");
        let mode = fs::metadata(&target)
            .expect("the file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o777, 0o644);
    }
}

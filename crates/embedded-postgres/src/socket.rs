//! The private directory of the server's socket: its path and its permissions.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::process::geteuid;
use xxhash_rust::xxh3::xxh3_64;

use crate::account::Account;
use crate::error::Error;

/// The port that names the socket; the server listens on no other.
pub(crate) const PORT: u16 = 5432;

/// The name that PostgreSQL gives its socket, and the lock file beside it.
const SOCKET: &str = ".s.PGSQL.5432";
const SOCKET_LOCK: &str = ".s.PGSQL.5432.lock";

/// In bytes. `sockaddr_un` holds 107 on Linux and 103 on macOS, without the final NUL.
const LONGEST_SOCKET_PATH: usize = 103;

/// `<data_dir>/socket`, or `/tmp/<name>-<hash>` where that is too long for a socket.
pub(crate) fn directory(data_dir: &Path, name: &str) -> PathBuf {
    let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let inside = data_dir.join("socket");
    let socket = inside.join(SOCKET);
    if socket.as_os_str().len() <= LONGEST_SOCKET_PATH {
        return inside;
    }
    // Different builds have to find the same directory, and the hash of the standard library's
    // hasher may change between Rust versions.
    let hash = xxh3_64(data_dir.as_os_str().as_bytes());
    PathBuf::from(format!("/tmp/{name}-{hash:016x}"))
}

/// The files that a killed server leaves in the directory.
pub(crate) fn leftovers(dir: &Path) -> [PathBuf; 2] {
    [SOCKET, SOCKET_LOCK].map(|name| dir.join(name))
}

/// Creates the directory, or verifies that only the account can enter the one that exists: in
/// `/tmp` another user may have created it first, to receive the connections of clients.
pub(crate) fn make_private(dir: &Path, account: &Account) -> Result<(), Error> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
            return Err(Error::file("make", dir)(error));
        }
        _ => {}
    }
    let found = fs::symlink_metadata(dir).map_err(Error::file("inspect", dir))?;
    let owned = found.uid() == geteuid().as_raw() || Some(found.uid()) == account.other_uid();
    if !found.is_dir() || !owned || found.mode() & 0o077 != 0 {
        return Err(Error::UnsafeSocketDir {
            dir: dir.to_owned(),
        });
    }
    account.take_ownership(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_in_the_data_directory_where_its_path_fits() {
        assert_eq!(
            directory(Path::new("/var/lib/shop"), "shop"),
            Path::new("/var/lib/shop/socket")
        );
        let longest = format!("/{}", "x".repeat(LONGEST_SOCKET_PATH - 22));
        assert_eq!(
            directory(Path::new(&longest), "shop"),
            Path::new(&longest).join("socket")
        );
    }

    #[test]
    fn a_deep_data_directory_has_its_socket_in_tmp() {
        let deep = format!("/{}", "x".repeat(LONGEST_SOCKET_PATH - 21));
        let dir = directory(Path::new(&deep), "shop");
        assert!(
            dir.to_string_lossy().starts_with("/tmp/shop-"),
            "{}",
            dir.display()
        );
        assert_eq!(dir, directory(Path::new(&deep), "shop"));
        assert_ne!(dir, directory(Path::new(&format!("{deep}/b")), "shop"));
    }
}

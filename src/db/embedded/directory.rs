//! Cruddur's data directory: making it, its lock, which dies with the process that holds it, and
//! the private directory of the socket. What is in the database's own directory is `cluster`'s.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use super::account::{Account, own_uid};
use super::{EmbeddedConfig, EmbeddedError, handshake};

const LOCK: &str = "lock";

/// What fits into `sockaddr_un` with its final NUL: 107 bytes on Linux, 103 on macOS.
const LONGEST_SOCKET: usize = 103;

/// A data directory that exists.
pub(super) struct DataDir {
    /// Without symbolic links, so that one directory has one name.
    pub path: PathBuf,
    pub socket_dir: PathBuf,
}

/// Who has the lock.
pub(super) enum Locked {
    ByUs(File),
    ByOther(Holder),
}

/// What the process that has the lock wrote into it.
pub(super) struct Holder(Vec<u8>);

impl DataDir {
    /// The configured directory, made if it is missing.
    pub(super) fn open(config: &EmbeddedConfig) -> Result<Self, EmbeddedError> {
        let wanted = &config.data_dir;
        if !wanted.exists() {
            let absolute =
                std::path::absolute(wanted).map_err(EmbeddedError::file("make", wanted))?;
            Account::choose(&absolute)?.check_entry(&absolute)?;
            // The database's account has to pass through it where we are root, and only then.
            let root = own_uid().map_err(EmbeddedError::file("make", wanted))? == 0;
            let (parents, own) = if root { (0o755, 0o711) } else { (0o700, 0o700) };
            DirBuilder::new()
                .recursive(true)
                .mode(parents)
                .create(wanted)
                .and_then(|()| fs::set_permissions(wanted, Permissions::from_mode(own)))
                .map_err(EmbeddedError::file("make", wanted))?;
        }
        let path = wanted
            .canonicalize()
            .map_err(EmbeddedError::file("open", wanted))?;
        Ok(DataDir {
            path,
            socket_dir: config.socket_dir(),
        })
    }

    /// Takes the lock, or says who has it.
    pub(super) fn try_lock(&self) -> Result<Locked, EmbeddedError> {
        let path = self.path.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(EmbeddedError::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => {
                self.sign(&mut file)
                    .map_err(EmbeddedError::file("write", &path))?;
                Ok(Locked::ByUs(file))
            }
            Err(TryLockError::WouldBlock) => {
                let mut signed = Vec::new();
                file.read_to_end(&mut signed)
                    .map_err(EmbeddedError::file("read", &path))?;
                Ok(Locked::ByOther(Holder(signed)))
            }
            Err(TryLockError::Error(error)) => Err(EmbeddedError::file("lock", &path)(error)),
        }
    }

    fn sign(&self, lock: &mut File) -> io::Result<()> {
        let mut signature = format!("{}\n", process::id()).into_bytes();
        signature.extend_from_slice(self.socket_dir.as_os_str().as_bytes());
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(&signature)
    }

    /// The error for a data directory that is another process's.
    pub(super) fn in_use(&self, holder: &Holder) -> EmbeddedError {
        let (pid, _) = holder.parts();
        let holder = match str::from_utf8(pid) {
            Ok(pid) if !pid.is_empty() => format!("process {pid}"),
            _ => "another process".to_owned(),
        };
        EmbeddedError::InUse {
            data_dir: self.path.clone(),
            holder,
        }
    }
}

impl Holder {
    /// Its socket's directory, if its database is up.
    pub(super) fn answering_socket_dir(&self) -> Option<PathBuf> {
        let (_, socket_dir) = self.parts();
        let socket_dir = PathBuf::from(OsStr::from_bytes(socket_dir));
        handshake::answers(&socket_dir).then_some(socket_dir)
    }

    fn parts(&self) -> (&[u8], &[u8]) {
        let end = self
            .0
            .iter()
            .position(|byte| *byte == b'\n')
            .unwrap_or(self.0.len());
        (&self.0[..end], self.0.get(end + 1..).unwrap_or_default())
    }
}

/// `<data_dir>/socket`, or a short name in `/tmp` where that is too long.
pub(super) fn socket_dir(data_dir: &Path) -> PathBuf {
    let data_dir = std::path::absolute(data_dir).unwrap_or_else(|_| data_dir.to_owned());
    let inside = data_dir.join("socket");
    let socket = inside.join(handshake::SOCKET);
    if socket.as_os_str().len() <= LONGEST_SOCKET {
        return inside;
    }
    let hash = fnv1a(data_dir.as_os_str().as_bytes());
    PathBuf::from(format!("/tmp/cruddur-{hash:016x}"))
}

/// The same in every release, unlike the hasher of the standard library.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

/// Makes a directory that only the account can enter, or makes sure that the one there is such.
///
/// In `/tmp` another user may have made it first, to be given our connections.
pub(super) fn make_private(dir: &Path, account: &Account) -> Result<(), EmbeddedError> {
    match DirBuilder::new().mode(0o700).create(dir) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
        Err(error) => return Err(EmbeddedError::file("make", dir)(error)),
    }
    let found = fs::symlink_metadata(dir).map_err(EmbeddedError::file("look at", dir))?;
    let ours = own_uid().map_err(EmbeddedError::file("look at", dir))?;
    let owned = found.uid() == ours || Some(found.uid()) == account.uid();
    if !found.is_dir() || !owned || found.mode() & 0o077 != 0 {
        return Err(EmbeddedError::UnsafeSocketDir {
            dir: dir.to_owned(),
        });
    }
    account.own(dir)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_is_in_the_data_directory_where_its_path_fits() {
        assert_eq!(
            socket_dir(Path::new("/var/lib/cruddur")),
            Path::new("/var/lib/cruddur/socket")
        );
        let longest = format!("/{}", "x".repeat(LONGEST_SOCKET - 22));
        assert_eq!(
            socket_dir(Path::new(&longest)),
            Path::new(&longest).join("socket")
        );
    }

    #[test]
    fn a_deep_data_directory_has_its_socket_in_tmp() {
        let deep = format!("/{}", "x".repeat(LONGEST_SOCKET - 21));
        let dir = socket_dir(Path::new(&deep));
        assert!(dir.starts_with("/tmp"), "{}", dir.display());
        assert_eq!(dir, socket_dir(Path::new(&deep)));
        assert_ne!(dir, socket_dir(Path::new(&format!("{deep}/b"))));
    }
}

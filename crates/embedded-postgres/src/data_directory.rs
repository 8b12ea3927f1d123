//! Creates and locks the data directory. The lock ends with the process that holds it. `initdb` creates
//! the cluster in it.

use std::ffi::OsStr;
use std::fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::process;

use rustix::fs::OFlags;
use rustix::process::geteuid;

use crate::account::{self, Account};
use crate::cluster;
use crate::error::Error;

const LOCK: &str = "lock";

/// A data directory that exists.
pub(crate) struct DataDirectory {
    /// Without symbolic links, so that one directory has one name.
    pub path: PathBuf,
    pub socket_dir: PathBuf,
}

/// The state of the lock after an attempt to take it.
pub(crate) enum Lock {
    /// This process holds it for as long as the file is open.
    Acquired(File),
    HeldBy(Holder),
}

/// The process that holds the lock, from the content of the lock file.
pub(crate) struct Holder {
    /// None where the file holds no pid.
    pub pid: Option<u32>,
    pub socket_dir: PathBuf,
}

impl DataDirectory {
    /// The directory, created where it is missing. One that other users can change is refused.
    pub(crate) fn open(wanted: &Path, socket_dir: PathBuf) -> Result<Self, Error> {
        if !wanted.exists() {
            create(wanted)?;
        }
        let path = wanted.canonicalize().map_err(Error::file("open", wanted))?;
        refuse_unsafe(&path)?;
        Ok(Self { path, socket_dir })
    }

    /// Takes the lock where no other process holds it.
    pub(crate) fn try_lock(&self) -> Result<Lock, Error> {
        let path = self.path.join(LOCK);
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            // PostgreSQL's account may own the directory, and its link must not lead root to another file.
            .custom_flags(OFlags::NOFOLLOW.bits().cast_signed())
            .open(&path)
            .map_err(Error::file("open", &path))?;
        match file.try_lock() {
            Ok(()) => {
                self.write_holder(&mut file)
                    .map_err(Error::file("write", &path))?;
                Ok(Lock::Acquired(file))
            }
            Err(TryLockError::WouldBlock) => {
                let mut content = Vec::new();
                file.read_to_end(&mut content)
                    .map_err(Error::file("read", &path))?;
                Ok(Lock::HeldBy(Holder::parse(&content)))
            }
            Err(TryLockError::Error(error)) => Err(Error::file("lock", &path)(error)),
        }
    }

    fn write_holder(&self, lock: &mut File) -> io::Result<()> {
        let mut content = format!("{}\n", process::id()).into_bytes();
        content.extend_from_slice(self.socket_dir.as_os_str().as_bytes());
        lock.set_len(0)?;
        lock.rewind()?;
        lock.write_all(&content)
    }

    /// The error for a data directory whose lock another process holds.
    pub(crate) fn in_use(&self, holder: &Holder) -> Error {
        Error::InUse {
            data_dir: self.path.clone(),
            pid: holder.pid,
        }
    }
}

impl Holder {
    /// Reads a pid, a newline, and the bytes of the socket's directory.
    fn parse(content: &[u8]) -> Self {
        let mut parts = content.splitn(2, |byte| *byte == b'\n');
        let pid = parts.next().and_then(|pid| str::from_utf8(pid).ok());
        Self {
            pid: pid.and_then(|pid| pid.parse().ok()),
            socket_dir: PathBuf::from(OsStr::from_bytes(parts.next().unwrap_or_default())),
        }
    }
}

fn create(wanted: &Path) -> Result<(), Error> {
    let absolute = std::path::absolute(wanted).map_err(Error::file("make", wanted))?;
    Account::choose(&absolute)?.verify_access(&absolute)?;
    // Where this process is root, the database's account has to be able to enter the directory.
    let (parents, own) = match geteuid().is_root() {
        true => (0o755, 0o711),
        false => (0o700, 0o700),
    };
    DirBuilder::new()
        .recursive(true)
        .mode(parents)
        .create(wanted)
        .and_then(|()| fs::set_permissions(wanted, Permissions::from_mode(own)))
        .map_err(Error::file("make", wanted))
}

/// Refuses a directory in which a user other than root, this process's or PostgreSQL's can create files,
/// which this process would open as its own.
fn refuse_unsafe(dir: &Path) -> Result<(), Error> {
    let found = fs::metadata(dir).map_err(Error::file("inspect", dir))?;
    let unsafe_until = |fix: String| Error::UnsafeDataDir {
        dir: dir.to_owned(),
        fix,
    };
    if found.mode() & 0o022 != 0 {
        return Err(unsafe_until(format!("chmod go-w {}", dir.display())));
    }
    let (owner, own) = (found.uid(), geteuid().as_raw());
    if owner == 0 || owner == own {
        return Ok(());
    }
    match Account::choose(&cluster::directory(dir))?.other_uid() == Some(owner) {
        true => Ok(()),
        false => {
            let own = account::name_of(own);
            Err(unsafe_until(format!("chown {own} {}", dir.display())))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_names_the_process_and_its_socket() {
        let holder = Holder::parse(b"4711\n/var/lib/shop/socket");
        assert_eq!(holder.pid, Some(4711));
        assert_eq!(holder.socket_dir, Path::new("/var/lib/shop/socket"));
    }

    #[test]
    fn a_lock_file_that_is_not_yet_written_names_no_process() {
        let holder = Holder::parse(b"");
        assert_eq!((holder.pid, holder.socket_dir), (None, PathBuf::new()));
    }
}

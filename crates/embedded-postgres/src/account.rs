//! The operating-system account that PostgreSQL runs as: the current one, or another one where
//! this process is root, because PostgreSQL refuses to run as root.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use rustix::process::geteuid;

use crate::error::Error;

/// The accounts that root runs PostgreSQL as, in order of preference.
const PREFERRED: [&str; 2] = ["postgres", "nobody"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Account {
    /// The account of this process.
    Current { name: String },
    /// Another account: this process is root.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The current account. For root: the owner of an existing cluster, which a start must not
    /// change, else `postgres`, else `nobody`.
    pub(crate) fn choose(cluster: &Path) -> Result<Self, Error> {
        let current = geteuid();
        if !current.is_root() {
            let name = name_of(current.as_raw());
            return Ok(Account::Current { name });
        }
        match fs::metadata(cluster).ok().filter(|found| found.uid() != 0) {
            Some(owner) => Ok(Account::Other {
                name: name_of(owner.uid()),
                uid: owner.uid(),
                gid: owner.gid(),
            }),
            None => PREFERRED
                .iter()
                .find_map(uzers::get_user_by_name)
                .map(|user| Account::Other {
                    name: user.name().to_string_lossy().into_owned(),
                    uid: user.uid(),
                    gid: user.primary_group_id(),
                })
                .ok_or(Error::NoAccount),
        }
    }

    /// The uid of another account; none for the current one.
    pub(crate) fn other_uid(&self) -> Option<u32> {
        match self {
            Account::Current { .. } => None,
            Account::Other { uid, .. } => Some(*uid),
        }
    }

    /// The account's name, or its uid where the system has no name for it.
    pub(crate) fn name(&self) -> &str {
        let (Account::Current { name } | Account::Other { name, .. }) = self;
        name
    }

    /// Makes the account the owner of a file or directory that this process created.
    pub(crate) fn take_ownership(&self, path: &Path) -> Result<(), Error> {
        match self {
            Account::Current { .. } => Ok(()),
            Account::Other { uid, gid, .. } => lchown(path, Some(*uid), Some(*gid))
                .map_err(Error::file("change the owner of", path)),
        }
    }

    /// Fails where the account cannot enter one of the existing directories of the path. Reads the
    /// mode bits, so that the error can name the first such directory.
    pub(crate) fn verify_access(&self, dir: &Path) -> Result<(), Error> {
        let Account::Other { name, uid, gid } = self else {
            return Ok(());
        };
        let mut path: Vec<&Path> = dir.ancestors().collect();
        path.reverse();
        for dir in path {
            let found = match fs::metadata(dir) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                found => found.map_err(Error::file("inspect", dir))?,
            };
            let execute = match (found.uid() == *uid, found.gid() == *gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if found.mode() & execute == 0 {
                return Err(Error::NoAccess {
                    dir: dir.to_owned(),
                    account: name.clone(),
                });
            }
        }
        Ok(())
    }

    /// A command that runs as the account. It has its own process group, so that Ctrl-C in a
    /// terminal does not end it. Its environment holds only `LC_ALL`: no `PG…` variable changes
    /// what it does, it sees no secret, and its messages are in English, which `supervisor` parses.
    pub(crate) fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::null())
            .process_group(0);
        if let Account::Other { uid, gid, .. } = self {
            command.uid(*uid).gid(*gid);
        }
        command
    }
}

/// The name of the account with this uid, or the uid where the system has no name for it.
pub(crate) fn name_of(uid: u32) -> String {
    uzers::get_user_by_uid(uid).map_or_else(
        || uid.to_string(),
        |user| user.name().to_string_lossy().into_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_is_named_by_its_uid_where_the_system_has_no_name_for_it() {
        assert_eq!(name_of(0), "root");
        assert_eq!(name_of(3_999_999_999), "3999999999");
    }
}

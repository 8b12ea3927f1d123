//! Whom PostgreSQL runs as: ourselves, or, since it refuses to run as root, another account.

use std::fs::{self, File};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::fs::{MetadataExt, lchown};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use super::EmbeddedError;

/// The accounts that root hands the database to, best first.
const PREFERRED: [&str; 2] = ["postgres", "nobody"];

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Account {
    /// The one we run as.
    Own,
    /// We are root, and it is not.
    Other { name: String, uid: u32, gid: u32 },
}

impl Account {
    /// The account that owns the cluster, for a start as root must not take it from its owner;
    /// else `postgres`, else `nobody`.
    pub(super) fn choose(cluster: &Path) -> Result<Self, EmbeddedError> {
        if own_uid().map_err(EmbeddedError::file("look at", cluster))? != 0 {
            return Ok(Account::Own);
        }
        let passwd = fs::read_to_string("/etc/passwd").unwrap_or_default();
        let owner = fs::metadata(cluster).ok().filter(|found| found.uid() != 0);
        let chosen = match owner {
            Some(owner) => {
                let entry = entries(&passwd).find(|(_, uid, _)| *uid == owner.uid());
                let name = entry.map_or(owner.uid().to_string(), |(name, ..)| name.to_owned());
                Some(Account::Other {
                    name,
                    uid: owner.uid(),
                    gid: owner.gid(),
                })
            }
            None => PREFERRED.iter().find_map(|wanted| {
                let (name, uid, gid) = entries(&passwd).find(|(name, ..)| name == wanted)?;
                Some(Account::Other {
                    name: name.to_owned(),
                    uid,
                    gid,
                })
            }),
        };
        chosen.ok_or(EmbeddedError::NoAccount)
    }

    /// Its uid, where that is not ours.
    pub(super) fn uid(&self) -> Option<u32> {
        match self {
            Account::Own => None,
            Account::Other { uid, .. } => Some(*uid),
        }
    }

    /// For messages.
    pub(super) fn name(&self) -> &str {
        match self {
            Account::Own => "ourselves",
            Account::Other { name, .. } => name,
        }
    }

    /// Gives it a file or a directory that is ours.
    pub(super) fn own(&self, path: &Path) -> Result<(), EmbeddedError> {
        match self {
            Account::Own => Ok(()),
            Account::Other { uid, gid, .. } => {
                lchown(path, Some(*uid), Some(*gid)).map_err(EmbeddedError::file("give away", path))
            }
        }
    }

    /// Refuses a directory that the account cannot get to, as far as it exists; by mode bits, so
    /// that the message can name the directory that is in the way.
    pub(super) fn check_entry(&self, dir: &Path) -> Result<(), EmbeddedError> {
        let Account::Other { name, uid, gid } = self else {
            return Ok(());
        };
        let mut on_the_way: Vec<&Path> = dir.ancestors().collect();
        on_the_way.reverse();
        for closed in on_the_way {
            let found = match fs::metadata(closed) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
                found => found.map_err(EmbeddedError::file("look at", closed))?,
            };
            let bit = match (found.uid() == *uid, found.gid() == *gid) {
                (true, _) => 0o100,
                (false, true) => 0o010,
                (false, false) => 0o001,
            };
            if found.mode() & bit == 0 {
                let (closed, account) = (closed.to_owned(), name.clone());
                return Err(EmbeddedError::Closed { closed, account });
            }
        }
        Ok(())
    }

    /// A command that runs as the account, in a process group of its own, so that Ctrl-C reaches
    /// us and not it, and without our environment: no `PG…` variable changes what it does, our
    /// secrets stay ours, and its messages are in English, which `supervisor` reads.
    pub(super) fn command(&self, program: &Path) -> Command {
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

/// The user we run as: the owner of a pipe that we make, which needs no foreign function.
pub(super) fn own_uid() -> io::Result<u32> {
    let (reader, _writer) = io::pipe()?;
    Ok(File::from(OwnedFd::from(reader)).metadata()?.uid())
}

/// Name, uid and gid of each line of `/etc/passwd`.
fn entries(passwd: &str) -> impl Iterator<Item = (&str, u32, u32)> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.split(':');
        let (name, _password) = (fields.next()?, fields.next()?);
        Some((
            name,
            fields.next()?.parse().ok()?,
            fields.next()?.parse().ok()?,
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accounts_are_read_and_what_is_no_account_is_skipped() {
        let passwd = "root:x:0:0:root:/root:/bin/bash\n# comment\nnobody:*:-2:-2::/:/bin/false\n\
                      postgres:x:101:104:admin,,,:/var/lib/postgresql:/bin/bash\n";
        let found: Vec<_> = entries(passwd).collect();
        assert_eq!(found, [("root", 0, 0), ("postgres", 101, 104)]);
    }

    #[test]
    fn our_own_files_are_owned_by_our_own_uid() {
        let proc = fs::metadata("/proc/self").map(|found| found.uid());
        if let Ok(uid) = proc {
            assert_eq!(own_uid().ok(), Some(uid));
        }
    }
}

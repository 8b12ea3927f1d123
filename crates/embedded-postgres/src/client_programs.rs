//! Finds PostgreSQL's client programs for a server of one major version. `programs` finds the server programs.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::install;
use crate::programs::{leading_number, packaged_directories};

/// The programs that are needed to query, dump and restore a database.
const CLIENT_PROGRAMS: [&str; 3] = ["psql", "pg_dump", "pg_restore"];

/// The client programs of one PostgreSQL installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClientPrograms {
    /// The directory of the programs.
    pub dir: PathBuf,
    /// The major version of the programs.
    pub major: u32,
}

/// PostgreSQL's client programs (`psql`, `pg_dump` and `pg_restore`) for a server of the major version
/// `server`: those of the same version, because a newer `pg_restore` sends settings that the server does not
/// know, else newer ones, because an older `pg_dump` refuses the server.
///
/// If `bin_dir` is given, no other directory is searched. Otherwise the directories of `search_path`,
/// in the form of `PATH`, come before those where packages install the programs.
///
/// # Errors
/// [`Error::NoClientPrograms`] if no directory has them.
pub fn find_client_programs(
    bin_dir: Option<&Path>,
    search_path: Option<&OsStr>,
    server: u32,
) -> Result<ClientPrograms, Error> {
    let on_path = search_path.map(|path| std::env::split_paths(path).collect());
    let preferred = match bin_dir {
        Some(dir) => vec![dir.to_owned()],
        None => on_path.unwrap_or_default(),
    };
    let packaged = packaged_directories().filter(|_| bin_dir.is_none());
    let mut newer = None;
    for programs in preferred
        .into_iter()
        .chain(packaged)
        .filter_map(client_programs)
    {
        if programs.major == server {
            return Ok(programs);
        }
        if programs.major > server {
            newer = newer.or(Some(programs));
        }
    }
    newer.ok_or_else(|| Error::NoClientPrograms {
        at_least: server,
        install: install::command(),
    })
}

/// The client programs in `dir`, with 15 of `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn client_programs(dir: PathBuf) -> Option<ClientPrograms> {
    if !CLIENT_PROGRAMS.iter().all(|name| dir.join(name).is_file()) {
        return None;
    }
    let answer = Command::new(dir.join("pg_dump"))
        .arg("--version")
        .output()
        .ok()?;
    let output = String::from_utf8_lossy(&answer.stdout).into_owned();
    let major = leading_number(output.strip_prefix("pg_dump (PostgreSQL) ")?)?;
    Some(ClientPrograms { dir, major })
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::PermissionsExt;

    use super::*;

    #[test]
    fn client_programs_of_the_servers_own_major_version_are_preferred() {
        let installed = tempfile::tempdir().expect("a directory");
        let install = |major: u32| {
            let dir = installed.path().join(major.to_string());
            fs::create_dir(&dir).expect("a directory");
            for name in CLIENT_PROGRAMS {
                let program = dir.join(name);
                let text = format!("#!/bin/sh\necho '{name} (PostgreSQL) {major}.1'\n");
                fs::write(&program, text).expect("a program");
                fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
            }
            dir
        };
        // Newer than any release, so that programs installed on this machine do not count.
        let search_path =
            std::env::join_paths([93, 95, 91].map(install)).expect("directories without a colon");
        for (server, expected) in [(91, 91), (93, 93), (92, 93), (94, 95)] {
            let found = find_client_programs(None, Some(&search_path), server);
            assert_eq!(found.map(|programs| programs.major).ok(), Some(expected));
        }
    }
}

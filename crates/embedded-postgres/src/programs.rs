//! Finds PostgreSQL's server programs and, if several versions are installed, those of the cluster's major
//! version. `client_programs` finds the others. Installing them is left to the operator.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::Error;
use crate::install;

/// The oldest major version of PostgreSQL that the crate runs, because older ones are not tested.
pub const OLDEST_SUPPORTED_MAJOR: u32 = 14;

/// The programs that are needed to run a server.
const SERVER_PROGRAMS: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where packages install the programs, as (`parent`, `prefix`, `bin`) for `parent/prefix*/bin`. In
/// order: Debian, Red Hat, Homebrew on ARM Macs, on Intel Macs and on Linux, Alpine (two),
/// Postgres.app.
const LOCATIONS: [(&str, &str, &str); 8] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr/lib", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The server programs of one PostgreSQL installation.
#[derive(Debug, Clone)]
pub(crate) struct ServerPrograms {
    /// The directory of the programs, without symbolic links.
    pub dir: PathBuf,
    /// The major version of the programs.
    pub major: u32,
}

impl ServerPrograms {
    /// The path of the program `name`.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// The programs in `dir`, with the major version that `postgres --version` prints.
    fn in_dir(dir: PathBuf) -> Result<Self, Error> {
        let program = dir.join("postgres");
        let answer = Command::new(&program)
            .arg("--version")
            .output()
            .map_err(Error::file("run", &program))?;
        let output = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let Some(major) = major_of(&output) else {
            return Err(Error::UnknownVersion { program, output });
        };
        if major < OLDEST_SUPPORTED_MAJOR {
            return Err(Error::TooOld {
                found: major,
                oldest: OLDEST_SUPPORTED_MAJOR,
                dir,
            });
        }
        Ok(ServerPrograms { dir, major })
    }
}

/// The server programs for the cluster: of the major version `made_by`, which created it, or of any
/// version if there is no cluster yet. If `bin_dir` is given, no other directory is searched.
pub(crate) fn find(
    bin_dir: Option<&Path>,
    search_path: Option<&OsStr>,
    cluster: &Path,
    made_by: Option<u32>,
) -> Result<ServerPrograms, Error> {
    let found: Vec<_> = match bin_dir {
        Some(dir) => vec![ServerPrograms::in_dir(verified(dir)?)],
        None => candidates(search_path)
            .into_iter()
            .map(ServerPrograms::in_dir)
            .collect(),
    };
    let fits = |programs: &ServerPrograms| made_by.is_none_or(|major| major == programs.major);
    if let Some(programs) = found.iter().flatten().find(|programs| fits(programs)) {
        return Ok(programs.clone());
    }
    let mut first_error = None;
    for programs in found {
        match (programs, made_by) {
            (Ok(programs), Some(made_by)) => {
                return Err(Error::MajorVersionMismatch {
                    cluster: cluster.to_owned(),
                    made_by,
                    dir: programs.dir,
                    found: programs.major,
                });
            }
            (Err(error), _) => first_error = first_error.or(Some(error)),
            (Ok(_), None) => {}
        }
    }
    Err(first_error.unwrap_or_else(|| Error::NoServerPrograms {
        install: install::command(),
    }))
}

/// The configured directory without symbolic links, or an error if it lacks a server program.
fn verified(dir: &Path) -> Result<PathBuf, Error> {
    match SERVER_PROGRAMS
        .into_iter()
        .find(|name| !dir.join(name).is_file())
    {
        Some(program) => Err(Error::MissingProgram {
            dir: dir.to_owned(),
            program,
        }),
        None => resolved(dir).ok_or_else(|| Error::MissingProgram {
            dir: dir.to_owned(),
            program: SERVER_PROGRAMS[0],
        }),
    }
}

/// The directories that have the server programs, without duplicates: first those of `search_path`,
/// then those that `pg_config` reports, then those where packages install them.
fn candidates(search_path: Option<&OsStr>) -> Vec<PathBuf> {
    let search_dirs: Vec<_> = search_path
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    let on_path = search_dirs.iter().filter_map(|dir| resolved(dir));
    let reported = search_dirs
        .iter()
        .filter_map(|dir| bindir_by_pg_config(&dir.join("pg_config")));
    let packaged = packaged_directories();
    for dir in on_path
        .chain(reported)
        .chain(packaged.filter_map(|dir| resolved(&dir)))
    {
        if !found.contains(&dir) {
            found.push(dir);
        }
    }
    found
}

/// The directory of the file that `dir/postgres` links to, if it has all server programs. Some systems
/// put only a symbolic link to `postgres` into `/usr/local/bin`.
fn resolved(dir: &Path) -> Option<PathBuf> {
    let resolved = dir
        .join("postgres")
        .canonicalize()
        .ok()?
        .parent()?
        .to_owned();
    SERVER_PROGRAMS
        .iter()
        .all(|name| resolved.join(name).is_file())
        .then_some(resolved)
}

fn bindir_by_pg_config(pg_config: &Path) -> Option<PathBuf> {
    if !pg_config.is_file() {
        return None;
    }
    let answer = Command::new(pg_config).arg("--bindir").output().ok()?;
    resolved(Path::new(String::from_utf8_lossy(&answer.stdout).trim()))
}

/// The directories in which packages install the programs, the newest version of each place first.
pub(crate) fn packaged_directories() -> impl Iterator<Item = PathBuf> {
    LOCATIONS
        .into_iter()
        .flat_map(|(parent, prefix, bin)| versions(parent, prefix, bin))
}

/// The directories `parent/prefix*/bin`, the newest version first.
fn versions(parent: &str, prefix: &str, bin: &str) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(parent) else {
        return Vec::new();
    };
    let mut found: Vec<(u32, PathBuf)> = entries
        .flatten()
        .filter(|entry| entry.file_name().to_string_lossy().starts_with(prefix))
        .map(|entry| {
            let name = entry.file_name().to_string_lossy().into_owned();
            (
                leading_number(name.trim_start_matches(|c: char| !c.is_ascii_digit())),
                entry.path(),
            )
        })
        .map(|(version, path)| (version.unwrap_or(0), path.join(bin)))
        .collect();
    found.sort_by(|a, b| b.cmp(a));
    found.into_iter().map(|(_, path)| path).collect()
}

/// The major version of `postgres`: 15 of `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, 18 of
/// `postgres (PostgreSQL) 18beta1`.
fn major_of(version_line: &str) -> Option<u32> {
    leading_number(version_line.strip_prefix("postgres (PostgreSQL) ")?)
}

pub(crate) fn leading_number(text: &str) -> Option<u32> {
    let end = text
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(text.len());
    text[..end].parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_is_the_first_number() {
        let debian = "postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)";
        assert_eq!(major_of(debian), Some(15));
        assert_eq!(major_of("postgres (PostgreSQL) 18beta1"), Some(18));
        assert_eq!(major_of("postgres (PostgreSQL) 17"), Some(17));
        assert_eq!(major_of("mysqld  Ver 8.0"), None);
    }
}

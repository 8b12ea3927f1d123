//! Finding PostgreSQL's programs, those of the right major version where there are several.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::{EmbeddedConfig, EmbeddedError, install};

/// The oldest major version that is tried.
const OLDEST: u32 = 14;

/// What a server needs; clients such as `psql` are not asked for.
const NEEDED: [&str; 3] = ["postgres", "initdb", "pg_ctl"];

/// Where systems put the programs, as a directory, what is below it for each version, and what is
/// below that: Debian, Red Hat, Homebrew on both kinds of Mac and on Linux, Alpine, Postgres.app.
const PLACES: [(&str, &str, &str); 8] = [
    ("/usr/lib/postgresql", "", "bin"),
    ("/usr", "pgsql-", "bin"),
    ("/opt/homebrew/opt", "postgresql", "bin"),
    ("/usr/local/opt", "postgresql", "bin"),
    ("/home/linuxbrew/.linuxbrew/opt", "postgresql", "bin"),
    ("/usr/libexec", "postgresql", ""),
    ("/usr/lib", "postgresql", "bin"),
    ("/Applications/Postgres.app/Contents/Versions", "", "bin"),
];

/// The programs of one PostgreSQL.
#[derive(Debug, Clone)]
pub(super) struct Programs {
    /// Where they are, without symbolic links.
    pub dir: PathBuf,
    /// Their major version.
    pub major: u32,
}

impl Programs {
    /// The path of one of them.
    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.dir.join(name)
    }

    /// Asks `postgres` in the directory for its version.
    fn in_dir(dir: PathBuf) -> Result<Self, EmbeddedError> {
        let program = dir.join("postgres");
        let answer = Command::new(&program)
            .arg("--version")
            .output()
            .map_err(EmbeddedError::file("run", &program))?;
        let said = String::from_utf8_lossy(&answer.stdout).trim().to_owned();
        let Some(major) = major_of(&said) else {
            return Err(EmbeddedError::UnknownVersion { program, said });
        };
        if major < OLDEST {
            return Err(EmbeddedError::TooOld { found: major, dir });
        }
        Ok(Programs { dir, major })
    }
}

/// The programs to use with a cluster that the major version `made_by` made, or with a new one.
///
/// Of several, those of that version; none of that version is an error that names both.
pub(super) fn find(
    config: &EmbeddedConfig,
    made_by: Option<u32>,
) -> Result<Programs, EmbeddedError> {
    let found: Vec<_> = match &config.bin_dir {
        Some(dir) => vec![Programs::in_dir(checked(dir)?)],
        None => candidates(config.search_path.as_deref())
            .into_iter()
            .map(Programs::in_dir)
            .collect(),
    };
    let fits = |programs: &Programs| made_by.is_none_or(|major| major == programs.major);
    if let Some(programs) = found.iter().flatten().find(|programs| fits(programs)) {
        return Ok(programs.clone());
    }
    let mut unfit = None;
    for programs in found {
        match (programs, made_by) {
            (Ok(programs), Some(made_by)) => {
                return Err(EmbeddedError::OtherMajor {
                    cluster: config.data_dir.join(super::cluster::NAME),
                    made_by,
                    dir: programs.dir,
                    found: programs.major,
                });
            }
            (Err(error), _) => unfit = unfit.or(Some(error)),
            (Ok(_), None) => {}
        }
    }
    Err(unfit.unwrap_or_else(|| EmbeddedError::NoPrograms {
        install: install::command(),
    }))
}

/// What a client needs: to look, to save and to bring back.
const CLIENTS: [&str; 3] = ["psql", "pg_dump", "pg_restore"];

/// The directory of client programs of the major version `at_least`; no server is asked for.
///
/// # Errors
/// [`EmbeddedError::NoClients`], saying how to get them.
pub fn find_client_programs(
    bin_dir: Option<&Path>,
    search_path: Option<&OsStr>,
    at_least: u32,
) -> Result<PathBuf, EmbeddedError> {
    let on_path = search_path.map(|path| std::env::split_paths(path).collect());
    let places = match bin_dir {
        Some(dir) => vec![dir.to_owned()],
        None => on_path.unwrap_or_default(),
    };
    let usual = PLACES
        .into_iter()
        .flat_map(|(parent, prefix, bin)| versions(parent, prefix, bin))
        .filter(|_| bin_dir.is_none());
    places
        .into_iter()
        .chain(usual)
        .filter(|dir| CLIENTS.iter().all(|name| dir.join(name).is_file()))
        .find(|dir| client_major(dir).is_some_and(|major| major >= at_least))
        .ok_or_else(|| EmbeddedError::NoClients {
            at_least,
            install: install::command(),
        })
}

/// 15 of `pg_dump (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`.
fn client_major(dir: &Path) -> Option<u32> {
    let answer = Command::new(dir.join("pg_dump"))
        .arg("--version")
        .output()
        .ok()?;
    let said = String::from_utf8_lossy(&answer.stdout).into_owned();
    leading_number(said.strip_prefix("pg_dump (PostgreSQL) ")?)
}

/// The setting's directory, if it has what is needed.
fn checked(dir: &Path) -> Result<PathBuf, EmbeddedError> {
    match NEEDED.into_iter().find(|name| !dir.join(name).is_file()) {
        Some(program) => Err(EmbeddedError::MissingProgram {
            dir: dir.to_owned(),
            program,
        }),
        None => home_of(dir).ok_or_else(|| EmbeddedError::MissingProgram {
            dir: dir.to_owned(),
            program: NEEDED[0],
        }),
    }
}

/// Every directory with a server's programs, best first, none twice.
fn candidates(search_path: Option<&OsStr>) -> Vec<PathBuf> {
    let on_path: Vec<_> = search_path
        .map(|path| std::env::split_paths(path).collect())
        .unwrap_or_default();
    let mut found: Vec<PathBuf> = Vec::new();
    let named = on_path.iter().filter_map(|dir| home_of(dir));
    let by_config = on_path
        .iter()
        .filter_map(|dir| bindir_by_pg_config(&dir.join("pg_config")));
    let usual = PLACES
        .into_iter()
        .flat_map(|(parent, prefix, bin)| versions(parent, prefix, bin));
    for dir in named
        .chain(by_config)
        .chain(usual.filter_map(|dir| home_of(&dir)))
    {
        if !found.contains(&dir) {
            found.push(dir);
        }
    }
    found
}

/// Where `postgres` in this directory really is, if all that is needed is there as well: some
/// systems put a symbolic link to it into `/usr/local/bin`.
fn home_of(dir: &Path) -> Option<PathBuf> {
    let home = dir
        .join("postgres")
        .canonicalize()
        .ok()?
        .parent()?
        .to_owned();
    NEEDED
        .iter()
        .all(|name| home.join(name).is_file())
        .then_some(home)
}

fn bindir_by_pg_config(pg_config: &Path) -> Option<PathBuf> {
    if !pg_config.is_file() {
        return None;
    }
    let answer = Command::new(pg_config).arg("--bindir").output().ok()?;
    home_of(Path::new(String::from_utf8_lossy(&answer.stdout).trim()))
}

/// `parent/prefix*/bin`, the newest version first.
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

/// 15 of `postgres (PostgreSQL) 15.14 (Debian 15.14-0+deb12u1)`, 18 of `… 18beta1`.
fn major_of(version_line: &str) -> Option<u32> {
    leading_number(version_line.strip_prefix("postgres (PostgreSQL) ")?)
}

fn leading_number(text: &str) -> Option<u32> {
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

//! Creates the file of a new migration, with the next number and a head to fill in. Writing the statements is left to
//! its author.

use std::fs::File;
use std::io::Write;
use std::path::Path;

use serde::Serialize;

use crate::error::{Error, Result};
use crate::operations::lint;

/// PostgreSQL cuts a longer name, and the file's is the name in the history.
const MAX_NAME_CHARS: usize = 60;

/// The head of a new file.
const HEAD: &str = "-- What this is for, and how long its locks are held on tables that may be large.\n\
                    --\n\
                    -- migrations/README.md has the rules, and `cruddur db lint` checks them.\n";

/// The new file.
#[derive(Debug, Serialize)]
pub struct Draft {
    /// Its path.
    pub file: String,
}

/// Creates `V<next number>__<name>.sql` in `folder`.
///
/// # Errors
/// A name that is not in lower case with `_`; a folder without migrations; a file that cannot be written.
pub fn create(folder: &Path, name: &str) -> Result<Draft> {
    require_name(name)?;
    let versions = lint::read(folder)?;
    let last = versions
        .iter()
        .filter_map(|(file, _)| lint::version_of(file))
        .max();
    let next = last.unwrap_or_default() + 1;
    let path = folder.join(format!("V{next}__{name}.sql"));
    let written = File::create_new(&path).and_then(|mut file| file.write_all(HEAD.as_bytes()));
    written.map_err(|error| {
        Error::Operator(
            format!("{} cannot be created", path.display()),
            Some(error.into()),
        )
    })?;
    Ok(Draft {
        file: path.display().to_string(),
    })
}

fn require_name(name: &str) -> Result<()> {
    let begins_well = name.starts_with(|c: char| c.is_ascii_lowercase());
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .chars()
                .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit())
    };
    if begins_well && name.split('_').all(is_word) && name.len() <= MAX_NAME_CHARS {
        return Ok(());
    }
    Err(Error::operator(format!(
        "\"{name}\" is no name for a migration: write what it does in at most {MAX_NAME_CHARS} lower-case letters, \
         digits and single underscores, such as index_the_oldest_activities"
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_name_of_a_migration_is_words_in_lower_case() {
        for name in ["create_users", "add_index_2", "x"] {
            assert!(require_name(name).is_ok(), "{name}");
        }
        let long = "a".repeat(61);
        for name in [
            "", "_a", "a_", "a__b", "A", "a-b", "a/b", "1a", "ä", "a b", &long,
        ] {
            assert!(require_name(name).is_err(), "{name}");
        }
    }
}

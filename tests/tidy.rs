//! The architecture, enforced: who may import whom, a first line that says what a file is, and no
//! file that has become two.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// The longest file, in lines.
const MAX_LINES: usize = 300;

/// Each module and its row; a module imports only from rows below its own.
const ROWS: [(&str, u8); 18] = [
    ("main", 12),
    ("bin", 12),
    ("cli", 11),
    ("server", 10),
    ("admin", 9),
    ("web", 9),
    ("ops", 8),
    ("activities", 7),
    ("messages", 7),
    ("users", 6),
    ("auth", 5),
    ("db", 4),
    ("aws", 3),
    ("config", 2),
    ("http", 3),
    ("error", 1),
    ("domain", 0),
    ("lib", 13),
];

/// What the trigger may use; it must stay small.
const TRIGGER_IMPORTS: [&str; 4] = ["users", "db", "config", "error"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` with that ending, with its text.
fn files(folder: &str, ending: &str) -> BTreeMap<PathBuf, String> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root().join(folder)];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(&folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
        {
            let path = entry.path();
            if path.is_dir() {
                if !path.ends_with("node_modules") {
                    folders.push(path);
                }
            } else if path
                .extension()
                .is_some_and(|extension| extension == ending)
            {
                let text = fs::read_to_string(&path).expect("a text");
                found.insert(
                    path.strip_prefix(root()).expect("a path below").to_owned(),
                    text,
                );
            }
        }
    }
    assert!(!found.is_empty(), "no {ending} file below {folder}");
    found
}

/// The top-level module that a file of `src` belongs to.
fn module(path: &Path) -> &str {
    let first = path
        .iter()
        .nth(1)
        .and_then(|name| name.to_str())
        .expect("a file below src");
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The modules named behind `prefix` in a text, lists in braces included.
fn imports<'text>(text: &'text str, prefix: &str) -> Vec<&'text str> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let rest = &text[at + prefix.len()..];
        match rest.strip_prefix('{') {
            None => names.push(first_word(rest)),
            Some(list) => {
                let mut depth = 0;
                let mut is_start = true;
                for (at, character) in list.char_indices() {
                    match character {
                        '{' => depth += 1,
                        '}' if depth == 0 => break,
                        '}' => depth -= 1,
                        ',' if depth == 0 => is_start = true,
                        _ if is_start && character.is_alphabetic() => {
                            names.push(first_word(&list[at..]));
                            is_start = false;
                        }
                        _ => {}
                    }
                }
            }
        }
    }
    names
}

fn first_word(text: &str) -> &str {
    let end = text
        .find(|c: char| !c.is_alphanumeric() && c != '_')
        .unwrap_or(text.len());
    &text[..end]
}

#[test]
fn a_module_imports_only_from_rows_below_its_own() {
    let rows = BTreeMap::from(ROWS);
    for (path, text) in files("src", "rs") {
        let importer = module(&path);
        let row = *rows
            .get(importer)
            .unwrap_or_else(|| panic!("{importer} stands in no row"));
        let prefix = if matches!(importer, "main" | "bin") {
            "cruddur::"
        } else {
            "crate::"
        };
        for imported in imports(&text, prefix) {
            let Some(&below) = rows.get(imported) else {
                continue;
            };
            assert!(
                imported == importer || below < row,
                "{}: {importer} (row {row}) must not import {imported} (row {below})",
                path.display()
            );
            if importer == "bin" {
                assert!(
                    TRIGGER_IMPORTS.contains(&imported),
                    "{}: the trigger must not import {imported}",
                    path.display()
                );
            }
        }
    }
}

#[test]
fn the_import_reader_sees_every_form() {
    let text = "use crate::{a, b::{c, d}, e};\nuse crate::f::g;\nlet h = crate::i::j();";
    assert_eq!(imports(text, "crate::"), ["a", "b", "e", "f", "i"]);
}

#[test]
fn every_file_begins_with_what_it_is() {
    for (path, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        assert!(
            text.starts_with("//! "),
            "{}: no //! line at the top",
            path.display()
        );
    }
}

#[test]
fn no_file_has_become_two() {
    for (path, text) in files("src", "rs") {
        let lines = text.lines().count();
        assert!(
            lines <= MAX_LINES,
            "{}: {lines} lines, {MAX_LINES} at most",
            path.display()
        );
    }
}

#[test]
fn only_the_configuration_reads_the_environment() {
    for (path, text) in files("src", "rs") {
        if module(&path) != "config" {
            for call in ["env::var", "env::vars", "option_env!"] {
                assert!(!text.contains(call), "{}: {call}", path.display());
            }
        }
    }
}

#[test]
fn a_model_does_no_input_or_output() {
    let mut models = 0;
    for (path, text) in files("src", "rs") {
        if path.ends_with("model.rs") {
            models += 1;
            for import in [
                "actix_web",
                "tokio_postgres",
                "deadpool_postgres",
                "tokio::",
            ] {
                assert!(!text.contains(import), "{}: {import}", path.display());
            }
        }
    }
    assert!(models >= 2, "the slices' models were not found");
}

#[test]
fn sql_stands_in_files_of_its_own_and_names_no_schema() {
    for (path, text) in files("src", "sql") {
        assert!(
            text.starts_with("-- "),
            "{}: no comment that says what it answers",
            path.display()
        );
        assert!(
            !text.contains("public."),
            "{}: a table's schema is not ours to say",
            path.display()
        );
        let name = path
            .file_name()
            .and_then(|name| name.to_str())
            .expect("a name");
        let folder = path
            .iter()
            .nth(1)
            .and_then(|name| name.to_str())
            .expect("a module");
        let is_used = files("src", "rs")
            .into_iter()
            .any(|(source, text)| module(&source) == folder && text.contains(name));
        assert!(is_used, "{}: nobody includes it", path.display());
    }
}

#[test]
fn the_readme_lists_every_setting() {
    let readme = fs::read_to_string(root().join("README.md")).expect("the README");
    for setting in cruddur::config::SETTINGS {
        assert!(
            readme.contains(&format!("`{}`", setting.name)),
            "README.md does not list {}",
            setting.name
        );
    }
}

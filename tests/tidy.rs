//! Enforces the architecture: the allowed imports, a first line that describes each file, and a maximum length.

#[path = "tidy/imports.rs"]
mod imports;
#[path = "tidy/links.rs"]
mod links;
#[path = "tidy/policies.rs"]
mod policies;

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use imports::Imports;

/// The maximum length of a source file, in lines.
const MAX_LINES: usize = 300;

/// Each module and its row; a module imports only from rows below its own.
const ROWS: [(&str, u8); 23] = [
    ("main", 14),
    ("bin", 14),
    ("cli", 13),
    ("server", 12),
    ("web", 11),
    ("operations", 10),
    ("live", 9),
    ("notifications", 8),
    ("moderation", 8),
    ("reactions", 8),
    ("account", 8),
    ("activities", 7),
    ("messages", 7),
    ("users", 6),
    ("auth", 5),
    ("changes", 5),
    ("db", 4),
    ("aws", 3),
    ("config", 2),
    ("http", 3),
    ("error", 1),
    ("domain", 0),
    ("lib", 15),
];

/// The modules that the trigger may import, so that its program stays small.
const TRIGGER_IMPORTS: [&str; 4] = ["users", "db", "config", "error"];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The path and text of every file below `folder` with the extension `ending`.
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

/// The top-level module that a file belongs to; its path begins below `src`.
fn module(path: &Path) -> &str {
    let first = path
        .iter()
        .find(|name| *name != "src")
        .and_then(|name| name.to_str())
        .expect("a file below src");
    first.strip_suffix(".rs").unwrap_or(first)
}

/// The imports of every file of `src`.
fn read_imports() -> Imports {
    let sources = files("src", "rs")
        .into_iter()
        .map(|(path, text)| {
            (
                path.strip_prefix("src").expect("a file of src").to_owned(),
                text,
            )
        })
        .collect();
    Imports::read(&sources, "cruddur")
}

fn row_of(path: &Path) -> (&str, u8) {
    let module = module(path);
    let rows = BTreeMap::from(ROWS);
    let row = rows
        .get(module)
        .unwrap_or_else(|| panic!("{module} has no row in ROWS"));
    (module, *row)
}

#[test]
fn a_module_imports_only_from_rows_below_its_own() {
    let imports = read_imports();
    let mut wrong = Vec::new();
    for file in imports.files() {
        let (importer, row) = row_of(file);
        for imported in imports.of(file) {
            let (module, below) = row_of(imported);
            if module != importer && below >= row {
                wrong.push(format!("{} imports {}", file.display(), imported.display()));
            }
            if importer == "bin" && !TRIGGER_IMPORTS.contains(&module) {
                wrong.push(format!("the trigger imports {}", imported.display()));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "against the rows of ARCHITECTURE.md:\n{}",
        wrong.join("\n")
    );
}

#[test]
fn no_files_import_each_other_in_a_cycle() {
    let imports = read_imports();
    let cycles = imports.find_cycles();
    assert!(cycles.is_empty(), "import cycles: {cycles:#?}");
}

#[test]
fn the_domain_reaches_neither_http_nor_database_crates() {
    let imports = read_imports();
    let mut files = 0;
    for file in imports.files().filter(|file| module(file) == "domain") {
        files += 1;
        for reached in imports.reachable_from(file) {
            for external in imports.externals(reached) {
                assert!(
                    !["actix_web", "tokio_postgres", "deadpool_postgres"]
                        .contains(&external.as_str()),
                    "{} reaches {}, which uses {external}",
                    file.display(),
                    reached.display()
                );
            }
        }
    }
    assert!(files > 5, "the domain was not found");
}

#[test]
fn the_import_reader_follows_reexports_to_the_defining_file() {
    let sources = BTreeMap::from([
        ("lib.rs".into(), "pub mod a; mod b; mod c;".to_owned()),
        (
            "a.rs".into(),
            "mod x; pub use x::Thing; pub struct Own;".to_owned(),
        ),
        (
            "a/x.rs".into(),
            "use super::Own; pub struct Thing;".to_owned(),
        ),
        (
            "b.rs".into(),
            "use crate::a::{Own as Mine, Thing}; use serde::Serialize;".to_owned(),
        ),
        (
            "c.rs".into(),
            "fn f() { crate::b::g(); actix_web::rt::spawn(h()); }".to_owned(),
        ),
    ]);
    let imports = Imports::read(&sources, "cruddur");
    let of = |file: &str| -> Vec<String> {
        let found = imports.of(Path::new(file)).into_iter();
        found.map(|path| path.display().to_string()).collect()
    };
    assert_eq!(of("a.rs"), Vec::<String>::new());
    assert_eq!(of("a/x.rs"), ["a.rs"]);
    assert_eq!(of("b.rs"), ["a/x.rs", "a.rs"]);
    assert_eq!(of("c.rs"), ["b.rs"]);
    assert_eq!(imports.externals(Path::new("b.rs")), ["serde"]);
    assert_eq!(imports.externals(Path::new("c.rs")), ["actix_web"]);
    assert_eq!(imports.reachable_from(Path::new("c.rs")).len(), 4);
    assert_eq!(imports.find_cycles(), BTreeSet::new());
}

#[test]
fn the_import_reader_finds_a_cycle() {
    let sources = BTreeMap::from([
        ("lib.rs".into(), "mod a; mod b;".to_owned()),
        ("a.rs".into(), "use crate::b::B; pub struct A;".to_owned()),
        ("b.rs".into(), "use super::a::A; pub struct B;".to_owned()),
    ]);
    let imports = Imports::read(&sources, "cruddur");
    assert_eq!(imports.find_cycles().len(), 1);
}

#[test]
fn every_file_begins_with_a_line_that_describes_it() {
    let folders = ["src", "tests", "crates"];
    for (path, text) in folders.into_iter().flat_map(|folder| files(folder, "rs")) {
        assert!(
            text.starts_with("//! "),
            "{}: no //! line at the top",
            path.display()
        );
    }
}

#[test]
fn no_source_file_is_longer_than_300_lines() {
    for (path, text) in files("src", "rs").into_iter().chain(files("crates", "rs")) {
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
fn no_model_imports_an_input_or_output_crate() {
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
fn every_sql_file_has_a_comment_names_no_schema_and_is_used() {
    for (path, text) in files("src", "sql") {
        assert!(
            text.starts_with("-- "),
            "{}: no comment at the top",
            path.display()
        );
        assert!(
            !text.contains("public."),
            "{}: a statement must not name a schema",
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
        assert!(
            is_used,
            "{}: no file of its module includes it",
            path.display()
        );
    }
}

/// Their rows are people's words, which only operators see.
#[test]
fn only_statements_of_the_moderation_slice_name_the_tables_with_copies() {
    let tables = [
        "gone_activities",
        "gone_users",
        "kept_activities",
        "report_copies",
    ];
    let mut found = 0;
    for (path, text) in files("src", "sql") {
        if tables.iter().any(|table| text.contains(table)) {
            assert!(path.starts_with("src/moderation/sql"), "{}", path.display());
            found += 1;
        }
    }
    assert!(found > 0, "no statement names them");
}

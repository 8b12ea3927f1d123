//! `cruddur db lint` and `db new`: unsafe migrations are refused, safe ones pass, and those of this repository do.

use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::support::{CommandOutput, cruddur};

/// A rule and a migration that breaks it. Each is alone in its folder.
const UNSAFE: [(&str, &str); 30] = [
    (
        "require-concurrent-index-creation",
        "create index things_n_idx on things (n);",
    ),
    (
        "require-concurrent-index-deletion",
        "drop index things_n_idx;",
    ),
    (
        "no-transaction",
        "create index concurrently things_n_idx on things (n);",
    ),
    (
        "no-transaction",
        "-- cruddur: no transaction\n
         create index concurrently things_n_idx on things (n);
         create index concurrently things_m_idx on things (m);",
    ),
    (
        "no-transaction",
        "-- cruddur: no transaction\nalter table things add m integer;",
    ),
    (
        "no-transaction",
        "-- cruddur: no transaction\ncreate index concurrently if not exists things_n_idx on things (n);",
    ),
    (
        "adding-field-with-default",
        "alter table things add made_at timestamptz default clock_timestamp();",
    ),
    (
        "adding-required-field",
        "alter table things add m integer not null;",
    ),
    (
        "adding-not-nullable-field",
        "alter table things alter n set not null;",
    ),
    (
        "changing-column-type",
        "alter table things alter n type bigint;",
    ),
    ("renaming-column", "alter table things rename n to m;"),
    ("renaming-table", "alter table things rename to objects;"),
    ("ban-drop-column", "alter table things drop n;"),
    ("ban-drop-table", "drop table things;"),
    ("ban-drop-not-null", "alter table things alter n drop not null;"),
    ("ban-drop-view", "drop view some_things;"),
    ("ban-drop-function", "drop function count_things();"),
    ("ban-drop-trigger", "drop trigger things_count on things;"),
    (
        "adding-foreign-key-constraint",
        "alter table things add constraint things_n_fkey foreign key (n) references others (n);",
    ),
    (
        "constraint-missing-not-valid",
        "alter table things add constraint things_n_positive check (n > 0);",
    ),
    (
        "disallowed-unique-constraint",
        "alter table things add constraint things_n_key unique (n);",
    ),
    (
        "data-under-lock",
        "alter table things add m integer;
         update things set m = n where n > 7;",
    ),
    (
        "data-under-lock",
        "create table parts (n integer, constraint parts_n_fkey foreign key (n) references things (n));
         insert into parts (n) select n from things;",
    ),
    ("whole-table-write", "update things set n = n + 1;"),
    ("truncate", "truncate things;"),
    ("table-lock", "lock table things;"),
    ("table-rewrite", "alter table things set unlogged;"),
    ("own-time-out", "set lock_timeout = '1h';\nalter table things add m integer;"),
    ("do-block", "do $$ begin perform 1; end $$;"),
    ("unnamed-constraint", "create table parts (n integer primary key);"),
];

const SAFE: [&str; 15] = [
    "update needed_release set migration = 1;",
    "create table parts (n integer not null, constraint parts_pkey primary key (n));
     create index parts_n_idx on parts (n);",
    "-- cruddur: no transaction\ncreate index concurrently things_n_idx on things (n);",
    "-- cruddur: no transaction\ndrop index concurrently if exists things_n_idx;",
    "alter table things add m integer;",
    "alter table things add m integer not null default 0;",
    "alter table things add made_at timestamptz not null default now();",
    "alter table things add constraint things_n_positive check (n > 0) not valid;",
    "alter table things validate constraint things_n_positive;",
    "alter table things add constraint things_n_fkey foreign key (n) references others (n) not valid;",
    "create function half(n integer) returns integer language sql immutable as 'select n / 2';",
    "create or replace view some_things as select n from things where n > 7;",
    "create function count_things() returns trigger language plpgsql as $$ begin return null; end $$;
     create trigger things_count after insert on things for each statement execute function count_things();",
    "update things set n = 7 where n = 8;",
    "alter table things alter n set default 7;",
];

fn write(folder: &Path, name: &str, text: &str) {
    std::fs::write(folder.join(name), text).unwrap();
}

async fn lint(folder: &Path) -> (i32, Value) {
    let mut command = cruddur(&["db", "lint", "--json"]);
    command.arg(folder);
    let output = CommandOutput::of(command).await;
    let report = serde_json::from_str(&output.stdout).expect(&output.stderr);
    (output.code, report)
}

fn rules(report: &Value) -> Vec<&str> {
    let findings = report["findings"].as_array().unwrap();
    findings
        .iter()
        .map(|it| it["rule"].as_str().unwrap())
        .collect()
}

#[tokio::test]
async fn every_unsafe_migration_is_refused_with_the_rule_that_it_breaks() {
    for (rule, text) in UNSAFE {
        let folder = TempDir::new().unwrap();
        write(
            folder.path(),
            "V1__change.sql",
            &format!("-- A change.\n{text}"),
        );
        let (code, report) = lint(folder.path()).await;
        assert_eq!(code, 1, "{text}: {report}");
        assert!(rules(&report).contains(&rule), "{text}: {report}");
        for finding in report["findings"].as_array().unwrap() {
            assert_ne!(finding["message"], "", "{finding}");
            assert!(finding["line"].as_u64().unwrap() > 1, "{finding}");
        }
    }
}

#[tokio::test]
async fn every_safe_migration_passes() {
    for text in SAFE {
        let folder = TempDir::new().unwrap();
        write(
            folder.path(),
            "V1__change.sql",
            &format!("-- A change.\n{text}"),
        );
        let (code, report) = lint(folder.path()).await;
        assert_eq!(report["findings"], json!([]), "{text}");
        assert_eq!(code, 0);
    }
}

#[tokio::test]
async fn the_migrations_of_this_repository_pass_and_each_exception_has_its_reason() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("migrations");
    let (code, report) = lint(&folder).await;
    assert_eq!(report["findings"], json!([]));
    assert_eq!(code, 0);
    let exceptions = report["exceptions"].as_array().unwrap();
    assert!(!exceptions.is_empty());
    for exception in exceptions {
        assert!(
            exception["reason"].as_str().unwrap().len() > 20,
            "{exception}"
        );
    }
}

#[tokio::test]
async fn a_finding_is_justified_by_a_directive_with_a_reason_and_an_unused_one_is_refused() {
    let folder = TempDir::new().unwrap();
    let allow = "-- cruddur: allow ban-drop-table: no release has read it since July.";
    let text = format!("-- Drops what is not used.\n{allow}\ndrop table things;");
    write(folder.path(), "V1__drop_things.sql", &text);
    let (code, report) = lint(folder.path()).await;
    assert_eq!((code, &report["findings"]), (0, &json!([])));
    let reason = "no release has read it since July.";
    assert_eq!(report["exceptions"][0]["reason"], reason);
    assert_eq!(report["exceptions"][0]["rule"], "ban-drop-table");

    for (head, rule) in [
        (
            "-- cruddur: allow truncate: we are sure.",
            "unused-exception",
        ),
        ("-- cruddur: allow ban-drop-table:", "directive"),
        ("-- cruddur: no transactions", "directive"),
        ("-- squawk-ignore ban-drop-table", "squawk-comment"),
    ] {
        let text = format!("-- Drops what is not used.\n{head}\ndrop table things;");
        write(folder.path(), "V1__drop_things.sql", &text);
        let (code, report) = lint(folder.path()).await;
        assert_eq!(code, 1);
        assert!(rules(&report).contains(&rule), "{head}: {report}");
    }
    write(
        folder.path(),
        "V1__drop_things.sql",
        "create tabel things (n integer);",
    );
    let (_, report) = lint(folder.path()).await;
    assert!(rules(&report).contains(&"syntax"), "{report}");
    assert!(rules(&report).contains(&"head-comment"), "{report}");
}

#[tokio::test]
async fn db_new_creates_the_file_with_the_next_number_and_refuses_a_bad_name() {
    let folder = TempDir::new().unwrap();
    for name in ["V2__second.sql", "V10__tenth.sql", "README.md"] {
        write(folder.path(), name, "-- A file.\nselect 1;");
    }
    let new = async |name: &str| {
        let mut command = cruddur(&["db", "new", name, "--json", "--folder"]);
        command.arg(folder.path());
        CommandOutput::of(command).await
    };
    let report = new("index_the_oldest").await.report();
    let path = folder.path().join("V11__index_the_oldest.sql");
    assert_eq!(report["file"], path.to_str().unwrap());
    let text = std::fs::read_to_string(&path).unwrap();
    assert!(
        text.starts_with("-- ") && text.lines().all(|line| line.starts_with("--")),
        "{text}"
    );
    let (_, report) = lint(folder.path()).await;
    assert_eq!(
        (&report["findings"], &report["files"]),
        (&json!([]), &json!(3))
    );
    for name in ["Index", "index-it", "../index", "index__it", ""] {
        let output = new(name).await;
        assert_eq!(output.code, 1, "{name}");
        assert!(
            output.stderr.contains("is no name for a migration"),
            "{}",
            output.stderr
        );
    }
    assert_eq!(
        new("next").await.report()["file"],
        folder.path().join("V12__next.sql").to_str().unwrap()
    );
}

#[tokio::test]
async fn a_folder_without_migrations_is_refused_with_advice() {
    let folder = TempDir::new().unwrap();
    for path in [folder.path().to_owned(), folder.path().join("none")] {
        let mut command = cruddur(&["db", "lint"]);
        command.arg(path);
        let output = CommandOutput::of(command).await;
        assert_eq!(output.code, 1);
        assert!(output.stderr.contains("migration"), "{}", output.stderr);
    }
}

//! Databases of earlier versions: landed migrations are unchanged, a database with an edited one is repaired, and the
//! migrations keep every row of a dump.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

use cruddur::config::{ConnectionUrl, DatabaseAuth, DatabaseConfig, DatabaseLocation, Environment};
use cruddur::db::{Connector, schema};
use cruddur::operations::migrations::{self, Options};
use refinery::Migration;
use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use crate::support::{
    ADMIN_TOKEN, Database, ExternalPostgres, TestApp, cruddur, eventually, postgres_programs,
};

/// The checksums that existing databases have recorded. `migrations/README.md` says how to add a migration.
const LANDED: [(&str, u64); 25] = [
    ("V1__set_the_prototype_aside", 12_780_207_791_017_493_441),
    ("V2__create_users", 4_110_755_119_215_039_409),
    ("V3__create_activities", 17_641_297_403_144_430_081),
    ("V4__create_environment", 2_488_536_990_312_252_517),
    ("V5__carry_the_prototype_over", 18_424_239_739_212_322_638),
    (
        "V6__create_notifications_and_search",
        8_134_103_015_162_424_846,
    ),
    ("V7__create_messages", 8_152_434_870_874_829_285),
    ("V8__create_idempotent_answers", 2_812_191_859_719_342_344),
    ("V9__create_admin_audit", 17_422_176_267_611_064_746),
    ("V10__mark_deleted_activities", 3_333_853_368_691_250_658),
    ("V11__count_top_level_activities", 6_197_700_075_503_546_364),
    ("V12__create_feed_functions", 2_011_093_333_690_864_741),
    ("V13__create_reactions", 7_428_746_969_323_535_344),
    ("V14__hide_users", 14_731_033_466_663_353_365),
    ("V15__create_notices", 3_928_707_925_028_202_167),
    ("V16__create_blocks", 106_065_879_065_232_102),
    ("V17__create_reports", 6_350_651_571_444_399_734),
    ("V18__delete_accounts", 3_098_003_465_309_808_906),
    ("V19__require_a_release", 9_919_857_916_344_696_777),
    ("V20__create_changes", 7_070_735_290_850_135_454),
    ("V21__index_words_in_segments", 3_727_379_314_663_000_499),
    ("V22__group_search_segments", 4_892_274_912_515_040_628),
    (
        "V23__expect_few_replies_to_an_activity",
        17_012_725_094_824_510_320,
    ),
    ("V24__find_numbers_as_they_are", 11_522_857_745_705_705_478),
    (
        "V25__leave_small_segments_out_of_groups",
        652_809_788_985_045_125,
    ),
];

/// The migrations at a commit that changed a landed file: their versions, and for each version whose text differs from
/// the present one, the commit in `tests/fixtures/migrations` that has the text.
struct History {
    commit: &'static str,
    versions: &'static [i32],
    texts: &'static [(i32, &'static str)],
}

const HISTORIES: [History; 9] = [
    History {
        commit: "1251325",
        versions: &[1, 2, 3, 4, 5],
        texts: &[(3, "1251325"), (5, "1251325")],
    },
    History {
        commit: "ecda37e",
        versions: &[1, 2, 3, 4, 5],
        texts: &[(3, "ecda37e")],
    },
    History {
        commit: "44a5c4c",
        versions: &[1, 2, 3, 4, 5, 7],
        texts: &[(3, "ecda37e")],
    },
    History {
        commit: "519392e",
        versions: &[1, 2, 3, 4, 5, 7, 9],
        texts: &[(3, "ecda37e")],
    },
    History {
        commit: "d0ce0e2",
        versions: &[1, 2, 3, 4, 5, 6, 7, 9],
        texts: &[(3, "ecda37e"), (6, "d0ce0e2")],
    },
    History {
        commit: "8027080",
        versions: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        texts: &[(3, "ecda37e"), (6, "8027080")],
    },
    History {
        commit: "38f06bf",
        versions: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        texts: &[(6, "8027080")],
    },
    History {
        commit: "4cffd1b",
        versions: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        texts: &[(6, "4cffd1b")],
    },
    History {
        commit: "beb7e04",
        versions: &[1, 2, 3, 4, 5, 6, 7, 8, 9],
        texts: &[(6, "beb7e04")],
    },
];

/// Dumps of whole databases, by the version or the commit that made them.
const DUMPS: [&str; 2] = ["eadccfb", "v0.1.0"];

/// An activity mentions carol before she is a user, so that she may get no notification for it later.
const ROWS: &str = "
    insert into users (cognito_user_id, handle, display_name) values ('a', 'alice', 'A'), ('b', 'bob', 'B');
    insert into activities (user_uuid, message, created_at, expires_at)
    select uuid, 'Garlic planted, @bob and @carol. #garden', now() - interval '1 minute', now() + interval '59 minutes'
    from users where handle = 'alice';
    insert into activities (user_uuid, message, reply_to_activity_uuid, expires_at)
    select users.uuid, 'Когда едим?', parent.uuid, parent.expires_at
    from users, activities as parent where handle = 'bob';
    insert into users (cognito_user_id, handle, display_name) values ('c', 'carol', 'C');";

/// Inserts activities with search documents that differ from those of the present schema.
const OUTDATED_DOCUMENTS: &str = "
    select count(*)
    from activities
    join users on users.uuid = user_uuid
    left join activity_documents on activity_uuid = activities.uuid
    where document is distinct from
        search_document(handle, message, search_words(handle || ' ' || message))";

/// Activities that a search would not read.
const NOT_SEARCHED: &str = "
    select count(*)
    from activities
    where uuid not in (select unnest(activity_uuids) from search_tail)";

/// Each notification that is no notice with the kind and the actor that its activity gives it, and each other notice.
const WRONG_NOTICES: &str = "
    with expected as (
        select
            notifications.user_uuid,
            case
                when exists (
                    select from activities as parent
                    where parent.uuid = activities.reply_to_activity_uuid
                        and parent.user_uuid = notifications.user_uuid
                ) then 'reply'
                else 'mention'
            end as kind,
            activities.user_uuid as actor_uuid,
            activity_uuid,
            notifications.created_at
        from notifications
        join activities on activities.uuid = activity_uuid
    ),
    found as (
        select user_uuid, kind, actor_uuid, activity_uuid, created_at from notices
    )
    select count(*)
    from (
        (table expected except all table found)
        union all
        (table found except all table expected)
    ) as wrong";

fn fixtures() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures")
}

impl History {
    fn migrations(&self) -> Vec<Migration> {
        let mut migrations = schema::migrations().unwrap();
        migrations.retain(|migration| self.versions.contains(&migration.version()));
        for (version, commit) in self.texts {
            let of_version = |migration: &&mut Migration| migration.version() == *version;
            let migration = migrations.iter_mut().find(of_version).unwrap();
            let file = format!("{migration}.sql");
            let path = fixtures().join("migrations").join(commit).join(&file);
            let text = std::fs::read_to_string(path).unwrap();
            *migration = schema::parse(&file, &text).unwrap();
        }
        migrations
    }
}

/// A database of `postgres`, and its URL.
async fn create(postgres: &ExternalPostgres, name: &str) -> (String, Client) {
    let maintenance = connect(&postgres.url("localhost")).await;
    let statement = format!("create database \"{name}\" template template0");
    maintenance.batch_execute(&statement).await.unwrap();
    let url = postgres.url("localhost");
    let url = url.replace("dbname=postgres", &format!("dbname={name}"));
    let client = connect(&url).await;
    (url, client)
}

async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.unwrap();
    tokio::spawn(connection);
    client
}

async fn migrate_as(history: &History, url: &str) {
    let config = DatabaseConfig {
        target: DatabaseLocation::Url(Box::new(ConnectionUrl::parse(url).unwrap())),
        environment: Environment::Development,
        pool_size: 1,
        max_connections: None,
        authorities: Vec::new(),
        bin_dir: None,
        search_path: None,
        auth: DatabaseAuth::Password,
    };
    let options = Options {
        environment: Environment::Development,
        dry_run: false,
        target: None,
        expired: None,
    };
    let connector = Connector::new(&config).unwrap();
    let report = migrations::migrate_with(&connector, &options, history.migrations()).await;
    assert_eq!(report.unwrap().applied_now, history.versions);
}

/// Runs `cruddur db` and returns its report.
fn db(url: &str, command: &str) -> Value {
    let mut program = cruddur(&["db", command, "--json"]);
    let output = program.env("CONNECTION_URL", url).output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn dump_schema(programs: &Path, url: &str) -> String {
    let mut program = Command::new(programs.join("pg_dump"));
    program.args(["--schema-only", "--no-owner", "--dbname", url]);
    let output = program.output().unwrap();
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    let text = String::from_utf8(output.stdout).unwrap();
    without_restrict(&text)
}

/// pg_dump writes psql's commands `\restrict` and `\unrestrict` with a new key each time.
fn without_restrict(dump: &str) -> String {
    let is_sql = |line: &&str| !line.starts_with("\\restrict") && !line.starts_with("\\unrestrict");
    let lines: Vec<&str> = dump.lines().filter(is_sql).collect();
    lines.join("\n")
}

/// Each table with those of its columns that must keep their values. The history gets new checksums, and
/// the search documents are computed.
async fn columns(client: &Client) -> BTreeMap<String, String> {
    let statement = "
        select table_name::text, string_agg(quote_ident(column_name::text), ', ' order by column_name::text)
        from information_schema.columns
        join information_schema.tables using (table_schema, table_name)
        where table_schema = 'public' and table_type = 'BASE TABLE' and column_name <> 'document'
            and table_name <> 'refinery_schema_history'
        group by table_name";
    let rows = client.query(statement, &[]).await.unwrap();
    rows.iter().map(|row| (row.get(0), row.get(1))).collect()
}

async fn rows(client: &Client, table: &str, columns: &str) -> Vec<String> {
    let statement = format!(
        "select to_jsonb(kept)::text from (select {columns} from public.{table}) as kept order by 1"
    );
    let rows = client.query(&statement, &[]).await.unwrap();
    rows.iter().map(|row| row.get(0)).collect()
}

async fn all_rows(
    client: &Client,
    columns: &BTreeMap<String, String>,
) -> BTreeMap<String, Vec<String>> {
    let mut found = BTreeMap::new();
    for (table, columns) in columns {
        found.insert(table.clone(), rows(client, table, columns).await);
    }
    found
}

async fn count(client: &Client, statement: &str) -> i64 {
    client.query_one(statement, &[]).await.unwrap().get(0)
}

fn dump(name: &str) -> String {
    let path = fixtures().join(format!("{name}.sql"));
    without_restrict(&std::fs::read_to_string(path).unwrap())
}

fn needs_repair(report: &Value) -> Vec<i64> {
    let migrations = report["migrations"].as_array().unwrap().iter();
    migrations
        .filter(|migration| migration["needs_repair"] == true)
        .map(|migration| migration["version"].as_i64().unwrap())
        .collect()
}

#[test]
fn every_landed_migration_is_unchanged() {
    let found = schema::migrations().unwrap();
    let found: BTreeMap<String, u64> = found
        .iter()
        .map(|migration| (migration.to_string(), migration.checksum()))
        .collect();
    for (name, checksum) in LANDED {
        assert_eq!(
            found.get(name),
            Some(&checksum),
            "migrations/{name}.sql has changed, and databases that applied it would be refused: undo the \
             change and make it in a new file (migrations/README.md)"
        );
    }
    for (name, checksum) in found {
        assert!(
            LANDED.iter().any(|(landed, _)| *landed == name),
            "migrations/{name}.sql is new: add (\"{name}\", {checksum}) to LANDED when it is final; \
             from then on it never changes (migrations/README.md)"
        );
    }
}

#[tokio::test]
async fn a_database_with_edited_migrations_is_repaired_to_the_schema_of_a_new_one() {
    for programs in postgres_programs() {
        let postgres = ExternalPostgres::start(&programs, None);
        let (new, _) = create(&postgres, "new").await;
        db(&new, "migrate");
        let expected = dump_schema(&programs, &new);
        assert!(expected.contains("live_home"), "{expected}");
        for history in &HISTORIES {
            let commit = history.commit;
            let (url, client) = create(&postgres, commit).await;
            migrate_as(history, &url).await;
            client.batch_execute(ROWS).await.unwrap();
            let columns = columns(&client).await;
            let before = all_rows(&client, &columns).await;

            let edited: Vec<i64> = history.texts.iter().map(|(v, _)| i64::from(*v)).collect();
            let status = db(&url, "status");
            assert_eq!(needs_repair(&status), edited, "{commit}: {status}");
            let report = db(&url, "migrate");
            assert_eq!(report["repaired_now"], json!(edited), "{commit}: {report}");
            assert_eq!(needs_repair(&report), [] as [i64; 0], "{commit}: {report}");

            let schema = dump_schema(&programs, &url);
            let difference = schema.lines().zip(expected.lines()).find(|(a, b)| a != b);
            assert_eq!(difference, None, "{commit}");
            assert_eq!(schema.len(), expected.len(), "{commit}");
            assert_eq!(all_rows(&client, &columns).await, before, "{commit}");
            assert_eq!(count(&client, OUTDATED_DOCUMENTS).await, 0, "{commit}");
            assert_eq!(count(&client, NOT_SEARCHED).await, 0, "{commit}");
            let again = db(&url, "migrate");
            assert_eq!(again["applied_now"], json!([]), "{commit}");
            assert_eq!(again["repaired_now"], Value::Null, "{commit}");
        }
    }
}

#[tokio::test]
async fn every_row_of_a_dump_of_an_earlier_version_survives_the_migration() {
    for programs in postgres_programs() {
        let postgres = ExternalPostgres::start(&programs, None);
        for name in DUMPS {
            let (url, restoring) = create(&postgres, name).await;
            restoring.batch_execute(&dump(name)).await.unwrap();
            let client = connect(&url).await;
            let columns = columns(&client).await;
            let before = all_rows(&client, &columns).await;
            for (table, rows) in &before {
                assert!(!rows.is_empty(), "{name}: {table} has no row");
            }
            db(&url, "migrate");
            let after = all_rows(&client, &columns).await;
            for (table, rows) in before {
                assert_eq!(after[&table], rows, "{name}: {table}");
            }
            assert_eq!(count(&client, OUTDATED_DOCUMENTS).await, 0, "{name}");
            assert_eq!(count(&client, NOT_SEARCHED).await, 0, "{name}");
            assert_eq!(count(&client, WRONG_NOTICES).await, 0, "{name}");
            for kind in ["reply", "mention"] {
                let notices = format!("select count(*) from notices where kind = '{kind}'");
                assert!(count(&client, &notices).await > 0, "{name}: {kind}");
            }
            let status = db(&url, "status");
            for migration in status["migrations"].as_array().unwrap() {
                assert!(migration["applied_on"].is_string(), "{name}: {migration}");
                assert_eq!(migration["diverged"], false, "{name}: {migration}");
            }
        }
    }
}

async fn restored(name: &str) -> Database {
    let database = Database::empty().await;
    database.execute(&dump(name)).await;
    database
}

#[tokio::test]
async fn a_server_that_migrates_repairs_the_schema_logs_it_and_finds_old_activities() {
    let app = TestApp::launch(restored("eadccfb").await, &[], &["--migrate"]);
    let log = app.wait_for_log("repaired the schema");
    assert!(log.contains("V3__create_activities"), "{log}");
    eventually(async || app.get("/readyz").await.status == 200).await;
    let search = "/api/activities/search?term=kept+expiry";
    let found = app.get(search).await.ok();
    assert_eq!(found[0]["handle"], "bayko", "{found}");
}

#[tokio::test]
async fn the_migrations_route_repairs_the_schema_of_a_running_server() {
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN)];
    let database = restored("eadccfb").await;
    let applied = "select count(*) from refinery_schema_history";
    let not_applied = LANDED.len() - usize::try_from(database.count(applied).await).unwrap();
    let repairs = [3, 6];
    let pending = not_applied + repairs.len();
    let app = TestApp::launch(database, &settings, &[]);
    app.wait_for_log(&format!("\"schema\":\"behind\",\"pending\":{pending}"));
    assert_eq!(app.get("/readyz").await.body["missing"], "schema");
    let report = app.admin().post("/admin/migrations", &json!({})).await;
    assert_eq!(report.ok()["repaired_now"], json!(repairs));
    app.wait_for_log("\"schema\":\"current\"");
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn a_migration_that_was_applied_with_an_unknown_text_is_refused() {
    let database = restored("eadccfb").await;
    let statement = "update refinery_schema_history set checksum = '1' where version = 4";
    database.execute(statement).await;
    let output = database.run(&["db", "migrate"]).await;
    assert_eq!(output.code, 1);
    let expected = "V4__create_environment was applied with another text";
    assert!(output.stderr.contains(expected), "{}", output.stderr);
    let status = db(&database.url(), "status");
    assert_eq!(status["migrations"][3]["diverged"], true);
    assert_eq!(needs_repair(&status), [3, 6], "nothing was repaired");
    let output = database.run(&["db", "status"]).await;
    assert!(output.stdout.contains("needs repair"), "{}", output.stdout);
}

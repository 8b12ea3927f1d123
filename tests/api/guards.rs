//! The guards: commands and routes refuse destructive operations on every database that is not a development database.

use serde_json::json;

use crate::support::{CommandOutput, Database, TestApp, cruddur};

const INSERT_ALICE: &str = "
    insert into users (cognito_user_id, handle, display_name) values ('a', 'alice', 'Alice')";

async fn users(database: &Database) -> i64 {
    database.count("select count(*) from users").await
}

async fn stamp_production(database: &Database) {
    database
        .execute("update environment set name = 'production'")
        .await;
    database.execute(INSERT_ALICE).await;
}

#[tokio::test]
async fn a_production_database_is_destroyed_only_if_the_operator_confirms_its_name() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    stamp_production(database).await;
    for verb in ["setup", "drop", "seed"] {
        let output = database.run(&["db", verb]).await;
        let reason = output.refused();
        assert!(reason.contains("stamped production"), "{reason}");
        let wrong = database.run(&["db", verb, "--confirm", "another"]).await;
        wrong.refused();
    }
    for path in [
        "/admin/database/setup",
        "/admin/database/drop",
        "/admin/seeds",
    ] {
        for body in [json!({}), json!({ "confirm": "another" })] {
            let refused = admin.post(path, &body).await;
            let reason = refused.problem(409, "refused_by_guard");
            assert!(reason.contains(&database.name), "{reason}");
        }
    }
    assert_eq!(
        users(database).await,
        1,
        "the refused operations changed no row"
    );
    assert_eq!(app.get("/readyz").await.status, 200);

    let by_name = ["db", "setup", "--json", "--confirm", &database.name];
    let report = database.run(&by_name).await.report();
    assert_eq!(report["migrations"]["environment"], "production");
    let confirm = json!({ "confirm": database.name });
    admin.post("/admin/database/setup", &confirm).await.ok();
    let stamp = database
        .count("select count(*) from environment where name = 'production'")
        .await;
    assert_eq!(stamp, 1, "setup keeps the environment stamp");
    assert_eq!(
        database
            .count("select count(*) from users where handle = 'alice'")
            .await,
        0
    );
}

#[tokio::test]
async fn every_step_of_db_setup_with_prod_uses_the_production_database() {
    let (development, production) = (Database::migrated().await, Database::migrated().await);
    stamp_production(&production).await;
    development.execute(INSERT_ALICE).await;
    let mut command = cruddur(&[
        "db",
        "setup",
        "--prod",
        "--json",
        "--confirm",
        &production.name,
    ]);
    command
        .env("CONNECTION_URL", development.url())
        .env("PROD_CONNECTION_URL", production.url());
    let report = CommandOutput::of(command).await.report();
    for step in ["drop", "create", "migrations", "seeds"] {
        assert_eq!(report[step]["database"], production.name.as_str());
    }
    let alice = "select count(*) from users where handle = 'alice'";
    assert_eq!(production.count(alice).await, 0);
    assert_eq!(
        development.count(alice).await,
        1,
        "the development database is unchanged"
    );

    let mut command = cruddur(&["db", "setup", "--prod"]);
    command.env("CONNECTION_URL", development.url());
    let output = CommandOutput::of(command).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("PROD_CONNECTION_URL"),
        "{}",
        output.stderr
    );
    assert_eq!(development.count(alice).await, 1);
}

#[tokio::test]
async fn db_setup_accepts_an_empty_database_and_refuses_tables_without_an_environment_stamp() {
    let database = Database::empty().await;
    database.run(&["db", "setup", "--json"]).await.report();
    let unstamped = Database::empty().await;
    unstamped.execute("create table users (name text)").await;
    let output = unstamped.run(&["db", "setup"]).await;
    assert!(output.refused().contains("no stamp"), "{}", output.stderr);
    let by_name = ["db", "drop", "--json", "--confirm", &unstamped.name];
    unstamped.run(&by_name).await.report();
}

#[tokio::test]
async fn a_database_with_another_programs_tables_is_destroyed_only_if_the_operator_confirms_its_name()
 {
    for table in ["invoices", "accounting.invoices"] {
        let database = Database::empty().await;
        let create = format!("create schema accounting; create table {table} (n integer)");
        database.execute(&create).await;
        for verb in ["drop", "setup", "seed"] {
            let output = database.run(&["db", verb]).await;
            assert!(output.refused().contains("no stamp"), "{}", output.stderr);
        }
        let tables = format!("select count(*) from {table}");
        assert_eq!(database.count(&tables).await, 0, "the table is there");
        let by_name = ["db", "drop", "--json", "--confirm", &database.name];
        database.run(&by_name).await.report();
    }
}

#[tokio::test]
async fn a_command_with_prod_destroys_only_if_the_operator_confirms_the_name_whatever_the_stamp_is()
{
    let database = Database::migrated().await;
    database.execute(INSERT_ALICE).await;
    let file = tempfile::NamedTempFile::new().unwrap();
    for command in [
        &["db", "drop"] as &[&str],
        &["db", "setup"],
        &["db", "seed"],
        &["db", "restore", file.path().to_str().unwrap()],
    ] {
        let output = run_with_prod(&database, command).await;
        let reason = output.refused();
        assert!(reason.contains("PROD_CONNECTION_URL"), "{reason}");
        assert!(reason.contains(&database.name), "{reason}");
    }
    assert_eq!(users(&database).await, 1);
    let by_name = ["db", "drop", "--json", "--confirm", &database.name];
    let report = run_with_prod(&database, &by_name).await.report();
    assert_eq!(report["dropped"], true);
}

#[tokio::test]
async fn a_database_that_is_first_migrated_with_prod_is_stamped_production_even_on_this_machine() {
    let database = Database::empty().await;
    let report = run_with_prod(&database, &["db", "migrate", "--json"]).await;
    assert_eq!(report.report()["environment"], "production");
    let output = database.run(&["db", "drop"]).await;
    assert!(
        output.refused().contains("stamped production"),
        "{}",
        output.stderr
    );
}

/// Runs a command with `--prod` on this database, on a workspace whose own environment is `development`.
async fn run_with_prod(database: &Database, arguments: &[&str]) -> CommandOutput {
    let mut command = cruddur(arguments);
    command
        .arg("--prod")
        .env("CRUDDUR_ENV", "development")
        .env("PROD_CONNECTION_URL", database.url());
    CommandOutput::of(command).await
}

#[tokio::test]
async fn db_drop_succeeds_with_open_connections_and_reports_a_missing_database() {
    let database = Database::migrated().await;
    let client = database.connect().await;
    client
        .batch_execute("begin; lock table users")
        .await
        .unwrap();
    let output = database.run(&["db", "drop"]).await;
    assert_eq!(
        (output.code, output.stdout.trim()),
        (0, &*format!("dropped {}", database.name))
    );
    assert!(client.simple_query("select 1").await.is_err());
    let output = database.run(&["db", "drop"]).await;
    assert_eq!(
        output.stdout.trim(),
        format!("{} does not exist", database.name)
    );
    let output = database.run(&["db", "create"]).await;
    assert_eq!(output.stdout.trim(), format!("created {}", database.name));
    let output = database.run(&["db", "create"]).await;
    assert_eq!(
        output.stdout.trim(),
        format!("{} already exists", database.name)
    );
}

#[tokio::test]
async fn the_db_commands_use_the_configured_database_whatever_its_name_is() {
    for name in [
        "cruddur",
        "localhost",
        "we\"ird na-me; drop table users --",
        "tmp",
    ] {
        let database = Database {
            name: name.to_owned(),
        };
        let mut create = cruddur(&["db", "create", "--json"]);
        create.env("CONNECTION_URL", database.keyword_values());
        assert_eq!(CommandOutput::of(create).await.report()["database"], name);
        let mut connect = cruddur(&["db", "connect", "--", "-Atc", "select current_database()"]);
        connect.env("CONNECTION_URL", database.keyword_values());
        assert_eq!(CommandOutput::of(connect).await.stdout.trim(), name);
        let mut drop = cruddur(&["db", "drop", "--json"]);
        drop.env("CONNECTION_URL", database.keyword_values());
        assert_eq!(CommandOutput::of(drop).await.report()["dropped"], true);
    }
    for name in ["postgres", "template1"] {
        let database = Database {
            name: name.to_owned(),
        };
        let output = database.run(&["db", "drop", "--confirm", name]).await;
        assert!(
            output.refused().contains("the server's own"),
            "{}",
            output.stderr
        );
    }
}

impl Database {
    /// A value of `CONNECTION_URL` in the form of keywords and values, in which a name may hold any character.
    fn keyword_values(&self) -> String {
        let socket = crate::support::socket_dir();
        format!(
            "host='{}' user='{}' dbname='{}'",
            socket.display(),
            cruddur::db::embedded::USER,
            self.name
        )
    }
}

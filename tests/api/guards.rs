//! What is destructive is refused on anything but a development database, by both doors.

use serde_json::json;

use crate::support::{CommandOutput, Database, TestApp, cruddur};

const FILL: &str = "
    insert into users (cognito_user_id, handle, display_name) values ('a', 'alice', 'Alice')";

async fn users(database: &Database) -> i64 {
    database.count("select count(*) from users").await
}

async fn stamp_production(database: &Database) {
    database
        .execute("update environment set name = 'production'")
        .await;
    database.execute(FILL).await;
}

#[tokio::test]
async fn a_production_database_is_destroyed_only_if_the_operator_confirms_its_name() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    stamp_production(database).await;
    for verb in ["setup", "drop", "seed"] {
        let why = database.run(&["db", verb]).await;
        let why = why.refused();
        assert!(why.contains("stamped production"), "{why}");
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
            let why = refused.problem(409, "refused_by_guard");
            assert!(why.contains(&database.name), "{why}");
        }
    }
    assert_eq!(users(database).await, 1, "nothing was touched");
    assert_eq!(app.get("/readyz").await.status, 200);

    let by_name = ["db", "setup", "--json", "--confirm", &database.name];
    let report = database.run(&by_name).await.report();
    assert_eq!(report["migrations"]["environment"], "production");
    let confirm = json!({ "confirm": database.name });
    admin.post("/admin/database/setup", &confirm).await.ok();
    let stamp = database
        .count("select count(*) from environment where name = 'production'")
        .await;
    assert_eq!(stamp, 1, "a database keeps its stamp");
    assert_eq!(
        database
            .count("select count(*) from users where handle = 'alice'")
            .await,
        0
    );
}

#[tokio::test]
async fn every_step_of_db_setup_with_prod_uses_the_production_database() {
    let (here, there) = (Database::migrated().await, Database::migrated().await);
    stamp_production(&there).await;
    here.execute(FILL).await;
    let mut command = cruddur(&["db", "setup", "--prod", "--json", "--confirm", &there.name]);
    command
        .env("CONNECTION_URL", here.url())
        .env("PROD_CONNECTION_URL", there.url());
    let report = CommandOutput::of(command).await.report();
    for step in ["drop", "create", "migrations", "seeds"] {
        assert_eq!(report[step]["database"], there.name.as_str());
    }
    let alice = "select count(*) from users where handle = 'alice'";
    assert_eq!(there.count(alice).await, 0);
    assert_eq!(here.count(alice).await, 1, "the other one was not touched");

    let mut command = cruddur(&["db", "setup", "--prod"]);
    command.env("CONNECTION_URL", here.url());
    let said = CommandOutput::of(command).await;
    assert_eq!(said.code, 1);
    assert!(
        said.stderr.contains("PROD_CONNECTION_URL"),
        "{}",
        said.stderr
    );
    assert_eq!(here.count(alice).await, 1);
}

#[tokio::test]
async fn db_setup_accepts_an_empty_database_and_refuses_tables_without_an_environment_stamp() {
    let database = Database::empty().await;
    database.run(&["db", "setup", "--json"]).await.report();
    let strange = Database::empty().await;
    strange.execute("create table users (name text)").await;
    let why = strange.run(&["db", "setup"]).await;
    assert!(why.refused().contains("no stamp"), "{}", why.stderr);
    let by_name = ["db", "drop", "--json", "--confirm", &strange.name];
    strange.run(&by_name).await.report();
}

#[tokio::test]
async fn db_drop_succeeds_with_open_connections_and_reports_a_missing_database() {
    let database = Database::migrated().await;
    let busy = database.connect().await;
    busy.batch_execute("begin; lock table users").await.unwrap();
    let said = database.run(&["db", "drop"]).await;
    assert_eq!(
        (said.code, said.stdout.trim()),
        (0, &*format!("dropped {}", database.name))
    );
    assert!(busy.simple_query("select 1").await.is_err());
    let said = database.run(&["db", "drop"]).await;
    assert_eq!(
        said.stdout.trim(),
        format!("{} does not exist", database.name)
    );
    let said = database.run(&["db", "create"]).await;
    assert_eq!(said.stdout.trim(), format!("created {}", database.name));
    let said = database.run(&["db", "create"]).await;
    assert_eq!(
        said.stdout.trim(),
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
        create.env("CONNECTION_URL", database.pairs());
        assert_eq!(CommandOutput::of(create).await.report()["database"], name);
        let mut connect = cruddur(&["db", "connect", "--", "-Atc", "select current_database()"]);
        connect.env("CONNECTION_URL", database.pairs());
        assert_eq!(CommandOutput::of(connect).await.stdout.trim(), name);
        let mut drop = cruddur(&["db", "drop", "--json"]);
        drop.env("CONNECTION_URL", database.pairs());
        assert_eq!(CommandOutput::of(drop).await.report()["dropped"], true);
    }
    for name in ["postgres", "template1"] {
        let database = Database {
            name: name.to_owned(),
        };
        let said = database.run(&["db", "drop", "--confirm", name]).await;
        assert!(
            said.refused().contains("the server's own"),
            "{}",
            said.stderr
        );
    }
}

impl Database {
    /// What `CONNECTION_URL` takes, too: a name may hold any character here.
    fn pairs(&self) -> String {
        let socket = crate::support::socket_dir();
        format!(
            "host='{}' user='{}' dbname='{}'",
            socket.display(),
            cruddur::db::embedded::USER,
            self.name
        )
    }
}

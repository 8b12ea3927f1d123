//! Every operation gives the same report as a route and as a command on the same database.

use serde_json::{Value, json};
use tokio_postgres::Client;

use crate::support::{
    ADMIN_TOKEN, CommandOutput, Database, TIMEOUT, TestApp, cruddur, eventually, id,
};

/// The report without the values that differ from one call to the next: times and durations.
fn without_times(mut report: Value) -> Value {
    match &mut report {
        Value::Object(object) => {
            for (key, value) in object.iter_mut() {
                if key == "applied_on" && !value.is_null() || key.ends_with("_seconds") {
                    *value = json!("some time");
                }
                *value = without_times(value.take());
            }
        }
        Value::Array(values) => {
            for value in values {
                *value = without_times(value.take());
            }
        }
        _ => {}
    }
    report
}

#[tokio::test]
async fn the_migration_routes_and_commands_give_the_same_reports() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    let route = admin.get("/admin/migrations").await.ok();
    assert_eq!(
        route,
        database.run(&["db", "status", "--json"]).await.report()
    );

    let dry_run = json!({ "dry_run": true });
    let dry = admin.post("/admin/migrations", &dry_run);
    let command = database
        .run(&["db", "migrate", "--dry-run", "--json"])
        .await;
    assert_eq!(dry.await.ok(), command.report());
    let route = admin.post("/admin/migrations", &json!({})).await.ok();
    assert_eq!(
        route,
        database.run(&["db", "migrate", "--json"]).await.report()
    );
}

#[tokio::test]
async fn migrating_to_a_target_version_gives_the_same_report_by_route_and_by_command() {
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN)];
    let by_command = Database::empty().await;
    let command = by_command
        .run(&["db", "migrate", "--target", "3", "--json"])
        .await
        .report();
    assert_eq!(command["applied_now"], json!([1, 2, 3]));
    let app = TestApp::launch(Database::empty().await, &settings, &[]);
    app.wait_for_log("the database is reachable");
    let target = json!({ "target": 3 });
    let mut route = app.admin().post("/admin/migrations", &target).await.ok();
    route["database"] = command["database"].clone();
    assert_eq!(without_times(route), without_times(command));
    assert_eq!(app.get("/readyz").await.body["missing"], "schema");
}

#[tokio::test]
async fn the_seed_routes_and_commands_give_the_same_reports() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    let sets = admin.get("/admin/seeds").await.ok();
    assert_eq!(sets[0]["loaded"], false);
    let route = admin
        .post("/admin/seeds", &json!({ "set": "demo" }))
        .await
        .ok();
    assert_eq!(
        route,
        database.run(&["db", "seed", "--json"]).await.report()
    );
    assert_eq!(admin.get("/admin/seeds").await.ok()[0]["loaded"], true);

    let unknown = admin
        .post("/admin/seeds", &json!({ "set": "nosuch" }))
        .await;
    let why = unknown.problem(422, "operation_failed").to_owned();
    let command = database.run(&["db", "seed", "nosuch"]).await;
    assert_eq!(command.code, 1);
    assert!(command.stderr.contains(&why), "{why}\n{}", command.stderr);
}

#[tokio::test]
async fn loading_seeds_behind_a_row_lock_fails_and_names_the_session_that_holds_it() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    database.run(&["db", "seed", "--json"]).await.report();
    let (holder, pid) = hold(database, "select 'my secret' from loaded_seeds for update").await;
    let command = database.run(&["db", "seed"]).await;
    assert_eq!(command.code, 1, "{}", command.stderr);
    let route = admin.post("/admin/seeds", &json!({})).await;
    let why = route.problem(422, "operation_failed");
    for text in [&command.stderr, why] {
        let blocker = format!("process {pid} (the holder, in a transaction for ");
        assert!(text.contains(&blocker), "{text}");
        assert!(!text.contains("secret"), "{text}");
    }
    holder.batch_execute("commit").await.unwrap();
    database.run(&["db", "seed", "--json"]).await.report();
}

#[tokio::test]
async fn a_report_behind_a_locked_table_ends_and_names_the_session_that_holds_the_lock() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    let (_holder, pid) = hold(
        database,
        "lock table refinery_schema_history, loaded_seeds, environment",
    )
    .await;
    let blocker = format!("process {pid} (the holder, in a transaction for ");
    for command in [
        &["db", "status"] as &[&str],
        &["db", "migrate", "--dry-run"],
        &["db", "drop"],
    ] {
        let output = database.run(command).await;
        assert_eq!(output.code, 1, "{}", output.stderr);
        assert!(output.stderr.contains(&blocker), "{}", output.stderr);
    }
    for path in ["/admin/migrations", "/admin/seeds"] {
        let answer = admin.get(path).await;
        let why = answer.problem(422, "operation_failed");
        assert!(why.contains(&blocker), "{why}");
    }
    let doctor = database.run(&["doctor"]).await;
    assert_eq!(doctor.code, 1, "{}", doctor.stderr);
    assert!(doctor.stdout.contains(&blocker), "{}", doctor.stdout);
    let mut lines = doctor.stdout.lines();
    assert!(
        lines.any(|line| line.starts_with("green   version")),
        "{}",
        doctor.stdout
    );
}

/// A session named `the holder` with an open transaction that has run `sql`, and its process id.
async fn hold(database: &Database, sql: &str) -> (Client, i32) {
    let holder = database.connect().await;
    let begin = format!("set application_name = 'the holder'; begin; {sql}");
    holder.batch_execute(&begin).await.unwrap();
    let row = holder.query_one("select pg_backend_pid()", &[]).await;
    let pid = row.unwrap().get(0);
    (holder, pid)
}

#[tokio::test]
async fn the_database_routes_and_commands_give_the_same_reports() {
    let app = TestApp::start_operated().await;
    let (admin, database) = (app.admin(), &app.database);
    let no_body = json!({});
    let name = &database.name;

    let exists = json!({ "database": name, "created": false });
    let route = admin.post("/admin/database/create", &no_body).await.ok();
    assert_eq!(route, exists);
    assert_eq!(
        database.run(&["db", "create", "--json"]).await.report(),
        exists
    );

    let route = admin.post("/admin/database/setup", &no_body).await.ok();
    let home = app.get("/api/activities/home").await.ok();
    assert!(
        !home.as_array().unwrap().is_empty(),
        "the demo data is there"
    );
    let command = database.run(&["db", "setup", "--json"]).await.report();
    assert_eq!(without_times(route), without_times(command));

    let dropped = json!({ "database": name, "dropped": true });
    assert_eq!(
        database.run(&["db", "drop", "--json"]).await.report(),
        dropped
    );
    let created = json!({ "database": name, "created": true });
    let route = admin.post("/admin/database/create", &no_body).await.ok();
    assert_eq!(route, created);
    let route = admin.post("/admin/database/drop", &no_body).await.ok();
    assert_eq!(route, dropped);
    assert_eq!(
        database.run(&["db", "create", "--json"]).await.report(),
        created
    );

    admin.post("/admin/migrations", &no_body).await.ok();
    eventually(async || app.get("/readyz").await.status == 200).await;
    // The request that dropped the old database is in the audit of the new one.
    let audit = async || admin.get("/admin/audit").await.ok();
    let is_drop = |entry: &Value| entry["path"] == "/admin/database/drop";
    eventually(async || audit().await.as_array().unwrap().iter().any(is_drop)).await;
}

#[tokio::test]
async fn an_administrator_can_delete_the_activity_of_any_user() {
    let app = TestApp::start_operated().await;
    let alice = app.user("alice").await;
    let post = alice.create_activity("rude").await;
    let reply = alice.reply(&post, "ruder").await;
    let path = |activity: &Value| format!("/admin/activities/{}", id(activity));
    assert_eq!(
        app.admin().delete(&path(&reply)).await.ok(),
        json!({ "uuid": reply["uuid"] })
    );
    let thread = app
        .get(&format!("/api/activities/{}", id(&post)))
        .await
        .ok();
    assert_eq!(thread["replies_count"], 0);
    app.admin().delete(&path(&post)).await.ok();
    let again = app.admin().delete(&path(&post)).await;
    again.problem(404, "activity_not_found");
    let home = app.get("/api/activities/home").await.ok();
    assert_eq!(home, json!([]));
}

#[tokio::test]
async fn cruddur_prints_its_manual_page_and_its_shell_completions() {
    let database = Database::empty().await;
    let manual = database.run(&["man"]).await;
    assert!(manual.stdout.contains(".TH cruddur 1"), "{}", manual.stdout);
    let completions = database.run(&["completions", "bash"]).await;
    assert!(completions.stdout.contains("terminate"));
}

#[tokio::test]
async fn a_command_whose_reader_closes_the_pipe_early_succeeds_silently() {
    let database = Database::migrated().await;
    for command in [
        &["completions", "bash"] as &[&str],
        &["man"],
        &["openapi"],
        &["db", "status"],
        &["db", "sessions", "--json"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command_with_closed_pipe = cruddur(command);
        command_with_closed_pipe
            .env("CONNECTION_URL", database.url())
            .stdout(writer);
        let output = CommandOutput::of(command_with_closed_pipe).await;
        assert_eq!(output.code, 0, "{command:?}: {}", output.stderr);
        assert!(!output.stderr.contains("panicked"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn a_command_that_cannot_write_its_report_fails_with_the_reason() {
    let mut command = cruddur(&["openapi"]);
    command.stdout(std::fs::File::create("/dev/full").unwrap());
    let output = CommandOutput::of(command).await;
    assert_eq!(output.code, 1, "{}", output.stderr);
    assert!(
        output.stderr.contains("standard output cannot be written"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn db_connect_runs_psql_on_the_configured_database_and_returns_its_exit_code() {
    let database = Database::migrated().await;
    let select = ["db", "connect", "--", "-Atc", "select current_database()"];
    let output = database.run(&select).await;
    assert_eq!((output.code, output.stdout.trim()), (0, &*database.name));
    let failing = ["db", "connect", "--", "-Atc", "select nosuch"];
    assert_eq!(database.run(&failing).await.code, 1);
}

#[tokio::test]
async fn a_second_setup_is_refused_with_the_session_that_runs_the_first() {
    let database = Database::migrated().await;
    let maintenance = Database {
        name: "postgres".to_owned(),
    };
    // The first setup waits for this lock before it drops the database.
    let holder = maintenance.connect().await;
    let comment = format!("begin; comment on database {} is 'held'", database.name);
    holder.batch_execute(&comment).await.unwrap();
    let first = {
        let database = Database {
            name: database.name.clone(),
        };
        tokio::spawn(async move { database.run(&["db", "setup"]).await })
    };
    let waiting = format!(
        "select count(*) from pg_stat_activity
        where wait_event_type = 'Lock' and query like 'drop database%\"{}\"%'",
        database.name
    );
    maintenance.wait_for_count(&waiting, 1).await;

    let second = tokio::time::timeout(TIMEOUT, database.run(&["db", "setup"])).await;
    let second = second.expect("the second setup does not wait");
    let refusal = second.refused();
    assert!(refusal.contains("is setting"), "{refusal}");
    assert!(refusal.contains(": process "), "{refusal}");
    assert!(refusal.contains("(cruddur)"), "{refusal}");

    holder.batch_execute("rollback").await.unwrap();
    let first = first.await.unwrap();
    assert_eq!(first.code, 0, "{}", first.stderr);
    let third = database.run(&["db", "setup"]).await;
    assert_eq!(third.code, 0, "{}", third.stderr);
}

/// What psql shows on a terminal after these lines of input.
fn psql_on_a_terminal(database: &Database, arguments: &str, input: &str) -> String {
    let command = format!("{} db connect {arguments}", env!("CARGO_BIN_EXE_cruddur"));
    let mut terminal = std::process::Command::new("script")
        .args(["--quiet", "--return", "--command", &command, "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", "/nonexistent")
        .env("TERM", "dumb")
        .env("PAGER", "cat")
        .env("CONNECTION_URL", database.url())
        .env("PROD_CONNECTION_URL", database.url())
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .expect("a terminal");
    let mut stdin = terminal.stdin.take().expect("stdin");
    std::io::Write::write_all(&mut stdin, input.as_bytes()).expect("the input");
    let output = terminal.wait_with_output().expect("its output");
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[tokio::test]
async fn db_connect_on_a_terminal_shows_null_and_the_stamp_in_red_for_production() {
    let database = Database::migrated().await;
    let input = "select null as nothing;\n\\pset\n\\q\n";
    let shown = psql_on_a_terminal(&database, "", input);
    assert!(shown.contains("(null)"), "{shown}");
    let expanded = shown.lines().find(|line| line.starts_with("expanded "));
    assert!(
        expanded.is_some_and(|line| line.trim_end().ends_with("auto")),
        "{shown}"
    );
    assert!(
        shown.contains("\u{1b}[1;32mdevelopment\u{1b}[0m"),
        "{shown}"
    );
    let shown = psql_on_a_terminal(&database, "--prod", input);
    assert!(
        shown.contains("\u{1b}[1;31mdevelopment, with --prod"),
        "{shown}"
    );

    database
        .execute("update environment set name = 'production'")
        .await;
    let shown = psql_on_a_terminal(&database, "", input);
    assert!(shown.contains("\u{1b}[1;31mproduction\u{1b}[0m"), "{shown}");
}

#[tokio::test]
async fn a_command_that_is_too_early_names_the_next_step() {
    let missing = Database {
        name: "no_such_database".to_owned(),
    };
    for arguments in [&["db", "sessions"][..], &["db", "seed"], &["db", "connect"]] {
        let output = missing.run(arguments).await;
        assert_eq!(output.code, 1);
        assert!(
            output.stderr.contains("cruddur db create"),
            "{}",
            output.stderr
        );
    }
    let empty = Database::empty().await;
    let output = empty.run(&["db", "seed"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("cruddur db migrate"),
        "{}",
        output.stderr
    );
}

//! Listing, cancelling and terminating sessions of PostgreSQL: the reports state what happened to the session.

use serde_json::{Value, json};
use tokio_postgres::{Client, NoTls};

use crate::support::{
    ADMIN_TOKEN, Database, ExternalPostgres, TestApp, default_programs, eventually,
};

async fn pid(client: &Client) -> i32 {
    let row = client.query_one("select pg_backend_pid()", &[]).await;
    row.unwrap().get(0)
}

/// The session as `db sessions` lists it.
async fn listed(database: &Database, pid: i32) -> Value {
    let sessions = database.run(&["db", "sessions", "--json"]).await.report();
    let sessions = sessions.as_array().unwrap();
    let found = sessions.iter().find(|session| session["process_id"] == pid);
    found.cloned().unwrap_or_default()
}

#[tokio::test]
async fn db_sessions_shows_the_blocking_session_and_db_terminate_ends_it() {
    let app = TestApp::start_operated().await;
    let database = &app.database;
    app.user("alice").await;
    let (holder, waiter) = (database.connect().await, database.connect().await);
    let (holder_pid, waiter_pid) = (pid(&holder).await, pid(&waiter).await);
    holder
        .batch_execute("begin; update users set display_name = 'Held' where handle = 'alice'")
        .await
        .unwrap();
    let blocked_update = tokio::spawn(async move {
        waiter
            .batch_execute("update users set bio = 'my secret 4711' where handle = 'alice'")
            .await
    });
    let waiter_is_blocked = async || listed(database, waiter_pid).await["waiting"].is_object();
    eventually(waiter_is_blocked).await;

    let session = listed(database, waiter_pid).await;
    assert_eq!(session["blocked_by"], json!([holder_pid]));
    assert_eq!(session["waiting"]["lock"], "transactionid");
    assert_eq!(session["waiting"]["table"], "users");
    assert!(session["waiting"]["seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(
        session["statement"],
        "update users set bio = ? where handle = ?"
    );
    let table = database.run(&["db", "sessions"]).await.stdout;
    let line = table
        .lines()
        .find(|line| line.starts_with(&waiter_pid.to_string()));
    assert!(
        line.unwrap()
            .contains(&format!("{holder_pid}: transactionid")),
        "{table}"
    );
    assert!(
        !table.contains("secret") && !table.contains("4711"),
        "{table}"
    );
    let long_running = ["db", "sessions", "--json", "--min-age", "1h"];
    assert_eq!(database.run(&long_running).await.report(), json!([]));

    let output = database
        .run(&["db", "terminate", &holder_pid.to_string()])
        .await;
    assert_eq!(
        output.stdout.trim(),
        format!("session of process {holder_pid}: gone")
    );
    blocked_update.await.unwrap().unwrap();
}

#[tokio::test]
async fn the_session_routes_and_commands_give_the_same_reports() {
    let app = TestApp::start_operated().await;
    let session = app.database.connect().await;
    let pid = pid(&session).await;
    let find = |sessions: Value| {
        let sessions = sessions.as_array().unwrap().clone();
        let mut found = sessions
            .into_iter()
            .find(|session| session["process_id"] == pid);
        for key in ["session", "transaction", "query", "state"] {
            found.as_mut().unwrap()[format!("{key}_seconds")].take();
        }
        found.unwrap()
    };
    let route = find(app.admin().get("/admin/sessions?state=idle").await.ok());
    let command = ["db", "sessions", "--state", "idle", "--json"];
    assert_eq!(route, find(app.database.run(&command).await.report()));

    let listed_before = listed(&app.database, pid).await;
    let path = format!("/admin/sessions/{pid}/cancel");
    let route = app.admin().post(&path, &json!({})).await.ok();
    let pid_text = pid.to_string();
    let command = app
        .database
        .run(&["db", "cancel", &pid_text, "--json"])
        .await;
    assert_eq!(route, command.report());
    let path = format!("/admin/sessions/{pid}");
    let route = app.admin().delete(&path).await.ok();
    assert_eq!(
        route,
        json!({ "process_id": pid, "asked": "terminate", "outcome": "gone" })
    );
    let backend_start = listed_before["backend_start"].as_str().unwrap();
    let again = [
        "db",
        "terminate",
        &pid_text,
        "--backend-start",
        backend_start,
        "--json",
    ];
    assert_eq!(route, app.database.run(&again).await.report());
    let malformed = app.admin().get("/admin/sessions?min_age=soon").await;
    let reason = malformed.problem(400, "malformed_query");
    assert!(reason.contains("90s"), "{reason}");
}

#[tokio::test]
async fn a_signal_to_a_process_without_a_session_reports_that_there_is_no_such_session() {
    let app = TestApp::start_operated().await;
    // Larger than any process id of Linux.
    let pid = 2_000_000_000;
    for (verb, path) in [("cancel", "/cancel"), ("terminate", "")] {
        let output = app.database.run(&["db", verb, &pid.to_string()]).await;
        assert_eq!(output.code, 4, "{}", output.stderr);
        assert!(
            output.stdout.contains("no such session"),
            "{}",
            output.stdout
        );
        assert!(
            output.stderr.contains("no session of process 2000000000"),
            "{}",
            output.stderr
        );
        let path = format!("/admin/sessions/{pid}{path}");
        let report = match verb {
            "cancel" => app.admin().post(&path, &json!({})).await.ok(),
            _ => app.admin().delete(&path).await.ok(),
        };
        assert_eq!(
            report,
            json!({ "process_id": pid, "asked": verb, "outcome": "no_session" })
        );
    }
}

#[tokio::test]
async fn an_unknown_state_of_sessions_is_refused_with_the_possible_states() {
    let app = TestApp::start_operated().await;
    let output = app
        .database
        .run(&["db", "sessions", "--state", "foo"])
        .await;
    assert_eq!(output.code, 2, "{}", output.stderr);
    let refused = app.admin().get("/admin/sessions?state=foo").await;
    let reason = refused.problem(400, "malformed_query");
    for text in [&output.stderr, reason] {
        assert!(text.contains("active, idle, idle in transaction"), "{text}");
    }
    for state in ["idle", "idle in transaction (aborted)"] {
        let known = ["db", "sessions", "--state", state, "--json"];
        app.database.run(&known).await.report();
    }
}

#[tokio::test]
async fn db_cancel_ends_the_statement_and_keeps_the_session_open() {
    let database = Database::migrated().await;
    let sleeper = database.connect().await;
    let pid = pid(&sleeper).await;
    let sleep = tokio::spawn(async move {
        let ended = sleeper.batch_execute("select pg_sleep(600)").await;
        (sleeper, ended)
    });
    let is_active = async || listed(&database, pid).await["state"] == "active";
    eventually(is_active).await;
    let pid = pid.to_string();
    let output = database.run(&["db", "cancel", &pid, "--json"]).await;
    assert_eq!(output.report()["outcome"], "gone");
    let (sleeper, ended) = sleep.await.unwrap();
    assert!(ended.is_err());
    sleeper.simple_query("select 1").await.unwrap();
}

#[tokio::test]
async fn terminating_a_session_with_another_backend_start_leaves_it_open() {
    let app = TestApp::start_operated().await;
    let session = app.database.connect().await;
    let pid = pid(&session).await;
    let path = format!("/admin/sessions/{pid}?backend_start=2020-01-01T00:00:00Z");
    assert_eq!(app.admin().delete(&path).await.ok()["outcome"], "gone");
    session.simple_query("select 1").await.unwrap();
    let backend_start = listed(&app.database, pid).await["backend_start"].clone();
    let path = format!(
        "/admin/sessions/{pid}?backend_start={}",
        backend_start.as_str().unwrap()
    );
    assert_eq!(app.admin().delete(&path).await.ok()["outcome"], "gone");
    assert!(session.simple_query("select 1").await.is_err());
}

#[tokio::test]
async fn ending_a_session_of_cruddurs_pool_or_of_postgresql_itself_is_refused() {
    let app = TestApp::start_operated().await;
    app.get("/api/activities/home").await.ok();
    let sessions = app.admin().get("/admin/sessions").await.ok();
    let own: Vec<&Value> = sessions
        .as_array()
        .unwrap()
        .iter()
        .filter(|session| session["db"] == app.database.name.as_str())
        .filter(|session| session["protected"] == "a connection of Cruddur's own pool")
        .collect();
    assert!(!own.is_empty(), "{sessions}");
    for session in own {
        let pid = session["process_id"].to_string();
        for verb in ["cancel", "terminate"] {
            let output = app.database.run(&["db", verb, &pid]).await;
            assert!(
                output.refused().contains("Cruddur's own pool"),
                "{}",
                output.stderr
            );
        }
        let refused = app.admin().delete(&format!("/admin/sessions/{pid}")).await;
        refused.problem(409, "refused_by_guard");
    }
    app.get("/api/activities/home").await.ok();
    let mut all = sessions.as_array().unwrap().iter();
    let checkpointer = all
        .find(|session| session["backend_type"] == "checkpointer")
        .unwrap()["process_id"]
        .to_string();
    app.database
        .run(&["db", "terminate", &checkpointer])
        .await
        .refused();
}

/// The id of a session that signs in with these changes to the URL's parameters.
async fn connect_as(database: &Database, account: &str, app: &str) -> (Client, i32) {
    let url = database.url().replace("cruddur@", &format!("{account}@"));
    let url = format!("{url}?application_name={app}");
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.unwrap();
    tokio::spawn(connection);
    let pid = pid(&client).await;
    (client, pid)
}

#[tokio::test]
async fn a_session_that_only_claims_the_name_of_a_server_can_be_ended() {
    let app = TestApp::start_operated().await;
    let database = &app.database;
    let name = "select application_name from pg_stat_activity
        where datname = current_database() and application_name like 'cruddur-server:%'";
    let row = database.connect().await.query(name, &[]).await.unwrap();
    let of_the_server: String = row[0].get(0);
    let account = format!("stranger_of_{}", database.name);
    database
        .execute(&format!("create role {account} login"))
        .await;
    let (_strangers, [invented, dead, borrowed]) = {
        let (a, invented) = connect_as(database, "cruddur", "cruddur-server:mine").await;
        let (b, dead) = connect_as(database, "cruddur", "cruddur-server:00c0ffee").await;
        let (c, borrowed) = connect_as(database, &account, &of_the_server).await;
        ([a, b, c], [invented, dead, borrowed])
    };
    for pid in [invented, borrowed] {
        assert_eq!(listed(database, pid).await["protected"], Value::Null);
        let output = database.run(&["db", "terminate", &pid.to_string()]).await;
        assert_eq!(
            output.stdout.trim(),
            format!("session of process {pid}: gone"),
            "{}",
            output.stderr
        );
    }
    let path = format!("/admin/sessions/{dead}");
    assert_eq!(app.admin().delete(&path).await.ok()["outcome"], "gone");
}

#[tokio::test]
async fn ending_a_session_of_another_live_servers_pool_is_refused() {
    let app = TestApp::start_operated().await;
    let other = TestApp::start_second(&app, &[]).await;
    other.get("/api/activities/home").await.ok();
    let sessions = app.admin().get("/admin/sessions").await.ok();
    let of_servers: Vec<&Value> = sessions
        .as_array()
        .unwrap()
        .iter()
        .filter(|session| session["db"] == app.database.name.as_str())
        .filter(|session| session["app"].as_str().unwrap().contains("cruddur-server:"))
        .collect();
    let names: std::collections::BTreeSet<&str> = of_servers
        .iter()
        .filter_map(|session| session["app"].as_str())
        .collect();
    assert_eq!(names.len(), 2);
    for session in of_servers {
        let path = format!("/admin/sessions/{}", session["process_id"]);
        let refused = app.admin().delete(&path).await;
        refused.problem(409, "refused_by_guard");
    }
}

#[tokio::test]
async fn db_terminate_reports_forbidden_for_a_session_that_the_account_may_not_end() {
    let database = Database::migrated().await;
    database
        .execute(&format!(
            "create role weak_of_{0} login; grant connect on database {0} to weak_of_{0}",
            database.name
        ))
        .await;
    let session = database.connect().await;
    let pid = pid(&session).await.to_string();
    let url = database
        .url()
        .replace("cruddur@", &format!("weak_of_{}@", database.name));
    let settings = [("CONNECTION_URL", &*url)];
    let output = database
        .run_with(&settings, &["db", "terminate", &pid, "--json"])
        .await;
    assert_eq!(output.code, 1);
    let report: Value = serde_json::from_str(&output.stdout).unwrap();
    assert_eq!(report["outcome"], "forbidden");
    session.simple_query("select 1").await.unwrap();
}

#[tokio::test]
async fn the_session_routes_work_while_all_connections_of_the_database_server_are_used_up() {
    let postgres = ExternalPostgres::start(&default_programs(), None);
    let url = postgres.url("localhost");
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN), ("CONNECTION_URL", &*url)];
    let app = TestApp::launch(Database::placeholder(), &settings, &["--migrate"]);
    app.wait_for_log("\"schema\":\"current\"");
    let is_kept = async || {
        let sessions = app.admin().get("/admin/sessions").await;
        sessions.status == 200
    };
    eventually(is_kept).await;

    let mut clients = Vec::new();
    while let Ok((client, connection)) = tokio_postgres::connect(&url, NoTls).await {
        tokio::spawn(connection);
        clients.push(client);
    }
    assert!(clients.len() > 10, "{} connections", clients.len());
    let pid = pid(&clients[0]).await;
    let sessions = app.admin().get("/admin/sessions?state=idle").await.ok();
    let mut sessions = sessions.as_array().unwrap().iter();
    assert!(sessions.any(|session| session["process_id"] == pid));
    let path = format!("/admin/sessions/{pid}/cancel");
    let cancelled = app.admin().post(&path, &json!({})).await.ok();
    assert_eq!(cancelled["outcome"], "gone");
    let path = format!("/admin/sessions/{pid}");
    let terminated = app.admin().delete(&path).await.ok();
    assert_eq!(terminated["outcome"], "gone");
}

#[tokio::test]
async fn no_request_is_refused_while_all_sessions_of_a_server_are_terminated_again_and_again() {
    let app = TestApp::start().await;
    let of_server = "datname = current_database() and application_name like 'cruddur-server:%'";
    let terminate =
        format!("select pg_terminate_backend(pid, 10000) from pg_stat_activity where {of_server}");
    // The session of the probes has the lock of a live server.
    let probing = "select count(*) from pg_locks join pg_database on pg_database.oid = pg_locks.database
         where locktype = 'advisory' and mode = 'ShareLock' and granted and datname = current_database()";
    for round in 0..10 {
        app.database.wait_for_count(probing, 1).await;
        app.database.execute(&terminate).await;
        loop {
            let home = app.get("/api/activities/home").await;
            assert_eq!(home.status, 200, "round {round}: {}", home.body);
            if app.database.count(probing).await == 1 {
                break;
            }
        }
    }
}

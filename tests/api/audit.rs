//! The audit of `/admin`: failed sign-ins are counted in memory and written together, and no request waits for the
//! database because of them.

use futures_util::future::join_all;
use reqwest::Method;
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::net::TcpListener;

use crate::support::{ADMIN_TOKEN, Answer, Database, TIMEOUT, TestApp, eventually};

/// The sum of the failed sign-ins that the audit of this database has recorded.
async fn failures(database: &Database) -> i64 {
    let sum = "select coalesce(sum(attempts), 0) from admin_audit where who is null";
    database.count(sum).await
}

/// Makes the database count the statements that change the audit, in the table `audit_writes`.
async fn count_audit_writes(database: &Database) {
    database
        .execute(
            "create table audit_writes ();
             create function count_audit_write() returns trigger language plpgsql as $$
                begin insert into audit_writes default values; return null; end $$;
             create trigger count_audit_writes after insert on admin_audit
                for each statement execute function count_audit_write()",
        )
        .await;
}

#[tokio::test]
async fn hundreds_of_failed_sign_ins_are_recorded_exactly_with_few_writes() {
    let app = TestApp::start_operated().await;
    count_audit_writes(&app.database).await;
    let guesser = app.operator("guess");
    join_all((0..200).map(|_| app.get("/admin/status"))).await;
    join_all((0..200).map(|_| guesser.get("/admin/nowhere"))).await;
    eventually(async || failures(&app.database).await == 400).await;
    let writes = "select count(*) from audit_writes";
    let writes = app.database.count(writes).await;
    // One for each second in which the requests were answered, which are many on a busy machine.
    assert!((1..200).contains(&writes), "{writes} writes");
}

#[tokio::test]
async fn failed_sign_ins_are_recorded_when_the_server_stops() {
    let app = TestApp::start_operated().await;
    for _ in 0..3 {
        app.get("/admin/status").await;
    }
    app.terminate();
    assert!(app.wait_for_exit().success());
    assert_eq!(failures(&app.database).await, 3);
}

#[tokio::test]
async fn failed_sign_ins_of_one_ipv6_64_network_are_one_entry_of_the_audit() {
    let settings = [
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("TRUSTED_PROXIES", "127.0.0.1"),
    ];
    let app = TestApp::start_with(&settings).await;
    let send = async |address: &str| {
        let request = app.request(Method::GET, "/admin/status");
        let request = request.header("x-forwarded-for", address);
        Answer::of(request).await.problem(401, "generic_401");
    };
    for address in ["2001:db8::1", "2001:db8::2", "192.0.2.1"] {
        send(address).await;
    }
    let count = async |network: &str| {
        let sum = "select coalesce(sum(attempts), 0) from admin_audit where address = ";
        app.database.count(&format!("{sum}'{network}'")).await
    };
    eventually(async || count("2001:db8::/64").await == 2).await;
    eventually(async || count("192.0.2.1").await == 1).await;
}

#[tokio::test]
async fn failed_admin_requests_have_the_rate_limit_of_reads_and_a_valid_token_has_none() {
    let settings = [
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("RATE_LIMIT", "on"),
        ("RATE_LIMIT_READS", "1"),
        ("RATE_LIMIT_READ_BURST", "50"),
    ];
    let app = TestApp::start_with(&settings).await;
    let anonymous = join_all((0..200).map(|_| app.get("/admin/status"))).await;
    let mut refused = anonymous.iter().filter(|answer| answer.status == 429);
    let refused = refused.next().expect("a refused request");
    refused.problem(429, "rate_limited");
    assert!(refused.header("retry-after").is_some());
    assert!(anonymous.iter().any(|answer| answer.status == 401));
    let operator = app.admin();
    for answer in join_all((0..60).map(|_| operator.get("/admin/status"))).await {
        assert_eq!(answer.header("ratelimit"), None);
        answer.ok();
    }
    eventually(async || failures(&app.database).await == 200).await;
}

/// A database server that accepts connections and never answers.
async fn black_hole() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move { stream.read_to_end(&mut Vec::new()).await });
        }
    });
    port
}

#[tokio::test]
async fn operators_are_answered_while_the_database_accepts_connections_and_never_answers() {
    let url = format!(
        "postgresql://cruddur@127.0.0.1:{}/cruddur",
        black_hole().await
    );
    let settings = [("ADMIN_TOKEN", ADMIN_TOKEN), ("CONNECTION_URL", &*url)];
    let app = TestApp::launch(Database::placeholder(), &settings, &[]);
    let status = async || app.admin().get("/admin/status").await.ok();
    // Requests that wait for the audit one after the other would take longer than a minute.
    let answers = tokio::time::timeout(TIMEOUT / 2, join_all((0..100).map(|_| status()))).await;
    for answer in answers.expect("the operators are answered") {
        assert_eq!(answer["database"]["reachable"], Value::Bool(false));
    }
    app.wait_for_log("the audit cannot be written");
    app.terminate();
    eventually(async || app.has_exited()).await;
}

//! Clients that do not read, do not finish or do not go away, and what the server keeps for them: sockets, descriptors
//! and the log of a reader that stopped.

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};
use std::time::Duration;

use futures_util::future::join_all;
use rustix::process::{Pid, Resource, Rlimit, Signal, getrlimit, kill_process, prlimit};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::support::{RawConnection, TIMEOUT, TestApp, eventually, resident_memory};

/// A page of more than a megabyte.
const BIG_PAGE: &str = "/docs/swagger-ui-bundle.js";

async fn connect(app: &TestApp) -> TcpStream {
    let stream = TcpStream::connect(("127.0.0.1", app.port)).await;
    stream.expect("the server listens")
}

/// Whether the server's end of the client's connection exists.
fn is_open(app: &TestApp, client: &TcpStream) -> bool {
    let client = client.local_addr().unwrap().port();
    let ends = format!("0100007F:{:04X} 0100007F:{client:04X} ", app.port);
    fs::read_to_string("/proc/net/tcp")
        .expect("the kernel's list of sockets")
        .contains(&ends)
}

fn pid(app: &TestApp) -> Pid {
    let process = app.process.lock().unwrap();
    Pid::from_child(&process)
}

#[tokio::test]
async fn a_client_that_never_reads_its_answers_is_disconnected() {
    let app = TestApp::start().await;
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4_096).unwrap();
    let address = ([127, 0, 0, 1], app.port).into();
    let mut client = socket.connect(address).await.unwrap();
    let request = format!("GET {BIG_PAGE} HTTP/1.1\r\nhost: localhost\r\n\r\n");
    client
        .write_all(request.repeat(8).as_bytes())
        .await
        .unwrap();
    let mut first = [0; 12];
    client.read_exact(&mut first).await.unwrap();
    assert_eq!(&first, b"HTTP/1.1 200");
    assert!(is_open(&app, &client));
    eventually(async || !is_open(&app, &client)).await;
}

#[tokio::test]
async fn thousands_of_requests_that_clients_send_at_once_wait_outside_of_the_servers_memory() {
    let app = TestApp::start().await;
    app.get("/api/activities/home").await.ok();
    let before = resident_memory(&app);
    let mut clients = join_all((0..8).map(|_| connect(&app))).await;
    let request = b"GET /api/activities/home HTTP/1.1\r\nhost: a\r\n\r\n";
    for client in &mut clients {
        client.write_all(&request.repeat(2_500)).await.unwrap();
    }
    for client in &mut clients {
        let mut answer = [0; 12];
        client.read_exact(&mut answer).await.unwrap();
        assert_eq!(&answer, b"HTTP/1.1 200");
    }
    let grown = resident_memory(&app).saturating_sub(before);
    assert!(
        grown < 30_000,
        "the server's memory has grown by {grown} KiB"
    );
}

#[tokio::test]
async fn requests_that_a_client_sends_at_once_are_answered_in_their_order() {
    let app = TestApp::start().await;
    let alice = app.user("alice").await;
    let body = "{\n\n\n\n\n\n\"message\": \"One of many.\", \"ttl\": \"1-hour\"}";
    let head = format!(
        "POST /api/activities HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {}\r\n\
        content-type: application/json\r\n",
        alice.token
    );
    let (first, second) = body.split_at(5);
    let requests = [
        "GET /livez HTTP/1.1\r\nhost: a\r\n\r\n".to_owned(),
        format!("{head}content-length: {}\r\n\r\n{body}", body.len()),
        format!(
            "{head}transfer-encoding: chunked\r\n\r\n{:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            first.len(),
            second.len()
        ),
    ];
    let mut client = RawConnection::open(&app).await;
    client.write(requests.concat().repeat(10).as_bytes()).await;
    for _ in 0..10 {
        let (status, _) = client.answer().await;
        assert_eq!(status, 200);
        for _ in 0..2 {
            let (status, created) = client.answer().await;
            let created = String::from_utf8(created).unwrap();
            assert_eq!(status, 200, "{created}");
            assert!(created.contains("One of many."), "{created}");
        }
    }
}

#[tokio::test]
async fn a_connection_without_a_request_is_closed_within_a_minute() {
    let app = TestApp::start().await;
    let mut client = connect(&app).await;
    let request = b"GET /livez HTTP/1.1\r\nhost: localhost\r\n\r\n";
    client.write_all(request).await.unwrap();
    let mut answer = String::new();
    let closed = tokio::time::timeout(TIMEOUT, client.read_to_string(&mut answer)).await;
    closed.expect("the server closes it").unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(!answer.contains("408"), "{answer}");
}

#[test]
fn the_server_opens_as_many_files_as_the_hard_limit_permits() {
    let mut server = Command::new("sh")
        .args(["-c", "ulimit -S -n 128 && exec \"$0\" serve"])
        .arg(env!("CARGO_BIN_EXE_cruddur"))
        .env_clear()
        .envs([
            ("PORT", "0"),
            ("CONNECTION_URL", "postgresql://cruddur@127.0.0.1:1/cruddur"),
        ])
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let log = BufReader::new(server.stderr.take().unwrap()).lines();
    let listens = log
        .map_while(Result::ok)
        .any(|line| line.contains("listening on"));
    let unchanged = getrlimit(Resource::Nofile);
    let limit = prlimit(Some(Pid::from_child(&server)), Resource::Nofile, unchanged).unwrap();
    server.kill().unwrap();
    server.wait().unwrap();
    assert!(listens);
    let wanted = unchanged.maximum.unwrap_or(u64::MAX).min(65_536);
    assert_eq!(limit.current, Some(wanted));
}

#[tokio::test]
async fn the_server_accepts_connections_again_after_it_ran_out_of_descriptors() {
    let app = TestApp::start().await;
    let open = fs::read_dir(format!("/proc/{}/fd", pid(&app).as_raw_nonzero()))
        .unwrap()
        .count();
    let limit = Rlimit {
        current: Some(open as u64 + 8),
        maximum: getrlimit(Resource::Nofile).maximum,
    };
    prlimit(Some(pid(&app)), Resource::Nofile, limit).unwrap();
    let clients = join_all((0..40).map(|_| connect(&app))).await;
    app.wait_for_log("os error 24");
    drop(clients);
    let answer = tokio::time::timeout(TIMEOUT, app.get("/livez")).await;
    assert_eq!(answer.expect("the server answers").status, 200);
}

#[tokio::test]
async fn hundreds_of_connections_wait_in_the_backlog_while_the_server_accepts_none() {
    let app = TestApp::start().await;
    kill_process(pid(&app), Signal::STOP).unwrap();
    let connections = join_all((0..900).map(|_| connect(&app)));
    let connected = tokio::time::timeout(Duration::from_secs(20), connections).await;
    kill_process(pid(&app), Signal::CONT).unwrap();
    let clients = connected.expect("the kernel accepts them for the server");
    drop(clients);
    assert_eq!(app.get("/livez").await.status, 200);
}

/// The value of a metric without labels.
async fn metric(app: &TestApp, name: &str) -> u64 {
    let text = app.get("/metrics").await.ok();
    let mut lines = text.as_str().unwrap().lines();
    let value = lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    value.expect(name).parse().unwrap()
}

#[tokio::test]
async fn a_log_reader_that_stops_reading_stops_neither_requests_nor_the_shutdown() {
    let app = TestApp::start().await;
    let stopped_reading = app.stop_reading_log();
    let mut client = RawConnection::open(&app).await;
    let drops_lines = async {
        while metric(&app, "cruddur_log_lines_dropped_total").await == 0 {
            for _ in 0..500 {
                client.send("GET", "/livez", "", "").await;
            }
            for _ in 0..500 {
                assert_eq!(client.answer().await.0, 200);
            }
        }
    };
    let answered = tokio::time::timeout(TIMEOUT, drops_lines).await;
    answered.expect("requests are answered and lines are dropped");
    app.terminate();
    eventually(async || app.has_exited()).await;
    drop(stopped_reading);
    assert!(app.wait_for_exit().success());
}

//! `cruddur db tunnel` and `--tunnel` with fakes of AWS Systems Manager and of Amazon's plugin. The fake of the service
//! forwards the local port of the request to a real PostgreSQL server; that of the plugin records what it is given.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use wiremock::matchers::any;
use wiremock::{Mock, MockServer, Request, Respond, ResponseTemplate};

use crate::support::{
    Authority, ExternalPostgres, cruddur, default_programs, eventually, postgres_programs,
};

const HOST: &str = "db.example";
const TARGET: &str = "i-0123456789abcdef0";
const TOKEN: &str = "the-token-of-the-session";

/// Systems Manager: starts sessions, or refuses them.
struct SystemsManager {
    server: MockServer,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

struct Responder {
    /// The port of the database behind the tunnel; none if the service refuses.
    database: Option<u16>,
    requests: Arc<Mutex<Vec<(String, Value)>>>,
}

impl SystemsManager {
    async fn start(database: Option<u16>) -> Self {
        let requests = Arc::default();
        let server = MockServer::start().await;
        let responder = Responder {
            database,
            requests: Arc::clone(&requests),
        };
        Mock::given(any())
            .respond_with(responder)
            .mount(&server)
            .await;
        Self { server, requests }
    }
}

impl Respond for Responder {
    fn respond(&self, request: &Request) -> ResponseTemplate {
        let header = |name: &str| request.headers[name].to_str().expect("a text").to_owned();
        assert_eq!(header("x-amz-target"), "AmazonSSM.StartSession");
        assert_eq!(header("content-type"), "application/x-amz-json-1.1");
        let body: Value = serde_json::from_slice(&request.body).expect("JSON");
        let mut requests = self.requests.lock().expect("no panic");
        requests.push((header("authorization"), body.clone()));
        let Some(database) = self.database else {
            let kind = "com.amazonaws.ssm#TargetNotConnected";
            let refusal = json!({ "__type": kind, "message": "not connected" });
            return ResponseTemplate::new(400).set_body_json(refusal);
        };
        let port = body["Parameters"]["localPortNumber"][0].as_str();
        let port: u16 = port.and_then(|port| port.parse().ok()).expect("a port");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).expect("the port");
        std::thread::spawn(move || forward(&listener, database));
        ResponseTemplate::new(200).set_body_json(json!({
            "SessionId": "session-1",
            "StreamUrl": "wss://example.com",
            "TokenValue": TOKEN
        }))
    }
}

fn forward(listener: &TcpListener, database: u16) {
    for client in listener.incoming().map_while(Result::ok) {
        let server = TcpStream::connect((Ipv4Addr::LOCALHOST, database)).expect("PostgreSQL");
        let copy = |socket: &TcpStream| socket.try_clone().expect("a socket");
        for (mut from, mut to) in [(copy(&client), copy(&server)), (server, client)] {
            std::thread::spawn(move || {
                let _ = std::io::copy(&mut from, &mut to);
                let _ = to.shutdown(std::net::Shutdown::Write);
            });
        }
    }
}

/// A directory with a plugin that records its arguments and process id. It runs until it is ended.
struct PluginDir(PathBuf);

impl PluginDir {
    fn new(name: &str, script: &str) -> Self {
        let path = std::env::temp_dir().join(format!("cruddur-{name}-{}", std::process::id()));
        fs::create_dir(&path).expect("a directory");
        let program = path.join("session-manager-plugin");
        let folder = path.display();
        let script = format!(
            "#!/bin/sh\nprintf '%s\\n' \"$@\" >{folder}/arguments\n\
             printf '%s' \"$AWS_SSM_START_SESSION_RESPONSE\" >{folder}/response\n\
             env >{folder}/environment\necho $$ >{folder}/pid\n{script}\n"
        );
        fs::write(&program, script).expect("a script");
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).expect("its mode");
        Self(path)
    }

    fn read(&self, name: &str) -> String {
        fs::read_to_string(self.0.join(name)).expect(name)
    }

    fn has_ended(&self) -> bool {
        let pid = self.read("pid");
        let status = fs::read_to_string(format!("/proc/{}/stat", pid.trim()));
        // A zombie has ended: its parent has not asked for its status yet.
        status.map_or(true, |status| status.contains(") Z "))
    }
}

impl Drop for PluginDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

const RUNS: &str = "exec tail -f /dev/null";

/// A command with the plugin first in `PATH`, and a database that only the tunnel leads to.
fn command(service: &SystemsManager, plugin: &PluginDir, arguments: &[&str]) -> Command {
    let path = std::env::var("PATH").expect("PATH");
    let mut command = cruddur(arguments);
    command
        .env("PATH", format!("{}:{path}", plugin.0.display()))
        .env("AWS_ENDPOINT_URL", service.server.uri())
        .env("AWS_REGION", "us-east-1")
        .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
        .env(
            "AWS_SECRET_ACCESS_KEY",
            "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        )
        .env("DB_TUNNEL_TARGET", TARGET)
        .env(
            "PROD_CONNECTION_URL",
            format!("postgresql://cruddur:open-sesame@{HOST}:7777/postgres"),
        );
    command
}

#[track_caller]
fn refused(output: &Output, words: &[&str]) {
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    for word in words {
        assert!(stderr.contains(word), "no `{word}` in: {stderr}");
    }
}

/// A PostgreSQL server with a certificate for [`HOST`].
fn private_database() -> (Authority, ExternalPostgres) {
    let authority = Authority::new();
    let postgres = ExternalPostgres::start(&default_programs(), Some(&authority.sign(HOST)));
    (authority, postgres)
}

#[tokio::test]
async fn a_db_command_with_tunnel_reaches_a_private_database_and_verifies_its_name() {
    let (authority, postgres) = private_database();
    let service = SystemsManager::start(Some(postgres.port)).await;
    let plugin = PluginDir::new("tunnel-commands", RUNS);
    for arguments in [
        &["db", "status", "--prod", "--tunnel", "--json"][..],
        &["db", "sessions", "--prod", "--tunnel", "--json"],
        &[
            "db", "connect", "--prod", "--tunnel", "--", "-Atc", "select 1",
        ],
    ] {
        let output = command(&service, &plugin, arguments)
            .env("DB_CA_FILE", &authority.file)
            .output()
            .expect("cruddur runs");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{arguments:?}: {stderr}");
        eventually(async || plugin.has_ended()).await;
    }
    // Without the authority, the certificate of the server is refused through the tunnel, too.
    let arguments = ["db", "sessions", "--prod", "--tunnel"];
    let output = command(&service, &plugin, &arguments).output();
    refused(&output.expect("cruddur runs"), &["authority"]);
}

#[tokio::test]
async fn the_plugin_gets_the_session_of_a_signed_request_and_no_secret_in_its_arguments() {
    let (authority, postgres) = private_database();
    let service = SystemsManager::start(Some(postgres.port)).await;
    let plugin = PluginDir::new("tunnel-arguments", RUNS);
    let output = command(&service, &plugin, &["db", "status", "--prod", "--tunnel"])
        .env("DB_CA_FILE", &authority.file)
        .env("ADMIN_TOKEN", "a-secret-that-the-plugin-does-not-need")
        .output()
        .expect("cruddur runs");
    assert!(output.status.success(), "{output:?}");
    let requests = service.requests.lock().expect("no panic");
    let [(authorization, body)] = &requests[..] else {
        panic!("{requests:?}")
    };
    assert!(authorization.starts_with("AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"));
    assert!(authorization.contains("/us-east-1/ssm/aws4_request"));
    assert_eq!(body["Target"], json!(TARGET));
    let document = json!("AWS-StartPortForwardingSessionToRemoteHost");
    assert_eq!(body["DocumentName"], document);
    assert_eq!(body["Parameters"]["host"], json!([HOST]));
    assert_eq!(body["Parameters"]["portNumber"], json!(["7777"]));

    let arguments = plugin.read("arguments");
    let lines: Vec<&str> = arguments.lines().collect();
    assert_eq!(
        lines[..4],
        [
            "AWS_SSM_START_SESSION_RESPONSE",
            "us-east-1",
            "StartSession",
            ""
        ]
    );
    assert_eq!(
        serde_json::from_str::<Value>(lines[4]).expect("JSON"),
        *body
    );
    assert_eq!(lines[5], service.server.uri());
    assert!(!arguments.contains(TOKEN));
    assert!(plugin.read("response").contains(TOKEN));
    let environment = plugin.read("environment");
    assert!(!environment.contains("open-sesame") && !environment.contains("ADMIN_TOKEN"));
}

#[tokio::test]
async fn db_tunnel_stays_open_until_it_is_stopped_or_killed() {
    let (authority, postgres) = private_database();
    let service = SystemsManager::start(Some(postgres.port)).await;
    for signal in ["-INT", "-TERM", "-KILL"] {
        let plugin = PluginDir::new(&format!("tunnel{signal}"), RUNS);
        let mut process = command(&service, &plugin, &["db", "tunnel", "--prod"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("cruddur runs");
        let mut stdout = BufReader::new(process.stdout.take().expect("stdout")).lines();
        let mut line = || stdout.next().expect("a line").expect("a text");
        let (opened, psql) = (line(), line());
        assert!(opened.contains("leads to db.example:7777 through i-0123456789abcdef0"));
        let connection = psql.trim_start_matches("psql ").trim_matches('"');
        let programs = postgres_programs().remove(0);
        let select = Command::new(programs.join("psql"))
            .args([connection, "-Atc", "select 'through the tunnel'"])
            .env("PGPASSWORD", "open-sesame")
            .env("PGSSLMODE", "verify-full")
            .env("PGSSLROOTCERT", &authority.file)
            .output()
            .expect("psql runs");
        let answer = String::from_utf8_lossy(&select.stdout);
        assert_eq!(answer.trim(), "through the tunnel", "{select:?}");
        assert!(!plugin.has_ended());

        let pid = process.id().to_string();
        let sent = Command::new("kill").args([signal, &pid]).status();
        assert!(sent.is_ok_and(|status| status.success()));
        let status = process.wait().expect("its status");
        assert_eq!(status.success(), signal != "-KILL", "{status}");
        eventually(async || plugin.has_ended()).await;
    }
}

#[tokio::test]
async fn a_missing_plugin_and_a_missing_target_are_named_before_any_request() {
    let service = SystemsManager::start(None).await;
    let plugin = PluginDir::new("tunnel-missing", RUNS);
    let arguments = ["db", "tunnel", "--prod"];
    let output = command(&service, &plugin, &arguments)
        .env_remove("DB_TUNNEL_TARGET")
        .output();
    refused(
        &output.expect("cruddur runs"),
        &["DB_TUNNEL_TARGET must be set"],
    );
    let output = command(&service, &plugin, &arguments)
        .env("PATH", "/nonexistent")
        .output();
    let words = [
        "session-manager-plugin",
        "not in PATH",
        "https://docs.aws.amazon.com/",
    ];
    refused(&output.expect("cruddur runs"), &words);
    let local = command(&service, &plugin, &arguments)
        .env("PROD_CONNECTION_URL", "postgresql://localhost/x")
        .output();
    refused(&local.expect("cruddur runs"), &["host is another machine"]);
    assert_eq!(service.requests.lock().expect("no panic").len(), 0);
}

#[tokio::test]
async fn a_refused_session_and_a_plugin_that_fails_are_explained() {
    let refusing = SystemsManager::start(None).await;
    let plugin = PluginDir::new("tunnel-refused", RUNS);
    let arguments = ["db", "tunnel", "--prod"];
    let output = command(&refusing, &plugin, &arguments).output();
    refused(
        &output.expect("cruddur runs"),
        &[
            TARGET,
            "not connected to Systems Manager",
            "TargetNotConnected",
        ],
    );

    let output = command(&refusing, &plugin, &arguments)
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
        .output();
    refused(
        &output.expect("cruddur runs"),
        &["cannot be reached for ssm:StartSession"],
    );
}

#[tokio::test]
async fn a_plugin_that_ends_the_tunnel_ends_the_command_with_what_it_said() {
    let (_authority, postgres) = private_database();
    let service = SystemsManager::start(Some(postgres.port)).await;
    let script = "echo 'the session timed out'; exit 1";
    let plugin = PluginDir::new("tunnel-ended", script);
    let output = command(&service, &plugin, &["db", "tunnel", "--prod"]).output();
    refused(
        &output.expect("cruddur runs"),
        &["session-manager-plugin", "the session timed out"],
    );
}

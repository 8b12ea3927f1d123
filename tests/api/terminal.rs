//! A start on a terminal, which `script` provides: the banner, and the lines of the log around it.

use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, channel};

use crate::support::{ADMIN_TOKEN, DataDir, Database, TIMEOUT};

/// A server whose standard error is a terminal. Dropping it kills the server.
struct TerminalServer {
    process: Child,
    lines: Receiver<String>,
}

impl TerminalServer {
    fn start(settings: &[(&str, &str)]) -> Self {
        let serve = format!("exec {} serve --port 0", env!("CARGO_BIN_EXE_cruddur"));
        let mut process = Command::new("script")
            .args(["-qefc", &serve, "/dev/null"])
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .envs(settings.iter().copied())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .spawn()
            .expect("script runs");
        let stdout = process.stdout.take().expect("stdout is piped");
        let (send, lines) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if send.send(line.trim_end().to_owned()).is_err() {
                    break;
                }
            }
        });
        Self { process, lines }
    }

    /// The lines up to the next one that contains `text`.
    #[track_caller]
    fn lines_until(&self, text: &str) -> Vec<String> {
        let mut lines = Vec::new();
        loop {
            match self.lines.recv_timeout(TIMEOUT) {
                Ok(line) => lines.push(line),
                Err(_) => panic!("no line contains {text}:\n{}", lines.join("\n")),
            }
            if lines.last().is_some_and(|line| line.contains(text)) {
                return lines;
            }
        }
    }
}

impl Drop for TerminalServer {
    fn drop(&mut self) {
        // The terminal ends with `script`, and its end the server.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// The value that the banner shows for `name`.
#[track_caller]
fn value(banner: &[String], name: &str) -> String {
    let line = banner
        .iter()
        .find_map(|line| line.trim().strip_prefix(name));
    line.unwrap_or_else(|| panic!("{name} in {banner:?}"))
        .trim()
        .to_owned()
}

const LAST_LINE: &str = "Ctrl-C stops the server.";

#[tokio::test]
async fn a_start_on_a_terminal_ends_with_addresses_the_admin_tokens_file_and_the_demo_user() {
    let data_dir = DataDir::new("terminal");
    let path = data_dir.0.display().to_string();
    let server = TerminalServer::start(&[("CRUDDUR_DATA_DIR", &path)]);
    let lines = server.lines_until(LAST_LINE);
    let origin = value(&lines, "Client");
    assert!(origin.starts_with("http://localhost:"), "{origin}");
    assert_eq!(value(&lines, "Console"), format!("{origin}console"));
    assert_eq!(
        value(&lines, "Admin token"),
        format!("in the file {path}/admin-token")
    );
    assert!(value(&lines, "You are").starts_with("@andrewbrown"));
    let before = lines
        .iter()
        .position(|line| line.contains("is ready"))
        .unwrap();
    assert!(before < 8, "{}", lines.join("\n"));
    assert!(
        reqwest::get(&origin).await.unwrap().status().is_success(),
        "the server is ready when the banner appears"
    );
}

#[tokio::test]
async fn the_banner_of_a_server_with_its_own_admin_token_and_a_user_pool_names_both() {
    let database = Database::migrated().await;
    let server = TerminalServer::start(&[
        ("CONNECTION_URL", &database.url()),
        ("ADMIN_TOKEN", ADMIN_TOKEN),
        ("AWS_COGNITO_USER_POOL_ID", "us-east-1_unknown"),
        ("AWS_COGNITO_USER_POOL_CLIENT_ID", "client"),
    ]);
    let lines = server.lines_until(LAST_LINE);
    assert_eq!(value(&lines, "Admin token"), "the value of ADMIN_TOKEN");
    assert!(value(&lines, "You are").contains("Cognito"));
    assert!(!lines.join("\n").contains(ADMIN_TOKEN));
}

#[tokio::test]
async fn a_page_load_adds_one_line_to_the_log() {
    let database = Database::migrated().await;
    let server = TerminalServer::start(&[("CONNECTION_URL", &database.url())]);
    let lines = server.lines_until(LAST_LINE);
    let origin = value(&lines, "Client");
    let get = async |path: &str| {
        let response = reqwest::get(format!("{origin}{path}")).await.unwrap();
        assert!(response.status().is_success(), "{path}");
        response.text().await.unwrap()
    };
    let page = get("").await;
    let files: Vec<_> = page
        .split('"')
        .filter_map(|part| part.strip_prefix('/'))
        .filter(|part| part.starts_with("assets/"))
        .collect();
    assert!(files.len() > 5, "{page}");
    for file in files {
        get(file).await;
    }
    get("livez").await;
    let answered = server
        .lines_until("/livez")
        .into_iter()
        .filter(|line| line.contains("answered"))
        .count();
    assert_eq!(answered, 2, "the page and the request after it");
}

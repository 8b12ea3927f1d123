//! A running server: the real program as a process of its own, on a port of its own.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Mutex, PoisonError};

use reqwest::Method;
use serde_json::Value;

use super::{Answer, Database, PATIENCE, User};

/// The program, with nothing of the surrounding environment but the way to its helpers.
pub fn cruddur(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A server on a database of its own. Dropping it ends the process.
pub struct TestApp {
    pub database: Database,
    pub port: u16,
    pub client: reqwest::Client,
    pub process: Mutex<Child>,
    log: Mutex<Receiver<String>>,
    seen: Mutex<String>,
}

impl TestApp {
    /// On a migrated database with nobody in it.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// The same with settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let app = Self::launch(Database::migrated().await, settings, &[]);
        app.wait_for_log("\"schema\":\"current\"");
        app
    }

    /// Another server on the same database, ready.
    pub async fn beside(other: &Self, settings: &[(&str, &str)]) -> Self {
        let app = Self::launch(
            Database {
                name: other.database.name.clone(),
            },
            settings,
            &[],
        );
        app.wait_for_log("\"schema\":\"current\"");
        app
    }

    /// Listening, and no more: whether it gets ready is for the test to see.
    pub fn launch(database: Database, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = cruddur(&["serve", "--port", "0"]);
        command
            .args(arguments)
            .env("CONNECTION_URL", database.url());
        Self::spawn(command, database, settings)
    }

    /// Listening, on an embedded database of its own.
    pub fn launch_embedded(data_dir: &Path) -> Self {
        let mut command = cruddur(&["serve", "--port", "0"]);
        command.env("CRUDDUR_DATA_DIR", data_dir);
        Self::spawn(
            command,
            Database {
                name: "embedded".to_owned(),
            },
            &[],
        )
    }

    fn spawn(mut command: Command, database: Database, settings: &[(&str, &str)]) -> Self {
        let mut process = command
            .env("RATE_LIMIT", "off")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = process.stderr.take().expect("stderr is piped");
        let (send, log) = channel();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                if send.send(line).is_err() {
                    break;
                }
            }
        });
        let mut app = Self {
            database,
            port: 0,
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .expect("a client"),
            process: Mutex::new(process),
            log: Mutex::new(log),
            seen: Mutex::default(),
        };
        let line: Value =
            serde_json::from_str(&app.wait_for_log("\"port\":")).expect("the log is JSON");
        app.port = line["port"]
            .as_u64()
            .and_then(|port| port.try_into().ok())
            .expect("a port");
        app
    }

    /// The first line from here on that holds `text`.
    pub fn wait_for_log(&self, text: &str) -> String {
        let log = self.log_until(text);
        log.lines().next_back().unwrap_or_default().to_owned()
    }

    /// Everything that was logged, to the first line from here on that holds `text`.
    pub fn log_until(&self, text: &str) -> String {
        let lines = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => {
                    seen.push_str(&format!("{line}\n"));
                    if line.contains(text) {
                        return seen.clone();
                    }
                }
                Err(_) => panic!("no log line with {text}; the log was:\n{seen}"),
            }
        }
    }

    /// All that was logged, by a server that has been told to end.
    pub fn whole_log(&self) -> String {
        let lines = self.log.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match lines.recv_timeout(PATIENCE) {
                Ok(line) => seen.push_str(&format!("{line}\n")),
                Err(RecvTimeoutError::Disconnected) => return seen.clone(),
                Err(RecvTimeoutError::Timeout) => panic!("no end of the log:\n{seen}"),
            }
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// A GET by nobody in particular.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// A POST by nobody in particular, which the development identity makes `andrewbrown` where he
    /// is in the database.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// A new user who signs in.
    pub async fn user(&self, handle: &str) -> User<'_> {
        self.insert_user(handle).await;
        self.sign_in(handle).await
    }

    /// A new user whose Cognito id is `sub-` and the handle.
    pub async fn insert_user(&self, handle: &str) {
        self.database
            .execute(&format!(
                "insert into users (cognito_user_id, handle, display_name)
                 values ('sub-{handle}', '{handle}', initcap('{handle}'))"
            ))
            .await;
    }

    /// A session for a user who is there already.
    pub async fn sign_in(&self, handle: &str) -> User<'_> {
        let session = self
            .post("/api/dev/session", &serde_json::json!({ "handle": handle }))
            .await
            .ok();
        let token = session["token"].as_str().expect("a token").to_owned();
        User {
            app: self,
            handle: handle.to_owned(),
            token,
        }
    }

    /// Asks the server to end.
    pub fn terminate(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = Command::new("kill").arg(process.id().to_string()).status();
        assert!(
            asked.is_ok_and(|status| status.success()),
            "SIGTERM was sent"
        );
    }

    /// How the server ended, once it has.
    pub fn wait_for_exit(&self) -> ExitStatus {
        self.process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wait()
            .expect("it ends")
    }

    /// Ends the server without mercy.
    pub fn kill(&self) {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let _ = process.kill();
        let _ = process.wait();
    }
}

impl Drop for TestApp {
    fn drop(&mut self) {
        self.kill();
    }
}

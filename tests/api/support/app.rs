//! A running server: the real program as a process on a free port.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use reqwest::Method;
use serde_json::Value;

use super::{Answer, Database, TIMEOUT, User};

/// A command of the program. Its only environment variable is `PATH`, so that a developer's settings do not reach it.
pub fn cruddur(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_cruddur"));
    command
        .args(arguments)
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command
}

/// A server with a database of its own. Dropping it kills the process.
pub struct TestApp {
    pub database: Database,
    pub port: u16,
    pub client: reqwest::Client,
    pub process: Mutex<Child>,
    /// The lines that no call has read yet.
    unread_log: Mutex<Receiver<String>>,
    /// Held while a line of the log is read from the server's standard error.
    reading_log: Arc<Mutex<()>>,
    read_log: Mutex<String>,
}

/// While this value lives, the test reads nothing of the server's standard error.
pub struct UnreadLog<'a> {
    _reading: MutexGuard<'a, ()>,
}

impl TestApp {
    /// Starts a server on a migrated database without users.
    pub async fn start() -> Self {
        Self::start_with(&[]).await
    }

    /// Like [`start`](Self::start), with settings.
    pub async fn start_with(settings: &[(&str, &str)]) -> Self {
        let app = Self::launch(Database::migrated().await, settings, &[]);
        app.wait_for_log("\"schema\":\"current\"");
        app
    }

    /// Starts another server on the same database, and waits until it is ready.
    pub async fn start_second(first: &Self, settings: &[(&str, &str)]) -> Self {
        let app = Self::launch(
            Database {
                name: first.database.name.clone(),
            },
            settings,
            &[],
        );
        app.wait_for_log("\"schema\":\"current\"");
        app
    }

    /// Starts a server and waits until it listens, which may be before it is ready.
    pub fn launch(database: Database, settings: &[(&str, &str)], arguments: &[&str]) -> Self {
        let mut command = cruddur(&["serve", "--port", "0"]);
        command
            .args(arguments)
            .env("CONNECTION_URL", database.url());
        Self::spawn(command, database, settings)
    }

    /// Like [`launch`](Self::launch), with an embedded database in `data_dir`.
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
            .env("SHUTDOWN_DELAY", "0")
            .envs(settings.iter().copied())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the server starts");
        let stderr = process.stderr.take().expect("stderr is piped");
        let (send, unread_log) = channel();
        let reading_log = Arc::new(Mutex::new(()));
        let reading = reading_log.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(stderr).lines().map_while(Result::ok) {
                let _reading = reading.lock().unwrap_or_else(PoisonError::into_inner);
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
            unread_log: Mutex::new(unread_log),
            reading_log,
            read_log: Mutex::default(),
        };
        let line: Value =
            serde_json::from_str(&app.wait_for_log("\"port\":")).expect("the log is JSON");
        app.port = line["port"]
            .as_u64()
            .and_then(|port| port.try_into().ok())
            .expect("a port");
        app
    }

    /// Waits for the next line of the log that contains `text`, and returns it.
    pub fn wait_for_log(&self, text: &str) -> String {
        let log = self.log_until(text);
        log.lines().next_back().unwrap_or_default().to_owned()
    }

    /// Waits for the next line of the log that contains `text`, and returns the log from its beginning to that line.
    pub fn log_until(&self, text: &str) -> String {
        let lines = self
            .unread_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut read_log = self.read_log.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match lines.recv_timeout(TIMEOUT) {
                Ok(line) => {
                    read_log.push_str(&format!("{line}\n"));
                    if line.contains(text) {
                        return read_log.clone();
                    }
                }
                Err(_) => panic!("no log line with {text}; the log was:\n{read_log}"),
            }
        }
    }

    /// Waits until a stopping server has ended, and returns its whole log.
    pub fn whole_log(&self) -> String {
        let lines = self
            .unread_log
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let mut read_log = self.read_log.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            match lines.recv_timeout(TIMEOUT) {
                Ok(line) => read_log.push_str(&format!("{line}\n")),
                Err(RecvTimeoutError::Disconnected) => return read_log.clone(),
                Err(RecvTimeoutError::Timeout) => {
                    panic!("the server did not end; the log was:\n{read_log}")
                }
            }
        }
    }

    /// Stops reading the server's standard error as long as the returned value lives.
    pub fn stop_reading_log(&self) -> UnreadLog<'_> {
        let reading = self.reading_log.lock();
        UnreadLog {
            _reading: reading.unwrap_or_else(PoisonError::into_inner),
        }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    pub fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        self.client.request(method, self.url(path))
    }

    /// Sends an anonymous GET.
    pub async fn get(&self, path: &str) -> Answer {
        Answer::of(self.request(Method::GET, path)).await
    }

    /// Sends a POST without a token. The server acts for `andrewbrown`, the development identity, if the database has
    /// that user.
    pub async fn post(&self, path: &str, body: &Value) -> Answer {
        Answer::of(self.request(Method::POST, path).json(body)).await
    }

    /// Inserts a user and signs in as that user.
    pub async fn user(&self, handle: &str) -> User<'_> {
        self.insert_user(handle).await;
        self.sign_in(handle).await
    }

    /// Inserts a user whose Cognito id is `sub-` followed by the handle.
    pub async fn insert_user(&self, handle: &str) {
        self.database
            .execute(&format!(
                "insert into users (cognito_user_id, handle, display_name)
                 values ('sub-{handle}', '{handle}', initcap('{handle}'))"
            ))
            .await;
    }

    /// Signs in as a user whom the database already has.
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

    /// Sends SIGTERM to the server.
    pub fn terminate(&self) {
        let process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        let sent = Command::new("kill").arg(process.id().to_string()).status();
        assert!(
            sent.is_ok_and(|status| status.success()),
            "SIGTERM was sent"
        );
    }

    /// Whether the server has ended.
    pub fn has_exited(&self) -> bool {
        let mut process = self.process.lock().unwrap_or_else(PoisonError::into_inner);
        process.try_wait().expect("its state").is_some()
    }

    /// Waits until the server has ended.
    pub fn wait_for_exit(&self) -> ExitStatus {
        self.process
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .wait()
            .expect("the exit status of the server")
    }

    /// Kills the server.
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

/// The resident memory of the server in KiB.
pub fn resident_memory(app: &TestApp) -> u64 {
    let process = app.process.lock().unwrap().id();
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:"));
    let number = line.unwrap().split_whitespace().nth(1);
    number.unwrap().parse().unwrap()
}

//! A fake of the runtime API of AWS Lambda: it hands out events and receives the response to each.

use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use serde_json::Value;
use wiremock::matchers::{method, path, path_regex};
use wiremock::{Mock, MockServer, Request, ResponseTemplate};

const TIMEOUT: Duration = Duration::from_secs(60);
const API: &str = "/2018-06-01/runtime";

/// The real `post-confirmation` program, which receives events. Dropping it kills the process.
pub struct Trigger {
    process: Child,
    outcomes: Receiver<Outcome>,
    log: Option<std::thread::JoinHandle<String>>,
    _api: MockServer,
}

/// The response of the function to one event.
#[derive(Debug)]
pub struct Outcome {
    pub is_error: bool,
    pub body: Value,
    /// The time from the event to the response.
    pub after: Duration,
}

impl Trigger {
    /// Starts the program on a database; it receives the events one after the other.
    pub async fn start(connection_url: &str, events: &[Value]) -> Self {
        let api = MockServer::builder().start().await;
        let (send, outcomes) = channel();
        serve(&api, events.to_vec(), send).await;
        let mut process = Command::new(env!("CARGO_BIN_EXE_post-confirmation"))
            .env_clear()
            .env("AWS_LAMBDA_RUNTIME_API", api.address().to_string())
            .env("AWS_LAMBDA_FUNCTION_NAME", "post-confirmation")
            .env("AWS_LAMBDA_FUNCTION_MEMORY_SIZE", "128")
            .env("AWS_LAMBDA_FUNCTION_VERSION", "1")
            .env("AWS_LAMBDA_LOG_GROUP_NAME", "group")
            .env("AWS_LAMBDA_LOG_STREAM_NAME", "stream")
            .env("RUST_LOG", "trace")
            .env("CONNECTION_URL", connection_url)
            .stdout(Stdio::piped())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("the trigger starts");
        let stdout = process.stdout.take().expect("stdout is piped");
        let log = std::thread::spawn(|| std::io::read_to_string(stdout).expect("a log"));
        Self {
            process,
            outcomes,
            log: Some(log),
            _api: api,
        }
    }

    /// Waits for the response to the next event.
    pub fn outcome(&self) -> Outcome {
        let outcome = self.outcomes.recv_timeout(TIMEOUT);
        outcome.expect("the function answers")
    }

    /// Kills the program and returns its log.
    pub fn log(mut self) -> String {
        let _ = self.process.kill();
        let log = self.log.take().expect("the log is read once");
        log.join().expect("the log was read")
    }
}

impl Drop for Trigger {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

async fn serve(api: &MockServer, mut events: Vec<Value>, outcomes: Sender<Outcome>) {
    let handed_out = std::sync::Arc::new(Mutex::new(Instant::now()));
    let clock = handed_out.clone();
    events.reverse();
    let events = Mutex::new(events);
    Mock::given(method("GET"))
        .and(path(format!("{API}/invocation/next")))
        .respond_with(move |_: &Request| {
            *lock(&clock) = Instant::now();
            let Some(event) = lock(&events).pop() else {
                return ResponseTemplate::new(200).set_delay(TIMEOUT);
            };
            let deadline = SystemTime::now() + Duration::from_secs(5);
            let deadline = deadline.duration_since(UNIX_EPOCH).expect("a clock");
            ResponseTemplate::new(200)
                .insert_header("lambda-runtime-aws-request-id", "1")
                .insert_header("lambda-runtime-invoked-function-arn", "arn:aws:lambda:1")
                .insert_header(
                    "lambda-runtime-deadline-ms",
                    deadline.as_millis().to_string(),
                )
                .set_body_json(event)
        })
        .mount(api)
        .await;
    Mock::given(method("POST"))
        .and(path_regex(format!("^{API}/invocation/1/(response|error)$")))
        .respond_with(move |request: &Request| {
            let outcome = Outcome {
                is_error: request.url.path().ends_with("/error"),
                body: request.body_json().unwrap_or_default(),
                after: lock(&handed_out).elapsed(),
            };
            // The receiver is gone if the test has ended.
            let _ = outcomes.send(outcome);
            ResponseTemplate::new(202)
        })
        .mount(api)
        .await;
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

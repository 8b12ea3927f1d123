//! Runs a command of `cruddur` on a test's database.

use serde_json::Value;

use super::{Database, cruddur};

/// The output of a command and its exit code.
#[derive(Debug)]
pub struct CommandOutput {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Database {
    /// Runs `cruddur` with this database as `CONNECTION_URL`.
    pub async fn run(&self, arguments: &[&str]) -> CommandOutput {
        self.run_with(&[], arguments).await
    }

    /// Like [`run`](Self::run), with settings.
    pub async fn run_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> CommandOutput {
        let mut command = cruddur(arguments);
        command
            .env("CONNECTION_URL", self.url())
            .envs(settings.iter().copied());
        CommandOutput::of(command).await
    }
}

impl CommandOutput {
    /// Runs the command to its end.
    pub async fn of(mut command: std::process::Command) -> Self {
        let output = tokio::task::spawn_blocking(move || command.output())
            .await
            .expect("the command is waited for")
            .expect("cruddur runs");
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The report of a success with `--json`.
    #[track_caller]
    pub fn report(&self) -> Value {
        assert_eq!(self.code, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).expect("a report in JSON")
    }

    /// Asserts that a guard refused, and returns its text.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.code, 3, "{}{}", self.stdout, self.stderr);
        &self.stderr
    }
}

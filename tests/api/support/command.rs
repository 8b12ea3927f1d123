//! A command of the command line, run to its end on a test's database.

use serde_json::Value;

use super::{Database, cruddur};

/// What a command said, and how it ended.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

impl Database {
    /// Runs `cruddur` with this database as `CONNECTION_URL`.
    pub async fn run(&self, arguments: &[&str]) -> Said {
        self.run_with(&[], arguments).await
    }

    /// The same with settings.
    pub async fn run_with(&self, settings: &[(&str, &str)], arguments: &[&str]) -> Said {
        let mut command = cruddur(arguments);
        command
            .env("CONNECTION_URL", self.url())
            .envs(settings.iter().copied());
        Said::of(command).await
    }
}

impl Said {
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

    /// Asserts that a guard refused, and returns why.
    #[track_caller]
    pub fn refused(&self) -> &str {
        assert_eq!(self.code, 3, "{}{}", self.stdout, self.stderr);
        &self.stderr
    }
}

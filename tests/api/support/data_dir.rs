//! A data directory for the embedded database, and the means to kill the processes that use it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{TestApp, eventually};

/// A directory that is removed when the value is dropped.
pub struct DataDir(pub PathBuf);

impl DataDir {
    pub fn new(name: &str) -> Self {
        let name = format!("cruddur-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    /// Starts a server with this directory, and waits until it is ready.
    pub async fn serve(&self) -> TestApp {
        let app = TestApp::launch_embedded(&self.0);
        eventually(async || app.get("/readyz").await.status == 200).await;
        app
    }

    /// Moves the database away: PostgreSQL cannot start again until [`show_database`](Self::show_database).
    pub fn hide_database(&self) {
        fs::rename(self.0.join("postgres"), self.0.join("hidden")).unwrap();
    }

    /// Moves the database back.
    pub fn show_database(&self) {
        fs::rename(self.0.join("hidden"), self.0.join("postgres")).unwrap();
    }

    /// The lock file of the PostgreSQL server.
    pub fn postmaster_file(&self) -> PathBuf {
        self.0.join("postgres/postmaster.pid")
    }

    /// The process id of the PostgreSQL server.
    pub fn postmaster(&self) -> String {
        let file = fs::read_to_string(self.postmaster_file()).unwrap();
        file.lines().next().unwrap().to_owned()
    }
}

impl Drop for DataDir {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Sends SIGKILL; false if the process does not exist.
pub fn kill(pid: &str) -> bool {
    let killed = Command::new("kill").args(["-9", pid]).status();
    killed.unwrap().success()
}

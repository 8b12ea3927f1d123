//! A data directory for the embedded database, and ways to end what runs on it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::process::Command;

use super::{TestApp, eventually};

/// Dropping it removes it.
pub struct DataDir(pub PathBuf);

impl DataDir {
    pub fn new(name: &str) -> Self {
        let name = format!("cruddur-{name}-{}", std::process::id());
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o711)).unwrap();
        Self(path)
    }

    /// A server on it, ready.
    pub async fn serve(&self) -> TestApp {
        let app = TestApp::launch_embedded(&self.0);
        eventually(async || app.get("/readyz").await.status == 200).await;
        app
    }

    /// A server that ends now cannot start again until [`show_database`](Self::show_database).
    pub fn hide_database(&self) {
        fs::rename(self.0.join("postgres"), self.0.join("hidden")).unwrap();
    }

    pub fn show_database(&self) {
        fs::rename(self.0.join("hidden"), self.0.join("postgres")).unwrap();
    }

    pub fn postmaster_file(&self) -> PathBuf {
        self.0.join("postgres/postmaster.pid")
    }

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

/// `kill -9`; false when there is nobody any more.
pub fn kill(pid: &str) -> bool {
    let killed = Command::new("kill").args(["-9", pid]).status();
    killed.unwrap().success()
}

//! Runs Amazon's session-manager-plugin, which carries the data of a session.

use std::ffi::OsStr;
use std::fs::File;
use std::io::Read;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use secrecy::ExposeSecret;
use tokio::net::TcpStream;
use tokio::process::{Child, ChildStdin, Command};

use crate::aws::PluginSession;
use crate::config::all_settings;
use crate::error::{Error, Result};
use crate::operations::poll::Poll;

const PROGRAM: &str = "session-manager-plugin";
const INSTALLATION: &str = "https://docs.aws.amazon.com/systems-manager/latest/userguide/session-manager-working-with-install-plugin.html";
/// The variable that holds the response of AWS, so that no argument shows the token of the session. The plugin knows it
/// since version 1.2.497.
const RESPONSE: &str = "AWS_SSM_START_SESSION_RESPONSE";
/// How long the plugin may take to open its port.
const TIMEOUT: Duration = Duration::from_secs(20);
const INTERVAL: Duration = Duration::from_millis(100);
/// The most of the plugin's output that an error repeats, in bytes.
const MAX_OUTPUT: u64 = 4096;
/// Replaces the shell by the plugin. A background process ends it when the shell's standard input is closed, which the
/// operating system does when this program ends, however it ends.
const SUPERVISOR: &str =
    r#"exec 3<&0; (read -r _ <&3; kill "$$") 2>/dev/null & exec "$@" 3<&- </dev/null"#;

/// A running plugin. It ends when this is dropped.
pub struct Plugin {
    child: Child,
    /// Closing it ends the plugin.
    _stdin: Option<ChildStdin>,
    output: File,
}

/// The plugin in the directories of `PATH`.
///
/// # Errors
/// It is not installed.
pub fn find(search_path: Option<&OsStr>) -> Result<PathBuf> {
    let directories = std::env::split_paths(search_path.unwrap_or_default());
    let mut programs = directories.map(|directory| directory.join(PROGRAM));
    programs.find(|program| program.is_file()).ok_or_else(|| {
        Error::operator(format!(
            "a tunnel needs Amazon's {PROGRAM}, which is not in PATH: install it as {INSTALLATION} says"
        ))
    })
}

impl Plugin {
    /// Starts the plugin in a process group of its own, so that Ctrl-C interrupts psql and not the tunnel.
    ///
    /// # Errors
    /// It cannot be run.
    pub fn start(program: &Path, session: &PluginSession) -> Result<Self> {
        let failed = |error: std::io::Error| {
            Error::Operator(format!("{PROGRAM} cannot be run"), Some(error.into()))
        };
        let output = tempfile::tempfile().map_err(failed)?;
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SUPERVISOR, "sh"])
            .arg(program)
            .args([RESPONSE, &session.region, "StartSession", ""])
            .args([&session.request, &session.endpoint])
            .stdin(Stdio::piped())
            .stdout(output.try_clone().map_err(failed)?)
            .stderr(output.try_clone().map_err(failed)?)
            .process_group(0);
        for setting in all_settings().filter(|setting| setting.secret) {
            command.env_remove(setting.name);
        }
        command.env(RESPONSE, session.response.expose_secret());
        let mut child = command.spawn().map_err(failed)?;
        Ok(Self {
            _stdin: child.stdin.take(),
            child,
            output,
        })
    }

    /// Waits until the plugin accepts connections.
    ///
    /// # Errors
    /// It ends, or accepts none in time.
    pub async fn wait_until_open(&mut self, port: u16) -> Result<()> {
        let poll = Poll::every(INTERVAL, TIMEOUT);
        loop {
            if matches!(self.child.try_wait(), Ok(Some(_)) | Err(_)) {
                return Err(self.explain("ended without opening the tunnel"));
            }
            if TcpStream::connect((Ipv4Addr::LOCALHOST, port))
                .await
                .is_ok()
            {
                return Ok(());
            }
            if !poll.wait().await {
                return Err(self.explain("did not open the tunnel in time"));
            }
        }
    }

    /// Waits until the plugin ends by itself.
    pub async fn ended(&mut self) -> Error {
        // Without a status the plugin has ended, too.
        let _ = self.child.wait().await;
        self.explain("has ended the tunnel")
    }

    fn explain(&mut self, what: &str) -> Error {
        let said = self.said();
        Error::operator(match said.is_empty() {
            true => format!("{PROGRAM} {what} and said nothing"),
            false => format!("{PROGRAM} {what}: {said}"),
        })
    }

    /// The plugin's output in one line.
    fn said(&mut self) -> String {
        use std::io::{Seek, SeekFrom};
        let mut text = Vec::new();
        let read = self
            .output
            .seek(SeekFrom::Start(0))
            .and_then(|_| (&self.output).take(MAX_OUTPUT).read_to_end(&mut text));
        match read {
            Ok(_) => {
                let text = String::from_utf8_lossy(&text);
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            }
            Err(_) => String::new(),
        }
    }
}

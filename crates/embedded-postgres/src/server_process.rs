//! One run of the server; starting it again is left to `supervisor`.

use std::io::{BufRead, BufReader, Read};
use std::ops::ControlFlow;
use std::process::{Child, ExitStatus, Stdio};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

use crate::child_process;
use crate::cluster::Cluster;
use crate::error::Error;
use crate::poll::poll;
use crate::socket::PORT;

/// The signals of a fast and of an immediate shutdown, in the order in which they are sent, each
/// with the time that the server then has to end. `SIGKILL` follows.
const SHUTDOWNS: [(Signal, &str, Duration); 2] = [
    (Signal::INT, "SIGINT", Duration::from_secs(6)),
    (Signal::QUIT, "SIGQUIT", Duration::from_secs(1)),
];

const EXIT_INTERVAL: Duration = Duration::from_millis(10);

/// A running server.
pub(crate) struct ServerProcess(Child);

impl ServerProcess {
    /// Starts the server. `on_line` receives each line of its log, on a thread of its own.
    ///
    /// The calling thread has to outlive the server: the server ends with it.
    pub(crate) fn spawn(
        cluster: &Cluster,
        on_line: impl FnMut(String) + Send + 'static,
    ) -> Result<Self, Error> {
        let program = cluster.programs.path("postgres");
        let mut command = cluster.account.command(&program);
        command.arg("-D").arg(&cluster.dir);
        for (name, value) in settings(cluster) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        child_process::end_with_this_thread(&mut command, Signal::INT);
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|source| Error::RunProgram {
                program,
                account: cluster.account.name().to_owned(),
                source,
            })?;
        if let Some(log) = process.stderr.take() {
            thread::Builder::new()
                .name("postgres-log".to_owned())
                .spawn(move || read_lines(log, on_line))
                .map_err(|source| Error::StartThread { source })?;
        }
        Ok(ServerProcess(process))
    }

    /// The exit status of the server, once it has ended.
    pub(crate) fn exit_status(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Sends the server the signals of [`SHUTDOWNS`] and then `SIGKILL`; returns when it has ended.
    pub(crate) fn stop(mut self) {
        for (signal, name, timeout) in SHUTDOWNS {
            self.signal(signal);
            let ended = poll(timeout, EXIT_INTERVAL, || match self.exit_status() {
                Some(_) => ControlFlow::Break(()),
                None => ControlFlow::Continue(()),
            });
            if ended.is_break() {
                return;
            }
            tracing::warn!("the embedded database did not end within {timeout:?} of {name}");
        }
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            tracing::error!(%error, "cannot end the embedded database");
        }
    }

    /// The kernel gives the pid to no other process until this process has waited for the server.
    fn signal(&self, signal: Signal) {
        if let Err(error) = kill_process(Pid::from_child(&self.0), signal) {
            tracing::warn!(%error, "cannot send the embedded database a signal");
        }
    }
}

/// The crate's settings, then the caller's: PostgreSQL uses the last value of a setting.
fn settings(cluster: &Cluster) -> Vec<(&str, String)> {
    // The setting is a list of directories, in which quotes protect a comma or a space.
    let socket_dir = cluster.address.socket_dir.display().to_string();
    let socket_dir = socket_dir.replace('"', "\"\"");
    let mut settings = vec![
        ("listen_addresses", String::new()),
        ("unix_socket_directories", format!("\"{socket_dir}\"")),
        ("unix_socket_permissions", "0700".to_owned()),
        ("port", PORT.to_string()),
        ("cluster_name", cluster.name.clone()),
        ("log_destination", "stderr".to_owned()),
        ("logging_collector", "off".to_owned()),
        ("log_line_prefix", String::new()),
        // Statements contain the data of users, which must not reach the log.
        ("log_min_error_statement", "panic".to_owned()),
        // So do details, such as the row that violates a constraint.
        ("log_error_verbosity", "terse".to_owned()),
    ];
    let of_the_caller = cluster.settings.iter();
    settings.extend(of_the_caller.map(|(name, value)| (name.as_str(), value.clone())));
    settings
}

fn read_lines(log: impl Read, mut on_line: impl FnMut(String)) {
    for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
        on_line(String::from_utf8_lossy(&line).into_owned());
    }
}

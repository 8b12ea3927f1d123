//! One run of one program that ends with us: the server, and the short-lived ones around it.

use std::io::{self, BufRead, BufReader, Read};
use std::process::{Command, ExitStatus, Output, Stdio};
use std::thread::{self, sleep};
use std::time::{Duration, Instant};

use super::EmbeddedError;
use super::cluster::Cluster;

/// Tried in this order, each for this long: a fast shutdown, an immediate one. Then `SIGKILL`.
const STOPS: [(&str, Duration); 2] = [
    ("INT", Duration::from_secs(6)),
    ("QUIT", Duration::from_secs(1)),
];

const EXIT_POLL: Duration = Duration::from_millis(10);

/// A running server.
pub(super) struct Child(std::process::Child);

impl Child {
    /// Starts the server. `on_line` is given each line of its log, on a thread of its own.
    ///
    /// The calling thread has to outlive the server: the server ends with it.
    pub(super) fn spawn(
        cluster: &Cluster,
        on_line: impl FnMut(String) + Send + 'static,
    ) -> Result<Self, EmbeddedError> {
        let program = cluster.programs.path("postgres");
        let mut command = cluster.account.command(&program);
        command.arg("-D").arg(&cluster.dir);
        for (name, value) in settings(cluster) {
            command.arg("-c").arg(format!("{name}={value}"));
        }
        die_with_this_thread(&mut command, libc::SIGINT);
        let failed = |source| EmbeddedError::Run {
            program: program.clone(),
            account: cluster.account.name().to_owned(),
            source,
        };
        let mut process = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(failed)?;
        if let Some(log) = process.stderr.take() {
            thread::Builder::new()
                .name("postgres-log".to_owned())
                .spawn(move || read_lines(log, on_line))
                .map_err(|source| EmbeddedError::Thread { source })?;
        }
        Ok(Child(process))
    }

    /// How it ended, if it has.
    pub(super) fn ended(&mut self) -> Option<ExitStatus> {
        self.0.try_wait().ok().flatten()
    }

    /// Ends it, the harder the longer it takes; returns when it has ended.
    pub(super) fn stop(mut self, cluster: &Cluster) {
        for (signal, patience) in STOPS {
            self.signal(cluster, signal);
            let deadline = Instant::now() + patience;
            while Instant::now() < deadline {
                if self.ended().is_some() {
                    return;
                }
                sleep(EXIT_POLL);
            }
            tracing::warn!("the embedded database did not end within {patience:?} of SIG{signal}");
        }
        if let Err(error) = self.0.kill().and_then(|()| self.0.wait()) {
            tracing::error!(%error, "cannot end the embedded database");
        }
    }

    /// The pid is the server's own: nobody gets it before we have waited for it.
    fn signal(&self, cluster: &Cluster, signal: &str) {
        let mut command = cluster.account.command(&cluster.programs.path("pg_ctl"));
        command.args(["kill", signal, &self.0.id().to_string()]);
        if let Err(error) = output(&mut command) {
            tracing::warn!(%error, "cannot run pg_ctl");
        }
    }
}

/// Runs a command to its end; it is killed if we are killed meanwhile.
pub(super) fn output(command: &mut Command) -> io::Result<Output> {
    die_with_this_thread(command, libc::SIGKILL);
    command.output()
}

/// Our settings, then the caller's: the last of two wins.
fn settings(cluster: &Cluster) -> Vec<(&str, String)> {
    // A list of directories, in which quotes keep a comma or a space from ending one.
    let socket_dir = cluster
        .socket_dir
        .display()
        .to_string()
        .replace('"', "\"\"");
    let mut settings = vec![
        ("listen_addresses", String::new()),
        ("unix_socket_directories", format!("\"{socket_dir}\"")),
        ("unix_socket_permissions", "0700".to_owned()),
        ("port", "5432".to_owned()),
        ("cluster_name", "cruddur".to_owned()),
        ("log_destination", "stderr".to_owned()),
        ("logging_collector", "off".to_owned()),
        ("log_line_prefix", String::new()),
        // Statements hold what people wrote.
        ("log_min_error_statement", "panic".to_owned()),
    ];
    settings.extend(
        cluster
            .settings
            .iter()
            .map(|(name, value)| (name.as_str(), value.clone())),
    );
    settings
}

fn read_lines(log: impl Read, mut on_line: impl FnMut(String)) {
    for line in BufReader::new(log).split(b'\n').map_while(Result::ok) {
        on_line(String::from_utf8_lossy(&line).into_owned());
    }
}

/// Has the kernel send the command's process a signal when the calling thread ends, however it
/// ends. Set after the change of user, which would clear it.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "code between fork and exec can be given in no other way"
)]
fn die_with_this_thread(command: &mut Command, signal: libc::c_int) {
    use std::os::unix::process::{CommandExt, parent_id};

    let parent = std::process::id();
    let ask = move || {
        // SAFETY: this call reads no memory of ours.
        if unsafe { libc::prctl(libc::PR_SET_PDEATHSIG, signal) } != 0 {
            return Err(io::Error::last_os_error());
        }
        // The parent may have ended before the question.
        if parent_id() != parent {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing, takes no lock, and makes two system calls that are
    // safe after a fork.
    unsafe { command.pre_exec(ask) };
}

/// Other systems have no such question; there the next start ends what was left behind.
#[cfg(not(target_os = "linux"))]
fn die_with_this_thread(_command: &mut Command, _signal: libc::c_int) {}

//! The thread that keeps the server running: it starts the server, watches it, restarts it after a
//! growing pause, and ends it. The kernel ends the server with the thread.

use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::cluster::Cluster;
use crate::error::Error;
use crate::events::{Events, StopSender, Wake};
use crate::server_process::ServerProcess;
use crate::{connection, leftovers, pid_file};

/// How long the first start is retried while processes of a killed server still hold its memory
/// or lock file.
const LEFTOVER_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause before a restart: it doubles from the first to the longest, and is the first one again
/// after a run that took longer than the longest pause.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How often the thread checks whether a starting server is ready, and whether a ready server has
/// ended. The end of the log usually reports the latter sooner.
const STARTING_INTERVAL: Duration = Duration::from_millis(20);
const READY_INTERVAL: Duration = Duration::from_millis(250);

/// How long the thread waits for the rest of the log of a server that has ended.
const LOG_TIMEOUT: Duration = Duration::from_millis(500);

/// The handle on the thread. Dropping it ends the server.
#[derive(Debug)]
pub(crate) struct Supervisor {
    stop: StopSender,
    running: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

/// How one run of the server ended.
enum End {
    Stopped,
    Unexpected(ExitStatus),
    Failed(Error),
}

impl Supervisor {
    /// Starts the thread and returns when the database accepts connections.
    pub(crate) fn start(cluster: Cluster) -> Result<Self, Error> {
        let events = Events::new();
        let stop = events.stop_sender();
        let (started, first) = channel();
        let running = Arc::new(AtomicBool::new(false));
        let worker = Worker {
            cluster,
            events,
            running: running.clone(),
            started: Some(started),
        };
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(|| worker.run())
            .map_err(|source| Error::StartThread { source })?;
        let supervisor = Supervisor {
            stop,
            running,
            thread: Some(thread),
        };
        match first.recv() {
            Ok(Ok(())) => Ok(supervisor),
            Ok(Err(error)) => Err(error),
            Err(gone) => Err(Error::StartThread {
                source: std::io::Error::other(gone),
            }),
        }
    }

    pub(crate) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        self.stop.send();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that runs the embedded database panicked");
        }
    }
}

/// The thread's state.
struct Worker {
    cluster: Cluster,
    events: Events,
    running: Arc<AtomicBool>,
    /// The sender of the result of the first start; none after the first start.
    started: Option<Sender<Result<(), Error>>>,
}

impl Worker {
    fn run(mut self) {
        let deadline = Instant::now() + LEFTOVER_TIMEOUT;
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let end = self.run_once();
            self.running.store(false, Ordering::Release);
            if matches!(end, End::Stopped) {
                return;
            }
            if self.started.is_some() {
                let retry = self.blocked_by_leftovers() && Instant::now() < deadline;
                if !retry {
                    return self.fail_first_start(end);
                }
            } else {
                self.report(&end);
                if began.elapsed() > LONGEST_PAUSE {
                    pause = FIRST_PAUSE;
                }
            }
            if self.events.stops_within(pause) {
                return;
            }
            if self.started.is_none() {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// Runs one server process until it ends or the supervisor is stopped.
    fn run_once(&mut self) -> End {
        let log = self.events.begin_log();
        let spawned = leftovers::clear(&self.cluster)
            .and_then(|()| ServerProcess::spawn(&self.cluster, move |line| log.send(line)));
        let mut server = match spawned {
            Ok(server) => server,
            Err(error) => return End::Failed(error),
        };
        let mut ready = false;
        loop {
            let interval = match ready {
                true => READY_INTERVAL,
                false => STARTING_INTERVAL,
            };
            if let Wake::Stop = self.events.wait(interval) {
                self.running.store(false, Ordering::Release);
                server.stop();
                return End::Stopped;
            }
            if let Some(status) = server.exit_status() {
                // The last log lines may still be in the pipe.
                return match self.events.wait_for_end_of_log(LOG_TIMEOUT) {
                    Wake::Stop => End::Stopped,
                    Wake::LogEnded | Wake::Deadline => End::Unexpected(status),
                };
            }
            if !ready && self.accepts_connections() {
                ready = true;
                if let Err(error) = self.announce() {
                    server.stop();
                    return End::Failed(error);
                }
            }
        }
    }

    fn accepts_connections(&self) -> bool {
        pid_file::is_ready(&self.cluster.dir)
            && connection::accepts_connections(&self.cluster.address)
    }

    /// Reports that the server accepts connections; the first time, after creating the database.
    fn announce(&mut self) -> Result<(), Error> {
        if self.started.is_some() {
            let address = &self.cluster.address;
            connection::ensure_database(address).map_err(|source| Error::CreateDatabase {
                database: address.database.clone(),
                source,
            })?;
        }
        self.running.store(true, Ordering::Release);
        if let Some(started) = self.started.take() {
            let _ = started.send(Ok(()));
        }
        tracing::info!(
            version = self.cluster.programs.major,
            account = self.cluster.account.name(),
            socket = %self.cluster.address.socket_dir.display(),
            "the embedded database accepts connections"
        );
        Ok(())
    }

    fn report(&self, end: &End) {
        match end {
            End::Stopped => {}
            End::Failed(error) => tracing::error!(
                error = error as &dyn std::error::Error,
                "the embedded database cannot be started again"
            ),
            End::Unexpected(status) => tracing::error!(
                %status,
                last_lines = self.output(),
                "the embedded database ended and is started again"
            ),
        }
    }

    /// Sends the caller the error of the first start.
    fn fail_first_start(mut self, end: End) {
        let error = match end {
            End::Stopped => return,
            End::Failed(error) => error,
            End::Unexpected(status) => Error::ServerEnded {
                status: status.to_string(),
                output: self.output(),
            },
        };
        if let Some(started) = self.started.take() {
            let _ = started.send(Err(error));
        }
    }

    fn output(&self) -> String {
        self.events.last_lines().collect::<Vec<_>>().join("; ")
    }

    /// Whether the server ended because processes of an earlier server have not ended yet.
    fn blocked_by_leftovers(&self) -> bool {
        self.events.last_lines().any(|line| {
            (line.contains("lock file") && line.contains("already exists"))
                || line.contains("pre-existing shared memory block")
        })
    }
}

//! The thread that keeps the server running: starts it, watches it, starts it again with a growing
//! pause, ends it. The thread lives as long as the server, which the kernel ends with it.

use std::collections::VecDeque;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use super::child::Child;
use super::cluster::Cluster;
use super::{EmbeddedError, handshake};

/// How long what a killed server left may be in the way of the first start.
const LEFTOVER_PATIENCE: Duration = Duration::from_secs(5);

/// Between two restarts: the first pause, doubled each time, and the longest. A server that ran
/// for the longest starts over with the first.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// How often a starting server is asked whether it is ready, and a ready one is looked after; the
/// end of its log tells us sooner.
const STARTING_TICK: Duration = Duration::from_millis(20);
const READY_TICK: Duration = Duration::from_millis(250);

/// What is kept of the log, to be shown when the server ends by itself.
const LAST_LINES: usize = 20;

/// How long the rest of the log of a server that has ended may take.
const LOG_PATIENCE: Duration = Duration::from_millis(500);

/// The handle on the thread. Dropping it ends the server.
#[derive(Debug)]
pub(super) struct Supervisor {
    events: Sender<Event>,
    running: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

enum Event {
    Line(String),
    LogEnded,
    Stop,
}

/// How one run of the server came to its end.
enum End {
    Stopped,
    ByItself(ExitStatus),
    Failed(EmbeddedError),
}

impl Supervisor {
    /// Starts the thread and returns when the database accepts connections.
    pub(super) fn start(cluster: Cluster) -> Result<Self, EmbeddedError> {
        let (events, inbox) = channel();
        let (started, first) = channel();
        let running = Arc::new(AtomicBool::new(false));
        let watch = Watch {
            cluster,
            events: events.clone(),
            inbox,
            running: running.clone(),
            started: Some(started),
            last_lines: VecDeque::new(),
        };
        let thread = thread::Builder::new()
            .name("postgres".to_owned())
            .spawn(|| watch.run())
            .map_err(|source| EmbeddedError::Thread { source })?;
        let supervisor = Supervisor {
            events,
            running,
            thread: Some(thread),
        };
        match first.recv() {
            Ok(Ok(())) => Ok(supervisor),
            Ok(Err(error)) => Err(error),
            Err(gone) => Err(EmbeddedError::Thread {
                source: std::io::Error::other(gone),
            }),
        }
    }

    pub(super) fn is_running(&self) -> bool {
        self.running.load(Ordering::Acquire)
    }
}

impl Drop for Supervisor {
    fn drop(&mut self) {
        // The thread has ended already where nobody listens.
        let _ = self.events.send(Event::Stop);
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the thread that runs the embedded database panicked");
        }
    }
}

/// What the thread works with.
struct Watch {
    cluster: Cluster,
    events: Sender<Event>,
    inbox: Receiver<Event>,
    running: Arc<AtomicBool>,
    /// Told once, when the first start has come out one way or the other.
    started: Option<Sender<Result<(), EmbeddedError>>>,
    last_lines: VecDeque<String>,
}

impl Watch {
    fn run(mut self) {
        let give_up = Instant::now() + LEFTOVER_PATIENCE;
        let mut pause = FIRST_PAUSE;
        loop {
            let began = Instant::now();
            let end = self.run_once();
            self.running.store(false, Ordering::Release);
            if matches!(end, End::Stopped) {
                return;
            }
            if self.started.is_some() {
                let again = self.leftover_in_the_way() && Instant::now() < give_up;
                if !again {
                    return self.give_up(end);
                }
            } else {
                self.report(&end);
                if began.elapsed() > LONGEST_PAUSE {
                    pause = FIRST_PAUSE;
                }
            }
            if self.stop_comes_within(pause) {
                return;
            }
            if self.started.is_none() {
                pause = (pause * 2).min(LONGEST_PAUSE);
            }
        }
    }

    /// One server, from its start to its end.
    fn run_once(&mut self) -> End {
        self.last_lines.clear();
        let spawned = self.cluster.clear_leftovers().and_then(|()| self.spawn());
        let mut child = match spawned {
            Ok(child) => child,
            Err(error) => return End::Failed(error),
        };
        let mut ready = false;
        loop {
            let tick = if ready { READY_TICK } else { STARTING_TICK };
            match self.inbox.recv_timeout(tick) {
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => {
                    self.running.store(false, Ordering::Release);
                    child.stop(&self.cluster);
                    return End::Stopped;
                }
                Ok(Event::Line(line)) => self.remember(line),
                Ok(Event::LogEnded) | Err(RecvTimeoutError::Timeout) => {}
            }
            if let Some(status) = child.ended() {
                return self.last_words(status);
            }
            if !ready && self.cluster.says_ready() && handshake::answers(&self.cluster.socket_dir) {
                ready = true;
                if let Err(error) = self.announce() {
                    child.stop(&self.cluster);
                    return End::Failed(error);
                }
            }
        }
    }

    fn spawn(&self) -> Result<Child, EmbeddedError> {
        let log = Log(self.events.clone());
        Child::spawn(&self.cluster, move |line| log.write(line))
    }

    /// The database accepts connections: the first time, ours is made in it.
    fn announce(&mut self) -> Result<(), EmbeddedError> {
        if self.started.is_some() {
            handshake::ensure_database(&self.cluster.socket_dir)
                .map_err(|source| EmbeddedError::CreateDatabase { source })?;
        }
        self.running.store(true, Ordering::Release);
        if let Some(started) = self.started.take() {
            let _ = started.send(Ok(()));
        }
        tracing::info!(
            version = self.cluster.programs.major,
            account = self.cluster.account.name(),
            socket = %self.cluster.socket_dir.display(),
            "the embedded database accepts connections"
        );
        Ok(())
    }

    fn remember(&mut self, line: String) {
        tracing::debug!(target: "postgres", "{line}");
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }

    /// The server has ended; what it wrote last may still be on its way.
    fn last_words(&mut self, status: ExitStatus) -> End {
        let deadline = Instant::now() + LOG_PATIENCE;
        loop {
            match self
                .inbox
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Event::Line(line)) => self.remember(line),
                Ok(Event::Stop) => return End::Stopped,
                Ok(Event::LogEnded) | Err(_) => return End::ByItself(status),
            }
        }
    }

    fn report(&self, end: &End) {
        match end {
            End::Stopped => {}
            End::Failed(error) => tracing::error!(
                error = error as &dyn std::error::Error,
                "the embedded database cannot be started again"
            ),
            End::ByItself(status) => tracing::error!(
                %status,
                last_lines = self.output(),
                "the embedded database ended and is started again"
            ),
        }
    }

    /// The first start has failed: the caller is told, and the thread ends.
    fn give_up(mut self, end: End) {
        let error = match end {
            End::Stopped => return,
            End::Failed(error) => error,
            End::ByItself(status) => EmbeddedError::Ended {
                status: status.to_string(),
                output: self.output(),
            },
        };
        if let Some(started) = self.started.take() {
            let _ = started.send(Err(error));
        }
    }

    fn output(&self) -> String {
        Vec::from(self.last_lines.clone()).join("; ")
    }

    /// The server before it, or the processes that outlive it for a moment, are still there.
    fn leftover_in_the_way(&self) -> bool {
        self.last_lines.iter().any(|line| {
            (line.contains("lock file") && line.contains("already exists"))
                || line.contains("pre-existing shared memory block")
        })
    }

    fn stop_comes_within(&mut self, wait: Duration) -> bool {
        let deadline = Instant::now() + wait;
        loop {
            match self
                .inbox
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return true,
                Ok(Event::Line(line)) => self.remember(line),
                Ok(Event::LogEnded) => {}
                Err(RecvTimeoutError::Timeout) => return false,
            }
        }
    }
}

/// Where a server's log goes; says so when the log has ended.
struct Log(Sender<Event>);

impl Log {
    fn write(&self, line: String) {
        // Nobody listens once the thread has ended.
        let _ = self.0.send(Event::Line(line));
    }
}

impl Drop for Log {
    fn drop(&mut self) {
        let _ = self.0.send(Event::LogEnded);
    }
}

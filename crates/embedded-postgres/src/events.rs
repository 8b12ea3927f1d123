//! The events that the supervisor's thread waits for: the lines of the server's log, the end of the
//! log, and the request to stop. `supervisor` reacts to them.

use std::collections::VecDeque;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::time::{Duration, Instant};

/// How many log lines are kept for the report of a server that ends unexpectedly.
const LAST_LINES: usize = 20;

enum Event {
    Line(String),
    LogEnded,
    Stop,
}

/// Why a wait ended.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Wake {
    Stop,
    LogEnded,
    Deadline,
}

/// The receiver of the events, and the last log lines of the current run.
pub(crate) struct Events {
    sender: Sender<Event>,
    receiver: Receiver<Event>,
    last_lines: VecDeque<String>,
    log_ended: bool,
}

impl Events {
    pub(crate) fn new() -> Self {
        let (sender, receiver) = channel();
        Self {
            sender,
            receiver,
            last_lines: VecDeque::new(),
            log_ended: false,
        }
    }

    /// The sender with which the owner of the thread ends it.
    pub(crate) fn stop_sender(&self) -> StopSender {
        StopSender(self.sender.clone())
    }

    /// The sender for the log of the next run of the server; clears the lines of the previous run.
    pub(crate) fn begin_log(&mut self) -> LogSender {
        self.last_lines.clear();
        self.log_ended = false;
        LogSender(self.sender.clone())
    }

    /// Records log lines until a stop request, the end of the log, or the end of `timeout`.
    pub(crate) fn wait(&mut self, timeout: Duration) -> Wake {
        let deadline = Instant::now() + timeout;
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            match self.receiver.recv_timeout(left) {
                Ok(Event::Line(line)) => self.record(line),
                Ok(Event::LogEnded) => {
                    self.log_ended = true;
                    return Wake::LogEnded;
                }
                Ok(Event::Stop) | Err(RecvTimeoutError::Disconnected) => return Wake::Stop,
                Err(RecvTimeoutError::Timeout) => return Wake::Deadline,
            }
        }
    }

    /// As [`wait`](Self::wait), but returns at once where the log has ended already.
    pub(crate) fn wait_for_end_of_log(&mut self, timeout: Duration) -> Wake {
        match self.log_ended {
            true => Wake::LogEnded,
            false => self.wait(timeout),
        }
    }

    /// Waits for the whole `pause`; returns true at once on a stop request.
    pub(crate) fn stops_within(&mut self, pause: Duration) -> bool {
        let deadline = Instant::now() + pause;
        loop {
            match self.wait(deadline.saturating_duration_since(Instant::now())) {
                Wake::Stop => return true,
                Wake::LogEnded => {}
                Wake::Deadline => return false,
            }
        }
    }

    /// The last lines of the log of the current run, oldest first.
    pub(crate) fn last_lines(&self) -> impl Iterator<Item = &str> {
        self.last_lines.iter().map(String::as_str)
    }

    fn record(&mut self, line: String) {
        tracing::debug!(target: "postgres", "{line}");
        if self.last_lines.len() == LAST_LINES {
            self.last_lines.pop_front();
        }
        self.last_lines.push_back(line);
    }
}

/// Ends the thread. Sending has no effect once the thread has ended.
#[derive(Debug)]
pub(crate) struct StopSender(Sender<Event>);

impl StopSender {
    pub(crate) fn send(&self) {
        let _ = self.0.send(Event::Stop);
    }
}

/// Sends the lines of a server's log, and the end of the log when it is dropped.
pub(crate) struct LogSender(Sender<Event>);

impl LogSender {
    pub(crate) fn send(&self, line: String) {
        let _ = self.0.send(Event::Line(line));
    }
}

impl Drop for LogSender {
    fn drop(&mut self) {
        let _ = self.0.send(Event::LogEnded);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: Duration = Duration::from_secs(60);

    #[test]
    fn the_last_twenty_lines_of_a_log_are_kept_until_the_next_run() {
        let mut events = Events::new();
        let log = events.begin_log();
        for number in 0..25 {
            log.send(number.to_string());
        }
        drop(log);
        assert_eq!(events.wait(LONG), Wake::LogEnded);
        assert_eq!(events.last_lines().count(), 20);
        assert_eq!(events.last_lines().next(), Some("5"));
        assert_eq!(events.wait_for_end_of_log(LONG), Wake::LogEnded);
        let _log = events.begin_log();
        assert_eq!(events.last_lines().count(), 0);
    }

    #[test]
    fn a_stop_ends_a_pause_that_the_end_of_a_log_does_not_end() {
        let mut events = Events::new();
        drop(events.begin_log());
        assert!(!events.stops_within(Duration::ZERO));
        events.stop_sender().send();
        assert!(events.stops_within(LONG));
    }
}

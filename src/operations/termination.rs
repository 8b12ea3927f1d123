//! Waiting for SIGTERM and SIGINT, so that the program can clean up before it ends.

use tokio::signal::unix::{Signal, SignalKind, signal};

use crate::error::{Error, Result};

/// The signal with which container runtimes and service managers stop a process.
pub const SIGTERM: &str = "SIGTERM";

/// Receives the signals that were sent since [`listen`](Self::listen). They do not end the process any more.
pub struct Termination {
    terminate: Signal,
    interrupt: Signal,
}

impl Termination {
    /// Starts to receive the signals.
    ///
    /// # Errors
    /// The operating system refuses a signal handler.
    pub fn listen() -> Result<Self> {
        let listen = |kind| {
            signal(kind).map_err(|error| Error::internal("signals cannot be received", error))
        };
        Ok(Self {
            terminate: listen(SignalKind::terminate())?,
            interrupt: listen(SignalKind::interrupt())?,
        })
    }

    /// Waits for a signal and returns its name.
    pub async fn received(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => SIGTERM,
            _ = self.interrupt.recv() => "SIGINT",
        }
    }

    /// The outcome of `work`. At a signal drops `work` and fails.
    ///
    /// # Errors
    /// Those of `work`; a signal.
    pub async fn interrupt<T>(&mut self, work: impl Future<Output = Result<T>>) -> Result<T> {
        tokio::select! {
            outcome = work => outcome,
            signal = self.received() => {
                Err(Error::operator(format!("interrupted by {signal}; nothing was changed")))
            }
        }
    }
}

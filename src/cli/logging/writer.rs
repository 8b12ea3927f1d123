//! Where log lines wait to be written. Whoever logs only puts a line behind the others; a thread writes what
//! has come together, a few milliseconds after the first of it, so that many lines are one system call
//! and wake their reader once. None is lost but the last moment's of a process that is killed.

use std::io::{self, Write};
use std::mem;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// What is kept of the memory that a burst of lines took.
const KEPT: usize = 1 << 16;
/// How long the first line waits for others.
const PAUSE: Duration = Duration::from_millis(4);
/// As much may wait; whoever has one more line waits as well.
const MAX_WAITING: usize = 1 << 20;

/// Takes lines.
#[derive(Default)]
pub(super) struct Lines {
    waiting: Mutex<Waiting>,
    changed: Condvar,
}

#[derive(Default)]
struct Waiting {
    bytes: Vec<u8>,
    is_over: bool,
}

/// Dropping it writes what is left.
pub struct LogGuard {
    lines: Arc<Lines>,
    thread: Option<JoinHandle<()>>,
}

impl Lines {
    /// # Errors
    /// No thread can be had.
    pub(super) fn to(out: impl Write + Send + 'static) -> io::Result<(Arc<Self>, LogGuard)> {
        let lines = Arc::new(Self::default());
        let written = lines.clone();
        let thread = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || written.write_to(out))?;
        let guard = LogGuard {
            lines: lines.clone(),
            thread: Some(thread),
        };
        Ok((lines, guard))
    }

    fn write_to(&self, mut out: impl Write) {
        let mut chunk = Vec::new();
        loop {
            let nothing = |waiting: &mut Waiting| waiting.bytes.is_empty() && !waiting.is_over;
            let waiting = self.changed.wait_while(self.lock(), nothing);
            let waiting = waiting.unwrap_or_else(PoisonError::into_inner);
            let more = self
                .changed
                .wait_timeout_while(waiting, PAUSE, |waiting| !waiting.is_over);
            let (mut waiting, _) = more.unwrap_or_else(PoisonError::into_inner);
            let is_over = waiting.is_over;
            mem::swap(&mut chunk, &mut waiting.bytes);
            drop(waiting);
            self.changed.notify_all();
            // There is nowhere to report it to.
            let _ = out.write_all(&chunk).and_then(|()| out.flush());
            if is_over && chunk.is_empty() {
                return;
            }
            chunk.clear();
            chunk.shrink_to(KEPT);
        }
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Write for &Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        let full = |waiting: &mut Waiting| waiting.bytes.len() > MAX_WAITING && !waiting.is_over;
        let waiting = self.changed.wait_while(self.lock(), full);
        let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
        if waiting.bytes.is_empty() {
            self.changed.notify_all();
        }
        waiting.bytes.extend_from_slice(line);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        self.lines.lock().is_over = true;
        self.lines.changed.notify_all();
        if let Some(thread) = self.thread.take() {
            // A panic there has said so by itself.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Hands each write over, and waits for whoever takes it.
    struct Handed(mpsc::SyncSender<Vec<u8>>);

    impl Write for Handed {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.send(bytes.to_vec()).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn every_line_is_written_once_and_in_order_though_the_reader_is_slow() {
        let (sender, receiver) = mpsc::sync_channel(0);
        let (lines, guard) = Lines::to(Handed(sender)).expect("a thread");
        let logging = thread::spawn(move || {
            // More than may wait.
            for number in 0..200_000 {
                writeln!(&*lines, "line {number}").expect("lines take everything");
            }
            drop(guard);
        });
        let written: Vec<u8> = receiver.iter().flatten().collect();
        logging.join().expect("it logs");
        let text = String::from_utf8(written).expect("text");
        let expected = (0..200_000).map(|number| format!("line {number}"));
        assert!(text.lines().eq(expected));
    }
}

//! Polling until a deadline; the caller chooses the condition and the interval.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

/// Calls `attempt` every `interval` until it breaks or `timeout` has passed, and returns its last
/// result. It is called at least once. Blocks the calling thread.
#[expect(
    clippy::disallowed_methods,
    reason = "documented to block; the crate's callers expect to wait"
)]
pub(crate) fn poll<B, C>(
    timeout: Duration,
    interval: Duration,
    mut attempt: impl FnMut() -> ControlFlow<B, C>,
) -> ControlFlow<B, C> {
    let deadline = Instant::now() + timeout;
    loop {
        let result = attempt();
        if result.is_break() || Instant::now() >= deadline {
            return result;
        }
        std::thread::sleep(interval);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polling_ends_with_the_first_attempt_that_breaks() {
        let mut attempts = 0;
        let result = poll(Duration::from_secs(60), Duration::ZERO, || {
            attempts += 1;
            match attempts {
                3 => ControlFlow::Break("done"),
                _ => ControlFlow::Continue(()),
            }
        });
        assert_eq!((result, attempts), (ControlFlow::Break("done"), 3));
    }

    #[test]
    fn polling_returns_the_last_attempt_once_the_time_is_up() {
        let result: ControlFlow<(), _> =
            poll(Duration::ZERO, Duration::ZERO, || ControlFlow::Continue(7));
        assert_eq!(result, ControlFlow::Continue(7));
    }
}

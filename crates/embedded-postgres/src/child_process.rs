//! Child processes that the kernel ends together with the thread that started them; what they run
//! is left to the callers.

use std::io;
use std::process::{Command, Output};

use rustix::process::Signal;

/// Runs a command to its end and returns what it printed. The kernel kills it where this process
/// is killed first.
pub(crate) fn output(command: &mut Command) -> io::Result<Output> {
    end_with_this_thread(command, Signal::KILL);
    command.output()
}

/// Makes the kernel send the command's process a signal when the calling thread ends. Rust runs
/// the closure after it changes the user, which would clear the setting.
#[cfg(target_os = "linux")]
#[expect(
    unsafe_code,
    reason = "there is no safe function to run code between fork and exec"
)]
pub(crate) fn end_with_this_thread(command: &mut Command, signal: Signal) {
    use std::os::unix::process::{CommandExt, parent_id};

    let parent = std::process::id();
    let request_signal = move || {
        rustix::process::set_parent_process_death_signal(Some(signal))?;
        // The kernel sends nothing where the parent ended before the request.
        if parent_id() != parent {
            return Err(io::Error::from(rustix::io::Errno::SRCH));
        }
        Ok(())
    };
    // SAFETY: the closure allocates nothing, takes no lock, and makes two system calls that are
    // safe after a fork.
    unsafe { command.pre_exec(request_signal) };
}

/// Other systems have no such request; there the next start ends a server that was left behind.
#[cfg(not(target_os = "linux"))]
pub(crate) fn end_with_this_thread(_command: &mut Command, _signal: Signal) {}

//! Reading `postmaster.pid`, which a server writes into its cluster's directory; replacing a
//! stale one is left to `leftovers`.

use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

pub(crate) fn path(cluster: &Path) -> PathBuf {
    cluster.join("postmaster.pid")
}

/// The pid of the server that wrote the file. A server in single-user mode writes it negative.
pub(crate) fn recorded_pid(cluster: &Path) -> Option<u32> {
    let content = fs::read_to_string(path(cluster)).ok()?;
    let pid: i32 = content.lines().next()?.trim().parse().ok()?;
    Some(pid.unsigned_abs())
}

/// Whether the server has written, in line 8, that it accepts connections. The supervisor reads the
/// file before it connects, because a starting server logs each connection that it refuses.
pub(crate) fn is_ready(cluster: &Path) -> bool {
    let content = fs::read_to_string(path(cluster)).unwrap_or_default();
    let status = content.lines().nth(7);
    status.is_some_and(|status| status.trim() == "ready")
}

/// Whether the process is a server on this cluster. None where there is no such process, or where
/// the system has no `/proc`.
pub(crate) fn runs_on(pid: u32, cluster: &Path) -> Option<bool> {
    let arguments = fs::read(format!("/proc/{pid}/cmdline")).ok()?;
    Some(
        arguments
            .split(|byte| *byte == 0)
            .any(|argument| argument == cluster.as_os_str().as_bytes()),
    )
}

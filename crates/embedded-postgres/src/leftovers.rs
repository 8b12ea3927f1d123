//! Cleaning up after an earlier run: ends a server that still runs, and removes the files of a
//! server that was killed.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::process;

use tempfile::NamedTempFile;

use crate::child_process;
use crate::cluster::Cluster;
use crate::connection;
use crate::error::Error;
use crate::pid_file;
use crate::socket;

/// How long a start waits for the server of an earlier run to end.
const ORPHAN_TIMEOUT_SECONDS: &str = "30";

/// Ends a server that outlived the process that started it. On Linux the kernel has already
/// sent the server SIGINT, and this function waits for its end; on other systems `pg_ctl` stops it.
pub(crate) fn stop_orphan(cluster: &Cluster) {
    let running = pid_file::recorded_pid(&cluster.dir)
        .is_some_and(|pid| pid_file::runs_on(pid, &cluster.dir) == Some(true));
    if !running && !connection::accepts_connections(&cluster.address) {
        return;
    }
    tracing::warn!("ending the embedded database server that an earlier run left running");
    let mut command = cluster.account.command(&cluster.programs.path("pg_ctl"));
    command.args([
        "stop",
        "--silent",
        "--mode=fast",
        "--wait",
        "--timeout",
        ORPHAN_TIMEOUT_SECONDS,
    ]);
    // Where `pg_ctl` fails, the server ended first, or the start that follows reports the cause.
    if let Err(error) = child_process::output(command.arg("--pgdata").arg(&cluster.dir)) {
        tracing::debug!(%error, "cannot run pg_ctl");
    }
}

/// Removes the files of a killed server that would keep PostgreSQL from starting. No server may
/// be running.
pub(crate) fn clear(cluster: &Cluster) -> Result<(), Error> {
    for path in socket::leftovers(&cluster.address.socket_dir) {
        remove_if_present(&path)?;
    }
    let path = pid_file::path(&cluster.dir);
    let Ok(content) = fs::read_to_string(&path) else {
        return Ok(());
    };
    match pid_file::recorded_pid(&cluster.dir) {
        None => remove_if_present(&path),
        Some(pid) if pid_file::runs_on(pid, &cluster.dir) == Some(false) => {
            replace_pid(cluster, &content)
        }
        Some(_) => Ok(()),
    }
}

/// Writes this process's pid into the pid file. PostgreSQL refuses to start while another program
/// has the pid in the file, as happens in containers; it ignores its parent's pid, and goes on to
/// check whether the shared memory named in the file is in use.
fn replace_pid(cluster: &Cluster, content: &str) -> Result<(), Error> {
    let rest = content.split_once('\n').map_or("", |(_, rest)| rest);
    let path = pid_file::path(&cluster.dir);
    // Root must not follow a link that the owner of this directory may have created; a temporary
    // file is always a new one.
    let mut file = NamedTempFile::with_prefix_in("postmaster.pid.", &cluster.dir)
        .map_err(Error::file("make a file in", &cluster.dir))?;
    write!(file, "{}\n{rest}", process::id()).map_err(Error::file("write", file.path()))?;
    cluster.account.take_ownership(file.path())?;
    file.persist(&path)
        .map_err(|failed| Error::file("replace", &path)(failed.error))?;
    Ok(())
}

fn remove_if_present(path: &Path) -> Result<(), Error> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(Error::file("remove", path)(error))
        }
        _ => Ok(()),
    }
}

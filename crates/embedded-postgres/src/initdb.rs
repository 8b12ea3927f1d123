//! Creating a cluster: `initdb` under a temporary name, then a rename.

use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::child_process;
use crate::cluster::Cluster;
use crate::error::Error;

/// The prefix of the name of a directory in which `initdb` has not finished.
const UNFINISHED: &str = "postgres.new.";

/// Creates the cluster in its data directory. A start that is killed during `initdb` leaves only
/// a directory with a temporary name, which the next start removes.
pub(crate) fn create(cluster: &Cluster, data_dir: &Path) -> Result<(), Error> {
    remove_unfinished(data_dir);
    let unfinished = tempfile::Builder::new()
        .prefix(UNFINISHED)
        .permissions(Permissions::from_mode(0o700))
        .tempdir_in(data_dir)
        .map_err(Error::file("make a directory in", data_dir))?;
    cluster.account.take_ownership(unfinished.path())?;
    tracing::info!(directory = %cluster.dir.display(), version = cluster.programs.major,
        "creating the embedded database");
    run_initdb(cluster, unfinished.path())?;
    let unfinished = unfinished.keep();
    fs::rename(&unfinished, &cluster.dir).map_err(Error::file("rename", &unfinished))?;
    fs::File::open(data_dir)
        .and_then(|dir| dir.sync_all())
        .map_err(Error::file("write", data_dir))
}

/// `C` is the one locale that sorts the same on every system and in every version of its library,
/// so that no upgrade of the system breaks an index. Authentication `trust` is safe: there is no TCP,
/// and only the account can enter the socket's directory.
fn run_initdb(cluster: &Cluster, dir: &Path) -> Result<(), Error> {
    let program = cluster.programs.path("initdb");
    let mut command = cluster.account.command(&program);
    command.arg("--pgdata").arg(dir).args([
        "--username",
        &cluster.address.user,
        "--encoding=UTF8",
        "--locale=C",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
    ]);
    if cluster.turns_off_fsync() {
        command.arg("--no-sync");
    }
    let run = child_process::output(&mut command).map_err(|source| Error::RunProgram {
        program,
        account: cluster.account.name().to_owned(),
        source,
    })?;
    if !run.status.success() {
        let output = String::from_utf8_lossy(&run.stderr)
            .trim()
            .replace('\n', "; ");
        return Err(Error::Initdb { output });
    }
    Ok(())
}

fn remove_unfinished(data_dir: &Path) {
    for entry in fs::read_dir(data_dir).into_iter().flatten().flatten() {
        let name = entry.file_name();
        if name.as_bytes().starts_with(UNFINISHED.as_bytes())
            && let Err(error) = fs::remove_dir_all(entry.path())
        {
            tracing::debug!(%error, directory = %entry.path().display(),
                "cannot remove the directory of an unfinished initdb");
        }
    }
}

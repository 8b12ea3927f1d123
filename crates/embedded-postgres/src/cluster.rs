//! A cluster as plain data: its directory, account, programs and settings; `initdb` creates it and
//! `server_process` runs it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::account::Account;
use crate::connection::Address;
use crate::error::Error;
use crate::programs::ServerPrograms;

/// One cluster and all that is needed to run it.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub dir: PathBuf,
    /// The server setting `cluster_name`.
    pub name: String,
    pub address: Address,
    pub account: Account,
    pub programs: ServerPrograms,
    /// The caller's server settings.
    pub settings: Vec<(String, String)>,
}

impl Cluster {
    /// Whether the caller's settings give up durability.
    pub(crate) fn turns_off_fsync(&self) -> bool {
        self.settings
            .iter()
            .any(|(name, value)| name == "fsync" && value == "off")
    }
}

/// The cluster's directory inside a data directory.
pub(crate) fn directory(data_dir: &Path) -> PathBuf {
    data_dir.join("postgres")
}

/// The major version that created the cluster in `dir`; none where there is no cluster yet.
pub(crate) fn major_version(dir: &Path) -> Result<Option<u32>, Error> {
    let not_a_cluster = || Error::NotACluster {
        dir: dir.to_owned(),
    };
    let path = dir.join("PG_VERSION");
    match fs::read_to_string(&path) {
        Ok(version) => match version.trim().split('.').next().map(str::parse) {
            Some(Ok(major)) => Ok(Some(major)),
            _ => Err(not_a_cluster()),
        },
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            let is_empty = fs::read_dir(dir).map_or(true, |mut entries| entries.next().is_none());
            is_empty.then_some(None).ok_or_else(not_a_cluster)
        }
        Err(error) => Err(Error::file("read", &path)(error)),
    }
}

//! The configuration of one embedded database; reading it from files or the environment is left
//! to the caller.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::cluster;
use crate::data_directory::DataDirectory;
use crate::error::Error;
use crate::programs::{self, ServerPrograms};
use crate::socket;

/// The configuration of an embedded database. The crate reads nothing from the environment.
///
/// Set the fields that differ from the defaults of [`Config::new`]:
///
/// ```
/// let config = embedded_postgres::Config {
///     database: "shop".to_owned(),
///     search_path: std::env::var_os("PATH"),
///     ..embedded_postgres::Config::new("/var/lib/shop")
/// };
/// assert_eq!(config.socket_dir(), std::path::Path::new("/var/lib/shop/socket"));
/// ```
#[derive(Debug, Clone)]
pub struct Config {
    /// The directory that holds everything: the cluster in `postgres`, the socket in `socket`, and
    /// the file `lock`. Created where it is missing.
    pub data_dir: PathBuf,
    /// The directory of PostgreSQL's programs. Default: none, they are searched for.
    pub bin_dir: Option<PathBuf>,
    /// Directories in the form of `PATH`, searched for PostgreSQL's programs before those
    /// where packages install them. Default: none.
    pub search_path: Option<OsString>,
    /// The superuser that `initdb` creates, without a password. Default: `postgres`. An existing
    /// cluster keeps its superuser.
    pub user: String,
    /// The database, created where it is missing. Default: `postgres`.
    pub database: String,
    /// The server's `cluster_name`, which its process titles show, and the prefix of the socket's
    /// directory in `/tmp`. Default: `embedded-postgres`.
    pub name: String,
    /// Further server settings, such as `("fsync", "off")` for tests. They override the crate's
    /// own. Default: none.
    pub server_settings: Vec<(String, String)>,
}

impl Config {
    /// The defaults, on this data directory.
    pub fn new(data_dir: impl Into<PathBuf>) -> Self {
        Self {
            data_dir: data_dir.into(),
            bin_dir: None,
            search_path: None,
            user: "postgres".to_owned(),
            database: "postgres".to_owned(),
            name: "embedded-postgres".to_owned(),
            server_settings: Vec::new(),
        }
    }

    /// The directory of the socket: known before the server runs, and the same at every start.
    ///
    /// It is `<data_dir>/socket`, or `/tmp/<name>-<hash of data_dir>` where that path is too long
    /// for a Unix socket.
    pub fn socket_dir(&self) -> PathBuf {
        socket::directory(&self.data_dir, &self.name)
    }

    /// Creates the data directory where it is missing, and returns its path without symbolic
    /// links.
    ///
    /// # Errors
    /// [`Error::NoAccess`] and [`Error::NoAccount`] as for [`Embedded::start`](crate::Embedded::start);
    /// [`Error::File`] where it cannot be created; [`Error::UnsafeDataDir`] where other users can change it.
    pub fn create_data_dir(&self) -> Result<PathBuf, Error> {
        Ok(self.open_data_dir()?.path)
    }

    /// The directory of the server programs that fit the data directory: those of the major
    /// version that created its cluster, or the first ones found where there is none yet.
    ///
    /// # Errors
    /// [`Error::NoServerPrograms`], [`Error::MissingProgram`], [`Error::TooOld`],
    /// [`Error::UnknownVersion`], [`Error::MajorVersionMismatch`] and [`Error::NotACluster`].
    pub fn find_server_programs(&self) -> Result<PathBuf, Error> {
        Ok(self.programs_for(&cluster::directory(&self.data_dir))?.dir)
    }

    pub(crate) fn open_data_dir(&self) -> Result<DataDirectory, Error> {
        DataDirectory::open(&self.data_dir, self.socket_dir())
    }

    pub(crate) fn programs_for(&self, cluster: &Path) -> Result<ServerPrograms, Error> {
        programs::find(
            self.bin_dir.as_deref(),
            self.search_path.as_deref(),
            cluster,
            cluster::major_version(cluster)?,
        )
    }
}

//! The connections that the crate itself makes: to check whether a server accepts connections, and
//! to create the database. All other statements are left to the caller's own client.

use std::io;
use std::path::PathBuf;
use std::thread;
use std::time::Duration;

use tokio::time::timeout;
use tokio_postgres::error::SqlState;
use tokio_postgres::tls::NoTlsStream;
use tokio_postgres::{Client, Connection, NoTls, Socket};

use crate::socket::PORT;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(2);
const CREATE_TIMEOUT: Duration = Duration::from_secs(60);

/// The database that `initdb` creates.
const MAINTENANCE_DATABASE: &str = "postgres";

/// Where a database is, and the user to connect as.
#[derive(Debug, Clone)]
pub(crate) struct Address {
    pub socket_dir: PathBuf,
    pub user: String,
    pub database: String,
}

/// Why connecting or a statement failed.
enum Failure {
    TimedOut,
    Postgres(tokio_postgres::Error),
}

/// Whether the server accepts connections. A server that refuses this connection, for example
/// because the database is missing, counts as accepting unless it reports that it is starting or
/// shutting down.
pub(crate) fn accepts_connections(address: &Address) -> bool {
    let accepts = async {
        Ok(match connect(address, &address.database).await {
            Ok(connected) => {
                close(connected).await;
                true
            }
            Err(failure) => failure
                .sql_state()
                .is_some_and(|state| *state != SqlState::CANNOT_CONNECT_NOW),
        })
    };
    run(accepts).unwrap_or(false)
}

/// Creates the database where it is missing: at the first start, or after it was dropped.
pub(crate) fn ensure_database(address: &Address) -> io::Result<()> {
    run(async {
        match connect(address, &address.database).await {
            Ok(connected) => {
                close(connected).await;
                Ok(())
            }
            Err(failure) if failure.sql_state() == Some(&SqlState::INVALID_CATALOG_NAME) => {
                create_database(address).await.map_err(io::Error::from)
            }
            Err(failure) => Err(failure.into()),
        }
    })
}

async fn create_database(address: &Address) -> Result<(), Failure> {
    let (client, connection) = connect(address, MAINTENANCE_DATABASE).await?;
    let connection = tokio::spawn(connection);
    let name = address.database.replace('"', "\"\"");
    let created = timeout(
        CREATE_TIMEOUT,
        client.batch_execute(&format!("create database \"{name}\"")),
    )
    .await
    .map_err(|_elapsed| Failure::TimedOut)?;
    drop(client);
    let _ = timeout(CONNECT_TIMEOUT, connection).await;
    match created.map_err(Failure::Postgres) {
        Err(failure) if failure.sql_state() == Some(&SqlState::DUPLICATE_DATABASE) => Ok(()),
        created => created,
    }
}

async fn connect(
    address: &Address,
    database: &str,
) -> Result<(Client, Connection<Socket, NoTlsStream>), Failure> {
    let mut config = tokio_postgres::Config::new();
    config
        .host_path(&address.socket_dir)
        .port(PORT)
        .user(&address.user)
        .dbname(database);
    timeout(CONNECT_TIMEOUT, config.connect(NoTls))
        .await
        .map_err(|_elapsed| Failure::TimedOut)?
        .map_err(Failure::Postgres)
}

/// Sends `Terminate` before it closes the connection, so that the server does not log a lost connection.
async fn close((client, connection): (Client, Connection<Socket, NoTlsStream>)) {
    drop(client);
    // An error is ignored, because a server that shuts down closes the connection too.
    let _ = timeout(CONNECT_TIMEOUT, connection).await;
}

/// Runs the future to completion on a new thread with its own runtime, because the caller's thread
/// may belong to a runtime already.
fn run<T: Send>(future: impl Future<Output = io::Result<T>> + Send) -> io::Result<T> {
    thread::scope(|scope| {
        thread::Builder::new()
            .name("postgres-connect".to_owned())
            .spawn_scoped(scope, || {
                tokio::runtime::Builder::new_current_thread()
                    .enable_all()
                    .build()?
                    .block_on(future)
            })?
            .join()
            .unwrap_or_else(|_panic| Err(io::Error::other("the connecting thread panicked")))
    })
}

impl Failure {
    fn sql_state(&self) -> Option<&SqlState> {
        match self {
            Failure::TimedOut => None,
            Failure::Postgres(error) => error.code(),
        }
    }
}

impl From<Failure> for io::Error {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::TimedOut => io::ErrorKind::TimedOut.into(),
            Failure::Postgres(error) => match error.as_db_error() {
                Some(refusal) => {
                    io::Error::other(format!("{} ({})", refusal.message(), refusal.code().code()))
                }
                None => io::Error::other(error),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::os::unix::net::UnixListener;

    use super::*;
    use crate::socket;

    /// Whether a server that answers the first connection with these bytes counts as ready.
    fn accepts(answer: &[u8]) -> bool {
        let dir = tempfile::tempdir().expect("a directory");
        let [path, _] = socket::leftovers(dir.path());
        let listener = UnixListener::bind(path).expect("a socket");
        let address = Address {
            socket_dir: dir.path().to_owned(),
            user: "tester".to_owned(),
            database: "notebook".to_owned(),
        };
        thread::scope(|scope| {
            scope.spawn(move || {
                let (mut stream, _) = listener.accept().expect("a connection");
                let mut request = [0; 1024];
                let length = stream.read(&mut request).expect("a request");
                assert!(length > 8, "a startup message");
                stream.write_all(answer).expect("the answer is sent");
            });
            accepts_connections(&address)
        })
    }

    fn refusal(sql_state: &str) -> Vec<u8> {
        let fields = format!("SFATAL\0VFATAL\0C{sql_state}\0Mno\0\0");
        let length = u32::try_from(fields.len() + 4).expect("a short message");
        [b"E", &length.to_be_bytes()[..], fields.as_bytes()].concat()
    }

    #[test]
    fn a_server_that_is_starting_up_is_not_ready() {
        assert!(!accepts(&refusal("57P03")));
    }

    #[test]
    fn a_server_that_lacks_the_database_is_ready() {
        assert!(accepts(&refusal("3D000")));
    }

    #[test]
    fn a_server_that_closes_the_connection_without_an_answer_is_not_ready() {
        assert!(!accepts(b""));
    }

    #[test]
    fn a_directory_without_a_socket_has_no_server() {
        let dir = tempfile::tempdir().expect("a directory");
        assert!(!accepts_connections(&Address {
            socket_dir: dir.path().to_owned(),
            user: "tester".to_owned(),
            database: "notebook".to_owned(),
        }));
    }
}

//! A connection pooler in front of PostgreSQL: it refuses or ignores start-up options as Amazon's and PgBouncer do, and
//! gives each connection a session for its whole life, or for one transaction at a time.

mod cancellation;
mod sessions;
mod wire;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::AsyncWriteExt;
use tokio::net::{TcpListener, TcpStream, UnixStream};
use tokio::runtime::Builder;

use super::{Database, socket_dir};
use cancellation::is_cancel_request;
use sessions::{Client, Sessions};
use wire::{Stream, error_response, read_startup, without};

/// What becomes of the parameter `options` of a start-up message.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum StartupOptions {
    /// As RDS Proxy does.
    Refused,
    /// As PgBouncer does with `ignore_startup_parameters = options`.
    Ignored,
}

/// How long a connection has the same session.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum PoolMode {
    Session,
    /// Prepared statements are kept, as PgBouncer does from 1.21 on.
    Transaction,
    /// Prepared statements are lost, as with an earlier PgBouncer.
    TransactionWithoutStatements,
}

/// The pooler; it ends with the test process.
pub struct PoolerFront {
    port: u16,
    opened: Arc<AtomicUsize>,
}

impl PoolerFront {
    /// Starts a pooler with at most `size` sessions.
    pub fn start(options: StartupOptions, mode: PoolMode, size: usize) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let opened = Arc::new(AtomicUsize::new(0));
        let counter = opened.clone();
        std::thread::spawn(move || {
            let runtime = Builder::new_multi_thread().enable_all().build();
            let sessions = Sessions::new(size, mode == PoolMode::Transaction, counter);
            runtime
                .expect("a runtime")
                .block_on(serve(listener, options, mode, sessions));
        });
        Self { port, opened }
    }

    /// The value of `CONNECTION_URL` that leads to `database` through this pooler.
    pub fn url(&self, database: &Database) -> String {
        let user = cruddur::db::embedded::USER;
        format!(
            "postgresql://{user}@127.0.0.1:{}/{}",
            self.port, database.name
        )
    }

    /// How many sessions it has opened.
    pub fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }
}

async fn serve(
    listener: std::net::TcpListener,
    options: StartupOptions,
    mode: PoolMode,
    sessions: Arc<Sessions>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((client, _)) = listener.accept().await {
        let sessions = sessions.clone();
        tokio::spawn(async move {
            // A client that disconnects ends its task.
            let _ = serve_client(client, options, mode, &sessions).await;
        });
    }
}

async fn serve_client(
    mut client: TcpStream,
    options: StartupOptions,
    mode: PoolMode,
    sessions: &Arc<Sessions>,
) -> std::io::Result<()> {
    // Otherwise a response of several writes waits for the client's delayed acknowledgement.
    client.set_nodelay(true)?;
    let startup = read_startup(&mut client).await?;
    if is_cancel_request(&startup) {
        return match mode {
            PoolMode::Session => connect().await?.write_all(&startup).await,
            _ => sessions.cancel(&startup).await,
        };
    }
    let stripped = without("options", &startup);
    if stripped != startup && options == StartupOptions::Refused {
        let text =
            "Feature not supported: RDS Proxy currently doesn't support command-line options";
        return client.write_all(&error_response("0A000", text)).await;
    }
    if mode != PoolMode::Session {
        let client = Client::new(Stream::new(client), &stripped);
        return sessions.serve(client).await;
    }
    // A connection beyond the number of sessions waits for the end of another one.
    let _permit = sessions.permit().await;
    sessions.count();
    let mut server = connect().await?;
    server.write_all(&stripped).await?;
    tokio::io::copy_bidirectional(&mut client, &mut server)
        .await
        .map(drop)
}

/// A connection to PostgreSQL itself.
async fn connect() -> std::io::Result<UnixStream> {
    UnixStream::connect(socket_dir().join(".s.PGSQL.5432")).await
}

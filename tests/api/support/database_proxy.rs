//! A TCP proxy before the test cluster's socket, whose connections a test can make silent, as a network does that drops
//! the packets of connections whose other end has moved.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};
use tokio::runtime::Builder;
use tokio::sync::watch;

use super::{Database, socket_dir};

/// The proxy; it ends with the test process.
pub struct DatabaseProxy {
    port: u16,
    is_open: watch::Sender<bool>,
    silenced: watch::Sender<usize>,
    accepted: Arc<AtomicUsize>,
}

impl DatabaseProxy {
    pub fn start() -> Self {
        let proxy = Self::start_closed();
        proxy.open();
        proxy
    }

    /// A proxy that accepts connections and forwards nothing before [`open`](Self::open).
    pub fn start_closed() -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        let (is_open, silenced) = (watch::Sender::new(false), watch::Sender::new(0));
        let accepted = Arc::new(AtomicUsize::new(0));
        let forwarding = forward(
            listener,
            is_open.subscribe(),
            silenced.subscribe(),
            accepted.clone(),
        );
        // A thread of its own, since tests block their thread while they wait for a log line.
        std::thread::spawn(|| {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(forwarding);
        });
        Self {
            port,
            is_open,
            silenced,
            accepted,
        }
    }

    /// The value of `CONNECTION_URL` that leads to `database` through this proxy.
    pub fn url(&self, database: &Database) -> String {
        let user = cruddur::db::embedded::USER;
        format!(
            "postgresql://{user}@127.0.0.1:{}/{}",
            self.port, database.name
        )
    }

    /// Forwards from now on.
    pub fn open(&self) {
        self.is_open.send_replace(true);
    }

    /// Makes all present connections silent; later ones work.
    pub fn silence(&self) {
        self.silenced
            .send_replace(self.accepted.load(Ordering::Relaxed));
    }
}

async fn forward(
    listener: std::net::TcpListener,
    is_open: watch::Receiver<bool>,
    silenced: watch::Receiver<usize>,
    accepted: Arc<AtomicUsize>,
) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    while let Ok((mut client, _)) = listener.accept().await {
        let number = accepted.fetch_add(1, Ordering::Relaxed);
        let (mut is_open, mut silenced) = (is_open.clone(), silenced.clone());
        tokio::spawn(async move {
            let _ = is_open.wait_for(|is_open| *is_open).await;
            let socket = socket_dir().join(".s.PGSQL.5432");
            let mut server = UnixStream::connect(socket)
                .await
                .expect("PostgreSQL listens");
            let is_silent = tokio::select! {
                _ = copy_bidirectional(&mut client, &mut server) => false,
                outcome = silenced.wait_for(|silenced| number < *silenced) => outcome.is_ok(),
            };
            // Both sockets stay open, and no byte passes.
            if is_silent {
                std::future::pending::<()>().await;
            }
        });
    }
}

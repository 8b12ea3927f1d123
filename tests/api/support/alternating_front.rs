//! One address that leads to several database servers by turns, as a balancer does that does not know which of them is
//! the primary.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::runtime::Builder;

/// The front; it ends with the test process.
pub struct AlternatingFront {
    pub port: u16,
}

impl AlternatingFront {
    /// Each connection leads to the next of the ports on this machine.
    pub fn start(ports: Vec<u16>) -> Self {
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).expect("a port");
        listener.set_nonblocking(true).expect("a socket");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            let runtime = Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(serve(listener, ports));
        });
        Self { port }
    }
}

async fn serve(listener: std::net::TcpListener, ports: Vec<u16>) {
    let listener = TcpListener::from_std(listener).expect("a listener");
    let turn = AtomicUsize::new(0);
    while let Ok((mut client, _)) = listener.accept().await {
        let port = ports[turn.fetch_add(1, Ordering::Relaxed) % ports.len()];
        tokio::spawn(async move {
            if let Ok(mut server) = TcpStream::connect(("127.0.0.1", port)).await {
                // Either side may end the connection.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}

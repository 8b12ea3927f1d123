//! Listens for connections, and says how long one may stay open without progress. `server` serves what the listener
//! accepts.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

use crate::config::TrustedProxies;
use crate::error::{Error, Result};

/// The number of connections that wait until the server accepts them. The kernel may have a lower limit,
/// `net.core.somaxconn`.
const BACKLOG: i32 = 1_024;
/// How many files the server may open, one for each connection, if the hard limit permits. Shells start programs with 256 to
/// 1,024.
const FILES: u64 = 65_536;
/// How many bytes of answers the kernel keeps for a client that does not read them; it would grow to megabytes for each.
/// The kernel doubles the number for its own use.
const SEND_BUFFER: usize = 128 * 1024;
/// The kernel closes a connection whose client acknowledges nothing of an answer, or has no room for more of it, for
/// this time, in milliseconds.
#[cfg(target_os = "linux")]
const WRITE_TIMEOUT: u32 = 10_000;
/// The server closes a connection that was idle for this time.
const KEEP_ALIVE: Duration = Duration::from_secs(10);
/// The same behind a proxy. Load balancers keep idle connections for 60 seconds, and a request that they send while the
/// server closes the connection is lost.
const KEEP_ALIVE_BEHIND_PROXY: Duration = Duration::from_secs(75);

/// Listens on the address.
///
/// # Errors
/// The server cannot listen on it.
pub fn listen(address: SocketAddr) -> Result<TcpListener> {
    let listener = TcpListener::bind(address).map_err(|error| {
        let advice = format!("cannot listen on {address}: choose another BIND or PORT");
        Error::Operator(advice, Some(error.into()))
    })?;
    allow_files();
    configure(&listener)
        .map_err(|error| Error::internal("the options of the listener cannot be set", error))?;
    Ok(listener)
}

/// Raises the soft limit of open files. Where the system refuses, the server serves fewer connections.
fn allow_files() {
    let limit = getrlimit(Resource::Nofile);
    let wanted = limit.maximum.unwrap_or(FILES).min(FILES);
    if limit.current.is_some_and(|current| current < wanted) {
        let raised = Rlimit {
            current: Some(wanted),
            ..limit
        };
        if let Err(error) = setrlimit(Resource::Nofile, raised) {
            tracing::debug!(%error, wanted, "the limit of open files cannot be raised");
        }
    }
}

fn configure(listener: &TcpListener) -> Result<(), rustix::io::Errno> {
    // Changes the backlog of 128 that the standard library sets.
    rustix::net::listen(listener, BACKLOG)?;
    // Accepted connections inherit the options.
    rustix::net::sockopt::set_socket_send_buffer_size(listener, SEND_BUFFER)?;
    // Actix has no time-out of its own for writing.
    #[cfg(target_os = "linux")]
    rustix::net::sockopt::set_tcp_user_timeout(listener, WRITE_TIMEOUT)?;
    Ok(())
}

/// How long a connection may be idle.
pub fn keep_alive(trusted_proxies: &TrustedProxies) -> Duration {
    match trusted_proxies.is_empty() {
        true => KEEP_ALIVE,
        false => KEEP_ALIVE_BEHIND_PROXY,
    }
}

//! Whether a database's server can be reached at all: its name resolves, it accepts a connection,
//! it shows a certificate that is believed. Signing in is left to `connector`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;
use utoipa::ToSchema;

use super::tls;
use crate::config::{DatabaseConfig, Endpoint};
use crate::error::{Cause, Result};

/// For each of the three steps.
const TIMEOUT: Duration = Duration::from_secs(3);
/// PostgreSQL's question whether it speaks TLS: length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// How far the way to the database led.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Connectivity {
    /// There is no database, or it is on this machine.
    NotApplicable,
    /// Over TLS where the connection is to be encrypted.
    Reached { address: String, tls: bool },
    Failed {
        /// `resolve`, `connect` or `tls`.
        step: &'static str,
        reason: String,
    },
}

/// Goes the way to the database once.
pub async fn verify_reachable(database: Option<&DatabaseConfig>) -> Connectivity {
    let Some((database, url)) = database.and_then(|database| Some((database, database.url()?)))
    else {
        return Connectivity::NotApplicable;
    };
    let endpoint = match url.endpoint() {
        Some(endpoint) if !url.is_local() => endpoint,
        _ => return Connectivity::NotApplicable,
    };
    let failed = |step| {
        move |cause: Cause| Connectivity::Failed {
            step,
            reason: cause.to_string(),
        }
    };
    let walk = async {
        let addresses = resolve(&endpoint)
            .await
            .map_err(|error| failed("resolve")(error.into()))?;
        let address = SocketAddr::new(addresses[0], endpoint.port);
        let stream = in_time(TcpStream::connect(address))
            .await
            .map_err(|error| failed("connect")(error.into()))?;
        if url.tls {
            in_time_cause(shake_hands(stream, database, &endpoint.name))
                .await
                .map_err(failed("tls"))?;
        }
        Ok(Connectivity::Reached {
            address: address.to_string(),
            tls: url.tls,
        })
    };
    walk.await.unwrap_or_else(|failure: Connectivity| failure)
}

/// The addresses of the endpoint's name, at least one.
///
/// # Errors
/// No such name, or no answer in time.
pub async fn resolve(endpoint: &Endpoint) -> io::Result<Vec<IpAddr>> {
    if let Some(address) = endpoint.address {
        return Ok(vec![address]);
    }
    let found = in_time(tokio::net::lookup_host((
        endpoint.name.as_str(),
        endpoint.port,
    )))
    .await?;
    let addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    if addresses.is_empty() {
        return Err(io::Error::other("the name has no address"));
    }
    Ok(addresses)
}

async fn shake_hands(
    mut stream: TcpStream,
    database: &DatabaseConfig,
    name: &str,
) -> Result<(), Cause> {
    stream.write_all(&SSL_REQUEST).await?;
    if stream.read_u8().await? != b'S' {
        return Err(tls::NOT_OFFERED.into());
    }
    let mut connector = MakeRustlsConnect::new(tls::client_config(&database.authorities)?);
    let connect = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut connector, name)?;
    match connect.connect(stream).await {
        Ok(_) => Ok(()),
        Err(error) => Err(tls::explain(error)),
    }
}

async fn in_time<T>(step: impl Future<Output = io::Result<T>>) -> io::Result<T> {
    match tokio::time::timeout(TIMEOUT, step).await {
        Ok(outcome) => outcome,
        Err(_) => Err(io::Error::new(io::ErrorKind::TimedOut, "no answer in time")),
    }
}

async fn in_time_cause<T>(step: impl Future<Output = Result<T, Cause>>) -> Result<T, Cause> {
    match tokio::time::timeout(TIMEOUT, step).await {
        Ok(outcome) => outcome,
        Err(_) => Err("no answer in time".into()),
    }
}

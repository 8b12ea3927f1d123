//! Tests whether a database server is reachable: its name resolves, it accepts a TCP connection, and it
//! presents a trusted certificate. Authentication is left to `connector`.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use rustls::pki_types::ServerName;
use serde::Serialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_postgres::tls::{MakeTlsConnect, TlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;
use tokio_rustls::TlsConnector;
use utoipa::ToSchema;
use x509_cert::Certificate;
use x509_cert::der::Decode;

use super::tls;
use crate::config::{ConnectionUrl, DatabaseConfig, Endpoint};
use crate::error::{Cause, Result};

/// The timeout of each of the three steps.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The message `SSLRequest` of PostgreSQL's protocol: length 8, code 80877103.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 4, 210, 22, 47];

/// The result of a test of the network path to the database.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
#[serde(tag = "result", rename_all = "snake_case")]
pub enum Connectivity {
    /// No database URL is set, or the database is on this machine.
    NotApplicable,
    /// The server accepted the connection.
    Reached {
        /// The IP address and port of the server.
        address: String,
        /// Whether the connection is encrypted.
        tls: bool,
    },
    /// A step failed.
    Failed {
        /// `resolve`, `connect` or `tls`.
        step: &'static str,
        /// The error of the step.
        reason: String,
    },
}

/// Tests the network path to the database once: resolves the name, connects, and negotiates TLS.
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
    let steps = async {
        let addresses = resolve(&endpoint)
            .await
            .map_err(|error| failed("resolve")(error.into()))?;
        let address = SocketAddr::new(addresses[0], endpoint.port);
        let stream = in_time(TcpStream::connect(address))
            .await
            .map_err(|error| failed("connect")(error.into()))?;
        if url.tls {
            in_time_cause(negotiate_tls(stream, database, &endpoint.name))
                .await
                .map_err(failed("tls"))?;
        }
        Ok(Connectivity::Reached {
            address: address.to_string(),
            tls: url.tls,
        })
    };
    steps.await.unwrap_or_else(|failure: Connectivity| failure)
}

/// When the certificate that the database server presents ends.
///
/// # Errors
/// The server cannot be reached, or presents no certificate that is trusted.
pub async fn find_certificate_end(database: &DatabaseConfig) -> Result<DateTime<Utc>, Cause> {
    let endpoint = database.url().and_then(ConnectionUrl::endpoint);
    let endpoint = endpoint.ok_or("the URL names no host")?;
    let addresses = resolve(&endpoint).await?;
    let address = SocketAddr::new(addresses[0], endpoint.port);
    let stream = in_time(TcpStream::connect(address)).await?;
    in_time_cause(read_certificate_end(stream, database, endpoint.name)).await
}

async fn read_certificate_end(
    mut stream: TcpStream,
    database: &DatabaseConfig,
    name: String,
) -> Result<DateTime<Utc>, Cause> {
    request_tls(&mut stream).await?;
    let connector = TlsConnector::from(Arc::new(tls::client_config(&database.authorities)?));
    let name = ServerName::try_from(name)?;
    let stream = connector
        .connect(name, stream)
        .await
        .map_err(tls::explain)?;
    let (_, session) = stream.get_ref();
    let certificate = session.peer_certificates().and_then(<[_]>::first);
    let certificate = certificate.ok_or("the server presents no certificate")?;
    let certificate = Certificate::from_der(certificate)?;
    let end = certificate.tbs_certificate.validity.not_after;
    Ok(end.to_system_time().into())
}

/// The addresses of the endpoint's name, at least one.
///
/// # Errors
/// A name that does not resolve within three seconds.
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

async fn negotiate_tls(
    mut stream: TcpStream,
    database: &DatabaseConfig,
    name: &str,
) -> Result<(), Cause> {
    request_tls(&mut stream).await?;
    let mut connector = MakeRustlsConnect::new(tls::client_config(&database.authorities)?);
    let connect = MakeTlsConnect::<TcpStream>::make_tls_connect(&mut connector, name)?;
    match connect.connect(stream).await {
        Ok(_) => Ok(()),
        Err(error) => Err(tls::explain(error)),
    }
}

/// Asks a PostgreSQL server for TLS.
async fn request_tls(stream: &mut TcpStream) -> Result<(), Cause> {
    stream.write_all(&SSL_REQUEST).await?;
    match stream.read_u8().await? {
        b'S' => Ok(()),
        _ => Err(tls::NOT_OFFERED.into()),
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

//! `cruddur healthcheck`: requests `/livez` or `/readyz` of the server with the same address. The
//! default is liveness, because restarting a container does not bring its database back.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::time::Duration;

use crate::config::{HttpConfig, Settings};
use crate::error::{Error, Result};

/// The timeout of the whole request.
const TIMEOUT: Duration = Duration::from_secs(2);

/// Succeeds if the server answers with 200.
///
/// # Errors
/// No response within two seconds, an error status, or an invalid setting of the address.
pub async fn run(mut settings: Settings, ready: bool) -> Result<()> {
    let mut address = HttpConfig::read(&mut settings).address;
    settings.finish()?;
    if address.ip().is_unspecified() {
        let loopback = match address {
            SocketAddr::V4(_) => IpAddr::V4(Ipv4Addr::LOCALHOST),
            SocketAddr::V6(_) => IpAddr::V6(Ipv6Addr::LOCALHOST),
        };
        address.set_ip(loopback);
    }
    let url = format!(
        "http://{address}/{}",
        if ready { "readyz" } else { "livez" }
    );
    let unhealthy = |cause: reqwest::Error| {
        Error::Operator(
            format!(
                "the server is not healthy at {url}: start it with `cruddur serve`, or set BIND and PORT as it has \
                 them"
            ),
            Some(cause.without_url().into()),
        )
    };
    let client = reqwest::Client::builder()
        .timeout(TIMEOUT)
        .no_proxy()
        .build()
        .map_err(unhealthy)?;
    let answer = client.get(&url).send().await.map_err(unhealthy)?;
    answer.error_for_status().map(drop).map_err(unhealthy)
}

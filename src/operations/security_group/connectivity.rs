//! The network path to the database: whether the rule applies to it, and whether it works after a change.
//! `db::connectivity` tests it.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::DatabaseConfig;
use crate::db::connectivity::{Connectivity, resolve, verify_reachable};

/// The number of attempts to connect after a change, which AWS applies with a delay.
const ATTEMPTS: u32 = 3;
/// The pause between two attempts.
const PAUSE: Duration = Duration::from_millis(500);

/// Whether the database's name resolves to private addresses only. Then the connection does not leave
/// the network, and a rule about a public address does not apply to it.
pub async fn is_private(database: Option<&DatabaseConfig>) -> bool {
    let url = database.and_then(DatabaseConfig::url);
    let Some(endpoint) = url.and_then(|url| url.endpoint()) else {
        return false;
    };
    if endpoint.name.parse::<IpAddr>().is_ok() {
        return false;
    }
    let addresses = resolve(&endpoint).await.unwrap_or_default();
    !addresses.is_empty() && addresses.iter().all(is_private_address)
}

/// Whether the address is private (RFC 1918) or a unique local address of IPv6.
fn is_private_address(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

/// Connects to the database. A refused or timed-out connection is tried again; other failures do not
/// depend on the rule.
pub async fn test_connection(database: Option<&DatabaseConfig>) -> Connectivity {
    let mut result = verify_reachable(database).await;
    for _ in 1..ATTEMPTS {
        if !matches!(
            result,
            Connectivity::Failed {
                step: "connect",
                ..
            }
        ) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        result = verify_reachable(database).await;
    }
    result
}

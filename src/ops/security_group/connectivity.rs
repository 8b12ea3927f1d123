//! The way to the database: whether the rule has a say in it, and, after a change, the proof that
//! it is open. Each step of it is `db::reach`'s.

use std::net::IpAddr;
use std::time::Duration;

use crate::config::DatabaseConfig;
use crate::db::connectivity::{Connectivity, resolve, verify_reachable};

/// How often the way is tried after a change: it takes AWS a moment.
const TRIES: u32 = 3;
const PAUSE: Duration = Duration::from_millis(500);

/// The database's name resolves to private addresses alone: it is reached from inside, and no rule
/// about a public address has a say in it.
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

/// RFC 1918, and unique local addresses of IPv6.
fn is_private_address(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => v4.is_private(),
        IpAddr::V6(v6) => v6.is_unique_local(),
    }
}

pub async fn prove(database: Option<&DatabaseConfig>) -> Connectivity {
    let mut proof = verify_reachable(database).await;
    for _ in 1..TRIES {
        if !matches!(
            proof,
            Connectivity::Failed {
                step: "connect",
                ..
            }
        ) {
            break;
        }
        tokio::time::sleep(PAUSE).await;
        proof = verify_reachable(database).await;
    }
    proof
}

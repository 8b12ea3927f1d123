//! How many requests a client may send: `RATE_LIMIT`, `RATE_LIMIT_READS`, `RATE_LIMIT_READ_BURST`,
//! `RATE_LIMIT_WRITES`, `RATE_LIMIT_WRITE_BURST`, `TRUSTED_PROXIES`. `auth` identifies the client,
//! `server` counts its requests.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use ipnet::IpNet;

use super::Settings;

/// The rate limits and the proxies that may name the client's address.
#[derive(Debug, Clone)]
pub struct LimitsConfig {
    /// `None` with `RATE_LIMIT=off`.
    pub rates: Option<Rates>,
    /// The proxies that may name the client's address in a header.
    pub trusted_proxies: TrustedProxies,
}

/// The rates of one client.
#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// For each client address.
    pub reads: Rate,
    /// For each user, or for each client address where a request has no user.
    pub writes: Rate,
}

/// How many requests a client may send.
#[derive(Debug, Clone, Copy)]
pub struct Rate {
    /// Requests per second in the long run.
    pub per_second: NonZeroU32,
    /// The largest number of requests at once after a pause.
    pub burst: NonZeroU32,
}

impl LimitsConfig {
    pub(super) fn read(settings: &mut Settings) -> Self {
        let is_on = match settings.text("RATE_LIMIT").as_deref() {
            None | Some("on") => true,
            Some("off") => false,
            Some(other) => {
                let what = format!("must be `on` or `off`, but is `{other}`");
                settings.problem("RATE_LIMIT", &what);
                true
            }
        };
        let rates = Rates {
            reads: Rate {
                per_second: number(settings, "RATE_LIMIT_READS", 100),
                burst: number(settings, "RATE_LIMIT_READ_BURST", 500),
            },
            writes: Rate {
                per_second: number(settings, "RATE_LIMIT_WRITES", 10),
                burst: number(settings, "RATE_LIMIT_WRITE_BURST", 60),
            },
        };
        Self {
            rates: is_on.then_some(rates),
            trusted_proxies: settings
                .parse(
                    "TRUSTED_PROXIES",
                    "a list of addresses or networks such as `10.0.0.0/8,::1`",
                )
                .unwrap_or_default(),
        }
    }
}

fn number(settings: &mut Settings, name: &str, default: u32) -> NonZeroU32 {
    settings
        .parse(name, "a whole number, 1 or more")
        .or(NonZeroU32::new(default))
        .unwrap_or(NonZeroU32::MIN)
}

/// The proxies whose `X-Forwarded-For` and `Forwarded` headers are trusted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

impl TrustedProxies {
    /// Whether no proxy is trusted.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether `address` is a trusted proxy. An IPv4 address and its IPv6 form (`::ffff:10.0.0.1`) are equal.
    pub fn contain(&self, address: IpAddr) -> bool {
        let v4 = address.to_canonical();
        let v6 = match v4 {
            IpAddr::V4(address) => IpAddr::V6(address.to_ipv6_mapped()),
            IpAddr::V6(_) => v4,
        };
        self.0
            .iter()
            .any(|network| network.contains(&v4) || network.contains(&v6))
    }
}

impl FromStr for TrustedProxies {
    type Err = ();

    fn from_str(list: &str) -> Result<Self, ()> {
        let entries = list.split(',').map(str::trim);
        entries
            .filter(|entry| !entry.is_empty())
            .map(network)
            .collect::<Option<_>>()
            .map(Self)
            .ok_or(())
    }
}

/// Reads `10.0.0.0/8` or a single address.
fn network(text: &str) -> Option<IpNet> {
    let address = || text.parse::<IpAddr>().map(IpNet::from);
    text.parse().or_else(|_| address()).ok()
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;

    #[test]
    fn a_trusted_network_contains_its_addresses_and_no_others() {
        for (list, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.0.0.0/31, 2001:db8::/32", "2001:db8:1::", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1"),
            ("::ffff:127.0.0.1", "127.0.0.1", "127.0.0.2"),
        ] {
            let proxies: TrustedProxies = list.parse().expect(list);
            assert!(proxies.contain(inside.parse().expect(inside)), "{list}");
            assert!(!proxies.contain(outside.parse().expect(outside)), "{list}");
        }
        for list in ["0.0.0.0/0", "::/0"] {
            let all: TrustedProxies = list.parse().expect(list);
            assert!(all.contain([8, 8, 8, 8].into()), "{list}");
        }
    }

    #[test]
    fn a_list_with_an_entry_that_is_not_a_network_is_refused() {
        for list in [
            "10.0.0.0/33",
            "proxy",
            "10.0.0.0/",
            "::/129",
            "10.0.0.0/8/8",
            "10.0.0.0/-1",
        ] {
            assert_eq!(list.parse::<TrustedProxies>(), Err(()), "{list}");
        }
    }
}

//! How often somebody may ask: `RATE_LIMIT`, `RATE_LIMIT_READS`, `RATE_LIMIT_READ_BURST`,
//! `RATE_LIMIT_WRITES`, `RATE_LIMIT_WRITE_BURST`, `TRUSTED_PROXIES`. Who somebody is stands in
//! `auth`, the counting in `server`.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::str::FromStr;

use super::Settings;

#[derive(Debug, Clone)]
pub struct LimitsConfig {
    /// `None` with `RATE_LIMIT=off`.
    pub rates: Option<Rates>,
    pub trusted_proxies: TrustedProxies,
}

#[derive(Debug, Clone, Copy)]
pub struct Rates {
    /// Of one address.
    pub reads: Rate,
    /// Of one user; of one address where the user is not known.
    pub writes: Rate,
}

#[derive(Debug, Clone, Copy)]
pub struct Rate {
    pub per_second: NonZeroU32,
    /// How many may come at once after a pause.
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
        .parse(name, "a number from 1 on")
        .or(NonZeroU32::new(default))
        .unwrap_or(NonZeroU32::MIN)
}

/// The proxies whose word about an address counts.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<Network>);

impl TrustedProxies {
    pub fn contain(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(address))
    }
}

impl FromStr for TrustedProxies {
    type Err = ();

    fn from_str(list: &str) -> Result<Self, ()> {
        let entries = list
            .split(',')
            .map(str::trim)
            .filter(|entry| !entry.is_empty());
        entries.map(str::parse).collect::<Result<_, _>>().map(Self)
    }
}

/// `10.0.0.0/8`, or one address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Network {
    /// IPv4 as `::ffff:0:0/96`.
    address: u128,
    /// The bits that count.
    mask: u128,
}

impl Network {
    fn contains(self, address: IpAddr) -> bool {
        (bits(address) ^ self.address) & self.mask == 0
    }
}

impl FromStr for Network {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (address, prefix) = match text.split_once('/') {
            Some((address, prefix)) => (address, Some(prefix.parse::<u32>().map_err(|_| ())?)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| ())?;
        let width: u32 = if address.is_ipv4() { 32 } else { 128 };
        let host_bits = width.checked_sub(prefix.unwrap_or(width)).ok_or(())?;
        Ok(Self {
            address: bits(address),
            mask: u128::MAX.checked_shl(host_bits).unwrap_or(0),
        })
    }
}

fn bits(address: IpAddr) -> u128 {
    match address {
        IpAddr::V4(address) => address.to_ipv6_mapped().to_bits(),
        IpAddr::V6(address) => address.to_bits(),
    }
}

#[cfg(test)]
mod tests {
    use super::TrustedProxies;

    #[test]
    fn a_network_holds_its_addresses_and_no_others() {
        for (list, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.0"),
            ("192.0.2.7", "192.0.2.7", "192.0.2.8"),
            ("10.0.0.0/31, 2001:db8::/32", "2001:db8:1::", "2001:db9::"),
            ("::1", "::1", "::2"),
            ("127.0.0.1", "::ffff:127.0.0.1", "::127.0.0.1"),
        ] {
            let proxies: TrustedProxies = list.parse().expect(list);
            assert!(proxies.contain(inside.parse().expect(inside)), "{list}");
            assert!(!proxies.contain(outside.parse().expect(outside)), "{list}");
        }
        let all: TrustedProxies = "0.0.0.0/0,::/0".parse().expect("a list");
        assert!(all.contain([8, 8, 8, 8].into()));
    }

    #[test]
    fn what_is_no_network_is_refused() {
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

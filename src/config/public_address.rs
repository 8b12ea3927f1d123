//! The public address of one machine: the only value that the server ever writes into a
//! security-group rule. `aws::public_address` finds it.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use serde::{Serialize, Serializer};

/// Blocks without public addresses, from the IANA IPv4 Special-Purpose Address Registry.
const RESERVED: [(Ipv4Addr, u32, &str); 16] = [
    (Ipv4Addr::new(0, 0, 0, 0), 8, "reserved"),
    (Ipv4Addr::new(10, 0, 0, 0), 8, "private"),
    (
        Ipv4Addr::new(100, 64, 0, 0),
        10,
        "shared by a carrier's customers",
    ),
    (Ipv4Addr::new(127, 0, 0, 0), 8, "loopback"),
    (Ipv4Addr::new(169, 254, 0, 0), 16, "link-local"),
    (Ipv4Addr::new(172, 16, 0, 0), 12, "private"),
    (Ipv4Addr::new(192, 0, 0, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 0, 2, 0), 24, "for documentation"),
    (Ipv4Addr::new(192, 88, 99, 0), 24, "reserved"),
    (Ipv4Addr::new(192, 168, 0, 0), 16, "private"),
    (Ipv4Addr::new(198, 18, 0, 0), 15, "for benchmarks"),
    (Ipv4Addr::new(198, 51, 100, 0), 24, "for documentation"),
    (Ipv4Addr::new(203, 0, 113, 0), 24, "for documentation"),
    (Ipv4Addr::new(233, 252, 0, 0), 24, "for documentation"),
    (Ipv4Addr::new(224, 0, 0, 0), 4, "multicast"),
    (Ipv4Addr::new(240, 0, 0, 0), 4, "reserved"),
];

/// The block that IANA assigns global unicast addresses from.
const GLOBAL_UNICAST: (Ipv6Addr, u32) = (Ipv6Addr::new(0x2000, 0, 0, 0, 0, 0, 0, 0), 3);

/// Blocks of [`GLOBAL_UNICAST`] without addresses of machines, and blocks outside of it, from the IANA IPv6
/// Special-Purpose Address Registry.
const RESERVED_V6: [(Ipv6Addr, u32, &str); 8] = [
    (Ipv6Addr::LOCALHOST, 128, "loopback"),
    (
        Ipv6Addr::new(0x2001, 0, 0, 0, 0, 0, 0, 0),
        23,
        "reserved for protocols",
    ),
    (
        Ipv6Addr::new(0x2001, 0xdb8, 0, 0, 0, 0, 0, 0),
        32,
        "for documentation",
    ),
    (
        Ipv6Addr::new(0x2002, 0, 0, 0, 0, 0, 0, 0),
        16,
        "of a 6to4 tunnel",
    ),
    (
        Ipv6Addr::new(0x3fff, 0, 0, 0, 0, 0, 0, 0),
        20,
        "for documentation",
    ),
    (Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0), 7, "private"),
    (Ipv6Addr::new(0xfe80, 0, 0, 0, 0, 0, 0, 0), 10, "link-local"),
    (Ipv6Addr::new(0xff00, 0, 0, 0, 0, 0, 0, 0), 8, "multicast"),
];

/// One public address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicAddress(IpAddr);

/// Why a text is not a public address. Its `Display` continues a sentence such as "NAME is `10.0.0.1`, which …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublic {
    #[error("is not an IP address")]
    NoAddress,
    #[error("is an IPv6 address: only IPv4 is supported with DB_SG_RULE_ID")]
    Ipv6,
    #[error("is a range: the rule may admit only one address")]
    Range,
    #[error("is {0}, not public")]
    Reserved(&'static str),
}

impl PublicAddress {
    /// The range of this one address: `8.8.4.4/32`, or of IPv6 `2001:4860:4860::8888/128`.
    pub fn cidr(self) -> String {
        match self.0 {
            IpAddr::V4(address) => format!("{address}/32"),
            IpAddr::V6(address) => format!("{address}/128"),
        }
    }

    /// Whether this is an address of IPv6.
    pub fn is_ipv6(self) -> bool {
        self.0.is_ipv6()
    }

    /// This address, unless it is one of IPv6.
    ///
    /// # Errors
    /// [`NotPublic::Ipv6`].
    pub fn ipv4_only(self) -> Result<Self, NotPublic> {
        match self.0 {
            IpAddr::V4(_) => Ok(self),
            IpAddr::V6(_) => Err(NotPublic::Ipv6),
        }
    }
}

impl FromStr for PublicAddress {
    type Err = NotPublic;

    /// Reads `8.8.4.4`, `8.8.4.4/32` and the same of IPv6.
    fn from_str(text: &str) -> Result<Self, NotPublic> {
        let (address, length) = match text.split_once('/') {
            Some((address, length)) => (address, Some(length)),
            None => (text, None),
        };
        let address: IpAddr = address.parse().map_err(|_| NotPublic::NoAddress)?;
        let single = if address.is_ipv6() { "128" } else { "32" };
        match length {
            Some(length) if length.parse::<u8>().is_err() => return Err(NotPublic::NoAddress),
            Some(length) if length != single => return Err(NotPublic::Range),
            _ => {}
        }
        match address {
            IpAddr::V4(address) => check_v4(address)?,
            IpAddr::V6(address) => check_v6(address)?,
        }
        Ok(Self(address))
    }
}

fn check_v4(address: Ipv4Addr) -> Result<(), NotPublic> {
    let reserved = RESERVED.iter().find(|(block, length, _)| {
        let hosts = 32 - length;
        address.to_bits() >> hosts == block.to_bits() >> hosts
    });
    match reserved {
        Some((_, _, kind)) => Err(NotPublic::Reserved(kind)),
        None => Ok(()),
    }
}

fn check_v6(address: Ipv6Addr) -> Result<(), NotPublic> {
    let is_in = |block: Ipv6Addr, length: u32| {
        let hosts = 128 - length;
        address.to_bits() >> hosts == block.to_bits() >> hosts
    };
    let reserved = RESERVED_V6
        .iter()
        .find(|(block, length, _)| is_in(*block, *length));
    match reserved {
        Some((_, _, kind)) => Err(NotPublic::Reserved(kind)),
        None if is_in(GLOBAL_UNICAST.0, GLOBAL_UNICAST.1) => Ok(()),
        None => Err(NotPublic::Reserved("reserved")),
    }
}

impl fmt::Display for PublicAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for PublicAddress {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn kind(text: &str) -> NotPublic {
        text.parse::<PublicAddress>().expect_err(text)
    }

    #[test]
    fn a_public_address_is_one_address() {
        for text in ["8.8.4.4", "8.8.4.4/32"] {
            let address: PublicAddress = text.parse().expect(text);
            assert_eq!(address.cidr(), "8.8.4.4/32");
        }
    }

    #[test]
    fn every_special_block_is_refused_from_its_first_to_its_last_address() {
        for (first, last) in [
            ("0.0.0.0", "0.255.255.255"),
            ("10.0.0.0", "10.255.255.255"),
            ("100.64.0.0", "100.127.255.255"),
            ("127.0.0.1", "127.255.255.255"),
            ("169.254.0.0", "169.254.169.254"),
            ("172.16.0.0", "172.31.255.255"),
            ("192.0.2.0", "192.0.2.255"),
            ("192.168.0.0", "192.168.255.255"),
            ("198.18.0.0", "198.19.255.255"),
            ("198.51.100.0", "198.51.100.255"),
            ("203.0.113.0", "203.0.113.255"),
            ("224.0.0.0", "239.255.255.255"),
            ("240.0.0.0", "255.255.255.255"),
        ] {
            assert!(matches!(kind(first), NotPublic::Reserved(_)), "{first}");
            assert!(matches!(kind(last), NotPublic::Reserved(_)), "{last}");
        }
        for text in [
            "9.255.255.255",
            "11.0.0.0",
            "100.63.0.1",
            "100.128.0.1",
            "172.32.0.1",
        ] {
            text.parse::<PublicAddress>().expect(text);
        }
    }

    #[test]
    fn a_public_ipv6_address_is_one_address_of_the_global_unicast_block() {
        for text in ["2001:4860:4860::8888", "2001:4860:4860:0:0:0:0:8888/128"] {
            let address: PublicAddress = text.parse().expect(text);
            assert_eq!(address.cidr(), "2001:4860:4860::8888/128");
            assert_eq!(address.ipv4_only(), Err(NotPublic::Ipv6));
        }
        for text in [
            "::",
            "::1",
            "::ffff:8.8.4.4",
            "64:ff9b::808:404",
            "2001::1",
            "2001:db8::1",
            "2002:808:404::1",
            "3fff::1",
            "4000::1",
            "fd00::1",
            "fe80::1",
            "ff02::1",
        ] {
            assert!(matches!(kind(text), NotPublic::Reserved(_)), "{text}");
        }
    }

    #[test]
    fn a_text_that_is_not_a_single_address_is_refused() {
        for text in ["8.8.4.4/31", "8.8.4.4/0", "8.8.0.0/16", "0.0.0.0/0"] {
            assert_eq!(kind(text), NotPublic::Range, "{text}");
        }
        for text in ["2001:4860:4860::8888/127", "2600::/3", "::/0"] {
            assert_eq!(kind(text), NotPublic::Range, "{text}");
        }
        for text in [
            "",
            "<html>",
            "8.8.4",
            "8.8.4.4.4",
            "08.8.4.4",
            "8.8.4.4 ",
            "8.8.4.4/32/32",
            "8.8.4.4/128",
            "8.8.4.4/+32",
            "fe80::1%eth0",
            "[2001:4860:4860::8888]",
        ] {
            assert!(text.parse::<PublicAddress>().is_err(), "{text:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_read_as_a_range_wider_than_one_address(
            text in prop_oneof![
                "\\PC{0,64}",
                "[0-9./: ]{0,40}",
                "[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}\\.[0-9]{1,3}(/[0-9]{1,2})?",
            ],
        ) {
            if let Ok(address) = text.parse::<PublicAddress>()
                && address.ipv4_only().is_ok()
            {
                let cidr = address.cidr();
                let (one, length) = cidr.split_once('/').expect("a range");
                prop_assert_eq!(length, "32");
                let one: Ipv4Addr = one.parse().expect("an address");
                prop_assert!(text == one.to_string() || text == cidr);
                prop_assert!(!one.is_private() && !one.is_loopback() && !one.is_multicast());
            }
        }
    }
}

//! The public IPv4 address of one machine: the only value that the server ever writes into a
//! security-group rule. `aws::public_address` finds it.

use std::fmt;
use std::net::{Ipv4Addr, Ipv6Addr};
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

/// One public IPv4 address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PublicAddress(Ipv4Addr);

/// Why a text is not a public address. Its `Display` continues a sentence such as "NAME is `10.0.0.1`, which …".
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NotPublic {
    #[error("is not an IPv4 address")]
    NoAddress,
    #[error("is an IPv6 address: only IPv4 is supported")]
    Ipv6,
    #[error("is a range: the rule may admit only one address")]
    Range,
    #[error("is {0}, not public")]
    Reserved(&'static str),
}

impl PublicAddress {
    /// The range of this one address: `8.8.4.4/32`.
    pub fn cidr(self) -> String {
        format!("{}/32", self.0)
    }
}

impl FromStr for PublicAddress {
    type Err = NotPublic;

    /// Reads `8.8.4.4` and `8.8.4.4/32`.
    fn from_str(text: &str) -> Result<Self, NotPublic> {
        let text = text.strip_suffix("/32").unwrap_or(text);
        if let Some((address, _)) = text.split_once('/')
            && address.parse::<Ipv4Addr>().is_ok()
        {
            return Err(NotPublic::Range);
        }
        if text.parse::<Ipv6Addr>().is_ok() {
            return Err(NotPublic::Ipv6);
        }
        let address: Ipv4Addr = text.parse().map_err(|_| NotPublic::NoAddress)?;
        let reserved = RESERVED.iter().find(|(block, length, _)| {
            let hosts = 32 - length;
            address.to_bits() >> hosts == block.to_bits() >> hosts
        });
        match reserved {
            Some((_, _, kind)) => Err(NotPublic::Reserved(kind)),
            None => Ok(Self(address)),
        }
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
    fn a_text_that_is_not_a_single_address_is_refused() {
        for text in ["8.8.4.4/31", "8.8.4.4/0", "8.8.0.0/16", "0.0.0.0/0"] {
            assert_eq!(kind(text), NotPublic::Range, "{text}");
        }
        assert_eq!(kind("2001:4860:4860::8888"), NotPublic::Ipv6);
        for text in [
            "",
            "<html>",
            "8.8.4",
            "8.8.4.4.4",
            "08.8.4.4",
            "8.8.4.4 ",
            "8.8.4.4/32/32",
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
            if let Ok(address) = text.parse::<PublicAddress>() {
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

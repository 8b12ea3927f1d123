//! The security-group rule that admits this machine to the database: `DB_SG_ID`, `DB_SG_RULE_ID`, `SG_OWNER`,
//! `SG_LEASE`, `SG_INTERVAL`, `GITPOD_IP` or `PUBLIC_IP`, `SG_DESCRIPTION`, `SG_REQUIRED`, `PUBLIC_IP_URLS`.
//! `operations::security_group` makes and updates it.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::settings::PUBLIC_IP_URLS;
use super::url::DEFAULT_PORT;
use super::{AwsConfig, DatabaseConfig, NotPublic, PublicAddress, Settings, rule_owner};

const DEFAULT_DESCRIPTION: &str = "GITPOD";
const DEFAULT_LEASE: Duration = Duration::from_secs(8 * 60 * 60);
/// Longer than two intervals, so that one failed renewal does not end the lease.
const LEASES: RangeInclusive<Duration> =
    Duration::from_secs(15 * 60)..=Duration::from_secs(7 * 24 * 60 * 60);
const DEFAULT_INTERVAL: u64 = 300;

/// The configured rule and what to write into it.
#[derive(Debug, Clone)]
pub struct SecurityGroupConfig {
    /// `sg-…`
    pub group: String,
    /// The rule that admits this machine.
    pub rule: ManagedRule,
    /// The description to write into the rule.
    pub description: String,
    /// The source of this machine's public address.
    pub address: AddressSource,
    /// Whether the server stops when it cannot update the rule.
    pub required: bool,
    /// The time between two reads of the rule by a running server.
    pub interval: Duration,
    /// The database behind the rule, where a URL is set.
    pub database: Option<DatabaseConfig>,
    /// The region of the security group.
    pub aws: AwsConfig,
}

/// The rule that admits this machine.
#[derive(Debug, Clone)]
pub enum ManagedRule {
    /// The rule of `DB_SG_RULE_ID`, which an operator has made.
    Named(String),
    /// This workspace's own rule, which the program makes.
    Own(OwnRule),
}

/// The tags of a workspace's own rule.
#[derive(Debug, Clone)]
pub struct OwnRule {
    /// The id of the workspace or machine.
    pub owner: String,
    /// How long the rule stays after it was last renewed.
    pub lease: Duration,
}

/// Where this machine's public address comes from.
#[derive(Debug, Clone)]
pub enum AddressSource {
    /// A setting names it.
    Set(PublicAddress),
    /// These services return it. With more than one, two must return the same address.
    Asked(Vec<String>),
}

impl SecurityGroupConfig {
    /// `None` where neither the group nor the rule is set.
    pub fn read(settings: &mut Settings) -> Option<Self> {
        let group = identifier(settings, "DB_SG_ID", "sg-");
        let rule = identifier(settings, "DB_SG_RULE_ID", "sgr-");
        let (group, rule) = match (group, rule) {
            (Some(group), Some(rule)) => (group, ManagedRule::Named(rule)),
            (Some(group), None) => (group, ManagedRule::Own(OwnRule::read(settings))),
            (None, None) => return None,
            (None, Some(_)) => {
                settings.problem("DB_SG_ID", "must be set together with DB_SG_RULE_ID");
                return None;
            }
        };
        let url = ["CONNECTION_URL", "PROD_CONNECTION_URL"]
            .into_iter()
            .find(|name| settings.secret(name).is_some());
        Some(Self {
            group,
            description: description(settings),
            address: AddressSource::read(settings, &rule),
            rule,
            required: settings.switch("SG_REQUIRED"),
            interval: interval(settings),
            database: url.map(|name| DatabaseConfig::read_url(settings, name)),
            aws: AwsConfig::read(settings),
        })
    }

    /// The port of the database, which the rule must open.
    pub fn port(&self) -> u16 {
        let url = self.database.as_ref().and_then(DatabaseConfig::url);
        let ports = url.map(|url| url.config.get_ports()).unwrap_or_default();
        ports.first().copied().unwrap_or(DEFAULT_PORT)
    }
}

impl ManagedRule {
    /// The address, if the rule can have it: an operator's rule stays one of IPv4.
    ///
    /// # Errors
    /// [`NotPublic::Ipv6`].
    pub fn accept(&self, address: PublicAddress) -> Result<PublicAddress, NotPublic> {
        match self {
            Self::Named(_) => address.ipv4_only(),
            Self::Own(_) => Ok(address),
        }
    }
}

impl OwnRule {
    fn read(settings: &mut Settings) -> Self {
        Self {
            owner: rule_owner::read(settings),
            lease: lease(settings),
        }
    }
}

fn lease(settings: &mut Settings) -> Duration {
    let name = "SG_LEASE";
    let Some(text) = settings.text(name) else {
        return DEFAULT_LEASE;
    };
    match humantime::parse_duration(text.trim()) {
        Ok(lease) if LEASES.contains(&lease) => lease,
        _ => {
            let problem = format!("must be a duration from 15m to 7d, such as 8h, but is `{text}`");
            settings.problem(name, &problem);
            DEFAULT_LEASE
        }
    }
}

fn interval(settings: &mut Settings) -> Duration {
    let name = "SG_INTERVAL";
    let expected = "a number of seconds from 1 to 300";
    let seconds = settings.parse(name, expected).unwrap_or(DEFAULT_INTERVAL);
    if !(1..=DEFAULT_INTERVAL).contains(&seconds) {
        settings.problem(name, &format!("must be {expected}, but is `{seconds}`"));
    }
    Duration::from_secs(seconds)
}

impl AddressSource {
    fn read(settings: &mut Settings, rule: &ManagedRule) -> Self {
        for name in ["GITPOD_IP", "PUBLIC_IP"] {
            let Some(text) = settings.text(name) else {
                continue;
            };
            let address = text.trim().parse().and_then(|address| rule.accept(address));
            match address {
                Ok(address) => return Self::Set(address),
                Err(reason) => settings.problem(name, &format!("is `{text}`, which {reason}")),
            }
        }
        let list = settings.text("PUBLIC_IP_URLS");
        let urls: Vec<String> = list
            .as_deref()
            .unwrap_or(PUBLIC_IP_URLS)
            .split([',', ' '])
            .map(|url| url.trim().to_owned())
            .filter(|url| !url.is_empty())
            .collect();
        for url in &urls {
            if !is_trustworthy(url) {
                let problem = format!("must hold https:// addresses, but has `{url}`");
                settings.problem("PUBLIC_IP_URLS", &problem);
            }
        }
        Self::Asked(urls)
    }
}

/// Whether the address uses HTTPS, or HTTP on this machine: an attacker who changes the response in
/// transit could open the database to another machine.
fn is_trustworthy(url: &str) -> bool {
    let Ok(url) = reqwest::Url::parse(url) else {
        return false;
    };
    let host = url.host_str().unwrap_or_default();
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let is_loopback = host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback());
    match url.scheme() {
        "https" => true,
        "http" => is_loopback,
        _ => false,
    }
}

fn identifier(settings: &mut Settings, name: &str, prefix: &str) -> Option<String> {
    let id = settings.text(name)?.trim().to_owned();
    let rest = id.strip_prefix(prefix).unwrap_or_default();
    if rest.is_empty() || !rest.chars().all(|c| c.is_ascii_alphanumeric()) {
        settings.problem(
            name,
            &format!("must be like `{prefix}0123abcd`, but is `{id}`"),
        );
    }
    Some(id)
}

/// Checked against the characters and the length that AWS allows in a rule's description.
fn description(settings: &mut Settings) -> String {
    let Some(text) = settings.text("SG_DESCRIPTION") else {
        return DEFAULT_DESCRIPTION.to_owned();
    };
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    if text.len() > 255 || !text.chars().all(is_allowed) {
        settings.problem(
            "SG_DESCRIPTION",
            "may have 255 characters of a-z, A-Z, 0-9, blank and ._-:/()#,@[]+=&;{}!$*",
        );
    }
    text
}

#[cfg(test)]
mod tests {
    use super::is_trustworthy;

    #[test]
    fn an_address_service_must_use_https_or_be_on_this_machine() {
        for url in [
            "https://a.example",
            "http://127.0.0.1:1/x",
            "http://localhost",
            "http://[::1]:2",
        ] {
            assert!(is_trustworthy(url), "{url}");
        }
        for url in [
            "http://a.example",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "8.8.8.8",
            "",
        ] {
            assert!(!is_trustworthy(url), "{url}");
        }
    }
}

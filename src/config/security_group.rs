//! The security-group rule that admits this machine to the database: `DB_SG_ID`,
//! `DB_SG_RULE_ID`, `GITPOD_IP` or `PUBLIC_IP`, `SG_DESCRIPTION`, `SG_REQUIRED`,
//! `PUBLIC_IP_URLS`. `operations::security_group` updates it.

use super::settings::PUBLIC_IP_URLS;
use super::url::DEFAULT_PORT;
use super::{AwsConfig, DatabaseConfig, PublicAddress, Settings};

const DEFAULT_DESCRIPTION: &str = "GITPOD";

/// The configured rule and what to write into it.
#[derive(Debug, Clone)]
pub struct SecurityGroupConfig {
    /// `sg-…`
    pub group: String,
    /// `sgr-…`
    pub rule: String,
    /// The description to write into the rule.
    pub description: String,
    /// The source of this machine's public address.
    pub address: AddressSource,
    /// Whether the server stops when it cannot update the rule.
    pub required: bool,
    /// The database behind the rule, where a URL is set.
    pub database: Option<DatabaseConfig>,
    /// The region of the security group.
    pub aws: AwsConfig,
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
            (Some(group), Some(rule)) => (group, rule),
            (None, None) => return None,
            (Some(_), None) => {
                settings.problem("DB_SG_RULE_ID", "must be set together with DB_SG_ID");
                return None;
            }
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
            rule,
            description: description(settings),
            address: AddressSource::read(settings),
            required: settings.switch("SG_REQUIRED"),
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

impl AddressSource {
    fn read(settings: &mut Settings) -> Self {
        for name in ["GITPOD_IP", "PUBLIC_IP"] {
            let Some(text) = settings.text(name) else {
                continue;
            };
            match text.trim().parse() {
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

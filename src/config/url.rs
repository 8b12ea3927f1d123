//! A connection URL, with what libpq knows and tokio-postgres does not (`sslmode=verify-full`,
//! `sslrootcert`) taken out first, and the decision whether the connection must be encrypted.

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use tokio_postgres::config::{Host, SslMode};

/// A database's address. `Debug` never shows the password.
#[derive(Debug, Clone)]
pub struct ConnectionUrl {
    pub config: tokio_postgres::Config,
    /// TLS with the chain and the name verified; there is no weaker kind.
    pub tls: bool,
    /// Encryption was switched off for a host that is not local: worth a warning.
    pub tls_refused: bool,
    /// `sslrootcert`.
    pub root_certificate: Option<PathBuf>,
}

impl ConnectionUrl {
    /// Reads `postgresql://…` or `key=value …`. The error says what is wrong and never repeats
    /// the text, which holds a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (text, [ssl_mode, root_certificate]) = take_out(text, ["sslmode", "sslrootcert"])?;
        let mut config: tokio_postgres::Config = text.parse().map_err(|_| {
            "is not a connection URL such as postgresql://user:password@host:5432/database"
                .to_owned()
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        let worst = config
            .get_hosts()
            .iter()
            .map(Nearness::of)
            .max()
            .unwrap_or(Nearness::Remote);
        let (tls, tls_refused) = match ssl_mode.as_deref() {
            None | Some("prefer" | "allow") => (worst != Nearness::Local, false),
            Some("require" | "verify-ca" | "verify-full") => (true, false),
            Some("disable") if worst == Nearness::Remote => {
                return Err(
                    "has sslmode=disable for a host that is neither local nor private: \
                            remove it, the connection must be encrypted"
                        .to_owned(),
                );
            }
            Some("disable") => (false, worst == Nearness::Private),
            Some(_) => {
                return Err("has an unknown sslmode: use verify-full, or leave it out".to_owned());
            }
        };
        config.ssl_mode(if tls {
            SslMode::Require
        } else {
            SslMode::Disable
        });
        let root_certificate = root_certificate.map(PathBuf::from);
        Ok(Self {
            config,
            tls,
            tls_refused,
            root_certificate,
        })
    }

    /// A socket, `localhost` or a loopback literal. Another name is never local, even where it
    /// resolves to loopback: names can be made to resolve to anything.
    pub fn is_local(&self) -> bool {
        self.config
            .get_hosts()
            .iter()
            .all(|host| Nearness::of(host) == Nearness::Local)
    }

    /// The database that the URL names; as libpq, the user's name where it names none.
    pub fn database(&self) -> &str {
        self.config
            .get_dbname()
            .or_else(|| self.config.get_user())
            .unwrap_or("postgres")
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    Local,
    /// A name without a dot (a compose service) or a private address.
    Private,
    Remote,
}

impl Nearness {
    fn of(host: &Host) -> Self {
        let name = match host {
            #[cfg(unix)]
            Host::Unix(_) => return Self::Local,
            Host::Tcp(name) => name.as_str(),
        };
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        match literal.parse::<IpAddr>() {
            Ok(address) if address.is_loopback() => Self::Local,
            Ok(IpAddr::V4(v4)) if v4.is_private() || v4.is_link_local() => Self::Private,
            Ok(IpAddr::V6(v6)) if is_private_v6(v6) => Self::Private,
            Ok(_) => Self::Remote,
            Err(_) if name.eq_ignore_ascii_case("localhost") => Self::Local,
            Err(_) if !name.contains('.') => Self::Private,
            Err(_) => Self::Remote,
        }
    }
}

/// fc00::/7 (unique local) and fe80::/10 (link local).
fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

/// Removes the parameters `names` from a connection text of either form and returns their values.
fn take_out<const N: usize>(
    text: &str,
    names: [&str; N],
) -> Result<(String, [Option<String>; N]), String> {
    let mut taken = [const { None }; N];
    let mut keep = |key: &str, value: &str| match names.iter().position(|name| *name == key) {
        Some(index) => {
            taken[index] = Some(value.to_owned()).filter(|value| !value.is_empty());
            false
        }
        None => true,
    };
    let is_url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    let rest = if is_url {
        let (base, query) = text.split_once('?').unwrap_or((text, ""));
        let mut kept = form_urlencoded::Serializer::new(String::new());
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            if keep(&key, &value) {
                kept.append_pair(&key, &value);
            }
        }
        // tokio-postgres decodes %20, not the form encoding's plus.
        let query = kept.finish().replace('+', "%20");
        if query.is_empty() {
            base.to_owned()
        } else {
            format!("{base}?{query}")
        }
    } else {
        let mut kept = Vec::new();
        for (key, value) in key_value_pairs(text)? {
            if keep(&key, &value) {
                let escaped = value.replace('\\', "\\\\").replace('\'', "\\'");
                kept.push(format!("{key}='{escaped}'"));
            }
        }
        kept.join(" ")
    };
    Ok((rest, taken))
}

/// libpq's `key = value` form; a value may be quoted and may escape with a backslash.
fn key_value_pairs(text: &str) -> Result<Vec<(String, String)>, String> {
    let malformed = || "is neither a postgresql:// URL nor key=value pairs".to_owned();
    let mut pairs = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (key, after) = rest.split_once('=').ok_or_else(malformed)?;
        let mut chars = after.trim_start().chars();
        let quoted = chars.as_str().starts_with('\'');
        if quoted {
            chars.next();
        }
        let mut value = String::new();
        loop {
            match chars.next() {
                Some('\\') => value.push(chars.next().ok_or_else(malformed)?),
                Some('\'') if quoted => break,
                Some(c) if !quoted && c.is_whitespace() => break,
                Some(c) => value.push(c),
                None if quoted => return Err(malformed()),
                None => break,
            }
        }
        pairs.push((key.trim().to_owned(), value));
        rest = chars.as_str().trim_start();
    }
    if pairs.is_empty() {
        Err(malformed())
    } else {
        Ok(pairs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> ConnectionUrl {
        ConnectionUrl::parse(text).expect(text)
    }

    #[test]
    fn every_host_that_is_not_local_gets_tls() {
        for (text, tls) in [
            ("postgresql:///cruddur?host=/run/postgresql", false),
            ("postgresql://localhost/cruddur", false),
            ("postgresql://127.0.0.1/cruddur", false),
            ("postgresql://[::1]/cruddur", false),
            ("postgresql://db/cruddur", true),
            ("postgresql://10.0.0.5/cruddur", true),
            ("postgresql://db.example/cruddur?sslmode=prefer", true),
            ("host=db.example hostaddr=127.0.0.1 dbname=cruddur", true),
            ("postgresql://localhost/cruddur?sslmode=verify-full", true),
        ] {
            assert_eq!(parsed(text).tls, tls, "{text}");
        }
    }

    #[test]
    fn tls_can_be_refused_for_a_private_host_only() {
        for text in [
            "postgresql://db/x?sslmode=disable",
            "host=192.168.1.4 sslmode=disable",
        ] {
            assert!(parsed(text).tls_refused, "{text}");
        }
        for text in [
            "postgresql://db.example/x?sslmode=disable",
            "host=8.8.8.8 sslmode=disable",
        ] {
            let error = ConnectionUrl::parse(text).expect_err(text);
            assert!(error.contains("sslmode=disable"), "{error}");
        }
    }

    #[test]
    fn what_libpq_knows_and_the_driver_does_not_is_taken_out() {
        let url = parsed(
            "postgresql://u:p%40ss@h.example/d?sslmode=verify-full&sslrootcert=%2Fa%20b.pem&connect_timeout=2",
        );
        assert_eq!(
            url.root_certificate.as_deref(),
            Some(std::path::Path::new("/a b.pem"))
        );
        assert_eq!(url.config.get_password(), Some(&b"p@ss"[..]));
        assert_eq!(url.database(), "d");
        let url = parsed("host = h.example password='it' dbname='my \\'db'");
        assert_eq!(url.database(), "my 'db");
    }

    #[test]
    fn an_error_never_repeats_the_password() {
        for text in [
            "postgresql://u:s3cret@h:port/x",
            "password=s3cret what",
            "s3cret",
        ] {
            let error = ConnectionUrl::parse(text).expect_err(text);
            assert!(!error.contains("s3cret"), "{error}");
        }
    }
}

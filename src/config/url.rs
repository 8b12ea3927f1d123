//! A connection URL. Parameters of libpq that tokio-postgres does not know (`sslmode=verify-full`,
//! `sslrootcert`) are removed first; they decide whether the connection must be encrypted.

mod parameters;
mod tunnelled;

use std::net::{IpAddr, Ipv6Addr};
use std::path::PathBuf;

use tokio_postgres::config::{Host, SslMode};

use parameters::take_out;

/// A parsed connection URL. `Debug` never shows the password.
#[derive(Debug, Clone)]
pub struct ConnectionUrl {
    /// The driver's configuration: hosts, user, password, database and options.
    pub config: tokio_postgres::Config,
    /// Whether to use TLS, which always verifies the certificate chain and the host name.
    pub tls: bool,
    /// Whether `sslmode=disable` is set for a private host; the server logs a warning.
    pub tls_refused: bool,
    /// `sslrootcert`: a PEM file of certificate authorities.
    pub root_certificate: Option<PathBuf>,
    /// The server's own endpoint, where `config` leads through a tunnel.
    tunnelled: Option<Endpoint>,
}

/// A server's name and port.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Endpoint {
    /// The host name, without the brackets of an IPv6 address.
    pub name: String,
    /// `hostaddr`, which makes resolving the name unnecessary.
    pub address: Option<IpAddr>,
    /// The TCP port.
    pub port: u16,
}

/// The default port of PostgreSQL.
pub const DEFAULT_PORT: u16 = 5432;

impl ConnectionUrl {
    /// Parses `postgresql://…` or `key=value …`.
    ///
    /// # Errors
    /// A text that continues a sentence that begins with the setting's name. It never contains the URL,
    /// which may contain a password.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (text, [ssl_mode, root_certificate]) = take_out(text, ["sslmode", "sslrootcert"])?;
        let mut config: tokio_postgres::Config = text.parse().map_err(|_| {
            "is not a connection URL such as postgresql://user:password@host:5432/database"
                .to_owned()
        })?;
        if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
            config.host("localhost");
        }
        let nearness = Nearness::of(&config);
        let (tls, tls_refused) = match ssl_mode.as_deref() {
            None | Some("prefer" | "allow") => (nearness != Nearness::Local, false),
            Some("require" | "verify-ca" | "verify-full") => (true, false),
            Some("disable") if nearness == Nearness::Remote => {
                return Err(
                    "has sslmode=disable for a host that is neither local nor private: \
                            remove it, the connection must be encrypted"
                        .to_owned(),
                );
            }
            Some("disable") => (false, nearness == Nearness::Private),
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
            tunnelled: None,
        })
    }

    /// Whether every host is a Unix socket, `localhost` or a loopback address, and so is every `hostaddr`.
    /// Another name is never local, even where it resolves to loopback, because the answer of DNS may change.
    pub fn is_local(&self) -> bool {
        Nearness::of(&self.config) == Nearness::Local
    }

    /// The first host that is not a Unix socket.
    pub fn endpoint(&self) -> Option<Endpoint> {
        let hosts = self.config.get_hosts();
        let position = hosts.iter().position(|host| matches!(host, Host::Tcp(_)));
        let index = position.unwrap_or_default();
        let address = self.config.get_hostaddrs().get(index).copied();
        let name = match hosts.get(index) {
            Some(Host::Tcp(name)) => name.clone(),
            Some(_) => return None,
            None => address?.to_string(),
        };
        let ports = self.config.get_ports();
        Some(Endpoint {
            name: name
                .trim_start_matches('[')
                .trim_end_matches(']')
                .to_owned(),
            address,
            port: *ports.get(index).or(ports.first()).unwrap_or(&DEFAULT_PORT),
        })
    }

    /// The name of the database. Without one it is the user's name, as in libpq.
    pub fn database(&self) -> &str {
        self.config
            .get_dbname()
            .or_else(|| self.config.get_user())
            .unwrap_or("postgres")
    }
}

/// How near a host is, from the nearest; decides whether TLS is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Nearness {
    /// This machine.
    Local,
    /// A name without a dot (a compose service) or a private address.
    Private,
    Remote,
}

impl Nearness {
    /// That of the farthest host or `hostaddr`: the driver connects to the `hostaddr`, whatever its name is.
    fn of(config: &tokio_postgres::Config) -> Self {
        let hosts = config.get_hosts().iter().map(Self::of_host);
        let addresses = config.get_hostaddrs().iter().copied();
        let all = hosts.chain(addresses.map(Self::of_address));
        all.max().unwrap_or(Self::Remote)
    }

    fn of_host(host: &Host) -> Self {
        let name = match host {
            #[cfg(unix)]
            Host::Unix(_) => return Self::Local,
            Host::Tcp(name) => name.as_str(),
        };
        let literal = name.trim_start_matches('[').trim_end_matches(']');
        match literal.parse() {
            Ok(address) => Self::of_address(address),
            Err(_) if name.eq_ignore_ascii_case("localhost") => Self::Local,
            Err(_) if !name.contains('.') => Self::Private,
            Err(_) => Self::Remote,
        }
    }

    fn of_address(address: IpAddr) -> Self {
        match address {
            _ if address.is_loopback() => Self::Local,
            IpAddr::V4(v4) if v4.is_private() || v4.is_link_local() => Self::Private,
            IpAddr::V6(v6) if is_private_v6(v6) => Self::Private,
            _ => Self::Remote,
        }
    }
}

/// fc00::/7 (unique local) and fe80::/10 (link local).
fn is_private_v6(address: Ipv6Addr) -> bool {
    address.is_unique_local() || address.is_unicast_link_local()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> ConnectionUrl {
        ConnectionUrl::parse(text).expect(text)
    }

    #[test]
    fn every_host_that_is_not_local_uses_tls() {
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
    fn the_address_decides_whether_a_server_is_local() {
        for (text, local) in [
            ("host=localhost", true),
            ("host=localhost hostaddr=127.0.0.1", true),
            ("hostaddr=::1", true),
            ("host=/run/postgresql", true),
            ("host=localhost hostaddr=203.0.113.9", false),
            ("host=localhost hostaddr=10.0.0.5", false),
            ("host=127.0.0.1 hostaddr=203.0.113.9", false),
            ("host=/run/postgresql hostaddr=203.0.113.9", false),
            ("hostaddr=203.0.113.9", false),
            ("host=db.example hostaddr=127.0.0.1", false),
            (
                "host=localhost,localhost hostaddr=127.0.0.1,203.0.113.9",
                false,
            ),
        ] {
            assert_eq!(parsed(text).is_local(), local, "{text}");
            assert_eq!(parsed(text).tls, !local, "{text}");
        }
        let error = ConnectionUrl::parse("host=db hostaddr=203.0.113.9 sslmode=disable");
        assert!(error.is_err_and(|error| error.contains("sslmode=disable")));
    }

    #[test]
    fn tls_can_be_switched_off_for_a_private_host_only() {
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
    fn parameters_that_only_libpq_knows_are_removed() {
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
    fn the_endpoint_is_the_first_tcp_host() {
        for (text, expected) in [
            (
                "postgresql://db.example/d",
                Some(("db.example", None, 5432)),
            ),
            ("postgresql://u@[::1]:6000/d", Some(("::1", None, 6000))),
            (
                "host=db.example hostaddr=127.0.0.1 port=7",
                Some(("db.example", Some("127.0.0.1"), 7)),
            ),
            (
                "hostaddr=127.0.0.1",
                Some(("127.0.0.1", Some("127.0.0.1"), 5432)),
            ),
            ("host=/run/postgresql", None),
        ] {
            let expected = expected.map(|(name, address, port)| Endpoint {
                name: name.to_owned(),
                address: address.map(|address: &str| address.parse().expect("an address")),
                port,
            });
            assert_eq!(parsed(text).endpoint(), expected, "{text}");
        }
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

//! Chooses the host to connect to if the URL names several: the one that served last, and where it does not answer at
//! once, whichever accepts writes first. A host that accepts connections and never answers thus delays no connection.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, select_ok};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// How long the host that served last has to answer before the others are tried too.
const HEAD_START: Duration = Duration::from_millis(200);

/// The hosts of one URL. Every attempt requires a host that accepts writes.
#[derive(Default)]
pub(super) struct Hosts {
    /// The position of the host that served last.
    latest: AtomicUsize,
}

impl Hosts {
    /// Calls `open` for the hosts of `config`, each time with one of them, and returns the first success.
    ///
    /// # Errors
    /// That of the host that fails last, if all fail.
    pub(super) async fn connect<'a, T: Send, E: Send>(
        &self,
        config: &Config,
        open: &(dyn Fn(Config) -> BoxFuture<'a, Result<T, E>> + Sync),
    ) -> Result<T, E> {
        let hosts = hosts_of(config);
        if hosts.len() < 2 {
            return open(config.clone()).await;
        }
        let latest = self.latest.load(Ordering::Relaxed) % hosts.len();
        let attempts = hosts.into_iter().enumerate().map(|(position, host)| {
            let delay = match position == latest {
                true => Duration::ZERO,
                false => HEAD_START,
            };
            async move {
                tokio::time::sleep(delay).await;
                Ok((position, open(host).await?))
            }
            .boxed()
        });
        let ((position, connected), _) = select_ok(attempts).await?;
        self.latest.store(position, Ordering::Relaxed);
        Ok(connected)
    }
}

/// One configuration for each host, with the other settings of `config`. The driver pairs hosts, addresses and ports by
/// their positions.
fn hosts_of(config: &Config) -> Vec<Config> {
    let (hosts, addresses, ports) = (
        config.get_hosts(),
        config.get_hostaddrs(),
        config.get_ports(),
    );
    (0..hosts.len().max(addresses.len()))
        .map(|position| {
            let mut one = without_hosts(config);
            match hosts.get(position) {
                Some(Host::Tcp(name)) => _ = one.host(name),
                #[cfg(unix)]
                Some(Host::Unix(directory)) => _ = one.host_path(directory),
                None => {}
            }
            if let Some(address) = addresses.get(position) {
                one.hostaddr(*address);
            }
            // One port counts for all hosts.
            if let Some(port) = ports.get(position).or(ports.first()) {
                one.port(*port);
            }
            one
        })
        .collect()
}

fn without_hosts(config: &Config) -> Config {
    let mut other = Config::new();
    if let Some(user) = config.get_user() {
        other.user(user);
    }
    if let Some(password) = config.get_password() {
        other.password(password);
    }
    if let Some(database) = config.get_dbname() {
        other.dbname(database);
    }
    if let Some(options) = config.get_options() {
        other.options(options);
    }
    if let Some(name) = config.get_application_name() {
        other.application_name(name);
    }
    if let Some(timeout) = config.get_connect_timeout() {
        other.connect_timeout(*timeout);
    }
    if let Some(timeout) = config.get_tcp_user_timeout() {
        other.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = config.get_keepalives_interval() {
        other.keepalives_interval(interval);
    }
    if let Some(retries) = config.get_keepalives_retries() {
        other.keepalives_retries(retries);
    }
    other
        .ssl_mode(config.get_ssl_mode())
        .ssl_negotiation(config.get_ssl_negotiation())
        .channel_binding(config.get_channel_binding())
        .target_session_attrs(config.get_target_session_attrs())
        .keepalives(config.get_keepalives())
        .keepalives_idle(config.get_keepalives_idle());
    other
}

#[cfg(test)]
mod tests {
    use std::future::{pending, ready};

    use super::*;

    const URL: &str = "host=a,b port=5001,5002 user=cruddur dbname=posts options='-c jit=off' \
                       target_session_attrs=read-write";

    fn host(config: &Config) -> &str {
        match &config.get_hosts()[0] {
            Host::Tcp(name) => name,
            #[cfg(unix)]
            Host::Unix(_) => "a socket",
        }
    }

    #[test]
    fn each_host_gets_its_port_and_every_other_setting() {
        let config: Config = URL.parse().expect("a URL");
        let hosts = hosts_of(&config);
        let seen = hosts
            .iter()
            .map(|one| (host(one), one.get_ports().to_vec()))
            .collect::<Vec<_>>();
        assert_eq!(seen, [("a", vec![5001]), ("b", vec![5002])]);
        for one in hosts {
            let together = format!("{one:?}");
            for setting in ["cruddur", "posts", "jit=off", "ReadWrite"] {
                assert!(together.contains(setting), "{together}");
            }
        }
    }

    #[tokio::test]
    async fn a_host_that_never_answers_delays_only_the_first_connection() {
        let config: Config = URL.parse().expect("a URL");
        let hosts = Hosts::default();
        let open = |one: Config| match host(&one) {
            "a" => pending::<Result<&str, &str>>().boxed(),
            _ => ready(Ok("connected to b")).boxed(),
        };
        assert_eq!(hosts.connect(&config, &open).await, Ok("connected to b"));
        // The host that served last is the only one that is tried.
        let only_b = |one: Config| match host(&one) {
            "a" => panic!("a was tried"),
            _ => ready(Ok::<_, &str>("connected to b")).boxed(),
        };
        assert_eq!(hosts.connect(&config, &only_b).await, Ok("connected to b"));
        let refused = |_: Config| ready(Err::<&str, _>("refused")).boxed();
        assert_eq!(hosts.connect(&config, &refused).await, Err("refused"));
    }
}

//! Chooses the host to connect to: the one that served last, and where it does not answer at once, whichever accepts
//! writes first. Names are resolved again at each attempt, and each address of a name counts as a host. A host that
//! accepts connections and never answers thus delays no connection.

mod single;

use std::io;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, join_all};
use futures_util::stream::{FuturesUnordered, StreamExt};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use super::session::Refusal;
use single::hosts_of;

/// How long the host that served last has to answer before the others are tried too.
const HEAD_START: Duration = Duration::from_millis(200);
/// How long a host may take to open a session, with TLS and authentication, before a second attempt begins beside the
/// first one: its address may lead to another server by then.
const SECOND_ATTEMPT: Duration = Duration::from_millis(500);
/// The pause before a host that refused is tried again, while another has not answered yet: it may be promoted.
const RETRY_PAUSE: Duration = Duration::from_millis(100);
/// How often an only host is tried that refuses writes: its address may lead to a primary and a standby by turns.
const MAX_TRIES: u32 = 4;
/// How long a name may take to resolve.
const RESOLVE_TIMEOUT: Duration = Duration::from_secs(1);

/// The hosts of one URL. Every attempt requires a host that accepts writes.
#[derive(Default)]
pub(super) struct Hosts {
    /// The host that served last.
    latest: Mutex<Option<Endpoint>>,
}

/// What tells one host from another.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Endpoint {
    host: Option<Host>,
    address: Option<IpAddr>,
    port: Option<u16>,
}

/// Opens a session on the only host of a configuration.
type Open<'a, T> = &'a (dyn Fn(Config) -> BoxFuture<'a, Result<T, Refusal>> + Sync);

impl Hosts {
    /// Calls `open` for the hosts of `config`, each time with one of them, and returns the first success.
    ///
    /// # Errors
    /// That of the host that fails last, if all fail.
    pub(super) async fn connect<'a, T: Send>(
        &self,
        config: &Config,
        open: Open<'a, T>,
    ) -> Result<T, Refusal> {
        let hosts = resolve(config).await?;
        let (opened, endpoint) = match hosts.as_slice() {
            [only] => (open_only(only, open).await?, Endpoint::of(only)),
            _ => self.race(&hosts, open).await?,
        };
        *self.latest() = Some(endpoint);
        Ok(opened)
    }

    fn latest(&self) -> MutexGuard<'_, Option<Endpoint>> {
        self.latest.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn race<'a, T: Send>(
        &self,
        hosts: &[Config],
        open: Open<'a, T>,
    ) -> Result<(T, Endpoint), Refusal> {
        let latest = self.latest().clone();
        let attempt = |position: usize, pause: Duration| {
            async move {
                tokio::time::sleep(pause).await;
                (position, open_in_parallel(&hosts[position], open).await)
            }
            .boxed()
        };
        let first = hosts
            .iter()
            .position(|host| latest.as_ref() == Some(&Endpoint::of(host)));
        let mut attempts: FuturesUnordered<_> = (0..hosts.len())
            .map(|position| match first {
                Some(first) if position != first => attempt(position, HEAD_START),
                _ => attempt(position, Duration::ZERO),
            })
            .collect();
        let mut has_failed = vec![false; hosts.len()];
        while let Some((position, outcome)) = attempts.next().await {
            match outcome {
                Ok(opened) => return Ok((opened, Endpoint::of(&hosts[position]))),
                Err(refusal) => {
                    has_failed[position] = true;
                    if has_failed.iter().all(|failed| *failed) {
                        return Err(refusal);
                    }
                    attempts.push(attempt(position, RETRY_PAUSE));
                }
            }
        }
        Err(Refusal::NoHost)
    }
}

async fn open_only<T>(host: &Config, open: Open<'_, T>) -> Result<T, Refusal> {
    let mut tries = 1;
    loop {
        match open_in_parallel(host, open).await {
            Err(Refusal::ReadOnly) if tries < MAX_TRIES => tries += 1,
            outcome => return outcome,
        }
    }
}

/// The outcome of the attempt that ends first. The caller limits the time, and thereby the number of attempts.
async fn open_in_parallel<T>(host: &Config, open: Open<'_, T>) -> Result<T, Refusal> {
    let mut attempts = FuturesUnordered::from_iter([open(host.clone())]);
    loop {
        tokio::select! {
            Some(outcome) = attempts.next() => return outcome,
            () = tokio::time::sleep(SECOND_ATTEMPT) => attempts.push(open(host.clone())),
        }
    }
}

impl Endpoint {
    fn of(host: &Config) -> Self {
        Self {
            host: host.get_hosts().first().cloned(),
            address: host.get_hostaddrs().first().copied(),
            port: host.get_ports().first().copied(),
        }
    }
}

/// The hosts of `config`, one for each address of a name.
///
/// # Errors
/// No name resolves.
async fn resolve(config: &Config) -> Result<Vec<Config>, Refusal> {
    let resolved = join_all(hosts_of(config).into_iter().map(addresses_of)).await;
    let mut error = None;
    let mut hosts = Vec::new();
    for host in resolved {
        match host {
            Ok(addresses) => hosts.extend(addresses),
            Err(unresolved) => error = Some(unresolved),
        }
    }
    match error {
        Some(error) if hosts.is_empty() => Err(Refusal::Unresolved(error)),
        _ => Ok(hosts),
    }
}

async fn addresses_of(host: Config) -> io::Result<Vec<Config>> {
    let name = match (host.get_hosts().first(), host.get_hostaddrs().first()) {
        (Some(Host::Tcp(name)), None) => name.clone(),
        _ => return Ok(vec![host]),
    };
    // The driver takes the port from the configuration.
    let lookup = tokio::time::timeout(RESOLVE_TIMEOUT, tokio::net::lookup_host((name, 0)));
    let addresses = lookup.await.map_err(io::Error::from).flatten()?;
    let at = |address: IpAddr| {
        let mut host = host.clone();
        host.hostaddr(address);
        host
    };
    Ok(addresses.map(|address| at(address.ip())).collect())
}

#[cfg(test)]
mod tests {
    use std::future::pending;

    use super::*;

    const URL: &str = "host=a,b hostaddr=127.0.0.1,127.0.0.2 port=5001,5002 user=cruddur dbname=posts \
                       options='-c jit=off'";

    fn host(config: &Config) -> &str {
        match &config.get_hosts()[0] {
            Host::Tcp(name) => name,
            #[cfg(unix)]
            Host::Unix(_) => "a socket",
        }
    }

    #[tokio::test]
    async fn a_host_that_never_answers_delays_only_the_first_connection() {
        let config: Config = URL.parse().expect("a URL");
        let hosts = Hosts::default();
        let open = |one: Config| {
            async move {
                match host(&one) {
                    "a" => pending().await,
                    _ => Ok("connected to b"),
                }
            }
            .boxed()
        };
        let connected = hosts.connect(&config, &open).await;
        assert!(matches!(connected, Ok("connected to b")));
        // The host that served last is the only one that is tried.
        let only_b = |one: Config| {
            async move {
                match host(&one) {
                    "a" => panic!("a was tried"),
                    _ => Ok("connected to b"),
                }
            }
            .boxed()
        };
        let connected = hosts.connect(&config, &only_b).await;
        assert!(matches!(connected, Ok("connected to b")));
        let refused = |_: Config| async { Err::<&str, _>(Refusal::ReadOnly) }.boxed();
        let connected = hosts.connect(&config, &refused).await;
        assert!(matches!(connected, Err(Refusal::ReadOnly)));
    }

    #[tokio::test]
    async fn an_attempt_that_gets_no_answer_is_overtaken_by_the_next_one() {
        let config: Config = "host=a hostaddr=127.0.0.1".parse().expect("a URL");
        let tries = Mutex::new(0);
        let open = |_: Config| {
            let number = {
                let mut tries = tries.lock().expect("a number");
                *tries += 1;
                *tries
            };
            async move {
                match number {
                    1 => pending().await,
                    _ => Ok("connected"),
                }
            }
            .boxed()
        };
        let connected = Hosts::default().connect(&config, &open).await;
        assert!(matches!(connected, Ok("connected")));
    }

    #[tokio::test]
    async fn a_standby_is_used_as_soon_as_it_is_promoted_while_the_old_writer_is_silent() {
        let config: Config = URL.parse().expect("a URL");
        let tries = Mutex::new(0);
        let open = |one: Config| {
            let tries = &tries;
            async move {
                if host(&one) == "a" {
                    return pending().await;
                }
                let mut tries = tries.lock().expect("a number");
                *tries += 1;
                match *tries {
                    3 => Ok("promoted"),
                    _ => Err(Refusal::ReadOnly),
                }
            }
            .boxed()
        };
        let connected = Hosts::default().connect(&config, &open).await;
        assert!(matches!(connected, Ok("promoted")));
    }

    #[tokio::test]
    async fn every_address_of_a_name_is_a_host() {
        let config: Config = "host=localhost port=5001".parse().expect("a URL");
        let hosts = resolve(&config).await.expect("localhost");
        for one in &hosts {
            assert_eq!(host(one), "localhost");
            assert!(one.get_hostaddrs()[0].is_loopback());
        }
    }
}

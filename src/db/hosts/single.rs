//! Splits the configuration of several hosts into one for each.

use tokio_postgres::Config;
use tokio_postgres::config::Host;

/// One configuration for each host, with the other settings of `config`. The driver pairs hosts, addresses and ports by
/// their positions.
pub(super) fn hosts_of(config: &Config) -> Vec<Config> {
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
    use super::*;

    const URL: &str = "host=a,b port=5001,5002 user=cruddur dbname=posts options='-c jit=off'";

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
            for setting in ["cruddur", "posts", "jit=off"] {
                assert!(together.contains(setting), "{together}");
            }
        }
    }
}

//! A connection URL that leads through a tunnel. `operations::tunnel` opens it.

use std::net::{IpAddr, Ipv4Addr};

use super::{ConnectionUrl, Endpoint};

impl ConnectionUrl {
    /// This database, through a tunnel that begins at `local_port` of this machine. The server keeps its name, which its
    /// certificate is verified against.
    pub fn through_tunnel(&self, server: Endpoint, local_port: u16) -> Self {
        let old = &self.config;
        let mut config = tokio_postgres::Config::new();
        config
            .host(&server.name)
            .hostaddr(IpAddr::V4(Ipv4Addr::LOCALHOST))
            .port(local_port)
            .ssl_mode(old.get_ssl_mode())
            .channel_binding(old.get_channel_binding());
        if let Some(user) = old.get_user() {
            config.user(user);
        }
        if let Some(password) = old.get_password() {
            config.password(password);
        }
        if let Some(database) = old.get_dbname() {
            config.dbname(database);
        }
        if let Some(options) = old.get_options() {
            config.options(options);
        }
        if let Some(name) = old.get_application_name() {
            config.application_name(name);
        }
        Self {
            config,
            tunnelled: Some(server),
            ..self.clone()
        }
    }

    /// The endpoint that the server has in its own network: without a tunnel that of [`endpoint`](Self::endpoint).
    pub fn server(&self) -> Option<Endpoint> {
        self.tunnelled.clone().or_else(|| self.endpoint())
    }
}

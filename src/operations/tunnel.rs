//! A tunnel to a database in a private network: AWS Systems Manager forwards a port of this machine through an instance
//! that reaches the database. Amazon's session-manager-plugin carries it; `aws` starts the session.

pub mod cli;
mod plugin;

use std::net::{Ipv4Addr, SocketAddr, TcpListener};

use serde::Serialize;
use utoipa::ToSchema;

use plugin::Plugin;

use crate::aws::{self, Forwarding};
use crate::config::{DatabaseConfig, DatabaseLocation, Endpoint, TunnelConfig};
use crate::error::{Error, Result};

/// An open tunnel. It closes when this is dropped, and when this process ends.
pub struct Tunnel {
    plugin: Plugin,
    server: Endpoint,
    local_port: u16,
}

/// Where a tunnel begins and ends.
#[derive(Debug, Serialize, ToSchema)]
pub struct TunnelReport {
    /// Where it begins on this machine.
    pub address: String,
    /// The database server where it ends.
    pub server: String,
    /// What forwards to the server.
    pub target: String,
    /// A connection string without the password, for libpq.
    pub connection: String,
}

impl Tunnel {
    /// Opens a tunnel to the server of `database`, which then leads through it. It begins at `local_port`, or at a free
    /// port if that is 0.
    ///
    /// # Errors
    /// A database on this machine; no plugin; AWS refuses; a plugin that ends, or opens no port in time.
    pub async fn open(
        database: &mut DatabaseConfig,
        tunnel: &TunnelConfig,
        local_port: u16,
    ) -> Result<Self> {
        let DatabaseLocation::Url(url) = &mut database.target else {
            return Err(no_remote_database());
        };
        let server = url.endpoint().filter(|_| !url.is_local());
        let server = server.ok_or_else(no_remote_database)?;
        let program = plugin::find(tunnel.search_path.as_deref())?;
        let local_port = free_port(local_port)?;
        let forwarding = Forwarding {
            target: tunnel.target.clone(),
            host: server.name.clone(),
            port: server.port,
            local_port,
        };
        let session = aws::start_session(&aws::load(&tunnel.aws).await?, &forwarding).await?;
        let mut plugin = Plugin::start(&program, &session)?;
        plugin.wait_until_open(local_port).await?;
        **url = url.through_tunnel(server.clone(), local_port);
        Ok(Self {
            plugin,
            server,
            local_port,
        })
    }

    /// Waits until the session ends by itself, and returns why.
    pub async fn ended(&mut self) -> Error {
        self.plugin.ended().await
    }

    /// Where the tunnel begins and ends, for a person or a program that connects through it.
    pub fn report(&self, database: &DatabaseConfig, target: &str) -> TunnelReport {
        let Self {
            server, local_port, ..
        } = self;
        let url = database.url();
        let quoted = |text: &str| text.replace('\\', "\\\\").replace('\'', "\\'");
        let user = url
            .and_then(|url| url.config.get_user())
            .unwrap_or_default();
        let name = url.map(|url| url.database()).unwrap_or_default();
        TunnelReport {
            address: format!("127.0.0.1:{local_port}"),
            server: format!("{}:{}", server.name, server.port),
            target: target.to_owned(),
            connection: format!(
                "host={} hostaddr=127.0.0.1 port={local_port} user='{}' dbname='{}'",
                server.name,
                quoted(user),
                quoted(name)
            ),
        }
    }
}

fn no_remote_database() -> Error {
    Error::operator(
        "a tunnel needs a connection URL whose host is another machine: set CONNECTION_URL, or PROD_CONNECTION_URL \
         and --prod",
    )
}

/// This port, or one that the operating system chooses if it is 0.
fn free_port(port: u16) -> Result<u16> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    let listener = TcpListener::bind(address).and_then(|listener| listener.local_addr());
    match listener {
        Ok(address) => Ok(address.port()),
        Err(error) => Err(Error::Operator(
            format!("port {port} of this machine cannot be used for the tunnel"),
            Some(error.into()),
        )),
    }
}

//! `cruddur db tunnel`.

use super::{Tunnel, TunnelReport};
use crate::config::{Settings, TunnelConfig};
use crate::error::Result;
use crate::operations::command_context::DatabaseArguments;
use crate::operations::termination::Termination;

/// Open a tunnel to a database in a private network, and keep it open until Ctrl-C.
#[derive(clap::Args)]
pub struct TunnelArguments {
    #[command(flatten)]
    database: DatabaseArguments,
    /// The port of this machine where the tunnel begins; 0 chooses a free one.
    #[arg(long, value_name = "PORT", default_value_t = 0)]
    local_port: u16,
}

impl TunnelArguments {
    pub(in crate::operations) async fn run(self, mut settings: Settings) -> Result<()> {
        let mut database = self.database.read_config(&mut settings);
        let config = TunnelConfig::read(&mut settings);
        let output = self.database.output(&mut settings);
        settings.finish()?;
        output.heading("db-tunnel");
        let mut termination = Termination::listen()?;
        let opening = Tunnel::open(&mut database, &config, self.local_port);
        let mut tunnel = termination.interrupt(opening).await?;
        output.report(&tunnel.report(&database, &config.target), describe)?;
        tokio::select! {
            error = tunnel.ended() => Err(error),
            _ = termination.received() => Ok(()),
        }
    }
}

fn describe(report: &TunnelReport) -> Vec<String> {
    let TunnelReport {
        address,
        server,
        target,
        connection,
    } = report;
    vec![
        format!("{address} leads to {server} through {target}, until Ctrl-C"),
        format!("psql \"{connection}\""),
    ]
}

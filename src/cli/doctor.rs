//! `cruddur doctor`: one screen, and a failure where anything is red.

use super::print::{self, Voice};
use super::target::DatabaseArguments;
use crate::config::{
    DatabaseConfig, IdentityConfig, SecurityGroupConfig, Settings, TerminalConfig,
};
use crate::error::{Error, Result};
use crate::ops::doctor::{self, Verdict};

/// # Errors
/// Settings that cannot be read; anything red.
pub async fn run(arguments: &DatabaseArguments, mut settings: Settings) -> Result<()> {
    let database = match arguments.prod {
        true => DatabaseConfig::read_prod(&mut settings),
        false => DatabaseConfig::read(&mut settings),
    };
    let identity = IdentityConfig::read(&mut settings);
    let rule = SecurityGroupConfig::read(&mut settings);
    let voice = Voice {
        json: arguments.json,
        color: TerminalConfig::read(&mut settings).color,
    };
    settings.finish()?;
    let diagnosis = doctor::examine(&database, &identity, rule).await;
    voice.say(&diagnosis, |diagnosis| {
        print::diagnosis(diagnosis, voice.color)
    })?;
    let is_red = |check: &&doctor::Check| check.verdict == Verdict::Red;
    match diagnosis.checks.iter().filter(is_red).count() {
        0 => Ok(()),
        red => Err(Error::operator(format!("{red} of these must be mended"))),
    }
}

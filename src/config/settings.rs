//! Reads the value of a setting by its name: from its flag, else from the environment, else, for a
//! secret, from the file that `…_FILE` names. The struct that reads a setting interprets the value.

mod in_force;
mod list;
#[cfg(test)]
mod reference;
mod setting;

use std::collections::HashMap;
use std::ffi::OsString;
use std::str::FromStr;

use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, Args, Command, FromArgMatches};
use secrecy::SecretString;

pub use in_force::{SettingInForce, Source as SettingSource};
pub(super) use list::PUBLIC_IP_URLS;
pub use list::all_settings;
pub use setting::{DefaultValue, Section, Setting};

/// The settings given as flags, by name.
#[derive(Debug, Clone, Default)]
pub struct Flags(HashMap<&'static str, String>);

fn flag_name(setting: &Setting) -> String {
    setting.name.to_ascii_lowercase().replace('_', "-")
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        command.args(
            all_settings()
                .filter(|setting| setting.flag)
                .map(|setting| {
                    Arg::new(setting.name)
                        .long(flag_name(setting))
                        .value_name("VALUE")
                        .help(setting.help_with_default())
                        .help_heading("Settings")
                        .global(true)
                        .hide_short_help(true)
                }),
        )
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let mut flags = Self::default();
        flags.update_from_arg_matches(matches)?;
        Ok(flags)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        for setting in all_settings().filter(|setting| setting.flag) {
            if matches.value_source(setting.name) == Some(ValueSource::CommandLine)
                && let Some(value) = matches.get_one::<String>(setting.name)
            {
                self.0.insert(setting.name, value.clone());
            }
        }
        Ok(())
    }
}

/// The values of the flags and the environment, and every problem found while reading them.
#[derive(Debug)]
pub struct Settings {
    flags: Flags,
    environment: HashMap<String, OsString>,
    pub(super) problems: Vec<String>,
}

impl Settings {
    /// Reads the environment of the process; a flag overrides its variable.
    #[expect(
        clippy::disallowed_methods,
        reason = "only this function reads the environment"
    )]
    pub fn new(flags: Flags) -> Self {
        let environment = std::env::vars_os()
            .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
            .collect();
        Self {
            flags,
            environment,
            problems: Vec::new(),
        }
    }

    /// Only these variables, without flags.
    #[cfg(test)]
    pub(super) fn of_variables(variables: &[(&str, &str)]) -> Self {
        let environment = variables
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.into()))
            .collect();
        Self {
            flags: Flags::default(),
            environment,
            problems: Vec::new(),
        }
    }

    /// The value of a setting or of another variable (`HOME`); an empty value counts as unset.
    pub fn text(&mut self, name: &str) -> Option<String> {
        if let Some(value) = self.flags.0.get(name) {
            return Some(value.clone()).filter(|value| !value.is_empty());
        }
        match self.environment.get(name)?.clone().into_string() {
            Ok(value) => Some(value).filter(|value| !value.is_empty()),
            Err(_) => {
                self.problem(name, "is not UTF-8");
                None
            }
        }
    }

    /// A value of another type; `expected` continues the sentence "NAME must be …".
    pub fn parse<T: FromStr>(&mut self, name: &str, expected: &str) -> Option<T> {
        let text = self.text(name)?;
        let value = text.trim().parse().ok();
        if value.is_none() {
            self.problem(name, &format!("must be {expected}, but is `{text}`"));
        }
        value
    }

    /// `true` or `false`; unset is `false`.
    pub fn switch(&mut self, name: &str) -> bool {
        self.parse(name, "`true` or `false`").unwrap_or(false)
    }

    /// A secret from its variable, or from the file that `…_FILE` names. No error contains the value.
    pub fn secret(&mut self, name: &str) -> Option<SecretString> {
        if let Some(value) = self.text(name) {
            return Some(value.into());
        }
        let file_setting = format!("{name}_FILE");
        let path = self.text(&file_setting)?;
        match std::fs::read_to_string(&path) {
            Ok(value) => Some(value.trim_end().to_owned())
                .filter(|value| !value.is_empty())
                .map(SecretString::from),
            Err(error) => {
                self.problem(
                    &file_setting,
                    &format!("names {path}, which cannot be read: {error}"),
                );
                None
            }
        }
    }

    /// Records a problem, which [`finish`](Self::finish) reports; `what` continues a sentence that begins
    /// with the name.
    pub fn problem(&mut self, name: &str, what: &str) {
        let problem = format!("{name} {what}");
        // Two structs may read the same setting.
        if !self.problems.contains(&problem) {
            self.problems.push(problem);
        }
    }

    /// A variable that need not be UTF-8.
    pub(super) fn raw(&self, name: &str) -> Option<OsString> {
        self.environment
            .get(name)
            .cloned()
            .filter(|value| !value.is_empty())
    }
}

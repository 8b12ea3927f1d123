//! The manual pages as roff, one for each command, and `cruddur-settings(1)` with every setting. `help` has the same
//! texts for a terminal.

use std::path::PathBuf;

use clap::Command;
use clap_mangen::Man;
use clap_mangen::roff::{Inline, Roff, bold, roman};

use super::help::SETTINGS_RULES;
use crate::config::{Section, Setting, all_settings};
use crate::error::{Error, Result};
use crate::operations::terminal::print;

/// Print the manual page of a command, or write those of all commands.
#[derive(clap::Args)]
pub struct ManArguments {
    /// The command that the page describes, such as `db migrate`; without one, the whole program.
    command: Vec<String>,
    /// Write the pages of all commands into this directory, which must exist.
    #[arg(long, conflicts_with = "command")]
    directory: Option<PathBuf>,
}

impl ManArguments {
    /// Prints one page of `program`, for `man -l -`, or writes all of them.
    ///
    /// # Errors
    /// An unknown command; a directory that cannot be written.
    pub fn run(self, program: Command) -> Result<()> {
        let mut program = program.disable_help_subcommand(true);
        program.build();
        match self.directory {
            Some(directory) => write_all(&program, &directory),
            None => {
                let mut command = &program;
                for name in &self.command {
                    command = command.find_subcommand(name).ok_or_else(|| {
                        let command = self.command.join(" ");
                        Error::operator(format!(
                            "there is no command `{command}`; `cruddur help` lists them"
                        ))
                    })?;
                }
                print(&render(command)?)
            }
        }
    }
}

fn write_all(command: &Command, directory: &PathBuf) -> Result<()> {
    let name = Man::new(command.clone()).get_filename();
    std::fs::write(directory.join(name), render(command)?).map_err(|error| {
        let advice = format!(
            "the manual pages cannot be written into {}",
            directory.display()
        );
        Error::Operator(advice, Some(error.into()))
    })?;
    command
        .get_subcommands()
        .try_for_each(|command| write_all(command, directory))
}

fn render(command: &Command) -> Result<Vec<u8>> {
    let name = command.get_display_name().unwrap_or_default();
    let man = Man::new(command.clone());
    let mut page = Vec::new();
    let rendered = man
        .render_title(&mut page)
        .and_then(|()| man.render_name_section(&mut page))
        .and_then(|()| man.render_synopsis_section(&mut page))
        .and_then(|()| match name {
            "cruddur-settings" => settings().to_writer(&mut page),
            _ => man.render_description_section(&mut page),
        })
        .and_then(|()| man.render_options_section(&mut page))
        .and_then(|()| match command.has_subcommands() {
            true => man.render_subcommands_section(&mut page),
            false => Ok(()),
        })
        .and_then(|()| see_also(name).to_writer(&mut page))
        .and_then(|()| man.render_version_section(&mut page));
    rendered.map_err(|error| Error::internal("could not write the manual page", error))?;
    Ok(page)
}

fn see_also(name: &str) -> Roff {
    let page = match name {
        "cruddur-settings" => "cruddur",
        _ => "cruddur-settings",
    };
    let mut roff = Roff::default();
    roff.control("SH", ["SEE ALSO"])
        .text([bold(page), roman("(1)")]);
    roff
}

/// The settings, a section for each table of the reference page.
fn settings() -> Roff {
    let mut roff = Roff::default();
    roff.control("SH", ["DESCRIPTION"])
        .text([roman(SETTINGS_RULES)]);
    for section in Section::ALL {
        roff.control("SH", [section.title().to_uppercase().as_str()]);
        for setting in all_settings().filter(|setting| setting.section == section) {
            roff.control("TP", []).text(heading(setting));
            roff.text(inlines(&setting.description()));
        }
    }
    roff
}

fn heading(setting: &Setting) -> Vec<Inline> {
    let mut names = vec![bold(setting.name)];
    for other in setting.other_names() {
        names.extend([roman(", "), bold(other)]);
    }
    names
}

/// Words between backticks are bold.
fn inlines(text: &str) -> Vec<Inline> {
    text.split('`')
        .enumerate()
        .map(|(position, part)| match position % 2 {
            0 => roman(part),
            _ => bold(part),
        })
        .collect()
}

//! The texts of `--help` and `cruddur help settings`. A subcommand's help has its own flags only, and refers to the
//! settings, which are flags of every command.

use clap::Command;

use crate::config::{Section, all_settings};

/// What holds for every setting.
pub const SETTINGS_RULES: &str = "Each setting is an environment variable. Those that hold no secret are flags too, \
     and a flag overrides its variable. An empty value counts as unset.";

const POINTER: &str = "Settings are environment variables, or flags such as --port 8080.\n\
     `cruddur help settings` describes them.";

/// The text of `cruddur help settings`: each setting with its default and description.
pub fn settings() -> String {
    let sections = Section::ALL.into_iter().map(|section| {
        let settings = all_settings()
            .filter(|setting| setting.section == section)
            .map(|setting| {
                let names = [&[setting.name.to_owned()], &*setting.other_names()].concat();
                format!("  {}\n      {}", names.join(", "), setting.description())
            });
        let lines: Vec<_> = settings.collect();
        format!("{}:\n{}", section.title(), lines.join("\n"))
    });
    let sections: Vec<_> = sections.collect();
    format!(
        "Every setting of the program\n\n{SETTINGS_RULES}\n\n{}",
        sections.join("\n\n")
    )
}

/// The command with a reference to the settings after the help of each subcommand.
pub fn with_pointer(command: Command) -> Command {
    match command.get_name() {
        "settings" => command,
        _ => command.mut_subcommands(with_pointer).after_help(POINTER),
    }
}

//! How to install PostgreSQL on this system: one command, for the message that none was found.

use std::fs;

/// What each family of systems calls its package, by `ID` and `ID_LIKE` of `os-release`.
const COMMANDS: [(&str, &str); 11] = [
    ("debian", "apt-get install postgresql"),
    ("ubuntu", "apt-get install postgresql"),
    ("amzn", "dnf install postgresql15-server"),
    ("fedora", "dnf install postgresql-server"),
    ("rhel", "dnf install postgresql-server"),
    ("alpine", "apk add postgresql"),
    ("wolfi", "apk add postgresql"),
    ("arch", "pacman -S postgresql"),
    ("suse", "zypper install postgresql-server"),
    ("opensuse", "zypper install postgresql-server"),
    ("nixos", "nix-shell -p postgresql"),
];

/// For a system that says nothing of itself.
const UNKNOWN: &str = "your system's package manager (the package postgresql)";

/// The command that installs PostgreSQL's server here.
pub(super) fn command() -> &'static str {
    if cfg!(target_os = "macos") {
        return "brew install postgresql@17";
    }
    let described = fs::read_to_string("/etc/os-release")
        .or_else(|_| fs::read_to_string("/usr/lib/os-release"))
        .unwrap_or_default();
    command_for(&described)
}

/// `ID` decides before `ID_LIKE`, and the first family of `ID_LIKE` before the next.
fn command_for(os_release: &str) -> &'static str {
    let value = |key: &str| {
        os_release
            .lines()
            .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
            .map_or("", |value| value.trim_matches(['"', '\'']))
    };
    [value("ID"), value("ID_LIKE")]
        .into_iter()
        .flat_map(str::split_whitespace)
        .find_map(|id| COMMANDS.iter().find(|(family, _)| *family == id))
        .map_or(UNKNOWN, |(_, command)| command)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_derived_system_is_told_what_its_family_is_told() {
        let mint = "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(command_for(mint), "apt-get install postgresql");
        let rocky = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n";
        assert_eq!(command_for(rocky), "dnf install postgresql-server");
    }

    #[test]
    fn a_system_has_its_own_command_before_its_familys() {
        let amazon = "NAME=\"Amazon Linux\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\n";
        assert_eq!(command_for(amazon), "dnf install postgresql15-server");
    }

    #[test]
    fn an_unknown_system_is_told_the_package() {
        assert_eq!(command_for(""), UNKNOWN);
    }
}

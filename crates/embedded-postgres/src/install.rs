//! The command that installs PostgreSQL on this system, for the error that reports missing
//! programs; the operator runs it.

use std::fs;

/// The command of each family of systems, by `ID` and `ID_LIKE` of `os-release`.
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

/// For a system of no known family.
const UNKNOWN: &str = "your system's package manager (the package postgresql)";

/// The command that installs PostgreSQL's server here.
pub(crate) fn command() -> &'static str {
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
    fn a_derived_system_has_the_install_command_of_its_family() {
        let mint = "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(command_for(mint), "apt-get install postgresql");
        let rocky = "ID=\"rocky\"\nID_LIKE=\"rhel centos fedora\"\nVERSION_ID=\"9.4\"\n";
        assert_eq!(command_for(rocky), "dnf install postgresql-server");
    }

    #[test]
    fn a_systems_own_install_command_comes_before_its_familys() {
        let amazon = "NAME=\"Amazon Linux\"\nID=\"amzn\"\nID_LIKE=\"fedora\"\n";
        assert_eq!(command_for(amazon), "dnf install postgresql15-server");
    }

    #[test]
    fn an_unknown_system_gets_the_name_of_the_package() {
        assert_eq!(command_for(""), UNKNOWN);
    }
}

//! Who holds a security-group rule: one workspace or machine, by a hash from which no name can be read. `SG_OWNER`,
//! else the id that Gitpod, Ona or Codespaces give the workspace, else this machine's id and host name.

use std::fs;

use sha2::{Digest, Sha256};

use super::Settings;

/// The workspace's own id, by the name of its variable: Gitpod, Ona, Codespaces.
const WORKSPACE_IDS: [&str; 3] = [
    "GITPOD_WORKSPACE_ID",
    "GITPOD_ENVIRONMENT_ID",
    "CODESPACE_NAME",
];
/// The machine's id on Linux. Container images may share one, so the host name is added.
const MACHINE_ID: &str = "/etc/machine-id";
/// The number of hexadecimal digits of the hash.
const DIGITS: usize = 16;

/// The owner id of this workspace, the value of the tag `cruddur:owner`. The same in every process of the workspace,
/// and after it was stopped and started again. `bin/lib/security-group.sh` makes the same one.
pub(super) fn read(settings: &mut Settings) -> String {
    if let Some(owner) = settings.text("SG_OWNER") {
        check(settings, &owner);
        return owner;
    }
    for name in WORKSPACE_IDS {
        if let Some(id) = settings.text(name) {
            return hash(&format!("{name}:{id}"));
        }
    }
    let machine = fs::read_to_string(MACHINE_ID).unwrap_or_default();
    let host = rustix::system::uname();
    let host = host.nodename().to_string_lossy();
    hash(&format!("machine:{}:{host}", machine.trim()))
}

fn hash(text: &str) -> String {
    let digest = Sha256::digest(format!("cruddur:owner:{text}"));
    let digits: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    digits.chars().take(DIGITS).collect()
}

/// The characters that AWS allows in the value of a tag.
fn check(settings: &mut Settings, owner: &str) {
    let is_allowed = |c: char| c.is_ascii_alphanumeric() || "+-=._:/@".contains(c);
    if owner.len() > 64 || !owner.chars().all(is_allowed) {
        settings.problem(
            "SG_OWNER",
            "may have 64 characters of a-z, A-Z, 0-9 and +-=._:/@",
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(variables: &[(&str, &str)]) -> String {
        read(&mut Settings::of_variables(variables))
    }

    #[test]
    fn an_owner_id_is_stable_differs_between_workspaces_and_does_not_show_their_names() {
        let workspaces = [
            ("GITPOD_WORKSPACE_ID", "alice-cruddur-0a1b2c"),
            ("GITPOD_WORKSPACE_ID", "alice-cruddur-3d4e5f"),
            ("GITPOD_ENVIRONMENT_ID", "alice-cruddur-0a1b2c"),
            ("CODESPACE_NAME", "alice-cruddur-0a1b2c"),
        ];
        let owners: Vec<_> = workspaces.iter().map(|one| owner(&[*one])).collect();
        for (index, id) in owners.iter().enumerate() {
            assert_eq!(*id, owner(&[workspaces[index]]));
            assert!(!owners[..index].contains(id), "{owners:?}");
            assert!(id.len() == DIGITS && !id.contains("alice"), "{id}");
        }
        assert_eq!(owner(&[]), owner(&[]));
        assert_eq!(owner(&[("SG_OWNER", "office"), workspaces[0]]), "office");
    }
}

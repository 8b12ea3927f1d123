//! The cloud workspace that the program runs in: Gitpod (`GITPOD_WORKSPACE_URL`), Codespaces (`CODESPACE_NAME`,
//! `GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN`) or Ona (`GITPOD_ENVIRONMENT_ID`), and the addresses under which it forwards
//! ports to browsers.

use super::Settings;

const CODESPACES_DOMAIN: &str = "app.github.dev";
/// The domain of Ona's gateways: `https://3000--ENVIRONMENT_ID.GATEWAY.gitpod.dev`. No variable names the gateway.
const ONA_DOMAIN: &str = ".gitpod.dev";

/// A cloud workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Workspace {
    /// `GITPOD_WORKSPACE_URL` without the scheme: `name.ws-eu1.gitpod.io`.
    Gitpod(String),
    /// The codespace's name, and the domain of its forwarded ports.
    Codespaces(String, String),
    /// The environment's id.
    Ona(String),
}

impl Workspace {
    /// `None` outside of a cloud workspace.
    pub fn read(settings: &mut Settings) -> Option<Self> {
        if let Some(url) = settings.text("GITPOD_WORKSPACE_URL") {
            let host = url.strip_prefix("https://").unwrap_or(&url);
            return host_name(settings, "GITPOD_WORKSPACE_URL", host).map(Self::Gitpod);
        }
        if let Some(name) = settings.text("CODESPACE_NAME") {
            let variable = "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN";
            let domain = settings.text(variable);
            let domain = domain.as_deref().unwrap_or(CODESPACES_DOMAIN);
            let name = host_name(settings, "CODESPACE_NAME", &name)?;
            let domain = host_name(settings, variable, domain)?;
            return Some(Self::Codespaces(name, domain));
        }
        let id = settings.text("GITPOD_ENVIRONMENT_ID")?;
        host_name(settings, "GITPOD_ENVIRONMENT_ID", &id).map(Self::Ona)
    }

    /// Whether pages of this origin come from one of these ports of the workspace.
    pub fn forwards(&self, origin: &str, ports: &[u16]) -> bool {
        let Some(host) = origin.strip_prefix("https://") else {
            return false;
        };
        ports.iter().any(|port| match self {
            Self::Gitpod(workspace) => host == format!("{port}-{workspace}"),
            Self::Codespaces(name, domain) => host == format!("{name}-{port}.{domain}"),
            Self::Ona(id) => {
                let gateway = host
                    .strip_prefix(&format!("{port}--{id}."))
                    .and_then(|rest| rest.strip_suffix(ONA_DOMAIN));
                gateway.is_some_and(is_host_name)
            }
        })
    }
}

/// The value of a variable that the workspace sets, in lower case as browsers write it.
fn host_name(settings: &mut Settings, variable: &str, value: &str) -> Option<String> {
    let name = value.trim_end_matches('/').to_ascii_lowercase();
    if is_host_name(&name) {
        return Some(name);
    }
    settings.problem(variable, &format!("must be a host name, but is `{value}`"));
    None
}

fn is_host_name(text: &str) -> bool {
    !text.is_empty()
        && text
            .chars()
            .all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || "-.".contains(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn allowed(variables: &[(&str, &str)], origin: &str) -> bool {
        let mut settings = Settings::of_variables(variables);
        let workspace = Workspace::read(&mut settings).expect("a workspace");
        assert!(settings.problems.is_empty(), "{:?}", settings.problems);
        workspace.forwards(origin, &[3000, 4567])
    }

    #[test]
    fn a_workspace_forwards_its_own_ports_only() {
        let gitpod = [(
            "GITPOD_WORKSPACE_URL",
            "https://me-cruddur-1a2b.ws-eu1.gitpod.io",
        )];
        let codespaces = [("CODESPACE_NAME", "Fluffy-Disco-x7")];
        let other_domain = [
            ("CODESPACE_NAME", "fluffy-disco-x7"),
            (
                "GITHUB_CODESPACES_PORT_FORWARDING_DOMAIN",
                "preview.example",
            ),
        ];
        let ona = [("GITPOD_ENVIRONMENT_ID", "019ad5fc-0eb7")];
        for (variables, origin) in [
            (&gitpod[..], "https://3000-me-cruddur-1a2b.ws-eu1.gitpod.io"),
            (&gitpod, "https://4567-me-cruddur-1a2b.ws-eu1.gitpod.io"),
            (&codespaces, "https://fluffy-disco-x7-3000.app.github.dev"),
            (&codespaces, "https://fluffy-disco-x7-4567.app.github.dev"),
            (
                &other_domain,
                "https://fluffy-disco-x7-3000.preview.example",
            ),
            (
                &ona,
                "https://3000--019ad5fc-0eb7.eu-central-1-01.gitpod.dev",
            ),
            (&ona, "https://4567--019ad5fc-0eb7.us01.gitpod.dev"),
        ] {
            assert!(allowed(variables, origin), "{origin}");
        }
        for (variables, origin) in [
            (&gitpod[..], "https://8080-me-cruddur-1a2b.ws-eu1.gitpod.io"),
            (&gitpod, "https://3000-you-cruddur-1a2b.ws-eu1.gitpod.io"),
            (&gitpod, "http://3000-me-cruddur-1a2b.ws-eu1.gitpod.io"),
            (&codespaces, "https://other-3000.app.github.dev"),
            (
                &codespaces,
                "https://fluffy-disco-x7-3000.app.github.dev.evil.example",
            ),
            (&ona, "https://3000--019ad5fc-0eb8.us01.gitpod.dev"),
            (&ona, "https://3000--019ad5fc-0eb7.evil.example"),
            (&ona, "https://3000--019ad5fc-0eb7.evil.example/.gitpod.dev"),
            (&ona, "https://3000--019ad5fc-0eb7..gitpod.dev/"),
        ] {
            assert!(!allowed(variables, origin), "{origin}");
        }
    }
}

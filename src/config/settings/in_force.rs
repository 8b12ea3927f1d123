//! The values of the settings that the program runs with, and where each came from, for operators. The value of a secret
//! never leaves this module.

use super::{DefaultValue, Setting, Settings, all_settings};

/// Where the value of a setting came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// A flag of the command line.
    Flag,
    /// A variable of the environment.
    Environment,
    /// The file that a variable `…_FILE` names.
    File,
    /// The setting is not set.
    Default,
}

/// A setting and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SettingInForce {
    /// The setting.
    pub name: &'static str,
    /// The title of its section.
    pub section: &'static str,
    /// The value, or the documented default where it is not set; `None` for a secret, and without a default.
    pub value: Option<String>,
    /// Whether it is a secret.
    pub secret: bool,
    /// Where the value came from.
    pub source: Source,
}

impl Settings {
    /// Every setting of the program with its value, in the order of the reference page.
    pub fn in_force(&self) -> Vec<SettingInForce> {
        all_settings()
            .map(|setting| {
                let (source, value) = self.find(setting);
                SettingInForce {
                    name: setting.name,
                    section: setting.section.title(),
                    value: value
                        .filter(|_| !setting.secret)
                        .map(|value| without_credentials(&value)),
                    secret: setting.secret,
                    source,
                }
            })
            .collect()
    }

    fn find(&self, setting: &Setting) -> (Source, Option<String>) {
        let is_set = |value: &&String| !value.is_empty();
        if let Some(value) = self.flags.0.get(setting.name) {
            return match Some(value).filter(is_set) {
                Some(value) => (Source::Flag, Some(value.clone())),
                None => (Source::Default, default(setting)),
            };
        }
        if let Some(value) = self.raw(setting.name) {
            return (
                Source::Environment,
                Some(value.to_string_lossy().into_owned()),
            );
        }
        let file = format!("{}_FILE", setting.name);
        match self.raw(&file) {
            Some(_) if setting.secret => (Source::File, None),
            _ => (Source::Default, default(setting)),
        }
    }
}

/// The text without the account and the password that an address in it may have.
fn without_credentials(text: &str) -> String {
    let Some((scheme, rest)) = text.split_once("://") else {
        return text.to_owned();
    };
    let authority = rest.split(['/', ',', ' ']).next().unwrap_or_default();
    match authority.rsplit_once('@') {
        Some((credentials, _)) => {
            let (_, after) = rest.split_at(credentials.len());
            format!("{scheme}://…{}", without_credentials(after))
        }
        None => {
            let (address, after) = rest.split_at(authority.len());
            format!("{scheme}://{address}{}", without_credentials(after))
        }
    }
}

fn default(setting: &Setting) -> Option<String> {
    match setting.default {
        DefaultValue::Value(value) | DefaultValue::Described(value) => Some(value.to_owned()),
        DefaultValue::Unset => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(variables: &[(&str, &str)], name: &str) -> SettingInForce {
        let settings = Settings::of_variables(variables).in_force();
        let found = settings.into_iter().find(|setting| setting.name == name);
        found.expect(name)
    }

    #[test]
    fn each_setting_in_force_names_where_its_value_came_from() {
        let port = |variables: &[(&str, &str)]| {
            let found = found(variables, "PORT");
            (found.source, found.value)
        };
        let default = (Source::Default, Some("4567".to_owned()));
        assert_eq!(port(&[]), default);
        assert_eq!(port(&[("PORT", "")]), default);
        let set = (Source::Environment, Some("80".to_owned()));
        assert_eq!(port(&[("PORT", "80")]), set);
    }

    #[test]
    fn an_address_is_shown_without_its_credentials() {
        let shown = without_credentials;
        assert_eq!(shown("http://a:b@c.example/d"), "http://…@c.example/d");
        assert_eq!(shown("https://c.example/@a"), "https://c.example/@a");
        let two = "https://x:y@one.example,https://two.example/z";
        assert_eq!(shown(two), "https://…@one.example,https://two.example/z");
        assert_eq!(shown("info,a=debug"), "info,a=debug");
    }

    #[test]
    fn no_value_of_a_secret_is_in_force_for_operators_to_see() {
        let of_variable = found(&[("ADMIN_TOKEN", "open sesame")], "ADMIN_TOKEN");
        assert_eq!(of_variable.source, Source::Environment);
        let of_file = found(&[("ADMIN_TOKEN_FILE", "/run/token")], "ADMIN_TOKEN");
        assert_eq!(of_file.source, Source::File);
        for setting in [of_variable, of_file] {
            assert!(setting.secret);
            assert_eq!(setting.value, None);
        }
    }
}

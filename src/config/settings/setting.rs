//! What a setting is: its name, its default, its documentation.

/// One setting of the program.
#[derive(Debug)]
pub struct Setting {
    /// The name of the environment variable.
    pub name: &'static str,
    /// The table of `docs/reference/settings.md` that lists it.
    pub section: Section,
    /// Whether it is a secret. A secret has no flag, because every process of the machine can read an
    /// argument list; the variable `…_FILE` can name a file that contains it.
    pub secret: bool,
    /// Whether it has a flag, whose name is derived from `name`.
    pub flag: bool,
    /// The value while the setting is not set.
    pub default: DefaultValue,
    /// The help of the flag: a phrase without a full stop.
    pub help: &'static str,
    /// Unit, range and conditions: whole sentences, or empty. The help of a flag leaves them out.
    pub details: &'static str,
}

/// The value of a setting that is not set.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefaultValue {
    /// Setting it explicitly to this text changes nothing.
    Value(&'static str),
    /// A phrase that describes how the program determines the value.
    Described(&'static str),
    /// The feature that the setting configures is off.
    Unset,
}

/// The tables of `docs/reference/settings.md`, in their order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Section {
    Http,
    Database,
    Identity,
    RateLimits,
    SecurityGroup,
    Logs,
    Traces,
}

impl Section {
    /// Every section in the order of the page.
    pub const ALL: [Self; 7] = [
        Self::Http,
        Self::Database,
        Self::Identity,
        Self::RateLimits,
        Self::SecurityGroup,
        Self::Logs,
        Self::Traces,
    ];

    /// A setting of this section that has a flag.
    pub(super) const fn setting(
        self,
        name: &'static str,
        default: DefaultValue,
        help: &'static str,
    ) -> Setting {
        Setting {
            name,
            section: self,
            secret: false,
            flag: true,
            default,
            help,
            details: "",
        }
    }

    /// The heading above the table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Http => "HTTP server",
            Self::Database => "Database",
            Self::Identity => "Identity",
            Self::RateLimits => "Rate limits",
            Self::SecurityGroup => "Security group",
            Self::Logs => "Logs and terminal",
            Self::Traces => "Traces",
        }
    }
}

impl Setting {
    pub(super) const fn secret(mut self) -> Self {
        self.secret = true;
        self.flag = false;
        self
    }

    /// The variable has no flag.
    pub(super) const fn variable(mut self) -> Self {
        self.flag = false;
        self
    }

    pub(super) const fn details(mut self, details: &'static str) -> Self {
        self.details = details;
        self
    }

    /// The flag, or the variable that names a file with the secret.
    pub fn other_names(&self) -> Vec<String> {
        match (self.flag, self.secret) {
            (true, _) => vec![format!("--{}", self.flag_name())],
            (false, true) => vec![format!("{}_FILE", self.name)],
            (false, false) => Vec::new(),
        }
    }

    /// Whole sentences: the meaning, the details, how a secret is given, and the default.
    pub fn description(&self) -> String {
        let mut description = format!("{}.", self.help);
        let details = (!self.details.is_empty()).then(|| self.details.to_owned());
        let file = self.secret.then(|| {
            let name = self.name;
            format!("A secret: it has no flag, and `{name}_FILE` can name a file that contains it.")
        });
        let default = match self.default {
            DefaultValue::Value(default) | DefaultValue::Described(default) => {
                Some(format!("Default: {default}."))
            }
            DefaultValue::Unset => None,
        };
        for sentence in [details, file, default].into_iter().flatten() {
            description.push(' ');
            description.push_str(&sentence);
        }
        description
    }

    /// The name of the flag, without the dashes before it.
    pub(super) fn flag_name(&self) -> String {
        self.name.to_ascii_lowercase().replace('_', "-")
    }

    /// The help of the flag with the default.
    pub fn help_with_default(&self) -> String {
        let default = match self.default {
            DefaultValue::Value(default) | DefaultValue::Described(default) => default,
            DefaultValue::Unset => return self.help.to_owned(),
        };
        format!("{} [default: {default}]", self.help)
    }
}

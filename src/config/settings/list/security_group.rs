//! The settings of the security-group rule.

use crate::config::settings::setting::DefaultValue::{Described, Unset, Value};
use crate::config::settings::setting::Section::SecurityGroup;
use crate::config::settings::setting::Setting;

pub(super) const SETTINGS: &[Setting] = &[
    SecurityGroup
        .setting(
            "DB_SG_ID",
            Unset,
            "The security group in front of the database",
        )
        .details(
            "`sg-…`. Without `DB_SG_RULE_ID`, the program makes a rule of this workspace's own.",
        ),
    SecurityGroup
        .setting(
            "DB_SG_RULE_ID",
            Unset,
            "The rule of the security group that admits this machine",
        )
        .details("`sgr-…`, a rule that an operator has made; the program changes its address."),
    SecurityGroup
        .setting(
            "SG_OWNER",
            Described("a hash of the workspace's or the machine's id"),
            "Id of the workspace in the tag `cruddur:owner` of its own rule",
        )
        .details("At most 64 characters."),
    SecurityGroup
        .setting(
            "SG_LEASE",
            Value("8h"),
            "How long this workspace's own rule stays after it was last renewed",
        )
        .details("From `15m` to `7d`. A running server renews it at each read of the rule."),
    SecurityGroup
        .setting(
            "SG_INTERVAL",
            Value("300"),
            "Seconds between two reads of the rule by a running server",
        )
        .details("From 1 to 300."),
    SecurityGroup.setting(
        "GITPOD_IP",
        Described("PUBLIC_IP"),
        "Public address of this machine, as Gitpod names it",
    ),
    SecurityGroup
        .setting(
            "PUBLIC_IP",
            Described("requested from PUBLIC_IP_URLS"),
            "Public address of this machine",
        )
        .details("An IPv6 address needs a rule of this workspace's own: no `DB_SG_RULE_ID`."),
    SecurityGroup
        .setting(
            "PUBLIC_IP_URLS",
            Value(PUBLIC_IP_URLS),
            "Services that return the public address of the client, comma-separated",
        )
        .details("`https://` addresses. Of several services, two must return the same address."),
    SecurityGroup
        .setting("SG_DESCRIPTION", Value("GITPOD"), "Description of the rule")
        .details("At most 255 characters of those that AWS allows."),
    SecurityGroup
        .setting(
            "SG_REQUIRED",
            Value("false"),
            "Whether the server stops when it cannot update the rule",
        )
        .details("`true` or `false`."),
];

/// The default services that return the public address of a client; that of AWS is the first.
pub const PUBLIC_IP_URLS: &str =
    "https://checkip.amazonaws.com,https://api.ipify.org,https://ipv4.icanhazip.com";

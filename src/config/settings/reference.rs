//! Tests that generate the tables of `docs/reference/settings.md` from the list of settings, and that
//! compare the list with the structs that read the settings.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::{DefaultValue, Section, Setting, Settings, all_settings};
use crate::config::{Config, LogConfig};

const UPDATE: &str = "UPDATE_DOCS=1 cargo test --lib settings::reference";

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn table(section: Section) -> String {
    let mut table = String::from("| setting | default | meaning |\n|---|---|---|\n");
    for setting in all_settings().filter(|setting| setting.section == section) {
        writeln!(table, "{}", row(setting)).expect("a string");
    }
    table
}

fn row(setting: &Setting) -> String {
    let default = match setting.default {
        DefaultValue::Value(value) => format!("`{}`", value.replace(',', "`, `")),
        DefaultValue::Described(phrase) => phrase.to_owned(),
        DefaultValue::Unset => "none".to_owned(),
    };
    let kind = match (setting.secret, setting.flag) {
        (true, _) => format!("*Secret*: no flag; or `{}_FILE`. ", setting.name),
        (false, false) => "No flag. ".to_owned(),
        (false, true) => String::new(),
    };
    let meaning = format!("{}. {kind}{}", setting.help, setting.details);
    format!(
        "| `{}` | {default} | {} |",
        setting.name,
        meaning.trim_end()
    )
}

/// The page with each table inserted below the line `<!-- settings: TITLE -->`, up to the next
/// line `<!-- end -->`.
fn with_tables(page: &str) -> String {
    Section::ALL.iter().fold(page.to_owned(), |page, section| {
        let begin = format!("<!-- settings: {} -->\n", section.title());
        let (before, rest) = page.split_once(&begin).expect(&begin);
        let (_, after) = rest.split_once("<!-- end -->").expect("<!-- end -->");
        format!("{before}{begin}{}<!-- end -->{after}", table(*section))
    })
}

#[test]
fn the_reference_page_has_the_tables_that_the_list_of_settings_generates() {
    let path = path("docs/reference/settings.md");
    let page = fs::read_to_string(&path).expect("the reference page");
    let expected = with_tables(&page);
    #[expect(
        clippy::disallowed_methods,
        reason = "the variable is not a setting of the program"
    )]
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(&path, &expected).expect("the reference page is written");
        return;
    }
    assert!(
        page == expected,
        "docs/reference/settings.md differs from the lists in src/config/settings/list; run: {UPDATE}"
    );
}

#[test]
fn the_readme_names_no_setting_that_does_not_exist() {
    let readme = fs::read_to_string(path("README.md")).expect("the README");
    let (_, rest) = readme.split_once("## Settings\n").expect("the settings");
    let section = rest.split("\n## ").next().expect("a section");
    let named: Vec<_> = section
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split('`').next())
        .collect();
    assert!(
        !named.is_empty(),
        "the settings of the README are not found"
    );
    for name in named {
        assert!(
            all_settings().any(|setting| setting.name == name),
            "README.md names {name}, which is not a setting"
        );
    }
    assert!(readme.contains("docs/reference/settings.md"));
}

/// The variables without which the program does not read the settings of some sections.
const SWITCHES: [(&str, &str); 4] = [
    ("OTEL_EXPORTER_OTLP_ENDPOINT", "http://localhost:4318"),
    ("DB_SG_ID", "sg-0123abcd"),
    ("DB_SG_RULE_ID", "sgr-0123abcd"),
    ("HOME", "/home/operator"),
];

fn load(variables: &[(&str, &str)]) -> String {
    let variables = [&SWITCHES, variables].concat();
    let config = Config::load(Settings::of_variables(&variables)).expect("good settings");
    let log = LogConfig::read(&mut Settings::of_variables(&variables));
    format!("{config:#?}\n{log:#?}")
}

#[test]
fn setting_a_value_to_its_documented_default_changes_nothing() {
    let unset = load(&[]);
    for setting in all_settings() {
        if let DefaultValue::Value(default) = setting.default {
            assert_eq!(load(&[(setting.name, default)]), unset, "{}", setting.name);
        }
    }
}

#[test]
fn another_value_than_the_documented_default_changes_the_configuration() {
    let needed = [
        (
            "CONNECTION_URL",
            "postgresql://cruddur@db.example.com/cruddur",
        ),
        ("OTEL_TRACES_SAMPLER", "traceidratio"),
    ];
    let unset = load(&needed);
    let others = [
        ("BIND", "0.0.0.0"),
        ("PORT", "80"),
        ("FRONTEND_URL", "https://cruddur.example"),
        ("METRICS_PUBLIC", "true"),
        ("SHUTDOWN_DELAY", "1"),
        ("CLIENT_GENERATION", "final"),
        ("CACHE_SIZE", "0"),
        ("LIVE_MAX_STREAMS", "1"),
        ("DATABASE_AUTH", "iam"),
        ("RATE_LIMIT", "off"),
        ("RATE_LIMIT_READS", "1"),
        ("RATE_LIMIT_READ_BURST", "1"),
        ("RATE_LIMIT_WRITES", "1"),
        ("RATE_LIMIT_WRITE_BURST", "1"),
        ("PUBLIC_IP_URLS", "https://address.example"),
        ("SG_DESCRIPTION", "office"),
        ("SG_REQUIRED", "true"),
        ("SG_INTERVAL", "1"),
        ("RUST_LOG", "warn"),
        ("OTEL_SERVICE_NAME", "other"),
        ("OTEL_TRACES_SAMPLER", "always_off"),
        ("OTEL_TRACES_SAMPLER_ARG", "0.5"),
    ];
    for (name, other) in others {
        let loaded = load(&[&needed[..], &[(name, other)]].concat());
        assert_ne!(loaded, unset, "{name}");
    }
    // Read only for a rule of the workspace's own.
    let own = |lease| {
        let needed = [("DB_SG_RULE_ID", ""), ("SG_LEASE", lease)];
        load(&needed)
    };
    assert_eq!(own("8h"), own(""));
    assert_ne!(own("1h"), own(""), "SG_LEASE");
    for setting in all_settings() {
        let has_other =
            setting.name == "SG_LEASE" || others.iter().any(|(name, _)| *name == setting.name);
        let has_value = matches!(setting.default, DefaultValue::Value(_));
        assert!(
            has_other || !has_value,
            "{} is not in the list",
            setting.name
        );
    }
}

#[test]
fn every_setting_is_described_in_one_phrase_and_whole_sentences() {
    for setting in all_settings() {
        let name = setting.name;
        assert!(
            !setting.help.is_empty() && !setting.help.ends_with('.'),
            "{name}"
        );
        assert!(
            setting.details.is_empty() || setting.details.ends_with('.'),
            "{name}"
        );
        assert!(!(setting.secret && setting.flag), "{name}");
    }
}

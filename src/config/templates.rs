//! Tests that the containers and the function of `infra/` are given settings that the program knows and accepts.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::{Config, DatabaseConfig, Settings, all_settings};

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The part of a template from a line with `first` to the next one with `last`.
fn part<'a>(template: &'a str, first: &str, last: &str) -> &'a str {
    let (_, rest) = template.split_once(first).expect(first);
    rest.split_once(last).expect(last).0
}

/// The names and values of the lines `- { Name: …, Value: … }` and `- { Name: …, ValueFrom: … }`.
fn variables(part: &str) -> Vec<(&str, String)> {
    part.lines()
        .filter_map(|line| {
            let line = line.trim().strip_prefix("- { Name: ")?.strip_suffix(" }")?;
            let (name, value) = line.split_once(", Value")?;
            let value = value.strip_prefix("From").unwrap_or(value);
            Some((name, value.strip_prefix(": ")?.to_owned()))
        })
        .collect()
}

/// The value that AWS makes of an expression of the template.
fn resolved(value: &str) -> String {
    let value = value
        .trim_start_matches("!Sub ")
        .trim_matches('"')
        .replace("${DatabaseAddress}", "x.rds.amazonaws.com:5432");
    match value.as_str() {
        "!Ref Address" => "https://d111111abcdef8.cloudfront.net",
        "!Ref TrustedProxies" => "10.20.0.0/16,130.176.0.0/18",
        "!Ref AWS::Region" => "us-east-1",
        "!Ref PoolId" => "us-east-1_AbCdEfGhI",
        "!Ref ClientId" => "1h57kf5cpq17m0eml12EXAMPLE",
        "!Ref SignInDomain" => "cruddur.auth.us-east-1.amazoncognito.com",
        "!Ref SignInUrl" => "https://d111111abcdef8.cloudfront.net/sign-in",
        "!Ref AdminToken" => "0123456789abcdef0123456789abcdef0123456789abcdef",
        "${MasterPassword}:password::" => "p@ss/word",
        other => return other.to_owned(),
    }
    .to_owned()
}

/// The settings of a part of a template; fails for a name that is no setting.
fn settings(part: &str) -> Settings {
    let known: BTreeSet<&str> = all_settings().map(|setting| setting.name).collect();
    let found = variables(part);
    assert!(found.len() > 1, "{part}");
    for (name, _) in &found {
        assert!(known.contains(name), "{name} is no setting");
    }
    let values: Vec<(&str, String)> = found
        .iter()
        .map(|(name, value)| (*name, resolved(value)))
        .collect();
    let values: Vec<(&str, &str)> = values
        .iter()
        .map(|(name, value)| (*name, value.as_str()))
        .collect();
    Settings::of_variables(&values)
}

#[test]
fn the_servers_of_the_stack_get_settings_that_the_program_accepts() {
    let template = read("infra/service.yml");
    let server = part(&template, "- Name: server\n", "LogConfiguration:");
    let config = Config::load(settings(server)).expect("a valid configuration");
    assert!(config.database.url().is_some_and(|url| url.tls));
    assert!(config.identity.cognito.is_some());
}

#[test]
fn the_migrations_of_the_stack_get_settings_that_the_program_accepts() {
    let template = read("infra/service.yml");
    for (name, next) in [
        ("migrate", "- Name: grant-server"),
        ("grant-server", "- Name: grant-trigger"),
        ("grant-trigger", "\n  Service:"),
    ] {
        let container = part(&template, &format!("- Name: {name}\n"), next);
        let mut settings = settings(container);
        let database = DatabaseConfig::read(&mut settings);
        settings.finish().expect("a valid configuration");
        let url = database.url().expect("a URL");
        assert_eq!(url.config.get_password(), Some(&b"p@ss/word"[..]), "{name}");
    }
}

#[test]
fn the_trigger_of_the_stack_gets_settings_that_the_program_accepts() {
    let template = read("infra/users.yml");
    let lines: Vec<String> = part(&template, "        Variables:\n", "\n\n")
        .lines()
        .filter_map(|line| line.trim().split_once(": "))
        .map(|(name, value)| format!("- {{ Name: {name}, Value: {value} }}"))
        .collect();
    let mut settings = settings(&lines.join("\n"));
    let database = DatabaseConfig::read_outside(&mut settings);
    settings.finish().expect("a valid configuration");
    assert!(database.url().is_some_and(|url| url.tls));
}

#[test]
fn the_client_requests_exactly_the_scopes_of_the_user_pool_and_of_the_page() {
    let client = read("src/web/assets/client/cognito.js");
    let requested = part(&client, "const SCOPES = \"", "\"");
    let template = read("infra/users.yml");
    let allowed = part(&template, "AllowedOAuthScopes: [", "]").replace(',', "");
    assert_eq!(requested, allowed);
    let page = read("docs/guide/cognito.md");
    let listed = part(&page, "| OAuth scopes, with the hosted page | ", " |");
    let listed = listed.replace(['`', ','], "");
    assert_eq!(requested, listed);
}

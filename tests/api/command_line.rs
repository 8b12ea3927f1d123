//! The help, the manual pages, and the errors of a database that cannot be reached.

use std::net::TcpListener;
use std::path::Path;

use crate::support::{CommandOutput, Database, cruddur};

/// The names of the settings on the reference page.
fn settings() -> Vec<String> {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/reference/settings.md");
    let page = std::fs::read_to_string(page).unwrap();
    let names = page.lines().filter_map(|line| {
        let (name, _) = line.strip_prefix("| `")?.split_once('`')?;
        Some(name.to_owned())
    });
    names.collect()
}

async fn run(arguments: &[&str]) -> CommandOutput {
    CommandOutput::of(cruddur(arguments)).await
}

#[tokio::test]
async fn the_help_of_a_subcommand_has_its_own_flags_and_refers_to_the_settings() {
    for flag in ["--help", "-h"] {
        let help = run(&["db", "migrate", flag]).await;
        assert_eq!(help.code, 0);
        for part in ["--dry-run", "--prod", "cruddur help settings"] {
            assert!(help.stdout.contains(part), "{part} in {}", help.stdout);
        }
        for setting in ["--bind", "--rate-limit", "--otel-service-name"] {
            assert!(!help.stdout.contains(setting), "{}", help.stdout);
        }
    }
}

#[tokio::test]
async fn the_help_of_the_settings_describes_every_setting_and_the_files_of_secrets() {
    let help = run(&["help", "settings"]).await;
    assert_eq!(help.code, 0);
    let settings = settings();
    assert!(settings.len() > 40, "{settings:?}");
    for name in &settings {
        let line = help
            .stdout
            .lines()
            .find(|line| line.split([' ', ',']).any(|word| word == name));
        assert!(line.is_some(), "{name} in {}", help.stdout);
    }
    for part in ["PROD_CONNECTION_URL_FILE", "ADMIN_TOKEN_FILE", "--port"] {
        assert!(help.stdout.contains(part), "{part} in {}", help.stdout);
    }
    assert!(help.stdout.contains("Default: 4567."), "{}", help.stdout);
}

#[tokio::test]
async fn every_command_and_the_settings_have_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let directory = folder.path().to_str().unwrap();
    let written = run(&["man", "--directory", directory]).await;
    assert_eq!(written.code, 0, "{}", written.stderr);
    let page = |name: &str| std::fs::read_to_string(folder.path().join(name)).unwrap();
    for name in [
        "cruddur",
        "cruddur-serve",
        "cruddur-db-migrate",
        "cruddur-rds-create",
    ] {
        let page = page(&format!("{name}.1"));
        assert!(page.contains(&format!(".TH {name} 1")), "{page}");
        assert!(page.contains("cruddur\\-settings"), "{page}");
    }
    let settings_page = page("cruddur-settings.1");
    for name in settings() {
        assert!(settings_page.contains(&name), "{name} in {settings_page}");
    }
    let printed = run(&["man", "db", "migrate"]).await;
    assert_eq!(printed.stdout, page("cruddur-db-migrate.1"));
    let unknown = run(&["man", "db", "fly"]).await;
    assert_eq!(unknown.code, 1);
    assert!(unknown.stderr.contains("`db fly`"), "{}", unknown.stderr);
}

#[tokio::test]
async fn a_command_without_its_database_names_the_address_and_the_next_step() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let url = format!("postgresql://cruddur:open-sesame@{address}/cruddur");
    for (setting, arguments) in [
        ("CONNECTION_URL", &["db", "status"][..]),
        ("PROD_CONNECTION_URL", &["db", "sessions", "--prod"]),
    ] {
        let mut command = cruddur(arguments);
        command.env(setting, &url);
        let output = CommandOutput::of(command).await;
        assert_eq!(output.code, 1);
        let expected = format!("Cannot connect to the database at {address}: ");
        assert!(output.stderr.contains(&expected), "{}", output.stderr);
        let advice =
            format!("Start PostgreSQL there, or correct the host and the port in {setting}.");
        assert!(output.stderr.contains(&advice), "{}", output.stderr);
        assert!(!output.stderr.contains("open-sesame"), "{}", output.stderr);
    }
}

#[tokio::test]
async fn a_command_whose_database_does_not_exist_names_its_server_and_how_to_create_it() {
    let missing = Database {
        name: "no_such_database".to_owned(),
    };
    let output = missing.run(&["db", "status"]).await;
    assert_eq!(output.code, 1);
    assert!(
        output.stderr.contains("Cannot connect to the database at ")
            && output.stderr.contains("`cruddur db create`"),
        "{}",
        output.stderr
    );
}

#[tokio::test]
async fn a_health_check_without_a_server_names_the_address_and_the_next_step() {
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let output = run(&["healthcheck", "--port", &address.port().to_string()]).await;
    assert_eq!(output.code, 1);
    let expected = format!("not healthy at http://{address}/livez: start it with `cruddur serve`");
    assert!(output.stderr.contains(&expected), "{}", output.stderr);
}

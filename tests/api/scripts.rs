//! The scripts of `bin` that people and workspaces start: run or sourced, in bash and in zsh, from anywhere and through a
//! link. The program, `aws` and `curl` are fakes that record their arguments.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, SystemTime};

use rstest::rstest;

const RULE_SCRIPTS: [&str; 2] = ["bin/rds-update-sg-rule", "bin/rds/update-sg-rule"];
const DB_SCRIPTS: [(&str, &str); 8] = [
    ("db-connect", "db connect"),
    ("db-create", "db create"),
    ("db-drop", "db drop"),
    ("db-schema-load", "db migrate --label db-schema-load"),
    ("db-seed", "db seed"),
    ("db-sessions", "db sessions"),
    ("db-setup", "db setup"),
    ("db-tunnel", "db tunnel"),
];
/// What the fakes use of the system.
const SYSTEM: &str = "/usr/bin:/bin";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A directory with fake programs: those of the checkout below `target`, others in `path`.
struct Fakes(PathBuf);

impl Fakes {
    fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("cruddur-scripts-{}-{number}", std::process::id());
        let path = std::env::temp_dir().join(name);
        for folder in ["target/debug", "target/release", "path", "elsewhere"] {
            fs::create_dir_all(path.join(folder)).expect("a directory");
        }
        Self(path)
    }

    /// A program that records its name and arguments.
    fn with_program(self, name: &str, script: &str) -> Self {
        let path = self.0.join(name);
        let log = self.0.join("log");
        let word = path
            .file_name()
            .expect("a name")
            .to_string_lossy()
            .into_owned();
        let text = format!(
            "#!/bin/sh\necho \"{word} $*\" >>{}\n{script}\n",
            log.display()
        );
        fs::write(&path, text).expect("a script");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).expect("its mode");
        self
    }

    /// Makes the program look as if it had been built an hour ago.
    fn age(&self, name: &str) {
        let file = fs::File::options()
            .write(true)
            .open(self.0.join(name))
            .expect("a file");
        let hour_ago = SystemTime::now() - Duration::from_secs(3600);
        file.set_modified(hour_ago).expect("its time");
    }

    fn log(&self) -> String {
        fs::read_to_string(self.0.join("log")).unwrap_or_default()
    }

    /// A program with these fakes, in another directory than the checkout.
    fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env_clear()
            .env(
                "PATH",
                format!("{}:{SYSTEM}", self.0.join("path").display()),
            )
            .env("HOME", &self.0)
            .env("CARGO_TARGET_DIR", self.0.join("target"))
            .current_dir(self.0.join("elsewhere"));
        command
    }
}

impl Drop for Fakes {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn built() -> Fakes {
    Fakes::new().with_program("target/debug/cruddur", "echo did it")
}

fn text(output: &Output) -> String {
    let bytes = [output.stdout.as_slice(), output.stderr.as_slice()].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Sources `script` in a shell with unusual options, variables and traps, and compares the shell before and after.
const BASH: &str = r#"
set -o noclobber; shopt -s nullglob; root=mine; lib=mine; target=mine; arguments=mine; verb=mine; program=mine
update() { echo mine; }; fail() { echo mine; }; trap 'true' USR1 EXIT; alias ll=ls; umask 027
state() {
  set -o; shopt; umask; pwd; alias; trap; declare -f
  declare -p | grep -vE '^declare -[^ ]* (_|BASH_[A-Z]+|BASHPID|PIPESTATUS|RANDOM|SRANDOM|SECONDS|EPOCH[A-Z]+|LINENO|FUNCNAME|before|after)(=|$)'
}
before=$(state)
source "$SCRIPT"
after=$(state)
[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); exit 9; }
echo unchanged
"#;
const ZSH: &str = r#"
setopt noclobber; root=mine; lib=mine; target=mine; arguments=mine; verb=mine; program=mine
update() { echo mine; }; fail() { echo mine; }; TRAPUSR1() { true }; alias ll=ls; umask 027
state() {
  setopt; umask; pwd; alias; functions
  typeset -p | grep -vE '^(typeset|export) [^=]*(_|RANDOM|SECONDS|LINENO|TTYIDLE|EPOCH[A-Z]+|pipestatus|status|before|after|\?|\!|HISTCMD|ZSH_[A-Z_]+)='
}
before=$(state)
source "$SCRIPT"
after=$(state)
[ "$before" = "$after" ] || { diff <(echo "$before") <(echo "$after"); exit 9; }
echo unchanged
"#;

#[rstest]
#[case::bash("bash", &["--norc", "-c", BASH])]
#[case::bash_that_stops_at_failures("bash", &["--norc", "-euo", "pipefail", "-c", BASH])]
#[case::zsh("zsh", &["-f", "-c", ZSH])]
#[case::zsh_that_stops_at_failures("zsh", &["-f", "-eu", "-c", ZSH])]
#[test]
fn sourcing_a_script_of_the_rule_leaves_the_shell_as_it_was(
    #[case] shell: &str,
    #[case] arguments: &[&str],
    #[values(true, false)] has_settings: bool,
    #[values("echo did it", "echo failed >&2; exit 1")] program: &str,
) {
    for script in RULE_SCRIPTS {
        let fakes = Fakes::new().with_program("target/debug/cruddur", program);
        let mut command = fakes.command(shell);
        command.args(arguments).env("SCRIPT", root().join(script));
        if has_settings {
            command
                .env("DB_SG_ID", "sg-1")
                .env("DB_SG_RULE_ID", "sgr-1");
        }
        let output = command.output().expect("the shell runs");
        assert!(output.status.success(), "{script}: {}", text(&output));
        assert!(text(&output).contains("unchanged"), "{}", text(&output));
        let expected = if has_settings {
            "cruddur sg sync\n"
        } else {
            ""
        };
        assert_eq!(fakes.log(), expected);
    }
}

#[rstest]
#[case::bash("bash", &["--norc", "-c", BASH])]
#[case::zsh("zsh", &["-f", "-c", ZSH])]
#[test]
fn sourcing_a_database_script_runs_its_command_and_leaves_the_shell_as_it_was(
    #[case] shell: &str,
    #[case] arguments: &[&str],
) {
    for (script, expected) in DB_SCRIPTS {
        let fakes = built();
        let output = fakes
            .command(shell)
            .args(arguments)
            .env("SCRIPT", root().join("bin").join(script))
            .output()
            .expect("the shell runs");
        assert!(
            text(&output).contains("unchanged"),
            "{script}: {}",
            text(&output)
        );
        assert_eq!(fakes.log(), format!("cruddur {expected}\n"));
    }
}

#[test]
fn a_database_script_passes_its_arguments_and_the_exit_code() {
    for (script, expected) in DB_SCRIPTS {
        let fakes = Fakes::new().with_program("target/debug/cruddur", "exit 3");
        let output = fakes
            .command(root().join("bin").join(script))
            .args(["prod", "--json"])
            .output()
            .expect("the script runs");
        assert_eq!(output.status.code(), Some(3), "{}", text(&output));
        assert_eq!(fakes.log(), format!("cruddur {expected} --prod --json\n"));
    }
}

#[rstest]
#[case::run("bash", "\"$SCRIPT\"")]
#[case::bash("bash", ". \"$SCRIPT\"")]
#[case::zsh("zsh", ". \"$SCRIPT\"")]
#[test]
fn a_script_works_through_a_link(#[case] shell: &str, #[case] line: &str) {
    let fakes = built();
    let link = fakes.0.join("a link");
    symlink(root().join("bin/rds-update-sg-rule"), &link).expect("a link");
    let output = fakes
        .command(shell)
        .args(["-c", line])
        .env("SCRIPT", &link)
        .env("DB_SG_ID", "sg-1")
        .output()
        .expect("the shell runs");
    assert!(output.status.success(), "{}", text(&output));
    assert_eq!(fakes.log(), "cruddur sg grant\n");
}

#[test]
fn the_newest_program_of_any_profile_is_used() {
    let fakes = Fakes::new()
        .with_program("target/debug/cruddur", "echo debug")
        .with_program("target/release/cruddur", "echo release")
        .with_program("path/cruddur", "echo path");
    let run = || {
        let output = fakes.command(root().join("bin/db-create")).output();
        text(&output.expect("the script runs"))
    };
    fakes.age("target/debug/cruddur");
    assert_eq!(run(), "release\n");
    fakes.age("target/release/cruddur");
    fs::remove_file(fakes.0.join("target/release/cruddur")).expect("the file");
    assert_eq!(run(), "debug\n");
    fs::remove_file(fakes.0.join("target/debug/cruddur")).expect("the file");
    assert_eq!(run(), "path\n");
}

/// A fake of the AWS CLI, whose rules are none, one in step, or one that another program has changed.
fn aws(found: &str) -> Fakes {
    let script = format!("case \"$2\" in describe-*) printf '{found}';; esac");
    Fakes::new()
        .with_program("path/aws", &script)
        .with_program("path/curl", "echo 8.8.4.4")
}

fn update(fakes: &Fakes, settings: &[(&str, &str)]) -> Output {
    fakes
        .command(root().join("bin/rds-update-sg-rule"))
        .envs([("DB_SG_ID", "sg-1"), ("GITPOD_WORKSPACE_ID", "one")])
        .envs(settings.iter().copied())
        .output()
        .expect("the script runs")
}

#[test]
fn without_a_program_the_aws_cli_makes_renews_and_repairs_the_rule_of_the_workspace() {
    let fakes = aws("None");
    let output = update(&fakes, &[]);
    assert!(
        text(&output).contains("which admits 8.8.4.4/32"),
        "{}",
        text(&output)
    );
    let log = fakes.log();
    let made = log.lines().last().expect("a line");
    assert!(
        made.starts_with("aws ec2 authorize-security-group-ingress --group-id sg-1")
            && made.contains("\"CidrIp\":\"8.8.4.4/32\"")
            && made.contains("{Key=cruddur:owner,Value=")
            && made.contains("{Key=cruddur:lease,Value=20"),
        "{log}"
    );
    assert!(!log.contains("modify"), "{log}");

    let fakes = aws("sgr-9\\ttcp\\t5432\\t5432\\t8.8.4.4/32\\n");
    update(&fakes, &[]);
    let log = fakes.log();
    assert!(
        log.contains("aws ec2 create-tags --resources sgr-9 --tags Key=cruddur:owner"),
        "{log}"
    );
    assert!(
        !log.contains("modify") && !log.contains("authorize"),
        "{log}"
    );

    let fakes = aws("sgr-9\\ttcp\\t5432\\t5432\\t0.0.0.0/0\\n");
    update(
        &fakes,
        &[("CONNECTION_URL", "postgresql://u:p@h.example:6000/d")],
    );
    let log = fakes.log();
    assert!(
        log.contains("modify-security-group-rules") && log.contains("\"FromPort\":6000"),
        "{log}"
    );
}

#[test]
fn without_a_program_the_aws_cli_changes_the_rule_that_the_setting_names_only_if_it_is_safe() {
    let rule = [("DB_SG_RULE_ID", "sgr-1")];
    let fakes = aws("sg-1\\tFalse\\ttcp\\t5432\\t5432\\t9.9.9.9/32\\n");
    update(&fakes, &rule);
    assert!(
        fakes.log().contains("\"CidrIpv4\":\"8.8.4.4/32\""),
        "{}",
        fakes.log()
    );
    for found in [
        "sg-1\\tFalse\\ttcp\\t5432\\t5432\\t8.8.4.4/32\\n",
        "sg-1\\tFalse\\ttcp\\t22\\t22\\t9.9.9.9/32\\n",
        "sg-1\\tFalse\\t-1\\t-1\\t-1\\t9.9.9.9/32\\n",
        "sg-1\\tTrue\\ttcp\\t5432\\t5432\\t9.9.9.9/32\\n",
        "sg-2\\tFalse\\ttcp\\t5432\\t5432\\t9.9.9.9/32\\n",
        "sg-1\\tFalse\\ttcp\\t5432\\t5432\\tNone\\n",
    ] {
        let fakes = aws(found);
        update(&fakes, &rule);
        assert!(!fakes.log().contains("modify"), "{found}");
    }
}

#[rstest]
#[case("10.0.0.1")]
#[case("100.64.0.1")]
#[case("172.31.0.1")]
#[case("192.168.0.1")]
#[case("203.0.113.1")]
#[case("224.0.0.1")]
#[case("0.0.0.0/0")]
#[case("8.8.4.0/24")]
#[case("8.8.4.256")]
#[case("08.8.4.4")]
#[case("<html>8.8.4.4</html>")]
#[case("2001:4860:4860::8888")]
#[test]
fn without_a_program_no_address_that_is_not_public_is_admitted(#[case] address: &str) {
    let fakes = aws("None");
    let output = update(&fakes, &[("PUBLIC_IP", address)]);
    assert!(text(&output).contains("set PUBLIC_IP"), "{}", text(&output));
    assert_eq!(fakes.log(), "");
}

#[test]
fn without_a_program_two_services_must_agree_on_the_address() {
    let fakes = Fakes::new().with_program("path/aws", "").with_program(
        "path/curl",
        "case \"$*\" in *amazonaws*) echo 8.8.4.4;; *ipify*) echo 9.9.9.9;; *) echo 1.1.1.1;; esac",
    );
    let output = update(&fakes, &[]);
    assert!(text(&output).contains("set PUBLIC_IP"), "{}", text(&output));
    assert!(!fakes.log().contains("aws ec2"), "{}", fakes.log());
}

#[test]
fn the_script_and_the_program_make_the_same_owner_id() {
    let fakes = aws("None");
    update(&fakes, &[]);
    let log = fakes.log();
    let rest = log
        .split("{Key=cruddur:owner,Value=")
        .nth(1)
        .expect("an owner");
    let by_script = rest.split('}').next().expect("its end");
    let status = crate::support::cruddur(&["sg", "status", "--json"])
        .envs([("DB_SG_ID", "sg-1"), ("GITPOD_WORKSPACE_ID", "one")])
        .env("PUBLIC_IP", "8.8.4.4")
        .env("AWS_EC2_METADATA_DISABLED", "true")
        .output()
        .expect("cruddur runs");
    let report: serde_json::Value = serde_json::from_slice(&status.stdout).expect("a report");
    assert_eq!(report["owner"], serde_json::json!(by_script));
}

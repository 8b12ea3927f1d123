//! The calls of the README, as a reader pastes them into a shell.

use std::path::Path;
use std::process::Command;

use rstest::rstest;

use crate::support::{DataDir, TestApp, eventually};

/// The first block of the section "Five calls".
fn calls() -> String {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = std::fs::read_to_string(readme).unwrap();
    let (_, section) = readme.split_once("## Five calls\n").unwrap();
    let (_, block) = section.split_once("```sh\n").unwrap();
    block.split_once("```").unwrap().0.to_owned()
}

#[rstest]
#[case::bash("bash", &["--norc", "-c"])]
#[case::zsh("zsh", &["-f", "-c"])]
#[tokio::test]
async fn the_five_calls_of_the_readme_work_as_they_are_pasted(
    #[case] shell: &'static str,
    #[case] options: &'static [&'static str],
) {
    let data_dir = DataDir::new(&format!("readme-{shell}"));
    let app = TestApp::launch_embedded(&data_dir.0);
    eventually(async || app.get("/readyz").await.status == 200).await;
    let calls = calls().replace("localhost:4567", &format!("localhost:{}", app.port));
    assert_eq!(calls.matches("curl ").count(), 5, "{calls}");
    // An interactive zsh takes no comments.
    assert!(!calls.contains('#'), "{calls}");
    let output = tokio::task::spawn_blocking(move || {
        Command::new(shell)
            .args(options)
            .arg(calls)
            .output()
            .expect("the shell runs")
    });
    let output = output.await.unwrap();
    let text = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{output:?}");
    assert!(text.contains("\"replies_count\":1"), "{text}");
    assert!(text.contains("\"Hello yourself.\""), "{text}");
    assert!(!text.contains("[\""), "a call is refused: {text}");
}

//! The links of the Markdown pages: each relative one names a file of the repository and, after `#`, one of
//! its headings. Links to other hosts are not followed.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders with files of other projects or generated files.
const SKIPPED_FOLDERS: [&str; 4] = [".git", "node_modules", "target", "dist"];

fn pages(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        if path.is_dir() {
            if !name.is_some_and(|name| SKIPPED_FOLDERS.contains(&name)) {
                pages(&path, found);
            }
        } else if path.extension().is_some_and(|extension| extension == "md") {
            found.push(path);
        }
    }
}

/// The lines of a page outside its fenced code blocks.
fn prose(text: &str) -> impl Iterator<Item = &str> {
    let mut is_code = false;
    text.lines().filter(move |line| {
        let is_fence = line.trim_start().starts_with("```");
        is_code ^= is_fence;
        !is_code && !is_fence
    })
}

/// The targets of `[text](target)` and of `![text](target)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](")
        .skip(1)
        .filter_map(|rest| rest.split([')', ' ']).next())
}

/// The anchor that GitHub gives a heading: lower case, blanks as hyphens, no other punctuation.
fn anchor(heading: &str) -> String {
    let title = heading.trim_start_matches('#').trim().to_lowercase();
    let kept = |c: &char| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_');
    title
        .chars()
        .filter(kept)
        .collect::<String>()
        .replace(' ', "-")
}

fn has_anchor(page: &Path, wanted: &str) -> bool {
    let text = fs::read_to_string(page).expect("a text");
    prose(&text).any(|line| line.starts_with('#') && anchor(line) == wanted)
}

/// Whether a link in `page` leads to a file, and to a heading of it where it names one.
fn resolves(page: &Path, target: &str) -> bool {
    let (path, fragment) = target.split_once('#').unwrap_or((target, ""));
    let file = if path.is_empty() {
        page.to_owned()
    } else {
        page.parent().expect("a folder").join(path)
    };
    file.exists() && (fragment.is_empty() || has_anchor(&file, fragment))
}

#[test]
fn every_relative_link_of_a_markdown_page_resolves() {
    let mut found = Vec::new();
    pages(Path::new(env!("CARGO_MANIFEST_DIR")), &mut found);
    assert!(found.len() > 5, "the pages were not found");
    let mut broken = Vec::new();
    for page in found {
        let text = fs::read_to_string(&page).expect("a text");
        for target in prose(&text).flat_map(targets) {
            if !target.contains(':') && !resolves(&page, target) {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(
        broken.is_empty(),
        "links without a target:\n{}",
        broken.join("\n")
    );
}

#[test]
fn a_heading_gets_the_anchor_that_github_gives_it() {
    assert_eq!(
        anchor("## Without a pool: the `DEV_USER`"),
        "without-a-pool-the-dev_user"
    );
    assert_eq!(
        targets("[a](b.md) and ![c](d.png \"e\")").collect::<Vec<_>>(),
        ["b.md", "d.png"]
    );
}

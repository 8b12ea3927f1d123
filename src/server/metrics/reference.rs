//! A test that generates `docs/reference/metrics.md` from the catalogue of metrics.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;

use super::Metrics;
use crate::metrics::Description;

const UPDATE: &str = "UPDATE_DOCS=1 cargo test --lib metrics::reference";
const BEGIN: &str = "<!-- metrics -->\n";
const END: &str = "<!-- end -->";

/// A table for each section.
fn tables(descriptions: &[Description]) -> String {
    let mut text = String::new();
    let mut section = "";
    for description in descriptions {
        if description.section != section {
            section = description.section;
            let head = "| metric | type | labels | meaning |\n|---|---|---|---|";
            writeln!(text, "\n## {section}\n\n{head}").expect("a string");
        }
        writeln!(text, "{}", row(description)).expect("a string");
    }
    text
}

fn row(description: &Description) -> String {
    let suffix = match &*description.kind {
        "counter" => "_total",
        "info" => "_info",
        _ => "",
    };
    let labels: Vec<String> = description
        .labels
        .iter()
        .map(|label| format!("`{label}`"))
        .collect();
    format!(
        "| `{}{suffix}` | {} | {} | {} |",
        description.name,
        description.kind,
        labels.join(", "),
        description.meaning
    )
}

#[test]
fn the_reference_page_has_every_metric_of_the_catalogue() {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("docs/reference/metrics.md");
    let page = fs::read_to_string(&path).expect("the reference page");
    let (before, rest) = page.split_once(BEGIN).expect(BEGIN);
    let (_, after) = rest.split_once(END).expect(END);
    let metrics = Metrics::new(None);
    let tables = tables(metrics.catalogue.descriptions());
    let expected = format!("{before}{BEGIN}{tables}\n{END}{after}");
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
        "docs/reference/metrics.md differs from the catalogue; run: {UPDATE}"
    );
}

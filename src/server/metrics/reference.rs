//! A test that generates `docs/reference/metrics.md` from the catalogue of metrics.

use std::fmt::Write as _;

use super::Metrics;
use crate::config::reference_page;
use crate::metrics::Description;

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
    reference_page::compare_or_update(
        "docs/reference/metrics.md",
        "the catalogue of metrics",
        "metrics::reference",
        |page| {
            let (before, rest) = page.split_once(BEGIN).expect(BEGIN);
            let (_, after) = rest.split_once(END).expect(END);
            let metrics = Metrics::new(None);
            let tables = tables(metrics.catalogue.descriptions());
            format!("{before}{BEGIN}{tables}\n{END}{after}")
        },
    );
}

//! The pages of `docs/reference` that tests generate. It stands here because it reads the environment.

use std::fs;
use std::path::PathBuf;

/// Fails if the page differs from `expect(page)`; with `UPDATE_DOCS` writes it instead. `source` is what the page is
/// generated from, and `filter` finds the test.
pub fn compare_or_update(
    name: &str,
    source: &str,
    filter: &str,
    expect: impl FnOnce(&str) -> String,
) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(name);
    let page = fs::read_to_string(&path).expect("the reference page");
    let expected = expect(&page);
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
        "{name} differs from {source}; run: UPDATE_DOCS=1 cargo test --lib {filter}"
    );
}

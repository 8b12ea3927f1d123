//! Tells cargo that a new migration, seed or page means a new binary: the macros that embed them
//! track only the files that they have seen.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=seeds");
    println!("cargo::rerun-if-changed=src/web/assets");
}

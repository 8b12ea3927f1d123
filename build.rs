//! Makes cargo rebuild after a new migration, seed or asset: the macros that embed them track only
//! the files that exist at the last build.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=seeds");
    println!("cargo::rerun-if-changed=src/web/assets");
}

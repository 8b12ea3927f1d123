//! Tells cargo that a new migration or seed means a new binary: the macro that embeds them tracks
//! only the files that it has seen.

fn main() {
    println!("cargo::rerun-if-changed=migrations");
    println!("cargo::rerun-if-changed=seeds");
}

//! The migrations are compiled in: a changed one must lead to a new build.

fn main() {
    println!("cargo:rerun-if-changed=../../migrations/postgres");
}

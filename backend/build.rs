//! The page is compiled in: a new build of it must lead to a new build of the server.

fn main() {
    println!("cargo:rerun-if-changed=../target/page");
}

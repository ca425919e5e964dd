//! The page's entry: everything is in the library, so that it can be tested on the host.

fn main() {
    ori_frontend::start();
}

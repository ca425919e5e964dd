//! Entry of the console's WASM module.

fn main() {
    leptos::mount::mount_to_body(ori_frontend::App);
}

//! Entry of the console's WASM module.

fn main() {
    std::panic::set_hook(Box::new(|panic| leptos::logging::error!("{panic}")));
    leptos::mount::mount_to_body(ori_frontend::App);
}

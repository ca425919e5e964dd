//! Generates clients from the API description, compiles them, and runs an integration against the server: it creates a
//! key, identifies itself, places a call, reads its result, and is rejected after the key is revoked.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{
    EMAIL, PASSWORD, Server, description, node, node_program, node_tools, passes, python, source,
};

#[tokio::test(flavor = "multi_thread")]
async fn a_typescript_client_compiles_and_works() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder for the client");
    let at = |name: &str| folder.path().join(name);
    symlink(node_tools().join("node_modules"), at("node_modules")).expect("the packages are linked");
    for file in ["client.ts", "tsconfig.json", "package.json"] {
        fs::copy(source("node").join(file), at(file)).expect("the client is there");
    }
    passes(
        node_program("openapi-typescript")
            .arg(description())
            .arg("--output")
            .arg(at("api.d.ts")),
    );
    passes(node_program("tsc").arg("--project").arg(folder.path()));
    passes(meet(node().arg(at("client.js")), &server));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_python_client_is_typed_and_works() {
    let server = Server::start().await;
    let folder = tempfile::tempdir().expect("a folder for the client");
    generate_python(&folder);
    fs::copy(source("python/client.py"), folder.path().join("client.py")).expect("the client is there");
    passes(
        python()
            .args(["-m", "mypy", "--strict", "--cache-dir=/dev/null", "client.py"])
            .current_dir(folder.path()),
    );
    passes(meet(
        python().arg("client.py").current_dir(folder.path()),
        &server,
    ));
}

fn generate_python(folder: &TempDir) {
    let mut generator = python();
    generator
        .args([
            "-m",
            "openapi_python_client",
            "generate",
            "--meta=none",
            "--fail-on-warning",
            "--path",
        ])
        .arg(description())
        .arg("--output-path")
        .arg(folder.path().join("ori"))
        .arg("--config")
        .arg(source("python/generator.yaml"));
    passes(&mut generator);
}

/// Passes the server's URL and the admin's credentials to a client.
fn meet<'a>(client: &'a mut Command, server: &Server) -> &'a mut Command {
    client
        .env("ORI_URL", &server.url)
        .env("ORI_EMAIL", EMAIL)
        .env("ORI_PASSWORD", PASSWORD)
}

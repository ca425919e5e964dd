//! Schemathesis: thousands of requests, right and wrong ones, over every operation, by somebody who really has a
//! session, a key and the fleet's secret. Every check of its own, none left out.

use std::fs;

use crate::support::{Admin, Server, client, description, passes, python, source};

/// So many tries for each operation, besides those that Schemathesis derives from the examples and the bounds.
const EXAMPLES: &str = "120";
/// So many requests are the least to speak of.
const SEVERAL_THOUSAND: u64 = 3000;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_does_what_its_description_says() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server).await;
    let key = admin.create_key("Schemathesis").await.key;
    // Of its own, since Schemathesis and Hypothesis keep what they found beside their configuration.
    let folder = tempfile::tempdir().expect("a folder");
    for file in ["schemathesis.toml", "conformance.py"] {
        fs::copy(source("python").join(file), folder.path().join(file)).expect("the configuration is there");
    }
    let mut schemathesis = python();
    schemathesis
        .args([
            "-m",
            "schemathesis.cli",
            "--config-file=schemathesis.toml",
            "run",
            "--url",
            &server.url,
            "--checks=all",
            "--max-examples",
            EXAMPLES,
        ])
        // How long a busy machine takes is not what is tested.
        .args(["--request-timeout=60", "--suppress-health-check=too_slow"])
        .arg(description())
        .current_dir(folder.path())
        .env("HYPOTHESIS_STORAGE_DIRECTORY", folder.path())
        .env("ORI_KEY", &key)
        .env("ORI_SESSION", &admin.session)
        .env("ORI_FLEET_SECRET", &server.fleet_secret);
    let printed = passes(&mut schemathesis);
    let tested = requests(&printed);
    assert!(tested >= SEVERAL_THOUSAND, "only {tested} requests were made");
    // Whoever was let in at the beginning still was at the end, so that what was tested was more than refusals.
    admin.still_works().await;
    let whoami = client().get(format!("{}/api/v1/auth/whoami", server.url));
    let whoami = whoami
        .header("x-api-key", key)
        .send()
        .await
        .expect("the server answers");
    assert_eq!(whoami.status(), 200);
}

/// How many there were: `1934 generated, 1934 passed`.
fn requests(printed: &str) -> u64 {
    let (before, _) = printed.split_once(" generated,").expect("a summary");
    let number = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    number.parse().expect("a number")
}

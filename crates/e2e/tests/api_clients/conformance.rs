//! Runs Schemathesis: thousands of valid and invalid requests to every operation, with a valid session, key and fleet
//! secret. All of its checks are enabled.

use std::fs;

use crate::support::{Admin, Server, client, description, passes, python, source};

/// Number of generated cases per operation, besides those that Schemathesis derives from examples and bounds.
const EXAMPLES: &str = "120";
/// Minimum number of requests of a meaningful run.
const MIN_REQUESTS: u64 = 3000;

#[tokio::test(flavor = "multi_thread")]
async fn the_server_conforms_to_its_description() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server).await;
    let key = admin.create_key("Schemathesis").await.key;
    // A folder of its own, because Schemathesis and Hypothesis store their findings beside the configuration.
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
        // The speed of the machine is not tested.
        .args(["--request-timeout=60", "--suppress-health-check=too_slow"])
        .arg(description())
        .current_dir(folder.path())
        .env("HYPOTHESIS_STORAGE_DIRECTORY", folder.path())
        .env("ORI_KEY", &key)
        .env("ORI_SESSION", &admin.session)
        .env("ORI_FLEET_SECRET", &server.fleet_secret);
    let printed = passes(&mut schemathesis);
    let tested = requests(&printed);
    assert!(tested >= MIN_REQUESTS, "only {tested} requests were made");
    // If the session was still valid at the end, the tests covered more than rejections.
    admin.still_works().await;
    let whoami = client().get(format!("{}/api/v1/auth/whoami", server.url));
    let whoami = whoami
        .header("x-api-key", key)
        .send()
        .await
        .expect("the server answers");
    assert_eq!(whoami.status(), 200);
}

/// Returns the number in a line such as `1934 generated, 1934 passed`.
fn requests(printed: &str) -> u64 {
    let (before, _) = printed.split_once(" generated,").expect("a summary");
    let number = before.rsplit(char::is_whitespace).next().unwrap_or_default();
    number.parse().expect("a number")
}

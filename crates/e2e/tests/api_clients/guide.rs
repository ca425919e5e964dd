//! Runs each code block of the guide unchanged, and checks that it does what the guide describes.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

use crate::support::{
    Admin, Running, Server, WebhookReceiver, free_port, node, node_tools, passes, python, until_open,
};

/// Code block with its language and its purpose.
struct Block {
    language: String,
    purpose: String,
    code: String,
}

/// Returns all blocks that have a purpose, in order.
fn blocks() -> Vec<Block> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/guide.md");
    let guide = fs::read_to_string(path).expect("the guide");
    let mut blocks = Vec::new();
    let mut fences = guide.split("\n```");
    fences.next();
    // The text between an opening fence and the next is code; the fence after it closes the block.
    while let (Some(block), _) = (fences.next(), fences.next()) {
        let (info, code) = block.split_once('\n').unwrap_or((block, ""));
        if let Some((language, purpose)) = info.split_once(' ') {
            blocks.push(Block {
                language: language.to_owned(),
                purpose: purpose.to_owned(),
                code: code.to_owned(),
            });
        } else {
            assert!(
                !matches!(info, "sh" | "python" | "js"),
                "no test runs this block:\n{code}"
            );
        }
    }
    blocks
}

fn block(language: &str, purpose: &str) -> String {
    let mut all = blocks().into_iter();
    let found = all.find(|block| block.language == language && block.purpose == purpose);
    found.unwrap_or_else(|| panic!("no {language} {purpose}")).code
}

/// Returns a command that runs the code in the folder.
fn command(folder: &TempDir, language: &str, code: &str) -> Command {
    let file = folder.path().join(match language {
        "sh" => "code.sh",
        "python" => "code.py",
        "js" => "code.mjs",
        other => panic!("no test runs {other}"),
    });
    fs::write(&file, code).expect("the code is written");
    let mut command = match language {
        "sh" => {
            let mut bash = Command::new("bash");
            bash.args(["-euo", "pipefail"]);
            bash
        }
        "python" => python(),
        _ => node(),
    };
    command.arg(file).current_dir(folder.path());
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    symlink(
        node_tools().join("node_modules"),
        folder.path().join("node_modules"),
    )
    .expect("the packages are linked");
    folder
}

#[tokio::test(flavor = "multi_thread")]
async fn every_command_and_program_runs() {
    let server = Server::start().await;
    let key = Admin::sign_in(&server).await.create_key("Guide").await.key;
    let folder = folder();
    let mut ran = 0;
    for Block {
        language,
        purpose,
        code,
    } in blocks()
    {
        if purpose == "run" {
            let mut command = command(&folder, &language, &code);
            passes(command.env("ORI_URL", &server.url).env("ORI_KEY", &key));
            ran += 1;
        }
    }
    assert!(ran >= 8, "only {ran} blocks were run");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_python_receiver_verifies_an_event() {
    receives("python").await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_javascript_receiver_verifies_an_event() {
    receives("js").await;
}

async fn receives(language: &str) {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server).await;
    let key = admin.create_key("Results").await;
    let port = free_port();
    let secret = admin
        .set_webhook(&key, &format!("http://127.0.0.1:{port}/hooks/ori"))
        .await;
    let folder = folder();
    let mut command = command(&folder, language, &block(language, "receiver"));
    let receiver = Running::start(
        command
            .env("PORT", port.to_string())
            .env("ORI_WEBHOOK_SECRET", &secret),
    );
    until_open(port).await;
    let call = server.place_and_end_call(&key.key).await;
    let line = receiver.wait_for_line("the event", |line| line.contains(&call).then(|| line.to_owned()));
    assert!(line.contains("call.completed"), "{line}");
    let forged = crate::support::client()
        .post(format!("http://127.0.0.1:{port}/hooks/ori"))
        .header("webhook-id", "1")
        .header("webhook-timestamp", "1795435320")
        .header(
            "webhook-signature",
            "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
        )
        .body("{}");
    assert_eq!(forged.send().await.expect("the receiver answers").status(), 400);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_signature_equals_that_of_the_guides_command() {
    let server = Server::start().await;
    let admin = Admin::sign_in(&server).await;
    let key = admin.create_key("Results").await;
    let catcher = WebhookReceiver::start();
    let secret = admin.set_webhook(&key, &catcher.url).await;
    server.place_and_end_call(&key.key).await;
    let event = catcher.event();
    let folder = folder();
    fs::write(folder.path().join("body.json"), &event.body).expect("the body is written");
    let mut command = command(&folder, "sh", &block("sh", "verify"));
    let computed = passes(
        command
            .env("ORI_WEBHOOK_SECRET", secret)
            .env("WEBHOOK_ID", event.header("webhook-id"))
            .env("WEBHOOK_TIMESTAMP", event.header("webhook-timestamp")),
    );
    assert_eq!(
        format!("v1,{}", computed.trim()),
        event.header("webhook-signature")
    );
}

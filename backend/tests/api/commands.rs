//! What the program does besides serving.

use std::sync::Arc;

use ori_key::PlainKey;
use ori_shared::error_code::ErrorCode;

use crate::support::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, Place, Process, Settings};

const WITH_ADMIN: Settings = &[
    ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
    ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
];

/// A key as another system made them.
const FOREIGN: &str = "vx-live-0123456789abcdef";

#[tokio::test]
async fn a_key_of_another_system_works_once_it_is_taken_over_and_ends_like_any_other() {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    let serve = || {
        let mut serve = Process::command(WITH_ADMIN);
        serve.arg("serve");
        Process::start_in(folder.clone(), serve)
    };
    let process = serve();
    let whoami = async |process: &Process| {
        let holder = process.anonymous().with_key(FOREIGN, Place::Header);
        holder.get("/api/v1/auth/whoami").await
    };
    whoami(&process).await.problem(ErrorCode::InvalidApiKey);

    let digest: String = PlainKey::presented(FOREIGN)
        .unwrap()
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let list = folder.path().join("keys.csv");
    std::fs::write(&list, format!("name,prefix,sha256\nOld CRM,vx-live,{digest}\n")).unwrap();
    let import = || {
        let url = format!("sqlite://{}", folder.path().join("data/ori.sqlite3").display());
        let mut command = Process::command(&[("ORI_DATABASE_URL", url.as_str())]);
        command
            .args(["import-keys", "--created-by", ADMIN_EMAIL])
            .arg(&list);
        let output = command.output().unwrap();
        let told = |text| String::from_utf8(text).unwrap();
        match output.status.success() {
            true => told(output.stdout),
            false => told(output.stderr),
        }
    };
    let refused = import();
    assert!(refused.contains("another process is using it"), "{refused}");
    process.stop();
    assert!(import().starts_with("1 of 1"));
    assert!(import().starts_with("0 of 1"), "a second time changes nothing");
    let process = serve();
    assert_eq!(whoami(&process).await.status, 200);

    let admin = process.admin().await;
    let listed = admin.get("/api/v1/api-keys").await.value();
    let key = &listed["items"][0];
    assert_eq!(
        (key["key_prefix"].as_str(), key["created_by"].as_str()),
        (Some("vx-live"), Some(ADMIN_EMAIL))
    );
    let path = format!("/api/v1/api-keys/{}", key["id"].as_str().unwrap());
    assert_eq!(admin.delete(&path).await.status, 204);
    whoami(&process).await.problem(ErrorCode::InvalidApiKey);
}

#[test]
fn a_list_with_a_fault_takes_over_nothing_and_a_migration_needs_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("ori.sqlite3").display());
    let run = |arguments: &[&str]| {
        let mut command = Process::command(&[("ORI_DATABASE_URL", url.as_str())]);
        command.args(arguments).output().unwrap()
    };
    assert!(run(&["migrate"]).status.success());
    assert!(folder.path().join("ori.sqlite3").is_file());
    let list = folder.path().join("keys.csv");
    std::fs::write(&list, "name,prefix,sha256\nCRM,vx,not-a-digest\n").unwrap();
    let refused = run(&["import-keys", "--created-by", ADMIN_EMAIL, list.to_str().unwrap()]);
    let told = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(
        !refused.status.success() && told.contains("key 1: sha256"),
        "{told}"
    );
}

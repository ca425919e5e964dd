//! Commands other than `serve`.

use std::sync::Arc;

use ori_key::PlainKey;
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;

use ori_fixtures::{ADMIN_EMAIL, ADMIN_PASSWORD, Caller as _, Place, Process, Settings};

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

/// A database with an account, and no server.
fn database_with_an_account() -> Arc<tempfile::TempDir> {
    let folder = Arc::new(tempfile::tempdir().unwrap());
    serve_in(&folder).stop();
    folder
}

fn serve_in(folder: &Arc<tempfile::TempDir>) -> Process {
    let mut serve = Process::command(WITH_ADMIN);
    serve.arg("serve");
    Process::start_in(folder.clone(), serve)
}

/// Imports that list. Returns whether it succeeded, and what was written.
fn import(folder: &tempfile::TempDir, list: &[u8]) -> (bool, String) {
    let file = folder.path().join("list");
    std::fs::write(&file, list).unwrap();
    let url = format!("sqlite://{}", folder.path().join("data/ori.sqlite3").display());
    let output = Process::command(&[("ORI_DATABASE_URL", url.as_str())])
        .args(["import-keys", "--created-by", ADMIN_EMAIL])
        .arg(&file)
        .output()
        .unwrap();
    let written = [output.stdout, output.stderr].concat();
    (output.status.success(), String::from_utf8(written).unwrap())
}

fn sha256(key: &str) -> String {
    let digest = PlainKey::presented(key).unwrap();
    digest
        .as_bytes()
        .iter()
        .map(|byte| format!("{byte:02x}"))
        .collect()
}

#[tokio::test]
async fn each_key_that_is_taken_over_works_and_its_prefix_obeys_the_schema() {
    let folder = database_with_an_account();
    let ours = PlainKey::generate(&mut StdRng::seed_from_u64(7))
        .expose()
        .to_owned();
    let longest = "x".repeat(512);
    let json = |key: &str| format!("{}\n", serde_json::json!({"name": "CRM", "key": key}));
    for (list, key, prefix) in [
        (format!("name,key\nCRM,{ours}\n"), ours.as_str(), &ours[..7]),
        (
            "name,key\nCRM,0123456789abcdef".to_owned(),
            "0123456789abcdef",
            "0123456",
        ),
        (
            format!("\u{feff}name,key\r\nCRM, {longest} \r\n"),
            &longest,
            "xxxxxxx",
        ),
        (json("sk_live_0123456789!~"), "sk_live_0123456789!~", "sk_live"),
        (
            format!("\u{feff}{}", json("Ori_0123456789abcdef")),
            "Ori_0123456789abcdef",
            "Ori_012",
        ),
        (
            format!("name,prefix,sha256\nCRM,v,{}\n", sha256("v-0123456789abcdef")),
            "v-0123456789abcdef",
            "v",
        ),
        (
            "prefix,key,name\nvx-live-0123,vx-live-0123456789,\"a \"\"CRM\"\", old\"\n".to_owned(),
            "vx-live-0123456789",
            "vx-live-0123",
        ),
    ] {
        let (succeeded, written) = import(&folder, list.as_bytes());
        assert!(succeeded && written.starts_with("1 of 1"), "{list}: {written}");
        let process = serve_in(&folder);
        let holder = process.anonymous().with_key(key, Place::Header);
        let answer = holder.get("/api/v1/auth/whoami").await;
        assert_eq!(answer.status, 200, "{list}");
        assert_eq!(answer.value()["key_prefix"], prefix, "{list}");
        process.stop();
    }
}

#[test]
fn a_list_that_cannot_be_used_is_refused_by_line_and_column_and_takes_over_nothing() {
    let folder = database_with_an_account();
    let whole = PlainKey::generate(&mut StdRng::seed_from_u64(8))
        .expose()
        .to_owned();
    let (cut, digest) = (&whole[..39], sha256(&whole));
    let mistyped = whole.replace(&whole[10..11], "~");
    let longer = "x".repeat(513);
    for (list, place) in [
        (String::new(), "line 1: the list holds no key"),
        ("\u{feff}".into(), "line 1: the list holds no key"),
        ("\n \n".into(), "line 1: "),
        ("name,key\n".into(), "line 1: the list holds no key"),
        ("CRM,hunter2hunter2hunter2\n".into(), "line 1: the columns are"),
        ("name,key,key\nCRM,a,b\n".into(), "line 1: the columns are"),
        (
            "name,key\nCRM,hunter2hunter2hunter2,x\n".into(),
            "line 2: this line has not as many columns",
        ),
        ("name\nCRM\n".into(), "line 2, column key: "),
        (
            format!("name,key\nCRM,{whole}\nCRM,{mistyped}\n"),
            "line 3, column key: a key that begins with ori_",
        ),
        (
            format!("name,key\n\nCRM,{cut}\n"),
            "line 3, column key: a key that begins with ori_",
        ),
        (
            format!("name,key\nCRM,{longer}\n"),
            "line 2, column key: a key has 16 to 512",
        ),
        (
            "name,key\nCRM,hunter2hunter2\n".into(),
            "line 2, column key: a key has 16 to 512",
        ),
        (
            "name,key\nCRM,hunter2 hunter2 hunter2\n".into(),
            "line 2, column key: a key has 16 to 512",
        ),
        (
            "name,key\nCRM,hunter2hunter2h\u{fc}nter2\n".into(),
            "line 2, column key: a key has 16 to 512",
        ),
        (
            "name,key,prefix\nCRM,hunter2hunter2hunter2,vx\n".into(),
            "line 2, column prefix: ",
        ),
        (
            format!("name,prefix,sha256\nCRM,ori_2x8,{digest}\n"),
            "line 2, column prefix: ",
        ),
        (
            format!("name,prefix,sha256\nCRM,hunter2hunter2,{digest}\n"),
            "line 2, column prefix: ",
        ),
        (
            format!("name,prefix,sha256\nCRM,v x,{digest}\n"),
            "line 2, column prefix: ",
        ),
        (
            format!("name,prefix,sha256\nCRM,,{digest}\n"),
            "line 2, column prefix: ",
        ),
        (
            "name,prefix,sha256\nCRM,vx,hunter2\n".into(),
            "line 2, column sha256: ",
        ),
        (
            format!("name,key,sha256\nCRM,hunter2hunter2hunter2,{digest}\n"),
            "line 2, column sha256: ",
        ),
        (format!("name,key\n,{whole}\n"), "line 2, column name: "),
        (
            format!("name,key,expires_at\nCRM,{whole},hunter2\n"),
            "line 2, column expires_at: ",
        ),
        (
            format!("name,key,is_active\nCRM,{whole},hunter2\n"),
            "line 2, column is_active: ",
        ),
        ("{\"name\":\"CRM\"}\n".into(), "line 1, column key: "),
        (
            "\n{\"name\":\"CRM\",\"key\":\"hunter2\"}\n".into(),
            "line 2, column key: a key has 16 to 512",
        ),
        (
            "{\"name\":\"CRM\",\"secret\":\"hunter2\"}\n".into(),
            "line 1: the columns are",
        ),
        (
            "{\"name\":7,\"key\":\"hunter2hunter2hunter2\"}\n".into(),
            "line 1, column name: ",
        ),
        ("{\"name\":\"CRM\"\n".into(), "line 1: this is no JSON object"),
    ] {
        let (succeeded, written) = import(&folder, list.as_bytes());
        let sentence = format!("nothing was taken over: {place}");
        assert!(
            !succeeded && written.starts_with(&sentence),
            "{list:?}: {written}"
        );
        assert!(!written.contains("hunter2"), "{list:?}: {written}");
    }
    let (succeeded, _) = import(&folder, b"name,key\nCRM,\xff\n");
    assert!(!succeeded);
    let (succeeded, written) = import(&folder, format!("name,key\nCRM,{whole}\n").as_bytes());
    assert!(succeeded && written.starts_with("1 of 1"), "{written}");
}

#[test]
fn a_migration_needs_no_server() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("ori.sqlite3").display());
    let mut command = Process::command(&[("ORI_DATABASE_URL", url.as_str())]);
    assert!(command.arg("migrate").status().unwrap().success());
    assert!(folder.path().join("ori.sqlite3").is_file());
}

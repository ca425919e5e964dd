//! The disk of the database is full: what is stored can be read, nothing acknowledged is lost, and all goes on by itself
//! once there is space.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Arc;

use ori_fleet::fake_host::{Behaviour, FakeHost, Script};
use ori_shared::call::{CallPage, PlacedCall};
use ori_shared::error_code::ErrorCode;
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use reqwest::Method;
use serde_json::json;
use tempfile::TempDir;
use uuid::Uuid;

use ori_fixtures::{
    ADMIN_EMAIL, ADMIN_PASSWORD, Answer, Caller as _, DIALOUT, KeyHolder, Place, Process, SECRET, SignedIn,
    send, until,
};

/// A tmpfs of its own size in the folder that the server keeps its database in.
struct SmallDisk {
    folder: Arc<TempDir>,
}

impl SmallDisk {
    /// Mounts it. Only root can: for others there is no such disk, and [`crate::disk`] tests with a limit on the size of
    /// files.
    fn mount() -> Option<Self> {
        let folder = Arc::new(tempfile::tempdir().unwrap());
        let disk = Self { folder };
        fs::create_dir(disk.data()).unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(disk.data())
            .output();
        let is_root = rustix::process::geteuid().is_root();
        match mounted {
            Ok(output) if output.status.success() => Some(disk),
            failed => {
                assert!(!is_root, "root cannot mount a tmpfs: {failed:?}");
                eprintln!("SKIPPED: only root can mount a small disk: {failed:?}");
                None
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.folder.path().join("data")
    }

    /// Leaves not one byte.
    fn fill(&self) {
        let mut ballast = File::options()
            .create(true)
            .append(true)
            .open(self.data().join("ballast"))
            .unwrap();
        for size in [65_536, 4_096, 1] {
            let block = vec![0; size];
            let error = loop {
                if let Err(error) = ballast.write_all(&block) {
                    break error;
                }
            };
            assert_eq!(error.kind(), ErrorKind::StorageFull);
        }
    }

    fn free(&self) {
        fs::remove_file(self.data().join("ballast")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        // Lazily: a server that was killed a moment ago may still be there.
        let _ = Command::new("umount").arg("-l").arg(self.data()).status();
    }
}

struct Stage {
    disk: SmallDisk,
    host: FakeHost,
    key: String,
    key_id: Uuid,
    session: String,
    /// The calls that were acknowledged.
    acknowledged: Vec<Uuid>,
}

impl Stage {
    async fn new(disk: SmallDisk) -> (Self, Process) {
        let host = FakeHost::start(Script::default(), Box::new(StdRng::seed_from_u64(5)))
            .await
            .unwrap();
        host.on_dial(Behaviour::Held);
        let mut stage = Self {
            disk,
            host,
            key: String::new(),
            key_id: Uuid::nil(),
            session: String::new(),
            acknowledged: Vec::new(),
        };
        let server = stage.start();
        let answer = server.anonymous().sign_in(ADMIN_EMAIL, ADMIN_PASSWORD).await;
        stage.session = answer.cookie("ori_session").value().to_owned();
        let created = stage.admin(&server).create_key("CRM").await;
        (stage.key, stage.key_id) = (created.key, created.view.id);
        (stage, server)
    }

    fn start(&self) -> Process {
        let url = self.host.url();
        let mut command = Process::command(&[
            ("ORI_ADMIN_EMAIL", ADMIN_EMAIL),
            ("ORI_ADMIN_PASSWORD", ADMIN_PASSWORD),
            ("ORI_FLEET_URLS", url.as_str()),
            ("ORI_FLEET_SECRET", SECRET),
        ]);
        command.arg("serve");
        Process::start_in(self.disk.folder.clone(), command)
    }

    fn admin(&self, server: &Process) -> SignedIn {
        SignedIn::new(server.anonymous(), format!("ori_session={}", self.session))
    }

    fn crm(&self, server: &Process) -> KeyHolder {
        server.anonymous().with_key(&self.key, Place::Header)
    }

    async fn place(&mut self, server: &Process) -> Answer {
        let body = json!({"bot_id": "bot", "to_number": "+919876543210"});
        let order = self.crm(server).request(Method::POST, DIALOUT);
        let answer = send(order.header("prefer", "respond-async").json(&body)).await;
        if answer.status == 202 {
            self.acknowledged.push(answer.json::<PlacedCall>().call_id);
        }
        answer
    }

    /// Places calls until the disk is full.
    async fn place_until_full(&mut self, server: &Process) {
        let refused = loop {
            let answer = self.place(server).await;
            if answer.status != 202 {
                break answer;
            }
        };
        let problem = refused.problem(ErrorCode::DatabaseUnavailable);
        assert!(problem.detail.contains("disk"), "{problem:?}");
        assert_eq!(refused.status, 503);
    }

    /// The call log holds all that was acknowledged, and the list of keys is there.
    async fn assert_readable(&self, server: &Process) {
        let admin = self.admin(server);
        let (mut logged, mut cursor) = (Vec::new(), String::new());
        loop {
            let answer = admin.get(&format!("/api/v1/calls?limit=100{cursor}")).await;
            assert_eq!(answer.status, 200, "{}", answer.text());
            let page: CallPage = answer.json();
            logged.extend(page.items.iter().map(|call| call.call_id));
            match page.next_cursor {
                Some(next) => cursor = format!("&cursor={next}"),
                None => break,
            }
        }
        for call in &self.acknowledged {
            assert!(logged.contains(call), "{call} is lost");
        }
        let keys = admin.get("/api/v1/api-keys").await;
        assert_eq!(keys.status, 200, "{}", keys.text());
        let found = keys.value()["items"].as_array().unwrap().len();
        assert_eq!(found, 1);
    }

    async fn switch_key(&self, server: &Process, is_active: bool) -> Answer {
        let path = format!("/api/v1/api-keys/{}", self.key_id);
        let change = self.admin(server).request(Method::PATCH, &path);
        send(change.json(&json!({"is_active": is_active}))).await
    }

    /// A key is switched off, or the answer says why it is not; either way the answer is true.
    async fn assert_switch_is_true(&self, server: &Process) {
        let answer = self.switch_key(server, false).await;
        let works = self.crm(server).get("/api/v1/auth/whoami").await;
        if answer.status == 200 {
            assert_eq!(works.status, 403, "{}", works.text());
        } else {
            let problem = answer.problem(ErrorCode::DatabaseUnavailable);
            assert!(problem.detail.contains("disk"), "{problem:?}");
            assert_eq!(works.status, 200, "{}", works.text());
        }
    }
}

// With threads to spare for the voice host: reading the log blocks one.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_loses_nothing_and_everything_goes_on_once_there_is_space() {
    let Some(disk) = SmallDisk::mount() else { return };
    let (mut stage, server) = Stage::new(disk).await;
    for _ in 0..3 {
        assert_eq!(stage.place(&server).await.status, 202);
    }
    // One is being dialled, so that the next start finds an orphaned call.
    until(async || {
        stage
            .host
            .requests()
            .iter()
            .any(|request| request.method == "POST")
    })
    .await;

    stage.disk.fill();
    stage.place_until_full(&server).await;
    stage.assert_readable(&server).await;
    stage.assert_switch_is_true(&server).await;
    assert_eq!(server.anonymous().get("/readyz").await.status, 200);

    // Killed and started on the full disk.
    drop(server);
    stage.disk.fill();
    let server = stage.start();
    stage.assert_readable(&server).await;
    stage.assert_switch_is_true(&server).await;

    stage.disk.free();
    until(async || stage.switch_key(&server, true).await.status == 200).await;
    let placed = stage.place(&server).await;
    assert_eq!(placed.status, 202, "{}", placed.text());
    stage.assert_readable(&server).await;
    assert_eq!(stage.switch_key(&server, false).await.status, 200);
    assert_eq!(stage.crm(&server).get("/api/v1/auth/whoami").await.status, 403);
}

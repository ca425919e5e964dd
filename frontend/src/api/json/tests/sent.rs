//! What is sent.

use ori_shared::api_key::{CreateApiKey, PatchApiKey};
use ori_shared::session::{SetUp, SignIn};
use ori_shared::settings::PatchSettings;
use ori_shared::webhook::PutWebhook;
use serde::Serialize;

use super::super::Write;
use super::{at, some};

#[test]
fn what_is_sent_is_what_serde_would_send() {
    fn same(value: &(impl Serialize + Write)) {
        let sent: serde_json::Value = serde_json::from_str(&value.write().to_text()).unwrap();
        assert_eq!(sent, serde_json::to_value(value).unwrap());
    }
    let text = || "“\n😀\"\\".to_owned();
    let key = |expires_on| CreateApiKey {
        name: text(),
        expires_at: None,
        expires_on,
    };
    same(&key(None));
    same(&key(Some(at(0).date_naive())));
    same(&PatchApiKey {
        is_active: Some(false),
        ..PatchApiKey::default()
    });
    same(&PatchSettings {
        timezone: some("UTC"),
    });
    same(&PutWebhook { url: text() });
    same(&SignIn {
        email: text(),
        password: text(),
    });
    same(&SetUp {
        token: text(),
        email: text(),
        password: text(),
    });
}

//! Values of the examples in the document. Each has the type that the server reads or writes.

use chrono::{DateTime, Utc};
use ori_shared::account::Role;
use ori_shared::api_key::{ApiKeyView, CreateApiKey, CreatedApiKey, KeyStatus, PatchApiKey};
use ori_shared::call::{
    CallDetails, CallEvent, CallPage, CallReport, CallStatus, CallView, PlaceCall, PlacedCall, PlacedStatus,
    WhoAmI,
};
use ori_shared::fleet::{FleetStatus, HostState, HostStatus, WorkerStatus};
use ori_shared::page::Page;
use ori_shared::patch::Patch;
use ori_shared::session::{SessionView, SetUp, SignIn};
use ori_shared::settings::{PatchSettings, SettingsView};
use ori_shared::webhook::{
    CallEventPayload, CallEventType, CreatedWebhook, DeliveryStatus, PutWebhook, RotatedSecret,
    WebhookDelivery, WebhookDeliveryPage, WebhookView,
};
use serde_json::{Value, json};
use uuid::Uuid;

/// The call of the examples.
pub(crate) const CALL_ID: Uuid = Uuid::from_u128(0x019a_b0f3_2c1e_7d40_9a55_3f1c_77e2_90b4);
/// The request of the examples.
pub(super) const REQUEST_ID: &str = "019ab0f32c1f7e2191c3a5d0be64f8a7";
/// The event of the examples.
pub(super) const DELIVERY_ID: Uuid = Uuid::from_u128(0x019a_b0f4_51d7_7b80_8e21_6c0b_93ad_4f17);
const WEBHOOK_SECRET: &str = "whsec_EXAMPLEexampleEXAMPLEexampleEXAMPLEexample0=";
const KEY_ID: Uuid = Uuid::from_u128(0x019a_b0e1_88a2_7c13_b0de_4a61_02f7_5c39);
const ACCOUNT_ID: Uuid = Uuid::from_u128(0x019a_a0b4_11c7_7f52_8e0a_9d2b_6c31_47ae);

fn at(minutes: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(1_795_435_200 + 60 * minutes, 0).unwrap_or_default()
}

pub(crate) fn least_call() -> PlaceCall {
    PlaceCall {
        bot_id: "bot_collections".to_owned(),
        to_number: "+919876543210".to_owned(),
        ..PlaceCall::default()
    }
}

pub(crate) fn full_call() -> PlaceCall {
    let variables = json!({"CUSTOMERNAME": "Rajesh", "due_amount": "50000"});
    PlaceCall {
        from_number: Some("+911234567890".to_owned()),
        variables: serde_json::from_value(variables).unwrap_or_default(),
        call_reference: Some("crm-case-4711".to_owned()),
        ..least_call()
    }
}

pub(crate) fn placed(status: PlacedStatus) -> PlacedCall {
    PlacedCall {
        status,
        call_id: CALL_ID,
        room_name: matches!(status, PlacedStatus::Ok).then(|| format!("dialout-{CALL_ID}")),
    }
}

pub(crate) fn call() -> CallView {
    let event = |status, reason: Option<&str>, minutes| CallEvent {
        status,
        reason: reason.map(str::to_owned),
        at: at(minutes),
    };
    CallView {
        call_id: CALL_ID,
        status: CallStatus::Completed,
        reason: Some("user".to_owned()),
        key_id: KEY_ID,
        key_name: "CRM Integration".to_owned(),
        bot_id: "bot_collections".to_owned(),
        to_number: "+919876543210".to_owned(),
        from_number: Some("+911234567890".to_owned()),
        call_reference: Some("crm-case-4711".to_owned()),
        room_name: Some(format!("dialout-{CALL_ID}")),
        duration_seconds: Some(73.5),
        disconnected_by: Some("user".to_owned()),
        sip_status: None,
        recording_url: Some("https://recordings.example.com/4711.ogg".to_owned()),
        created_at: at(0),
        updated_at: at(2),
        details: Some(CallDetails {
            variables: [("CUSTOMERNAME", "Rajesh"), ("due_amount", "50000")]
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            transcript: Some("bot: Hello Rajesh.".to_owned()),
            ..CallDetails::default()
        }),
        history: vec![
            event(CallStatus::Reserved, None, 0),
            event(CallStatus::Sent, None, 0),
            event(CallStatus::Accepted, None, 0),
            event(CallStatus::Completed, Some("user"), 2),
        ],
    }
}

pub(crate) fn calls() -> CallPage {
    let listed = CallView {
        details: None,
        history: Vec::new(),
        ..call()
    };
    CallPage {
        items: vec![listed],
        next_cursor: None,
        server_time: at(5),
    }
}

pub(crate) fn report() -> CallReport {
    CallReport {
        call_id: Some("w-8f14e45f".to_owned()),
        session_id: Some("s-1".to_owned()),
        call_duration_seconds: Some(73.5),
        disconnected_by: Some("user".to_owned()),
        recording_url: Some("https://recordings.example.com/4711.ogg".to_owned()),
        transcript: Some(json!([{"speaker": "bot", "text": "Hello Rajesh."}])),
        connected_event: Some(json!({"CUSTOMERNAME": "Rajesh", "ori_call_id": CALL_ID})),
        ..CallReport::default()
    }
}

pub(crate) fn who_am_i() -> WhoAmI {
    WhoAmI {
        key_id: KEY_ID,
        name: "CRM Integration".to_owned(),
        key_prefix: "ori_2x8".to_owned(),
        expires_at: None,
    }
}

pub(crate) fn new_key() -> CreateApiKey {
    CreateApiKey {
        name: "CRM Integration".to_owned(),
        ..CreateApiKey::default()
    }
}

pub(crate) fn renamed_key() -> PatchApiKey {
    PatchApiKey {
        name: Some("CRM Integration".to_owned()),
        is_active: None,
        expires_at: Patch::Null,
    }
}

pub(crate) fn key() -> ApiKeyView {
    ApiKeyView {
        id: KEY_ID,
        name: "CRM Integration".to_owned(),
        key_prefix: "ori_2x8".to_owned(),
        status: KeyStatus::Active,
        is_active: true,
        expires_at: None,
        last_used_at: Some(at(0)),
        created_at: at(-90),
        updated_at: at(-90),
        created_by: Some("ada@example.com".to_owned()),
    }
}

pub(crate) fn created_key() -> CreatedApiKey {
    CreatedApiKey {
        // As long as a key, but its checksum is wrong: it cannot be mistaken for one.
        key: "ori_2x8EXAMPLEexampleEXAMPLEexampleEXAM".to_owned() + "P",
        view: ApiKeyView {
            last_used_at: None,
            ..key()
        },
    }
}

pub(crate) fn keys() -> Page<ApiKeyView> {
    Page {
        items: vec![key()],
        total: 1,
        total_is_exact: true,
        next_cursor: None,
        server_time: at(5),
    }
}

pub(crate) fn sign_in() -> SignIn {
    SignIn {
        email: "ada@example.com".to_owned(),
        password: "correct horse battery".to_owned(),
    }
}

pub(crate) fn set_up() -> SetUp {
    SetUp {
        token: "the token from the one-time link".to_owned(),
        email: "ada@example.com".to_owned(),
        password: "correct horse battery".to_owned(),
    }
}

pub(crate) fn session() -> SessionView {
    SessionView {
        account_id: ACCOUNT_ID,
        email: "ada@example.com".to_owned(),
        role: Role::Admin,
        timezone: Some("Asia/Kolkata".to_owned()),
        simulated_fleet: false,
    }
}

pub(crate) fn put_webhook() -> PutWebhook {
    PutWebhook {
        url: "https://crm.example.com/hooks/ori".to_owned(),
    }
}

pub(crate) fn webhook() -> WebhookView {
    WebhookView {
        url: put_webhook().url,
        created_at: at(-60),
        updated_at: at(-60),
        disabled_at: None,
        disabled_reason: None,
    }
}

pub(crate) fn created_webhook() -> CreatedWebhook {
    CreatedWebhook {
        secret: WEBHOOK_SECRET.to_owned(),
        view: webhook(),
    }
}

pub(crate) fn delivery() -> WebhookDelivery {
    WebhookDelivery {
        id: DELIVERY_ID,
        key_id: KEY_ID,
        call_id: CALL_ID,
        event_type: CallEventType::Completed,
        status: DeliveryStatus::Pending,
        attempts: 1,
        last_attempt_at: Some(at(2)),
        last_status: Some(500),
        last_error: Some("bad_status".to_owned()),
        next_attempt_at: Some(at(7)),
        created_at: at(2),
    }
}

pub(crate) fn deliveries() -> WebhookDeliveryPage {
    WebhookDeliveryPage {
        items: vec![delivery()],
        next_cursor: None,
        server_time: at(5),
    }
}

pub(crate) fn rotated_secret() -> RotatedSecret {
    RotatedSecret {
        secret: WEBHOOK_SECRET.to_owned(),
    }
}

/// Returns the body of an event.
pub(super) fn event() -> Value {
    let data = CallView {
        history: Vec::new(),
        ..call()
    };
    json!(CallEventPayload {
        kind: CallEventType::Completed,
        timestamp: at(2),
        data,
    })
}

pub(crate) fn choose_timezone() -> PatchSettings {
    PatchSettings {
        timezone: Some("Asia/Kolkata".to_owned()),
    }
}

pub(crate) fn settings() -> SettingsView {
    SettingsView {
        timezone: Some("Asia/Kolkata".to_owned()),
        timezones: ["UTC", "Asia/Kolkata", "America/New_York"]
            .map(str::to_owned)
            .into(),
    }
}

pub(crate) fn fleet() -> FleetStatus {
    let healthy = HostStatus {
        host: "https://voice-1.example.com".to_owned(),
        state: HostState::Healthy,
        simulated: false,
        last_error: None,
        last_checked_at: Some(at(5)),
        fleet_calls: Some(8),
        fleet_max: Some(20),
        fleet_available: Some(12),
        reserved: 1,
        workers: vec![WorkerStatus {
            port: 8001,
            calls: Some(1),
            status: None,
        }],
    };
    let silent = HostStatus {
        host: "https://voice-2.example.com".to_owned(),
        state: HostState::Unhealthy,
        last_error: Some("did not answer within 20 s".to_owned()),
        fleet_calls: None,
        fleet_max: None,
        fleet_available: None,
        reserved: 0,
        workers: Vec::new(),
        ..healthy.clone()
    };
    FleetStatus {
        total_capacity: 20,
        active_calls: 8,
        available: 11,
        simulated: false,
        hosts: vec![healthy, silent],
    }
}

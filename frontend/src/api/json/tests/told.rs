//! What the server tells.

use ori_shared::account::Role;
use ori_shared::api_key::{CreatedApiKey, KeyStatus};
use ori_shared::call::{CallDetails, CallEvent, CallPage, CallStatus, CallView};
use ori_shared::fleet::{FleetStatus, HostState, HostStatus, WorkerStatus};
use ori_shared::page::Page;
use ori_shared::session::SessionView;
use ori_shared::settings::SettingsView;
use ori_shared::webhook::{
    CallEventType, DeliveryStatus, RotatedSecret, WebhookDelivery, WebhookDeliveryPage, WebhookView,
};

use super::{at, id, key, read, some, survives};

fn call(details: Option<CallDetails>, history: Vec<CallEvent>) -> CallView {
    let is_full = details.is_some();
    let text = |text| some(text).filter(|_| is_full);
    CallView {
        call_id: id(2),
        status: CallStatus::Voicemail,
        reason: text("no_capacity"),
        key_id: id(3),
        key_name: "CRM".to_owned(),
        bot_id: "bot".to_owned(),
        to_number: "+919876543210".to_owned(),
        from_number: text("+1"),
        call_reference: text("47"),
        room_name: text("room"),
        duration_seconds: is_full.then_some(12.5),
        disconnected_by: text("user"),
        sip_status: is_full.then_some(486),
        recording_url: text("https://example.com/"),
        created_at: at(2),
        updated_at: at(3),
        details,
        history,
    }
}

#[test]
fn keys() {
    survives(&Page {
        items: vec![key(None, None), key(Some(at(5)), some("ada@example.com"))],
        total: 1 << 40,
        total_is_exact: false,
        next_cursor: some("c"),
        server_time: at(4),
    });
    let created = CreatedApiKey {
        key: "ori_secret".to_owned(),
        view: key(None, None),
    };
    let told: CreatedApiKey = read(&serde_json::to_string(&created).unwrap()).unwrap();
    assert_eq!((told.key, told.view), (created.key, created.view));
}

#[test]
fn calls() {
    let details = CallDetails {
        variables: [("a".to_owned(), "1".to_owned()), ("é".to_owned(), String::new())].into(),
        caller_id: some("+1"),
        session_id: None,
        stream_id: some("s"),
        transcript: some("[]"),
    };
    let events = [
        (CallStatus::Queued, None),
        (CallStatus::Refused, some("no_capacity")),
    ];
    let history = events.map(|(status, reason)| CallEvent {
        status,
        reason,
        at: at(6),
    });
    survives(&CallPage {
        items: vec![call(None, Vec::new()), call(Some(details), history.into())],
        next_cursor: Some(id(7)),
        server_time: at(8),
    });
    CallStatus::ALL.iter().for_each(survives);
}

#[test]
fn the_fleet() {
    let worker = |calls, status| WorkerStatus {
        port: 65_535,
        calls,
        status,
    };
    let host = |state, number: Option<u64>| HostStatus {
        host: "https://voice-1.example.com".to_owned(),
        state,
        simulated: true,
        last_error: number.map(|number| number.to_string()),
        last_checked_at: number.map(|_| at(0)),
        fleet_calls: number,
        fleet_max: number,
        fleet_available: number,
        reserved: 3,
        workers: vec![worker(number, None), worker(None, some("unreachable"))],
    };
    let states = [
        (HostState::Healthy, Some(7)),
        (HostState::Unhealthy, None),
        (HostState::Unknown, None),
    ];
    survives(&FleetStatus {
        total_capacity: 10,
        active_calls: 7,
        available: 0,
        simulated: false,
        hosts: states.map(|(state, number)| host(state, number)).into(),
    });
}

#[test]
fn people_and_their_settings() {
    for role in [Role::Agent, Role::Supervisor, Role::Admin, Role::SuperAdmin] {
        let email = "ada@example.com".to_owned();
        let timezone = some("Asia/Kolkata");
        survives(&SessionView {
            account_id: id(9),
            email,
            role,
            timezone,
            simulated_fleet: true,
        });
    }
    let timezones = vec!["UTC".to_owned(), "Asia/Kolkata".to_owned()];
    survives(&SettingsView {
        timezone: None,
        timezones,
    });
}

#[test]
fn webhooks() {
    survives(&WebhookView {
        url: "https://crm.example.com/".to_owned(),
        created_at: at(0),
        updated_at: at(1),
        disabled_at: Some(at(2)),
        disabled_reason: some("gone"),
    });
    let rotated: RotatedSecret = read(r#"{"secret":"whsec_x"}"#).unwrap();
    assert_eq!(rotated.secret, "whsec_x");
    let items = CallEventType::ALL.map(|event_type| WebhookDelivery {
        id: id(1),
        key_id: id(2),
        call_id: id(3),
        event_type,
        status: DeliveryStatus::Pending,
        attempts: 4,
        last_attempt_at: Some(at(0)),
        last_status: Some(503),
        last_error: some("bad_status"),
        next_attempt_at: None,
        created_at: at(1),
    });
    survives(&WebhookDeliveryPage {
        items: items.into(),
        next_cursor: None,
        server_time: at(2),
    });
    DeliveryStatus::ALL.iter().for_each(survives);
    [KeyStatus::Active, KeyStatus::Inactive].iter().for_each(survives);
}

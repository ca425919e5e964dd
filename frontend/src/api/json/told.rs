//! Reading what the server tells.

use ori_shared::account::Role;
use ori_shared::api_key::{ApiKeyView, CreatedApiKey, KeyStatus};
use ori_shared::call::{CallDetails, CallEvent, CallPage, CallStatus, CallView};
use ori_shared::error_code::ErrorCode;
use ori_shared::fleet::{FleetStatus, HostState, HostStatus, WorkerStatus};
use ori_shared::page::Page;
use ori_shared::problem::{FieldError, Problem};
use ori_shared::session::SessionView;
use ori_shared::settings::SettingsView;
use ori_shared::webhook::{
    CallEventType, DeliveryStatus, RotatedSecret, WebhookDelivery, WebhookDeliveryPage, WebhookView,
};

use super::{Json, Read};

/// Objects whose fields are called on the wire as they are here.
macro_rules! objects {
    ($($object:ty { $($field:ident),+ $(,)? })+) => {$(
        impl Read for $object {
            fn read(json: &Json) -> Option<Self> {
                Some(Self { $($field: json.field(stringify!($field))?),+ })
            }
        }
    )+};
}

/// Words of a list that both sides know.
macro_rules! words {
    ($($word:ty),+ $(,)?) => {$(
        impl Read for $word {
            fn read(json: &Json) -> Option<Self> {
                Self::parse(&json.text()?)
            }
        }
    )+};
}

objects! {
    ApiKeyView { id, name, key_prefix, status, is_active, expires_at, last_used_at, created_at, updated_at, created_by }
    Page<ApiKeyView> { items, total, total_is_exact, next_cursor, server_time }
    CallView {
        call_id, status, reason, key_id, key_name, bot_id, to_number, from_number, call_reference, room_name,
        duration_seconds, disconnected_by, sip_status, recording_url, created_at, updated_at, details, history,
    }
    CallDetails { variables, caller_id, session_id, stream_id, transcript }
    CallEvent { status, reason, at }
    CallPage { items, next_cursor, server_time }
    FleetStatus { total_capacity, active_calls, available, simulated, hosts }
    HostStatus {
        host, state, simulated, last_error, last_checked_at, fleet_calls, fleet_max, fleet_available, reserved, workers,
    }
    WorkerStatus { port, calls, status }
    FieldError { pointer, detail }
    SessionView { account_id, email, role, timezone, simulated_fleet }
    SettingsView { timezone, timezones }
    WebhookView { url, created_at, updated_at, disabled_at, disabled_reason }
    RotatedSecret { secret }
    WebhookDelivery {
        id, key_id, call_id, event_type, status, attempts, last_attempt_at, last_status, last_error, next_attempt_at,
        created_at,
    }
    WebhookDeliveryPage { items, next_cursor, server_time }
}

words!(
    Role,
    KeyStatus,
    CallStatus,
    ErrorCode,
    HostState,
    CallEventType,
    DeliveryStatus
);

/// A key and its view stand side by side in one object.
impl Read for CreatedApiKey {
    fn read(json: &Json) -> Option<Self> {
        Some(Self {
            key: json.field("key")?,
            view: Read::read(json)?,
        })
    }
}

impl Read for Problem {
    fn read(json: &Json) -> Option<Self> {
        Some(Self {
            kind: json.field("type")?,
            title: json.field("title")?,
            status: json.field("status")?,
            code: json.field("code")?,
            detail: json.field("detail")?,
            request_id: json.field("request_id")?,
            errors: json.field("errors")?,
            call_id: json.field("call_id")?,
        })
    }
}

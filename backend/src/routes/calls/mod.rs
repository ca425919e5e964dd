//! What became of calls.

pub mod list;
pub mod show;

use ori_shared::call::CallView;
use ori_store::{Call, CallRecord};

fn detailed(record: CallRecord) -> CallView {
    CallView {
        details: Some(record.details),
        history: record.history,
        ..view(record.call)
    }
}

fn view(call: Call) -> CallView {
    CallView {
        call_id: call.id,
        status: call.status,
        reason: call.reason,
        key_id: call.key_id,
        key_name: call.key_name,
        bot_id: call.bot_id,
        to_number: call.to_number,
        from_number: call.from_number,
        call_reference: call.call_reference,
        room_name: call.room_name,
        duration_seconds: call.duration_seconds,
        disconnected_by: call.disconnected_by,
        sip_status: call.sip_status,
        recording_url: call.recording_url,
        created_at: call.created_at,
        updated_at: call.updated_at,
        details: None,
        history: Vec::new(),
    }
}

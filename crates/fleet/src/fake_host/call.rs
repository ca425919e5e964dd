//! Simulated calls.

use std::sync::Arc;
use std::time::Duration;

use ori_shared::fleet::DisconnectedBy;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::results;
use super::script::ReceivedDial;
use super::state::Shared;

/// Starts the call if a worker is free. Returns the worker's id of the call, or `None` if the host is full.
pub(super) fn accept(shared: &Arc<Shared>, dial: ReceivedDial) -> Option<String> {
    let id = shared.new_id();
    let ended_before = shared.update(|state| {
        if state.free(shared.script.workers) == 0 {
            return None;
        }
        state.dialled.push(dial.clone());
        state.running.insert(id.clone(), dial.clone());
        Some(state.ended)
    })?;
    tracing::info!(worker_call_id = id, "SIMULATED call accepted: no phone rings");
    tokio::spawn(take_place(Arc::clone(shared), id.clone(), dial, ended_before));
    Some(id)
}

/// Returns how a call to the number ends, by its last digit: with a SIP status, or answered.
fn ending(to_number: &str) -> (DisconnectedBy, Option<u16>) {
    match to_number.chars().last() {
        Some('0') => (DisconnectedBy::from_sip(480), Some(480)),
        Some('6') => (DisconnectedBy::from_sip(486), Some(486)),
        Some('7') => (DisconnectedBy::from_sip(500), Some(500)),
        Some('9') => (DisconnectedBy::Voicemail, None),
        _ => (DisconnectedBy::Other("user".to_owned()), None),
    }
}

async fn take_place(shared: Arc<Shared>, id: String, dial: ReceivedDial, ended_before: u64) {
    let begun = Instant::now();
    let (why, sip_status) = ending(&dial.to_number);
    let share = if sip_status.is_some() { 2 } else { 1 };
    tokio::select! {
        () = last(shared.script.calls_last.map(|full| full / share)) => {}
        () = shared.until(|state| state.ended > ended_before) => {}
    }
    let seconds = if sip_status.is_some() {
        0
    } else {
        begun.elapsed().as_secs()
    };
    let result = result(&id, &dial, &why, sip_status, seconds);
    shared.update(|state| state.running.remove(&id));
    tracing::info!(
        worker_call_id = id,
        disconnected_by = why.as_str(),
        "SIMULATED call ended"
    );
    results::post(&shared, &result).await;
}

async fn last(duration: Option<Duration>) {
    match duration {
        Some(duration) => tokio::time::sleep(duration).await,
        None => std::future::pending().await,
    }
}

/// Returns the result that is posted when the call has ended (platform, section 4).
fn result(id: &str, dial: &ReceivedDial, why: &DisconnectedBy, sip: Option<u16>, seconds: u64) -> Value {
    let mut result = json!({
        "call_id": id,
        "session_id": id,
        "stream_id": format!("simulated-{id}"),
        "caller_id": dial.to_number,
        "bot_id": dial.bot_id,
        "call_duration_seconds": seconds,
        "disconnected_by": why,
        "connected_event": dial.connected_event,
        "simulated": true,
    });
    if let Some(status) = sip {
        result["sip_status"] = status.into();
    } else {
        result["transcript"] = json!([{"role": "bot", "text": "This call was simulated. No phone rang."}]);
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_digit_decides_how_a_call_ends() {
        for (number, word, sip) in [
            ("+4915100000000", "no_answer", Some(480)),
            ("+4915100000006", "rejected", Some(486)),
            ("+4915100000007", "error", Some(500)),
            ("+4915100000009", "voicemail", None),
            ("+4915100000001", "user", None),
        ] {
            let (why, status) = ending(number);
            assert_eq!((why.as_str(), status), (word, sip));
        }
    }
}

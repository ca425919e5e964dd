//! Labels of calls: statuses, reasons, durations.

use ori_shared::call::{CallStatus, CallView};

use crate::components::badge::Tone;

/// Returns the badge of a status.
#[must_use]
pub const fn badge_of(status: CallStatus) -> (Tone, &'static str) {
    match status {
        CallStatus::Queued => (Tone::Grey, "Queued"),
        CallStatus::Reserved => (Tone::Blue, "Reserved"),
        CallStatus::Sent => (Tone::Blue, "Sent"),
        CallStatus::Accepted => (Tone::Blue, "Accepted"),
        CallStatus::Refused => (Tone::Red, "Refused"),
        CallStatus::Unknown => (Tone::Amber, "Unknown"),
        CallStatus::Completed => (Tone::Green, "Completed"),
        CallStatus::Failed => (Tone::Red, "Failed"),
        CallStatus::Voicemail => (Tone::Grey, "Voicemail"),
    }
}

/// Returns the meaning of a status.
#[must_use]
pub const fn meaning(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Queued => "Waiting for capacity",
        CallStatus::Reserved => "Request saved",
        CallStatus::Sent => "Sent to voice host",
        CallStatus::Accepted => "Dialling",
        CallStatus::Refused => "Nothing was dialled",
        CallStatus::Unknown => "The call may have gone out. It won’t be retried.",
        CallStatus::Completed => "The conversation took place",
        CallStatus::Failed => "Not reached",
        CallStatus::Voicemail => "Voicemail answered",
    }
}

/// Returns the reason of a call's status, with the SIP code if there is one; `None` if there is nothing to explain.
#[must_use]
pub fn reason(call: &CallView) -> Option<String> {
    explained(word(call), call.sip_status)
}

/// Returns the short reason: the code without its name.
#[must_use]
pub fn short_reason(call: &CallView) -> Option<String> {
    let words = word(call).map(reason_label);
    let code = call.sip_status.map(|code| format!("SIP {code}"));
    let parts: Vec<String> = words.into_iter().chain(code).collect();
    (!parts.is_empty()).then(|| parts.join(" · "))
}

fn word(call: &CallView) -> Option<&str> {
    call.reason.as_deref().or(call.disconnected_by.as_deref())
}

/// Returns the text of a reason, with the SIP code if there is one.
#[must_use]
pub fn explained(word: Option<&str>, sip: Option<u16>) -> Option<String> {
    match (word.map(reason_label), sip) {
        (Some(words), Some(code)) => Some(format!("{words} ({})", sip_words(code))),
        (None, Some(code)) => Some(sip_words(code)),
        (words, None) => words,
    }
}

fn reason_label(word: &str) -> String {
    let words = match word {
        "no_capacity" => "No capacity available",
        "at_capacity" => "The voice host was full",
        "host_not_configured" => "The voice host is not set up to dial",
        "host_unreachable" => "The voice host could not be reached",
        "reservation_lapsed" => "The reserved place was lost before dialling",
        "waited_too_long" => "Timed out waiting for capacity",
        "answer_lost" => "No response from voice host",
        "interrupted" => "Interrupted by a server restart",
        "bot_not_found" => "Bot not found",
        "worker_error" => "The voice host refused the call",
        "no_answer" => "Nobody answered",
        "rejected" => "Busy or declined",
        "error" => "Call failed",
        "voicemail" => "Voicemail answered",
        "user" => "Callee hung up",
        "bot" | "agent" | "assistant" => "The bot hung up",
        other => return sentence(other),
    };
    words.to_owned()
}

/// Formats a reason without a label: `line_busy` becomes `Line busy`.
fn sentence(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// Returns the code with its name (RFC 3261, section 21).
fn sip_words(code: u16) -> String {
    let name = match code {
        400 => " Bad Request",
        403 => " Forbidden",
        404 => " Not Found",
        408 => " Request Timeout",
        410 => " Gone",
        480 => " Temporarily Unavailable",
        484 => " Address Incomplete",
        486 => " Busy Here",
        487 => " Request Terminated",
        488 => " Not Acceptable Here",
        500 => " Server Internal Error",
        502 => " Bad Gateway",
        503 => " Service Unavailable",
        504 => " Server Time-out",
        600 => " Busy Everywhere",
        603 => " Decline",
        604 => " Does Not Exist Anywhere",
        _ => "",
    };
    format!("SIP {code}{name}")
}

/// Formats minutes and seconds: `0:07`, `12:30`, `75:00`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates; a worker may send any number"
    )]
    let seconds = seconds.round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_has_a_label_and_its_sip_code() {
        for (word, sip, label) in [
            (
                Some("rejected"),
                Some(486),
                Some("Busy or declined (SIP 486 Busy Here)"),
            ),
            (
                Some("no_answer"),
                Some(480),
                Some("Nobody answered (SIP 480 Temporarily Unavailable)"),
            ),
            (Some("no_capacity"), None, Some("No capacity available")),
            (Some("line_broke"), None, Some("Line broke")),
            (None, Some(699), Some("SIP 699")),
            (
                Some("error"),
                Some(500),
                Some("Call failed (SIP 500 Server Internal Error)"),
            ),
            (None, None, None),
        ] {
            assert_eq!(explained(word, sip).as_deref(), label, "{word:?} {sip:?}");
        }
    }

    #[test]
    fn a_duration_is_minutes_and_seconds() {
        for (seconds, label) in [
            (0.0, "0:00"),
            (6.6, "0:07"),
            (59.5, "1:00"),
            (750.0, "12:30"),
            (4500.0, "75:00"),
            (-1.0, "0:00"),
        ] {
            assert_eq!(duration(seconds), label);
        }
    }
}

//! What became of a call, in words.

use ori_shared::call::{CallStatus, CallView};

use crate::ui::badge::Tone;

/// A status as a badge.
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

/// What a status means.
#[must_use]
pub const fn meaning(status: CallStatus) -> &'static str {
    match status {
        CallStatus::Queued => "Waits for a voice host with room",
        CallStatus::Reserved => "Recorded; no voice host was asked yet",
        CallStatus::Sent => "A voice host is being asked",
        CallStatus::Accepted => "A voice host dials",
        CallStatus::Refused => "Nothing was dialled",
        CallStatus::Unknown => "It may have been dialled; it is not dialled again",
        CallStatus::Completed => "The conversation took place",
        CallStatus::Failed => "Nobody was reached",
        CallStatus::Voicemail => "A machine picked up",
    }
}

/// Why a call stands where it stands, with the SIP code where there is one; `None` where there is nothing to explain.
#[must_use]
pub fn reason(call: &CallView) -> Option<String> {
    explained(word(call), call.sip_status)
}

/// The same for where there is little room: the code without its name.
#[must_use]
pub fn short_reason(call: &CallView) -> Option<String> {
    let words = word(call).map(in_words);
    let code = call.sip_status.map(|code| format!("SIP {code}"));
    let told: Vec<String> = words.into_iter().chain(code).collect();
    (!told.is_empty()).then(|| told.join(" · "))
}

fn word(call: &CallView) -> Option<&str> {
    call.reason.as_deref().or(call.disconnected_by.as_deref())
}

/// A word in words, with the SIP code where there is one.
#[must_use]
pub fn explained(word: Option<&str>, sip: Option<u16>) -> Option<String> {
    match (word.map(in_words), sip) {
        (Some(words), Some(code)) => Some(format!("{words} ({})", sip_words(code))),
        (None, Some(code)) => Some(sip_words(code)),
        (words, None) => words,
    }
}

fn in_words(word: &str) -> String {
    let words = match word {
        "no_capacity" => "No voice host had room",
        "at_capacity" => "The voice host was full",
        "host_not_configured" => "The voice host is not set up to dial",
        "host_unreachable" => "The voice host could not be reached",
        "reservation_lapsed" => "The reserved place was lost before dialling",
        "waited_too_long" => "It waited too long for room",
        "answer_lost" => "The voice host’s answer was lost",
        "interrupted" => "The server stopped meanwhile",
        "bot_not_found" => "The voice host knows no such bot",
        "worker_error" => "The voice host refused the call",
        "no_answer" => "Nobody answered",
        "rejected" => "Busy or declined",
        "error" => "The call could not be placed, or broke",
        "voicemail" => "A machine answered",
        "user" => "The called person hung up",
        "bot" | "agent" | "assistant" => "The bot hung up",
        other => return sentence(other),
    };
    words.to_owned()
}

/// A word that we do not know: `line_busy` becomes `Line busy`.
fn sentence(word: &str) -> String {
    let spaced = word.replace('_', " ");
    let mut letters = spaced.chars();
    letters
        .next()
        .map(|first| first.to_uppercase().chain(letters).collect())
        .unwrap_or_default()
}

/// The code with the name that RFC 3261, section 21, gives it.
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

/// `0:07`, `12:30`, `75:00`.
#[must_use]
pub fn duration(seconds: f64) -> String {
    // A duration is some seconds to some hours; whatever else a worker told is no duration.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "the cast saturates, and what is beyond it is nonsense"
    )]
    let seconds = seconds.round() as u64;
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_in_words_with_its_code() {
        for (word, sip, told) in [
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
            (Some("no_capacity"), None, Some("No voice host had room")),
            (Some("line_broke"), None, Some("Line broke")),
            (None, Some(699), Some("SIP 699")),
            (
                Some("error"),
                Some(500),
                Some("The call could not be placed, or broke (SIP 500 Server Internal Error)"),
            ),
            (None, None, None),
        ] {
            assert_eq!(explained(word, sip).as_deref(), told, "{word:?} {sip:?}");
        }
    }

    #[test]
    fn a_duration_is_minutes_and_seconds() {
        for (seconds, told) in [
            (0.0, "0:00"),
            (6.6, "0:07"),
            (59.5, "1:00"),
            (750.0, "12:30"),
            (4500.0, "75:00"),
            (-1.0, "0:00"),
        ] {
            assert_eq!(duration(seconds), told);
        }
    }
}

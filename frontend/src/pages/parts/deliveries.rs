//! What was sent to a webhook, and whether it arrived.

use ori_shared::webhook::{DeliveryStatus, WebhookDelivery};
use uuid::Uuid;

use super::time::time;
use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::session::use_session;
use crate::state::task::{start, start_here};
use crate::state::toasts::use_toasts;
use crate::state::zone::{Wall, Zone, use_zone};
use crate::ui::badge::{Tone, badge};
use crate::ui::el::{El, el};
use crate::ui::pulse::pulse;

type Told = Option<Result<Vec<WebhookDelivery>, ApiError>>;

/// The newest deliveries, kept fresh: `of` is `key_id` or `call_id`, and `empty` what to say where there are none.
#[must_use]
pub fn deliveries(of: &'static str, id: Uuid, empty: &'static str) -> El {
    let (session, toasts, zone) = (use_session(), use_toasts(), use_zone());
    let told: RwSignal<Told> = RwSignal::new(None);
    let owner = Owner::current().unwrap_or_default();
    let owner = StoredValue::new(owner);
    let read = move || {
        let Some(owner) = owner.try_get_value() else {
            return;
        };
        owner.with(|| {
            start_here(async move {
                let answer = api::webhooks::deliveries(of, id).await.map(|page| page.items);
                let failed = answer.as_ref().err();
                let ended = failed.is_some_and(|error| session.ended_by(error));
                // A reading that failed leaves what is known.
                let keep =
                    ended || failed.is_some() && told.with_untracked(|told| matches!(told, Some(Ok(_))));
                if !keep && told.with_untracked(|told| told.as_ref() != Some(&answer)) {
                    told.set(Some(answer));
                }
            });
        });
    };
    read();
    pulse(read);
    let replay = move |id: Uuid| {
        start(async move {
            match api::webhooks::replay(id).await {
                Ok(()) => toasts.success("Delivery is being replayed"),
                Err(error) if session.ended_by(&error) => {}
                Err(error) => toasts.failure(format!("The delivery was not replayed. {}", error.sentence())),
            }
            read();
        });
    };
    el("div").class("deliveries").live(move || {
        Some(told.with(|told| {
            match told {
                None => el("p").class("help").text("Loading…"),
                Some(Err(error)) => el("p")
                    .class("help")
                    .text("The deliveries could not be read. ")
                    .text(error.sentence()),
                Some(Ok(items)) if items.is_empty() => el("p").class("help").text(empty),
                Some(Ok(items)) => el("ul").children(items.iter().map(|item| line(item, zone, replay))),
            }
        }))
    })
}

fn line(item: &WebhookDelivery, zone: Zone, replay: impl Fn(Uuid) + 'static) -> El {
    let (tone, word) = match item.status {
        DeliveryStatus::Pending => (Tone::Blue, "Pending"),
        DeliveryStatus::Delivered => (Tone::Green, "Delivered"),
        DeliveryStatus::Failed => (Tone::Red, "Failed"),
    };
    let id = item.id;
    let at = item.last_attempt_at.unwrap_or(item.created_at);
    let about = el("p")
        .class("delivery-about")
        .child(time(zone, at, Wall::date_time_seconds));
    let about = about.text(said(item));
    let about = match item.next_attempt_at {
        Some(next) if item.status == DeliveryStatus::Pending && item.attempts > 0 => about
            .text(" · next attempt ")
            .child(time(zone, next, Wall::date_time_seconds)),
        _ => about,
    };
    let line = el("li")
        .class("delivery")
        .child(badge(tone, word))
        .child(el("code").text(item.event_type.as_str()))
        .child(about);
    if item.status == DeliveryStatus::Pending {
        return line;
    }
    let button = el("button")
        .attr("type", "button")
        .class("button button-quiet")
        .attr("aria-label", format!("Replay {}", item.event_type.as_str()))
        .text("Replay");
    line.child(button.on("click", move |_| replay(id)))
}

/// What became of the last attempt, in words.
fn said(item: &WebhookDelivery) -> String {
    let attempts = match item.attempts {
        0 => return " · not tried yet".to_owned(),
        1 => "1 attempt".to_owned(),
        more => format!("{more} attempts"),
    };
    let answer = item
        .last_status
        .map(|status| format!(" · HTTP {status}"))
        .unwrap_or_default();
    let error = match item.last_error.as_deref() {
        Some(word) if item.status != DeliveryStatus::Delivered => format!(" · {}", error_words(word)),
        _ => String::new(),
    };
    format!(" · {attempts}{answer}{error}")
}

fn error_words(word: &str) -> String {
    match word {
        "bad_status" => "the receiver did not accept it",
        "redirected" => "the receiver pointed elsewhere, which is not followed",
        "gone" => "the receiver says that it is gone",
        "timed_out" => "no answer in time",
        "name_not_found" => "the address’s name is unknown",
        "private_address" => "the address is in a private network",
        "not_connected" => "no connection",
        "certificate_invalid" => "the receiver’s certificate is not valid",
        "tls_failed" => "no encrypted connection (TLS)",
        "connection_broke" => "the connection broke",
        "expired" => "not taken within 76 hours",
        "webhook_removed" => "the webhook was removed",
        "webhook_disabled" => "the webhook is disabled",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

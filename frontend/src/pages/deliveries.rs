//! Deliveries of events to a webhook.

use leptos::prelude::*;
use leptos::task::spawn_local;
use ori_shared::webhook::{DeliveryStatus, WebhookDelivery};
use uuid::Uuid;

use crate::api;
use crate::api::webhooks::DeliveriesOf;
use crate::components::badge::{Badge, Tone};
use crate::components::timestamp::Timestamp;
use crate::hooks::Remote;
use crate::hooks::remote::{Resource, use_polled};
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;
use crate::state::zone::Wall;

/// The newest deliveries, kept up to date.
#[component]
pub fn Deliveries(
    of: DeliveriesOf,
    /// Message for an empty list.
    empty: &'static str,
) -> impl IntoView {
    let deliveries = use_polled(move || api::webhooks::deliveries(of));
    view! {
        <div class="deliveries">
            {move || match deliveries.get() {
                Remote::Loading => view! { <p class="help">"Loading…"</p> }.into_any(),
                Remote::Failed(error) => {
                    view! { <p class="help">"Couldn’t load the deliveries. " {error.sentence()}</p> }
                        .into_any()
                }
                Remote::Ready { value, .. } if value.is_empty() => {
                    view! { <p class="help">{empty}</p> }.into_any()
                }
                Remote::Ready { value, .. } => {
                    let lines = value
                        .into_iter()
                        .map(|delivery| view! { <DeliveryLine delivery deliveries /> })
                        .collect_view();
                    view! { <ul>{lines}</ul> }.into_any()
                }
            }}
        </div>
    }
}

#[component]
fn DeliveryLine(delivery: WebhookDelivery, deliveries: Resource<Vec<WebhookDelivery>>) -> impl IntoView {
    let (session, toasts) = (use_session(), use_toasts());
    let (tone, word) = match delivery.status {
        DeliveryStatus::Pending => (Tone::Blue, "Pending"),
        DeliveryStatus::Delivered => (Tone::Green, "Delivered"),
        DeliveryStatus::Failed => (Tone::Red, "Failed"),
    };
    let event = delivery.event_type.as_str();
    let is_pending = delivery.status == DeliveryStatus::Pending;
    let at = delivery.last_attempt_at.unwrap_or(delivery.created_at);
    let next = delivery
        .next_attempt_at
        .filter(|_| is_pending && delivery.attempts > 0);
    // The request is completed even if the dialog is closed.
    let replay = move |id: Uuid| {
        spawn_local(async move {
            match api::webhooks::replay(id).await {
                Ok(()) => toasts.success("Replaying delivery"),
                Err(error) if session.ended_by(&error) => {}
                Err(error) => toasts.failure(format!("Couldn’t replay the delivery. {}", error.sentence())),
            }
            deliveries.refresh();
        });
    };
    let id = delivery.id;
    view! {
        <li class="delivery">
            <Badge tone label=word />
            <code>{event}</code>
            <p class="delivery-about">
                <Timestamp at format=Wall::date_time_seconds />
                {outcome(&delivery)}
                {next
                    .map(|next| {
                        view! {
                            " · next attempt "
                            <Timestamp at=next format=Wall::date_time_seconds />
                        }
                    })}
            </p>
            {(!is_pending)
                .then(|| {
                    view! {
                        <button
                            type="button"
                            class="button button-quiet"
                            aria-label=format!("Replay {event}")
                            on:click=move |_| replay(id)
                        >
                            "Replay"
                        </button>
                    }
                })}
        </li>
    }
}

/// Returns the text of the last attempt's outcome.
fn outcome(delivery: &WebhookDelivery) -> String {
    let attempts = match delivery.attempts {
        0 => return " · queued".to_owned(),
        1 => "1 attempt".to_owned(),
        more => format!("{more} attempts"),
    };
    let answer = delivery
        .last_status
        .map(|status| format!(" · HTTP {status}"))
        .unwrap_or_default();
    let error = match delivery.last_error.as_deref() {
        Some(word) if delivery.status != DeliveryStatus::Delivered => format!(" · {}", error_label(word)),
        _ => String::new(),
    };
    format!(" · {attempts}{answer}{error}")
}

fn error_label(word: &str) -> String {
    match word {
        "bad_status" => "rejected by the endpoint",
        "redirected" => "redirects aren’t followed",
        "gone" => "endpoint returned 410 Gone",
        "timed_out" => "no answer in time",
        "name_not_found" => "DNS lookup failed",
        "private_address" => "the address is in a private network",
        "not_connected" => "no connection",
        "certificate_invalid" => "invalid certificate",
        "tls_failed" => "no encrypted connection (TLS)",
        "connection_broke" => "the connection broke",
        "expired" => "not delivered within 76 hours",
        "webhook_removed" => "the webhook was removed",
        "webhook_disabled" => "the webhook is disabled",
        other => return other.replace('_', " "),
    }
    .to_owned()
}

//! Webhook: the URL for the results of a key's calls.

use std::sync::Arc;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ori_shared::webhook::WebhookView;
use uuid::Uuid;

use super::key_entry::KeyEntry;
use super::{CREATE_BUTTON, KeyDialogs};
use crate::api::webhooks::{DeliveriesOf, SavedWebhook};
use crate::api::{self, ApiError};
use crate::components::button::{Button, Variant};
use crate::components::dialog::Dialog;
use crate::components::empty_state::Alert;
use crate::components::field::TextField;
use crate::components::focus::focus_id_soon;
use crate::components::icon::{Glyph, Icon};
use crate::components::navigation_guard::use_navigation_guard;
use crate::components::secret_box::SecretBox;
use crate::hooks::Remote;
use crate::pages::deliveries::Deliveries;
use crate::state::session::{Session, use_session};

const URL: &str = "webhook-url";
const ROTATE: &str = "webhook-rotate";
const KEEP: &str = "webhook-keep";

/// A change that needs a confirmation.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Change {
    Rotate,
    Remove,
}

impl Change {
    const fn question(self) -> &'static str {
        match self {
            Self::Rotate => {
                "Rotate the signing secret? Events will be signed with both secrets for 24 hours; update the receiver in that time."
            }
            Self::Remove => {
                "Remove this webhook? Events will stop being sent and the signing secret will be deleted."
            }
        }
    }

    /// Returns the button's label, and the label while the change is in flight.
    const fn labels(self) -> (&'static str, &'static str) {
        match self {
            Self::Rotate => ("Rotate", "Rotating…"),
            Self::Remove => ("Remove", "Removing…"),
        }
    }
}

/// State of the dialog.
#[derive(Clone, Copy)]
struct WebhookForm {
    key: Uuid,
    url: RwSignal<String>,
    url_error: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
    saved: RwSignal<Remote<Option<WebhookView>>>,
    /// New secret, until Done is clicked. The only place that holds it.
    secret: RwSignal<Option<String>>,
    confirms: RwSignal<Option<Change>>,
    is_saved: RwSignal<bool>,
    pending: RwSignal<bool>,
    session: Session,
}

/// The URL, the secret if it is new, and the latest deliveries.
#[component]
pub fn WebhookDialog(key: Arc<KeyEntry>) -> impl IntoView {
    let dialogs = expect_context::<KeyDialogs>();
    let form = WebhookForm::new(key.view.id);
    form.load();
    let shows_secret = Memo::new(move |_| form.secret.with(Option::is_some));
    let is_set = Memo::new(move |_| {
        form.saved
            .with(|saved| saved.value().is_some_and(Option::is_some))
    });
    // The response may contain the secret: leaving the page is prevented until the secret is dismissed.
    let is_changing = Memo::new(move |_| form.pending.get() && form.saved.with(Remote::is_ready));
    use_navigation_guard(
        Signal::derive(move || is_changing.get() || shows_secret.get()),
        Callback::new(|()| {}),
    );
    let close = move || {
        if !form.pending.get_untracked() && !shows_secret.get_untracked() {
            dialogs.webhook.set(None);
        }
    };
    let name = key.view.name.clone();
    view! {
        <Dialog
            id="webhook-dialog"
            title="Webhook"
            return_focus=CREATE_BUTTON
            on_dismiss=move |()| close()
        >
            <div class="call-parts">
                <p class="section-text">
                    "We’ll send the results of calls placed with “"
                    <span dir="auto" translate="no">{name}</span>
                    "” to this URL."
                </p>
                <Alert message=form.alert />
                <p class="help" role="status">{move || form.state_line()}</p>
                <Show
                    when=move || shows_secret.get()
                    fallback=move || view! { <UrlForm form on_close=move |()| close() /> }
                >
                    <NewSecret form />
                </Show>
                <Show when=move || is_set.get() && !shows_secret.get()>
                    {move || match form.confirms.get() {
                        Some(change) => view! { <ConfirmChange form change /> }.into_any(),
                        None => view! { <ChangeButtons form /> }.into_any(),
                    }}
                    <section class="call-part">
                        <h3>"Latest deliveries"</h3>
                        <Deliveries of=DeliveriesOf::Key(form.key) empty="No deliveries yet." />
                    </section>
                </Show>
            </div>
        </Dialog>
    }
}

#[component]
fn NewSecret(form: WebhookForm) -> impl IntoView {
    let done = move |()| {
        form.secret.set(None);
        focus_id_soon(URL);
    };
    view! {
        <div class="call-parts">
            <p class="warning">
                <Icon glyph=Glyph::Warning />
                "Copy this signing secret now. You won’t be able to see it again."
            </p>
            <SecretBox
                label="Webhook secret"
                copy_error="The secret could not be copied. Select it in the box and copy it by hand."
                text=Signal::derive(move || form.secret.get().unwrap_or_default())
                autofocus=true
            />
            <div class="dialog-actions">
                <Button label="Done" variant=Variant::Primary on_press=done />
            </div>
        </div>
    }
}

#[component]
fn UrlForm(form: WebhookForm, #[prop(into)] on_close: Callback<()>) -> impl IntoView {
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !form.pending.get_untracked() {
            form.save();
        }
    };
    view! {
        <form class="call-parts" novalidate on:submit=on_submit>
            <TextField
                id=URL
                label="URL"
                kind="url"
                value=form.url
                error=form.url_error
                help="Must use HTTPS. Events are signed (Standard Webhooks)."
                required=true
                autofocus=true
            />
            <div class="dialog-actions">
                <Button label="Close" disabled=form.pending on_press=on_close />
                <Button
                    label="Save"
                    variant=Variant::Primary
                    submit=true
                    pending=form.pending
                    pending_label="Saving…"
                />
            </div>
        </form>
    }
}

#[component]
fn ChangeButtons(form: WebhookForm) -> impl IntoView {
    let confirm = move |change| {
        form.confirms.set(Some(change));
        focus_id_soon(KEEP);
    };
    view! {
        <div class="webhook-more">
            <Button
                id=ROTATE
                label="Rotate secret…"
                disabled=form.pending
                on_press=move |()| confirm(Change::Rotate)
            />
            <Button
                label="Remove webhook"
                disabled=form.pending
                on_press=move |()| confirm(Change::Remove)
            />
        </div>
    }
}

#[component]
fn ConfirmChange(form: WebhookForm, change: Change) -> impl IntoView {
    let (label, pending_label) = change.labels();
    let keep = move |()| {
        form.confirms.set(None);
        focus_id_soon(ROTATE);
    };
    let perform = move |()| match change {
        Change::Rotate => form.rotate(),
        Change::Remove => form.remove(),
    };
    view! {
        <div class="confirm" role="alert">
            <p>{change.question()}</p>
            <div class="dialog-actions">
                <Button id=KEEP label="Cancel" disabled=form.pending on_press=keep />
                <Button
                    label
                    variant=Variant::Danger
                    pending=form.pending
                    pending_label
                    on_press=perform
                />
            </div>
        </div>
    }
}

impl WebhookForm {
    fn new(key: Uuid) -> Self {
        Self {
            key,
            url: RwSignal::default(),
            url_error: RwSignal::default(),
            alert: RwSignal::default(),
            saved: RwSignal::default(),
            secret: RwSignal::default(),
            confirms: RwSignal::default(),
            is_saved: RwSignal::default(),
            pending: RwSignal::new(true),
            session: use_session(),
        }
    }

    /// Returns the state of the webhook to show: disabled or saved.
    fn state_line(self) -> Option<&'static str> {
        let disabled = self.saved.with(|saved| {
            let view = saved.value()?.as_ref()?;
            view.disabled_at?;
            Some(view.disabled_reason.as_deref() == Some("gone"))
        });
        match disabled {
            Some(true) => Some("Disabled because the endpoint returned 410 Gone. Save to re-enable."),
            Some(false) => Some("Disabled. Save to re-enable."),
            None => self.is_saved.get().then_some("Saved."),
        }
    }

    fn load(self) {
        spawn_local(async move {
            match api::webhooks::read(self.key).await {
                Ok(webhook) => self.put(webhook),
                Err(error) => self.fail("Couldn’t load the webhook.", &error),
            }
            self.pending.try_set(false);
            focus_id_soon(URL);
        });
    }

    fn put(self, webhook: Option<WebhookView>) {
        self.url
            .try_set(webhook.as_ref().map(|view| view.url.clone()).unwrap_or_default());
        self.saved.try_set(Remote::ready(webhook));
    }

    fn begin(self) {
        self.pending.set(true);
        self.url_error.set(None);
        self.alert.set(None);
        self.is_saved.set(false);
    }

    fn end(self, secret: Option<String>) {
        self.secret.try_set(secret);
        self.pending.try_set(false);
    }

    fn save(self) {
        self.begin();
        let url = self.url.get_untracked().trim().to_owned();
        spawn_local(async move {
            match api::webhooks::put(self.key, url).await {
                Ok(SavedWebhook { view, secret }) => {
                    self.put(Some(view));
                    self.is_saved.try_set(secret.is_none());
                    self.end(secret);
                }
                Err(error) => {
                    self.url_error.try_set(error.field("/url"));
                    self.end(None);
                    self.fail("The webhook was not saved.", &error);
                    focus_id_soon(URL);
                }
            }
        });
    }

    fn rotate(self) {
        self.begin();
        spawn_local(async move {
            match api::webhooks::rotate(self.key).await {
                Ok(rotated) => {
                    self.confirms.try_set(None);
                    self.end(Some(rotated.secret));
                }
                Err(error) => {
                    self.end(None);
                    self.fail("Couldn’t rotate the secret.", &error);
                }
            }
        });
    }

    fn remove(self) {
        self.begin();
        spawn_local(async move {
            match api::webhooks::remove(self.key).await {
                Ok(()) => {
                    self.confirms.try_set(None);
                    self.put(None);
                    self.end(None);
                    focus_id_soon(URL);
                }
                Err(error) => {
                    self.end(None);
                    self.fail("The webhook was not removed.", &error);
                }
            }
        });
    }

    fn fail(self, what: &str, error: &ApiError) {
        let is_at_field = self.url_error.try_with_untracked(Option::is_some).unwrap_or(true);
        if !self.session.ended_by(error) && !is_at_field {
            self.alert.try_set(Some(format!("{what} {}", error.sentence())));
        }
    }
}

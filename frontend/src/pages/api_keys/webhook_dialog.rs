//! Webhook: where the results of a key's calls are told to.

use ori_shared::webhook::WebhookView;
use uuid::Uuid;
use web_sys::Event;

use super::{CREATE_BUTTON, Dialogs};
use crate::api::webhooks::PutAnswer;
use crate::api::{self, ApiError};
use crate::pages::parts::deliveries::deliveries;
use crate::pages::parts::secret_box::{Words, secret_box};
use crate::reactive::*;
use crate::state::location::{Location, use_location};
use crate::state::session::{Session, use_session};
use crate::state::task::{start, start_here};
use crate::ui::button::{Look, button, submit};
use crate::ui::dialog::dialog;
use crate::ui::el::{El, el};
use crate::ui::field::field;
use crate::ui::focus::focus_id;
use crate::ui::icon::{Icon, glyph};
use crate::ui::notice::alert;

const URL: &str = "webhook-url";
const ROTATE: &str = "webhook-rotate";
const KEEP: &str = "webhook-keep";

/// What the dialog holds. It goes with the dialog.
#[derive(Clone, Copy)]
struct Hook {
    key: Uuid,
    url: RwSignal<String>,
    fault: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
    /// What the server told; nothing before it answered.
    told: RwSignal<Option<Option<WebhookView>>>,
    /// The secret, until it was put away. The one place that holds it.
    secret: RwSignal<Option<String>>,
    /// Whether removing it is being asked about.
    removing: RwSignal<bool>,
    saved: RwSignal<bool>,
    busy: RwSignal<bool>,
    location: Location,
    session: Session,
}

/// The address, the secret where it is new, and what became of what was sent there.
///
/// `id` and `name` are the key's.
#[must_use]
pub fn webhook_dialog(id: Uuid, name: &str, dialogs: Dialogs) -> El {
    let hook = Hook::new(id);
    hook.read();
    // Whatever takes the dialog away lets the page be left again.
    on_cleanup(move || hook.location.release());
    let close = move || dialogs.webhook.set(None);
    let shows_secret = move || hook.secret.with(Option::is_some);
    let is_set = move || hook.told.with(|told| matches!(told, Some(Some(_))));
    let about = format!("The results of calls made with “{name}” are sent to this address.");
    let parts = el("div")
        .class("call-parts")
        .child(el("p").class("section-text").text(about))
        .child(alert(move || hook.alert.get()))
        .child(state_line(hook))
        .shown(shows_secret, move || secret(hook))
        .shown(move || !shows_secret(), move || form(hook, close))
        .shown(move || is_set() && !shows_secret(), move || rest(hook));
    dialog("webhook-dialog", "Webhook", CREATE_BUTTON)
        .on_dismiss(move || {
            if !untrack(|| hook.busy.get() || shows_secret()) {
                close();
            }
        })
        .child(parts)
        .into()
}

/// What one has to know of it: that it is disabled, that it was saved.
fn state_line(hook: Hook) -> El {
    let words = move || {
        let disabled = hook.told.with(|told| match told {
            Some(Some(view)) if view.disabled_at.is_some() => Some(view.disabled_reason.clone()),
            _ => None,
        });
        match disabled {
            Some(Some(why)) if why == "gone" => {
                "Disabled: the receiver said that the address is gone. Save the address to send there again."
                    .to_owned()
            }
            Some(_) => "Disabled. Save the address to send there again.".to_owned(),
            None if hook.saved.get() => "Saved.".to_owned(),
            None => String::new(),
        }
    };
    el("p").class("help").attr("role", "status").live_text(words)
}

fn secret(hook: Hook) -> El {
    let done = move || {
        hook.secret.set(None);
        hook.location.release();
        request_animation_frame(|| focus_id(URL));
    };
    let warning = el("p")
        .class("warning")
        .child(glyph(Icon::Warning))
        .text("This secret won’t be shown again. Copy it now: the receiver checks signatures with it.");
    let words = Words {
        label: "Webhook secret",
        copy: "Copy",
        fault: "The secret could not be copied. Select it in the box and copy it by hand.",
    };
    let done = button("Done").look(Look::Primary).on_press(done);
    el("div")
        .class("call-parts")
        .child(warning)
        .child(secret_box(words, move || hook.secret.get(), true))
        .child(el("div").class("dialog-actions").child(done))
}

fn form(hook: Hook, close: impl Fn() + 'static) -> El {
    let url = field(URL, "URL", "url", hook.url, hook.fault)
        .help("An https address. Each result is signed (Standard Webhooks).")
        .required()
        .autofocus();
    let actions = el("div")
        .class("dialog-actions")
        .child(button("Close").disabled(move || hook.busy.get()).on_press(close))
        .child(submit("Save").busy(hook.busy, "Saving…"));
    let on_submit = move |event: Event| {
        event.prevent_default();
        if !hook.busy.get_untracked() {
            hook.save();
        }
    };
    el("form")
        .class("call-parts")
        .attr("novalidate", "")
        .on("submit", on_submit)
        .child(url)
        .child(actions)
}

/// What can be done to a webhook that is there, and what was sent to it.
fn rest(hook: Hook) -> El {
    let deliveries = el("section")
        .class("call-part")
        .child(el("h3").text("Latest deliveries"))
        .child(deliveries("key_id", hook.key, "Nothing was sent yet."));
    el("div")
        .class("call-parts")
        .shown(move || !hook.removing.get(), move || buttons(hook))
        .shown(move || hook.removing.get(), move || removing(hook))
        .child(deliveries)
}

fn buttons(hook: Hook) -> El {
    let ask = move || {
        hook.removing.set(true);
        request_animation_frame(|| focus_id(KEEP));
    };
    let busy = move || hook.busy.get();
    let rotate = button("New secret").id(ROTATE).disabled(busy);
    el("div")
        .class("webhook-more")
        .child(rotate.on_press(move || hook.rotate()))
        .child(button("Remove webhook").disabled(busy).on_press(ask))
}

fn removing(hook: Hook) -> El {
    let keep = move || {
        hook.removing.set(false);
        request_animation_frame(|| focus_id(ROTATE));
    };
    let keep = button("Keep").id(KEEP).on_press(keep);
    let remove = button("Remove")
        .look(Look::Danger)
        .busy(hook.busy, "Removing…")
        .on_press(move || hook.remove());
    let actions = el("div")
        .class("dialog-actions")
        .child(keep.disabled(move || hook.busy.get()))
        .child(remove);
    el("div")
        .class("asks")
        .attr("role", "alert")
        .child(
            el("p").text("Remove this webhook? Results are no longer sent, and its secret is gone for good."),
        )
        .child(actions)
}

impl Hook {
    fn new(key: Uuid) -> Self {
        Self {
            key,
            url: RwSignal::default(),
            fault: RwSignal::default(),
            alert: RwSignal::default(),
            told: RwSignal::default(),
            secret: RwSignal::default(),
            removing: RwSignal::default(),
            saved: RwSignal::default(),
            busy: RwSignal::new(true),
            location: use_location(),
            session: use_session(),
        }
    }

    fn read(self) {
        start_here(async move {
            match api::webhooks::read(self.key).await {
                Ok(told) => self.put(told),
                Err(error) => self.failed("The webhook could not be read.", &error),
            }
            self.busy.set(false);
            request_animation_frame(|| focus_id(URL));
        });
    }

    fn put(self, told: Option<WebhookView>) {
        self.url
            .set(told.as_ref().map(|view| view.url.clone()).unwrap_or_default());
        self.told.set(Some(told));
    }

    /// From now on the page is not left unasked: the answer may hold the secret.
    fn begin(self) {
        self.busy.set(true);
        self.fault.set(None);
        self.alert.set(None);
        self.saved.set(false);
        self.location.hold(None);
    }

    /// Holds on to the page for as long as the secret is on it.
    fn end(self, secret: Option<String>) {
        self.busy.set(false);
        if secret.is_none() {
            self.location.release();
        }
        self.secret.set(secret);
    }

    fn save(self) {
        self.begin();
        let url = self.url.get_untracked().trim().to_owned();
        start(async move {
            match api::webhooks::put(self.key, url).await {
                Ok(PutAnswer { view, secret }) => {
                    self.put(Some(view));
                    self.saved.set(secret.is_none());
                    self.end(secret);
                }
                Err(error) => {
                    self.fault.set(error.field("/url"));
                    self.end(None);
                    self.failed("The webhook was not saved.", &error);
                    request_animation_frame(|| focus_id(URL));
                }
            }
        });
    }

    fn rotate(self) {
        self.begin();
        start(async move {
            match api::webhooks::rotate(self.key).await {
                Ok(told) => self.end(Some(told.secret)),
                Err(error) => {
                    self.end(None);
                    self.failed("There is no new secret.", &error);
                }
            }
        });
    }

    fn remove(self) {
        self.begin();
        start(async move {
            match api::webhooks::remove(self.key).await {
                Ok(()) => {
                    self.removing.set(false);
                    self.put(None);
                    self.end(None);
                    request_animation_frame(|| focus_id(URL));
                }
                Err(error) => {
                    self.end(None);
                    self.failed("The webhook was not removed.", &error);
                }
            }
        });
    }

    fn failed(self, what: &str, error: &ApiError) {
        if !self.session.ended_by(error) && self.fault.with_untracked(Option::is_none) {
            self.alert.set(Some(format!("{what} {}", error.sentence())));
        }
    }
}

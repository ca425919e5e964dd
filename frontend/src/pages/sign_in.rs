//! Signing in.

use web_sys::Event;

use crate::api;
use crate::forms::sign_in::{CredentialFaults, Credentials};
use crate::layout::page_head::title;
use crate::reactive::*;
use crate::state::location::use_location;
use crate::state::route::after_sign_in;
use crate::state::session::{Who, use_session};
use crate::state::task::start;
use crate::ui::button::submit;
use crate::ui::el::{El, el};
use crate::ui::field::{Field, field};
use crate::ui::focus::focus_id;
use crate::ui::icon::{Icon, glyph};
use crate::ui::notice::alert;

/// Email, password, and then the page that was asked for.
#[must_use]
pub fn sign_in_page() -> El {
    title("Sign in");
    let (session, location) = (use_session(), use_location());
    follow(move || {
        if matches!(session.who(), Who::Somebody(_)) {
            // Going there changes the address that this reads; it must not be read again then.
            let next = untrack(|| location.param("next"));
            location.replace(after_sign_in(next.as_deref()));
        }
    });
    let fields = CredentialFields::new();
    let on_submit = move |event: Event| {
        event.prevent_default();
        if fields.busy.get_untracked() {
            return;
        }
        match fields.typed().for_sign_in() {
            Err(faults) => fields.refuse(faults, None),
            Ok(typed) => {
                fields.busy.set(true);
                start(async move {
                    match api::session::sign_in(&typed).await {
                        Ok(view) => session.begin(view),
                        Err(error) => fields.failed(&error),
                    }
                });
            }
        }
    };
    let form = card("sign-in-title", "Sign in")
        .on("submit", on_submit)
        .child(fields.alert())
        .child(fields.email())
        .child(fields.password().attr("autocomplete", "current-password"))
        .child(submit("Sign in").busy(fields.busy, "Signing in…"));
    el("main").class("lone").child(form)
}

/// A form that stands alone on its page, with its title.
#[must_use]
pub fn card(title_id: &str, title: &str) -> El {
    let brand = el("p")
        .class("lone-brand")
        .child(glyph(Icon::Brand))
        .text("Ori Console");
    el("form")
        .class("lone-card")
        .attr("novalidate", "")
        .attr("aria-labelledby", title_id)
        .child(brand)
        .child(el("h1").attr("id", title_id).text(title))
}

/// Email and password while they are typed, checked and sent.
#[derive(Clone, Copy)]
pub struct CredentialFields {
    email: RwSignal<String>,
    password: RwSignal<String>,
    email_fault: RwSignal<Option<String>>,
    password_fault: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
    /// Whether they are on their way.
    pub busy: RwSignal<bool>,
}

impl CredentialFields {
    /// Empty ones. Make them in a component.
    #[must_use]
    pub fn new() -> Self {
        Self {
            email: RwSignal::default(),
            password: RwSignal::default(),
            email_fault: RwSignal::default(),
            password_fault: RwSignal::default(),
            alert: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    /// What went wrong with both.
    #[must_use]
    pub fn alert(self) -> El {
        alert(move || self.alert.get())
    }

    /// Where the address is typed.
    #[must_use]
    pub fn email(self) -> Field {
        field("email", "Email", "email", self.email, self.email_fault)
            .attr("autocomplete", "username")
            .required()
            .autofocus()
    }

    /// Where the password is typed. `autocomplete` is yet to be told: which one the browser may fill in or keep.
    #[must_use]
    pub fn password(self) -> Field {
        field(
            "password",
            "Password",
            "password",
            self.password,
            self.password_fault,
        )
        .required()
    }

    /// What was typed. What was wrong before is forgotten.
    #[must_use]
    pub fn typed(&self) -> Credentials {
        self.email_fault.set(None);
        self.password_fault.set(None);
        self.alert.set(None);
        Credentials {
            email: self.email.get_untracked(),
            password: self.password.get_untracked(),
        }
    }

    /// Says what is wrong, and leads to the first field that is.
    pub fn refuse(&self, faults: CredentialFaults, alert: Option<String>) {
        let first = if faults.email.is_some() {
            "email"
        } else {
            "password"
        };
        self.email_fault.set(faults.email);
        self.password_fault.set(faults.password);
        self.alert.set(alert);
        self.busy.set(false);
        // After the fields are enabled again.
        request_animation_frame(move || focus_id(first));
    }

    /// Says what the server found wrong. What was typed stays.
    pub fn failed(&self, error: &api::ApiError) {
        let faults = CredentialFaults::from_server(error);
        let alert = faults.is_empty().then(|| error.sentence());
        self.refuse(faults, alert);
    }
}

impl Default for CredentialFields {
    fn default() -> Self {
        Self::new()
    }
}

//! Signing in.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;

use crate::api;
use crate::forms::sign_in::{CredentialFaults, Credentials};
use crate::layout::page_head::title;
use crate::state::location::use_location;
use crate::state::route::after_sign_in;
use crate::state::session::{Who, use_session};
use crate::state::task::start;
use crate::ui::button::{Button, Look};
use crate::ui::field::Field;
use crate::ui::focus::focus_id;
use crate::ui::icon::{Glyph, Icon};
use crate::ui::notice::Alert;

/// Email, password, and then the page that was asked for.
#[component]
pub fn SignInPage() -> impl IntoView {
    title("Sign in");
    let (session, location) = (use_session(), use_location());
    Effect::new(move || {
        if matches!(session.who(), Who::Somebody(_)) {
            // Going there changes the address that this reads; it must not be read again then.
            let next = untrack(|| location.param("next"));
            location.replace(after_sign_in(next.as_deref()));
        }
    });
    let fields = CredentialFields::new();
    let on_submit = move |event: SubmitEvent| {
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
    view! {
        <main class="lone">
            <form class="lone-card" novalidate on:submit=on_submit aria-labelledby="sign-in-title">
                <p class="lone-brand"><Glyph icon=Icon::Brand />"Ori Console"</p>
                <h1 id="sign-in-title">"Sign in"</h1>
                <CredentialInputs fields passwords="current-password" />
                <Button label="Sign in" busy_label="Signing in…" busy=fields.busy look=Look::Primary submits=true />
            </form>
        </main>
    }
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

/// The two fields, and what went wrong above them.
#[component]
pub fn CredentialInputs(
    /// What is typed.
    fields: CredentialFields,
    /// Which password the browser may fill in or keep.
    passwords: &'static str,
    /// What helps to choose a password.
    #[prop(optional)]
    help: &'static str,
) -> impl IntoView {
    view! {
        <Alert text=fields.alert />
        <Field id="email" label="Email" kind="email" value=fields.email error=fields.email_fault
            autocomplete="username" required=true autofocus=true />
        <Field id="password" label="Password" kind="password" value=fields.password error=fields.password_fault
            autocomplete=passwords required=true help />
    }
}

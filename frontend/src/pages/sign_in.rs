//! Sign-in page and form.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos_router::hooks::use_location;
use ori_shared::route::ConsoleRoute;

use crate::api::{self, ApiError};
use crate::components::button::Button;
use crate::components::empty_state::Alert;
use crate::components::field::{TextField, read_autofill};
use crate::components::focus::focus_id_soon;
use crate::components::icon::{Glyph, Icon};
use crate::forms::sign_in::{CredentialErrors, Credentials};
use crate::hooks::navigation::use_replace;
use crate::layout::page_head::set_title;
use crate::state::session::{SessionState, use_session};

const EMAIL: &str = "email";
const PASSWORD: &str = "password";

/// Form with email and password, which redirects to the requested page.
#[component]
pub fn SignInPage() -> impl IntoView {
    set_title("Sign in");
    let (session, query, replace) = (use_session(), use_location().query, use_replace());
    Effect::new(move |_| {
        if matches!(session.state(), SessionState::SignedIn(_)) {
            let next = query.with_untracked(|query| query.get("next"));
            replace(&after_sign_in(next.as_deref()));
        }
    });
    view! {
        <main class="standalone">
            <StandaloneCard title="Sign in">
                <SignInForm />
                <p class="help">
                    "Setting up a new server? Open the setup link that it printed when it started."
                </p>
            </StandaloneCard>
        </main>
    }
}

/// The form of the sign-in page, and of the dialog that appears when a session has ended.
#[component]
pub fn SignInForm() -> impl IntoView {
    let session = use_session();
    let fields = CredentialFields::new();
    let sign_in = Action::new_local(move |credentials: &Credentials| {
        let credentials = credentials.clone();
        async move {
            let request = match credentials.for_sign_in() {
                Ok(request) => request,
                Err(errors) => return fields.show(errors, None),
            };
            match api::session::sign_in(&request).await {
                Ok(view) => session.begin(view),
                Err(error) => fields.show_failure(&error),
            }
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !sign_in.pending().get_untracked() {
            sign_in.dispatch_local(fields.read());
        }
    };
    view! {
        <form novalidate on:submit=on_submit>
            <Alert message=fields.alert />
            <EmailField fields />
            <PasswordField fields autocomplete="current-password" />
            <Button
                label="Sign in"
                variant=crate::components::button::Variant::Primary
                submit=true
                pending=sign_in.pending()
                pending_label="Signing in…"
            />
        </form>
    }
}

/// A card that stands alone on its page.
#[component]
pub fn StandaloneCard(title: &'static str, children: Children) -> impl IntoView {
    view! {
        <section class="standalone-card" aria-labelledby="card-title">
            <p class="standalone-brand">
                <Icon glyph=Glyph::Brand />
                "Ori Console"
            </p>
            <h1 id="card-title">{title}</h1>
            {children()}
        </section>
    }
}

/// Email and password, with their errors.
#[derive(Clone, Copy)]
pub struct CredentialFields {
    email: RwSignal<String>,
    password: RwSignal<String>,
    email_error: RwSignal<Option<String>>,
    password_error: RwSignal<Option<String>>,
    /// Error of both fields together.
    pub alert: RwSignal<Option<String>>,
}

impl CredentialFields {
    /// Returns empty fields.
    #[must_use]
    pub fn new() -> Self {
        Self {
            email: RwSignal::default(),
            password: RwSignal::default(),
            email_error: RwSignal::default(),
            password_error: RwSignal::default(),
            alert: RwSignal::default(),
        }
    }

    /// Returns the typed or filled-in values, and clears the errors.
    #[must_use]
    pub fn read(self) -> Credentials {
        read_autofill(EMAIL, self.email);
        read_autofill(PASSWORD, self.password);
        self.email_error.set(None);
        self.password_error.set(None);
        self.alert.set(None);
        Credentials {
            email: self.email.get_untracked(),
            password: self.password.get_untracked(),
        }
    }

    /// Shows the errors and moves the focus to the first field that has one.
    pub fn show(self, errors: CredentialErrors, alert: Option<String>) {
        let first = if errors.email.is_some() { EMAIL } else { PASSWORD };
        self.email_error.set(errors.email);
        self.password_error.set(errors.password);
        self.alert.set(alert);
        focus_id_soon(first);
    }

    /// Shows the errors that the server reported. The input stays.
    pub fn show_failure(self, error: &ApiError) {
        let errors = CredentialErrors::from_server(error);
        let alert = errors.is_empty().then(|| error.sentence());
        self.show(errors, alert);
    }
}

impl Default for CredentialFields {
    fn default() -> Self {
        Self::new()
    }
}

/// The email field.
#[component]
pub fn EmailField(fields: CredentialFields) -> impl IntoView {
    view! {
        <TextField
            id=EMAIL
            label="Email"
            kind="email"
            value=fields.email
            error=fields.email_error
            autocomplete="username"
            required=true
            autofocus=true
        />
    }
}

/// The password field.
#[component]
pub fn PasswordField(
    fields: CredentialFields,
    autocomplete: &'static str,
    #[prop(optional)] help: &'static str,
) -> impl IntoView {
    view! {
        <TextField
            id=PASSWORD
            label="Password"
            kind="password"
            value=fields.password
            error=fields.password_error
            autocomplete=autocomplete
            help=help
            required=true
        />
    }
}

/// Returns the path to open after signing in: the requested one if it is on this site, or else the first page.
///
/// Browsers remove tabs and line breaks from an address and read `\` as `/`, so that `/\evil` and `/<tab>/evil` would
/// lead to another site.
fn after_sign_in(next: Option<&str>) -> String {
    next.filter(|next| is_of_this_site(next) && needs_session(next))
        .map_or_else(|| ConsoleRoute::Home.path(), str::to_owned)
}

fn is_of_this_site(next: &str) -> bool {
    next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control())
}

fn needs_session(next: &str) -> bool {
    let path = next.split(['?', '#']).next().unwrap_or(next);
    !matches!(
        ConsoleRoute::parse(path),
        Some(ConsoleRoute::SignIn | ConsoleRoute::SetUp)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_requested_address_is_followed_unless_it_leads_elsewhere_or_in_circles() {
        for next in ["/dashboard/settings", "/dashboard/api-keys?q=crm&sort=name"] {
            assert_eq!(after_sign_in(Some(next)), next);
        }
        for next in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil",
            "",
            "/sign-in?next=/sign-in",
            "/setup",
        ] {
            assert_eq!(after_sign_in(Some(next)), "/dashboard", "{next:?}");
        }
        assert_eq!(after_sign_in(None), "/dashboard");
    }
}

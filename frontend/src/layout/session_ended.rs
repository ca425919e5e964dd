//! The dialog that appears when a session has ended.

use leptos::prelude::*;

use crate::components::dialog::Dialog;
use crate::pages::sign_in::SignInForm;

/// Lets a person sign in again over what they were doing, which stays as it is.
#[component]
pub fn SessionEndedDialog() -> impl IntoView {
    view! {
        <Dialog id="session-dialog" title="Your session has ended" return_focus="main">
            <p class="question">
                "Sign in again to go on. What you have typed is still here; the last change may not have been saved."
            </p>
            <SignInForm />
        </Dialog>
    }
}

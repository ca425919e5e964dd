//! Create API key.

use std::time::Duration;

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use leptos::task::spawn_local;
use ori_shared::api_key::CreateApiKey;

use super::store::{KeyList, use_key_list};
use super::{CREATE_BUTTON, KeyDialogs};
use crate::api::{self, ApiError};
use crate::components::button::{Button, Variant};
use crate::components::dialog::Dialog;
use crate::components::empty_state::Alert;
use crate::components::field::{TextField, is_incomplete, read_autofill};
use crate::components::focus::focus_id;
use crate::forms::create_key::{CreateKeyErrors, CreateKeyForm};
use crate::state::clock::use_clock;
use crate::state::zone::use_zone;

const NAME: &str = "key-name";
const EXPIRES: &str = "key-expires";
const UNCONFIRMED: &str = "We couldn’t confirm that the key was created. Check the list before you try again. If it’s there, \
                           delete it – its full key can’t be recovered.";
/// Time between removing an error and showing it again: screen readers announce the same text again only if it was
/// gone.
const PAUSE: Duration = Duration::from_millis(60);

/// The fields and their errors.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    expires_on: RwSignal<String>,
    name_error: RwSignal<Option<String>>,
    expires_error: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
}

/// Form with a name and an optional last day, which creates the key.
#[component]
pub fn CreateDialog() -> impl IntoView {
    let (keys, clock, zone) = (use_key_list(), use_clock(), use_zone());
    let dialogs = expect_context::<KeyDialogs>();
    let fields = Fields::new();
    let pending = dialogs.creating;
    let close = move || {
        if !pending.get_untracked() {
            dialogs.create.set(false);
        }
    };
    let today = move || untrack(|| zone.day(clock.now()));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if pending.get_untracked() {
            return;
        }
        match fields.read().check(today()) {
            Err(errors) => fields.show(errors, None),
            Ok(key) => create(key, fields, keys, dialogs),
        }
    };
    let last_day = move || {
        let is_blank = fields.expires_on.with(String::is_empty);
        (!is_blank).then(|| format!("Expires at the end of that day ({}).", zone.name()))
    };
    view! {
        <Dialog
            id="create-dialog"
            title="Create API key"
            return_focus=CREATE_BUTTON
            on_dismiss=move |()| close()
        >
            <form novalidate on:submit=on_submit>
                <Alert message=fields.alert />
                <TextField
                    id=NAME
                    label="Name"
                    value=fields.name
                    error=fields.name_error
                    required=true
                    autofocus=true
                />
                <TextField
                    id=EXPIRES
                    label="Expires At"
                    kind="date"
                    value=fields.expires_on
                    error=fields.expires_error
                    help="Leave blank for no expiry"
                    min=today().to_string()
                    max="9999-12-31"
                />
                <p class="help" role="status">{last_day}</p>
                <div class="dialog-actions">
                    <Button label="Cancel" disabled=pending on_press=move |()| close() />
                    <Button
                        label="Create Key"
                        variant=Variant::Primary
                        submit=true
                        pending=pending
                        pending_label="Creating…"
                    />
                </div>
            </form>
        </Dialog>
    }
}

/// Creates the key. No later response contains the plain key, so leaving the page is prevented until Key created is
/// closed.
fn create(key: CreateApiKey, fields: Fields, keys: KeyList, dialogs: KeyDialogs) {
    dialogs.creating.set(true);
    spawn_local(async move {
        match api::keys::create(&key).await {
            Ok(created) => {
                keys.add(created.view.clone());
                dialogs.created.set(Some(created));
                dialogs.create.set(false);
            }
            Err(error) => {
                if !keys.session.ended_by(&error) {
                    fields.show_failure(&error);
                }
                if error.is_indeterminate() {
                    keys.refresh();
                }
            }
        }
        dialogs.creating.set(false);
    });
}

impl Fields {
    fn new() -> Self {
        Self {
            name: RwSignal::default(),
            expires_on: RwSignal::default(),
            name_error: RwSignal::default(),
            expires_error: RwSignal::default(),
            alert: RwSignal::default(),
        }
    }

    /// Returns the input, and clears the errors.
    fn read(self) -> CreateKeyForm {
        read_autofill(NAME, self.name);
        self.name_error.set(None);
        self.expires_error.set(None);
        self.alert.set(None);
        CreateKeyForm {
            name: self.name.get_untracked(),
            expires_on: self.expires_on.get_untracked(),
            date_is_broken: is_incomplete(EXPIRES),
        }
    }

    /// Shows the errors and moves the focus to the first field that has one. The input stays.
    fn show(self, errors: CreateKeyErrors, alert: Option<String>) {
        let first = if errors.name.is_none() && errors.expires_on.is_some() {
            EXPIRES
        } else {
            NAME
        };
        set_timeout(
            move || {
                self.name_error.try_set(errors.name);
                self.expires_error.try_set(errors.expires_on);
                self.alert.try_set(alert);
                focus_id(first);
            },
            PAUSE,
        );
    }

    fn show_failure(self, error: &ApiError) {
        let errors = CreateKeyErrors::from_server(error);
        let alert = errors.is_empty().then(|| {
            if error.is_indeterminate() {
                UNCONFIRMED.to_owned()
            } else {
                format!("The key was not created. {}", error.sentence())
            }
        });
        self.show(errors, alert);
    }
}

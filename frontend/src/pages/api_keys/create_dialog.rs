//! Create API key.

use std::time::Duration;

use leptos::ev::SubmitEvent;
use leptos::html::Input;
use leptos::prelude::*;
use ori_shared::api_key::CreateApiKey;

use super::store::Keys;
use super::{CREATE_BUTTON, Dialogs};
use crate::api::{self, ApiError};
use crate::forms::create_key::{CreateKeyFaults, CreateKeyForm};
use crate::state::clock::use_clock;
use crate::state::location::{Location, use_location};
use crate::state::session::{Session, use_session};
use crate::state::task::start;
use crate::state::zone::use_zone;
use crate::ui::button::{Button, Look};
use crate::ui::dialog::Dialog;
use crate::ui::field::Field;
use crate::ui::focus::focus_id;
use crate::ui::notice::Alert;

const NAME: &str = "key-name";
const EXPIRES: &str = "key-expires";
const LOST: &str = "It is not known whether the key was created: the server’s answer did not arrive. Before you try again, look for the \
     key in the list. If it is there, delete it: its full key is lost.";
/// How long a fault is gone before it is told anew.
const PAUSE: Duration = Duration::from_millis(60);

/// What the dialog holds. It goes with the dialog.
#[derive(Clone, Copy)]
struct Fields {
    name: RwSignal<String>,
    expires_on: RwSignal<String>,
    date: NodeRef<Input>,
    name_fault: RwSignal<Option<String>>,
    expires_fault: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// A name, an optional last day, and then the key.
#[component]
pub fn CreateDialog(
    /// All keys.
    keys: Keys,
    /// Which dialog is open.
    dialogs: Dialogs,
) -> impl IntoView {
    let (session, clock, zone, location) = (use_session(), use_clock(), use_zone(), use_location());
    let fields = Fields::new();
    let close = Callback::new(move |()| dialogs.create.set(false));
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if fields.busy.get_untracked() {
            return;
        }
        fields.clear();
        match fields.typed().check(untrack(move || zone.day(clock.now()))) {
            Err(faults) => fields.refuse(faults, None),
            Ok(wanted) => create(wanted, fields, keys, dialogs, session, location),
        }
    };
    let until = move || {
        (!fields.expires_on.with(String::is_empty))
            .then(|| format!("The key works through the end of that day, {} time.", zone.name()))
    };
    view! {
        <Dialog
            id="create-dialog"
            title="Create API key"
            dismissable=Signal::derive(move || !fields.busy.get())
            on_dismiss=close
            return_to=CREATE_BUTTON
        >
            <form novalidate on:submit=on_submit>
                <Alert text=fields.alert />
                <Field
                    id=NAME
                    label="Name"
                    value=fields.name
                    error=fields.name_fault
                    required=true
                    autofocus=true
                />
                <Field
                    id=EXPIRES
                    label="Expires At"
                    kind="date"
                    value=fields.expires_on
                    error=fields.expires_fault
                    help="Leave blank for no expiry"
                    min=untrack(move || zone.day(clock.now())).to_string()
                    max="9999-12-31"
                    node_ref=fields.date
                />
                <p class="help" role="status">{until}</p>
                <div class="dialog-actions">
                    <Button label="Cancel" disabled=fields.busy on_press=close />
                    <Button label="Create Key" busy_label="Creating…" busy=fields.busy look=Look::Primary submits=true />
                </div>
            </form>
        </Dialog>
    }
}

/// The answer is the only one that holds the key. Until it is there the page is not left, and then Key created holds on to it.
fn create(
    wanted: CreateApiKey,
    fields: Fields,
    keys: Keys,
    dialogs: Dialogs,
    session: Session,
    location: Location,
) {
    fields.busy.set(true);
    location.hold(None);
    start(async move {
        match api::keys::create(&wanted).await {
            Ok(created) => {
                keys.add(created.view.clone());
                dialogs.create.set(false);
                dialogs.created.set(Some(created));
            }
            Err(error) => {
                location.release();
                if session.ended_by(&error) {
                    fields.busy.set(false);
                    return;
                }
                fields.failed(&error);
                if error.leaves_open() {
                    keys.refresh();
                }
            }
        }
    });
}

impl Fields {
    fn new() -> Self {
        Self {
            name: RwSignal::default(),
            expires_on: RwSignal::default(),
            date: NodeRef::new(),
            name_fault: RwSignal::default(),
            expires_fault: RwSignal::default(),
            alert: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    fn typed(&self) -> CreateKeyForm {
        let date = self.date.get_untracked();
        CreateKeyForm {
            name: self.name.get_untracked(),
            expires_on: self.expires_on.get_untracked(),
            date_is_broken: date.is_some_and(|date| date.validity().bad_input()),
        }
    }

    /// Takes back what was wrong last time.
    fn clear(&self) {
        self.name_fault.set(None);
        self.expires_fault.set(None);
        self.alert.set(None);
    }

    /// Says what is wrong and leads to the first field that is. What was typed stays.
    ///
    /// After a pause, because the same words are announced again only if they were seen to be gone.
    fn refuse(self, faults: CreateKeyFaults, alert: Option<String>) {
        let first = if faults.name.is_none() && faults.expires_on.is_some() {
            EXPIRES
        } else {
            NAME
        };
        self.busy.set(false);
        let say = move || {
            self.name_fault.set(faults.name);
            self.expires_fault.set(faults.expires_on);
            self.alert.set(alert);
            focus_id(first);
        };
        set_timeout(say, PAUSE);
    }

    fn failed(&self, error: &ApiError) {
        let faults = CreateKeyFaults::from_server(error);
        let alert = faults.is_empty().then(|| {
            if error.leaves_open() {
                LOST.to_owned()
            } else {
                format!("The key was not created. {}", error.sentence())
            }
        });
        self.refuse(faults, alert);
    }
}

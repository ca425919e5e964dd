//! Create API key.

use std::time::Duration;

use ori_shared::api_key::CreateApiKey;
use web_sys::Event;

use super::store::Keys;
use super::{CREATE_BUTTON, Dialogs};
use crate::api::{self, ApiError};
use crate::forms::create_key::{CreateKeyFaults, CreateKeyForm};
use crate::reactive::*;
use crate::state::clock::use_clock;
use crate::state::location::{Location, use_location};
use crate::state::session::{Session, use_session};
use crate::state::task::start;
use crate::state::zone::use_zone;
use crate::ui::button::{button, submit};
use crate::ui::dialog::dialog;
use crate::ui::el::{El, el};
use crate::ui::field::{field, is_broken};
use crate::ui::focus::focus_id;
use crate::ui::notice::alert;

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
    name_fault: RwSignal<Option<String>>,
    expires_fault: RwSignal<Option<String>>,
    alert: RwSignal<Option<String>>,
    busy: RwSignal<bool>,
}

/// A name, an optional last day, and then the key.
#[must_use]
pub fn create_dialog(keys: Keys, dialogs: Dialogs) -> El {
    let (session, clock, zone, location) = (use_session(), use_clock(), use_zone(), use_location());
    let fields = Fields::new();
    let close = move || dialogs.create.set(false);
    let on_submit = move |event: Event| {
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
        if fields.expires_on.with(String::is_empty) {
            return String::new();
        }
        format!("The key works through the end of that day, {} time.", zone.name())
    };
    let name = field(NAME, "Name", "text", fields.name, fields.name_fault)
        .required()
        .autofocus();
    let expires = field(
        EXPIRES,
        "Expires At",
        "date",
        fields.expires_on,
        fields.expires_fault,
    )
    .help("Leave blank for no expiry")
    .attr("min", untrack(move || zone.day(clock.now())).to_string())
    .attr("max", "9999-12-31");
    let actions = el("div")
        .class("dialog-actions")
        .child(
            button("Cancel")
                .disabled(move || fields.busy.get())
                .on_press(close),
        )
        .child(submit("Create Key").busy(fields.busy, "Creating…"));
    let form = el("form")
        .attr("novalidate", "")
        .on("submit", on_submit)
        .child(alert(move || fields.alert.get()))
        .child(name)
        .child(expires)
        .child(el("p").class("help").attr("role", "status").live_text(until))
        .child(actions);
    dialog("create-dialog", "Create API key", CREATE_BUTTON)
        .on_dismiss(move || {
            if !fields.busy.get_untracked() {
                close();
            }
        })
        .child(form)
        .into()
}

/// The answer is the only one that holds the key. Until it is there the page is not left, and then Key created holds on
/// to it.
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
            name_fault: RwSignal::default(),
            expires_fault: RwSignal::default(),
            alert: RwSignal::default(),
            busy: RwSignal::new(false),
        }
    }

    fn typed(&self) -> CreateKeyForm {
        CreateKeyForm {
            name: self.name.get_untracked(),
            expires_on: self.expires_on.get_untracked(),
            date_is_broken: is_broken(EXPIRES),
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

//! Settings → Display timezone.

use ori_shared::settings::SettingsView;
use ori_shared::timezone::{self, FEATURED};
use web_sys::Event;

use crate::api::{self, ApiError};
use crate::reactive::*;
use crate::state::clock::use_clock;
use crate::state::session::use_session;
use crate::state::task::{start, start_here};
use crate::state::toasts::use_toasts;
use crate::state::zone;
use crate::ui::button::{button, submit};
use crate::ui::el::{El, el};
use crate::ui::notice::{alert, failure, loading};

/// The section: it reads what there is to choose from, then offers it.
#[must_use]
pub fn timezone_section() -> El {
    let session = use_session();
    let settings = RwSignal::new(None::<Result<SettingsView, ApiError>>);
    let read = move || {
        settings.set(None);
        start_here(async move {
            let answer = api::settings::read().await;
            if !answer.as_ref().is_err_and(|error| session.ended_by(error)) {
                settings.set(Some(answer));
            }
        });
    };
    read();
    let owner = StoredValue::new(Owner::current().unwrap_or_default());
    let again = move || owner.get_value().with(read);
    el("section")
        .class("section")
        .attr("aria-labelledby", "timezone-title")
        .child(el("h2").attr("id", "timezone-title").text("Display timezone"))
        .child(
            el("p")
                .class("section-text")
                .text("All dates and times in the console are shown in this timezone."),
        )
        .live(move || {
            Some(match settings.get() {
                None => loading(),
                Some(Ok(view)) => form(&view),
                Some(Err(error)) => failure(
                    "The settings could not be read",
                    error.sentence(),
                    button("Try again").on_press(again),
                ),
            })
        })
}

fn form(view: &SettingsView) -> El {
    let (session, toasts, clock) = (use_session(), use_toasts(), use_clock());
    let saved = view.timezone.clone().unwrap_or_else(zone::browsers);
    let chosen = RwSignal::new(saved.clone());
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<String>);
    let on_submit = move |event: Event| {
        event.prevent_default();
        if busy.get_untracked() {
            return;
        }
        busy.set(true);
        fault.set(None);
        start(async move {
            match api::settings::save_timezone(&chosen.get_untracked()).await {
                Ok(view) => {
                    session.keep_timezone(view.timezone);
                    toasts.success("Timezone updated");
                }
                Err(error) if session.ended_by(&error) => {}
                Err(error) => fault.set(Some(format!("The timezone was not saved. {}", error.sentence()))),
            }
            busy.set(false);
        });
    };
    let example = move || zone::wall_in(&chosen.get(), clock.now()).date_time();
    let select = el("select")
        .attr("id", "timezone")
        .attr("aria-describedby", "timezone-example")
        .on("change", move |event| chosen.set(event_target_value(&event)))
        .children(options(&view.timezones, &saved));
    let example = el("p")
        .class("help")
        .attr("id", "timezone-example")
        .text("Dates will look like ")
        .live_text(example);
    let field = el("div")
        .class("field")
        .child(el("label").attr("for", "timezone").text("Timezone"))
        .child(select)
        .child(example);
    el("form")
        .class("section-form")
        .on("submit", on_submit)
        .child(field)
        .child(alert(move || fault.get()))
        .child(submit("Save Timezone").busy(busy, "Saving…"))
}

/// The featured zones first, then every other one; and the chosen one even if the server no longer offers it.
fn options(offered: &[String], chosen: &str) -> [El; 2] {
    let is_featured = |zone: &str| FEATURED.iter().any(|(name, _)| *name == zone);
    let unknown = (!offered.iter().any(|zone| zone == chosen)).then_some(chosen);
    let option = |zone: &str| {
        let option = el("option").attr("value", zone).text(timezone::label(zone));
        if zone == chosen {
            option.attr("selected", "")
        } else {
            option
        }
    };
    let all = || offered.iter().map(String::as_str).chain(unknown);
    let group = |label, zones: Vec<&str>| {
        el("optgroup")
            .attr("label", label)
            .children(zones.into_iter().map(option))
    };
    [
        group("Common", all().filter(|zone| is_featured(zone)).collect()),
        group(
            "All time zones",
            all().filter(|zone| !is_featured(zone)).collect(),
        ),
    ]
}

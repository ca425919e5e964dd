//! Settings → Display timezone.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use ori_shared::settings::SettingsView;
use ori_shared::timezone::{self, FEATURED};

use crate::api::{self, ApiError};
use crate::state::clock::use_clock;
use crate::state::session::use_session;
use crate::state::task::{start, start_here};
use crate::state::toasts::use_toasts;
use crate::state::zone;
use crate::ui::button::{Button, Look};
use crate::ui::icon::Icon;
use crate::ui::notice::{Alert, Loading, Placeholder};

/// The section: it reads what there is to choose from, then offers it.
#[component]
pub fn TimezoneSection() -> impl IntoView {
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
    let owner = Owner::current();
    let again = Callback::new(move |()| match &owner {
        Some(owner) => owner.with(read),
        None => read(),
    });
    view! {
        <section class="section" aria-labelledby="timezone-title">
            <h2 id="timezone-title">"Display timezone"</h2>
            <p class="section-text">"All dates and times in the console are shown in this timezone."</p>
            {move || match settings.get() {
                None => view! { <Loading /> }.into_any(),
                Some(Ok(view)) => view! { <Form view /> }.into_any(),
                Some(Err(error)) => view! {
                    <Placeholder title="The settings could not be read" text=error.sentence() icon=Icon::Warning urgent=true>
                        <Button label="Try again" on_press=again />
                    </Placeholder>
                }
                .into_any(),
            }}
        </section>
    }
}

#[component]
fn Form(view: SettingsView) -> impl IntoView {
    let (session, toasts, clock) = (use_session(), use_toasts(), use_clock());
    let saved = view.timezone.clone().unwrap_or_else(zone::browsers);
    let chosen = RwSignal::new(saved.clone());
    let busy = RwSignal::new(false);
    let fault = RwSignal::new(None::<String>);
    let on_submit = move |event: SubmitEvent| {
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
    view! {
        <form class="section-form" on:submit=on_submit>
            <div class="field">
                <label for="timezone">"Timezone"</label>
                <select
                    id="timezone"
                    aria-describedby="timezone-example"
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {options(&view.timezones, &saved)}
                </select>
                <p class="help" id="timezone-example">"Dates will look like " {example}</p>
            </div>
            <Alert text=fault />
            <Button label="Save Timezone" busy_label="Saving…" busy look=Look::Primary submits=true />
        </form>
    }
}

/// The featured zones first, then every other one; and the chosen one even if the server no longer offers it.
fn options(offered: &[String], chosen: &str) -> impl IntoView + use<> {
    let (mut common, mut others) = (Vec::new(), Vec::new());
    let is_featured = |zone: &str| FEATURED.iter().any(|(name, _)| *name == zone);
    let unknown = (!offered.iter().any(|zone| zone == chosen)).then_some(chosen);
    for zone in offered.iter().map(String::as_str).chain(unknown) {
        let option = view! {
            <option value=zone.to_owned() selected=zone == chosen>
                {timezone::label(zone)}
            </option>
        };
        if is_featured(zone) {
            common.push(option);
        } else {
            others.push(option);
        }
    }
    view! {
        <optgroup label="Common">{common}</optgroup>
        <optgroup label="All time zones">{others}</optgroup>
    }
}

//! Settings → Display timezone.

use leptos::ev::SubmitEvent;
use leptos::prelude::*;
use ori_shared::settings::SettingsView;
use ori_shared::timezone::{self, FEATURED};

use crate::api;
use crate::components::button::{Button, Variant};
use crate::components::empty_state::{Alert, Failure, Loading};
use crate::hooks::Remote;
use crate::hooks::remote::use_remote;
use crate::state::clock::use_clock;
use crate::state::session::use_session;
use crate::state::toasts::use_toasts;
use crate::state::zone;

/// Section that loads the available zones and offers them.
#[component]
pub fn TimezoneSection() -> impl IntoView {
    let settings = use_remote(api::settings::read);
    view! {
        <section class="section" aria-labelledby="timezone-title">
            <h2 id="timezone-title">"Display timezone"</h2>
            <p class="section-text">
                "All dates and times in the console are shown in this timezone."
            </p>
            {move || match settings.get() {
                Remote::Loading => view! { <Loading /> }.into_any(),
                Remote::Failed(error) => {
                    view! {
                        <Failure
                            title="Couldn’t load settings"
                            text=error.sentence()
                            on_retry=move |()| settings.reload()
                        />
                    }
                        .into_any()
                }
                Remote::Ready { value, .. } => view! { <TimezoneForm settings=value /> }.into_any(),
            }}
        </section>
    }
}

#[component]
fn TimezoneForm(settings: SettingsView) -> impl IntoView {
    let (session, toasts, clock) = (use_session(), use_toasts(), use_clock());
    let saved = settings.timezone.clone().unwrap_or_else(zone::browsers);
    let chosen = RwSignal::new(saved.clone());
    let error = RwSignal::new(None::<String>);
    let save = Action::new_local(move |zone: &String| {
        let zone = zone.clone();
        error.set(None);
        async move {
            match api::settings::save_timezone(&zone).await {
                Ok(view) => {
                    session.set_timezone(view.timezone);
                    toasts.success("Timezone updated");
                }
                Err(refusal) if session.ended_by(&refusal) => {}
                Err(refusal) => {
                    error.try_set(Some(format!(
                        "The timezone was not saved. {}",
                        refusal.sentence()
                    )));
                }
            }
        }
    });
    let on_submit = move |event: SubmitEvent| {
        event.prevent_default();
        if !save.pending().get_untracked() {
            save.dispatch_local(chosen.get_untracked());
        }
    };
    view! {
        <form class="section-form" on:submit=on_submit>
            <div class="field">
                <label for="timezone">"Timezone"</label>
                <select
                    id="timezone"
                    aria-describedby="timezone-example"
                    on:change=move |event| chosen.set(event_target_value(&event))
                >
                    {groups(&settings.timezones, &saved)}
                </select>
                <p class="help" id="timezone-example">
                    "Example: "
                    {move || zone::wall_in(&chosen.read(), clock.tick()).date_time()}
                </p>
            </div>
            <Alert message=error />
            <Button
                label="Save Timezone"
                variant=Variant::Primary
                submit=true
                pending=save.pending()
                pending_label="Saving…"
            />
        </form>
    }
}

/// Returns the featured zones first, then the others, and the chosen one even if the server does not offer it.
fn groups(offered: &[String], chosen: &str) -> impl IntoView + use<> {
    let is_featured = |zone: &str| FEATURED.iter().any(|(name, _)| *name == zone);
    let unknown = (!offered.iter().any(|zone| zone == chosen)).then(|| chosen.to_owned());
    let (common, others): (Vec<String>, Vec<String>) = offered
        .iter()
        .cloned()
        .chain(unknown)
        .partition(|zone| is_featured(zone));
    [("Common", common), ("All time zones", others)]
        .map(|(label, zones)| {
            let options = zones
                .into_iter()
                .map(|zone| {
                    let label = timezone::label(&zone);
                    let selected = zone == chosen;
                    view! {
                        <option value=zone selected=selected>
                            {label}
                        </option>
                    }
                })
                .collect_view();
            view! { <optgroup label=label>{options}</optgroup> }
        })
        .collect_view()
}

//! Posting a scripted call's result.

use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use serde_json::Value;

use super::state::Shared;
use crate::client::http_client;
use crate::config::FleetConfig;

/// How often a result is posted that finds nobody, in all.
const ATTEMPTS: u32 = 5;

/// Posts the result where the script says, now and then twice.
pub(super) async fn post(shared: &Shared, result: &Value) {
    let Some(url) = &shared.script.results_url else {
        return;
    };
    let Ok(client) = http_client(&FleetConfig::default()) else {
        return tracing::error!("no HTTP client can be made: a result is lost");
    };
    if !deliver(shared, &client, url, result).await {
        return tracing::error!(%url, "nobody took a result: it is lost");
    }
    let every = shared.script.duplicate_every;
    let posted = shared.state.borrow().results;
    if every > 0 && posted.is_multiple_of(every) {
        deliver(shared, &client, url, result).await;
    }
}

/// Whether somebody took it. Trying again is right only while nobody answers, or the answer may be another later.
async fn deliver(shared: &Shared, client: &Client, url: &Url, result: &Value) -> bool {
    let mut pause = shared.script.results_pause;
    for attempt in 1..=ATTEMPTS {
        match attempt_once(shared, client, url, result).await {
            Ok(status) if (200..300).contains(&status) => {
                shared.update(|state| state.results += 1);
                return true;
            }
            Ok(status) if status < 500 && status != 429 => {
                tracing::error!(%url, status, "a result was refused");
                return false;
            }
            Ok(status) => tracing::warn!(%url, status, attempt, "a result was not taken"),
            Err(error) => tracing::warn!(%url, %error, attempt, "a result found nobody"),
        }
        if attempt < ATTEMPTS {
            tokio::time::sleep(pause).await;
            pause *= 2;
        }
    }
    false
}

async fn attempt_once(shared: &Shared, client: &Client, url: &Url, result: &Value) -> reqwest::Result<u16> {
    let mut request = client.post(url.clone()).json(result);
    if let Ok(mut secret) = HeaderValue::from_str(shared.script.secret.expose()) {
        secret.set_sensitive(true);
        request = request.header(&shared.script.secret_header, secret);
    }
    Ok(request.send().await?.status().as_u16())
}

//! Posts the results of simulated calls.

use reqwest::header::HeaderValue;
use reqwest::{Client, Url};
use serde_json::Value;

use super::state::Shared;
use crate::client::http_client;
use crate::config::FleetConfig;

/// Maximum number of attempts to post a result.
const MAX_ATTEMPTS: u32 = 5;

/// Posts the result to `results_url`, every `duplicate_every`-th one twice.
pub(super) async fn post(shared: &Shared, result: &Value) {
    let Some(url) = &shared.script.results_url else {
        return;
    };
    let Ok(client) = http_client(&FleetConfig::default()) else {
        return tracing::error!("cannot create an HTTP client: call result lost");
    };
    if !deliver(shared, &client, url, result).await {
        return tracing::error!(%url, "call result lost: it was not accepted");
    }
    let every = shared.script.duplicate_every;
    let posted = shared.state.borrow().results;
    if every > 0 && posted.is_multiple_of(every) {
        deliver(shared, &client, url, result).await;
    }
}

/// Posts the result until it is accepted, and returns whether it was. Retries after connection errors, 429 and 5xx only.
async fn deliver(shared: &Shared, client: &Client, url: &Url, result: &Value) -> bool {
    let mut pause = shared.script.results_pause;
    for attempt in 1..=MAX_ATTEMPTS {
        match attempt_once(shared, client, url, result).await {
            Ok(status) if (200..300).contains(&status) => {
                shared.update(|state| state.results += 1);
                return true;
            }
            Ok(status) if status < 500 && status != 429 => {
                tracing::error!(%url, status, "call result refused");
                return false;
            }
            Ok(status) => tracing::warn!(%url, status, attempt, "call result not accepted"),
            Err(error) => tracing::warn!(%url, %error, attempt, "posting the call result failed"),
        }
        if attempt < MAX_ATTEMPTS {
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

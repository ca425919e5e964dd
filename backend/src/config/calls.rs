use chrono::TimeDelta;
use ori_fleet::{FleetConfig, FleetSecret};

use super::sections::number;
use super::{Faults, Options};

/// The voice fleet, how long a call may wait for it, and how long a call is stored.
#[derive(Clone, Debug)]
pub struct Calls {
    /// The voice fleet.
    pub fleet: FleetConfig,
    /// Maximum number of queued calls.
    pub queue_limit: u32,
    /// A call that has waited for so long is refused.
    pub queue_deadline: TimeDelta,
    /// A call that is over and was asked for so long ago is deleted; `None` if calls are kept for ever.
    pub retention: Option<TimeDelta>,
}

impl Calls {
    pub(super) fn check(options: &Options) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let hosts = faults.collect(hosts(options)).unwrap_or_default();
        let secret = options.fleet_secret.clone().unwrap_or_default();
        if !hosts.is_empty() && secret.is_empty() {
            faults
                .0
                .push("ORI_FLEET_SECRET: is needed along with ORI_FLEET_URLS".to_owned());
        }
        if !secret.is_empty() && secret.chars().count() < FLEET_SECRET_MIN_CHARS {
            faults.0.push(format!(
                "ORI_FLEET_SECRET: give at least {FLEET_SECRET_MIN_CHARS} characters"
            ));
        }
        let header = options
            .fleet_secret_header
            .as_deref()
            .unwrap_or("x-fleet-secret")
            .parse();
        if header.is_err() {
            faults
                .0
                .push("ORI_FLEET_SECRET_HEADER: give a header's name, such as X-VoxCore-Secret".to_owned());
        }
        let config_url = options.config_url.as_deref().map(str::parse).transpose();
        if config_url.is_err() {
            faults
                .0
                .push("ORI_CONFIG_URL: give an address, such as https://config.example.com/bots".to_owned());
        }
        let limit = faults
            .collect(number(&options.queue_limit, "ORI_QUEUE_LIMIT", 0..=10_000_000))
            .flatten();
        let minutes = faults
            .collect(number(&options.queue_minutes, "ORI_QUEUE_MINUTES", 1..=525_600))
            .flatten();
        // Not less than a day: so long repeating a request is promised to be safe.
        let days = faults
            .collect(number(
                &options.call_retention_days,
                "ORI_CALL_RETENTION_DAYS",
                1..=36_500,
            ))
            .flatten();
        match (header, config_url) {
            (Ok(secret_header), Ok(config_url)) if faults.0.is_empty() => Ok(Self {
                fleet: FleetConfig {
                    hosts,
                    secret_header,
                    secret: FleetSecret::new(secret),
                    config_url,
                    ..FleetConfig::default()
                },
                queue_limit: limit.unwrap_or(10_000),
                queue_deadline: TimeDelta::minutes(minutes.unwrap_or(60).into()),
                retention: days.map(|days| TimeDelta::days(days.into())),
            }),
            _ => Err(faults),
        }
    }
}

/// Minimum length of the fleet secret, so that it cannot be guessed: it authorizes reports of calls.
const FLEET_SECRET_MIN_CHARS: usize = 16;

fn hosts(options: &Options) -> Result<Vec<url::Url>, Faults> {
    let named = options
        .fleet_urls
        .as_deref()
        .unwrap_or_default()
        .split(',')
        .map(str::trim);
    named
        .filter(|host| !host.is_empty())
        .map(|host| {
            host.parse::<url::Url>()
                .ok()
                .filter(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
                .ok_or_else(|| {
                    Faults::one(
                        "ORI_FLEET_URLS",
                        "give addresses such as https://voice-1.example.com, separated by commas",
                    )
                })
        })
        .collect()
}

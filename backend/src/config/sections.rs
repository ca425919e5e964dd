use std::fmt;

use chrono::TimeDelta;
use ori_shared::account::{check_new_password, normalize_email};
use ori_store::SessionLimits;
use tracing_subscriber::EnvFilter;
use url::Url;

use super::options::Number;
use super::{Faults, Options};

/// Addresses and proxies.
#[derive(Clone, Debug)]
pub struct Server {
    /// Host and port to listen on.
    pub listen: String,
    /// Public URL of the console, if configured.
    pub public_url: Option<Url>,
    /// Number of trusted proxies that append to `X-Forwarded-For`.
    pub trusted_proxies: usize,
    /// Number of threads that serve requests; `None` for one per core.
    pub workers: Option<usize>,
}

impl Server {
    pub(super) fn check(options: &Options) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let listen = options
            .listen
            .clone()
            .unwrap_or_else(|| "127.0.0.1:8080".to_owned());
        if !listen
            .rsplit_once(':')
            .is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok())
        {
            faults
                .0
                .push("ORI_LISTEN: give a host and a port, such as 127.0.0.1:8080".to_owned());
        }
        let public_url = faults.collect(public_url(options)).flatten();
        let trusted_proxies = faults.collect(number(&options.trusted_proxies, "ORI_TRUSTED_PROXIES", 0..=16));
        let workers = faults.collect(number(&options.workers, "ORI_WORKERS", 1..=1024));
        let server = Self {
            listen,
            public_url,
            trusted_proxies: trusted_proxies.flatten().unwrap_or(0) as usize,
            workers: workers.flatten().map(|workers| workers as usize),
        };
        if faults.0.is_empty() {
            Ok(server)
        } else {
            Err(faults)
        }
    }

    /// Whether browsers reach the console over https, so that its cookies must not travel otherwise.
    #[must_use]
    pub fn secure_cookies(&self) -> bool {
        self.public_url
            .as_ref()
            .is_some_and(|url| url.scheme() == "https")
    }
}

fn public_url(options: &Options) -> Result<Option<Url>, Faults> {
    let Some(text) = &options.public_url else {
        return Ok(None);
    };
    match Url::parse(text) {
        Ok(url)
            if matches!(url.scheme(), "http" | "https")
                && url.has_host()
                && url.path() == "/"
                && url.query().is_none() =>
        {
            Ok(Some(url))
        }
        _ => Err(Faults::one(
            "ORI_PUBLIC_URL",
            "give an address such as https://ori.example.com, without a path",
        )),
    }
}

/// The first admin.
#[derive(Clone)]
pub struct FirstAdmin {
    /// The e-mail address in its normal form.
    pub email: String,
    /// The password, as it was configured.
    pub password: String,
}

impl FirstAdmin {
    pub(super) fn check(options: &Options) -> Result<Option<Self>, Faults> {
        match (&options.admin_email, &options.admin_password) {
            (None, None) => Ok(None),
            (Some(_), None) => Err(Faults::one(
                "ORI_ADMIN_PASSWORD",
                "is needed along with ORI_ADMIN_EMAIL",
            )),
            (None, Some(_)) => Err(Faults::one(
                "ORI_ADMIN_EMAIL",
                "is needed along with ORI_ADMIN_PASSWORD",
            )),
            (Some(email), Some(password)) => {
                let mut faults = Faults::default();
                let email = faults
                    .collect(normalize_email(email).map_err(|fault| Faults::one("ORI_ADMIN_EMAIL", fault)));
                faults.collect(
                    check_new_password(password).map_err(|fault| Faults::one("ORI_ADMIN_PASSWORD", fault)),
                );
                match email {
                    Some(email) if faults.0.is_empty() => Ok(Some(Self {
                        email,
                        password: password.clone(),
                    })),
                    _ => Err(faults),
                }
            }
        }
    }
}

impl fmt::Debug for FirstAdmin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FirstAdmin")
            .field("email", &self.email)
            .finish_non_exhaustive()
    }
}

pub(super) fn check_sessions(options: &Options) -> Result<SessionLimits, Faults> {
    let mut faults = Faults::default();
    // Ten years: what is longer is a mistake, and far beyond that the calendar ends.
    let idle = faults.collect(number(
        &options.session_idle_minutes,
        "ORI_SESSION_IDLE_MINUTES",
        1..=5_256_000,
    ));
    let hours = faults.collect(number(&options.session_hours, "ORI_SESSION_HOURS", 1..=87_600));
    match (idle, hours) {
        (Some(idle), Some(hours)) => Ok(SessionLimits {
            idle: TimeDelta::minutes(idle.unwrap_or(12 * 60).into()),
            absolute: TimeDelta::hours(hours.unwrap_or(7 * 24).into()),
        }),
        _ => Err(faults),
    }
}

/// Returns the number of that option, if one was given.
pub(super) fn number(
    given: &Option<Number>,
    option: &str,
    bounds: std::ops::RangeInclusive<u32>,
) -> Result<Option<u32>, Faults> {
    let Some(number) = given else { return Ok(None) };
    let fault = || {
        Faults::one(
            option,
            format!("give a number from {} to {}", bounds.start(), bounds.end()),
        )
    };
    number.within(bounds.clone()).map(Some).ok_or_else(fault)
}

/// Log level and format.
#[derive(Clone, Debug)]
pub struct Logging {
    /// Directives of `tracing_subscriber::EnvFilter`.
    pub filter: String,
    /// Text or JSON.
    pub format: LogFormat,
}

/// Format of log lines.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Text for people.
    Text,
    /// A JSON object per line.
    Json,
}

impl Logging {
    pub(super) fn check(options: &Options) -> Result<Self, Faults> {
        let filter = options.log.clone().unwrap_or_else(|| "info".to_owned());
        if EnvFilter::try_new(&filter).is_err() {
            return Err(Faults::one(
                "ORI_LOG",
                "give a level (error, warn, info, debug, trace) or directives",
            ));
        }
        let format = match options.log_format.as_deref() {
            None | Some("text") => LogFormat::Text,
            Some("json") => LogFormat::Json,
            Some(_) => return Err(Faults::one("ORI_LOG_FORMAT", "give text or json")),
        };
        Ok(Self { filter, format })
    }
}

#![allow(
    rustdoc::bare_urls,
    reason = "these texts are the help of the command line, where brackets would stand as they are"
)]

use std::convert::Infallible;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Args;
use serde::{Deserialize, Deserializer};

use super::Faults;

macro_rules! options {
    ($($(#[doc = $doc:literal])+ $name:ident: $type:ty = $env:literal $(, $clap:ident)*;)+) => {
        /// The options as they were given: by flag, else by environment, else in the file.
        #[derive(Args, Clone, Default, Deserialize)]
        #[serde(deny_unknown_fields)]
        pub struct Options {
            /// A TOML file with any of these options, named as the flags are but with `_` for `-`
            #[arg(long, env = "ORI_CONFIG", value_name = "FILE")]
            #[serde(skip)]
            config: Option<PathBuf>,
            $(
                $(#[doc = $doc])+
                #[arg(long, env = $env, hide_env_values = true $(, $clap = true)*)]
                pub(super) $name: Option<$type>,
            )+
        }

        impl Options {
            /// Removes blanks and line ends around every value, and the options that are set to nothing.
            fn cleaned(self, faults: &mut Faults) -> Self {
                Self {
                    config: self.config,
                    $($name: self.$name.and_then(|given| faults.collect(cleaned(&given, $env)).flatten())),+
                }
            }

            fn or(self, file: Self) -> Self {
                Self { config: self.config, $($name: self.$name.or(file.$name)),+ }
            }
        }
    };
}

options! {
    /// Address and port to listen on [default: 127.0.0.1:8080]
    listen: String = "ORI_LISTEN";
    /// Public URL of the console, e.g. https://ori.example.com. With https, cookies are Secure
    /// [default: the address to listen on]
    public_url: String = "ORI_PUBLIC_URL";
    /// Number of trusted reverse proxies, which append the client's address to X-Forwarded-For or Forwarded
    /// [default: 0, the headers are ignored]
    trusted_proxies: Number = "ORI_TRUSTED_PROXIES";
    /// Number of threads that serve requests [default: one per core]
    workers: Number = "ORI_WORKERS";
    /// Database: sqlite://FILE, created with its folder if it does not exist, or
    /// postgres://USER:PASSWORD@HOST/DATABASE?sslmode=verify-full, which many replicas may share. Prefer the environment,
    /// because flags are visible to other users of the machine [default: sqlite://data/ori.sqlite3]
    database_url: String = "ORI_DATABASE_URL";
    /// File that contains the database URL
    database_url_file: String = "ORI_DATABASE_URL_FILE";
    /// PostgreSQL: maximum number of connections of this process [default: 10]
    database_connections: Number = "ORI_DATABASE_CONNECTIONS";
    /// PostgreSQL: time limit of a statement in seconds, 1 to 4 [default: 4]
    database_statement_seconds: Number = "ORI_DATABASE_STATEMENT_SECONDS";
    /// PostgreSQL: maximum wait of a statement for a lock in seconds, 1 to 4 [default: 3]
    database_lock_seconds: Number = "ORI_DATABASE_LOCK_SECONDS";
    /// PostgreSQL: migrate the tables at the start, yes or no; with no, run `ori migrate` before an upgrade
    /// [default: yes]
    migrate: String = "ORI_MIGRATE";
    /// E-mail address of the first admin, created at the start if there is no account; requires
    /// --admin-password
    admin_email: String = "ORI_ADMIN_EMAIL";
    /// Password of the first admin, at least 8 characters. Prefer the environment, because flags are visible to other users
    admin_password: String = "ORI_ADMIN_PASSWORD";
    /// File that contains the password
    admin_password_file: String = "ORI_ADMIN_PASSWORD_FILE";
    /// Voice hosts, separated by commas, e.g. https://voice-1.example.com [default: none, no call is placed]
    fleet_urls: String = "ORI_FLEET_URLS";
    /// Header for the fleet secret [default: X-Fleet-Secret]
    fleet_secret_header: String = "ORI_FLEET_SECRET_HEADER";
    /// Secret shared with the voice hosts, at least 16 characters. Prefer the environment, because flags are visible to
    /// other users
    fleet_secret: String = "ORI_FLEET_SECRET";
    /// File that contains the fleet secret
    fleet_secret_file: String = "ORI_FLEET_SECRET_FILE";
    /// URL sent to the voice host with each call, as config_url [default: none]
    config_url: String = "ORI_CONFIG_URL";
    /// Maximum number of queued calls [default: 10000]
    queue_limit: Number = "ORI_QUEUE_LIMIT";
    /// Maximum wait of a queued call in minutes, after which it is refused [default: 60]
    queue_minutes: Number = "ORI_QUEUE_MINUTES";
    /// Delete calls that are over and were created at least this many days ago
    /// [default: none, calls are never deleted]
    call_retention_days: Number = "ORI_CALL_RETENTION_DAYS";
    /// Private networks that webhooks may address, separated by commas, e.g. 127.0.0.0/8,10.0.0.0/8; only these permit http
    /// [default: none, only public https addresses]
    webhook_private_networks: String = "ORI_WEBHOOK_PRIVATE_NETWORKS";
    /// Idle time after which a console session ends, in minutes [default: 720]
    session_idle_minutes: Number = "ORI_SESSION_IDLE_MINUTES";
    /// Maximum duration of a console session, in hours [default: 168]
    session_hours: Number = "ORI_SESSION_HOURS";
    /// Log level (error, warn, info, debug, trace), or directives such as info,ori_backend=debug
    /// [default: info]
    log: String = "ORI_LOG";
    /// Log format, text or json [default: text]
    log_format: String = "ORI_LOG_FORMAT";
}

impl Options {
    /// Returns these options with their defaults from the configuration file, if one is named, and with every secret
    /// that stands in a file of its own.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read or has an unknown option, or if a value is ambiguous.
    pub fn with_file(self) -> Result<Self, Faults> {
        let file = match &self.config {
            None => Self::default(),
            Some(path) => {
                let text = std::fs::read_to_string(path).map_err(|error| fault(path, &error))?;
                Self::from_toml(&text).map_err(|error| fault(path, &describe(&error, &text)))?
            }
        };
        let mut faults = Faults::default();
        let [given, file] =
            [self, file].map(|options| options.cleaned(&mut faults).with_secrets(&mut faults));
        if faults.0.is_empty() {
            Ok(given.or(file))
        } else {
            Err(faults)
        }
    }

    /// Reads the secrets that stand in files.
    fn with_secrets(mut self, faults: &mut Faults) -> Self {
        for (value, path, option) in [
            (
                &mut self.database_url,
                &self.database_url_file,
                "ORI_DATABASE_URL",
            ),
            (
                &mut self.admin_password,
                &self.admin_password_file,
                "ORI_ADMIN_PASSWORD",
            ),
            (
                &mut self.fleet_secret,
                &self.fleet_secret_file,
                "ORI_FLEET_SECRET",
            ),
        ] {
            let read = faults.collect(secret(value.take(), path.as_deref(), option));
            *value = read.flatten();
        }
        self
    }

    #[cfg(test)]
    pub(super) fn in_file(path: &Path) -> Self {
        Self {
            config: Some(path.to_owned()),
            ..Self::default()
        }
    }

    /// The options that a file's text holds.
    ///
    /// # Errors
    /// Returns an error if it is not TOML or has an unknown option.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

/// A number as it was given. An invalid one is reported along with all other errors, and is not repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Number(String);

impl Number {
    /// Returns the number if it is one within these bounds.
    pub(super) fn within(&self, bounds: std::ops::RangeInclusive<u32>) -> Option<u32> {
        self.0
            .trim()
            .parse()
            .ok()
            .filter(|number| bounds.contains(number))
    }
}

impl FromStr for Number {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self(text.to_owned()))
    }
}

impl<'de> Deserialize<'de> for Number {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        i64::deserialize(deserializer).map(|number| Self(number.to_string()))
    }
}

/// Returns a value without the line ends and blanks around it, and `None` if it is empty: an option that is set to
/// nothing (`ORI_LOG=`) is not set. A password may begin or end with a blank, which is then part of it.
///
/// # Errors
/// Returns an error if the value is blank or contains a control character, which parsers of addresses may drop.
pub(crate) fn cleaned<T: AsRef<str> + FromStr<Err = Infallible>>(
    given: &T,
    option: &str,
) -> Result<Option<T>, Faults> {
    let given = given.as_ref();
    let lines = given.trim_matches(['\r', '\n']);
    let text = if option == PASSWORD { lines } else { lines.trim() };
    if given.is_empty() {
        return Ok(None);
    }
    if text.trim().is_empty() {
        return Err(Faults::one(option, "holds nothing but blank space"));
    }
    if text.contains(char::is_control) {
        return Err(Faults::one(
            option,
            "holds a line end or another control character",
        ));
    }
    let Ok(text) = text.parse();
    Ok(Some(text))
}

const PASSWORD: &str = "ORI_ADMIN_PASSWORD";

/// Returns the secret that is given, or the content of its file without one line end.
///
/// # Errors
/// Returns an error if both are given, or if the file cannot be read or does not have one line. The path is not repeated,
/// because it may be the secret itself by mistake.
pub(crate) fn secret(
    given: Option<String>,
    path: Option<&str>,
    option: &str,
) -> Result<Option<String>, Faults> {
    let Some(path) = path else { return Ok(given) };
    let fault = |fault: &dyn std::fmt::Display| Faults::one(&format!("{option}_FILE"), fault);
    if given.is_some() {
        return Err(fault(&format_args!(
            "is set along with {option}; give one of them"
        )));
    }
    let text = std::fs::read_to_string(path)
        .map_err(|error| fault(&format_args!("the file cannot be read: {error}")))?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    let text = text.strip_suffix('\n').unwrap_or(text);
    let text = text.strip_suffix('\r').unwrap_or(text);
    if text.trim().is_empty() {
        return Err(fault(&"the file holds nothing but blank space"));
    }
    if text.contains(char::is_control) {
        return Err(fault(
            &"the file holds more than one line, or a control character",
        ));
    }
    cleaned(&text.to_owned(), option)
}

impl AsRef<str> for Number {
    fn as_ref(&self) -> &str {
        &self.0
    }
}

/// Returns the place of an error in the file. The parser's message repeats values, some of them secret; only that of an unknown
/// option holds none.
fn describe(error: &toml::de::Error, text: &str) -> String {
    let line = error
        .span()
        .map_or(1, |span| text[..span.start].lines().count().max(1));
    match error.message().split_once(", expected one of") {
        Some((unknown, _)) if unknown.starts_with("unknown field") => format!("line {line}: {unknown}"),
        _ => format!("line {line}: this is not TOML, or the value is not of the kind that belongs here"),
    }
}

fn fault(path: &Path, fault: &dyn std::fmt::Display) -> Faults {
    Faults::one(&format!("ORI_CONFIG ({})", path.display()), fault)
}

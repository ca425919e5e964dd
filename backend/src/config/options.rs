use std::path::{Path, PathBuf};

use clap::Args;
use serde::Deserialize;

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
            fn or(self, file: Self) -> Self {
                Self { config: self.config, $($name: self.$name.or(file.$name)),+ }
            }
        }
    };
}

options! {
    /// The address and port to listen on [default: 127.0.0.1:8080]
    listen: String = "ORI_LISTEN";
    /// The address under which people reach the console, e.g. https://ori.example.com. Cookies are Secure where it is
    /// https [default: the address it listens on]
    public_url: String = "ORI_PUBLIC_URL";
    /// How many reverse proxies stand in front and append to X-Forwarded-For; the client's address is taken from there
    /// [default: 0, the header is not believed]
    trusted_proxies: u8 = "ORI_TRUSTED_PROXIES";
    /// How many threads serve requests [default: one per core]
    workers: usize = "ORI_WORKERS";
    /// Where things are kept: sqlite://FILE, created with its folder where it does not exist
    /// [default: sqlite://data/ori.sqlite3]
    database_url: String = "ORI_DATABASE_URL";
    /// The e-mail address of the first admin, who is made at the start where there is no account; with
    /// --admin-password
    admin_email: String = "ORI_ADMIN_EMAIL";
    /// The first admin's password, at least 8 characters. Prefer the environment: other people on the machine see flags
    admin_password: String = "ORI_ADMIN_PASSWORD";
    /// The voice hosts that dial, separated by commas, e.g. https://voice-1.example.com [default: none, no call is placed]
    fleet_urls: String = "ORI_FLEET_URLS";
    /// The header that carries the secret that the voice hosts and this server share [default: X-Fleet-Secret]
    fleet_secret_header: String = "ORI_FLEET_SECRET_HEADER";
    /// That secret. Prefer the environment: other people on the machine see flags
    fleet_secret: String = "ORI_FLEET_SECRET";
    /// Passed on to the voice host with each call, as config_url [default: none]
    config_url: String = "ORI_CONFIG_URL";
    /// How many calls may wait for a voice host with room [default: 10000]
    queue_limit: u32 = "ORI_QUEUE_LIMIT";
    /// A call that has waited for so many minutes is refused [default: 60]
    queue_minutes: u32 = "ORI_QUEUE_MINUTES";
    /// A console session ends when unused for so many minutes [default: 720]
    session_idle_minutes: u32 = "ORI_SESSION_IDLE_MINUTES";
    /// A console session ends so many hours after signing in [default: 168]
    session_hours: u32 = "ORI_SESSION_HOURS";
    /// What is logged: a level (error, warn, info, debug, trace), or directives such as info,ori_backend=debug
    /// [default: info]
    log: String = "ORI_LOG";
    /// How it is logged: text or json [default: text]
    log_format: String = "ORI_LOG_FORMAT";
}

impl Options {
    /// The options with those of the file behind them, where a file was named.
    ///
    /// # Errors
    /// When the file cannot be read, or holds what is no option.
    pub fn with_file(self) -> Result<Self, Faults> {
        let Some(path) = &self.config else { return Ok(self) };
        let text = std::fs::read_to_string(path).map_err(|error| fault(path, &error))?;
        let file = Self::from_toml(&text).map_err(|error| fault(path, &error.message()))?;
        Ok(self.or(file))
    }

    /// The options that a file's text holds.
    ///
    /// # Errors
    /// When it is not TOML, or holds what is no option.
    pub fn from_toml(text: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(text)
    }
}

fn fault(path: &Path, fault: &dyn std::fmt::Display) -> Faults {
    Faults::one(&format!("ORI_CONFIG ({})", path.display()), fault)
}

//! Configuration from flags, environment and file, checked as a whole before anything starts.

mod calls;
mod database;
mod options;
mod sections;
mod webhooks;

use std::fmt;

pub use calls::Calls;
pub use database::{Database, Postgres};
pub use options::Options;
pub(crate) use options::{cleaned, secret};
pub use sections::{FirstAdmin, LogFormat, Logging, Server};

use ori_store::SessionLimits;

use crate::webhooks::EgressPolicy;

/// A checked configuration.
#[derive(Clone, Debug)]
pub struct Config {
    /// Addresses and proxies.
    pub server: Server,
    /// The database.
    pub database: Database,
    /// The first admin, who is created if there is no account.
    pub first_admin: Option<FirstAdmin>,
    /// The voice fleet, how long a call may wait for it, and how long a call is stored.
    pub calls: Calls,
    /// Permitted targets of webhooks.
    pub webhook_networks: EgressPolicy,
    /// Lifetime of console sessions.
    pub sessions: SessionLimits,
    /// Log level and format.
    pub logging: Logging,
}

impl Config {
    /// Checks what was configured, each section by itself.
    ///
    /// # Errors
    /// Every fault there is, not just the first.
    pub fn check(options: &Options) -> Result<Self, Faults> {
        let mut faults = Faults::default();
        let server = faults.collect(Server::check(options));
        let database = faults.collect(Database::check(options));
        let first_admin = faults.collect(FirstAdmin::check(options));
        let calls = faults.collect(Calls::check(options));
        let networks = faults.collect(webhooks::check(options));
        let sessions = faults.collect(sections::check_sessions(options));
        let logging = faults.collect(Logging::check(options));
        match (server, database, first_admin, calls, networks, sessions, logging) {
            (
                Some(server),
                Some(database),
                Some(first_admin),
                Some(calls),
                Some(webhook_networks),
                Some(sessions),
                Some(logging),
            ) => Ok(Self {
                server,
                database,
                first_admin,
                calls,
                webhook_networks,
                sessions,
                logging,
            }),
            _ => Err(faults),
        }
    }
}

/// Errors of a configuration, a line each: the option, and what it should be. Values are not repeated,
/// since some are secret.
#[derive(Debug, Default)]
pub struct Faults(Vec<String>);

impl Faults {
    /// The one fault of that option.
    pub(crate) fn one(option: &str, fault: impl fmt::Display) -> Self {
        Self(vec![format!("{option}: {fault}")])
    }

    fn collect<T>(&mut self, checked: Result<T, Self>) -> Option<T> {
        checked.map_err(|faults| self.0.extend(faults.0)).ok()
    }
}

impl fmt::Display for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0.join("\n"))
    }
}

impl std::error::Error for Faults {}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(file: &str) -> Result<Config, String> {
        Config::check(&Options::from_toml(file).unwrap()).map_err(|faults| faults.to_string())
    }

    #[test]
    fn nothing_needs_to_be_configured() {
        let config = check("").unwrap();
        assert_eq!(config.server.listen, "127.0.0.1:8080");
        assert!(!config.server.secure_cookies());
        assert!(config.first_admin.is_none());
    }

    #[test]
    fn every_fault_is_told_by_a_line_that_names_the_option_and_not_the_value() {
        let faults = check(
            "listen = 'here'\npublic_url = 'ftp://x'\ndatabase_url = 'mysql://u:hunter2@h/d'\nadmin_email = 'ada'\nadmin_password = 'hunter2'\nlog = '['\n",
        )
        .unwrap_err();
        let named: Vec<&str> = faults
            .lines()
            .filter_map(|line| line.split_once(':'))
            .map(|(option, _)| option)
            .collect();
        assert_eq!(
            named,
            [
                "ORI_LISTEN",
                "ORI_PUBLIC_URL",
                "ORI_DATABASE_URL",
                "ORI_ADMIN_EMAIL",
                "ORI_ADMIN_PASSWORD",
                "ORI_LOG"
            ]
        );
        assert!(!faults.contains("hunter2"));
    }

    #[test]
    fn the_address_says_which_engine_and_its_password_is_in_no_debug_output() {
        let url = "database_url = 'postgres://ori:hunter2@db.example.com/ori?sslmode=verify-full'\n";
        let config = check(&format!("{url}database_connections = 20\nmigrate = 'no'")).unwrap();
        let Database::Postgres(postgres) = &config.database else {
            panic!("the address is PostgreSQL's")
        };
        assert_eq!((postgres.connections, postgres.migrate), (20, false));
        assert!(!format!("{config:?}").contains("hunter2"));
        assert!(matches!(check("").unwrap().database, Database::Sqlite(_)));
        let faults = check(&format!("{url}database_connections = 0\nmigrate = 'perhaps'")).unwrap_err();
        assert_eq!(faults.lines().count(), 2, "{faults}");
    }

    #[test]
    fn an_unescaped_reserved_character_in_a_database_password_is_refused() {
        for password in ["hun#ter2", "12#34", "hun/ter2", "12/34", "hun?ter2", "12?34"] {
            let faults = check(&format!("database_url = 'postgres://ori:{password}@db/ori'")).unwrap_err();
            assert!(
                faults.starts_with("ORI_DATABASE_URL: ") && faults.contains("percent-encode"),
                "{password}: {faults}"
            );
            let halves = password.split(['#', '/', '?']);
            assert!(halves.into_iter().all(|half| !faults.contains(half)), "{faults}");
        }
        for (escaped, read) in [
            ("hun%23ter2", "hun%23ter2"),
            ("hun@ter2", "hun%40ter2"),
            ("a:b", "a%3Ab"),
        ] {
            let config = check(&format!("database_url = 'postgres://ori:{escaped}@db/ori'")).unwrap();
            let Database::Postgres(postgres) = &config.database else {
                panic!("the address is PostgreSQL's")
            };
            assert_eq!(postgres.url.password(), Some(read));
            assert_eq!(postgres.url.host_str(), Some("db"));
        }
    }

    #[test]
    fn half_a_first_admin_is_a_fault() {
        assert!(
            check("admin_email = 'ada@example.com'")
                .unwrap_err()
                .starts_with("ORI_ADMIN_PASSWORD")
        );
        assert!(
            check("admin_password = 'correct horse'")
                .unwrap_err()
                .starts_with("ORI_ADMIN_EMAIL")
        );
    }

    #[test]
    fn cookies_are_secure_where_the_public_address_is() {
        assert!(
            check("public_url = 'https://ori.example.com/'")
                .unwrap()
                .server
                .secure_cookies()
        );
        assert!(
            !check("public_url = 'http://ori.example.com'")
                .unwrap()
                .server
                .secure_cookies()
        );
    }

    #[test]
    fn a_number_that_is_none_or_out_of_bounds_is_a_fault_and_what_is_empty_is_not_set() {
        let faults = check("workers = 0\nsession_hours = 4000000000\nqueue_minutes = -1").unwrap_err();
        assert_eq!(faults.lines().count(), 3, "{faults}");
        assert!(faults.contains("ORI_WORKERS: give a number from 1 to 1024"));
        let empty = Options::from_toml("listen = ''\nlog = ''")
            .unwrap()
            .with_file()
            .unwrap();
        assert_eq!(Config::check(&empty).unwrap().server.listen, "127.0.0.1:8080");
    }

    #[test]
    fn a_fault_in_the_file_is_told_by_its_line_without_the_value() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ori.toml");
        std::fs::write(&path, "listen = '127.0.0.1:1'\nadmin_password = 12345678\n").unwrap();
        let told = Options::in_file(&path).with_file().err().unwrap().to_string();
        assert!(told.contains("line 2") && !told.contains("12345678"), "{told}");
        std::fs::write(&path, "listne = 'x'\n").unwrap();
        let told = Options::in_file(&path).with_file().err().unwrap().to_string();
        assert!(told.contains("listne"), "{told}");
    }

    #[test]
    fn an_unknown_option_in_the_file_is_named() {
        assert!(
            Options::from_toml("listne = 'x'")
                .err()
                .unwrap()
                .to_string()
                .contains("listne")
        );
    }

    #[test]
    fn the_admins_password_is_in_no_debug_output() {
        let options =
            Options::from_toml("admin_email = 'ada@example.com'\nadmin_password = 'correct horse'").unwrap();
        let config = Config::check(&options).unwrap();
        assert!(!format!("{config:?}").contains("horse"));
    }
}

//! Pages of the console: the server answers a deep link to one of them with the console, whose router shows it.

use uuid::Uuid;

use crate::account::Role;

macro_rules! pages {
    ($($(#[doc = $meaning:literal])+ $page:ident = $path:literal, $role:expr;)+) => {
        /// A page of the console. A new page is a row of the table below and its component, which the console's router
        /// matches.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum ConsoleRoute {
            $($(#[doc = $meaning])+ $page,)+
            /// One API key.
            ApiKey(Uuid),
        }

        impl ConsoleRoute {
            /// Every page that has no id in its path.
            const FIXED: &[Self] = &[$(Self::$page),+];

            /// Returns the path of the page.
            #[must_use]
            pub fn path(self) -> String {
                match self {
                    $(Self::$page => $path.to_owned(),)+
                    Self::ApiKey(id) => format!("{KEY}{id}"),
                }
            }

            /// Returns the lowest role that may see the page, or `None` for a page that needs no session.
            #[must_use]
            pub const fn required_role(self) -> Option<Role> {
                match self {
                    $(Self::$page => $role,)+
                    Self::ApiKey(_) => Some(Role::Admin),
                }
            }
        }
    };
}

pages! {
    /// Redirects to the first page that the role allows.
    Home = "/dashboard", Some(Role::Agent);
    /// Signing in.
    SignIn = "/sign-in", None;
    /// Creating the first admin.
    SetUp = "/setup", None;
    /// The list of API keys.
    ApiKeys = "/dashboard/api-keys", Some(Role::Admin);
    /// The Call Log.
    Calls = "/dashboard/calls", Some(Role::Supervisor);
    /// The voice fleet.
    Fleet = "/dashboard/fleet", Some(Role::Supervisor);
    /// A person's own settings.
    Settings = "/dashboard/settings", Some(Role::Agent);
}

const KEY: &str = "/dashboard/api-keys/";

impl ConsoleRoute {
    /// Returns the page at a path, or `None` if there is none. One slash at the end is ignored.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let exact = path.strip_suffix('/').unwrap_or(path);
        if exact.is_empty() {
            return Some(Self::Home);
        }
        let fixed = Self::FIXED.iter().copied();
        let key = exact.strip_prefix(KEY).and_then(|id| id.parse().ok());
        fixed
            .chain(key.map(Self::ApiKey))
            .find(|page| page.path() == exact)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_leads_to_its_page_and_back() {
        let key = ConsoleRoute::ApiKey(Uuid::from_u128(7));
        for &page in ConsoleRoute::FIXED.iter().chain([&key]) {
            assert_eq!(ConsoleRoute::parse(&page.path()), Some(page));
            assert_eq!(ConsoleRoute::parse(&format!("{}/", page.path())), Some(page));
        }
        for home in ["", "/", "/dashboard", "/dashboard/"] {
            assert_eq!(ConsoleRoute::parse(home), Some(ConsoleRoute::Home), "{home}");
        }
    }

    #[test]
    fn other_paths_are_no_pages() {
        for wrong in [
            "//",
            "/dashboard/api-keys//",
            "/dashboard/nothing",
            "/API-keys",
            "/dashboard/api-keys/x",
            "/dashboard/api-keys/00000000000000000000000000000007",
            "/dashboard/calls/00000000-0000-0000-0000-000000000007",
            "/dashboard/API-KEYS/00000000-0000-0000-0000-000000000007",
            "x",
        ] {
            assert_eq!(ConsoleRoute::parse(wrong), None, "{wrong}");
        }
    }
}

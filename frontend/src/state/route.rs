//! The page's addresses.

/// Where one can be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Route {
    /// Leads on to the API keys.
    Home,
    /// Signing in.
    SignIn,
    /// Making the first admin.
    SetUp,
    /// The API keys.
    ApiKeys,
    /// The calls.
    Calls,
    /// The voice fleet.
    Fleet,
    /// A person's settings.
    Settings,
    /// Anything else.
    NotFound,
}

impl Route {
    /// The route of that path. A slash at its end does no harm.
    #[must_use]
    pub fn parse(path: &str) -> Self {
        match path.strip_suffix('/').unwrap_or(path) {
            "" | "/dashboard" => Self::Home,
            "/sign-in" => Self::SignIn,
            "/setup" => Self::SetUp,
            "/dashboard/api-keys" => Self::ApiKeys,
            "/dashboard/calls" => Self::Calls,
            "/dashboard/fleet" => Self::Fleet,
            "/dashboard/settings" => Self::Settings,
            _ => Self::NotFound,
        }
    }

    /// The path that leads there, where `path` does so but for a slash at its end.
    #[must_use]
    pub fn exact(self, path: &str) -> Option<&'static str> {
        (path.strip_suffix('/') == Some(self.path())).then_some(self.path())
    }

    /// The path that leads there.
    #[must_use]
    pub const fn path(self) -> &'static str {
        match self {
            Self::Home | Self::NotFound => "/",
            Self::SignIn => "/sign-in",
            Self::SetUp => "/setup",
            Self::ApiKeys => "/dashboard/api-keys",
            Self::Calls => "/dashboard/calls",
            Self::Fleet => "/dashboard/fleet",
            Self::Settings => "/dashboard/settings",
        }
    }
}

/// Where to go after signing in: the address that was asked for, if it is one of this very site.
///
/// Browsers drop tabs and line breaks from an address and read `\` as `/`, so that `/\evil` and `/<tab>/evil` would
/// lead away.
#[must_use]
pub fn after_sign_in(next: Option<&str>) -> &str {
    next.filter(|next| is_of_this_site(next) && !is_for_the_signed_out(next))
        .unwrap_or(Route::ApiKeys.path())
}

fn is_of_this_site(next: &str) -> bool {
    next.starts_with('/') && !next.starts_with("//") && !next.contains(|c: char| c == '\\' || c.is_control())
}

fn is_for_the_signed_out(next: &str) -> bool {
    let path = next.split(['?', '#']).next().unwrap_or(next);
    matches!(Route::parse(path), Route::SignIn | Route::SetUp)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_path_leads_to_its_route_and_back() {
        for route in [
            Route::SignIn,
            Route::SetUp,
            Route::ApiKeys,
            Route::Calls,
            Route::Fleet,
            Route::Settings,
        ] {
            assert_eq!(Route::parse(route.path()), route);
            let slash = format!("{}/", route.path());
            assert_eq!(Route::parse(&slash), route);
            assert_eq!(route.exact(&slash), Some(route.path()));
            assert_eq!(route.exact(route.path()), None);
        }
        assert_eq!(Route::parse("/"), Route::Home);
        assert_eq!(Route::parse("/dashboard"), Route::Home);
        assert_eq!(Route::Home.exact("/"), None);
        for wrong in [
            "//",
            "/dashboard/api-keys//",
            "/dashboard/nothing",
            "/API-keys",
            "/dashboard/api-keys/x",
            "x",
        ] {
            assert_eq!(Route::parse(wrong), Route::NotFound, "{wrong}");
        }
    }

    #[test]
    fn the_address_that_was_asked_for_is_followed() {
        for next in ["/dashboard/settings", "/dashboard/api-keys?q=crm&sort=name"] {
            assert_eq!(after_sign_in(Some(next)), next);
        }
    }

    #[test]
    fn no_address_leads_off_the_site_or_round_in_circles() {
        for next in [
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "/\t/evil.example",
            "/\n/evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "evil",
            "",
            "/sign-in?next=/sign-in",
            "/setup",
        ] {
            assert_eq!(after_sign_in(Some(next)), "/dashboard/api-keys", "{next:?}");
        }
        assert_eq!(after_sign_in(None), "/dashboard/api-keys");
    }
}

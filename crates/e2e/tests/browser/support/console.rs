//! Starting point of most tests: a signed-in person on a server of their own.

use super::browser::Options;
use super::voice_host::VoiceHost;
use super::{Api, Browser, Server};

/// Path of the API Keys page.
pub(crate) const KEYS: &str = "/dashboard/api-keys";
/// Path of the Call Log.
pub(crate) const CALLS: &str = "/dashboard/calls";
/// Path of the Fleet page.
pub(crate) const FLEET: &str = "/dashboard/fleet";

/// Server with a browser, and an API client for changes made elsewhere.
pub(crate) struct Console {
    /// Browser under test.
    pub(crate) page: Browser,
    /// API client of another admin.
    pub(crate) api: Api,
    /// Server of both.
    pub(crate) server: Server,
    /// API client with the browser's session.
    pub(crate) session: Api,
}

impl Console {
    /// Signs in. No page is open yet.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// Like [`Self::start`], with browser options.
    pub(crate) async fn start_with(options: Options) -> Self {
        Self::on(Server::start(), options).await
    }

    /// Signs in on a server with this voice host, which is ready to dial. No page is open yet.
    pub(crate) async fn with_fleet(host: &VoiceHost) -> Self {
        Self::with_fleet_in(host, Options::default()).await
    }

    /// Like [`Self::with_fleet`], with browser options.
    pub(crate) async fn with_fleet_in(host: &VoiceHost, options: Options) -> Self {
        let console = Self::on(Server::with_fleet(host), options).await;
        console.api.until_fleet_is_ready().await;
        console
    }

    /// Signs in on a server with `count` keys (see [`Server::with_keys`]). No page is open yet.
    pub(crate) async fn with_many_keys(count: usize) -> Self {
        Self::with_many_keys_in(count, Options::default()).await
    }

    /// Like [`Self::with_many_keys`], with browser options.
    pub(crate) async fn with_many_keys_in(count: usize, options: Options) -> Self {
        Self::on(Server::with_keys(count), options).await
    }

    async fn on(server: Server, options: Options) -> Self {
        let (api, session) = (Api::sign_in(&server).await, Api::sign_in(&server).await);
        let page = Browser::start_with(&server.url, options).await;
        page.take_cookie(&session.cookie).await;
        Self {
            page,
            api,
            server,
            session,
        }
    }

    /// Signs in, creates keys with these names (the last is the newest), and opens the list.
    pub(crate) async fn with_keys(names: &[&str]) -> Self {
        Self::with_keys_in(names, Options::default()).await
    }

    /// Like [`Self::with_keys`], with browser options.
    pub(crate) async fn with_keys_in(names: &[&str], options: Options) -> Self {
        let console = Self::start_with(options).await;
        for name in names {
            console.api.create_named(name).await;
        }
        console.open_keys().await;
        console
    }

    /// Opens the API Keys page and waits until it is loaded.
    pub(crate) async fn open_keys(&self) {
        self.page.open(KEYS).await;
        self.page
            .until(
                "the list",
                "return !!find('button', 'Create API Key') && !!document.querySelector('tbody tr, .placeholder-title')",
                Vec::new(),
            )
            .await;
    }

    /// Creates a key on the page and returns the plain key. The dialog that shows it stays open.
    pub(crate) async fn create_on_page(&self, name: &str) -> String {
        self.page.press("Create API Key").await;
        self.page.write("Name", name).await;
        self.page.press("Create Key").await;
        self.page.sees("dialog", "Key created").await;
        self.page.value("API key").await
    }

    /// Ends the test.
    pub(crate) async fn finish(self) {
        self.page.finish().await;
    }
}

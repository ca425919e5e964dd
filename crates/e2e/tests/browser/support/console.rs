//! What most tests begin with: somebody signed in, on a server of their own.

use super::browser::Options;
use super::voice_host::VoiceHost;
use super::{Api, Browser, Server};

/// The page of the keys.
pub(crate) const KEYS: &str = "/dashboard/api-keys";
/// The page of the calls.
pub(crate) const CALLS: &str = "/dashboard/calls";
/// The page of the fleet.
pub(crate) const FLEET: &str = "/dashboard/fleet";

/// A server, somebody who looks at it, and somebody else who works through the API.
pub(crate) struct Console {
    /// Who looks.
    pub(crate) page: Browser,
    /// Somebody else.
    pub(crate) api: Api,
    /// What both talk to.
    pub(crate) server: Server,
    /// The looking one's session.
    pub(crate) session: Api,
}

impl Console {
    /// Signed in; no page is open yet.
    pub(crate) async fn start() -> Self {
        Self::start_with(Options::default()).await
    }

    /// The same in a browser that differs from the usual.
    pub(crate) async fn start_with(options: Options) -> Self {
        Self::on(Server::start(), options).await
    }

    /// Signed in on a server whose fleet is that host, which is ready to dial; no page is open yet.
    pub(crate) async fn with_fleet(host: &VoiceHost) -> Self {
        Self::with_fleet_in(host, Options::default()).await
    }

    /// The same in a browser that differs from the usual.
    pub(crate) async fn with_fleet_in(host: &VoiceHost, options: Options) -> Self {
        let console = Self::on(Server::with_fleet(host), options).await;
        console.api.until_fleet_is_ready().await;
        console
    }

    /// Signed in on a server with so many keys (see [`Server::with_keys`]); no page is open yet.
    pub(crate) async fn with_many_keys(count: usize) -> Self {
        Self::with_many_keys_in(count, Options::default()).await
    }

    /// The same in a browser that differs from the usual.
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

    /// Signed in, with keys of these names (the last is the newest), looking at them.
    pub(crate) async fn with_keys(names: &[&str]) -> Self {
        Self::with_keys_in(names, Options::default()).await
    }

    /// The same in a browser that differs from the usual.
    pub(crate) async fn with_keys_in(names: &[&str], options: Options) -> Self {
        let console = Self::start_with(options).await;
        for name in names {
            console.api.create_named(name).await;
        }
        console.open_keys().await;
        console
    }

    /// Goes to the page of the keys and waits until it is there.
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

    /// Makes a key on the page; returns it in full. The dialog that shows it stays open.
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

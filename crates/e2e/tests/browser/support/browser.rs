//! Controls a headless Chromium with the actions of a person and assertions about visible content.
//!
//! Nothing here sleeps for a fixed time: every assertion is repeated until it holds or times out.

use std::cell::Cell;
use std::fs;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpStream};
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;
use thirtyfour::prelude::*;
use tokio::time::{Instant, sleep};

use super::Fonts;
use super::environment;
use super::process::Running;

/// Maximum waiting time for a condition, with a margin for slow machines.
const TIMEOUT: Duration = Duration::from_secs(30);
const PAUSE: Duration = Duration::from_millis(25);

/// Prefix of every script: `find(role, name)` by accessible name, in the open dialog if there is one.
const PRELUDE: &str = r#"
const SELECTORS = { button: 'button', link: 'a[href]', field: 'input, textarea, select', dialog: 'dialog[open]', heading: 'h1, h2' };
const nameOf = e => {
  const by = e.getAttribute('aria-labelledby');
  const text = e.getAttribute('aria-label') || (by && document.getElementById(by)?.innerText) || e.labels?.[0]?.innerText || e.innerText;
  return (text || '').trim();
};
const visible = e => e.checkVisibility({ visibilityProperty: true });
const find = (role, name) => {
  const scope = role !== 'dialog' && [...document.querySelectorAll('dialog[open]')].pop() || document;
  return [...scope.querySelectorAll(SELECTORS[role])].find(e => visible(e) && nameOf(e) === name) || null;
};
const rows = () => [...document.querySelectorAll('tbody tr')].map(row => [...row.cells].map(cell => cell.innerText.trim()));
"#;

/// Differences from the default browser.
pub(crate) struct Options {
    /// Additional arguments for Chromium.
    pub(crate) arguments: Vec<String>,
    /// Timezone of the browser.
    pub(crate) timezone: &'static str,
    /// Fonts available to the browser; all of the machine's by default.
    pub(crate) fonts: Option<Fonts>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            arguments: Vec::new(),
            timezone: "UTC",
            fonts: None,
        }
    }
}

impl From<Fonts> for Options {
    fn from(fonts: Fonts) -> Self {
        Self {
            fonts: Some(fonts),
            ..Self::default()
        }
    }
}

/// Browser with one open tab.
pub(crate) struct Browser {
    driver: Option<WebDriver>,
    base: String,
    expects_network_errors: Cell<bool>,
    chromedriver_port: u16,
    _chromedriver: Running,
    _profile: TempDir,
}

impl Browser {
    /// Starts a browser for the site at `base`.
    pub(crate) async fn start(base: &str) -> Self {
        Self::start_with(base, Options::default()).await
    }

    /// Starts a browser with options.
    pub(crate) async fn start_with(base: &str, options: Options) -> Self {
        super::api_client::choose_cryptography();
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let fonts = options.fonts.map(|fonts| fonts.configure(profile.path()));
        let (chromedriver, port) = start_chromedriver(fonts.as_deref());
        let capabilities = capabilities(&profile, options.arguments).expect("plain capabilities");
        let driver = WebDriver::new(format!("http://127.0.0.1:{port}"), capabilities)
            .await
            .expect("Chromium starts");
        let browser = Self {
            driver: Some(driver),
            base: base.to_owned(),
            expects_network_errors: Cell::new(false),
            chromedriver_port: port,
            _chromedriver: chromedriver,
            _profile: profile,
        };
        let zone = json!({ "timezoneId": options.timezone });
        browser.cdp("Emulation.setTimezoneOverride", zone).await;
        browser
    }

    /// Returns the WebDriver client.
    pub(crate) fn driver(&self) -> &WebDriver {
        self.driver.as_ref().expect("the browser has not been closed")
    }

    /// Sends a command of the Chrome DevTools protocol.
    pub(crate) async fn cdp(&self, command: &str, parameters: Value) -> Value {
        let answer = self.driver().cdp().send_raw(command, parameters).await;
        answer.unwrap_or_else(|error| panic!("{command}: {error}"))
    }

    /// Opens a path of the site by the address bar.
    pub(crate) async fn open(&self, path: &str) {
        let url = format!("{}{path}", self.base);
        self.driver()
            .goto(&url)
            .await
            .unwrap_or_else(|error| panic!("{url}: {error}"));
    }

    /// Sets a session cookie, given as `name=value`.
    pub(crate) async fn take_cookie(&self, cookie: &str) {
        let (name, value) = cookie.split_once('=').expect("name=value");
        let cookie =
            json!({"url": self.base, "name": name, "value": value, "httpOnly": true, "sameSite": "Lax"});
        self.cdp("Network.setCookie", cookie).await;
    }

    /// Ignores the browser's messages about failed requests, which this test causes.
    pub(crate) fn expect_network_errors(&self) {
        self.expects_network_errors.set(true);
    }

    /// Disconnects the browser from the network, or connects it again.
    pub(crate) async fn set_offline(&self, offline: bool) {
        self.expect_network_errors();
        self.cdp("Network.enable", json!({})).await;
        let conditions =
            json!({"offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1});
        self.cdp("Network.emulateNetworkConditions", conditions).await;
    }

    /// Runs a script with `arguments`, `find` and `rows` in scope.
    pub(crate) async fn script(&self, script: &str, arguments: Vec<Value>) -> WebDriverResult<Value> {
        let answer = self
            .driver()
            .execute(format!("{PRELUDE}{script}"), arguments)
            .await?;
        Ok(answer.json().clone())
    }

    /// Returns the result of a script.
    pub(crate) async fn ask(&self, script: &str) -> Value {
        let answer = self.script(script, Vec::new()).await;
        answer.unwrap_or_else(|error| panic!("{script}: {error}"))
    }

    /// Repeats a script until it returns a truthy value, and returns that.
    pub(crate) async fn until(&self, what: &str, script: &str, arguments: Vec<Value>) -> Value {
        self.until_within(TIMEOUT, what, script, arguments).await
    }

    /// Like [`Self::until`], with another time limit.
    pub(crate) async fn until_within(
        &self,
        patience: Duration,
        what: &str,
        script: &str,
        arguments: Vec<Value>,
    ) -> Value {
        let deadline = Instant::now() + patience;
        loop {
            // During a navigation, scripts fail.
            let answer = self.script(script, arguments.clone()).await;
            match &answer {
                Ok(Value::Null | Value::Bool(false)) | Err(_) => {}
                Ok(Value::String(text)) if text.is_empty() => {}
                Ok(value) => return value.clone(),
            }
            if Instant::now() > deadline {
                self.fail(&format!("{what} did not come true ({answer:?})")).await;
            }
            sleep(PAUSE).await;
        }
    }

    async fn fail(&self, what: &str) -> ! {
        let test = std::thread::current().name().unwrap_or("test").replace("::", "-");
        let folder = environment::screenshots().join("failures");
        let _ = fs::create_dir_all(&folder);
        let picture = folder.join(format!("{test}.png"));
        let _ = self.driver().screenshot(&picture).await;
        let page = self
            .script(
                "return location.href + '\\n' + document.body.innerText + '\\n' + JSON.stringify(rows())",
                Vec::new(),
            )
            .await;
        panic!("{what}\nSee {}\nThe page: {page:#?}", picture.display());
    }

    /// Waits for the only element with this role and accessible name, and returns it.
    pub(crate) async fn element(&self, role: &str, name: &str) -> WebElement {
        self.until(
            &format!("a {role} named “{name}”"),
            "return !!find(...arguments)",
            vec![json!(role), json!(name)],
        )
        .await;
        let found = self.driver().execute(
            format!("{PRELUDE} return find(...arguments)"),
            vec![json!(role), json!(name)],
        );
        match found.await.and_then(ScriptRet::element) {
            Ok(element) => element,
            Err(error) => self.fail(&format!("the {role} “{name}” vanished: {error}")).await,
        }
    }

    /// Waits for an element.
    pub(crate) async fn sees(&self, role: &str, name: &str) {
        self.element(role, name).await;
    }

    /// Waits until an element is gone.
    pub(crate) async fn sees_no(&self, role: &str, name: &str) {
        self.until(
            &format!("no {role} named “{name}”"),
            "return !find(...arguments)",
            vec![json!(role), json!(name)],
        )
        .await;
    }

    /// Waits until no dialog is open.
    pub(crate) async fn sees_no_dialog(&self) {
        self.until(
            "no dialog",
            "return !document.querySelector('dialog')",
            Vec::new(),
        )
        .await;
    }

    /// Waits until the text is visible.
    pub(crate) async fn reads(&self, text: &str) {
        self.until(
            &format!("the text “{text}”"),
            "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])",
            vec![json!(text)],
        )
        .await;
    }

    /// Returns whether the text is visible.
    pub(crate) async fn does_read(&self, text: &str) -> bool {
        let script = "return document.body.innerText.replace(/\\s+/g, ' ').includes(arguments[0])";
        self.script(script, vec![json!(text)])
            .await
            .is_ok_and(|found| found == true)
    }

    /// Clicks a button, once it is enabled.
    pub(crate) async fn press(&self, name: &str) {
        self.until(
            &format!("a button “{name}” that can be pressed"),
            "const b = find('button', arguments[0]); return !!b && !b.disabled",
            vec![json!(name)],
        )
        .await;
        self.click("button", name).await;
    }

    /// Clicks a link.
    pub(crate) async fn follow(&self, name: &str) {
        self.click("link", name).await;
    }

    async fn click(&self, role: &str, name: &str) {
        if let Err(error) = self.element(role, name).await.click().await {
            self.fail(&format!("the {role} “{name}” could not be clicked: {error}"))
                .await;
        }
    }

    /// Types into a field after its current value.
    pub(crate) async fn write(&self, field: &str, text: impl Into<TypingData>) {
        let typed = self.element("field", field).await.send_keys(text).await;
        typed.unwrap_or_else(|error| panic!("{field}: {error}"));
    }

    /// Sets the value of a field directly, because typing a date depends on the browser's language.
    pub(crate) async fn put(&self, field: &str, value: &str) {
        self.sees("field", field).await;
        let script = "const field = find('field', arguments[0]); field.value = arguments[1];
            for (const event of ['input', 'change']) field.dispatchEvent(new Event(event, { bubbles: true }));
            return field.value";
        let put = self.script(script, vec![json!(field), json!(value)]).await;
        assert_eq!(put.expect("a field"), value, "{field} takes it");
    }

    /// Empties a field by keyboard.
    pub(crate) async fn wipe(&self, field: &str) {
        self.write(field, Key::Control + "a").await;
        self.write(field, Key::Backspace).await;
    }

    /// Returns the value of a field.
    pub(crate) async fn value(&self, field: &str) -> String {
        let script = "return find('field', arguments[0]).value";
        let value = self.script(script, vec![json!(field)]).await;
        value
            .ok()
            .and_then(|value| Some(value.as_str()?.to_owned()))
            .unwrap_or_else(|| panic!("no field {field}"))
    }

    /// Presses a key in the focused element.
    pub(crate) async fn key(&self, key: impl Into<TypingData>) {
        let pressed = self.driver().action_chain().send_keys(key).perform().await;
        pressed.unwrap_or_else(|error| panic!("a key cannot be pressed: {error}"));
    }

    /// Presses Tab until the element has the focus.
    pub(crate) async fn tab_to(&self, name: &str) {
        const STOPS: usize = 60;
        for _ in 0..STOPS {
            if self.focus().await == name {
                return;
            }
            self.key(Key::Tab).await;
        }
        self.fail(&format!("Tab never leads to “{name}”")).await;
    }

    /// Returns the accessible name of the focused element.
    pub(crate) async fn focus(&self) -> String {
        let name = self
            .ask("return document.activeElement === document.body ? '' : nameOf(document.activeElement)")
            .await;
        name.as_str().unwrap_or_default().to_owned()
    }

    /// Waits until the element has the focus.
    pub(crate) async fn focuses(&self, name: &str) {
        self.until(
            &format!("the focus on “{name}”"),
            "return nameOf(document.activeElement) === arguments[0]",
            vec![json!(name)],
        )
        .await;
    }

    /// Clicks at a point of the window.
    pub(crate) async fn click_at(&self, x: i64, y: i64) {
        let clicked = self.driver().action_chain().move_to(x, y).click().perform().await;
        clicked.unwrap_or_else(|error| panic!("the point ({x}, {y}) cannot be clicked: {error}"));
    }

    /// Returns the text of all cells of the table, by row.
    pub(crate) async fn rows(&self) -> Vec<Vec<String>> {
        let rows = self.ask("return rows()").await;
        serde_json::from_value(rows).expect("rows of texts")
    }

    /// Waits until the table shows these names, in this order.
    pub(crate) async fn lists(&self, names: &[&str]) {
        self.until(
            &format!("a table of {names:?}"),
            "return JSON.stringify(rows().map(row => row[0])) === JSON.stringify(arguments[0])",
            vec![json!(names)],
        )
        .await;
    }

    /// Waits until the row with the name shows the text in the column.
    pub(crate) async fn shows(&self, name: &str, column: usize, text: &str) {
        self.until(
            &format!("“{text}” in column {column} of “{name}”"),
            "return rows().some(row => row[0] === arguments[0] && row[arguments[1]] === arguments[2])",
            vec![json!(name), json!(column), json!(text)],
        )
        .await;
    }

    /// Waits for a toast of success.
    pub(crate) async fn toasts(&self, text: &str) {
        self.toast("status", text).await;
    }

    /// Waits for a toast of failure.
    pub(crate) async fn toasts_failure(&self, text: &str) {
        self.toast("alert", text).await;
    }

    async fn toast(&self, role: &str, text: &str) {
        let script = "return [...document.querySelectorAll(`.toasts [role=${arguments[0]}] p`)].some(p => p.innerText.includes(arguments[1]))";
        self.until(
            &format!("the toast “{text}”"),
            script,
            vec![json!(role), json!(text)],
        )
        .await;
    }

    /// Waits until the address has this path and query.
    pub(crate) async fn is_at(&self, address: &str) {
        let script = "return location.pathname + location.search === arguments[0]";
        self.until(&format!("the address {address}"), script, vec![json!(address)])
            .await;
    }

    /// Runs `copy`, which clicks Copy, and waits for the tick. A recorded tick counts, because it disappears after two
    /// seconds.
    pub(crate) async fn ticks_after(&self, copy: impl Future<Output = ()>) {
        let watch = "window.ticked = false;
            new MutationObserver((_, observer) => {
                if (!document.querySelector('dialog .copied')) return;
                observer.disconnect();
                window.ticked = true;
            }).observe(document, { subtree: true, childList: true, attributeFilter: ['class'] })";
        self.ask(watch).await;
        copy.await;
        self.until("a tick", "return window.ticked", Vec::new()).await;
    }

    /// Hides the tab and shows it again.
    pub(crate) async fn comes_back(&self) {
        self.ask("window.dispatchEvent(new Event('focus'))").await;
    }

    /// Returns the text in the clipboard.
    pub(crate) async fn clipboard(&self) -> String {
        let granted = json!({"permissions": ["clipboardReadWrite"], "origin": self.base});
        self.cdp("Browser.grantPermissions", granted).await;
        let read = "const done = arguments[0]; navigator.clipboard.readText().then(done, e => done('unreadable: ' + e))";
        let text = self
            .driver()
            .execute_async(read, Vec::new())
            .await
            .expect("a script that runs");
        text.json().as_str().unwrap_or_default().to_owned()
    }

    /// Closes the browser.
    ///
    /// # Panics
    /// Panics if the browser logged an error. Every test ends with this check.
    pub(crate) async fn finish(mut self) {
        let complaints = self.complaints().await;
        assert!(complaints.is_empty(), "the browser complains: {complaints:#?}");
        let driver = self.driver.take().expect("a browser is closed once");
        driver.quit().await.expect("Chromium ends");
    }

    /// Discards the errors that the browser has logged so far.
    pub(crate) async fn clear_complaints(&self) {
        drop(self.complaints().await);
    }

    async fn complaints(&self) -> Vec<String> {
        let log = self.driver().browser_log().await.expect("the browser's log");
        let unexpected = log.into_iter().filter(|entry| {
            !(self.expects_network_errors.get() && entry.source.as_deref() == Some("network"))
        });
        unexpected
            .map(|entry| format!("{}: {}", entry.level, entry.message))
            .collect()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let Some(driver) = self.driver.take() else { return };
        end(self.chromedriver_port, &driver.session_id().to_string());
        let _ = driver.leak();
        assert!(
            std::thread::panicking(),
            "a test ends its browser with finish(), so that complaints are heard"
        );
    }
}

/// Starts chromedriver on a free port. It chooses a port that is free for IPv6, and exits if the port is taken for
/// IPv4; then another start is needed.
fn start_chromedriver(fonts: Option<&Path>) -> (Running, u16) {
    loop {
        let mut command = Command::new(environment::file("CHROMEDRIVER"));
        // Chromium inherits these variables, so that the page does not depend on the environment of the tests.
        command
            .arg("--port=0")
            .env("TZ", "UTC")
            .env("LC_ALL", "C.UTF-8")
            .env("LANGUAGE", "en_US")
            .envs(fonts.map(|file| ("FONTCONFIG_FILE", file)));
        let chromedriver = Running::start(&mut command);
        let port = chromedriver.wait_for_line("chromedriver's port", |line| {
            if line.contains("port not available") {
                return Some(None);
            }
            let (_, port) = line.split_once("started successfully on port ")?;
            port.trim_end_matches('.').parse().ok().map(Some)
        });
        if let Some(port) = port {
            return (chromedriver, port);
        }
    }
}

/// Requests that chromedriver ends Chromium, which would outlive it otherwise. Blocking, because a failed test has no
/// runtime to wait on.
fn end(port: u16, session: &str) {
    let Ok(mut stream) = TcpStream::connect((Ipv4Addr::LOCALHOST, port)) else {
        return;
    };
    let _ = stream.set_read_timeout(Some(TIMEOUT));
    let request =
        format!("DELETE /session/{session} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
    let _ = stream.write_all(request.as_bytes());
    let _ = stream.read(&mut [0]);
}

fn capabilities(profile: &TempDir, more: Vec<String>) -> WebDriverResult<thirtyfour::ChromeCapabilities> {
    let mut chrome = DesiredCapabilities::chrome();
    chrome.set_binary(&environment::file("CHROMIUM").to_string_lossy())?;
    let profile = format!("--user-data-dir={}", profile.path().display());
    let usual = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--lang=en-US",
        "--no-proxy-server",
        "--window-size=1280,900",
        &profile,
    ];
    for argument in usual.into_iter().map(str::to_owned).chain(more) {
        chrome.add_arg(&argument)?;
    }
    chrome.set_browser_log_level(thirtyfour::LoggingPrefsLogLevel::All)?;
    Ok(chrome)
}

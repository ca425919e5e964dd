//! Checks every state of every page in light and dark, wide and narrow, with axe-core, and takes a screenshot of each.

use std::fs;
use std::path::Path;

use serde_json::json;

use super::{Browser, Fonts, axe, environment};

const SCHEMES: [&str; 2] = ["light", "dark"];
const WIDTHS: [u32; 2] = [1280, 390];

/// Violations in the states checked so far.
pub(crate) struct Gallery {
    fonts: Fonts,
    faults: Vec<String>,
}

impl Gallery {
    /// Creates an empty gallery for a browser with these fonts.
    pub(crate) fn of(fonts: Fonts) -> Self {
        Self {
            fonts,
            faults: Vec::new(),
        }
    }

    /// Checks the current page and writes screenshots to `target/screenshots`.
    pub(crate) async fn show(&mut self, page: &Browser, state: &str) {
        for width in WIDTHS {
            for scheme in SCHEMES {
                appear(page, scheme, width).await;
                let name = format!("{state}-{scheme}-{width}-{:?}", self.fonts).to_lowercase();
                picture(page, &name).await;
                let overflow = page
                    .ask("const e = document.scrollingElement; return e.scrollWidth - window.innerWidth")
                    .await;
                if overflow.as_i64().is_none_or(|overflow| overflow > 0) {
                    self.faults
                        .push(format!("{name}: scrolls sideways by {overflow} px"));
                }
                let found = axe::violations(page).await;
                self.faults
                    .extend(found.iter().map(|fault| format!("{name}: {fault}")));
            }
        }
        appear(page, "light", 1280).await;
    }

    /// Fails if there were violations.
    pub(crate) fn judge(self) {
        assert!(self.faults.is_empty(), "{:#?}", self.faults);
    }
}

pub(crate) async fn appear(page: &Browser, scheme: &str, width: u32) {
    // A screenshot in the middle of a transition would show, and measure, intermediate colors.
    let features = json!([
        {"name": "prefers-color-scheme", "value": scheme},
        {"name": "prefers-reduced-motion", "value": "reduce"},
    ]);
    page.cdp("Emulation.setEmulatedMedia", json!({ "features": features }))
        .await;
    let metrics = json!({"width": width, "height": 844, "deviceScaleFactor": 1, "mobile": false});
    page.cdp("Emulation.setDeviceMetricsOverride", metrics).await;
    page.until(
        "a window of that size at rest",
        "return innerWidth === arguments[0] && document.getAnimations().every(a => a.playState === 'finished' || a.effect.getTiming().iterations === Infinity)",
        vec![json!(width)],
    )
    .await;
}

async fn picture(page: &Browser, name: &str) {
    picture_in(&environment::screenshots(), page, name).await;
}

/// Writes a screenshot of the window to the folder.
pub(crate) async fn picture_in(folder: &Path, page: &Browser, name: &str) {
    fs::create_dir_all(folder).expect("a folder for screenshots");
    let path = folder.join(format!("{name}.png"));
    page.driver()
        .screenshot(&path)
        .await
        .unwrap_or_else(|error| panic!("{}: {error}", path.display()));
}

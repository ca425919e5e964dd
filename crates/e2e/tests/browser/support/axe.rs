//! Runs axe-core, which checks accessibility automatically.

use std::fs;
use std::sync::LazyLock;

use serde_json::{Value, json};

use super::{Browser, environment};

static SOURCE: LazyLock<String> =
    LazyLock::new(|| fs::read_to_string(environment::file("AXE_JS")).expect("axe-core is readable"));

/// Rule tags of WCAG 2.0, 2.1 and 2.2, levels A and AA.
const TAGS: [&str; 5] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/// Returns axe-core's violations on the current page, one per line.
pub(crate) async fn violations(page: &Browser) -> Vec<String> {
    // WebDriver's scripts are not subject to the page's Content-Security-Policy.
    if page.ask("return typeof axe === 'undefined'").await == true {
        page.ask(&SOURCE).await;
    }
    let run = "const done = arguments[arguments.length - 1];
        axe.run(document, { runOnly: arguments[0], resultTypes: ['violations'] }).then(
            result => done(result.violations.flatMap(rule => rule.nodes.map(node =>
                `${rule.id} at ${node.target.join(' ')}: ${node.failureSummary.replace(/\\s+/g, ' ')}`))),
            error => done([String(error)]))";
    let found = page
        .driver()
        .execute_async(run, vec![json!(TAGS)])
        .await
        .expect("axe-core runs");
    let lines = |found: &Value| {
        found
            .as_array()
            .expect("a list")
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    lines(found.json())
}

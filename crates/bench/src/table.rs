//! Markdown tables of measurements.

use std::fmt::Write as _;

use crate::load_generator::Measured;

/// One subject, measured in several rounds.
pub(crate) struct Row {
    pub(crate) name: &'static str,
    rounds: Vec<Measured>,
}

impl Row {
    pub(crate) fn new(name: &'static str) -> Self {
        Self {
            name,
            rounds: Vec::new(),
        }
    }

    pub(crate) fn add(&mut self, measured: Measured) {
        self.rounds.push(measured);
    }

    /// Returns the median of requests per second.
    pub(crate) fn rate(&self) -> f64 {
        self.median(|round| round.rate)
    }

    /// Returns the median of processor time per request, in microseconds.
    pub(crate) fn cpu(&self) -> f64 {
        self.median(|round| round.cpu)
    }

    /// Returns the median of the median latency, in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        self.median(|round| round.p50)
    }

    /// Returns the median of the 99th percentile of latency, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.median(|round| round.p99)
    }

    /// Returns the median of the 99.9th percentile of latency, in milliseconds.
    pub(crate) fn p999(&self) -> f64 {
        self.median(|round| round.p999)
    }

    /// Returns the lowest and the highest rate of the rounds.
    pub(crate) fn range(&self) -> (f64, f64) {
        let rates = || self.rounds.iter().map(|round| round.rate);
        (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max))
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        let mut values: Vec<f64> = self.rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }
}

/// Figure with an optional limit.
pub(crate) struct Figure {
    what: &'static str,
    reached: f64,
    limit: Option<Limit>,
}

enum Limit {
    AtLeast(f64),
    AtMost(f64),
}

impl Figure {
    pub(crate) fn at_least(what: &'static str, reached: f64, limit: f64) -> Self {
        Self {
            what,
            reached,
            limit: Some(Limit::AtLeast(limit)),
        }
    }

    pub(crate) fn at_most(what: &'static str, reached: f64, limit: f64) -> Self {
        Self {
            what,
            reached,
            limit: Some(Limit::AtMost(limit)),
        }
    }

    /// Creates a figure without a limit, for comparing releases.
    pub(crate) fn shown(what: &'static str, reached: f64) -> Self {
        Self {
            what,
            reached,
            limit: None,
        }
    }

    fn verdict(&self) -> (String, &'static str) {
        let met = |is_met| if is_met { "met" } else { "**not met**" };
        match self.limit {
            Some(Limit::AtLeast(limit)) => (format!("≥ {limit}"), met(self.reached >= limit)),
            Some(Limit::AtMost(limit)) => (format!("≤ {limit}"), met(self.reached <= limit)),
            None => (String::new(), ""),
        }
    }
}

/// Comparison of several rows.
pub(crate) struct Table {
    pub(crate) title: &'static str,
    /// Explanation of the comparison and its figures.
    meaning: &'static str,
    pub(crate) rows: Vec<Row>,
    figures: Vec<Figure>,
}

impl Table {
    pub(crate) fn new(
        title: &'static str,
        meaning: &'static str,
        rows: Vec<Row>,
        figures: Vec<Figure>,
    ) -> Self {
        Self {
            title,
            meaning,
            rows,
            figures,
        }
    }

    /// Returns the file name of the table's chart, without the extension.
    pub(crate) fn slug(&self) -> String {
        let words = self.title.to_lowercase();
        let words = words.split(|c: char| !c.is_ascii_alphanumeric());
        words
            .filter(|word| !word.is_empty())
            .collect::<Vec<_>>()
            .join("-")
    }

    /// Returns the table as Markdown. The chart, if given, follows the explanation.
    pub(crate) fn markdown(&self, chart: Option<&str>) -> String {
        let mut text = format!("## {}\n\n{}\n\n", self.title, self.meaning);
        if let Some(chart) = chart {
            let _ = writeln!(text, "![{}, requests a second]({chart})\n", self.title);
        }
        if !self.rows.is_empty() {
            text += "| | per second | lowest–highest | CPU µs each | p50 ms | p99 ms | p99.9 ms |\n";
            text += "| --- | ---: | ---: | ---: | ---: | ---: | ---: |\n";
            for row in &self.rows {
                let (low, high) = row.range();
                let _ = writeln!(
                    text,
                    "| {} | {:.0} | {low:.0}–{high:.0} | {} | {} | {} | {} |",
                    row.name,
                    row.rate(),
                    number(row.cpu(), 1),
                    number(row.p50(), 2),
                    number(row.p99(), 2),
                    number(row.p999(), 2),
                );
            }
            text.push('\n');
        }
        text += "| figure | reached | limit | |\n| --- | ---: | ---: | --- |\n";
        for figure in &self.figures {
            let (limit, met) = figure.verdict();
            let _ = writeln!(
                text,
                "| {} | {} | {limit} | {met} |",
                figure.what,
                number(figure.reached, 2)
            );
        }
        text
    }
}

/// Formats a value. Some programs do not report all of them.
fn number(value: f64, digits: usize) -> String {
    if value.is_nan() {
        "–".into()
    } else {
        format!("{value:.digits$}")
    }
}

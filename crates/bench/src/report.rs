//! What is printed.

use crate::load::Measured;

/// Something that was measured in several rounds.
pub(crate) struct Row {
    name: &'static str,
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

    /// The median of requests a second.
    pub(crate) fn rate(&self) -> f64 {
        self.median(|round| round.rate)
    }

    /// The median of microseconds of processor time for a request.
    pub(crate) fn cpu(&self) -> f64 {
        self.median(|round| round.cpu)
    }

    /// The median of the median latency, in milliseconds.
    pub(crate) fn p50(&self) -> f64 {
        self.median(|round| round.p50)
    }

    /// The median of the latency that one of a hundred exceeds, in milliseconds.
    pub(crate) fn p99(&self) -> f64 {
        self.median(|round| round.p99)
    }

    /// The same of one of a thousand.
    pub(crate) fn p999(&self) -> f64 {
        self.median(|round| round.p999)
    }

    fn median(&self, of: impl Fn(&Measured) -> f64) -> f64 {
        let mut values: Vec<f64> = self.rounds.iter().map(of).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
    }

    fn range(&self) -> (f64, f64) {
        let rates = || self.rounds.iter().map(|round| round.rate);
        (rates().fold(f64::INFINITY, f64::min), rates().fold(0.0, f64::max))
    }
}

/// A ratio that is to be reached.
pub(crate) struct Goal {
    what: &'static str,
    reached: f64,
    wanted: f64,
    at_least: bool,
}

impl Goal {
    pub(crate) fn at_least(what: &'static str, reached: f64, wanted: f64) -> Self {
        Self {
            what,
            reached,
            wanted,
            at_least: true,
        }
    }

    pub(crate) fn at_most(what: &'static str, reached: f64, wanted: f64) -> Self {
        Self {
            at_least: false,
            ..Self::at_least(what, reached, wanted)
        }
    }

    fn is_met(&self) -> bool {
        if self.at_least {
            self.reached >= self.wanted
        } else {
            self.reached <= self.wanted
        }
    }
}

/// A comparison.
pub(crate) struct Table {
    title: &'static str,
    rows: Vec<Row>,
    goals: Vec<Goal>,
}

impl Table {
    pub(crate) fn new(title: &'static str, rows: Vec<Row>, goals: Vec<Goal>) -> Self {
        Self { title, rows, goals }
    }

    /// As Markdown.
    pub(crate) fn print(&self) {
        println!("\n### {}\n", self.title);
        if !self.rows.is_empty() {
            self.print_rows();
        }
        println!("\n| ratio | reached | wanted | |\n| --- | ---: | ---: | --- |");
        for goal in &self.goals {
            let sign = if goal.at_least { '≥' } else { '≤' };
            let met = if goal.is_met() { "met" } else { "not met" };
            println!(
                "| {} | {:.2} | {sign} {} | {met} |",
                goal.what, goal.reached, goal.wanted
            );
        }
    }

    fn print_rows(&self) {
        println!("| | req/s | range | CPU µs/req | p50 ms | p99 ms | p99.9 ms |");
        println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
        for row in &self.rows {
            let (low, high) = row.range();
            println!(
                "| {} | {:.0} | {low:.0}–{high:.0} | {:.1} | {:.2} | {:.2} | {:.2} |",
                row.name,
                row.rate(),
                row.cpu(),
                row.p50(),
                row.p99(),
                row.p999(),
            );
        }
    }
}

//! Runs work in steps, all of which are printed before the first one begins.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

/// Duration of a step on two cores.
#[derive(Clone, Copy)]
pub(crate) enum Estimate {
    Seconds,
    Minutes(u32),
    /// The given number of minutes at most, and seconds if nothing has changed since the last run.
    UpToMinutes(u32),
}

/// Steps that run one after the other, until one fails.
#[derive(Default)]
pub(crate) struct Steps<'a> {
    steps: Vec<Step<'a>>,
}

struct Step<'a> {
    name: String,
    estimate: Estimate,
    work: Box<dyn FnOnce() -> Result<()> + 'a>,
}

impl<'a> Steps<'a> {
    /// Adds a step after all others.
    pub(crate) fn add(
        &mut self,
        name: impl Into<String>,
        estimate: Estimate,
        work: impl FnOnce() -> Result<()> + 'a,
    ) {
        self.steps.push(Step {
            name: name.into(),
            estimate,
            work: Box::new(work),
        });
    }

    /// Prints the list of steps, then runs them. Each step prints its number and name when it begins, and its duration
    /// when it ends.
    pub(crate) fn run(self) -> Result<()> {
        let total = self.steps.len();
        print!("{}", self.overview());
        for (number, step) in (1..).zip(self.steps) {
            println!("\n==> Step {number} of {total}: {}, {}", step.name, step.estimate);
            let start = Instant::now();
            (step.work)()?;
            println!("==> Step {number} of {total} took {}", Seconds(start.elapsed()));
        }
        Ok(())
    }

    fn overview(&self) -> String {
        if self.steps.len() < 2 {
            return String::new();
        }
        let mut text = format!("{} steps{}:\n", self.steps.len(), self.total());
        for (number, Step { name, estimate, .. }) in (1..).zip(&self.steps) {
            text += &format!("  {number}. {name}, {estimate}\n");
        }
        text
    }

    /// Returns the sum of the estimates, unless one of them depends on changes.
    fn total(&self) -> String {
        let minutes = self.steps.iter().map(|step| match step.estimate {
            Estimate::Seconds => Some(0),
            Estimate::Minutes(minutes) => Some(minutes),
            Estimate::UpToMinutes(_) => None,
        });
        match minutes.sum::<Option<u32>>() {
            Some(minutes @ 1..) => format!(", {} in all on two cores", Estimate::Minutes(minutes)),
            _ => String::new(),
        }
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Seconds => write!(f, "less than a minute"),
            Self::Minutes(1) => write!(f, "about 1 minute"),
            Self::Minutes(minutes) => write!(f, "about {minutes} minutes"),
            Self::UpToMinutes(minutes) => {
                write!(f, "seconds if nothing has changed, else up to {minutes} minutes")
            }
        }
    }
}

/// Formats a duration as `3 min 7 s`.
struct Seconds(Duration);

impl fmt::Display for Seconds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds @ ..60 => write!(f, "{seconds} s"),
            seconds => write!(f, "{} min {} s", seconds / 60, seconds % 60),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;

    use anyhow::bail;

    use super::*;

    #[test]
    fn the_overview_lists_every_step_with_its_estimate() {
        let mut steps = Steps::default();
        steps.add("Install a tool", Estimate::Minutes(4), || Ok(()));
        steps.add("Fetch a script", Estimate::Seconds, || Ok(()));
        assert_eq!(
            steps.overview(),
            "2 steps, about 4 minutes in all on two cores:\n  \
             1. Install a tool, about 4 minutes\n  \
             2. Fetch a script, less than a minute\n"
        );
        steps.add("Compile", Estimate::UpToMinutes(3), || Ok(()));
        assert!(steps.overview().starts_with("3 steps:\n"));
    }

    #[test]
    fn steps_run_in_order_until_one_fails() {
        let ran = RefCell::new(Vec::new());
        let mut steps = Steps::default();
        for number in 1..=3 {
            let ran = &ran;
            steps.add(format!("Step {number}"), Estimate::Seconds, move || {
                ran.borrow_mut().push(number);
                if number == 2 { bail!("no") } else { Ok(()) }
            });
        }
        assert!(steps.run().is_err());
        assert_eq!(ran.into_inner(), [1, 2]);
    }

    #[test]
    fn durations_are_given_in_minutes_and_seconds() {
        assert_eq!(Seconds(Duration::from_secs(59)).to_string(), "59 s");
        assert_eq!(Seconds(Duration::from_secs(187)).to_string(), "3 min 7 s");
    }
}

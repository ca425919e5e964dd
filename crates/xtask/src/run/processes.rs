//! Runs programs as a group that ends together.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::thread;
use std::time::Duration;

use anyhow::{Context, Result};
use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

/// Time for a program to shut down.
const GRACE: Duration = Duration::from_secs(40);

/// Reason for the end of a run.
#[derive(Clone, Copy)]
pub(crate) enum Event {
    /// The user pressed Ctrl-C, or the system requests termination.
    Stop,
    /// A program ended.
    Ended { name: &'static str, status: ExitStatus },
}

/// Programs started here. On drop, all of them are stopped.
pub(crate) struct Processes {
    running: Vec<(&'static str, Pid)>,
    sender: Sender<Event>,
    events: Receiver<Event>,
}

impl Processes {
    /// Creates an empty group. From now on, Ctrl-C is an event.
    pub(crate) fn new() -> Result<Self> {
        let (sender, events) = mpsc::channel();
        let mut signals =
            Signals::new([SIGINT, SIGTERM, SIGHUP]).context("signal handlers could not be installed")?;
        let stop = sender.clone();
        thread::spawn(move || signals.forever().all(|_| stop.send(Event::Stop).is_ok()));
        Ok(Self {
            running: Vec::new(),
            sender,
            events,
        })
    }

    /// Starts a program in its own process group, so that Ctrl-C in the terminal reaches only this process, which then
    /// stops the programs in order.
    pub(crate) fn start(&mut self, name: &'static str, command: &mut Command) -> Result<()> {
        let command = command.stdin(Stdio::null()).process_group(0);
        let child = command
            .spawn()
            .with_context(|| format!("{name} could not be started"))?;
        let pid = Pid::from_child(&child);
        let sender = self.sender.clone();
        thread::spawn(move || report_end(name, child, &sender));
        self.running.push((name, pid));
        Ok(())
    }

    /// Returns the next event, or `None` if there is none within `time`.
    pub(crate) fn event_within(&self, time: Duration) -> Result<Option<Event>> {
        match self.events.recv_timeout(time) {
            Ok(event) => Ok(Some(event)),
            Err(RecvTimeoutError::Timeout) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Waits for the next event.
    pub(crate) fn wait(&self) -> Result<Event> {
        Ok(self.events.recv()?)
    }

    /// Stops the programs that still run. The exit code is that of the program which ended by itself.
    pub(crate) fn finish(mut self, event: Event) -> Result<ExitCode> {
        match event {
            Event::Stop => {
                println!("\nStopping.");
                Ok(ExitCode::SUCCESS)
            }
            Event::Ended { name, status } => {
                println!("\n{name} ended by itself: {status}");
                self.running.retain(|(running, _)| *running != name);
                Ok(exit_code(status))
            }
        }
    }

    /// Waits until all programs have ended. Returns `false` after the time limit or a second stop event.
    fn all_ended(&mut self) -> bool {
        while !self.running.is_empty() {
            match self.events.recv_timeout(GRACE) {
                Ok(Event::Ended { name, .. }) => self.running.retain(|(running, _)| *running != name),
                Ok(Event::Stop) | Err(_) => return false,
            }
        }
        true
    }

    /// Sends a signal to all programs. Errors are ignored: a program that has just ended needs no signal.
    fn signal(&self, signal: Signal) {
        for (_, pid) in &self.running {
            let _ = kill_process(*pid, signal);
        }
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        if !self.all_ended() {
            self.signal(Signal::KILL);
        }
    }
}

fn report_end(name: &'static str, mut child: Child, sender: &Sender<Event>) {
    if let Ok(status) = child.wait() {
        // The receiver is gone after the end of the run.
        let _ = sender.send(Event::Ended { name, status });
    }
}

/// Returns the exit code of a program. A program that a signal ended has none.
fn exit_code(status: ExitStatus) -> ExitCode {
    status
        .code()
        .and_then(|code| u8::try_from(code).ok())
        .map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_ends_is_named_with_its_code() {
        let mut processes = Processes::new().unwrap();
        processes
            .start("a program", Command::new("sh").args(["-c", "exit 3"]))
            .unwrap();
        let Event::Ended { name, status } = processes.wait().unwrap() else {
            panic!("unexpected stop")
        };
        assert_eq!((name, status.code()), ("a program", Some(3)));
        assert_eq!(
            processes.finish(Event::Ended { name, status }).unwrap(),
            ExitCode::from(3)
        );
    }

    #[test]
    fn the_other_programs_end_with_it() {
        let mut processes = Processes::new().unwrap();
        processes
            .start("the lasting", Command::new("sleep").arg("60"))
            .unwrap();
        let (_, pid) = processes.running[0];
        drop(processes);
        assert!(kill_process(pid, Signal::TERM).is_err());
    }
}

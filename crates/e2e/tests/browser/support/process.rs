//! Processes that end with the test that started them.

use std::cell::RefCell;
use std::io::{BufRead, BufReader, Read};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::thread;
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};

/// Maximum time for a program to become ready.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Running program with its output lines.
pub(crate) struct Running {
    child: Child,
    lines: Receiver<String>,
    seen: RefCell<Vec<String>>,
}

impl Running {
    /// Starts the program.
    pub(crate) fn start(command: &mut Command) -> Self {
        let piped = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        let mut child = piped
            .spawn()
            .unwrap_or_else(|error| panic!("{} does not start: {error}", command.get_program().display()));
        let (sender, lines) = mpsc::channel();
        follow(child.stdout.take(), sender.clone());
        follow(child.stderr.take(), sender);
        Self {
            child,
            lines,
            seen: RefCell::default(),
        }
    }

    /// Waits for a line that `read` parses, including earlier lines: the two output streams are read concurrently, so
    /// that their lines come in any order.
    pub(crate) fn wait_for_line<T>(&self, what: &str, read: impl Fn(&str) -> Option<T>) -> T {
        let mut seen = self.seen.borrow_mut();
        if let Some(found) = seen.iter().find_map(|line| read(line)) {
            return found;
        }
        while let Ok(line) = self.lines.recv_timeout(TIMEOUT) {
            let found = read(&line);
            seen.push(line);
            if let Some(found) = found {
                return found;
            }
        }
        panic!("no line with {what} was printed; printed lines: {seen:#?}");
    }

    /// Suspends the program until [`resume`](Self::resume).
    pub(crate) fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// Resumes the program.
    pub(crate) fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).expect("the program still runs");
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // The program may have ended by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads to the end even without a receiver, so that the program never blocks on a full pipe.
fn follow(stream: Option<impl Read + Send + 'static>, sender: Sender<String>) {
    let stream = BufReader::new(stream.expect("the stream is piped"));
    thread::spawn(move || {
        for line in stream.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
}

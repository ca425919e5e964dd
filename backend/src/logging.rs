//! Log lines go to standard error through a thread of their own: a reader that stalls or goes away neither delays nor
//! fails a request, a background worker, the start or the stop.

use std::io::{self, IsTerminal as _, Write};
use std::sync::{Arc, OnceLock, mpsc};
use std::thread;
use std::time::Duration;

use tracing_appender::non_blocking::{ErrorCounter, NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, Logging};

/// Writes what is buffered when it is dropped.
#[must_use = "lines that are still buffered are lost without it"]
pub struct LogGuard(Option<WorkerGuard>);

/// Sends log lines to standard error, in the configured form; panics become log lines, too.
pub fn start(logging: &Logging) -> LogGuard {
    let dropped = Arc::new(OnceLock::new());
    let (writer, guard) = NonBlockingBuilder::default()
        .buffered_lines_limit(BUFFERED_LINES)
        .thread_name("log-writer")
        .finish(LossyWriter::new(io::stderr(), dropped.clone()));
    // The counter exists only once the writer does.
    let _ = dropped.set(writer.error_counter());
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter(&logging.filter))
        .with_target(false)
        // A file or a collector has no use for colours.
        .with_ansi(io::stderr().is_terminal())
        .with_writer(writer);
    match logging.format {
        LogFormat::Text => lines.init(),
        LogFormat::Json => {
            let json = lines.json().flatten_event(true);
            json.with_current_span(true).with_span_list(false).init();
        }
    }
    std::panic::set_hook(Box::new(|panic| {
        let location = panic.location().map(ToString::to_string);
        let message = panic.payload_as_str().unwrap_or("no message");
        tracing::error!(location, "panicked: {message}");
    }));
    LogGuard(Some(guard))
}

/// Writes the text to that stream. Returns `false` if it cannot be written, or not within a second.
pub fn print(mut stream: impl Write + Send + 'static, text: String) -> bool {
    within(PRINT_TIMEOUT, move || {
        stream
            .write_all(text.as_bytes())
            .and_then(|()| stream.flush())
            .is_ok()
    })
    .unwrap_or(false)
}

impl Drop for LogGuard {
    fn drop(&mut self) {
        // `WorkerGuard` itself prints to standard output when its thread is stuck, which may be as stuck.
        let guard = self.0.take();
        within(FLUSH_TIMEOUT, move || drop(guard));
    }
}

/// Beyond so many lines that wait to be written, new ones are dropped and counted.
const BUFFERED_LINES: usize = 4_096;
/// Maximum wait for the last lines at the end of the process: `WorkerGuard` gives up after 1.1 s by itself.
const FLUSH_TIMEOUT: Duration = Duration::from_millis(1_500);
const PRINT_TIMEOUT: Duration = Duration::from_secs(1);

/// Runs the work on a thread of its own, and gives up waiting for it after `timeout`.
fn within<T: Send + 'static>(timeout: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    let (sender, done) = mpsc::channel();
    thread::spawn(move || sender.send(work()));
    done.recv_timeout(timeout).ok()
}

/// actix-http logs at `ERROR` what a client does wrong in a request's head; the connection logs it at `INFO`, with the
/// request's id. Its lines are shown if the directives name it.
fn filter(directives: &str) -> EnvFilter {
    let filter = EnvFilter::new(directives);
    if directives.contains("actix_http") {
        return filter;
    }
    match "actix_http=off".parse() {
        Ok(off) => filter.add_directive(off),
        Err(_) => filter,
    }
}

/// Counts the lines that cannot be written. When lines can be written again, it logs how many were lost since the start.
struct LossyWriter<W> {
    inner: W,
    unwritten: usize,
    /// Counts the lines for which there was no place in the buffer.
    dropped: Arc<OnceLock<ErrorCounter>>,
    reported: usize,
}

impl<W> LossyWriter<W> {
    fn new(inner: W, dropped: Arc<OnceLock<ErrorCounter>>) -> Self {
        Self {
            inner,
            unwritten: 0,
            dropped,
            reported: 0,
        }
    }

    fn report(&mut self) {
        let dropped = self.dropped.get().map_or(0, ErrorCounter::dropped_lines);
        let lost = self.unwritten + dropped;
        if lost > self.reported {
            self.reported = lost;
            tracing::warn!(lost, "log lines were lost");
        }
    }
}

impl<W: Write> Write for LossyWriter<W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.write_all(line).map(|()| line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        // Each line was written or counted.
        let _ = self.inner.flush();
        Ok(())
    }

    fn write_all(&mut self, line: &[u8]) -> io::Result<()> {
        match self.inner.write_all(line) {
            Ok(()) => self.report(),
            Err(_) => self.unwritten += 1,
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Mutex;

    use super::*;

    /// Fails as long as it is full.
    #[derive(Default)]
    struct Disk {
        is_full: bool,
    }

    impl Write for Disk {
        fn write(&mut self, line: &[u8]) -> io::Result<usize> {
            match self.is_full {
                true => Err(io::ErrorKind::StorageFull.into()),
                false => Ok(line.len()),
            }
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn lost_lines_are_counted_and_reported_once_when_lines_can_be_written_again() {
        let log = Arc::new(Mutex::new(Vec::new()));
        let reader = log.clone();
        let subscriber = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_writer(move || Shared(log.clone()))
            .finish();
        let mut writer = LossyWriter::new(Disk::default(), Arc::default());
        tracing::subscriber::with_default(subscriber, || {
            for (is_full, lines) in [(false, 1), (true, 3), (false, 2), (true, 1), (false, 2)] {
                writer.inner.is_full = is_full;
                for _ in 0..lines {
                    writer.write_all(b"line\n").unwrap();
                }
            }
        });
        let text = String::from_utf8(reader.lock().unwrap().clone()).unwrap();
        let lost: Vec<_> = text
            .lines()
            .filter_map(|line| line.split_once("lost=").map(|(_, count)| count))
            .collect();
        assert_eq!(lost, ["3", "4"], "{text}");
    }

    #[test]
    fn a_stream_that_fails_or_stalls_is_no_panic_and_no_hang() {
        assert!(print(Disk::default(), "text".to_owned()));
        assert!(!print(Disk { is_full: true }, "text".to_owned()));
        let (_open, stalled) = mpsc::channel::<()>();
        assert!(within(Duration::from_millis(10), move || stalled.recv()).is_none());
    }

    #[test]
    fn actix_http_is_silent_unless_it_is_named() {
        assert!(filter("info").to_string().contains("actix_http=off"));
        assert!(!filter("info,actix_http=error").to_string().contains("off"));
    }

    struct Shared(Arc<Mutex<Vec<u8>>>);

    impl Write for Shared {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
}

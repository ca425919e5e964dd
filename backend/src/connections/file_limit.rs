//! Each connection is an open file, and so is each request to a voice host, each connection to the database, and more.

/// Raises the soft limit of open files to the hard one, as far as the system permits, and returns it. Returns `None` if
/// there is none.
pub fn raise_file_limit() -> Option<u64> {
    system::raise();
    system::soft_limit()
}

/// Returns the maximum number of connections of each thread.
pub(super) fn connections_per_thread(threads: usize) -> usize {
    system::soft_limit().map_or(MOST, |files| share(files, threads))
}

/// Half of the files are for connections, since serving one may need another file; some are for the database, the log
/// and the listener.
fn share(files: u64, threads: usize) -> usize {
    let connections = usize::try_from(files)
        .unwrap_or(usize::MAX)
        .saturating_sub(OTHERS)
        / 2;
    (connections / threads).clamp(FEWEST, MOST)
}

const OTHERS: usize = 64;
const FEWEST: usize = 16;
const MOST: usize = 25_000;

#[cfg(unix)]
mod system {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// A system without a hard limit may refuse an unlimited soft one (macOS).
    const UNLIMITED: u64 = 10_240;

    pub(super) fn soft_limit() -> Option<u64> {
        getrlimit(Resource::Nofile).current
    }

    pub(super) fn raise() {
        let limit = getrlimit(Resource::Nofile);
        let target = limit.maximum.unwrap_or(UNLIMITED);
        if limit.current.is_some_and(|current| current < target) {
            let raised = Rlimit {
                current: Some(target),
                maximum: limit.maximum,
            };
            if let Err(error) = setrlimit(Resource::Nofile, raised) {
                tracing::warn!(%error, "the limit of open files cannot be raised");
            }
        }
    }
}

#[cfg(not(unix))]
mod system {
    pub(super) fn soft_limit() -> Option<u64> {
        None
    }

    pub(super) fn raise() {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_leave_files_for_the_rest() {
        for (files, threads, connections) in [
            (1_024, 1, 480),
            (1_024, 4, 120),
            (1_048_576, 2, MOST),
            (u64::MAX, 1, MOST),
            (10, 8, FEWEST),
        ] {
            assert_eq!(
                share(files, threads),
                connections,
                "{files} files, {threads} threads"
            );
        }
    }
}

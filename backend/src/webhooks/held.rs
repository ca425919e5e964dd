use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Counts the bytes of the bodies that are held for attempts under way.
#[derive(Default)]
pub struct Held(Arc<AtomicUsize>);

/// Bytes that count until this is dropped.
pub struct HeldBytes {
    total: Arc<AtomicUsize>,
    bytes: usize,
}

impl Held {
    /// Returns how many bytes are held.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.0.load(Ordering::Relaxed)
    }

    /// Counts so many more.
    #[must_use]
    pub fn hold(&self, bytes: usize) -> HeldBytes {
        self.0.fetch_add(bytes, Ordering::Relaxed);
        HeldBytes {
            total: Arc::clone(&self.0),
            bytes,
        }
    }
}

impl Drop for HeldBytes {
    fn drop(&mut self) {
        self.total.fetch_sub(self.bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_count_until_they_are_dropped() {
        let held = Held::default();
        let (one, other) = (held.hold(5), held.hold(7));
        assert_eq!(held.bytes(), 12);
        drop(one);
        assert_eq!(held.bytes(), 7);
        drop(other);
        assert_eq!(held.bytes(), 0);
    }
}

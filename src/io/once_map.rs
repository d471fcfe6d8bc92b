//! Values that are made once and then shared between threads.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

/// A value once it was made; the lock is held while it is being made.
type Slot<V> = Arc<Mutex<Option<V>>>;

/// Values by key, each made at its first use. Threads that need the same value
/// at the same time wait for it.
pub(super) struct OnceMap<K, V>(Mutex<BTreeMap<K, Slot<V>>>);

impl<K, V> Default for OnceMap<K, V> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Ord, V: Clone> OnceMap<K, V> {
    /// Returns the value of a key, and makes it at the first use.
    pub(super) fn get_or_make(&self, key: K, make: impl FnOnce() -> V) -> V {
        let Ok(value) = self.get_or_try(key, || Ok::<_, Infallible>(make()));
        value
    }

    /// Likewise. A failure isn't kept: the next use tries again.
    pub(super) fn get_or_try<E>(
        &self,
        key: K,
        make: impl FnOnce() -> Result<V, E>,
    ) -> Result<V, E> {
        let slot = {
            let mut slots = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            slots.entry(key).or_default().clone()
        };
        let mut slot = slot.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(value) = &*slot {
            return Ok(value.clone());
        }
        let value = make()?;
        *slot = Some(value.clone());
        Ok(value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};

    #[test]
    fn threads_share_one_value() {
        let (map, made) = (OnceMap::default(), AtomicUsize::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    let value = map.get_or_make("key", || made.fetch_add(1, Ordering::Relaxed));
                    assert_eq!(value, 0);
                });
            }
        });
        assert_eq!(made.into_inner(), 1);
    }

    #[test]
    fn a_failure_is_tried_again() {
        let map = OnceMap::default();
        assert_eq!(map.get_or_try("key", || Err::<u8, _>("no")), Err("no"));
        assert_eq!(map.get_or_try("key", || Ok::<_, &str>(1)), Ok(1));
        assert_eq!(map.get_or_try("key", || Err("no")), Ok(1));
    }
}

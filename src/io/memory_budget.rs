//! Bounds the memory of files that are held at the same time: sdists until they
//! are verified and written, crates until they are read.

use std::sync::{Condvar, Mutex, PoisonError};

/// Upper bound on the sizes of all files at a time, in bytes. A larger file
/// waits until it is alone.
const BUDGET: u64 = 128 << 20;

/// The bytes that are reserved.
#[derive(Default)]
pub(super) struct MemoryBudget {
    reserved: Mutex<u64>,
    released: Condvar,
}

/// A reservation, released when it is dropped.
pub(super) struct Reservation<'a> {
    budget: &'a MemoryBudget,
    bytes: u64,
}

impl MemoryBudget {
    /// Waits until a file of this size, in bytes, fits into the budget.
    pub(super) fn reserve(&self, size: u64) -> Reservation<'_> {
        let bytes = size.min(BUDGET);
        let reserved = self.reserved.lock().unwrap_or_else(PoisonError::into_inner);
        let mut reserved = self
            .released
            .wait_while(reserved, |reserved| *reserved + bytes > BUDGET)
            .unwrap_or_else(PoisonError::into_inner);
        *reserved += bytes;
        Reservation {
            budget: self,
            bytes,
        }
    }
}

impl Drop for Reservation<'_> {
    fn drop(&mut self) {
        let mut reserved = self
            .budget
            .reserved
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        *reserved -= self.bytes;
        self.budget.released.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicU64, Ordering};

    #[test]
    fn files_wait_for_each_other_where_they_do_not_fit() {
        let budget = MemoryBudget::default();
        let (under_way, most) = (AtomicU64::new(0), AtomicU64::new(0));
        let sizes = [BUDGET / 2, BUDGET / 2 - 1, 2, BUDGET, BUDGET / 3, 1];
        std::thread::scope(|scope| {
            for size in sizes {
                let (budget, under_way, most) = (&budget, &under_way, &most);
                scope.spawn(move || {
                    for _ in 0..200 {
                        let reservation = budget.reserve(size);
                        let now = under_way.fetch_add(size, Ordering::SeqCst) + size;
                        most.fetch_max(now, Ordering::SeqCst);
                        std::thread::yield_now();
                        under_way.fetch_sub(size, Ordering::SeqCst);
                        drop(reservation);
                    }
                });
            }
        });
        // That of the largest file, which runs alone.
        assert_eq!(most.into_inner(), BUDGET);
    }

    #[test]
    fn a_file_larger_than_the_budget_waits_for_all_others_only() {
        let budget = MemoryBudget::default();
        drop(budget.reserve(BUDGET * 4));
        let _small = budget.reserve(5);
        assert_eq!(*budget.reserved.lock().unwrap(), 5);
    }
}

//! Work on many threads, with results in the order of the items.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

/// How many results may wait for their turn, which bounds the memory.
const WINDOW: usize = 32;

/// Enough for nested folders: no path is long enough for more of them.
const STACK: usize = 64 << 20;

struct State<T> {
    /// How many results may wait.
    window: usize,
    /// The next item that no thread has taken.
    next: usize,
    handed_out: usize,
    /// Results that wait for earlier ones.
    ready: BTreeMap<usize, T>,
    /// Whether no further results are needed.
    is_over: bool,
    /// Whether a job panicked, so that its result never comes.
    is_broken: bool,
}

struct Shared<T> {
    state: Mutex<State<T>>,
    changed: Condvar,
}

/// Runs `job` on every item on up to `threads` threads, and hands the results
/// to `consume` in the order of the items. After `consume` returns, no further
/// item is begun.
pub fn in_order<I: Sync, T: Send, R>(
    items: &[I],
    threads: usize,
    job: impl Fn(&I) -> T + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    within(WINDOW, items, threads, job, consume)
}

/// Likewise for small results: any number of them may wait, so that no thread
/// is idle while one job takes long.
pub fn all_in_order<I: Sync, T: Send, R>(
    items: &[I],
    threads: usize,
    job: impl Fn(&I) -> T + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    within(usize::MAX, items, threads, job, consume)
}

/// Whether `test` holds for every item, on `threads` threads. After it fails
/// for one item, no further one is begun.
pub fn all<I: Sync>(items: &[I], threads: usize, test: impl Fn(&I) -> bool + Sync) -> bool {
    let (next, holds) = (AtomicUsize::new(0), AtomicBool::new(true));
    let work = || {
        while holds.load(Ordering::Relaxed)
            && let Some(item) = items.get(next.fetch_add(1, Ordering::Relaxed))
        {
            if !test(item) {
                holds.store(false, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| {
        for _ in 1..threads.clamp(1, items.len().max(1)) {
            // Without more threads, this one does it all.
            if deep().spawn_scoped(scope, work).is_err() {
                break;
            }
        }
        work();
    });
    holds.into_inner()
}

fn deep() -> std::thread::Builder {
    #[cfg(test)]
    let size = if tests::HAS_NO_THREADS.get() {
        usize::MAX / 4
    } else {
        STACK
    };
    #[cfg(not(test))]
    let size = STACK;
    std::thread::Builder::new().stack_size(size)
}

/// Runs a job that recurses into folders, however deep they are. If the system
/// has no thread for it, it runs on this one.
///
/// # Panics
/// Panics if `job` does.
pub fn on_deep_stack<R: Send>(job: impl FnOnce() -> R + Send) -> R {
    beside(job, || ()).0
}

/// Runs two jobs at the same time, the first one on a thread of its own. If the
/// system has none, they run one after the other.
///
/// # Panics
/// Panics if one of them does.
pub fn beside<A: Send, B>(one: impl FnOnce() -> A + Send, other: impl FnOnce() -> B) -> (A, B) {
    // A thread that isn't started doesn't give its job back.
    let waiting = Mutex::new(Some(one));
    let run = || {
        let mut waiting = waiting.lock().unwrap_or_else(PoisonError::into_inner);
        let job = waiting.take();
        drop(waiting);
        job.map(|job| job())
    };
    std::thread::scope(|scope| {
        let thread = deep().spawn_scoped(scope, run);
        let found = other();
        let result = match thread.map(std::thread::ScopedJoinHandle::join) {
            Ok(Ok(result)) => result,
            Ok(Err(panic)) => std::panic::resume_unwind(panic),
            Err(_) => run(),
        };
        (result.expect("nothing else takes the job"), found)
    })
}

fn within<I: Sync, T: Send, R>(
    window: usize,
    items: &[I],
    threads: usize,
    job: impl Fn(&I) -> T + Sync,
    consume: impl FnOnce(&mut dyn Iterator<Item = T>) -> R,
) -> R {
    let shared = Shared {
        state: Mutex::new(State {
            window,
            next: 0,
            handed_out: 0,
            ready: BTreeMap::new(),
            is_over: false,
            is_broken: false,
        }),
        changed: Condvar::new(),
    };
    std::thread::scope(|scope| {
        // Also if `consume` panics: otherwise the threads would wait for ever.
        let _over = Over(&shared);
        let mut started = 0;
        for _ in 0..threads.clamp(1, items.len().max(1)) {
            let work = || shared.work(items, &job);
            if deep().spawn_scoped(scope, work).is_err() {
                break;
            }
            started += 1;
        }
        if started == 0 {
            // The system has no thread left but this one.
            return consume(&mut items.iter().map(&job));
        }
        let mut results = (0..items.len()).map(|place| shared.result(place));
        consume(&mut results)
    })
}

struct Over<'a, T>(&'a Shared<T>);

impl<T> Drop for Over<'_, T> {
    fn drop(&mut self) {
        self.0.lock().is_over = true;
        self.0.changed.notify_all();
    }
}

struct EndOfThread<'a, T>(&'a Shared<T>);

impl<T> Drop for EndOfThread<'_, T> {
    fn drop(&mut self) {
        self.0.end_of_thread();
    }
}

impl<T> Shared<T> {
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wait<'a>(&self, state: MutexGuard<'a, State<T>>) -> MutexGuard<'a, State<T>> {
        self.changed
            .wait(state)
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Called at the end of a thread, so that nobody waits for a job that
    /// panicked.
    fn end_of_thread(&self) {
        if std::thread::panicking() {
            self.lock().is_broken = true;
            self.changed.notify_all();
        }
    }

    fn work<I>(&self, items: &[I], job: &impl Fn(&I) -> T) {
        let _end = EndOfThread(self);
        while let Some(place) = self.take(items.len()) {
            let result = job(&items[place]);
            self.lock().ready.insert(place, result);
            self.changed.notify_all();
        }
    }

    fn take(&self, count: usize) -> Option<usize> {
        let mut state = self.lock();
        loop {
            if state.is_over || state.next == count {
                return None;
            }
            if state.next < state.handed_out.saturating_add(state.window) {
                state.next += 1;
                return Some(state.next - 1);
            }
            state = self.wait(state);
        }
    }

    fn result(&self, place: usize) -> T {
        let mut state = self.lock();
        loop {
            if let Some(result) = state.ready.remove(&place) {
                state.handed_out = place + 1;
                self.changed.notify_all();
                return result;
            }
            assert!(!state.is_broken, "a thread panicked");
            state = self.wait(state);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    thread_local! {
        /// Whether the system refuses to start threads from this one.
        pub(super) static HAS_NO_THREADS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
    }

    #[test]
    fn results_come_in_order() {
        let items: Vec<usize> = (0..500).collect();
        let doubled = in_order(&items, 8, |i| i * 2, |results| results.collect::<Vec<_>>());
        assert_eq!(doubled, items.iter().map(|i| i * 2).collect::<Vec<_>>());
    }

    #[test]
    #[should_panic(expected = "a thread panicked")]
    fn a_panic_is_no_endless_wait() {
        let items: Vec<usize> = (0..100).collect();
        let job = |i: &usize| assert!(*i != 50, "the fifty-first");
        in_order(&items, 4, job, |results| results.for_each(drop));
    }

    #[test]
    fn one_that_fails_ends_it() {
        let items: Vec<usize> = (0..10_000).collect();
        let asked = AtomicUsize::new(0);
        let test = |limit: usize| {
            let asked = &asked;
            move |i: &usize| {
                asked.fetch_add(1, Ordering::Relaxed);
                *i < limit
            }
        };
        assert!(all(&items, 4, test(10_000)));
        assert_eq!(asked.swap(0, Ordering::Relaxed), 10_000);
        assert!(!all(&items, 1, test(50)));
        assert_eq!(asked.into_inner(), 51);
        assert!(all(&[], 4, |(): &()| false));
    }

    #[test]
    fn two_jobs_are_done_beside_each_other() {
        let (send, receive) = std::sync::mpsc::channel();
        let done = beside(move || receive.recv().unwrap(), || send.send(5).unwrap());
        assert_eq!(done, (5, ()));
    }

    #[test]
    fn without_more_threads_this_one_does_all() {
        HAS_NO_THREADS.set(true);
        assert!(deep().spawn(|| ()).is_err());
        assert_eq!(beside(|| 1, || 2), (1, 2));
        assert_eq!(on_deep_stack(|| 3), 3);
        let items = [1, 2, 3];
        let doubled: Vec<i32> = in_order(&items, 4, |item| item * 2, |results| results.collect());
        assert_eq!(doubled, [2, 4, 6]);
        assert!(all(&items, 4, |item| *item > 0) && !all(&items, 4, |item| *item > 1));
        HAS_NO_THREADS.set(false);
    }

    #[test]
    #[should_panic(expected = "in the other thread")]
    fn a_panic_of_the_other_job_goes_on() {
        beside(|| panic!("in the other thread"), || ());
    }

    #[test]
    fn nothing_is_fine() {
        assert_eq!(in_order(&[], 8, |i: &u8| *i, |results| results.count()), 0);
    }

    #[test]
    fn stopping_early_begins_no_further_item() {
        let begun = AtomicUsize::new(0);
        let items: Vec<usize> = (0..10_000).collect();
        let job = |i: &usize| {
            begun.fetch_add(1, Ordering::Relaxed);
            *i
        };
        assert_eq!(in_order(&items, 4, job, |results| results.next()), Some(0));
        assert!(begun.into_inner() <= WINDOW + 2);
    }
}

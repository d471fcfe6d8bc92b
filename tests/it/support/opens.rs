//! Counts how often files are opened, by the kernel's own events (inotify).

use std::collections::BTreeMap;
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};

use rustix::fd::OwnedFd;
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, WatchFlags};
use rustix::io::Errno;

/// Counts how often the files of some folders are opened, by any process. It
/// goes by names: a file that is replaced keeps its count.
pub struct OpenCounter {
    inotify: OwnedFd,
    folders: BTreeMap<i32, PathBuf>,
}

impl OpenCounter {
    /// Starts to watch the files directly in these folders.
    pub fn watch(folders: &[&Path]) -> Self {
        let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC).unwrap();
        // The kernel merges equal events that follow each other. A close in
        // between keeps two opens apart.
        let events = WatchFlags::OPEN | WatchFlags::CLOSE_WRITE | WatchFlags::CLOSE_NOWRITE;
        let folders = folders.iter().map(|folder| {
            let watch = inotify::add_watch(&inotify, *folder, events).unwrap();
            (watch, (*folder).to_owned())
        });
        let folders = folders.collect();
        Self { inotify, folders }
    }

    /// Returns how often each file was opened since the last call, without
    /// files that weren't opened.
    pub fn counts(&self) -> BTreeMap<PathBuf, usize> {
        let mut buffer = [MaybeUninit::uninit(); 8 << 10];
        let mut reader = inotify::Reader::new(&self.inotify, &mut buffer);
        let mut counts = BTreeMap::new();
        loop {
            let event = match reader.next() {
                Err(Errno::AGAIN) => return counts,
                event => event.unwrap(),
            };
            let events = event.events();
            assert!(
                !events.contains(ReadFlags::QUEUE_OVERFLOW),
                "events were lost"
            );
            // Listing the folder opens the folder itself: an event without a
            // name.
            if let (true, Some(name)) = (events.contains(ReadFlags::OPEN), event.file_name()) {
                let path = self.folders[&event.wd()].join(name.to_str().unwrap());
                *counts.entry(path).or_default() += 1;
            }
        }
    }
}

//! Progress bars on a terminal.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use indicatif::{ProgressBar, ProgressState, ProgressStyle};

use super::style::plain;
use super::text::size;
use crate::io::Progress;

/// The smallest width of a terminal, in columns, at which the line has a bar.
const WIDE: usize = 60;
/// Upper bound on the characters of an item.
const MAX_ITEM: usize = 40;

/// A progress bar on standard error.
pub(super) struct Bar {
    /// Its position is in bytes. Its own lock is taken before that of `state`,
    /// by the thread that draws.
    display: ProgressBar,
    state: Arc<Mutex<State>>,
    /// Held while the bar is started, and from an interruption on.
    starting: Mutex<()>,
}

/// What the line shows.
#[derive(Default)]
struct State {
    verb: &'static str,
    done: u64,
    total: u64,
    /// What is being worked at, the oldest first.
    open: VecDeque<String>,
}

/// What has come from the network since the work began.
#[derive(Clone, Copy)]
struct Traffic {
    bytes: u64,
    /// In bytes a second, of late.
    rate: u64,
}

impl Traffic {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a rate isn't negative, and too large a one becomes the largest"
    )]
    fn of(state: &ProgressState) -> Self {
        Self {
            bytes: state.pos(),
            rate: state.per_sec() as u64,
        }
    }

    /// Returns words for it, without fractions if they are to be short; empty
    /// if nothing has come.
    fn words(self, is_short: bool) -> String {
        if self.bytes == 0 {
            return String::new();
        }
        let shown = |bytes: u64| {
            let size = size(bytes);
            if is_short { whole(&size) } else { size }
        };
        format!("{}, {}/s", shown(self.bytes), shown(self.rate))
    }
}

/// Returns a size without its fraction.
fn whole(size: &str) -> String {
    match (size.split_once('.'), size.split_once(' ')) {
        (Some((whole, _)), Some((_, unit))) => format!("{whole} {unit}"),
        _ => size.to_owned(),
    }
}

impl State {
    /// Returns the line for a terminal of this width, in columns. It is shorter
    /// than that, so that the cursor stays on it.
    fn line(&self, columns: usize, traffic: Traffic) -> String {
        let is_wide = columns >= WIDE;
        let counts = format!("{}/{}", self.done.min(self.total), self.total);
        let mut line = if is_wide {
            let bar = bar(self.done, self.total, (columns / 6).min(24));
            format!("{:>12} [{bar}] {counts}", self.verb)
        } else {
            format!("{} {counts}", self.verb)
        };
        let room = |line: &str| columns.saturating_sub(line.len() + 2);
        let traffic = traffic.words(!is_wide);
        if !traffic.is_empty() && traffic.len() <= room(&line) {
            line = format!("{line} {traffic}");
        }
        let items = shortened(&self.items(), room(&line));
        if !items.is_empty() {
            line = format!("{line} {items}");
        }
        shortened(&line, columns.saturating_sub(1))
    }

    /// Returns what is being worked at. Names of strangers could have
    /// characters of any width.
    fn items(&self) -> String {
        let items = self.open.iter().map(|item| {
            let shown: String = plain(item).chars().take(MAX_ITEM).collect();
            shown.replace(|c: char| !c.is_ascii(), "?")
        });
        items.take(4).collect::<Vec<_>>().join(", ")
    }
}

fn bar(done: u64, total: u64, length: usize) -> String {
    let part = u128::from(done.min(total)) * length as u128 / u128::from(total.max(1));
    let full = usize::try_from(part).unwrap_or(length);
    let head = if full < length { ">" } else { "" };
    format!("{:length$}", "=".repeat(full) + head)
}

/// Cuts ASCII text; returns nothing if hardly anything would be left.
fn shortened(text: &str, room: usize) -> String {
    const CUT: &str = "...";
    if text.len() <= room {
        text.to_owned()
    } else if room < CUT.len() + 4 {
        String::new()
    } else {
        format!("{}{CUT}", &text[..room - CUT.len()])
    }
}

impl Bar {
    /// Makes a bar that is hidden until it is started. `columns` returns how
    /// wide the terminal is.
    pub(super) fn new(columns: fn() -> usize) -> Self {
        let state = Arc::<Mutex<State>>::default();
        let shown = state.clone();
        let line = move |state: &ProgressState, out: &mut dyn std::fmt::Write| {
            let line = lock(&shown).line(columns(), Traffic::of(state));
            let _ = out.write_str(&line);
        };
        let style = ProgressStyle::with_template("{line}")
            .expect("the template is one of indicatif's")
            .with_key("line", line);
        let display = ProgressBar::no_length().with_style(style);
        Self {
            display,
            state,
            starting: Mutex::default(),
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Progress for Bar {
    fn start(&self, what: &'static str, total: u64) {
        let _starting = lock(&self.starting);
        let is_over = self.display.is_finished();
        let mut state = self.state();
        let is_new = is_over || state.verb != what;
        if is_new {
            state.done = 0;
            state.open.clear();
        }
        state.verb = what;
        state.total = total;
        drop(state);
        if is_new && total > 0 {
            self.display.reset();
            self.display.enable_steady_tick(Duration::from_millis(100));
        }
    }

    fn begin(&self, item: &str) {
        self.state().open.push_back(item.to_owned());
    }

    fn step(&self, item: &str) {
        let mut state = self.state();
        state.done += 1;
        if let Some(place) = state.open.iter().position(|open| open == item) {
            state.open.remove(place);
        }
    }

    fn receive(&self, bytes: u64) {
        self.display.inc(bytes);
    }

    fn finish(&self) {
        self.display.finish_and_clear();
    }

    fn interrupt(&self) {
        let starting = lock(&self.starting);
        self.display.finish_and_clear();
        // No other thread starts it again before the program has ended.
        std::mem::forget(starting);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: Traffic = Traffic { bytes: 0, rate: 0 };
    const SOME: Traffic = Traffic {
        bytes: 12_600_000,
        rate: 3_565_158,
    };

    fn state(items: &[&str]) -> State {
        State {
            verb: "Reading",
            done: 12,
            total: 345,
            open: items.iter().map(|item| (*item).to_owned()).collect(),
        }
    }

    #[test]
    fn a_line_has_counts_bytes_rate_and_items() {
        let state = state(&["serde_json", "syn", "quote"]);
        assert_eq!(
            state.line(120, SOME),
            "     Reading [>                   ] 12/345 12.02 MiB, 3.40 MiB/s serde_json, syn, quote"
        );
        assert_eq!(
            state.line(80, SOME),
            "     Reading [>            ] 12/345 12.02 MiB, 3.40 MiB/s serde_json, syn, q..."
        );
        assert_eq!(
            state.line(80, NOTHING),
            "     Reading [>            ] 12/345 serde_json, syn, quote"
        );
    }

    #[test]
    fn a_narrow_terminal_has_the_same_without_a_bar() {
        let state = state(&["serde_json", "syn"]);
        assert_eq!(
            state.line(50, SOME),
            "Reading 12/345 12 MiB, 3 MiB/s serde_json, syn"
        );
        assert_eq!(
            state.line(40, SOME),
            "Reading 12/345 12 MiB, 3 MiB/s serde..."
        );
        assert_eq!(state.line(30, SOME), "Reading 12/345 serde_json,...");
        assert_eq!(state.line(20, SOME), "Reading 12/345");
    }

    #[test]
    fn a_line_is_shorter_than_the_terminal() {
        let long = "x".repeat(1 << 20);
        let items = ["\u{6f22}\u{5b57}\u{1b}[2J\n", long.as_str(), "b"];
        for columns in 0..200 {
            for traffic in [NOTHING, SOME] {
                let line = state(&items).line(columns, traffic);
                assert!(line.is_ascii() && !line.contains('\u{1b}'), "{line}");
                assert!(line.is_empty() || line.len() < columns, "{columns}: {line}");
            }
        }
    }

    #[test]
    fn the_bar_fills() {
        let bars: Vec<_> = [0, 1, 5, 9, 10, 11].map(|done| bar(done, 10, 10)).into();
        let expected = [
            ">         ",
            "=>        ",
            "=====>    ",
            "=========>",
            "==========",
            "==========",
        ];
        assert_eq!(bars, expected);
        assert_eq!(bar(0, 0, 4), ">   ");
    }

    #[test]
    fn items_are_shown_until_they_are_done() {
        let bar = Bar::new(|| 80);
        bar.start("Reading", 3);
        for item in ["a", "b", "a"] {
            bar.begin(item);
        }
        bar.step("a");
        bar.step("unheard of");
        let shown = || bar.state().line(40, NOTHING);
        assert_eq!(shown(), "Reading 2/3 b, a");
        bar.start("Reading", 5);
        assert_eq!(shown(), "Reading 2/5 b, a");
        bar.finish();
        bar.start("Reading", 5);
        assert_eq!(shown(), "Reading 0/5");
        bar.finish();
    }
}

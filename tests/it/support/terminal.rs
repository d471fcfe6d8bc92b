//! A pseudo-terminal that a program writes to.

use std::fs::File;
use std::io::Read as _;
use std::os::fd::OwnedFd;
use std::process::{Child, Command, Stdio};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{Winsize, tcsetwinsize};

/// The program's end of a pseudo-terminal, and ours.
pub struct Terminal {
    ours: OwnedFd,
    theirs: File,
    columns: u16,
}

/// A program on a terminal.
pub struct OnTerminal {
    pub child: Child,
    output: File,
    /// All that it has written, as bytes and as they are shown.
    written: String,
    shown: vt100::Parser,
}

/// High enough that nothing scrolls away.
const ROWS: u16 = 500;

impl Terminal {
    /// Opens a terminal of this width, in columns.
    pub fn new(columns: u16) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = File::options().read(true).write(true).open(name).unwrap();
        let size = Winsize {
            ws_row: ROWS,
            ws_col: columns,
            ws_xpixel: 0,
            ws_ypixel: 0,
        };
        tcsetwinsize(&theirs, size).unwrap();
        Self {
            ours,
            theirs,
            columns,
        }
    }

    /// Starts a program with the terminal as its standard error, and no other
    /// output.
    pub fn spawn(self, mut command: Command) -> OnTerminal {
        let child = command
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(self.theirs)
            .spawn()
            .unwrap();
        // The terminal ends when the program's copy is the last one and closed.
        drop(command);
        OnTerminal {
            child,
            output: self.ours.into(),
            written: String::new(),
            shown: vt100::Parser::new(ROWS, self.columns, 0),
        }
    }

    /// Runs a program to its end.
    pub fn run(self, command: Command) -> OnTerminal {
        let mut run = self.spawn(command);
        run.wait();
        run
    }
}

impl OnTerminal {
    /// Reads until the terminal shows a text.
    pub fn wait_for(&mut self, text: &str) {
        while !self.shown().contains(text) {
            assert!(self.read(), "it ended with {:?}", self.written);
        }
    }

    /// Reads until the program ends.
    pub fn wait(&mut self) {
        while self.read() {}
        self.child.wait().unwrap();
    }

    /// What the program has written, with escape sequences.
    pub fn written(&self) -> &str {
        &self.written
    }

    /// What a person sees.
    pub fn shown(&self) -> String {
        self.shown.screen().contents()
    }

    /// Whether the cursor is visible, at the beginning of an empty line.
    pub fn is_tidy(&self) -> bool {
        let screen = self.shown.screen();
        let (row, column) = screen.cursor_position();
        let mut rows = screen.rows(0, screen.size().1);
        let line = rows.nth(row.into()).unwrap_or_default();
        column == 0 && line.is_empty() && !screen.hide_cursor()
    }

    /// Reads what comes next; returns `false` at the end, which Linux reports as
    /// an error.
    fn read(&mut self) -> bool {
        let mut bytes = [0; 4096];
        let length = self.output.read(&mut bytes).unwrap_or(0);
        self.shown.process(&bytes[..length]);
        self.written
            .push_str(&String::from_utf8_lossy(&bytes[..length]));
        length > 0
    }
}

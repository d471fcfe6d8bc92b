//! Errors and warnings as the command prints them: text, help and code.
//!
//! Most diagnostics appear in the tests of the rules that they belong to. The
//! tests here show the others, and `every_code_is_shown_with_its_text` compares
//! the codes in all tests with `docs/diagnostics.md`.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::fs;
use std::path::Path;

use crate::support::{Sandbox, redact_ports};

mod errors;
mod warnings;

/// A list of commands, each with its stderr and exit code.
struct Transcript<'a> {
    sandbox: &'a Sandbox,
    text: String,
}

impl<'a> Transcript<'a> {
    const fn new(sandbox: &'a Sandbox) -> Self {
        Self {
            sandbox,
            text: String::new(),
        }
    }

    fn run(self, arguments: &str) -> Self {
        self.run_with(&[], arguments)
    }

    fn run_with(mut self, variables: &[(&str, &str)], arguments: &str) -> Self {
        let arguments: Vec<_> = arguments.split(' ').collect();
        let run = self.sandbox.run_with(variables, &arguments);
        let line = arguments.join(" ");
        let stderr = redact_ports(&run.stderr);
        let _ = writeln!(
            self.text,
            "$ cargo pyhack {line}\n{stderr}exit code {}\n",
            run.code
        );
        self
    }

    /// Returns the text with `...` for messages of other programs, whose wording
    /// differs between versions.
    fn without_words_of_others(self) -> String {
        let lines = self.text.lines().map(|line| {
            let heads = [
                "failed to fetch `",
                "failed to read the index `",
                "failed to check out revision ",
                "failed to run ",
            ];
            let start = heads.iter().find_map(|head| {
                let head = line.find(head)?;
                Some(head + line[head..].find(": ")? + 2)
            });
            match start {
                Some(start) if line.starts_with("error: ") => format!("{}...\n", &line[..start]),
                _ => format!("{line}\n"),
            }
        });
        lines.collect()
    }
}

/// Returns the codes that follow their message as the command prints them:
/// `error: MESSAGE`, at most a location and a help line, `code: CODE`.
fn shown_codes(text: &str) -> BTreeSet<String> {
    let lines: Vec<_> = text.lines().map(str::trim).collect();
    let has_message = |line: &&&str| {
        let heads = ["error: ", "warning: ", "note: "];
        let message = heads.iter().find_map(|head| line.strip_prefix(head));
        message.is_some_and(|message| message.len() > 10)
    };
    let codes = lines.iter().enumerate().filter_map(|(place, line)| {
        let code = line
            .strip_prefix("code: ")?
            .trim_end_matches(['"', '#', ')', ';']);
        let above = lines[..place].iter().rev();
        let mut above =
            above.skip_while(|line| line.starts_with("help: ") || line.starts_with("--> "));
        above.next().filter(has_message).map(|_| code.to_owned())
    });
    codes.collect()
}

/// Concatenates the text files of a folder and its subfolders.
fn texts(folder: &Path) -> String {
    let entries = fs::read_dir(folder).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    paths
        .map(|path| match path.is_dir() {
            true => texts(&path),
            false => fs::read_to_string(path).unwrap_or_default(),
        })
        .collect()
}

#[test]
fn every_code_is_shown_with_its_text() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let document = fs::read_to_string(root.join("docs/diagnostics.md")).unwrap();
    let headings = document.lines().filter_map(|line| {
        let code = line.strip_prefix("### `")?;
        code.strip_suffix('`').map(str::to_owned)
    });
    let headings: BTreeSet<_> = headings.collect();
    // Snapshots and transcripts: tests compare all of them with real output.
    let folders = ["tests/it", "testdata/projects", "testdata/overlays/after"];
    let text: String = folders
        .iter()
        .map(|folder| texts(&root.join(folder)))
        .collect();
    let shown = shown_codes(&text);
    let missing: Vec<_> = headings.difference(&shown).collect();
    assert!(
        missing.is_empty(),
        "no test shows these with their text; add each to tests/it/diagnostics: {missing:#?}"
    );
}

#[test]
fn a_code_counts_where_its_message_stands_above_it() {
    let shown =
        "error: `x` is no sound archive\n  --> x:1\n  help: fetch it again\n  code: pyhack::a::b\n";
    assert_eq!(
        shown_codes(shown),
        BTreeSet::from(["pyhack::a::b".to_owned()])
    );
    for not in [
        "assert!(text.contains(\"code: pyhack::a::b\"));",
        "  help: fetch it again\n  code: pyhack::a::b\n",
        "error: \n  code: pyhack::a::b\n",
    ] {
        assert_eq!(shown_codes(not), BTreeSet::new(), "{not}");
    }
}

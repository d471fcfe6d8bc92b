//! Runs the commands in `testdata/projects/*/expected.txt`, each after
//! `$ cargo pyhack`, and compares what they print with the rest of the file.
//! Each folder is a project for one rule. CONTRIBUTING.md says how to update
//! the files.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use crate::support::Sandbox;

const PROJECTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects");

fn cases() -> Vec<PathBuf> {
    let entries = std::fs::read_dir(PROJECTS).unwrap();
    let mut cases: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    cases.sort();
    cases
}

/// What the commands of a case print, in the form of the file.
fn transcript(sandbox: &Sandbox, text: &str) -> String {
    let mut found = String::new();
    for line in text.lines() {
        let Some(arguments) = line.strip_prefix("$ cargo pyhack ") else {
            continue;
        };
        let output = sandbox
            .command(env!("CARGO_BIN_EXE_cargo-pyhack"))
            .current_dir(PROJECTS)
            .args(arguments.split(' '))
            .output()
            .unwrap();
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (stdout, stderr) = (text(output.stdout), text(output.stderr));
        let _ = write!(found, "{line}\n{stderr}{stdout}");
        match output.status.code() {
            Some(0) => found.push('\n'),
            code => {
                let _ = write!(found, "exit code {}\n\n", code.unwrap());
            }
        }
    }
    found.trim_end().to_owned() + "\n"
}

#[test]
fn each_says_what_is_expected() {
    let sandbox = Sandbox::new();
    let mut wrong = Vec::new();
    for case in cases() {
        let path = case.join("expected.txt");
        let expected = std::fs::read_to_string(&path).unwrap();
        let found = transcript(&sandbox, &expected);
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &found).unwrap();
        } else if found != expected {
            wrong.push(format!("{}:\n{found}", name(&case)));
        }
    }
    assert!(wrong.is_empty(), "not as expected: {}", wrong.join("\n"));
    assert!(cases().len() >= 30, "cases are missing");
}

fn name(case: &Path) -> String {
    case.file_name().unwrap().to_string_lossy().into_owned()
}

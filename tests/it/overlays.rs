//! Stanzas in overlay files of many shapes: `testdata/overlays`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use cargo_pyhack::testing::{Block, Document};

use crate::support::Sandbox;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/overlays");
const PROJECT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects/src-rust");

/// The files of a folder, by their names.
fn files(folder: &str) -> BTreeMap<String, String> {
    let entries = std::fs::read_dir(Path::new(FOLDER).join(folder)).unwrap();
    let paths = entries.map(|entry| entry.unwrap().path());
    let named = |path: PathBuf| {
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(path).unwrap())
    };
    paths.map(named).collect()
}

/// Fills in the digest of a stanza that nobody edited.
fn with_digest(text: &str) -> String {
    let Ok(document) = Document::parse("overlay.nix", text) else {
        return text.to_owned();
    };
    let digest = document.block("fast-pack").map(Block::text_digest);
    let digest = digest.unwrap_or_default();
    text.replace("text=?", &format!("text={digest}"))
}

/// Digests change with our tables.
fn without_digests(text: &str) -> String {
    let lines = text
        .split_inclusive('\n')
        .map(|line| match line.find("# pyhack: made source=") {
            Some(start) if line.contains("source=1 ") => {
                format!("{}# pyhack: made before\n", &line[..start])
            }
            Some(start) => {
                let end = if line.ends_with("\r\n") { "\r\n" } else { "\n" };
                format!("{}# pyhack: made now{end}", &line[..start])
            }
            None => line.to_owned(),
        });
    lines.collect()
}

struct Written {
    sandbox: Sandbox,
    text: String,
    failure: Option<String>,
}

fn write(before: &str, flags: &[&str]) -> Written {
    let sandbox = Sandbox::new();
    copy(Path::new(PROJECT), &sandbox.path("project"));
    write_in(sandbox, before, flags)
}

/// Writes the stanza in a sandbox that has the project.
fn write_in(sandbox: Sandbox, before: &str, flags: &[&str]) -> Written {
    sandbox.write("overlay.nix", before);
    let arguments = ["nix-snippet", "-q", "--write", "overlay.nix", "project"];
    let run = sandbox.run(&[&arguments[..], flags].concat());
    Written {
        text: std::fs::read_to_string(sandbox.path("overlay.nix")).unwrap(),
        failure: (run.code != 0).then(|| run.failure()),
        sandbox,
    }
}

pub fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}

/// With `BLESS=1`, writes the results to `after` instead of comparing them.
#[test]
fn each_becomes_what_is_expected() {
    let mut sandbox = Sandbox::new();
    copy(Path::new(PROJECT), &sandbox.path("project"));
    for (name, before) in files("before") {
        let before = with_digest(&before);
        let written = write_in(sandbox, &before, &[]);
        let (after, path) = match &written.failure {
            Some(failure) => {
                assert_eq!(written.text, before, "{name}: the file stays");
                assert!(failure.starts_with("exit code 3\n"), "{name}: {failure}");
                (
                    failure.clone() + "\n",
                    format!("{FOLDER}/after/{name}.error"),
                )
            }
            None => (
                without_digests(&written.text),
                format!("{FOLDER}/after/{name}"),
            ),
        };
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &after).unwrap();
        }
        let expected = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(after, expected, "{name}: run `BLESS=1 cargo test overlays`");
        if written.failure.is_none() {
            again(&name, &before, &written);
        }
        sandbox = written.sandbox;
    }
    assert_eq!(files("before").len(), files("after").len());
}

/// A second run changes nothing, the rest of the file is as it was, and what
/// is ours is as nixfmt has it.
fn again(name: &str, before: &str, written: &Written) {
    let arguments = ["nix-snippet", "--write", "overlay.nix", "project"];
    let run = written.sandbox.run(&arguments);
    let is_fresh = run.stderr.ends_with("       Fresh `overlay.nix`\n");
    assert!(is_fresh, "{name}: {}", run.stderr);
    let text = std::fs::read_to_string(written.sandbox.path("overlay.nix")).unwrap();
    assert_eq!(text, written.text, "{name}");
    let check = written.sandbox.run(&["check", "overlay.nix"]);
    // Another one's sources aren't there.
    assert_eq!(
        check.code,
        i32::from(before.contains("begin other")),
        "{name}: {}",
        check.stderr
    );
    let document = Document::parse(name, &text).unwrap();
    let block = document.block("fast-pack").unwrap();
    let outside = [&text[..block.range.start], &text[block.range.end..]].map(strip);
    let was = match Document::parse(name, before)
        .ok()
        .and_then(|document| document.block("fast-pack").cloned())
    {
        Some(block) => [&before[..block.range.start], &before[block.range.end..]]
            .map(strip)
            .concat(),
        None => strip(before),
    };
    if !before.is_empty() {
        assert_eq!(outside.concat(), was, "{name}");
    }
    let ours = block.body();
    if !ours.contains("# pyhack: keep") {
        let inner = (block.indentation / 2).max(1) - 1;
        let nested = format!(
            "{{\n{}{ours}{}}}\n",
            "a = {\n".repeat(inner),
            "};\n".repeat(inner)
        );
        let formatted = nixfmt_rs::format(&nested.replace("\r\n", "\n")).unwrap();
        let layout: Vec<&str> = ours.lines().map(str::trim).collect();
        let formatted: Vec<&str> = formatted.lines().map(str::trim).collect();
        assert!(
            formatted.windows(layout.len()).any(|lines| lines == layout),
            "{name}: {ours}"
        );
    }
}

/// Where a stanza goes, line breaks and spaces may come with it.
fn strip(text: &str) -> String {
    text.split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
        .replace("{ }", "{}")
        .replace(' ', "")
}

#[test]
fn force_replaces_what_was_edited() {
    let before = &files("before")["64-edited.nix"];
    let written = write(before, &["--force"]);
    assert_eq!(written.failure, None);
    assert!(written.text.contains("cargoRoot = \"src/rust\";"));
}

#[test]
fn a_dry_run_shows_and_writes_nothing() {
    let before = "{ pkgs, hacks }: final: prev: { }\n";
    let sandbox = write("", &[]).sandbox;
    sandbox.write("overlay.nix", before);
    let run = sandbox.run(&[
        "nix-snippet",
        "--write",
        "overlay.nix",
        "--dry-run",
        "project",
    ]);
    assert!(run.stderr.ends_with(" Would write `overlay.nix`\n"));
    let diff = run.ok();
    assert!(
        diff.starts_with("--- a/overlay.nix\n+++ b/overlay.nix\n"),
        "{diff}"
    );
    assert!(
        diff.contains("+  # pyhack: begin fast-pack 0.1.0\n"),
        "{diff}"
    );
    let text = std::fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    assert_eq!(text, before);
}

#[test]
#[cfg(unix)]
fn modes_and_links_stay() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let sandbox = write("", &[]).sandbox;
    let real = sandbox.write("real/overlay.nix", "{ pkgs, hacks }: final: prev: { }\n");
    std::fs::set_permissions(&real, std::fs::Permissions::from_mode(0o640)).unwrap();
    let link = sandbox.path("overlay.nix");
    std::fs::remove_file(&link).unwrap();
    symlink("real/overlay.nix", &link).unwrap();
    sandbox
        .run(&["nix-snippet", "--write", "overlay.nix", "project"])
        .ok();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    let metadata = std::fs::metadata(&real).unwrap();
    assert_eq!(metadata.permissions().mode() & 0o777, 0o640);
    assert!(
        std::fs::read_to_string(&real)
            .unwrap()
            .contains("pyhack: begin")
    );
}

#[test]
fn another_program_may_lay_it_out() {
    let sandbox = write("", &[]).sandbox;
    let to = [
        "nix-snippet",
        "--write",
        "other.nix",
        "project",
        "--formatter",
    ];
    // Four spaces, as some have it.
    let sed = sandbox.write("four", "#!/bin/sh\nsed 's/^\\( *\\)/\\1\\1/'\n");
    std::fs::set_permissions(&sed, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    sandbox
        .run(&[&to[..], &[sed.to_str().unwrap()]].concat())
        .ok();
    let text = std::fs::read_to_string(sandbox.path("other.nix")).unwrap();
    assert!(
        text.contains("\n          prev = prev.fast-pack;\n"),
        "{text}"
    );
    let failure = sandbox
        .run(&[&to[..], &["false", "--force"]].concat())
        .failure();
    assert!(
        failure.starts_with("exit code 4\nerror: the formatter `false`"),
        "{failure}"
    );
}

/// Each of two runs at a time puts its stanza in, and leaves nothing else.
#[test]
fn two_runs_at_a_time_lose_no_stanza() {
    let sandbox = Sandbox::new();
    let lock = ["one", "two"].map(|name| {
        format!(
            "[[package]]\nname = \"{name}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://example.org/simple\" }}\n\n"
        )
    });
    sandbox.write("uv.lock", format!("version = 1\n\n{}", lock.concat()));
    for pair in 0..20 {
        let file = format!("overlays/{pair}.nix");
        let runs = ["one", "two"].map(|name| {
            let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
            let arguments = ["nix-snippet", "-q", "--prebuilt", name, "--write", &file];
            command.args(arguments).arg("uv.lock").spawn().unwrap()
        });
        for mut run in runs {
            assert!(run.wait().unwrap().success());
        }
        let text = std::fs::read_to_string(sandbox.path(&file)).unwrap();
        for name in ["one", "two"] {
            let begin = format!("# pyhack: begin {name} 1.0\n");
            assert!(text.contains(&begin), "{pair}: {text}");
        }
    }
    let left: Vec<_> = std::fs::read_dir(sandbox.path("overlays"))
        .unwrap()
        .collect();
    assert_eq!(left.len(), 20, "{left:?}");
}

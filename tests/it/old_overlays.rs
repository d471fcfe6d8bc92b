//! Overlays that earlier versions wrote stay fresh: `testdata/overlays-of`.
//!
//! Users commit overlays, so an upgrade must not make them stale. Each case in
//! the folder of a version has the files from before its run (`before`), the
//! command lines, of which the last one checks the result (`commands`), and the
//! files that the version wrote (`written`). `written` is never edited: with
//! `BLESS=1` the test fills it only where it is missing. If a release changes
//! what stanzas say, it gets a folder of its own, and the cases that are stale
//! from then on are deleted.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_pyhack::testing::Sha256;

use crate::support::{Asked, Crate, Registry, Reply, Repository, Run, Sandbox, tree};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/overlays-of");

/// `RULES` and `TABLES` of `src/ops/digests.rs`.
const RULES: u32 = 2;
const TABLES: [&str; 4] = [
    include_str!("../../data/build-systems.toml"),
    include_str!("../../data/native-deps.toml"),
    include_str!("../../data/pkg-config.toml"),
    include_str!("../../data/rust-and-python.toml"),
];

type Files = BTreeMap<String, Vec<u8>>;

/// A sandbox with the crates, sdists and the git repository that the cases fetch.
struct World {
    sandbox: Sandbox,
    registry: Registry,
}

struct Case {
    name: String,
    folder: PathBuf,
    before: Files,
    written: Files,
    /// Command lines that write the overlay.
    writes: Vec<String>,
    /// Command line that checks the overlay.
    check: String,
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap();
    let mut paths: Vec<_> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.sort();
    paths
}

fn file_name(path: &Path) -> &str {
    path.file_name().unwrap().to_str().unwrap()
}

fn cases() -> Vec<(PathBuf, Vec<Case>)> {
    let versions = entries(Path::new(FOLDER)).into_iter();
    versions
        .map(|version| {
            let folders = entries(&version.join("cases")).into_iter();
            let cases = folders.map(Case::read).collect();
            (version, cases)
        })
        .collect()
}

impl Case {
    fn read(folder: PathBuf) -> Self {
        let commands = fs::read_to_string(folder.join("commands")).unwrap();
        let mut writes: Vec<_> = commands.lines().map(str::to_owned).collect();
        let check = writes.pop().unwrap();
        assert!(check.starts_with("check"), "{}", folder.display());
        let files = |name: &str| match folder.join(name) {
            path if path.exists() => tree(&path),
            _ => Files::new(),
        };
        Self {
            name: file_name(&folder).to_owned(),
            before: files("before"),
            written: with_rules_of_today(files("written")),
            writes,
            check,
            folder,
        }
    }

    /// Returns all files after the run.
    fn after(&self) -> Files {
        let mut files = self.before.clone();
        files.extend(self.written.clone());
        files
    }
}

/// Replaces the digest of the rules in each mark. It changes with the tables in
/// `data`, which alone doesn't make a stanza stale.
fn with_rules_of_today(files: Files) -> Files {
    let mut rules = format!("{RULES}\n");
    rules.extend(TABLES);
    let rules = &Sha256::of(rules.as_bytes()).to_hex()[..16];
    let replaced = |text: &str| {
        let mut parts = text.split(" rules=");
        let first = parts.next().unwrap().to_owned();
        parts.fold(first, |text, part| {
            format!("{text} rules={rules}{}", &part[16..])
        })
    };
    let files = files.into_iter();
    files
        .map(|(path, bytes)| match std::str::from_utf8(&bytes) {
            Ok(text) if text.contains("# pyhack: made ") => (path, replaced(text).into_bytes()),
            _ => (path, bytes),
        })
        .collect()
}

/// Reads a crate from `NAME-VERSION.crate`.
fn krate(file: &Path) -> Crate {
    let stem = file_name(file).strip_suffix(".crate").unwrap();
    let mut dashes = stem.match_indices('-').map(|(place, _)| place);
    let is_before_version =
        |dash: &usize| stem[dash + 1..].starts_with(|c: char| c.is_ascii_digit());
    let dash = dashes.find(is_before_version).unwrap();
    Crate {
        name: stem[..dash].to_owned(),
        version: stem[dash + 1..].to_owned(),
        bytes: fs::read(file).unwrap(),
    }
}

impl World {
    fn new(version: &Path) -> Self {
        let files = entries(&version.join("crates"));
        let crates: Vec<_> = files.iter().map(|path| krate(path)).collect();
        let served = tree(&version.join("served"));
        // The registry also serves as the proxy for example.org. Requests to a
        // proxy have the whole URL in their first line.
        let registry = Registry::with(&crates, move |_, asked: &Asked| {
            let path = asked.path.strip_prefix("http://example.org/")?;
            served.get(path).cloned().map(Reply::body)
        });
        let sandbox = Sandbox::with_registry(&registry);
        let root = sandbox.path("").display().to_string();
        sandbox.write(
            "home/.gitconfig",
            format!("[url \"file://{root}\"]\n\tinsteadOf = https://example.org/\n"),
        );
        let repository = Repository::new(&sandbox, "repository");
        for (path, bytes) in tree(&version.join("repository")) {
            repository.write(&path, bytes);
        }
        repository.commit_at("2026-01-01T00:00:00Z");
        // A `uv.lock` above an overlay counts within a repository.
        fs::create_dir(sandbox.path(".git")).unwrap();
        Self { sandbox, registry }
    }

    fn put(&self, case: &Case, files: &Files) {
        for (path, bytes) in files {
            self.sandbox.write(&format!("{}/{path}", case.name), bytes);
        }
    }

    fn run(&self, case: &Case, line: &str, more: &[&str]) -> Run {
        let proxy = format!("http://{}", self.registry.address());
        let mut command = self.sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        command
            .current_dir(self.sandbox.path(&case.name))
            .args(line.split(' '))
            .args(more)
            .envs([("http_proxy", &*proxy), ("no_proxy", "127.0.0.1")]);
        self.sandbox.redacted(&command.output().unwrap())
    }

    fn write(&self, case: &Case) {
        for line in &case.writes {
            let run = self.run(case, line, &[]);
            assert_eq!(run.code, 0, "{}: {line}: {}", case.name, run.stderr);
        }
    }

    #[track_caller]
    fn assert_is(&self, case: &Case, expected: &Files) {
        let found = tree(&self.sandbox.path(&case.name));
        let names = |files: &Files| files.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&found), names(expected), "{}", case.name);
        for (path, bytes) in expected {
            let [found, expected] =
                [&found[path], bytes].map(|bytes| without_later(&String::from_utf8_lossy(bytes)));
            assert_eq!(found, expected, "{}: {path}", case.name);
        }
    }
}

/// A package without Rust, of which earlier versions made no stanza.
const LATER: &str = "plain";

/// Returns an overlay without the stanza that earlier versions didn't make, and
/// without the mark of the lock, which counted its package among those that
/// need none.
fn without_later(text: &str) -> String {
    let begin = format!("\n  # pyhack: begin {LATER} ");
    let end = format!("  # pyhack: end {LATER}\n");
    let text = match (text.find(&begin), text.find(&end)) {
        (Some(from), Some(to)) => format!("{}{}", &text[..from], &text[to + end.len()..]),
        _ => text.to_owned(),
    };
    let lines = text.split_inclusive('\n');
    lines
        .filter(|line| !line.starts_with("# pyhack: lock "))
        .collect()
}

#[test]
fn stanzas_of_earlier_versions_are_fresh() {
    for (version, cases) in cases() {
        let world = World::new(&version);
        for case in &cases {
            world.put(case, &case.after());
            let run = world.run(case, &case.check, &["--format", "json"]);
            let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
            let stanzas = report["stanzas"].as_array().unwrap();
            assert!(!stanzas.is_empty(), "{}", case.name);
            for stanza in stanzas {
                let is_later = stanza["package"] == LATER;
                let state = if is_later { "missing" } else { "fresh" };
                assert_eq!(stanza["state"], state, "{}: {stanza}", case.name);
            }
            let has_later = stanzas.iter().any(|stanza| stanza["package"] == LATER);
            let code = i32::from(has_later);
            assert_eq!(
                run.code,
                code,
                "{}: {}",
                case.name,
                run.stdout + &run.stderr
            );
            world.assert_is(case, &case.after());
        }
        // The digests in the marks suffice for all others.
        let requests = world.registry.requests();
        assert!(
            requests.iter().all(|request| request.contains(LATER)),
            "{requests:?}"
        );
    }
}

#[test]
fn writing_over_stanzas_of_earlier_versions_changes_no_byte() {
    for (version, cases) in cases() {
        let world = World::new(&version);
        for case in &cases {
            world.put(case, &case.after());
            world.write(case);
            world.assert_is(case, &case.after());
        }
    }
}

#[test]
fn what_earlier_versions_wrote_is_written_today() {
    for (version, cases) in cases() {
        let world = World::new(&version);
        for case in &cases {
            world.put(case, &case.before);
            world.write(case);
            if case.written.is_empty() && std::env::var_os("BLESS").is_some() {
                keep(&world, case);
            } else {
                world.assert_is(case, &case.after());
            }
        }
    }
}

/// Saves the written files as the expected ones.
fn keep(world: &World, case: &Case) {
    for (path, bytes) in tree(&world.sandbox.path(&case.name)) {
        if case.before.get(&path) != Some(&bytes) {
            let path = case.folder.join("written").join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, bytes).unwrap();
        }
    }
}

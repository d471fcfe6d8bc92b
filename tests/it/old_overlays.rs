//! Overlays that earlier versions wrote: `testdata/overlays-of`.
//!
//! Users commit overlays, so an upgrade must not make them stale, unless the
//! rules by which stanzas are generated change. Then `check` gives that as the
//! only reason, `check --fix` rewrites them, and stanzas that were edited by
//! hand stay as they are. Each case in the folder of a version has the files
//! from before its run (`before`), the command lines, of which the last one
//! checks the result (`commands`), and the files that the version wrote
//! (`written`). `written` is never edited: with `BLESS=1` the test fills it only
//! where it is missing.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use cargo_pyhack::testing::Sha256;

use crate::support::{Asked, Crate, Registry, Reply, Repository, Run, Sandbox, has_git, tree};

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/overlays-of");

/// `RULES` of `src/ops/digests.rs` in version 0.1.0.
const RULES: u32 = 2;
/// `TABLES` of `src/ops/digests.rs`.
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

/// The case whose overlay binds none of the names that its stanza uses: Nix
/// never took it.
const WITHOUT_NAMES: &str = "nixpkgs-style";

fn cases() -> Vec<(PathBuf, Vec<Case>)> {
    let versions = entries(Path::new(FOLDER)).into_iter();
    versions
        .map(|version| {
            let folders = entries(&version.join("cases")).into_iter();
            let cases = folders.map(Case::read);
            let cases = cases.filter(|case| case.name != WITHOUT_NAMES).collect();
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
            written: with_tables_of_today(files("written")),
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

/// Replaces the digest of the rules in each mark by that of the version's rules
/// with the tables in `data` as they are today: a change of a table alone
/// doesn't make a stanza stale.
fn with_tables_of_today(files: Files) -> Files {
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

/// Returns an overlay without the digests of the rules.
///
/// A stanza that says the same by new rules isn't written again, nor is its
/// mark.
fn without_rules(text: &str) -> String {
    let mut parts = text.split(" rules=");
    let first = parts.next().unwrap_or_default().to_owned();
    parts.fold(first, |text, part| text + &part[16..])
}

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

const RULES_CHANGED: &str = "cargo-pyhack's rules changed";

impl World {
    /// Writes the overlay of a case as today, then puts the one of its version
    /// in place. Everything that is downloaded is in the cache then.
    fn put_old(&self, case: &Case) -> Files {
        self.put(case, &case.before);
        self.write(case);
        let today = tree(&self.sandbox.path(&case.name));
        self.put(case, &case.after());
        today
    }

    /// Checks the overlay, and returns its stanzas and the exit code.
    fn check(&self, case: &Case, more: &[&str]) -> (Vec<serde_json::Value>, i32) {
        let run = self.run(case, &case.check, &[&["--format", "json"], more].concat());
        let report: serde_json::Value = serde_json::from_str(&run.stdout)
            .unwrap_or_else(|_| panic!("{}: {}", case.name, run.stderr));
        let stanzas = report["stanzas"].as_array().unwrap().clone();
        assert!(!stanzas.is_empty(), "{}", case.name);
        (stanzas, run.code)
    }
}

/// Tells whether a stanza of an earlier version has a guard that its set makes
/// superfluous, by its mark and text.
fn has_dead_guard(case: &Case, stanza: &serde_json::Value) -> bool {
    let file = Path::new(stanza["file"].as_str().unwrap());
    let files = case.written.iter();
    let mut texts = files.filter(|(path, _)| file.ends_with(path.as_str()));
    let text = texts
        .next()
        .map(|(_, bytes)| String::from_utf8_lossy(bytes));
    let text = text.unwrap_or_else(|| panic!("{}: {stanza}", case.name));
    let guard = format!("prev ? {}", stanza["package"].as_str().unwrap());
    let mut found = text.split(&guard).skip(1);
    found.any(|rest| rest.starts_with(char::is_whitespace))
}

/// One test for all that `check` does with an old overlay, since what is
/// downloaded and what is written today serves each part.
#[test]
fn overlays_of_earlier_versions_are_checked_and_mended() {
    if !has_git() {
        return;
    }
    for (version, cases) in cases() {
        let world = World::new(&version);
        for case in &cases {
            let today = world.put_old(case);
            is_out_of_date_for_the_rules_alone(&world, case);
            stays_as_edited(&world, case);
            world.put(case, &case.after());
            is_written_as_today(&world, case, today);
        }
    }
}

fn is_out_of_date_for_the_rules_alone(world: &World, case: &Case) {
    let (stanzas, code) = world.check(case, &[]);
    for stanza in &stanzas {
        let (state, reasons) = if stanza["package"] == LATER {
            ("missing", None)
        } else if has_dead_guard(case, stanza) {
            ("out_of_date", Some(serde_json::json!([RULES_CHANGED])))
        } else {
            ("fresh", Some(serde_json::json!([])))
        };
        assert_eq!(stanza["state"], state, "{}: {stanza}", case.name);
        if let Some(reasons) = reasons {
            assert_eq!(stanza["reasons"], reasons, "{}: {stanza}", case.name);
        }
    }
    let is_fresh = stanzas.iter().all(|stanza| stanza["state"] == "fresh");
    assert_eq!(code, i32::from(!is_fresh), "{}", case.name);
    world.assert_is(case, &case.after());
}

fn is_written_as_today(world: &World, case: &Case, today: Files) {
    let (stanzas, code) = world.check(case, &["--fix"]);
    assert_eq!(code, 0, "{}: {stanzas:?}", case.name);
    let compared = |files: Files| {
        let texts = files.into_iter().map(|(path, bytes)| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            (path, without_rules(&without_later(&text)))
        });
        texts.collect::<BTreeMap<_, _>>()
    };
    let found = tree(&world.sandbox.path(&case.name));
    assert_eq!(compared(found), compared(today), "{}", case.name);
    let (stanzas, code) = world.check(case, &[]);
    assert_eq!(code, 0, "{}: {stanzas:?}", case.name);
}

fn stays_as_edited(world: &World, case: &Case) {
    let edited = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        text.replace("prev = prev.", "prev = (prev).").into_bytes()
    };
    let written = case.written.iter();
    let mine: Files = written
        .filter(|(path, _)| path.ends_with("overlay.nix"))
        .map(|(path, bytes)| (path.clone(), edited(bytes)))
        .collect();
    world.put(case, &mine);
    let (stanzas, code) = world.check(case, &["--fix"]);
    assert_eq!(code, 1, "{}", case.name);
    assert!(
        stanzas.iter().any(|stanza| stanza["state"] == "edited"),
        "{}: {stanzas:?}",
        case.name
    );
    let found = tree(&world.sandbox.path(&case.name));
    for (path, bytes) in &mine {
        let body = |bytes: &[u8]| {
            let text = String::from_utf8_lossy(bytes).into_owned();
            text.matches("prev = (prev).").count()
        };
        assert_eq!(body(&found[path]), body(bytes), "{}: {path}", case.name);
    }
}

#[test]
fn an_overlay_of_an_earlier_version_that_nix_refuses_is_told() {
    if !has_git() {
        return;
    }
    for (version, _) in cases() {
        let world = World::new(&version);
        let case = Case::read(version.join("cases").join(WITHOUT_NAMES));
        world.put(&case, &case.before);
        let run = world.run(&case, &case.writes[0], &[]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        let failure = world.run(&case, &case.writes[1], &[]).failure();
        assert!(
            failure.contains("the override of `fast-pack` needs `hacks`"),
            "{failure}"
        );
        world.put(&case, &case.after());
        let failure = world.run(&case, &case.check, &[]).failure();
        assert!(failure.starts_with("exit code 3\n"), "{failure}");
        assert!(
            failure.contains("the override of `fast-pack` needs `hacks`"),
            "{failure}"
        );
    }
}

#[test]
fn a_case_without_written_files_gets_those_of_today() {
    if !has_git() {
        return;
    }
    for (version, cases) in cases() {
        let world = World::new(&version);
        for case in cases.iter().filter(|case| case.written.is_empty()) {
            assert!(std::env::var_os("BLESS").is_some(), "{}", case.name);
            world.put(case, &case.before);
            world.write(case);
            keep(&world, case);
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

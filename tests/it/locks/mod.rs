//! `lock`: the stanzas of a whole uv.lock.

use std::collections::BTreeMap;
use std::fs;
use std::net::SocketAddr;
use std::process::Command;

use crate::support::{Asked, Registry, Reply, Sandbox, has_nix, nix};
use fixtures::{APP, Sdist, WHEEL, alpha, serving, uv_lock};

pub mod fixtures;
mod sources;

/// `fast` and `quick` with Rust, `plain` without; all but `quick`, which is a
/// wheel on `x86_64-linux`, are built everywhere.
pub fn application() -> (Sandbox, Registry) {
    let sdists = [
        Sdist::rust("fast", "1.0", &[alpha()]),
        Sdist::plain("plain", "1.0"),
        Sdist::rust("quick", "1.0", &[alpha()]),
    ];
    let registry = serving(&[alpha()], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let [fast, plain, quick] = &sdists;
    let lock = uv_lock(&[
        ("fast", fast.entry(&address, "")),
        ("plain", plain.entry(&address, "")),
        (
            "quick",
            quick.entry(&address, &WHEEL.replace("NAME", "quick")),
        ),
    ]);
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", lock);
    (sandbox, registry)
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    fs::read_to_string(sandbox.path(path)).unwrap()
}

/// The packages that have a stanza in a file.
fn stanzas(sandbox: &Sandbox, path: &str) -> Vec<String> {
    let text = read(sandbox, path);
    let begins = text
        .lines()
        .filter_map(|line| line.trim().strip_prefix("# pyhack: begin "));
    begins.map(str::to_owned).collect()
}

#[test]
fn packages_with_rust_that_are_built_get_their_stanzas() {
    let (sandbox, registry) = application();
    let run = sandbox.run(&[
        "lock",
        "--platform",
        "x86_64-linux",
        "--write",
        "overlay.nix",
    ]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(
        run.stderr,
        "       Added `fast` 1.0: no wheel in the lockfile\n       Wrote `overlay.nix`\n    Resolved `uv.lock` for Python 3.13 on \
         x86_64-linux: 4 packages, 2 built from source, 1 with Rust\n"
    );
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.0"]);
    // A second run, and a check, ask nobody, whatever is in the cache.
    let asked = registry.requests().len();
    fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let run = sandbox.run(&[
        "lock",
        "--platform",
        "x86_64-linux",
        "--write",
        "overlay.nix",
    ]);
    assert!(run.stderr.contains("Fresh `overlay.nix`"), "{}", run.stderr);
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).code, 0);
    assert_eq!(registry.requests().len(), asked);
    // Elsewhere there is no wheel of the other; and with `--all` that isn't asked.
    for flags in [
        &["--platform", "aarch64-linux"][..],
        &["--platform", "x86_64-linux", "--all"],
    ] {
        let run = sandbox.run(&[&["lock", "--write", "other.nix"], flags].concat());
        assert_eq!(run.code, 0, "{}", run.stderr);
        assert_eq!(stanzas(&sandbox, "other.nix"), ["fast 1.0", "quick 1.0"]);
        fs::remove_file(sandbox.path("other.nix")).unwrap();
    }
    // The other commands that take a lock say the same.
    let printed = sandbox
        .run(&["nix-snippet", "--as", "file", "uv.lock"])
        .ok();
    assert!(
        printed.contains("fast =") && printed.contains("quick ="),
        "{printed}"
    );
}

#[test]
fn a_dry_run_says_what_would_be_fetched_and_fetches_nothing() {
    let (sandbox, registry) = application();
    let run = sandbox.run(&[
        "lock",
        "--dry-run",
        "--platform",
        "x86_64-linux",
        "--write",
        "overlay.nix",
    ]);
    let lines: Vec<_> = run.stdout.lines().collect();
    assert!(
        lines[0].ends_with("/sdists/fast-1.0.tar.gz") && lines.len() == 2,
        "{}",
        run.stdout
    );
    assert!(registry.requests().is_empty() && !sandbox.path("overlay.nix").exists());
}

#[test]
fn parts_of_a_run_make_the_same_bytes_together() {
    let (sandbox, registry) = application();
    sandbox.run(&["lock", "-q", "--write", "whole.nix"]).ok();
    for part in ["1", "2"] {
        fs::remove_dir_all(sandbox.path("cache")).unwrap();
        let shard = format!("{part}/2");
        let lines = sandbox
            .run(&["lock", "-q", "--format", "jsonl", "--shard", &shard])
            .ok();
        assert!(lines.lines().count() < 3, "{lines}");
        sandbox.write(&format!("{part}.jsonl"), lines);
    }
    fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let asked = registry.requests().len();
    let merge = [
        "lock",
        "-q",
        "--merge",
        "1.jsonl",
        "--merge",
        "2.jsonl",
        "--write",
        "merged.nix",
    ];
    sandbox.run(&merge).ok();
    assert_eq!(read(&sandbox, "merged.nix"), read(&sandbox, "whole.nix"));
    assert_eq!(registry.requests().len(), asked);
}

#[test]
fn check_tells_what_the_lock_changed_and_mends_it() {
    let sdists = [
        Sdist::rust("fast", "1.0", &[alpha()]),
        Sdist::rust("fast", "1.1", &[alpha()]),
        Sdist::rust("quick", "1.0", &[alpha()]),
    ];
    let registry = serving(&[alpha()], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let lock = |places: &[usize]| {
        let entries = places
            .iter()
            .map(|&place| (sdists[place].name, sdists[place].entry(&address, "")));
        sandbox.write("uv.lock", uv_lock(&entries.collect::<Vec<_>>()));
    };
    let configuration = "\n[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\nlock = \"uv.lock\"\n";
    sandbox.write("pyproject.toml", format!("{APP}{configuration}"));
    lock(&[0]);
    let said = |arguments: &[&str]| {
        let run = sandbox.run(arguments);
        let stderr = run.stderr.lines().filter(|line| !line.starts_with("help"));
        format!("{}:{}", run.code, stderr.collect::<Vec<_>>().join("|"))
    };
    let missing = said(&["check"]);
    assert!(
        missing.starts_with("1:     Missing `fast` in overlay.nix: "),
        "{missing}"
    );
    assert!(said(&["check", "--fix"]).starts_with("0:       Fixed `fast` in overlay.nix"));
    assert_eq!(said(&["check"]), "0:");
    // The configuration and the mark in the file say the same.
    assert_eq!(said(&["check", "overlay.nix"]), "0:");
    lock(&[1, 2]);
    let stale = said(&["check"]);
    assert!(
        stale.contains("Out of date `fast` in overlay.nix:10: the version changed from 1.0 to 1.1"),
        "{stale}"
    );
    assert!(stale.contains("Missing `quick`"), "{stale}");
    assert!(said(&["check", "--fix"]).starts_with("0:"));
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.1", "quick 1.0"]);
    lock(&[2]);
    let gone = said(&["check"]);
    assert!(
        gone.contains("Out of date `fast` in overlay.nix:10: `uv.lock` no longer has it"),
        "{gone}"
    );
    assert!(said(&["check", "--fix"]).starts_with("0:"));
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["quick 1.0"]);
    assert_eq!(said(&["check"]), "0:");
    // By its present name, the key says the same.
    let configuration = configuration.replace("\nlock =", "\nuv-lock =");
    sandbox.write("pyproject.toml", format!("{APP}{configuration}"));
    assert_eq!(said(&["check"]), "0:");
}

#[test]
fn one_package_s_failure_stops_no_other() {
    let sdists = [
        Sdist::rust("fast", "1.0", &[alpha()]),
        Sdist::rust("gone", "1.0", &[alpha()]),
        Sdist::rust("wrong", "1.0", &[alpha()]),
    ];
    let registry = serving(&[alpha()], &sdists[..1]);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    // Its file is another package's, its hash that file's.
    let entry = sdists[0]
        .entry(&address, "")
        .replace("name = \"fast\"", "name = \"other\"");
    let hash = sdists[0].hash();
    let lying = sdists[0]
        .entry(&address, "")
        .replace("name = \"fast\"", "name = \"lying\"")
        .replace(&hash, &"0".repeat(64));
    let unhashed = sdists[0]
        .entry(&address, "")
        .replace("name = \"fast\"", "name = \"unhashed\"");
    let unhashed = unhashed.replace(&format!(", hash = \"sha256:{hash}\""), "");
    let lock = uv_lock(&[
        ("fast", sdists[0].entry(&address, "")),
        ("gone", sdists[1].entry(&address, "")),
        ("lying", lying),
        ("other", entry),
        ("unhashed", unhashed),
    ]);
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", lock);
    let run = sandbox.run(&["lock", "--format", "json", "--write", "overlay.nix"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let codes: BTreeMap<_, _> = report["packages"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|package| {
            Some((
                package["name"].as_str()?,
                package["error"]["code"].as_str()?,
            ))
        })
        .collect();
    assert_eq!(codes["other"], "pyhack::python_lock::other_package");
    assert_eq!(
        codes.keys().copied().collect::<Vec<_>>(),
        ["gone", "lying", "other", "unhashed"]
    );
    assert!(
        run.stderr.contains("1 with Rust, 4 failed"),
        "{}",
        run.stderr
    );
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.0"]);
}

#[test]
fn packages_without_rust_get_stanzas_and_lose_them_by_an_option() {
    let sdists = [
        Sdist::built_with("pure", "1.0", &["setuptools", "wheel"]),
        Sdist::plain("own", "1.0"),
        Sdist::rust("fast", "1.0", &[]),
    ];
    let registry = serving(&[], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entries = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&address, "")));
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", uv_lock(&entries.collect::<Vec<_>>()));
    sandbox.run(&["lock", "--write", "overlay.nix"]).ok();
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.0", "pure 1.0"]);
    let text = read(&sandbox, "overlay.nix");
    let (_, stanza) = text.split_once("# pyhack: begin pure").unwrap();
    let lines: Vec<_> = stanza.lines().skip(3).take(4).map(str::trim).collect();
    assert_eq!(
        lines,
        [
            "pure = prev.pure.overrideAttrs (old: {",
            "${if old.passthru.format or null != \"wheel\" then \"nativeBuildInputs\" else null} =",
            "old.nativeBuildInputs ++ final.resolveBuildSystem { setuptools = [ ]; };",
            "});"
        ]
    );
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).code, 0);
    let run = sandbox.run(&["lock", "--rust-only", "--write", "overlay.nix"]);
    let removed = "     Removed `pure`, which has no Rust extension\n";
    assert!(
        run.code == 0 && run.stderr.contains(removed),
        "{}",
        run.stderr
    );
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.0"]);
    // The mark of the lock keeps the option.
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).code, 0);
}

/// Caches are empty on other machines, and one package may fail on all.
#[test]
fn what_has_no_rust_is_known_though_another_package_fails() {
    let sdists = [
        Sdist::plain("plain", "1.0"),
        Sdist::rust("gone", "1.0", &[]),
    ];
    let registry = serving(&[], &sdists[..1]);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entries = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&address, "")));
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", uv_lock(&entries.collect::<Vec<_>>()));
    assert_eq!(sandbox.run(&["lock", "--write", "overlay.nix"]).code, 3);
    fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(
        run.code == 1 && run.stderr.contains("Missing `gone`"),
        "{}",
        run.stderr
    );
    assert!(!run.stderr.contains("plain"), "{}", run.stderr);
}

/// Its author may be anybody.
#[test]
fn results_of_other_runs_lead_to_no_other_file_and_line() {
    let (sandbox, _registry) = application();
    let jsonl = ["lock", "-q", "--no-ifd", "--format", "jsonl"];
    let lines = sandbox.run(&jsonl).ok();
    let merge = [
        "lock",
        "--no-ifd",
        "--merge",
        "all.jsonl",
        "--write",
        "sub/overlay.nix",
    ];
    for (from, to) in [
        ("\"name\":\"fast.lock\"", "\"name\":\"../../evil.lock\""),
        ("\"name\":\"fast.lock\"", "\"name\":\"fast.nix\""),
        (
            "\"package\":{\"name\":\"fast\",\"version\":\"1.0\"",
            "\"package\":{\"name\":\"fast\",\"version\":\"1.0\\n}\"",
        ),
        (
            "\"stanza\":{\"source\":{\"name\":\"fast\"",
            "\"stanza\":{\"source\":{\"name\":\"quick\"",
        ),
    ] {
        assert!(lines.contains(from), "{from} isn't in {lines}");
        sandbox.write("all.jsonl", lines.replacen(from, to, 1));
        let run = sandbox.run(&merge);
        assert_eq!(run.code, 3, "{to}: {}", run.stderr);
        assert!(
            run.stderr.contains("all.jsonl:1:1: not a line of"),
            "{}",
            run.stderr
        );
        assert!(!sandbox.path("sub").exists());
    }
    sandbox.write("all.jsonl", &lines);
    sandbox.run(&merge).ok();
    assert!(sandbox.path("sub/fast.lock").exists());
}

#[test]
fn an_index_that_asks_for_a_login() {
    let sdist = Sdist::rust("fast", "1.0", &[alpha()]);
    let (path, bytes) = (sdist.path(), sdist.bytes.clone());
    let registry = Registry::with(&[alpha()], move |_, asked: &Asked| {
        // ada:sesame
        let is_ada = asked
            .headers
            .get("authorization")
            .is_some_and(|sent| sent == "Basic YWRhOnNlc2FtZQ==");
        (asked.path == path).then(|| {
            if is_ada {
                Reply::body(bytes.clone())
            } else {
                Reply::status("401 Unauthorized")
            }
        })
    });
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entry = sdist.entry(&address, "").replace(
        "https://example.org/simple",
        &format!("http://{address}/simple"),
    );
    sandbox.write(
        "pyproject.toml",
        format!("{APP}[[tool.uv.index]]\nname = \"private\"\nurl = \"http://{address}/simple\"\n"),
    );
    sandbox.write("uv.lock", uv_lock(&[("fast", entry)]));
    let run = sandbox.run(&["lock", "--write", "overlay.nix"]);
    assert!(
        run.code == 4 && run.stderr.contains("UV_INDEX_PRIVATE_USERNAME"),
        "{}",
        run.stderr
    );
    let login = [
        ("UV_INDEX_PRIVATE_USERNAME", "ada"),
        ("UV_INDEX_PRIVATE_PASSWORD", "sesame"),
    ];
    let run = sandbox.run_with(&login, &["-v", "lock", "--write", "overlay.nix"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert!(!(run.stderr + &read(&sandbox, "overlay.nix")).contains("sesame"));
}

/// Two versions of a package, one on each platform, in one stanza.
#[test]
fn forks_are_told_apart_by_their_versions() {
    let sdists = [
        Sdist::rust("fast", "1.0", &[alpha()]),
        Sdist::rust("fast", "2.0", &[alpha()]),
    ];
    let registry = serving(&[alpha()], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entry = |place: usize, system: &str| {
        let marker = format!("resolution-markers = [\"sys_platform == '{system}'\"]\n");
        sdists[place].entry(&address, &marker)
    };
    let lock = uv_lock(&[(
        "fast",
        format!("{}{}", entry(0, "linux"), entry(1, "darwin")),
    )]);
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", lock);
    sandbox.run(&["lock", "-q", "--write", "overlay.nix"]).ok();
    assert_eq!(stanzas(&sandbox, "overlay.nix"), ["fast 1.0,2.0"]);
    if !has_nix() {
        return;
    }
    let chosen = |version: &str, format: &str| {
        let expression = format!(
            "(import {} {{ pkgs = null; lib = null; hacks.importCargoLock = {{ prev, ... }}: {{ overrideAttrs = _: \"built \
             ${{prev.version}}\"; }}; }} {{ }} {{ fast = {{ version = \"{version}\"; passthru.format = \"{format}\"; left = \
             true; }}; }}).fast",
            sandbox.path("overlay.nix").display()
        );
        let mut command: Command = nix(&sandbox, "nix-instantiate");
        let output = command
            .args(["--eval", "--strict", "--expr", &expression])
            .output()
            .unwrap();
        String::from_utf8_lossy(&output.stdout).trim().to_owned()
    };
    assert_eq!(chosen("1.0", "pyproject"), "\"built 1.0\"");
    assert_eq!(chosen("2.0", "pyproject"), "\"built 2.0\"");
    assert!(chosen("3.0", "pyproject").contains("left"));
    assert!(chosen("1.0", "wheel").contains("left"));
}

#[test]
fn inspect_and_why_take_a_lock() {
    let (sandbox, _registry) = application();
    let table = sandbox
        .run(&["inspect", "--platform", "x86_64-linux", "uv.lock"])
        .ok();
    let row = |name: &str| {
        let line = table
            .lines()
            .find(|line| line.trim_start().starts_with(name))
            .unwrap();
        line.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    assert_eq!(row("app"), "app 1.0 virtual not built");
    assert_eq!(
        row("fast"),
        "fast 1.0 registry source yes 2 no wheel in the lockfile"
    );
    assert_eq!(
        row("plain"),
        "plain 1.0 registry source no no wheel in the lockfile"
    );
    assert_eq!(row("quick"), "quick 1.0 registry wheel");
    let why = sandbox.run(&["why", "alpha", "uv.lock"]).ok();
    assert!(
        why.contains("alpha of fast") && why.contains("alpha of quick"),
        "{why}"
    );
    let why = sandbox.run(&["why", "fast", "uv.lock"]).ok();
    assert!(
        why.starts_with("fast 1.0\n  source: no wheel in the lockfile"),
        "{why}"
    );
    assert!(!why.contains("quick"), "{why}");
    let why = sandbox.run(&["why", "plain", "uv.lock"]).ok();
    assert!(
        why.ends_with("\n\nbuild system of plain 1.0  own\n  nothing\n"),
        "{why}"
    );
    let why = sandbox.run(&["why", "maturin", "uv.lock"]).ok();
    assert!(
        why.contains("build system of fast 1.0  maturin") && !why.contains("plain"),
        "{why}"
    );
}

#[test]
fn pylock_is_a_lock_too() {
    let sdist = Sdist::rust("fast", "1.0", &[alpha()]);
    let registry = serving(&[alpha()], std::slice::from_ref(&sdist));
    let sandbox = Sandbox::with_registry(&registry);
    let hash = sdist.hash();
    let lock = format!(
        "lock-version = \"1.0\"\ncreated-by = \"somebody\"\n[[packages]]\nname = \"fast\"\nversion = \"1.0\"\n\
         sdist = {{ url = \"http://{}{}\", hashes = {{ sha256 = \"{hash}\" }} }}\n",
        registry.address(),
        sdist.path()
    );
    sandbox.write("pylock.toml", lock);
    let printed = sandbox.run(&["lock"]).ok();
    assert!(printed.contains("fast ="), "{printed}");
}

#[test]
fn a_lock_that_is_none() {
    let sandbox = Sandbox::new();
    let run = sandbox.run(&["lock"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("code: pyhack::python_lock::not_found"),
        "{}",
        run.stderr
    );
    sandbox.write("uv.lock", "version = 9\n");
    let run = sandbox.run(&["lock"]);
    assert!(
        run.code == 3 && run.stderr.contains("uv.lock:1:11: format version 9"),
        "{}",
        run.stderr
    );
    sandbox.write("uv.lock", uv_lock(&[]));
    sandbox.write("pyproject.toml", APP);
    let run = sandbox.run(&["lock", "--python", "3.9"]);
    assert!(
        run.stderr
            .contains("`uv.lock` requires Python >=3.11, which excludes 3.9"),
        "{}",
        run.stderr
    );
    for wrong in ["0/2", "3/2", "1", "a/b"] {
        assert_eq!(sandbox.run(&["lock", "--shard", wrong]).code, 2, "{wrong}");
    }
}

/// As many as large applications have, and more.
#[test]
fn two_thousand_packages() {
    let sandbox = Sandbox::new();
    let wheel = |place: usize| {
        let entry = format!(
            "[[package]]\nname = \"p{place}\"\nversion = \"1.0\"\nsource = {{ registry = \"https://example.org/simple\" }}\n\
             wheels = [{{ url = \"https://example.org/p{place}-1.0-py3-none-any.whl\", hash = \"sha256:{place:064}\" }}]\n\n"
        );
        (format!("p{place}"), entry)
    };
    let entries: Vec<_> = (0..2000).map(wheel).collect();
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, entry)| (name.as_str(), entry.clone()))
        .collect();
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", uv_lock(&entries));
    let run = sandbox.run(&["lock", "--offline"]);
    assert!(
        run.stderr.contains("2001 packages, 0 built from source"),
        "{}",
        run.stderr
    );
}

/// Five packages whose crates are of one registry.
fn five_packages(answer: fn(SocketAddr, &Asked) -> Option<Reply>) -> (Sandbox, Registry) {
    let sdists = ["a", "b", "c", "d", "e"].map(|name| Sdist::rust(name, "1.0", &[alpha()]));
    let bodies: BTreeMap<_, _> = sdists
        .iter()
        .map(|sdist| (sdist.path(), sdist.bytes.clone()))
        .collect();
    let registry = Registry::with(&[alpha()], move |address, asked| {
        let sdist = bodies.get(&asked.path).cloned().map(Reply::body);
        sdist.or_else(|| answer(address, asked))
    });
    let sandbox = Sandbox::with_registry(&registry);
    let entries = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&registry.address(), "")));
    sandbox.write("pyproject.toml", APP);
    sandbox.write("uv.lock", uv_lock(&entries.collect::<Vec<_>>()));
    (sandbox, registry)
}

fn configurations_asked_for(registry: &Registry) -> usize {
    let requests = registry.requests();
    let is_it = |path: &&String| path.ends_with("/config.json");
    requests.iter().filter(is_it).count()
}

#[test]
fn a_registry_is_asked_once_for_all_packages() {
    let (sandbox, registry) = five_packages(|_, _| None);
    sandbox.run(&["lock", "--write", "overlay.nix"]).ok();
    assert_eq!(stanzas(&sandbox, "overlay.nix").len(), 5);
    assert_eq!(configurations_asked_for(&registry), 1);
}

#[test]
fn a_registry_that_is_down_is_tried_as_often_as_for_one_package() {
    let (sandbox, registry) = five_packages(|_, asked| {
        let is_it = asked.path == "/index/config.json";
        is_it.then(|| Reply::status("503 Service Unavailable"))
    });
    sandbox.run(&["lock", "--write", "overlay.nix"]).ok();
    assert_eq!(stanzas(&sandbox, "overlay.nix").len(), 5);
    assert_eq!(configurations_asked_for(&registry), 4);
}

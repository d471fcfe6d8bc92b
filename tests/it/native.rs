//! Native inputs: from the crates that cargo builds, and why.

use std::fmt::Write as _;

use serde_json::Value;

use crate::support::{CRATES_IO, Crate, Registry, Run, Sandbox};

/// A crate of the loopback registry, with what it depends on in the lock.
struct Made {
    krate: Crate,
    edges: &'static [&'static str],
}

fn made(id: &str, edges: &'static [&'static str], manifest: &str, build: Option<&str>) -> Made {
    let (name, version) = id.split_once(' ').unwrap();
    let text = format!("[package]\nname = \"{name}\"\nversion = \"{version}\"\n{manifest}");
    let mut files = vec![
        ("Cargo.toml", text.as_str(), 0o644),
        ("src/lib.rs", "", 0o644),
    ];
    // Cargo asks a crate that links something for a build script.
    let build = build.or_else(|| manifest.contains("links =").then_some("fn main() {}"));
    files.extend(build.map(|text| ("build.rs", text, 0o644)));
    let krate = Crate::with_files(name, version, &files);
    Made { krate, edges }
}

const GIT: &str = "git+https://example.org/gitted?tag=v1#0123456789012345678901234567890123456789";

/// A lock of the module, `gitted` from git where something depends on it, and
/// these crates.
fn lock(module: &[&str], crates: &[Made]) -> String {
    let list = |edges: &[&str]| {
        let lines: String = edges.iter().map(|edge| format!(" \"{edge}\",\n")).collect();
        format!("dependencies = [\n{lines}]\n")
    };
    let mut text = "version = 4\n".to_owned();
    for Made { krate, edges } in crates {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"{}\"\nversion = \"{}\"\nsource = \"{CRATES_IO}\"\nchecksum = \"{}\"\n{}",
            krate.name,
            krate.version,
            krate.checksum(),
            list(edges)
        );
    }
    if module.contains(&"gitted") {
        let _ = write!(
            text,
            "\n[[package]]\nname = \"gitted\"\nversion = \"1.0.0\"\nsource = \"{GIT}\"\n{}",
            list(&["from-git-sys"])
        );
    }
    let _ = write!(
        text,
        "\n[[package]]\nname = \"module\"\nversion = \"0.1.0\"\n{}",
        list(module)
    );
    text
}

/// A sandbox with the registry and the project `module`.
fn sandbox(manifest: &str, edges: &[&str], crates: &[Made]) -> Sandbox {
    let served: Vec<_> = crates.iter().map(|made| made.krate.clone()).collect();
    let sandbox = Sandbox::with_registry(&Registry::new(&served));
    let pyproject = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n[project]\nname = \"module\"\nversion = \"0.1.0\"\n";
    sandbox.write("module/pyproject.toml", pyproject);
    let head = "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"cdylib\"]\n";
    sandbox.write("module/Cargo.toml", format!("{head}{manifest}"));
    sandbox.write("module/src/lib.rs", "");
    sandbox.write("module/Cargo.lock", lock(edges, crates));
    sandbox
}

/// A module with a feature that is off, a crate for macOS, one that asks
/// pkg-config, one with metadata, and one that builds its own.
fn rich() -> Sandbox {
    let probing = "fn main() {\n    if cfg!(feature = \"off\") { pkg_config::probe_library(\"gtk4\").unwrap(); }\n    pkg_config::probe_library(\"libpng\").unwrap();\n}\n";
    let crates = [
        made("openssl-sys 0.9.100", &[], "links = \"openssl\"\n", None),
        made(
            "png-sys 1.0.0",
            &[],
            "links = \"png\"\n[features]\noff = []\n",
            Some(probing),
        ),
        made(
            "tls 1.0.0",
            &["openssl-sys"],
            "[features]\nnative = [\"dep:openssl-sys\"]\n[dependencies]\nopenssl-sys = { version = \"0.9\", optional = true }\n",
            None,
        ),
        made(
            "glibby-sys 1.0.0",
            &[],
            "links = \"glibby\"\n[package.metadata.system-deps]\nglib = { name = \"glib-2.0\", version = \"2\" }\n",
            None,
        ),
        made("zstd-sys 2.0.16", &[], "links = \"zstd\"\n", None),
    ];
    sandbox(
        "[features]\ndefault = [\"png\"]\npng = [\"dep:png-sys\"]\nsecure = [\"tls/native\"]\n\
         [dependencies]\npng-sys = { version = \"1\", optional = true }\ntls = \"1\"\nzstd-sys = \"2\"\n\
         [target.'cfg(target_os = \"macos\")'.dependencies]\nglibby-sys = \"1\"\n",
        &["glibby-sys", "png-sys", "tls", "zstd-sys"],
        &crates,
    )
}

fn native(run: Run) -> Value {
    let report: Value = serde_json::from_str(&run.ok()).unwrap();
    report["native"].clone()
}

fn attrs(native: &Value, key: &str) -> Vec<String> {
    let inputs = native[key].as_array().unwrap().iter();
    inputs
        .map(|input| input["attr"].as_str().unwrap().to_owned())
        .collect()
}

/// The notes and warnings about native inputs, with their marks.
fn talk(sandbox: &Sandbox) -> String {
    let run = sandbox.run(&["inspect", "module"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    run.stderr
}

#[test]
fn only_what_is_built_counts() {
    let sandbox = rich();
    let run = sandbox.run(&["inspect", "-q", "module"]).ok();
    let lines: Vec<_> = run
        .lines()
        .filter(|line| line.starts_with("  libraries"))
        .collect();
    insta::assert_snapshot!(lines.join("\n"), @r"
    libraries       pkgs.glib  glibby-sys 1.0.0: asks pkg-config for glib-2.0 (only on aarch64-darwin)
    libraries       pkgs.libpng  png-sys 1.0.0: asks pkg-config for libpng
    ");
    let with =
        |flag| native(sandbox.run(&["inspect", "--format", "json", "--prefer", flag, "module"]));
    let system = with("zstd=system");
    assert_eq!(system["resolved_by"], "cargo");
    assert_eq!(attrs(&system, "build_inputs"), ["glib", "libpng", "zstd"]);
    assert_eq!(system["env"]["ZSTD_SYS_USE_PKG_CONFIG"], "1");
    assert_eq!(attrs(&with("bundled"), "build_inputs"), ["glib", "libpng"]);
    let linux = sandbox.run(&[
        "inspect",
        "--format",
        "json",
        "--platform",
        "x86_64-unknown-linux-gnu",
        "module",
    ]);
    assert_eq!(attrs(&native(linux), "build_inputs"), ["libpng"]);
}

#[test]
fn what_differs_between_platforms_stands_in_optionals() {
    let stanza = rich()
        .run(&["nix-snippet", "-q", "--as", "stanza", "module"])
        .ok();
    insta::assert_snapshot!(stanza, @"
    module =
      (hacks.importCargoLock {
        prev = prev.module;
      }).overrideAttrs
        (old: {
          buildInputs =
            (old.buildInputs or [ ])
            ++ [
              pkgs.libpng # png-sys 1.0.0
            ]
            ++ lib.optionals pkgs.stdenv.hostPlatform.isDarwin [
              pkgs.glib # glibby-sys 1.0.0
            ];
        });
    ");
}

#[test]
fn why_is_told_and_why_not() {
    let sandbox = rich();
    let why = |name: &str| sandbox.run(&["why", "-q", name, "module"]).ok();
    insta::assert_snapshot!(why("libpng"), @r"
    libpng of module

      module 0.1.0
      └─ png-sys 1.0.0  feature png, default, enabled by the build
          pkgs.libpng  asks pkg-config for libpng
          build script: build.rs:3: pkg-config libpng
          on aarch64-darwin, aarch64-linux, x86_64-linux
    ");
    insta::assert_snapshot!(why("png"), @r"
    png of module

      module 0.1.0
      └─ png-sys 1.0.0  feature png, default, enabled by the build
          pkgs.libpng  asks pkg-config for libpng
          build script: build.rs:3: pkg-config libpng
          on aarch64-darwin, aarch64-linux, x86_64-linux
    ");
    insta::assert_snapshot!(why("pkgs.openssl"), @r"
    pkgs.openssl is not needed by module, although `Cargo.lock` contains:
      openssl-sys 0.9.100: `tls` only depends on it with its feature `native`
    ");
    insta::assert_snapshot!(why("nothing"), @"nothing is not needed by module: no crate in its `Cargo.lock` is related to it");
}

#[test]
fn pictures_are_drawn() {
    let sandbox = rich();
    let draw = |format: &str| {
        sandbox
            .run(&["why", "-q", "--all", "--format", format, "module"])
            .ok()
    };
    insta::assert_snapshot!(draw("mermaid"), @r#"
    flowchart LR
      n0["module 0.1.0"]
      n1["glibby-sys 1.0.0"]
      n2(["pkgs.glib"])
      n3["png-sys 1.0.0"]
      n4(["pkgs.libpng"])
      n0 --> n1
      n0 -->|"png"| n3
      n1 --> n2
      n3 --> n4
    "#);
    let dot = draw("dot");
    assert!(
        dot.starts_with("digraph") && dot.contains("pkgs.libpng"),
        "{dot}"
    );
    let svg = draw("svg");
    assert!(
        svg.contains("<svg") && svg.trim_end().ends_with("</svg>"),
        "{svg}"
    );
    assert!(svg.contains("png-sys 1.0.0"), "{svg}");
    assert_eq!(draw("svg"), svg);
    let json: Value = serde_json::from_str(&draw("json")).unwrap();
    assert_eq!(json["answer"], "needed");
}

#[test]
fn what_cannot_be_told_is_told() {
    let crates = [
        made(
            "broken-sys 1.0.0",
            &[],
            "links = \"broken\"\n",
            Some("fn main( {"),
        ),
        made(
            "fetching 1.0.0",
            &[],
            "",
            Some("fn main() {\n    std::process::Command::new(\"curl\").status().unwrap();\n}\n"),
        ),
        made("minreq 2.0.0", &[], "", None),
        made(
            "loading 1.0.0",
            &["minreq"],
            "[build-dependencies]\nminreq = \"2\"\n",
            Some("fn main() {\n    minreq::get(\"https://example.org/a\").send().unwrap();\n}\n"),
        ),
        made(
            "mystery-sys 1.0.0",
            &[],
            "links = \"mystery\"\n",
            Some("fn main() { println!(\"cargo:rustc-link-lib=mystery\"); }"),
        ),
        made(
            "asking-sys 1.0.0",
            &[],
            "links = \"asking\"\n",
            Some("fn main() { pkg_config::probe_library(\"no-such-module\").unwrap(); }"),
        ),
    ];
    let names = [
        "asking-sys",
        "broken-sys",
        "fetching",
        "loading",
        "mystery-sys",
    ];
    let manifest: String = names
        .iter()
        .map(|name| format!("{name} = \"1\"\n"))
        .collect();
    let sandbox = sandbox(&format!("[dependencies]\n{manifest}"), &names, &crates);
    insta::assert_snapshot!(talk(&sandbox), @r"
    warning: loading 1.0.0: its build script downloads with `minreq` (build.rs:2)
      help: disable the download in the override with a patch or a variable of the build script, or use nixpkgs' build of the package with `nix-snippet --prebuilt NAME`: builds in Nix's sandbox have no network
    warning: fetching 1.0.0: its build script runs `curl` (build.rs:2)
      help: disable the download in the override with a patch or a variable of the build script, or use nixpkgs' build of the package with `nix-snippet --prebuilt NAME`: builds in Nix's sandbox have no network
    warning: the native dependencies of mystery-sys 1.0.0 aren't known: its build script links mystery
      help: if it needs a library, add it with `--build-inputs ATTRIBUTE`; please report it, or add the row that `cargo pyhack why CRATE` prints to `data/native-deps.toml`
    warning: asking-sys 1.0.0 asks pkg-config for `no-such-module`, which isn't in the built-in table
      help: add the nixpkgs package that provides it with `--build-inputs ATTRIBUTE`; please report it, or add a row to `data/pkg-config.toml`
    warning: failed to parse the build script of broken-sys 1.0.0: `build.rs:1`: cannot parse string into token stream
      help: check it: it may need more than is shown here
    ");
    insta::assert_snapshot!(sandbox.run(&["why", "-q", "mystery-sys", "module"]).ok(), @r#"
    mystery-sys of module

      module 0.1.0
      └─ mystery-sys 1.0.0
          on aarch64-darwin, aarch64-linux, x86_64-linux

    It isn't in the built-in table. If it needs something, please report it, or complete this row for data/native-deps.toml:

    [[native]]
    crate = "mystery-sys"
    need = "hard" # or soft, bundled, tool, net, runtime, none
    build_inputs = []
    native_build_inputs = []
    note = ""
    evidence = "mystery-sys 1.0.0 build.rs"
    "#);
}

#[test]
fn the_lock_stands_in_for_crates_that_cannot_be_had() {
    let crates = [
        made(
            "from-git-sys 1.0.0",
            &[],
            "links = \"from-git\"\n",
            Some("fn main() { pkg_config::probe_library(\"libpng\").unwrap(); }"),
        ),
        made(
            "other 1.0.0",
            &["openssl-sys"],
            "[features]\nx = [\"dep:openssl-sys\"]\n[dependencies]\nopenssl-sys = { version = \"0.9\", optional = true }\n",
            None,
        ),
        made("openssl-sys 0.9.100", &[], "links = \"openssl\"\n", None),
    ];
    let manifest = "[features]\nx = [\"other/x\"]\n[dependencies]\nother = \"1\"\ngitted = { git = \"https://example.org/gitted\", tag = \"v1\", features = [\"any\"] }\n";
    let sandbox = sandbox(manifest, &["gitted", "other"], &crates);
    let report = native(sandbox.run(&["inspect", "--format", "json", "module"]));
    // What doesn't come from git is resolved all the same.
    assert_eq!(attrs(&report, "build_inputs"), ["libpng"]);
    assert_eq!(report["resolved_by"], "cargo");
    let talk = talk(&sandbox);
    let note = talk
        .lines()
        .find(|line| line.contains("gitted 1.0.0"))
        .unwrap();
    assert!(
        note.starts_with("note: the native dependencies may include more than is built"),
        "{note}"
    );
}

#[test]
fn without_an_answer_of_cargo_s_the_lock_serves() {
    let openssl = || made("openssl-sys 0.9.100", &[], "links = \"openssl\"\n", None);
    // A manifest that cargo rejects, and crates whose build scripts need each
    // other.
    let rejected = made(
        "bad 1.0.0",
        &["openssl-sys"],
        "[features]\nx = [\"missing/y\"]\n",
        None,
    );
    let a = made(
        "cyc-a 1.0.0",
        &["cyc-b"],
        "[build-dependencies]\ncyc-b = \"1\"\n",
        None,
    );
    let b = made(
        "cyc-b 1.0.0",
        &["cyc-a", "openssl-sys"],
        "[build-dependencies]\ncyc-a = \"1\"\n[dependencies]\nopenssl-sys = \"0.9\"\n",
        None,
    );
    for (first, crates) in [
        ("bad", vec![openssl(), rejected]),
        ("cyc-a", vec![openssl(), a, b]),
    ] {
        let sandbox = sandbox(
            &format!("[dependencies]\n{first} = \"1\"\n"),
            &[first],
            &crates,
        );
        let report = native(sandbox.run(&["inspect", "--format", "json", "module"]));
        assert_eq!(report["resolved_by"], "lock", "{first}");
        assert_eq!(attrs(&report, "build_inputs"), ["openssl"], "{first}");
        let talk = talk(&sandbox);
        assert!(talk.contains("may include more than is built"), "{talk}");
        sandbox.run(&["why", "openssl", "module"]).ok();
    }
    let sandbox = rich();
    let output = sandbox
        .command(env!("CARGO_BIN_EXE_cargo-pyhack"))
        .args(["inspect", "module"])
        .env("CARGO", "/nowhere/cargo")
        .output()
        .unwrap();
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success() && text.contains("failed to run cargo"),
        "{text}"
    );
}

#[test]
fn a_platform_that_nobody_knows_is_refused() {
    let run = Sandbox::new().run(&["inspect", "--platform", "x86_64-plan9", "."]);
    insta::assert_snapshot!(run.failure(), @r"
    exit code 2
    error: invalid value 'x86_64-plan9' for '--platforms <LIST>': expected one of aarch64-darwin, aarch64-linux, x86_64-darwin, x86_64-linux

    For more information, try '--help'.
    ");
}

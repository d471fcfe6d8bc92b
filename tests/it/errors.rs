//! Bad input: one clear error, the documented exit code, nothing half
//! written.

use std::collections::BTreeMap;
use std::io::Write as _;
use std::net::TcpListener;

use crate::support::{
    Crate, Registry, Sandbox, cargo_config, move_crate, python_project, redact_ports,
};

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

/// A sandbox with the project `project`, its lock changed by `change`.
fn with_lock(crates: &[Crate], change: impl Fn(&str) -> String) -> Sandbox {
    let sandbox = Sandbox::new();
    let mut files = python_project(crates);
    let lock = files
        .iter_mut()
        .find(|(path, _)| path.ends_with("Cargo.lock"))
        .unwrap();
    lock.1 = change(&lock.1);
    sandbox.project("project", &files);
    sandbox
}

/// Nothing but the project and the configuration is there.
#[track_caller]
fn nothing_written(sandbox: &Sandbox) {
    let entries = std::fs::read_dir(sandbox.path("")).unwrap();
    let mut names: Vec<_> = entries
        .map(|e| e.unwrap().file_name().into_string().unwrap())
        .collect();
    names.retain(|name| !["cache", "cargo-home", "home"].contains(&name.as_str()));
    assert_eq!(names, ["project"]);
}

#[test]
fn no_such_path() {
    let sandbox = Sandbox::new();
    insta::assert_snapshot!(sandbox.run(&["./inspct"]).failure(), @"
    exit code 3
    error: `./inspct` doesn't exist
      help: pass a project folder, an sdist, or a release as `NAME==VERSION`; `cargo pyhack --help` lists the commands
      code: pyhack::source::not_found
    ");
}

#[test]
fn neither_folder_nor_sdist() {
    let sandbox = Sandbox::new();
    sandbox.write("a.whl", "");
    insta::assert_snapshot!(sandbox.run(&["hash", "a.whl"]).failure(), @"
    exit code 3
    error: `a.whl` is neither a folder nor an sdist
      help: pass an sdist that ends in `.tar.gz` or `.zip`, or unpack the archive and pass the folder
      code: pyhack::source::unknown_kind
    ");
}

#[test]
fn a_wrong_flag() {
    let sandbox = Sandbox::new();
    assert!(
        sandbox
            .run(&["hash", "--sri"])
            .failure()
            .starts_with("exit code 2\n")
    );
}

#[test]
fn no_pyproject() {
    let sandbox = Sandbox::new();
    sandbox.write("project/Cargo.toml", "[workspace]");
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @"
    exit code 3
    error: no `pyproject.toml` found in `project`
      help: pass the folder or sdist of a Python project: `cargo pyhack inspect PATH`
      code: pyhack::project::no_pyproject
    ");
    sandbox.write("project/bindings/python/pyproject.toml", "");
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @"
    exit code 3
    error: no `pyproject.toml` found in `project`
      help: pass a folder that has one: `project/bindings/python`; for example, `cargo pyhack inspect project/bindings/python`
      code: pyhack::project::no_pyproject
    ");
}

#[test]
fn no_name() {
    let sandbox = Sandbox::new();
    sandbox.write("project/pyproject.toml", "");
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @"
    exit code 3
    error: the Python package in `project` has no name
      help: set `name` in the `[project]` table of `pyproject.toml`
      code: pyhack::project::no_name
    ");
}

#[test]
fn no_rust() {
    let sandbox = Sandbox::new();
    sandbox.write("project/pyproject.toml", "[project]\nname = \"pure\"\n");
    for command in ["vendor", "hash", "nix-snippet"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(sandbox.run(&[command, "project"]).failure(), @r#"
        exit code 3
        error: no Rust extension found in `project`
          help: if the build compiles a crate, set its manifest in `pyproject.toml`: `manifest-path` in `[tool.maturin]`, or `path` in `[[tool.setuptools-rust.ext-modules]]`; otherwise there are no crates to vendor
          code: pyhack::project::no_rust
        "#);
        }
    }
    nothing_written(&sandbox);
}

#[test]
fn a_manifest_that_is_not_there_or_outside() {
    let sandbox = Sandbox::new();
    for (path, name) in [("rust/Cargo.toml", "missing"), ("../Cargo.toml", "outside")] {
        let text = format!("[tool.maturin]\nmanifest-path = \"{path}\"\n");
        sandbox.write("project/pyproject.toml", text);
        let failure = sandbox.run(&["inspect", "project"]).failure();
        match name {
            "missing" => insta::assert_snapshot!(failure, @"
        exit code 3
        error: `project/pyproject.toml` names the manifest `rust/Cargo.toml`, which doesn't exist
          help: correct `tool.maturin.manifest-path` in `project/pyproject.toml`, or add the missing file
          code: pyhack::project::no_manifest
        "),
            _ => insta::assert_snapshot!(failure, @"
        exit code 3
        error: `../Cargo.toml` in `project/pyproject.toml` is outside the project
          help: run `cargo pyhack` in a clone of the whole repository: files above a project are only read within its git repository
          code: pyhack::project::outside
        "),
        }
    }
}

#[test]
fn files_that_cannot_be_read() {
    let sandbox = Sandbox::new();
    sandbox.write("project/pyproject.toml", "[project]\nname = 1\n");
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @"
    exit code 3
    error: project/pyproject.toml:2:8: invalid type: integer `1`, expected a string
      help: correct it; see https://packaging.python.org/en/latest/specifications/pyproject-toml/
      code: pyhack::project::toml
    ");
    sandbox.write("project/pyproject.toml", b"[project]\nname = \"\xFF\"\n");
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @"
    exit code 3
    error: `project/pyproject.toml` is not UTF-8 text
      help: save `project/pyproject.toml` as UTF-8
      code: pyhack::project::not_utf8
    ");
    let requires = "[project]\nname = \"a\"\n[build-system]\nrequires = [\"maturin >> 1\"]\n";
    sandbox.write("project/pyproject.toml", requires);
    insta::assert_snapshot!(sandbox.run(&["inspect", "project"]).failure(), @r#"
    exit code 3
    error: project/pyproject.toml:4:13: `maturin >> 1` in `[build-system].requires` is not a valid requirement: no such comparison operator ">>", must be one of ~= == != <= >= < > ===
      help: write it as in PEP 508, for example `maturin>=1.9,<2`
      code: pyhack::project::requirement
    "#);
}

#[test]
fn a_workspace_above_the_python_project() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[alpha()]);
    files.retain(|(path, _)| !path.ends_with("Cargo.lock"));
    sandbox.project("project/crates/py", &files);
    sandbox.write(
        "project/Cargo.toml",
        "[workspace]\nmembers = [\"crates/py/src/rust\"]\n",
    );
    for command in ["vendor", "hash", "nix-snippet"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(sandbox.run(&[command, "project/crates/py"]).failure(), @"
        exit code 3
        error: no `Cargo.lock` found: `project/crates/py/../../Cargo.lock` doesn't exist
          help: generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`
          code: pyhack::project::no_lock
        ");
        }
    }
    let run = sandbox.run(&["inspect", "project/crates/py"]);
    insta::assert_snapshot!(run.stderr, @"
        warning: the Rust sources extend above the Python project, to `../..`, which uv2nix doesn't copy
          help: the override replaces the package's source with that folder
        warning: no `Cargo.lock` found in `.`
          help: generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`
        ");
    sandbox.write(
        "project/Cargo.toml",
        "[workspace]\nexclude = [\"crates/py\"]\n",
    );
    let failure = sandbox.run(&["hash", "project/crates/py"]).failure();
    assert!(failure.contains("pyhack::project::no_lock"), "{failure}");
}

#[test]
fn no_lock() {
    let sandbox = Sandbox::new();
    let mut files = python_project(&[alpha()]);
    files.retain(|(path, _)| !path.ends_with("Cargo.lock"));
    sandbox.project("project", &files);
    for command in ["vendor", "hash", "nix-snippet"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(sandbox.run(&[command, "project"]).failure(), @"
        exit code 3
        error: no `Cargo.lock` found: `project/src/rust/Cargo.lock` doesn't exist
          help: generate one: pass `--generate-lock --write FILE` to `cargo pyhack nix-snippet` or `lock`; it is saved next to FILE, and other commands use it with `--lock-file`
          code: pyhack::project::no_lock
        ");
        }
    }
    nothing_written(&sandbox);
}

#[test]
fn a_lock_of_an_unknown_format() {
    let sandbox = with_lock(&[alpha()], |lock| {
        lock.replace("version = 4", "version = 5")
    });
    for command in ["inspect", "vendor", "hash", "nix-snippet"] {
        insta::allow_duplicates! {
            insta::assert_snapshot!(sandbox.run(&[command, "project"]).failure(), @"
            exit code 3
            error: project/src/rust/Cargo.lock:3:11: format version 5, but only versions 1 to 4 are supported
              help: update cargo-pyhack, or delete the file and regenerate it with a released cargo: `cargo generate-lockfile`
              code: pyhack::lock::format
            ");
        }
    }
}

#[test]
fn a_lock_that_is_not_toml() {
    let sandbox = with_lock(&[alpha()], |lock| {
        lock.replace("name = \"alpha\"", "<<<<<<< HEAD")
    });
    insta::assert_snapshot!(sandbox.run(&["hash", "project"]).failure(), @"
    exit code 3
    error: project/src/rust/Cargo.lock:6:9: key with no value, expected `=`
      help: restore this file from version control, or run `cargo generate-lockfile` in its folder
      code: pyhack::project::toml
    ");
}

#[test]
fn a_lock_without_checksums() {
    let sandbox = with_lock(&[alpha()], |lock| {
        lock.lines()
            .filter(|l| !l.starts_with("checksum"))
            .map(|l| format!("{l}\n"))
            .collect()
    });
    insta::assert_snapshot!(sandbox.run(&["hash", "project"]).failure(), @"
    exit code 3
    error: `project/src/rust/Cargo.lock` has no checksum for `alpha 1.0.0`
      help: run `cargo generate-lockfile` in its folder, then try again: crates can't be verified without checksums
      code: pyhack::lock::no_checksum
    ");
}

#[test]
fn a_checksum_that_differs() {
    let (good, mut bad) = (Crate::new("beta", "1.0.0"), alpha());
    let crates = [good.clone(), bad.clone()];
    bad.bytes = b"something else".to_vec();
    let registry = Registry::new(&[good, bad]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    for command in ["hash", "vendor"] {
        let failure = sandbox.run(&[command, "project"]).failure();
        let redacted = redact_ports(&failure);
        insta::allow_duplicates! {
            insta::assert_snapshot!(redacted.replace(&crates[1].checksum(), "CHECKSUM"), @"
            exit code 3
            error: checksum mismatch for crate `alpha 1.0.0` from `http://127.0.0.1:PORT/crates/alpha/1.0.0/download`: `Cargo.lock` has CHECKSUM, the file f41f3fa625ff120ddca7ef456bf66371ecea23c129f4e4c32367101edb516cf8
              help: compare with a fresh `cargo generate-lockfile`, and don't build the project until you know whether `Cargo.lock` or the registry is wrong
              code: pyhack::crates::checksum
            ");
        }
    }
    nothing_written(&sandbox);
}

#[test]
fn a_crate_that_the_registry_lacks() {
    let registry = Registry::new(&[]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    let failure = sandbox.run(&["vendor", "project"]).failure();
    insta::assert_snapshot!(redact_ports(&failure), @"
        exit code 3
        error: the registry has no crate `alpha 1.0.0` (`http://127.0.0.1:PORT/crates/alpha/1.0.0/download` responded with status 404)
          help: choose an existing version: `cargo update` in your project, or `cargo pyhack nix-snippet --generate-lock --write FILE` for a source that you can't change
          code: pyhack::crates::missing
        ");
    nothing_written(&sandbox);
}

#[test]
fn no_network() {
    // A port that nobody listens on any more.
    let address = TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap();
    let sandbox = Sandbox::with_cargo_config(&cargo_config(&address.to_string()));
    sandbox.project("project", &python_project(&[alpha()]));
    for command in ["vendor", "hash"] {
        let failure = sandbox.run(&[command, "project"]).failure();
        insta::allow_duplicates! {
            insta::assert_snapshot!(redact_ports(&failure), @"
            exit code 4
            error: failed to fetch `http://127.0.0.1:PORT/index/config.json`: error sending request: client error (Connect): tcp connect error: Connection refused (os error 111)
              help: check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then run the command again: finished downloads are cached
              code: pyhack::network::failed
            ");
        }
    }
    nothing_written(&sandbox);
}

#[test]
fn offline_opens_no_socket() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    for id in [
        None,
        Some(registry.id()),
        Some("registry+file:///index".to_owned()),
    ] {
        let mut files = python_project(&[alpha()]);
        if let Some(id) = id {
            move_crate(&mut files, &alpha(), &id);
        }
        sandbox.project("project", &files);
        for command in ["vendor", "hash"] {
            insta::allow_duplicates! {
                insta::assert_snapshot!(sandbox.run(&[command, "project", "--offline"]).failure(), @"
            exit code 4
            error: crate `alpha 1.0.0` isn't cached, and `--offline` was specified
              help: run the command once without `--offline`
              code: pyhack::network::offline
            ");
            }
        }
    }
    assert_eq!(registry.requests(), Vec::<String>::new());
    nothing_written(&sandbox);
}

#[test]
fn a_registry_that_is_none() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "cargo-home/config.toml",
        "[source.crates-io]\nreplace-with = \"folder\"\n\
         [source.folder]\ndirectory = \"/vendored\"\n",
    );
    sandbox.project("project", &python_project(&[alpha()]));
    // It matters only where something has to be fetched.
    sandbox.project("empty", &python_project(&[]));
    sandbox.run(&["hash", "empty"]).ok();
    insta::assert_snapshot!(sandbox.run(&["hash", "project"]).failure(), @"
    exit code 4
    error: unsupported Cargo configuration: `folder`, which replaces `crates-io`, is the directory source `/vendored`, which has no `.crate` files
      help: correct `[source]` in `config.toml` in `CARGO_HOME`, which may replace a registry with another registry or a `local-registry`
      code: pyhack::network::cargo_config
    ");
}

#[test]
fn a_crate_that_would_escape() {
    let evil = Crate::with_files("alpha", "1.0.0", &[("../../evil", "x", 0o644)]);
    let registry = Registry::new(std::slice::from_ref(&evil));
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[evil]));
    insta::assert_snapshot!(sandbox.run(&["vendor", "project"]).failure(), @"
    exit code 3
    error: `alpha-1.0.0.crate` is not a safe archive: the entry `alpha-1.0.0/../../evil` is outside the crate's folder
      help: don't unpack it; fetch it from a source that you trust
      code: pyhack::source::unsafe_entry
    ");
    nothing_written(&sandbox);
}

#[test]
fn a_crate_that_is_no_archive() {
    let mut broken = alpha();
    broken.bytes = b"<html>".to_vec();
    let registry = Registry::new(std::slice::from_ref(&broken));
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[broken]));
    insta::assert_snapshot!(sandbox.run(&["vendor", "project"]).failure(), @"
    exit code 3
    error: the archive of crate `alpha 1.0.0` is damaged: unexpected end of file
      help: choose another version with `cargo update`: the checksum matches `Cargo.lock`, so the published crate is damaged
      code: pyhack::crates::damaged
    ");
    nothing_written(&sandbox);
}

#[test]
fn a_folder_that_is_not_ours_is_kept() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    let run = sandbox.run(&["vendor", "project", "--to", "project/src"]);
    insta::assert_snapshot!(run.failure(), @"
    exit code 3
    error: `project/src` contains `rust`, which `cargo pyhack vendor` didn't write
      help: choose another folder with `--to DIR`, or move it away: `vendor` replaces the whole folder
      code: pyhack::vendor::not_ours
    ");
    assert!(sandbox.path("project/src/rust/Cargo.toml").exists());
    nothing_written(&sandbox);
}

#[test]
fn a_link_is_not_followed() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    sandbox.write("project/victim/foo/.cargo-checksum.json", "{\"files\":{}}");
    std::os::unix::fs::symlink("victim", sandbox.path("project/link")).unwrap();
    let run = sandbox.run(&["vendor", "project", "--to", "project/link"]);
    insta::assert_snapshot!(run.failure(), @"
    exit code 3
    error: `project/link` is a file or a link, not a folder
      help: choose another folder with `--to DIR`, or move it away; links aren't followed
      code: pyhack::vendor::not_a_folder
    ");
    assert!(
        sandbox
            .path("project/victim/foo/.cargo-checksum.json")
            .exists()
    );
    nothing_written(&sandbox);
}

#[test]
fn what_was_vendored_before_stays_whole() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox
        .run(&["vendor", "project", "--to", "project/vendor"])
        .ok();
    let before = crate::support::tree(&sandbox.path("project/vendor"));
    sandbox.project(
        "project",
        &python_project(&[alpha(), Crate::new("gone", "1.0.0")]),
    );
    sandbox
        .run(&["vendor", "project", "--to", "project/vendor"])
        .failure();
    assert_eq!(
        crate::support::tree(&sandbox.path("project/vendor")),
        before
    );
    let left = std::fs::read_dir(sandbox.path("project")).unwrap().count();
    assert_eq!(left, 3, "pyproject.toml, src and vendor are all there is");
}

/// The kernel's own full disk; other systems have none to try it on.
#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    let full = std::fs::OpenOptions::new()
        .write(true)
        .open("/dev/full")
        .unwrap();
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let output = command
        .args(["nix-snippet", "project"])
        .stdout(full)
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    let stderr = String::from_utf8(output.stderr).unwrap();
    insta::assert_snapshot!(stderr, @"
    error: failed to write to stdout: No space left on device (os error 28)
      help: check the free disk space and the permissions of that path
      code: pyhack::files::failed
    ");
}

#[test]
fn a_folder_that_cannot_be_written() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.write("project/file", "");
    let run = sandbox.run(&["vendor", "project", "--to", "project/file/vendor"]);
    insta::assert_snapshot!(run.failure(), @"
    exit code 4
    error: failed to create directory `project/file`: File exists (os error 17)
      help: check the free disk space and the permissions of that path
      code: pyhack::files::failed
    ");
    nothing_written(&sandbox);
}

fn sdist(entries: &[(&str, tar::EntryType, &str)]) -> Vec<u8> {
    let gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let mut builder = tar::Builder::new(gzip);
    for (name, kind, text) in entries {
        let mut header = tar::Header::new_gnu();
        header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
        header.set_entry_type(*kind);
        let contents = if kind.is_file() { text.as_bytes() } else { b"" };
        if !kind.is_file() {
            header.as_old_mut().linkname[..text.len()].copy_from_slice(text.as_bytes());
        }
        header.set_size(contents.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        builder.append(&header, contents).unwrap();
    }
    builder.into_inner().unwrap().finish().unwrap()
}

const PYPROJECT: (&str, tar::EntryType, &str) = (
    "a-1/pyproject.toml",
    tar::EntryType::Regular,
    "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n[project]\nname = \"a\"\n",
);

#[test]
fn an_sdist_that_is_cut_short() {
    let sandbox = Sandbox::new();
    let whole = sdist(&[PYPROJECT]);
    sandbox.write("whole/a-1.tar.gz", &whole);
    sandbox.run(&["whole/a-1.tar.gz"]).ok();
    for cut in [0, 10, whole.len() / 2, whole.len() - 1] {
        sandbox.write("project/a-1.tar.gz", &whole[..cut]);
        let failure = sandbox.run(&["project/a-1.tar.gz"]).failure();
        assert!(
            failure.starts_with("exit code 3\nerror: `project/a-1.tar.gz` is damaged"),
            "{cut}: {failure}"
        );
    }
    sandbox.write("project/a-1.zip", "PK");
    insta::assert_snapshot!(sandbox.run(&["project/a-1.zip"]).failure(), @"
    exit code 3
    error: `project/a-1.zip` is damaged or truncated: invalid Zip archive: Could not find EOCD
      help: fetch the sdist again
      code: pyhack::source::damaged
    ");
}

#[test]
fn an_sdist_whose_entries_would_leave_its_folder() {
    use tar::EntryType::{Fifo, Link, Regular, Symlink};
    let sandbox = Sandbox::new();
    for (name, kind, text) in [
        ("../evil", Regular, ""),
        ("/etc/evil", Regular, ""),
        ("a-1/../../evil", Regular, ""),
        ("a-1/pyproject.toml", Regular, "twice, and different"),
        ("a-1/Cargo.toml", Symlink, "../../etc/passwd"),
        ("a-1/Cargo.toml", Symlink, "/etc/passwd"),
        ("a-1/Cargo.toml", Symlink, "../b-1/x"),
        ("a-1/Cargo.toml", Link, "../etc/passwd"),
        ("a-1/pipe", Fifo, ""),
    ] {
        sandbox.write(
            "project/a-1.tar.gz",
            sdist(&[PYPROJECT, (name, kind, text)]),
        );
        let failure = sandbox.run(&["project/a-1.tar.gz"]).failure();
        assert!(failure.starts_with("exit code 3\n"), "{failure}");
        assert!(
            failure.contains("code: pyhack::source::unsafe_entry"),
            "{failure}"
        );
    }
    nothing_written(&sandbox);
    sandbox.write(
        "project/a-1.tar.gz",
        sdist(&[PYPROJECT, ("../evil", Regular, "")]),
    );
    insta::assert_snapshot!(sandbox.run(&["project/a-1.tar.gz"]).failure(), @"
    exit code 3
    error: `project/a-1.tar.gz` is not a safe archive: the entry `../evil` would leave the archive's folder
      help: don't unpack it; fetch it from a source that you trust
      code: pyhack::source::unsafe_entry
    ");
}

#[test]
fn an_sdist_without_one_folder_at_its_top() {
    let sandbox = Sandbox::new();
    let flat = [("pyproject.toml", tar::EntryType::Regular, "")];
    sandbox.write("flat-1.tar.gz", sdist(&flat));
    insta::assert_snapshot!(sandbox.run(&["flat-1.tar.gz"]).failure(), @"
    exit code 3
    error: `flat-1.tar.gz` has `pyproject.toml` at its root, not in a top-level folder
      help: repack it with a single top-level folder, `NAME-VERSION` in an sdist, in which Nix builds; or unpack it and pass the folder
      code: pyhack::source::top_folder
    ");
    let other = ("b-1/other", tar::EntryType::Regular, "");
    sandbox.write("a-1.tar.gz", sdist(&[PYPROJECT, other]));
    insta::assert_snapshot!(sandbox.run(&["a-1.tar.gz"]).failure(), @"
    exit code 3
    error: `a-1.tar.gz` has several top-level folders: `a-1`, `b-1`
      help: repack it with a single top-level folder, `NAME-VERSION` in an sdist, in which Nix builds; or unpack it and pass the folder
      code: pyhack::source::top_folder
    ");
}

#[test]
fn padding_behind_an_archive_is_passed_over() {
    let sandbox = Sandbox::new();
    let plain = sdist(&[PYPROJECT]);
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    let options = zip::write::SimpleFileOptions::default();
    zip.start_file(PYPROJECT.0, options).unwrap();
    zip.write_all(PYPROJECT.2.as_bytes()).unwrap();
    let zip = zip.finish().unwrap().into_inner();
    for padding in [1, 7, 512, 70_000] {
        let padded = |bytes: &[u8]| [bytes, &vec![0; padding]].concat();
        sandbox.write("a-1.tar.gz", padded(&plain));
        sandbox.run(&["inspect", "a-1.tar.gz"]).ok();
        sandbox.write("a-1.zip", padded(&zip));
        sandbox.run(&["inspect", "a-1.zip"]).ok();
    }
}

#[test]
fn padding_behind_a_crate_is_passed_over() {
    let mut padded = alpha();
    padded.bytes.extend([0; 7]);
    let registry = Registry::new(std::slice::from_ref(&padded));
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[padded]));
    sandbox.run(&["vendor", "project"]).ok();
}

#[test]
fn an_sdist_with_bytes_behind_it() {
    let sandbox = Sandbox::new();
    let mut bytes = sdist(&[PYPROJECT]);
    bytes.extend(b"more");
    sandbox.write("a-1.tar.gz", bytes);
    insta::assert_snapshot!(sandbox.run(&["a-1.tar.gz"]).failure(), @"
        exit code 3
        error: `a-1.tar.gz` has data after the end of the archive that isn't padding; `tar` and Nix fail on it
          help: build the package from its repository, or repack the sdist
          code: pyhack::source::behind_the_end
        ");
}

#[test]
fn an_sdist_has_no_configuration_to_trust() {
    let sandbox = Sandbox::new();
    sandbox.write("a-1.tar.gz", sdist(&[PYPROJECT]));
    let failure = sandbox.run(&["a-1.tar.gz", "--trust-project-config"]);
    insta::assert_snapshot!(failure.failure(), @"
    exit code 2
    error: `--trust-project-config` doesn't work for an archive: `a-1.tar.gz`
      help: omit `--trust-project-config`, or unpack the archive and pass the folder
      code: pyhack::source::no_config
    ");
}

#[test]
fn a_link_within_an_sdist_is_followed() {
    use tar::EntryType::{Regular, Symlink};
    let sandbox = Sandbox::new();
    let manifest = "[package]\nname = \"a\"\nversion = \"3.2.1\"\n";
    let entries = [
        PYPROJECT,
        ("a-1/real/Cargo.toml", Regular, manifest),
        ("a-1/rust/Cargo.toml", Symlink, "../real/Cargo.toml"),
    ];
    sandbox.write("a-1.tar.gz", sdist(&entries));
    let json = sandbox.run(&["a-1.tar.gz", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["manifest_path"], "rust/Cargo.toml");
    assert_eq!(value["module"]["version"], "3.2.1");
}

#[test]
fn a_registry_that_answers_nonsense() {
    let registry = Registry::serving(BTreeMap::new());
    // The index is one folder deeper than the registry has it.
    let config = registry.cargo_config().replace("/index/", "/index/index/");
    let sandbox = Sandbox::with_cargo_config(&config);
    sandbox.project("project", &python_project(&[alpha()]));
    insta::assert_snapshot!(redact_ports(&sandbox.run(&["hash", "project"]).failure()), @"
    exit code 4
    error: failed to fetch `http://127.0.0.1:PORT/index/index/config.json`: the server responded with status 404
      help: check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then run the command again: finished downloads are cached
      code: pyhack::network::failed
    ");
}

//! `vendor`'s layouts, links, platforms and archives, against independent
//! readings of what nixpkgs makes, with real cargo and real Nix.

use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt as _;
use std::path::Path;

use crate::support::{Crate, Registry, Sandbox, has_nix, nix, python_project, tree};

fn crates() -> Vec<Crate> {
    vec![Crate::new("alpha", "1.0.0"), Crate::new("beta", "0.2.0")]
}

fn sandbox() -> Sandbox {
    let crates = crates();
    let sandbox = Sandbox::with_registry(&Registry::new(&crates));
    sandbox.project("project", &python_project(&crates));
    sandbox
}

fn vendor(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let arguments: Vec<_> = ["vendor", "project"]
        .iter()
        .chain(arguments)
        .copied()
        .collect();
    sandbox.run(&arguments).ok()
}

/// Has real cargo build the project from a folder, by the printed lines.
fn build(sandbox: &Sandbox, config: &str) {
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    sandbox.write("project/.cargo/config.toml", config.replace("$ROOT", root));
    let output = sandbox
        .command(env!("CARGO"))
        .args(["build", "--offline", "--frozen"])
        .current_dir(sandbox.path("project/src/rust"))
        .env("CARGO_HOME", sandbox.path("another-cargo-home"))
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
}

fn to(sandbox: &Sandbox, name: &str) -> String {
    sandbox.path(name).to_str().unwrap().to_owned()
}

/// What `tar xf` makes of a crate, below its folder.
fn unpacked(krate: &Crate) -> BTreeMap<String, Vec<u8>> {
    let folder = tempfile::tempdir().unwrap();
    let archive = flate2::read::GzDecoder::new(&krate.bytes[..]);
    tar::Archive::new(archive).unpack(folder.path()).unwrap();
    tree(
        &folder
            .path()
            .join(format!("{}-{}", krate.name, krate.version)),
    )
}

/// The crates as nixpkgs unpacks them, below `prefix`.
fn nixpkgs_crates(prefix: &str) -> BTreeMap<String, Vec<u8>> {
    let mut expected = BTreeMap::new();
    for krate in crates() {
        let folder = format!("{prefix}{}-{}", krate.name, krate.version);
        let checksum = format!("{{\"files\":{{}},\"package\":\"{}\"}}", krate.checksum());
        expected.insert(
            format!("{folder}/.cargo-checksum.json"),
            checksum.into_bytes(),
        );
        let files = unpacked(&krate).into_iter();
        expected.extend(files.map(|(path, bytes)| (format!("{folder}/{path}"), bytes)));
    }
    expected
}

#[test]
fn import_cargo_lock_is_a_folder_of_whole_crates() {
    let sandbox = sandbox();
    let folder = to(&sandbox, "vendor");
    let config = vendor(
        &sandbox,
        &["--layout", "import-cargo-lock", "--to", &folder],
    );
    let mut found = tree(Path::new(&folder));
    let lock = std::fs::read(sandbox.path("project/src/rust/Cargo.lock")).unwrap();
    assert_eq!(found.remove("Cargo.lock"), Some(lock));
    let text = String::from_utf8(found.remove(".cargo/config.toml").unwrap()).unwrap();
    insta::assert_snapshot!(text, @r#"
    [source.crates-io]
    replace-with = "vendored-sources"

    [source.vendored-sources]
    directory = "cargo-vendor-dir"
    "#);
    assert_eq!(found, nixpkgs_crates(""));
    build(&sandbox, &config);
}

#[test]
fn fetch_cargo_vendor_is_what_cargo_hash_covers() {
    let sandbox = sandbox();
    let folder = to(&sandbox, "vendor");
    let printed = vendor(
        &sandbox,
        &["--layout", "fetch-cargo-vendor", "--to", &folder],
    );
    assert_eq!(printed, "");
    let lock = std::fs::read(sandbox.path("project/src/rust/Cargo.lock")).unwrap();
    let mut expected = BTreeMap::from([("Cargo.lock".to_owned(), lock)]);
    for krate in crates() {
        let path = format!("tarballs/{}-{}.tar.gz", krate.name, krate.version);
        expected.insert(path, krate.bytes);
    }
    assert_eq!(tree(Path::new(&folder)), expected);
    if has_nix() {
        let output = nix(&sandbox, "nix")
            .args(["hash", "path", &folder])
            .output()
            .unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(sandbox.run(&["hash", "project"]).ok(), theirs);
    }
}

#[test]
fn fetch_cargo_vendor_is_unpacked_for_cargo() {
    let sandbox = sandbox();
    let folder = to(&sandbox, "vendor");
    let layout = "fetch-cargo-vendor-unpacked";
    let config = vendor(&sandbox, &["--layout", layout, "--to", &folder]);
    let mut found = tree(Path::new(&folder));
    let text = String::from_utf8(found.remove(".cargo/config.toml").unwrap()).unwrap();
    insta::assert_snapshot!(text, @r#"
    [source.vendored-source-registry-0]
    directory = "@vendor@/source-registry-0"

    [source.crates-io]
    replace-with = "vendored-source-registry-0"
    "#);
    found.remove("Cargo.lock").unwrap();
    let mut expected = nixpkgs_crates("source-registry-0/");
    for (path, bytes) in &mut expected {
        // Python has spaces there.
        if path.ends_with("/.cargo-checksum.json") {
            let text = String::from_utf8(bytes.clone()).unwrap();
            let text = text.replace("\":", "\": ").replace(",\"", ", \"");
            *bytes = text.into_bytes();
        }
    }
    assert_eq!(found, expected);
    build(&sandbox, &config);
}

#[test]
fn links_lead_to_files_that_live_once() {
    let sandbox = sandbox();
    let copies = to(&sandbox, "copies");
    vendor(&sandbox, &["--to", &copies]);
    for mode in ["symlink", "hardlink", "reflink"] {
        let folder = to(&sandbox, mode);
        let config = vendor(&sandbox, &["--link-mode", mode, "--to", &folder]);
        assert_eq!(tree(Path::new(&folder)), tree(Path::new(&copies)), "{mode}");
        build(&sandbox, &config);
        let again = sandbox.run(&["vendor", "project", "--link-mode", mode, "--to", &folder]);
        assert!(again.stderr.contains("Fresh"), "{mode}: {}", again.stderr);
    }
    let file =
        |folder: &str| std::fs::metadata(sandbox.path(folder).join("alpha/src/lib.rs")).unwrap();
    assert!(sandbox.path("symlink/alpha").is_symlink());
    assert_eq!(file("symlink").ino(), file("hardlink").ino());
    assert!(file("hardlink").permissions().readonly());
    assert_ne!(file("reflink").ino(), file("hardlink").ino());
    assert!(!file("reflink").permissions().readonly());
}

#[test]
fn an_archive_has_the_same_bytes_at_each_run() {
    let sandbox = sandbox();
    let first = to(&sandbox, "first/crates.tar");
    vendor(&sandbox, &["--tar", "--to", &first]);
    vendor(
        &sandbox,
        &["--tar", "--to", &to(&sandbox, "second/other.tar")],
    );
    let bytes = std::fs::read(&first).unwrap();
    assert_eq!(
        bytes,
        std::fs::read(sandbox.path("second/other.tar")).unwrap()
    );
    let output = sandbox
        .command(env!("CARGO_BIN_EXE_cargo-pyhack"))
        .args(["vendor", "-q", "project", "--tar", "--to", "-"])
        .output()
        .unwrap();
    assert!(output.status.success());
    let mut archive = tar::Archive::new(&output.stdout[..]);
    archive.unpack(sandbox.path("unpacked")).unwrap();
    vendor(&sandbox, &["--to", &to(&sandbox, "folder")]);
    assert_eq!(
        tree(&sandbox.path("unpacked/vendor")),
        tree(&sandbox.path("folder"))
    );
    let mut archive = tar::Archive::new(&bytes[..]);
    let entry = archive.entries().unwrap().next().unwrap().unwrap();
    assert_eq!(entry.path().unwrap().to_str(), Some("vendor/"));
    assert_eq!(entry.header().mtime().unwrap(), 0);
}

const LIBRARY: &str = "pub fn version() {}\n";

/// A project with a crate for Windows alone, and one that only tests need.
fn for_platforms() -> Sandbox {
    let manifest = |name: &str| {
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n")
    };
    let crates = ["needed", "for-tests", "for-windows"].map(|name| {
        let files = [
            ("Cargo.toml", &*manifest(name), 0o644),
            ("src/lib.rs", LIBRARY, 0o644),
            ("src/big.rs", "// text\n", 0o644),
        ];
        Crate::with_files(name, "1.0.0", &files)
    });
    let sandbox = Sandbox::with_registry(&Registry::new(&crates));
    let mut files = python_project(&crates);
    for (path, text) in &mut files {
        if path == "src/rust/Cargo.toml" {
            *text = format!(
                "{}[dependencies]\nneeded = \"1\"\n[dev-dependencies]\nfor-tests = \"1\"\n\
                 [target.'cfg(windows)'.dependencies]\nfor-windows = \"1\"\n",
                manifest("module").replace("1.0.0", "0.1.0")
            );
        } else if path == "src/rust/src/lib.rs" {
            "pub fn all() { needed::version(); }\n".clone_into(text);
        }
    }
    sandbox.project("project", &files);
    sandbox
}

#[test]
fn what_platforms_do_not_need_is_a_stub() {
    let sandbox = for_platforms();
    let folder = to(&sandbox, "vendor");
    let vendor_for = |platform: &str| {
        sandbox.run(&["vendor", "project", "--platform", platform, "--to", &folder])
    };
    let run = vendor_for("x86_64-linux");
    assert!(
        run.stderr.contains("3 crates (2 as stubs)"),
        "{}",
        run.stderr
    );
    let config = run.ok();
    let found = tree(Path::new(&folder));
    assert_eq!(found["needed/src/lib.rs"], LIBRARY.as_bytes());
    for stub in ["for-tests", "for-windows"] {
        assert_eq!(found[&format!("{stub}/src/lib.rs")], b"", "{stub}");
        assert!(!found.contains_key(&format!("{stub}/src/big.rs")), "{stub}");
    }
    build(&sandbox, &config);
    assert_eq!(vendor_for("windows").code, 2);
}

#[test]
fn only_what_changed_is_written() {
    let sandbox = sandbox();
    let folder = to(&sandbox, "vendor");
    vendor(&sandbox, &["--to", &folder]);
    let inode = |path: &str| {
        std::fs::metadata(Path::new(&folder).join(path))
            .unwrap()
            .ino()
    };
    let before = (inode("alpha/src/lib.rs"), inode("beta/src/lib.rs"));
    // A newline more, by the user's hand.
    std::fs::write(
        Path::new(&folder).join("beta/src/lib.rs"),
        "pub fn version() {}\n\n",
    )
    .unwrap();
    let run = sandbox.run(&["vendor", "project", "--to", &folder]);
    assert!(run.stderr.contains("Vendored"), "{}", run.stderr);
    assert_eq!(inode("alpha/src/lib.rs"), before.0);
    assert_ne!(inode("beta/src/lib.rs"), before.1);
    assert_eq!(
        tree(Path::new(&folder))["beta/src/lib.rs"],
        unpacked(&crates()[1])["src/lib.rs"]
    );
    // A file more, and one less.
    std::fs::write(Path::new(&folder).join("beta/build.rs"), "fn main() {}").unwrap();
    assert!(
        sandbox
            .run(&["vendor", "project", "--to", &folder])
            .stderr
            .contains("Vendored")
    );
    assert!(!Path::new(&folder).join("beta/build.rs").exists());
    std::fs::remove_file(Path::new(&folder).join("beta/Cargo.toml")).unwrap();
    assert!(
        sandbox
            .run(&["vendor", "project", "--to", &folder])
            .stderr
            .contains("Vendored")
    );
    assert!(
        sandbox
            .run(&["vendor", "project", "--to", &folder])
            .stderr
            .contains("Fresh")
    );
}

#[test]
fn what_was_changed_in_our_cache_is_unpacked_anew() {
    let sandbox = sandbox();
    let (first, second) = (to(&sandbox, "first"), to(&sandbox, "second"));
    vendor(&sandbox, &["--link-mode", "symlink", "--to", &first]);
    let linked = std::fs::canonicalize(sandbox.path("first/alpha")).unwrap();
    let file = linked.join("src/lib.rs");
    std::fs::remove_file(&file).unwrap();
    std::fs::write(&file, "evil").unwrap();
    vendor(&sandbox, &["--link-mode", "reflink", "--to", &second]);
    assert_eq!(
        tree(Path::new(&second))["alpha/src/lib.rs"],
        unpacked(&crates()[0])["src/lib.rs"]
    );
    // Links that lead nowhere aren't fresh, with or without what we know.
    for known in ["cache/unpacked-1", "cache"] {
        std::fs::remove_dir_all(sandbox.path(known)).unwrap();
        let run = sandbox.run(&[
            "vendor",
            "project",
            "--link-mode",
            "symlink",
            "--to",
            &first,
        ]);
        assert!(run.stderr.contains("Vendored"), "{known}: {}", run.stderr);
        assert!(sandbox.path("first/alpha/src/lib.rs").exists());
    }
}

//! `hash`: the tree of nixpkgs' `fetchCargoVendor`, checked with an
//! independent NAR writer and with real Nix.

use std::path::Path;

use crate::support::{Crate, Registry, Sandbox, has_nix, nix, python_project};

fn crates() -> Vec<Crate> {
    // `a-b` sorts before `a_b`, and `a` between by its version's digit.
    [
        ("a-b", "1.0.0"),
        ("a", "1.0.0"),
        ("a", "10.0.0"),
        ("a_b", "0.1.0"),
        ("Z", "1.0.0"),
    ]
    .map(|(name, version)| Crate::new(name, version))
    .to_vec()
}

/// Writes the tree as the contract of `fetchCargoVendor` has it.
fn write_tree(sandbox: &Sandbox, crates: &[Crate], lock: &Path) -> std::path::PathBuf {
    sandbox.write("tree/Cargo.lock", std::fs::read(lock).unwrap());
    for krate in crates {
        let file = format!("tree/tarballs/{}-{}.tar.gz", krate.name, krate.version);
        sandbox.write(&file, &krate.bytes);
    }
    sandbox.path("tree")
}

#[test]
fn the_hash_is_that_of_the_tree() {
    for crates in [crates(), Vec::new()] {
        let registry = Registry::new(&crates);
        let sandbox = Sandbox::with_registry(&registry);
        let project = sandbox.project("project", &python_project(&crates));
        let hash = sandbox.run(&["hash", "project"]).ok();
        let tree = write_tree(&sandbox, &crates, &project.join("src/rust/Cargo.lock"));
        assert_eq!(hash, format!("{}\n", crate::nar::oracle(&tree)));
        if has_nix() {
            let mut nix = nix(&sandbox, "nix");
            let output = nix.args(["hash", "path"]).arg(&tree).output().unwrap();
            assert_eq!(hash, String::from_utf8(output.stdout).unwrap());
        }
    }
}

#[test]
fn json_has_lock_and_count() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let json = sandbox.run(&["hash", "project", "--format", "json"]).ok();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["lock_file"], "src/rust/Cargo.lock");
    assert_eq!(value["crates"], 5);
    assert!(value["cargo_hash"].as_str().unwrap().starts_with("sha256-"));
}

#[test]
fn offline_uses_the_cache_alone() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let online = sandbox.run(&["hash", "project"]).ok();
    let asked = registry.requests();
    assert_eq!(sandbox.run(&["hash", "project", "--offline"]).ok(), online);
    assert_eq!(registry.requests(), asked);
}

/// A tree with all that a Nix archive tells apart.
fn odd_tree(sandbox: &Sandbox) -> std::path::PathBuf {
    for name in ["a/b/c", "a.b", "a-b", "A", "a b'\"$\\", "tä/日本"] {
        sandbox.write(&format!("odd/{name}"), name.repeat(3));
    }
    sandbox.write("odd/big", vec![7; 100_000]);
    std::fs::create_dir_all(sandbox.path("odd/empty/inner")).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::ffi::OsStrExt as _;
        use std::os::unix::fs::{PermissionsExt as _, symlink};
        for (place, mode) in [0o755, 0o611, 0o654, 0o700].into_iter().enumerate() {
            let path = sandbox.write(&format!("odd/mode{place}"), "x");
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
        }
        symlink("../nowhere", sandbox.path("odd/dangling")).unwrap();
        symlink("a", sandbox.path("odd/folder")).unwrap();
        let raw = std::ffi::OsStr::from_bytes(b"not-utf8-\xff");
        symlink(raw, sandbox.path("odd").join(raw)).unwrap();
    }
    sandbox.path("odd")
}

#[test]
fn the_hash_of_a_tree_is_nix_s() {
    let sandbox = Sandbox::new();
    let tree = odd_tree(&sandbox);
    for path in ["", "a.b", "mode2", "dangling", "empty"] {
        let path = tree.join(path);
        let text = path.to_str().unwrap().trim_end_matches('/');
        let hash = sandbox.run(&["hash", "--nar", text]).ok();
        assert_eq!(
            hash,
            format!("{}\n", crate::nar::oracle(Path::new(text))),
            "{text}"
        );
        if has_nix() {
            let mut nix = nix(&sandbox, "nix");
            let output = nix.args(["hash", "path", text]).output().unwrap();
            assert_eq!(hash, String::from_utf8(output.stdout).unwrap(), "{text}");
        }
    }
    let json = sandbox
        .run(&["hash", "--nar", "odd", "--format", "json"])
        .ok();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["sri"], crate::nar::oracle(&tree));
}

#[cfg(unix)]
#[test]
fn what_no_archive_holds_is_refused() {
    let sandbox = Sandbox::new();
    std::fs::create_dir(sandbox.path("odd")).unwrap();
    let _socket = std::os::unix::net::UnixListener::bind(sandbox.path("odd/socket")).unwrap();
    let run = sandbox.run(&["hash", "--nar", "odd"]).failure();
    assert!(
        run.contains("`odd/socket` is not a file, folder or link"),
        "{run}"
    );
    let run = sandbox.run(&["hash", "--nar", "nowhere"]).failure();
    assert!(
        run.contains("exit code 3") && run.contains("`nowhere`"),
        "{run}"
    );
}

#[test]
fn a_hash_is_converted_as_nix_does() {
    let sandbox = Sandbox::new();
    for seed in 0..2_u8 {
        let hash = cargo_pyhack::testing::Sha256::of(&[seed]);
        let forms = [
            ("sri", hash.to_sri(), "to-sri"),
            ("nix32", hash.to_nix32(), "to-base32"),
            ("base16", hash.to_hex(), "to-base16"),
            ("base64", hash.to_base64(), "to-base64"),
        ];
        for (from, text, _) in &forms {
            for (to, expected, command) in &forms {
                let converted = sandbox.run(&["hash", "--convert", text, "--to", to]).ok();
                assert_eq!(converted, format!("{expected}\n"), "{from} to {to}");
                if has_nix() && seed == 0 {
                    let mut nix = nix(&sandbox, "nix");
                    nix.args(["hash", command, "--type", "sha256", text]);
                    let output = nix.output().unwrap();
                    assert_eq!(converted, String::from_utf8(output.stdout).unwrap());
                }
            }
        }
        let prefixed = format!("sha256:{}", hash.to_nix32());
        let converted = sandbox.run(&["hash", "--convert", &prefixed]).ok();
        assert_eq!(converted, format!("{}\n", hash.to_sri()));
    }
}

#[test]
fn what_is_no_hash_is_not_converted() {
    let sandbox = Sandbox::new();
    for text in [
        "",
        "sha256-",
        "sha512-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=",
        "e3b0",
    ] {
        let run = sandbox.run(&["hash", "--convert", text]).failure();
        assert!(
            run.starts_with("exit code 2") && run.contains("SHA-256"),
            "{run}"
        );
    }
    let run = sandbox.run(&["hash", "--nar", "x", "--output-hashes"]);
    assert_eq!(run.code, 2);
}

/// So deep that a stack of the usual size would not do.
#[test]
fn deep_folders_are_hashed() {
    let sandbox = Sandbox::new();
    let mut deep = sandbox.path("deep");
    // Few bytes a level, as paths have an end.
    for _ in 0..1500 {
        deep.push("d");
    }
    std::fs::create_dir_all(&deep).unwrap();
    let hash = sandbox.run(&["hash", "--nar", "deep"]).ok();
    let base16 = sandbox
        .run(&["hash", "--nar", "deep", "--to", "base16"])
        .ok();
    let parsed = cargo_pyhack::testing::Sha256::parse(hash.trim()).unwrap();
    assert_eq!(base16, format!("{parsed}\n"));
    if has_nix() {
        let mut nix = nix(&sandbox, "nix");
        nix.args(["hash", "path", sandbox.path("deep").to_str().unwrap()]);
        assert_eq!(
            hash,
            String::from_utf8(nix.output().unwrap().stdout).unwrap()
        );
    }
}

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

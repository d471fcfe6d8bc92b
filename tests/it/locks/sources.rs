//! Packages of a lock whose source is no index.

use super::fixtures::{APP, Sdist, alpha, serving, uv_lock};
use super::{read, stanzas};
use crate::support::{Registry, Repository, Sandbox, has_git, python_project};

/// A package with Rust in it, below a folder.
fn below(folder: &str, name: &str) -> Vec<(String, String)> {
    let files = python_project(&[alpha()]).into_iter();
    let named = |(path, text): (String, String)| {
        let text = text.replace("name = \"module\"", &format!("name = \"{name}\""));
        (format!("{folder}{path}"), text)
    };
    files.map(named).collect()
}

fn entry<'a>(name: &'a str, source: &str, more: &str) -> (&'a str, String) {
    let entry = format!(
        "[[package]]\nname = \"{name}\"\nversion = \"0.1.0\"\nsource = {{ {source} }}\n{more}\n"
    );
    (name, entry)
}

/// A lock with a package of each kind.
fn application() -> (Sandbox, Registry) {
    let (url, path) = (
        Sdist::new("by-url", "0.1.0", &below("python/", "by-url")),
        Sdist::new("by-path", "0.1.0", &below("", "by-path")),
    );
    let (path_bytes, path_hash, url_hash) = (path.bytes.clone(), path.hash(), url.hash());
    let url_place = url.path();
    let registry = serving(&[alpha()], &[url]);
    let sandbox = Sandbox::with_registry(&registry);
    let repository = Repository::new(&sandbox, "repository");
    for (path, text) in below("bindings/python/", "by-git") {
        repository.write(&path, text);
    }
    let revision = repository.commit();
    sandbox.write("sdists/by_path-0.1.0.tar.gz", path_bytes);
    for (path, text) in below("crates/mine/", "mine") {
        sandbox.write(&path, text);
    }
    let entries = [
        entry(
            "by-git",
            &format!(
                "git = \"{}?subdirectory=bindings%2Fpython#{revision}\"",
                repository.url()
            ),
            "",
        ),
        entry(
            "by-path",
            "path = \"sdists/by_path-0.1.0.tar.gz\"",
            &format!("sdist = {{ hash = \"sha256:{path_hash}\" }}"),
        ),
        entry(
            "by-url",
            &format!(
                "url = \"http://{}{url_place}\", subdirectory = \"python\"",
                registry.address()
            ),
            &format!("sdist = {{ hash = \"sha256:{url_hash}\" }}"),
        ),
        entry("mine", "editable = \"crates/mine\"", ""),
    ];
    sandbox.write(
        "pyproject.toml",
        format!("{APP}[tool.uv.sources]\nby-git = {{ git = \"x\" }}\n"),
    );
    sandbox.write("uv.lock", uv_lock(&entries));
    (sandbox, registry)
}

/// A stanza for each source that isn't an index.
#[test]
fn git_url_path_and_local_sources() {
    if !has_git() {
        return;
    }
    let (sandbox, _registry) = application();
    let run = sandbox.run(&["lock", "--write", "overlay.nix"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    let text = read(&sandbox, "overlay.nix");
    assert_eq!(
        stanzas(&sandbox, "overlay.nix"),
        [
            "by-git 0.1.0",
            "by-path 0.1.0",
            "by-url 0.1.0",
            "mine 0.1.0"
        ]
    );
    let stanza = |name: &str| {
        let begin = text.find(&format!("# pyhack: begin {name}")).unwrap();
        let end = text.find(&format!("# pyhack: end {name}")).unwrap();
        text[begin..end].to_owned()
    };
    let git = stanza("by-git");
    assert!(
        git.contains("lockFile = \"bindings/python/src/rust/Cargo.lock\";")
            && git.contains("doUnpack = false;"),
        "{git}"
    );
    assert!(
        stanza("by-url").contains("lockFile = \"python/src/rust/Cargo.lock\";"),
        "{text}"
    );
    assert!(
        stanza("by-path").contains("lockFile = ./by-path.lock;")
            && sandbox.path("by-path.lock").exists()
    );
    assert!(
        !stanza("mine").contains("passthru.format")
            && stanza("mine").contains("\"path\":\"crates/mine\"")
    );
    assert!(
        run.stderr
            .contains("`by-git` 0.1.0: from git, by `tool.uv.sources`"),
        "{}",
        run.stderr
    );
    assert_eq!(sandbox.run(&["check", "overlay.nix"]).stderr, "");
    // Where they are kept, no folder of this machine stands in what is written.
    assert!(
        !text.contains(sandbox.path("").to_str().unwrap().trim_end_matches('/')),
        "{text}"
    );
}

//! Native inputs of crates from git: cargo resolves them, too.

use serde_json::Value;

use crate::git::{project, sandbox, tree};
use crate::support::{Repository, Sandbox, has_git};

/// A workspace of two crates: one that takes over values, and asks the other
/// for a feature.
fn workspace(sandbox: &Sandbox) -> (Repository<'_>, String) {
    let repository = Repository::new(sandbox, "space");
    for (path, text) in [
        (
            "Cargo.toml",
            "[workspace]\nmembers = [\"crates/*\"]\nresolver = \"2\"\n\
             [workspace.package]\nversion = \"1.2.3\"\nedition = \"2021\"\nreadme = \"README.md\"\n\
             [workspace.dependencies]\npng-sys = { path = \"crates/png-sys\", version = \"0.1\", default-features = false }\n\
             [workspace.lints.rust]\nunused = \"allow\"\n",
        ),
        (
            "crates/top/Cargo.toml",
            "[package]\nname = \"top\"\nversion.workspace = true\nedition.workspace = true\nreadme.workspace = true\n\
             [lints]\nworkspace = true\n[features]\nmore = [\"png-sys/probe\"]\n\
             [dependencies]\npng-sys = { workspace = true, features = [\"probe\"] }\n\
             [dev-dependencies]\ngone = \"9\"\n",
        ),
        (
            "crates/top/src/lib.rs",
            "pub const TEXT: &str = include_str!(\"../../../README.md\");\n",
        ),
        (
            "crates/png-sys/Cargo.toml",
            "[package]\nname = \"png-sys\"\nversion = \"0.1.0\"\nedition = \"2021\"\nlinks = \"png\"\n\
             [features]\ndefault = [\"bundled\"]\nbundled = []\nprobe = []\n",
        ),
        ("crates/png-sys/src/lib.rs", ""),
        (
            "crates/png-sys/build.rs",
            "fn main() {\n    if cfg!(feature = \"bundled\") { pkg_config::probe_library(\"gtk4\").unwrap(); }\n    \
             if cfg!(feature = \"probe\") { pkg_config::probe_library(\"libpng\").unwrap(); }\n}\n",
        ),
        ("README.md", "# space\n"),
        // No crates: a template, and a copy that nobody looks at.
        ("template/Cargo.toml", "[package]\nname = \"{{ name }}\n"),
        (
            "target/Cargo.toml",
            "[package]\nname = \"top\"\nversion = \"1.2.3\"\n",
        ),
    ] {
        repository.write(path, text);
    }
    let revision = repository.commit();
    (repository, revision)
}

/// The project, its lock with both crates, `top` depending on the other.
fn module(sandbox: &Sandbox, revision: &str) {
    let source = format!("https://example.org/space?branch=main#{revision}");
    let crates = [("png-sys 0.1.0", &*source), ("top 1.2.3", &source)];
    project(sandbox, 4, &crates);
    let lock = std::fs::read_to_string(sandbox.path("module/Cargo.lock")).unwrap();
    let own = format!("source = \"git+{source}\"\n");
    let (first, top) = lock.split_at(lock.find("name = \"top\"").unwrap());
    let top = top.replacen(
        &own,
        &format!("{own}dependencies = [\n \"png-sys\",\n]\n"),
        1,
    );
    let lock = format!("{first}{top}").replacen(" \"png-sys\",\n \"top\",\n", " \"top\",\n", 1);
    sandbox.write("module/Cargo.lock", lock);
    let manifest = std::fs::read_to_string(sandbox.path("module/Cargo.toml")).unwrap();
    let without = manifest.lines().filter(|line| !line.starts_with("png-sys"));
    let text: Vec<_> = without.collect();
    sandbox.write("module/Cargo.toml", text.join("\n") + "\n");
}

fn inspected(sandbox: &Sandbox, arguments: &[&str]) -> Value {
    let all = [&["inspect", "--format", "json", "module"], arguments].concat();
    serde_json::from_str(&sandbox.run(&all).ok()).unwrap()
}

fn codes(report: &Value) -> Vec<&str> {
    let warnings = report["warnings"].as_array().unwrap().iter();
    warnings
        .map(|warning| warning["code"].as_str().unwrap())
        .filter(|code| code.ends_with("approximate") || code.contains("git"))
        .collect()
}

fn inputs(report: &Value) -> Vec<&str> {
    let inputs = report["native"]["build_inputs"].as_array().unwrap().iter();
    inputs.map(|i| i["attr"].as_str().unwrap()).collect()
}

#[test]
fn a_member_of_a_workspace_is_resolved() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = workspace(&sandbox);
    module(&sandbox, &revision);
    let before = inspected(&sandbox, &["--offline"]);
    assert_eq!(codes(&before), ["pyhack::warning::approximate"]);
    let report = inspected(&sandbox, &[]);
    assert_eq!(report["native"]["resolved_by"], "cargo", "{report:#}");
    assert_eq!(inputs(&report), ["libpng"]);
    assert_eq!(codes(&report), ["pyhack::warning::git_crate_reaches_out"]);
    let warnings = report["warnings"].to_string();
    for what in ["README.md`, included by `src/lib.rs`", "`readme = "] {
        assert!(warnings.contains(what), "{warnings}");
    }
    // From then on, the skeletons serve.
    std::fs::remove_dir_all(&repository.folder).unwrap();
    std::fs::remove_dir_all(sandbox.path("cache/git")).unwrap();
    assert_eq!(inspected(&sandbox, &["--offline"]), report);
    let why = sandbox.run(&["why", "libpng", "--offline", "module"]).ok();
    assert!(
        why.contains("top 1.2.3") && why.contains("png-sys 0.1.0"),
        "{why}"
    );
}

#[test]
fn a_crate_that_the_repository_lacks_is_told() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (_, revision) = workspace(&sandbox);
    let source = format!("https://example.org/space#{revision}");
    project(&sandbox, 4, &[("other 1.0.0", &source)]);
    let report = inspected(&sandbox, &[]);
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("no crate `other 1.0.0`"), "{warnings}");
}

#[cfg(unix)]
#[test]
fn a_link_does_not_lead_to_the_user_s_files() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let secret = "[package]\nname = \"linked\"\nversion = \"1.0.0\"\n";
    let outside = sandbox.write("secret/Cargo.toml", secret);
    let repository = Repository::new(&sandbox, "linked");
    std::fs::create_dir(repository.folder.join("src")).unwrap();
    std::os::unix::fs::symlink(outside, repository.folder.join("Cargo.toml")).unwrap();
    let inside = "[package]\nname = \"inside\"\nversion = \"1.0.0\"\n";
    repository.write("inside/Cargo.toml", inside);
    repository.write("inside/src/lib.rs", "");
    let up = repository.folder.join("inside/up");
    std::os::unix::fs::symlink("../../other", up).unwrap();
    let revision = repository.commit();
    let source = format!("https://example.org/linked#{revision}");
    let crates = [("inside 1.0.0", &*source), ("linked 1.0.0", &source)];
    project(&sandbox, 4, &crates);
    let warnings = inspected(&sandbox, &[])["warnings"].to_string();
    assert!(warnings.contains("no crate `linked 1.0.0`"), "{warnings}");
    assert!(warnings.contains("the link `up`"), "{warnings}");
    assert!(tree(&sandbox, &revision).join("Cargo.toml").is_symlink());
}

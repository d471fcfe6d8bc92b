//! Warnings and notes. `-v` prints their codes.

use insta::assert_snapshot;

use super::Transcript;
use crate::git;
use crate::support::{
    CRATES_IO, Crate, Registry, Reply, Repository, Sandbox, has_git, lock, python_project,
};

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

/// Writes a maturin project with one file changed.
fn changed(sandbox: &Sandbox, path: &str, change: impl Fn(&str) -> String) {
    let mut files = python_project(&[]);
    for (name, text) in &mut files {
        if name.ends_with(path) {
            *text = change(text);
        }
    }
    sandbox.project("project", &files);
}

#[test]
fn locks_of_cargo() {
    let sandbox = Sandbox::new();
    let with_lock = |change: &dyn Fn(&str) -> String| changed(&sandbox, "Cargo.lock", change);
    // Format 1 has the checksums in `[metadata]`.
    let sum = alpha().checksum();
    let old = lock(&[alpha()])
        .replace("version = 4\n", "")
        .replace("\"alpha\",", &format!("\"alpha 1.0.0 ({CRATES_IO})\","))
        .replace(&format!("checksum = \"{sum}\"\n"), "")
        + &format!("\n[metadata]\n\"checksum alpha 1.0.0 ({CRATES_IO})\" = \"{sum}\"\n");
    with_lock(&|_| old.clone());
    let transcript = Transcript::new(&sandbox).run("inspect -v project");
    with_lock(&|lock| lock.replace("0.1.0", "0.0.9"));
    let transcript = transcript.run("inspect -v project");
    with_lock(&str::to_owned);
    let transcript = transcript.run("nix-snippet -v --source registry --no-ifd project");
    assert_snapshot!(transcript.text);
}

#[test]
fn unneeded_crates() {
    let sandbox = Sandbox::new();
    let extra = lock(&[alpha()]).replace("dependencies = [\n \"alpha\",\n]\n", "");
    changed(&sandbox, "Cargo.lock", |_| extra.clone());
    let transcript = Transcript::new(&sandbox).run("inspect -v project");
    assert!(
        transcript.text.contains("with `--generate-lock`\n"),
        "{}",
        transcript.text
    );
    assert_snapshot!(transcript.text);
}

#[test]
fn crates_of_registries() {
    let checksum = alpha().checksum();
    let registry = Registry::with(&[alpha()], move |_, asked| {
        let entry = format!(
            "{{\"name\":\"alpha\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"{checksum}\",\"features\":{{}},\"yanked\":true}}\n"
        );
        (asked.path == "/index/al/ph/alpha").then(|| Reply::body(entry))
    });
    let sandbox = Sandbox::with_registry(&registry);
    let mut files = python_project(&[alpha()]);
    for (path, text) in &mut files {
        if path.ends_with("Cargo.lock") {
            *text = lock(&[alpha(), Crate::new("gone", "1.0.0")]);
        }
    }
    sandbox.project("project", &files);
    assert_snapshot!(Transcript::new(&sandbox).run("vendor -v project").text);
}

#[test]
fn names_and_files_for_nixpkgs() {
    let sandbox = Sandbox::new();
    changed(&sandbox, "pyproject.toml", |text| {
        text.replace("name = \"module\"", "name = \"a b\"")
    });
    let transcript = Transcript::new(&sandbox).run("inspect -v project");
    changed(&sandbox, "pyproject.toml", |text| {
        text.replace(
            "version = \"0.1.0\"",
            "dynamic = [\"version\", \"dependencies\"]",
        )
    });
    let transcript = transcript.run("nix-snippet -v --style nixpkgs project");
    assert_snapshot!(transcript.text);
}

#[test]
fn pins_beside_an_overlay() {
    let sandbox = Sandbox::with_registry(&Registry::new(&[alpha()]));
    sandbox.project("project", &python_project(&[alpha()]));
    // 2024-10-01
    let node = |owner: &str, repo: &str| {
        format!(
            "{{\"locked\":{{\"type\":\"github\",\"owner\":\"{owner}\",\"repo\":\"{repo}\",\"lastModified\":1727740800,\"rev\":\"ab\"}},\
             \"original\":{{\"type\":\"github\",\"owner\":\"{owner}\",\"repo\":\"{repo}\"}}}}"
        )
    };
    let (nixpkgs, pyproject) = (
        node("NixOS", "nixpkgs"),
        node("pyproject-nix", "pyproject.nix"),
    );
    sandbox.write(
        "old/flake.lock",
        format!(
            "{{\"nodes\":{{\"nixpkgs\":{nixpkgs},\"pyproject-nix\":{pyproject},\"root\":{{\"inputs\":\
             {{\"nixpkgs\":\"nixpkgs\",\"pyproject-nix\":\"pyproject-nix\"}}}}}},\"root\":\"root\",\"version\":7}}"
        ),
    );
    sandbox.write("broken/flake.lock", "{\"version\": 9");
    let transcript = Transcript::new(&sandbox)
        .run("nix-snippet -v --write old/overlay.nix project")
        .run("nix-snippet -v --write broken/overlay.nix project");
    assert_snapshot!(transcript.text);
}

#[test]
fn build_systems_that_are_too_new() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "old/PKG-INFO",
        "Metadata-Version: 1.0\nName: old\nVersion: 1\n",
    );
    let setup = "from setuptools import setup\nsetup(name='old', version='1', use_2to3=True)\n";
    sandbox.write("old/setup.py", setup);
    let transcript = Transcript::new(&sandbox).run("nix-snippet -v old");
    assert_snapshot!(transcript.text);
}

#[test]
fn flakes_and_pythons() {
    let sandbox = Sandbox::new();
    let package = "\n[[package]]\nname = \"app\"\nsource = { virtual = \".\" }\n";
    sandbox.write(
        "uv.lock",
        format!("version = 1\nrequires-python = \">=3.11\"\n{package}"),
    );
    sandbox.write(
        "pyproject.toml",
        "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\n",
    );
    sandbox.write(".python-version", "pypy@3.11\n");
    sandbox.write("flake.nix", "{ inputs = ");
    let transcript = Transcript::new(&sandbox)
        .run("init -v --dry-run")
        .run("lock -v --python 3.9")
        .run("inspect -v");
    for (name, head) in [
        ("patch", "requires-python = \"==3.12.8\""),
        ("linux", "supported-markers = [\"sys_platform == 'linux'\"]"),
        (
            "conflicts",
            "conflicts = [[{ package = \"app\" }, { package = \"other\" }]]",
        ),
    ] {
        sandbox.write(
            &format!("{name}/uv.lock"),
            format!("version = 1\n{head}\n{package}"),
        );
    }
    let transcript = transcript
        .run("lock -v patch")
        .run("lock -v linux")
        .run("lock -v conflicts");
    sandbox.write(
        "tables/uv.lock",
        format!("version = 1\nrequires-python = \">=3.11\"\n{package}"),
    );
    sandbox.write(
        "tables/pyproject.toml",
        "[tool.uv.extra-build-dependencies]\n\
         app = [{ requirement = \"torch\", match-runtime = true }]\n\
         elsewhere = [{ requirement = \"torch\" }]\nApp = [\"numpy\"]\nElse_where = [\"numpy\"]\n",
    );
    let transcript = transcript.run("lock -v tables");
    assert_snapshot!(transcript.text);
}

#[test]
fn native_crates() {
    let version_of = |name: &str| match name {
        "libgit2-sys" => "0.16.1",
        "openssl-sys" => "0.9.63",
        "rustc-serialize" => "0.3.24",
        _ => "1.0.0",
    };
    let krate = |name: &str, manifest: &str, build: &str| {
        let version = version_of(name);
        let manifest = format!(
            "[package]\nname = \"{name}\"\nversion = \"{version}\"\nedition = \"2021\"\n{manifest}"
        );
        let files = [
            ("Cargo.toml", &*manifest, 0o644),
            ("src/lib.rs", "", 0o644),
            ("build.rs", build, 0o644),
        ];
        Crate::with_files(name, version, &files)
    };
    let crates = [
        krate(
            "ash",
            "[features]\ndefault = [\"loaded\"]\nloaded = []\n",
            "fn main() {}",
        ),
        krate(
            "fetching-sys",
            "",
            "fn main() { std::process::Command::new(\"curl\").status(); }",
        ),
        krate(
            "frob-sys",
            "links = \"frob\"\n",
            "fn main() { println!(\"cargo:rustc-link-lib=frob\"); }",
        ),
        krate(
            "libgit2-sys",
            "[features]\ndefault = [\"vendored\"]\nvendored = []\n",
            "fn main() {}",
        ),
        krate("openssl-sys", "", "fn main() {}"),
        krate(
            "probing-sys",
            "links = \"probing\"\n",
            "fn main() { pkg_config::probe_library(\"frobnicate\").unwrap(); }",
        ),
        krate("rustc-serialize", "", "fn main() {}"),
        krate(
            "unreadable-sys",
            "links = \"unreadable\"\n",
            "fn main() {\n    let = ;\n}\n",
        ),
    ];
    let sandbox = Sandbox::with_registry(&Registry::new(&crates));
    sandbox.project("project", &python_project(&crates));
    assert_snapshot!(
        Transcript::new(&sandbox)
            .run("inspect -v --platforms x86_64-linux project")
            .text
    );
}

#[test]
fn a_crate_from_git_that_reaches_out() {
    if !has_git() {
        return;
    }
    let sandbox = git::sandbox();
    let repository = Repository::new(&sandbox, "space");
    repository.write("Cargo.toml", "[workspace]\nmembers = [\"top\"]\n");
    repository.write("README.md", "# space\n");
    repository.write(
        "top/Cargo.toml",
        "[package]\nname = \"top\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    );
    repository.write(
        "top/src/lib.rs",
        "pub const TEXT: &str = include_str!(\"../../README.md\");\n",
    );
    let revision = repository.commit();
    let source = format!("https://example.org/space#{revision}");
    git::project(&sandbox, 4, &[("top 1.0.0", &source)]);
    let text = Transcript::new(&sandbox).run("inspect -v module").text;
    assert_snapshot!(text.replace(&revision, "REVISION"));
}

#[test]
fn a_lock_that_git_ignores() {
    if !has_git() {
        return;
    }
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    let git = |arguments: &[&str]| {
        let mut git = sandbox.command("git");
        git.current_dir(sandbox.path("project")).args(arguments);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    };
    git(&["init", "--quiet"]);
    sandbox.write("project/.gitignore", "Cargo.lock\n");
    let transcript = Transcript::new(&sandbox).run("nix-snippet -v --as stanza project");
    // A file that is tracked isn't ignored.
    git(&["add", "--force", "src/rust/Cargo.lock"]);
    let transcript = transcript.run("nix-snippet -v --as stanza project");
    assert_snapshot!(transcript.text);
}

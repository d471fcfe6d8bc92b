//! Git crates in vendored folders: the same as cargo's, and built by cargo.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::git::{project, sandbox};
use crate::registries::{TOKEN, private};
use crate::support::{
    CRATES_IO, Crate, Registry, Repository, Sandbox, has_git, has_nix, nix, tree,
};

/// A workspace whose member `outer` takes values over from it and uses the
/// member `inner` by path; with a submodule, and a branch with a slash.
fn workspace(sandbox: &Sandbox) -> String {
    let sub = Repository::new(sandbox, "sub");
    sub.write("data.txt", "data\n");
    sub.commit();
    let repository = Repository::new(sandbox, "ws");
    repository.write(
        "Cargo.toml",
        "[workspace]\nmembers = [\"outer\", \"inner\"]\n[workspace.package]\nversion = \"1.2.3\"\nedition = \"2021\"\n\
         [workspace.dependencies]\ninner = { path = \"inner\", version = \"0.1\" }\n[workspace.lints.rust]\nunused = \"warn\"\n",
    );
    repository.write(
        "outer/Cargo.toml",
        "[package]\nname = \"outer\"\nversion.workspace = true\nedition.workspace = true\n\
         [dependencies]\ninner.workspace = true\n[lints]\nworkspace = true\n",
    );
    repository.write(
        "outer/src/lib.rs",
        "pub const DATA: &str = include_str!(\"../sub/data.txt\");\npub fn f() { inner::f(); }\n",
    );
    repository.write("outer/.gitignore", "*.log\n");
    repository.write(
        "inner/Cargo.toml",
        "[package]\nname = \"inner\"\nversion = \"0.1.0\"\nedition = \"2021\"\n",
    );
    repository.write("inner/src/lib.rs", "pub fn f() {}\n");
    repository.git(&["submodule", "--quiet", "add", &sub.url(), "outer/sub"]);
    let modules = "[submodule \"s\"]\n\tpath = outer/sub\n\turl = ../sub\n";
    repository.write(".gitmodules", modules);
    repository.commit();
    repository.git(&["branch", "feat/one"]);
    repository.commit()
}

fn module(sandbox: &Sandbox) -> String {
    workspace(sandbox);
    let repository = sandbox.path("ws");
    let output = sandbox
        .command("git")
        .args(["rev-parse", "feat/one"])
        .current_dir(repository)
        .output()
        .unwrap();
    let revision = String::from_utf8(output.stdout).unwrap().trim().to_owned();
    let source = format!("https://example.org/ws?branch=feat%2Fone#{revision}");
    project(
        sandbox,
        4,
        &[("outer 1.2.3", &source), ("inner 0.1.0", &source)],
    );
    let lock = std::fs::read_to_string(sandbox.path("module/Cargo.lock")).unwrap();
    let lock = lock.replace(
        "name = \"outer\"\nversion = \"1.2.3\"\n",
        "name = \"outer\"\nversion = \"1.2.3\"\ndependencies = [\n \"inner\",\n]\n",
    );
    sandbox.write("module/Cargo.lock", lock);
    revision
}

fn vendored(sandbox: &Sandbox, layout: &str) -> (BTreeMap<String, Vec<u8>>, String) {
    let to = sandbox.path(layout);
    let to = to.to_str().unwrap();
    let arguments = [
        "vendor",
        "module",
        "--layout",
        layout,
        "--versioned-dirs",
        "--to",
        to,
    ];
    let config = sandbox.run(&arguments).ok();
    (tree(to.as_ref()), config)
}

fn build(sandbox: &Sandbox, config: &str) {
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    sandbox.write("module/.cargo/config.toml", config.replace("$ROOT", root));
    let output = sandbox
        .command(env!("CARGO"))
        .args(["build", "--offline", "--frozen"])
        .current_dir(sandbox.path("module"))
        .env("CARGO_HOME", sandbox.path("another-cargo-home"))
        .output()
        .unwrap();
    std::fs::remove_dir_all(sandbox.path("module/.cargo")).unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}\n{config}");
}

#[test]
fn the_folder_is_cargo_s() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    module(&sandbox);
    let (ours, config) = vendored(&sandbox, "cargo");
    // Real cargo fetches from the same repository.
    sandbox.write(
        "cargo-home/config.toml",
        "[net]\ngit-fetch-with-cli = true\n",
    );
    let output = sandbox
        .command("cargo")
        .args(["vendor", "--versioned-dirs", "--locked"])
        .arg(sandbox.path("theirs"))
        .current_dir(sandbox.path("module"))
        .env_remove("CARGO_NET_OFFLINE")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "protocol.file.allow")
        .env("GIT_CONFIG_VALUE_0", "always")
        .output()
        .unwrap();
    let message = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{message}");
    let theirs = tree(&sandbox.path("theirs"));
    assert_eq!(
        ours.keys().collect::<Vec<_>>(),
        theirs.keys().collect::<Vec<_>>()
    );
    assert_eq!(ours, theirs);
    let printed = String::from_utf8_lossy(&output.stdout);
    let theirs = printed.replace(sandbox.path("theirs").to_str().unwrap(), "$ROOT/cargo");
    assert_eq!(config, theirs);
    build(&sandbox, &config);
    let again = sandbox.run(&[
        "vendor",
        "module",
        "--offline",
        "--versioned-dirs",
        "--to",
        "cargo",
    ]);
    assert!(again.stderr.contains("Fresh"), "{}", again.stderr);
}

#[test]
fn nixpkgs_layouts_have_crates_that_stand_alone() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let revision = module(&sandbox);
    let (files, config) = vendored(&sandbox, "import-cargo-lock");
    let text = |path: &str| String::from_utf8(files[path].clone()).unwrap();
    let manifest: toml::Table = text("outer-1.2.3/Cargo.toml").parse().unwrap();
    assert_eq!(manifest["package"]["version"].as_str(), Some("1.2.3"));
    assert_eq!(manifest["lints"]["rust"]["unused"].as_str(), Some("warn"));
    assert_eq!(
        text("outer-1.2.3/.cargo-checksum.json"),
        "{\"files\":{},\"package\":null}"
    );
    assert_eq!(text("outer-1.2.3/sub/data.txt"), "data\n");
    assert_eq!(text("outer-1.2.3/.gitignore"), "*.log\n");
    let table = format!("[source.\"git+https://example.org/ws?branch=feat/one#{revision}\"]");
    assert!(text(".cargo/config.toml").contains(&table));
    assert!(text("inner-0.1.0/.cargo-config").starts_with(&table));
    build(&sandbox, &config);
    let (files, config) = vendored(&sandbox, "fetch-cargo-vendor-unpacked");
    assert_eq!(
        files["source-git-0/outer-1.2.3/.cargo-checksum.json"],
        b"{\"files\": {}}"
    );
    build(&sandbox, &config);
}

#[test]
fn fetch_cargo_vendor_has_checkouts() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let revision = module(&sandbox);
    let (files, _) = vendored(&sandbox, "fetch-cargo-vendor");
    assert_eq!(
        files[&format!("git/{revision}/outer/sub/data.txt")],
        b"data\n"
    );
    if has_nix() {
        let folder = sandbox.path("fetch-cargo-vendor");
        let output = nix(&sandbox, "nix")
            .args(["hash", "path"])
            .arg(folder)
            .output()
            .unwrap();
        let theirs = String::from_utf8(output.stdout).unwrap();
        assert_eq!(sandbox.run(&["hash", "module"]).ok(), theirs);
    }
}

#[test]
fn offline_without_a_checkout_nothing_is_written() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    module(&sandbox);
    let run = sandbox.run(&["vendor", "module", "--offline"]);
    assert_eq!(run.code, 4, "{}", run.stderr);
    assert!(!sandbox.path("vendor").exists());
}

/// Crates of crates.io, of a registry that asks for a token, from git, and
/// patched ones.
#[test]
fn cargo_builds_from_each_layout() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (plain, secret) = (Crate::new("plain", "1.0.0"), Crate::new("secret", "2.0.0"));
    let crates_io = Registry::new(std::slice::from_ref(&plain));
    let corp = private(std::slice::from_ref(&secret));
    let config = crates_io.cargo_config();
    let config = format!("{config}\n[registries.corp]\nindex = \"{}\"\n", corp.id());
    sandbox.write("cargo-home/config.toml", config);
    let credentials = format!("[registries.corp]\ntoken = \"{TOKEN}\"\n");
    sandbox.write("cargo-home/credentials.toml", credentials);
    let from_git = |name: &str| {
        let repository = Repository::new(&sandbox, name);
        let manifest =
            format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
        repository.write("Cargo.toml", manifest);
        repository.write("src/lib.rs", "pub fn version() {}\n");
        format!("git+https://example.org/{name}#{}", repository.commit())
    };
    let packages = [
        ("gitted", "1.0.0", from_git("gitted"), None),
        ("patched", "1.0.0", from_git("patched"), None),
        (
            "plain",
            "1.0.0",
            CRATES_IO.to_owned(),
            Some(plain.checksum()),
        ),
        ("secret", "2.0.0", corp.id(), Some(secret.checksum())),
    ];
    let mut lock = "version = 4\n".to_owned();
    for (name, version, source, checksum) in packages {
        let checksum = checksum.map(|sum| format!("checksum = \"{sum}\"\n"));
        let _ = write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"{source}\"\n{}",
            checksum.unwrap_or_default()
        );
    }
    lock.push_str(
        "\n[[package]]\nname = \"module\"\nversion = \"0.1.0\"\ndependencies = [\n \"gitted\",\n \"patched\",\n \"plain\",\n \"secret\",\n]\n",
    );
    project(&sandbox, 4, &[]);
    sandbox.write("module/Cargo.lock", lock);
    let manifest = format!(
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[dependencies]\n\
         gitted = {{ git = \"https://example.org/gitted\" }}\npatched = \"1\"\nplain = \"1\"\n\
         secret = {{ version = \"2\", registry-index = \"{}\" }}\n\
         [patch.crates-io]\npatched = {{ git = \"https://example.org/patched\" }}\n",
        corp.id()
    );
    sandbox.write("module/Cargo.toml", manifest);
    let uses = "pub fn all() { gitted::version(); patched::version(); plain::version(); secret::version(); }\n";
    sandbox.write("module/src/lib.rs", uses);
    for layout in ["cargo", "import-cargo-lock", "fetch-cargo-vendor-unpacked"] {
        let (_, config) = vendored(&sandbox, layout);
        assert!(!config.contains(TOKEN));
        build(&sandbox, &config);
    }
}

/// A crate whose links would have the user's files copied.
#[test]
#[cfg(unix)]
fn links_out_of_a_repository_are_not_followed() {
    use std::os::unix::fs::symlink;
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    sandbox.write("private/key", "TOPSECRET");
    let repository = Repository::new(&sandbox, "evil");
    repository.write(
        "Cargo.toml",
        "[package]\nname = \"evil\"\nversion = \"1.0.0\"\nedition = \"2021\"\n",
    );
    repository.write("src/lib.rs", "");
    symlink(
        sandbox.path("private/key"),
        repository.folder.join("README.md"),
    )
    .unwrap();
    symlink(sandbox.path("private"), repository.folder.join("src/dir")).unwrap();
    symlink("..", repository.folder.join("src/round")).unwrap();
    let revision = repository.commit();
    let source = format!("https://example.org/evil#{revision}");
    project(&sandbox, 4, &[("evil 1.0.0", &source)]);
    let failure = sandbox.run(&["vendor", "module"]).failure();
    assert!(failure.contains("leads out of the repository"), "{failure}");
    for layout in ["import-cargo-lock", "fetch-cargo-vendor-unpacked"] {
        let (files, _) = vendored(&sandbox, layout);
        let has_secret = |bytes: &Vec<u8>| bytes.windows(9).any(|part| part == b"TOPSECRET");
        assert!(!files.values().any(has_secret), "{layout}");
    }
}

/// A revision that is a path.
#[test]
fn a_revision_makes_no_folder_elsewhere() {
    let sandbox = sandbox();
    let elsewhere = sandbox.path("elsewhere").display().to_string();
    let source = format!("https://example.org/x#../../../../../../../..{elsewhere}/a/b");
    project(&sandbox, 4, &[("x 1.0.0", &source)]);
    for layout in ["cargo", "import-cargo-lock", "fetch-cargo-vendor"] {
        sandbox
            .run(&["vendor", "module", "--layout", layout])
            .failure();
        assert!(!sandbox.path("elsewhere").exists(), "{layout}");
    }
}

//! Git dependencies, from repositories that real git makes on the disk.

use std::fmt::Write as _;
use std::path::Path;

use crate::support::{Repository, Run, Sandbox, has_git, has_nix, nix};

/// A project whose lock has these crates from git: `name version`, source.
pub fn project(sandbox: &Sandbox, format: u8, crates: &[(&str, &str)]) {
    let pyproject = "[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n\
                     [project]\nname = \"module\"\nversion = \"0.1.0\"\n";
    sandbox.write("module/pyproject.toml", pyproject);
    sandbox.write("module/src/lib.rs", "");
    let (mut lock, mut manifest, mut edges) = (String::new(), String::new(), String::new());
    for (id, source) in crates {
        let (name, version) = id.split_once(' ').unwrap();
        let _ = write!(
            lock,
            "\n[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = \"git+{source}\"\n"
        );
        let _ = writeln!(edges, " \"{name}\",");
        let (url, _) = source.split_once('#').unwrap();
        let (url, query) = url.split_once('?').unwrap_or((url, ""));
        let selector = query.split_once('=').map(|(key, value)| {
            let value = value.replace("%2F", "/");
            format!(", {key} = \"{value}\"")
        });
        let selector = selector.unwrap_or_default();
        let _ = writeln!(manifest, "{name} = {{ git = \"{url}\"{selector} }}");
    }
    let head = "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\ncrate-type = [\"cdylib\"]\n[dependencies]\n";
    sandbox.write("module/Cargo.toml", format!("{head}{manifest}"));
    let own = format!(
        "\n[[package]]\nname = \"module\"\nversion = \"0.1.0\"\ndependencies = [\n{edges}]\n"
    );
    sandbox.write(
        "module/Cargo.lock",
        format!("version = {format}\n{lock}{own}"),
    );
}

/// A sandbox with a network, which leads nowhere but to the disk: what is
/// asked of example.org is a repository in the sandbox.
pub fn sandbox() -> Sandbox {
    let sandbox = Sandbox::with_cargo_config("");
    let root = sandbox.path("").display().to_string();
    sandbox.write(
        "home/.gitconfig",
        format!("[url \"file://{root}\"]\n\tinsteadOf = https://example.org/\n"),
    );
    sandbox
}

/// A repository with one crate.
fn simple<'a>(sandbox: &'a Sandbox, name: &str) -> (Repository<'a>, String) {
    let repository = Repository::new(sandbox, name);
    let manifest =
        format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\nedition = \"2021\"\n");
    repository.write("Cargo.toml", manifest);
    repository.write("src/lib.rs", "");
    let revision = repository.commit();
    (repository, revision)
}

/// Has cargo's own database hold a repository.
fn cargo_database(sandbox: &Sandbox, repository: &Repository) -> std::path::PathBuf {
    let database = sandbox.path("cargo-home/git/db/simple-0123456789abcdef");
    let to = database.to_str().unwrap();
    repository.git(&["clone", "--quiet", "--bare", ".", to]);
    database
}

pub fn tree(sandbox: &Sandbox, revision: &str) -> std::path::PathBuf {
    sandbox.path("cache/git/trees").join(revision)
}

/// The hash that Nix would give, by its own program where it is there.
fn oracle(sandbox: &Sandbox, folder: &Path) -> String {
    let oracle = crate::nar::oracle(folder);
    if has_nix() {
        let mut nix = nix(sandbox, "nix");
        let output = nix.args(["hash", "path"]).arg(folder).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap().trim(), oracle);
    }
    oracle
}

fn json(run: Run) -> serde_json::Value {
    serde_json::from_str(&run.ok()).unwrap()
}

/// All that a checkout may get wrong, and submodules; the revision is not at
/// a tip.
fn rich(sandbox: &Sandbox) -> (Repository<'_>, String) {
    let inner = Repository::new(sandbox, "inner");
    inner.write("deep.txt", "deep\n");
    inner.commit();
    let sub = Repository::new(sandbox, "sub");
    sub.write("sub.txt", "sub\n");
    sub.git(&["submodule", "--quiet", "add", &inner.url(), "nested"]);
    let modules = "[submodule \"nested\"]\n\tpath = nested\n\turl = ../inner\n";
    sub.write(".gitmodules", modules);
    sub.commit();
    let (repository, _) = simple(sandbox, "simple");
    for (path, text) in [
        (
            ".gitattributes",
            "*.crlf text eol=crlf\nsecret export-ignore\n*.id ident\n*.bin filter=lfs\n",
        ),
        ("a.crlf", "one\ntwo\n"),
        ("secret", "kept\n"),
        ("x.id", "$Id$\n"),
        ("big.bin", "version https://git-lfs.github.com/spec/v1\n"),
    ] {
        repository.write(path, text);
    }
    executable(&repository.folder.join("run.sh"), "#!/bin/sh\n");
    #[cfg(unix)]
    std::os::unix::fs::symlink("src/lib.rs", repository.folder.join("link")).unwrap();
    repository.git(&["submodule", "--quiet", "add", &sub.url(), "libs/sub"]);
    let modules = "[submodule \"s\"]\n\tpath = libs/sub\n\turl = ../sub\n";
    repository.write(".gitmodules", modules);
    let revision = repository.commit();
    repository.write("later", "later\n");
    repository.commit();
    (repository, revision)
}

fn executable(path: &Path, text: &str) {
    std::fs::create_dir_all(path.parent().unwrap()).unwrap();
    std::fs::write(path, text).unwrap();
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
}

/// Has the user's configuration make a file, whose path this is, in each way
/// that a checkout can run something.
fn canary(sandbox: &Sandbox) -> std::path::PathBuf {
    let canary = sandbox.path("canary");
    let touch = format!("touch {}", canary.display());
    let hooks = sandbox.path("hooks");
    let mut config = std::fs::read_to_string(sandbox.path("home/.gitconfig")).unwrap();
    let _ = write!(
        config,
        "[filter \"lfs\"]\n\tsmudge = {touch}\n\tprocess = {touch}\n\trequired = true\n\
         [core]\n\tfsmonitor = {touch}\n\thooksPath = {}\n\tautocrlf = true\n",
        hooks.display()
    );
    sandbox.write("home/.gitconfig", config);
    for hook in [
        "post-checkout",
        "reference-transaction",
        "post-index-change",
    ] {
        executable(&hooks.join(hook), &format!("#!/bin/sh\n{touch}\n"));
    }
    canary
}

#[test]
fn the_checkout_is_that_of_a_clone() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = rich(&sandbox);
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    let canary = canary(&sandbox);
    let report = json(sandbox.run(&["hash", "--format", "json", "module"]));
    assert!(!canary.exists(), "something was run");
    let clone = repository.cloned(&revision, "clone");
    let hash = oracle(&sandbox, &clone);
    let expected = serde_json::json!({"simple-1.0.0": hash});
    assert_eq!(report["output_hashes"], expected);
    assert_eq!(report["crates"], 1);
    let tree = tree(&sandbox, &revision);
    let text = std::fs::read(tree.join("a.crlf")).unwrap();
    assert_eq!(text, b"one\r\ntwo\r\n");
    assert!(tree.join("libs/sub/nested/deep.txt").is_file());
    assert!(tree.join("secret").is_file() && !tree.join(".git").exists());
    // `git/<revision>/` beside the lock.
    let lock = std::fs::read(sandbox.path("module/Cargo.lock")).unwrap();
    sandbox.write("whole/Cargo.lock", lock);
    std::fs::create_dir(sandbox.path("whole/git")).unwrap();
    std::fs::rename(clone, sandbox.path("whole/git").join(&revision)).unwrap();
    let whole = oracle(&sandbox, &sandbox.path("whole"));
    assert_eq!(report["cargo_hash"], *whole);
    assert_eq!(sandbox.run(&["hash", "module"]).ok(), format!("{whole}\n"));
}

#[test]
fn any_selector_is_the_same_revision() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    repository.git(&["branch", "feat/one"]);
    repository.git(&["tag", "v1"]);
    let short = format!("rev={}", &revision[..9]);
    let mut hashes = std::collections::BTreeSet::new();
    for (format, query) in [
        (4, "?branch=feat%2Fone"),
        (3, "?branch=feat/one"),
        (4, "?tag=v1"),
        (4, &format!("?{short}")),
        (4, ""),
    ] {
        let source = format!("https://example.org/simple{query}#{revision}");
        project(&sandbox, format, &[("simple 1.0.0", &source)]);
        let printed = sandbox.run(&["hash", "--output-hashes", "module"]).ok();
        hashes.insert(printed);
    }
    let hash = oracle(&sandbox, &tree(&sandbox, &revision));
    let expected = format!("{{\n  \"simple-1.0.0\" = \"{hash}\";\n}}\n");
    assert_eq!(hashes.into_iter().collect::<Vec<_>>(), [expected]);
}

#[test]
fn offline_the_cache_serves() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    for command in ["hash", "nix-snippet"] {
        let run = sandbox.run(&[command, "--offline", "module"]).failure();
        insta::allow_duplicates! {
            insta::assert_snapshot!(run.replace(&revision, "REVISION"), @r"
            exit code 4
            error: revision REVISION of `https://example.org/simple` isn't cached, and `--offline` was specified
              help: run the command once without `--offline`
              code: pyhack::git::offline
            ");
        }
    }
    let hash = sandbox.run(&["hash", "module"]).ok();
    std::fs::remove_dir_all(&repository.folder).unwrap();
    assert_eq!(sandbox.run(&["hash", "--offline", "module"]).ok(), hash);
    // Its hash is known without its files.
    std::fs::remove_dir_all(sandbox.path("cache/git/db")).unwrap();
    std::fs::remove_dir_all(tree(&sandbox, &revision)).unwrap();
    let printed = sandbox.run(&["nix-snippet", "--offline", "module"]).ok();
    assert!(printed.contains("outputHashes"), "{printed}");
}

#[test]
fn what_cargo_has_fetched_is_used() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    cargo_database(&sandbox, &repository);
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    sandbox.run(&["hash", "--offline", "module"]).ok();
    assert!(tree(&sandbox, &revision).join("src/lib.rs").is_file());
}

#[test]
fn what_cargo_has_lost_is_fetched() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    let database = cargo_database(&sandbox, &repository);
    let blob = repository.git(&["rev-parse", "HEAD:Cargo.toml"]);
    let object = database.join("objects").join(&blob[..2]).join(&blob[2..]);
    std::fs::remove_file(object).unwrap();
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    let failure = sandbox.run(&["hash", "--offline", "module"]).failure();
    assert!(failure.contains("pyhack::git::offline"), "{failure}");
    sandbox.run(&["hash", "module"]).ok();
    assert!(tree(&sandbox, &revision).join("Cargo.toml").is_file());
}

#[test]
fn an_object_with_other_contents_is_no_checkout() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    let database = cargo_database(&sandbox, &repository);
    let blob = repository.git(&["rev-parse", "HEAD:Cargo.toml"]);
    let object = database.join("objects").join(&blob[..2]).join(&blob[2..]);
    let bytes = std::fs::read(&object).unwrap();
    std::fs::remove_file(&object).unwrap();
    std::fs::write(&object, &bytes[..bytes.len() - 8]).unwrap();
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    let run = sandbox.run(&["hash", "--offline", "module"]);
    assert_ne!(run.code, 0, "{}", run.stdout);
    assert!(!tree(&sandbox, &revision).exists());
}

#[test]
fn a_server_that_gives_no_single_revisions_is_asked_for_all() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, revision) = simple(&sandbox, "simple");
    repository.write("later", "");
    repository.commit();
    let mut config = std::fs::read_to_string(sandbox.path("home/.gitconfig")).unwrap();
    config += "[protocol]\n\tversion = 0\n";
    sandbox.write("home/.gitconfig", config);
    let source = format!("https://example.org/simple#{revision}");
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    sandbox.run(&["hash", "module"]).ok();
    assert!(!tree(&sandbox, &revision).join("later").exists());
}

#[test]
fn a_revision_that_is_gone() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    simple(&sandbox, "simple");
    let source = format!("https://example.org/simple#{}", "0123456789".repeat(4));
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    insta::assert_snapshot!(sandbox.run(&["hash", "module"]).failure(), @r"
    exit code 3
    error: `https://example.org/simple` has no revision 0123456789012345678901234567890123456789
      help: choose another revision with `cargo update`, or use a fork that has it; the history may have been rewritten
      code: pyhack::git::no_such_revision
    ");
}

#[test]
fn without_git() {
    let sandbox = sandbox();
    let source = format!("https://example.org/simple#{}", "0123456789".repeat(4));
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command
        .args(["hash", "module"])
        .env("PATH", sandbox.path("nowhere"));
    let output = command.output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(4), "{stderr}");
    assert!(stderr.contains("error: failed to run git: "), "{stderr}");
    assert!(stderr.contains("code: pyhack::git::missing"), "{stderr}");
}

#[test]
fn a_damaged_tree_is_refused() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (repository, _) = simple(&sandbox, "simple");
    // A name that would be the repository's own.
    let blob = repository.git(&["hash-object", "-w", "src/lib.rs"]);
    let entry = sandbox.write("entry", format!("100644 blob {blob}\t.git\n"));
    let mut mktree = sandbox.command("git");
    mktree.current_dir(&repository.folder).arg("mktree");
    let output = mktree.stdin(std::fs::File::open(entry).unwrap()).output();
    let stdout = String::from_utf8(output.unwrap().stdout).unwrap();
    let commit = repository.git(&["commit-tree", "-m", "x", stdout.trim()]);
    repository.git(&["branch", "evil", &commit]);
    assert_checkout_is_refused(&sandbox, &commit);
}

/// A commit of the repository `simple` is refused, and nothing of it is kept.
fn assert_checkout_is_refused(sandbox: &Sandbox, commit: &str) {
    let source = format!("https://example.org/simple#{commit}");
    project(sandbox, 4, &[("simple 1.0.0", &source)]);
    let failure = sandbox.run(&["hash", "module"]).failure();
    assert!(failure.starts_with("exit code 3"), "{failure}");
    assert!(failure.contains("code: pyhack::git::checkout"), "{failure}");
    assert!(!tree(sandbox, commit).exists());
}

/// Git would write one over the other, and follow the link.
#[test]
fn a_tree_with_a_path_twice_is_refused() {
    for is_cached in [false, true] {
        let sandbox = sandbox();
        let (repository, _) = simple(&sandbox, "simple");
        let blob = repository.git(&["hash-object", "-w", "src/lib.rs"]);
        let folder = repository.git(&["rev-parse", "HEAD:src"]);
        let entry = |mode: &str, object: &str| {
            let mut entry = format!("{mode} a\0").into_bytes();
            let digits = object.trim().as_bytes().chunks(2);
            let digits = digits.map(|pair| std::str::from_utf8(pair).unwrap());
            entry.extend(digits.map(|pair| u8::from_str_radix(pair, 16).unwrap()));
            entry
        };
        let raw = sandbox.write(
            "tree",
            [entry("120000", &blob), entry("40000", &folder)].concat(),
        );
        let arguments = ["hash-object", "-w", "-t", "tree", "--literally"];
        let object = repository.git(&[&arguments[..], &[raw.to_str().unwrap()]].concat());
        let commit = repository.git(&["commit-tree", "-m", "x", object.trim()]);
        repository.git(&["branch", "evil", &commit]);
        if is_cached {
            cargo_database(&sandbox, &repository);
        }
        assert_checkout_is_refused(&sandbox, &commit);
    }
}

#[test]
fn a_lock_without_a_full_revision() {
    let sandbox = sandbox();
    project(
        &sandbox,
        4,
        &[("simple 1.0.0", "https://example.org/simple?tag=v1#")],
    );
    insta::assert_snapshot!(sandbox.run(&["hash", "module"]).failure(), @r"
    exit code 3
    error: the lockfile has no full revision for `https://example.org/simple`
      help: regenerate it with `cargo generate-lockfile`: a branch or tag isn't reproducible
      code: pyhack::lock::no_revision
    ");
    let run = sandbox.run(&["nix-snippet", "--write", "out.nix", "module"]);
    assert_eq!(run.code, 3);
    assert!(!sandbox.path("out.nix").exists());
}

#[test]
fn credentials_are_not_printed() {
    if !has_git() {
        return;
    }
    let sandbox = Sandbox::with_cargo_config("[net]\nretry = 0\n");
    let source = format!(
        "https://user:hunter2@127.0.0.1:9/simple#{}",
        "0123456789".repeat(4)
    );
    project(&sandbox, 4, &[("simple 1.0.0", &source)]);
    for arguments in [
        &["hash", "module"][..],
        &["hash", "--offline", "module"],
        &["nix-snippet", "module"],
        &["vendor", "module"],
        &["inspect", "-v", "module"],
        &["inspect", "--format", "json", "module"],
    ] {
        let run = sandbox.run(arguments);
        let all = format!("{}{}", run.stdout, run.stderr);
        assert!(all.contains("simple"), "{arguments:?}: {all}");
        assert!(!all.contains("hunter2"), "{arguments:?}: {all}");
    }
    let failure = sandbox
        .run(&["hash", "--output-hashes", "module"])
        .failure();
    assert!(failure.contains("code: pyhack::git::network"), "{failure}");
    assert!(
        failure.contains("https://***@127.0.0.1:9/simple"),
        "{failure}"
    );
    assert!(failure.starts_with("exit code 4"), "{failure}");
}

/// Each pause would be in vain without a network. A refused connection may be
/// that of a server that is about to start.
#[cfg(unix)]
#[test]
fn a_host_without_an_address_is_tried_once() {
    if !has_git() {
        return;
    }
    for (message, expected) in [
        (
            "fatal: unable to access 'x': Could not resolve host: git.invalid",
            1,
        ),
        (
            "fatal: unable to access 'x': Failed to connect to git.invalid port 443",
            4,
        ),
    ] {
        let sandbox = Sandbox::with_cargo_config("");
        let source = format!("https://git.invalid/simple#{}", "0123456789".repeat(4));
        project(&sandbox, 4, &[("simple 1.0.0", &source)]);
        let text = format!(
            "#!/bin/sh\ncase \" $* \" in *' fetch '*) echo fetch >> log; echo \"{message}\" >&2; exit 128;; esac\nPATH=${{PATH#*:}} exec git \"$@\"\n"
        );
        let log = sandbox.path("log");
        let text = text.replace(">> log", &format!(">> '{}'", log.display()));
        executable(&sandbox.path("bin/git"), &text);
        let path = std::env::var("PATH").unwrap_or_default();
        let path = format!("{}:{path}", sandbox.path("bin").display());
        let run = sandbox.run_with(&[("PATH", &path)], &["hash", "--output-hashes", "module"]);
        assert!(
            run.stderr.contains("pyhack::git::network"),
            "{}",
            run.stderr
        );
        let fetches = std::fs::read_to_string(log).unwrap_or_default();
        assert_eq!(fetches.lines().count(), expected, "{message}");
    }
}

#[test]
fn urls_that_would_run_or_read_something_are_refused() {
    let sandbox = sandbox();
    let canary = sandbox.path("canary");
    for url in [
        "ext::touch canary",
        "--upload-pack=touch canary",
        "ftp://example.org/a",
    ] {
        let source = format!("{url}#{}", "0123456789".repeat(4));
        project(&sandbox, 4, &[("simple 1.0.0", &source)]);
        let run = sandbox.run(&["hash", "module"]);
        assert_eq!(run.code, 3, "{url}: {}", run.stderr);
    }
    assert!(!canary.exists());
}

#[test]
fn a_stranger_s_submodules_run_nothing() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (other, revision) = simple(&sandbox, "other");
    let local = other.url();
    for (place, (path, url, update, is_taken)) in [
        ("sub", "../other", "!touch canary", true),
        ("sub", "ext::sh -c 'touch canary'", "checkout", false),
        ("sub", "-u./canary", "checkout", false),
        ("sub", "https://example.org/other", "checkout", true),
        // From a repository elsewhere, this disk isn't read.
        ("sub", &local, "checkout", false),
        ("sub", "../../../../other", "checkout", false),
        ("../up", "../other", "checkout", true),
        ("sub", "../other", "none", true),
    ]
    .into_iter()
    .enumerate()
    {
        let name = format!("evil{place}");
        let (repository, _) = simple(&sandbox, &name);
        repository.write(
            ".gitmodules",
            format!("[submodule \"s\"]\n\tpath = {path}\n\turl = {url}\n\tupdate = {update}\n"),
        );
        repository.git(&["add", ".gitmodules"]);
        let top = repository.commit_link("sub", &revision);
        let source = format!("https://example.org/{name}#{top}");
        project(&sandbox, 4, &[(&format!("{name} 1.0.0"), &source)]);
        let run = sandbox.run(&["hash", "module"]);
        assert_eq!(run.code == 0, is_taken, "{path} {url}: {}", run.stderr);
        if is_taken {
            let is_filled = tree(&sandbox, &top).join("sub/src/lib.rs").exists();
            assert_eq!(is_filled, path == "sub" && update != "none", "{path} {url}");
        }
    }
    assert!(!sandbox.path("canary").exists());
    assert!(!sandbox.path("module/canary").exists());
}

/// Two crates from git in the lock of `module`, with the revision of each.
fn two_revisions(sandbox: &Sandbox) -> [(Repository<'_>, String); 2] {
    let repositories = ["other", "simple"].map(|name| simple(sandbox, name));
    let [other, simple] = &repositories;
    let source =
        |(repository, revision): &(Repository, String)| format!("{}#{revision}", repository.url());
    let crates = [
        ("other 1.0.0", &*source(other)),
        ("simple 1.0.0", &*source(simple)),
    ];
    project(sandbox, 4, &crates);
    repositories
}

#[test]
fn the_stanza_has_the_hashes() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let repositories = two_revisions(&sandbox);
    let mut printed = sandbox
        .run(&["nix-snippet", "--as", "stanza", "module"])
        .ok();
    for (place, (_, revision)) in repositories.iter().enumerate() {
        let hash = oracle(&sandbox, &tree(&sandbox, revision));
        printed = printed.replace(&hash, &format!("HASH-{place}"));
        printed = printed.replace(revision, &format!("REVISION-{place}"));
    }
    insta::assert_snapshot!(printed, @r#"
    module = hacks.importCargoLock {
      prev = prev.module;
      importCargoLockArgs = {
        outputHashes = {
          # revision REVISION-0
          "other-1.0.0" = "HASH-0";
          # revision REVISION-1
          "simple-1.0.0" = "HASH-1";
        };
      };
    };
    "#);
}

/// What is fetched is in neither cache nor repository by then.
#[test]
fn hashes_in_the_file_are_not_worked_out_again() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let repositories = two_revisions(&sandbox);
    let write = ["nix-snippet", "--write", "overlay.nix", "module"];
    sandbox.run(&write).ok();
    let written = std::fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    for (repository, _) in &repositories {
        std::fs::remove_dir_all(&repository.folder).unwrap();
    }
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let again = sandbox.run(&[&write[..], &["--offline"]].concat());
    assert!(
        again.stderr.contains("Fresh `overlay.nix`"),
        "{}",
        again.stderr
    );
    // Not one that somebody else may have put there.
    let edited = written.replace("sha256-", "sha256-A");
    sandbox.write("overlay.nix", edited);
    let failure = sandbox
        .run(&[&write[..], &["--offline"]].concat())
        .failure();
    assert!(failure.contains("code: pyhack::git::offline"), "{failure}");
}

#[test]
fn one_crate_from_two_sources() {
    if !has_git() {
        return;
    }
    let sandbox = sandbox();
    let (first, one) = simple(&sandbox, "simple");
    first.write("more", "");
    let two = first.commit();
    let sources = [
        format!("{}?rev={one}#{one}", first.url()),
        format!("{}#{two}", first.url()),
    ];
    project(&sandbox, 4, &[("simple 1.0.0", &sources[0])]);
    let lock = std::fs::read_to_string(sandbox.path("module/Cargo.lock")).unwrap();
    let again = format!(
        "\n[[package]]\nname = \"simple\"\nversion = \"1.0.0\"\nsource = \"git+{}\"\n",
        sources[1]
    );
    sandbox.write("module/Cargo.lock", lock + &again);
    insta::assert_snapshot!(sandbox.run(&["nix-snippet", "module"]).failure(), @r"
    exit code 3
    error: `module/Cargo.lock` has crates with the same name and version from different sources: `simple 1.0.0`
      help: use `fetchCargoVendor` of nixpkgs 26.05 or later, with the hash that `cargo pyhack hash` prints: `importCargoLock` doesn't support this
      code: pyhack::lock::same_crate_twice
    ");
    let hash = sandbox.run(&["hash", "-v", "module"]);
    insta::assert_snapshot!(hash.stderr, @"
    warning: `Cargo.lock` has crates with the same name and version from different sources: `simple 1.0.0`; `fetchCargoVendor` supports this since nixpkgs 26.05
      help: use nixpkgs 26.05 or later; `importCargoLock` doesn't support this
      code: pyhack::warning::same_crates
    ");
    assert!(hash.ok().starts_with("sha256-"));
}

//! Locks that cargo makes or mends.

use crate::support::{Crate, Registry, Sandbox, has_nix, lock, nix, python_project, tree};

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

fn beta() -> Crate {
    Crate::new("beta", "2.0.0")
}

/// The project without a lock.
fn without_lock(crates: &[Crate]) -> Vec<(String, String)> {
    let mut files = python_project(crates);
    files.retain(|(path, _)| !path.ends_with("Cargo.lock"));
    files
}

fn read(sandbox: &Sandbox, path: &str) -> String {
    std::fs::read_to_string(sandbox.path(path)).unwrap()
}

/// `name version` of each crate in a lock.
fn crates_of(lock: &str) -> Vec<String> {
    let lock: toml::Table = lock.parse().unwrap();
    let packages = lock["package"].as_array().unwrap().iter();
    let text = |package: &toml::Value, key: &str| package[key].as_str().unwrap().to_owned();
    packages
        .map(|p| format!("{} {}", text(p, "name"), text(p, "version")))
        .collect()
}

/// Whether real cargo takes the lock of a project with `--locked`.
fn is_accepted(sandbox: &Sandbox, project: &str) -> bool {
    let output = sandbox
        .command("cargo")
        .args(["metadata", "--locked", "--format-version", "1"])
        .current_dir(sandbox.path(project))
        .output()
        .unwrap();
    output.status.success()
}

const GENERATE: [&str; 4] = [
    "nix-snippet",
    "--generate-lock",
    "--write",
    "nix/module.nix",
];

fn generate(sandbox: &Sandbox) -> String {
    let arguments = [&GENERATE[..], &["project"]].concat();
    let run = sandbox.run(&arguments);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stdout, "");
    run.stderr
}

#[test]
fn a_missing_lock_is_the_one_that_cargo_makes() {
    let registry = Registry::new(&[alpha(), beta()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &without_lock(&[alpha(), beta()]));
    let before = tree(&sandbox.path("project"));
    insta::assert_snapshot!(generate(&sandbox), @"
        Wrote `nix/module.lock`
        Wrote `nix/module.nix`
        ");
    assert_eq!(tree(&sandbox.path("project")), before);

    let cargo = sandbox
        .command("cargo")
        .arg("generate-lockfile")
        .current_dir(sandbox.path("project/src/rust"))
        .output();
    assert!(cargo.unwrap().status.success());
    let own = read(&sandbox, "project/src/rust/Cargo.lock");
    assert_eq!(read(&sandbox, "nix/module.lock"), own);
    std::fs::remove_file(sandbox.path("project/src/rust/Cargo.lock")).unwrap();

    // The other commands take it from there.
    let with = |command| [command, "--lock-file", "nix/module.lock", "project"];
    let hash = sandbox.run(&with("hash")).ok();
    sandbox.project("locked", &python_project(&[alpha(), beta()]));
    sandbox.write("locked/src/rust/Cargo.lock", own);
    assert_eq!(hash, sandbox.run(&["hash", "locked"]).ok());
    sandbox.run(&with("vendor")).ok();
}

#[test]
fn a_lock_that_was_kept_is_taken_again() {
    let newer = Crate::new("alpha", "1.1.0");
    let sandbox = Sandbox::with_registry(&Registry::new(&[alpha()]));
    let mut files = without_lock(&[alpha()]);
    for (_, text) in &mut files {
        *text = text.replace("=1.0.0", "1");
    }
    sandbox.project("project", &files);
    generate(&sandbox);
    let first = tree(&sandbox.path("nix"));
    let registry = Registry::new(&[alpha(), newer]);
    sandbox.write("cargo-home/config.toml", registry.cargo_config());
    insta::assert_snapshot!(generate(&sandbox), @"
        Fresh `nix/module.lock`
        Fresh `nix/module.nix`
        ");
    assert_eq!(tree(&sandbox.path("nix")), first);
}

#[test]
fn a_lock_is_mended_and_the_rest_of_it_kept() {
    let registry = Registry::new(&[alpha(), Crate::new("alpha", "1.1.0"), beta()]);
    let sandbox = Sandbox::with_registry(&registry);
    let mut files = python_project(&[alpha(), beta()]);
    for (path, text) in &mut files {
        *text = text.replace("=1.0.0", "1");
        if path.ends_with("Cargo.lock") {
            *text = lock(&[alpha()]);
        }
    }
    sandbox.project("project", &files);
    insta::assert_snapshot!(sandbox.run(&["vendor", "project"]).failure(), @"
        exit code 3
        error: `project/src/rust/Cargo.lock` doesn't match the manifests: it lacks `beta =2.0.0`, required by `module`
          help: update it and keep all other versions: `cargo pyhack nix-snippet --generate-lock --write FILE`; offline builds fail until then
          code: pyhack::lock::stale
        ");
    assert!(!is_accepted(&sandbox, "project/src/rust"));
    generate(&sandbox);
    let mended = read(&sandbox, "nix/module.lock");
    assert_eq!(
        crates_of(&mended),
        ["alpha 1.0.0", "beta 2.0.0", "module 0.1.0"]
    );
    sandbox.write("project/src/rust/Cargo.lock", mended);
    assert!(is_accepted(&sandbox, "project/src/rust"));
}

#[test]
fn more_than_needed_is_what_locked_refuses() {
    let registry = Registry::new(&[alpha(), beta()]);
    let sandbox = Sandbox::with_registry(&registry);
    let mut files = python_project(&[alpha()]);
    for (path, text) in &mut files {
        if path.ends_with("Cargo.lock") {
            *text = lock(&[alpha(), beta()]);
        }
    }
    sandbox.project("project", &files);
    assert!(!is_accepted(&sandbox, "project/src/rust"));
    let run = sandbox.run(&["nix-snippet", "project"]);
    insta::assert_snapshot!(run.stderr, @"note: `Cargo.lock` has a crate that nothing depends on: beta 2.0.0; only builds with `--locked` fail");
    run.ok();

    generate(&sandbox);
    let mended = read(&sandbox, "nix/module.lock");
    assert_eq!(crates_of(&mended), ["alpha 1.0.0", "module 0.1.0"]);

    // Offline, cargo drops beta by itself.
    let config = sandbox.run(&["vendor", "project"]).ok();
    sandbox.write(
        "config/config.toml",
        config.replace("\"vendor\"", &format!("{:?}", sandbox.path("vendor"))),
    );
    let cargo = sandbox
        .command("cargo")
        .args(["build", "--offline"])
        .env("CARGO_HOME", sandbox.path("config"))
        .current_dir(sandbox.path("project/src/rust"))
        .output()
        .unwrap();
    assert!(
        cargo.status.success(),
        "{}",
        String::from_utf8_lossy(&cargo.stderr)
    );
}

#[test]
fn a_crate_that_is_gone_matters_where_something_needs_it() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    let mut files = python_project(&[alpha()]);
    for (path, text) in &mut files {
        if path.ends_with("Cargo.lock") {
            *text = lock(&[alpha(), beta()]);
        }
    }
    sandbox.project("project", &files);
    let run = sandbox.run(&["vendor", "project"]);
    insta::assert_snapshot!(run.stderr, @"
            Vendored 1 crate in `vendor`
        warning: the registry no longer has beta 2.0.0
          help: remove them from `Cargo.lock`: `cargo pyhack nix-snippet --generate-lock --write FILE`; the project doesn't use them, but Nix fetches all crates in `Cargo.lock`
        ");
    run.ok();
    assert!(sandbox.run(&["vendor", "project"]).stderr.contains("Fresh"));
    assert!(
        sandbox
            .run(&["hash", "project"])
            .failure()
            .contains("`beta 2.0.0`")
    );

    // A version that is gone is replaced by one that is there.
    let sandbox = Sandbox::with_registry(&Registry::new(&[Crate::new("alpha", "1.0.1"), beta()]));
    let mut files = python_project(&[alpha(), beta()]);
    for (path, text) in &mut files {
        if path.ends_with("Cargo.toml") {
            *text = text.replace("=1.0.0", "1");
            text.push_str("gone = { path = \"gone\" }\n");
        }
    }
    sandbox.project("project", &files);
    let gone = "[package]\nname = \"gone\"\nversion = \"0.1.0\"\n[dependencies]\nbeta = \"2\"\n";
    sandbox.write("project/src/rust/gone/Cargo.toml", gone);
    sandbox.write("project/src/rust/gone/src/lib.rs", "");
    let dependency = "[workspace]\nmembers = [\"gone\"]\n";
    let manifest = read(&sandbox, "project/src/rust/Cargo.toml");
    sandbox.write(
        "project/src/rust/Cargo.toml",
        format!("{manifest}{dependency}"),
    );
    // The lock lacks nothing, so nobody asks cargo unless there is a reason.
    let lock = read(&sandbox, "project/src/rust/Cargo.lock")
        .replace("name = \"module\"", "name = \"other\"");
    sandbox.write("project/src/rust/Cargo.lock", lock);
    generate(&sandbox);
    let mended = read(&sandbox, "nix/module.lock");
    let expected = ["alpha 1.0.1", "beta 2.0.0", "gone 0.1.0", "module 0.1.0"];
    assert_eq!(crates_of(&mended), expected);
}

#[test]
fn real_nix_builds_with_the_lock_beside_the_file() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &without_lock(&[alpha()]));
    generate(&sandbox);
    if !has_nix() {
        return;
    }
    // What cargoSetupHook does: it compares the lock of the source, after
    // patching, with the one that the crates come from.
    let expression = "let
      fake = args: { overrideAttrs = f: f { nativeBuildInputs = [ ]; } // { inherit args; }; };
      overlay = import ./nix/module.nix { pkgs = { }; lib = { }; hacks.importCargoLock = fake; };
      module = (overlay { resolveBuildSystem = _: [ ]; } { module = null; }).module;
    in assert !module.args.doUnpack; derivation {
      name = \"module\"; system = builtins.currentSystem; builder = \"/bin/sh\";
      inherit (module) postPatch; lock = module.args.importCargoLockArgs.lockFile;
      args = [ \"-c\" ''
        export PATH=/usr/bin:/bin; mkdir -p src/rust && eval \"$postPatch\"
        cmp src/rust/Cargo.lock $lock && cp src/rust/Cargo.lock $out
      '' ];
    }";
    sandbox.write("build.nix", expression);
    let output = nix(&sandbox, "nix-build")
        .args(["--no-out-link", "build.nix"])
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let built = String::from_utf8(output.stdout).unwrap();
    let found = std::fs::read_to_string(built.trim()).unwrap();
    assert_eq!(found, read(&sandbox, "nix/module.lock"));
}

#[test]
fn a_file_of_the_user_s_is_not_overwritten() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.write("nix/module.lock", "mine\n");
    let write = ["nix-snippet", "--write", "nix/module.nix", "project"];
    let arguments = [&write[..], &["--source", "registry", "--no-ifd"]].concat();
    insta::assert_snapshot!(sandbox.run(&arguments).failure(), @"
    exit code 3
    error: `nix/module.lock` already exists with other contents
      help: choose another file, or overwrite it with `--force`
      code: pyhack::files::exists
    ");
    assert_eq!(read(&sandbox, "nix/module.lock"), "mine\n");
    sandbox.run(&[&arguments[..], &["--force"]].concat()).ok();
    assert!(read(&sandbox, "nix/module.lock").contains("alpha"));
    assert_eq!(tree(&sandbox.path("nix")).len(), 2);
}

#[test]
fn what_cargo_says_is_told() {
    let sandbox = Sandbox::with_registry(&Registry::new(&[]));
    sandbox.project("project", &without_lock(&[alpha()]));
    insta::assert_snapshot!(sandbox.run(&["inspect", "--generate-lock", "project"]).failure(), @"
        exit code 3
        error: cargo failed to generate a `Cargo.lock`: no matching package named `alpha` found; location searched: `pyhack` index (which is replacing registry `crates-io`); required by package `module v0.1.0 (src/rust)`
          help: correct the manifests, or fetch the source again: an sdist may lack files that they name
          code: pyhack::cargo::resolution
        ");
    let offline = ["inspect", "--generate-lock", "--offline", "project"];
    insta::assert_snapshot!(sandbox.run(&offline).failure(), @"
        exit code 4
        error: cargo failed to generate a `Cargo.lock`: no matching package named `alpha` found; location searched: `pyhack` index (which is replacing registry `crates-io`); required by package `module v0.1.0 (src/rust)`; As a reminder, you're using offline mode (--offline) which can sometimes cause surprising resolution failures, if this error is too confusing you may wish to retry without `--offline`.
          help: check the network and the proxy (`HTTPS_PROXY`, `NO_PROXY`), then try again without `--offline`
          code: pyhack::cargo::network
        ");
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let output = command
        .args(["inspect", "--generate-lock", "project"])
        .env("CARGO", "/no/such/cargo")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(4));
    assert!(
        String::from_utf8(output.stderr)
            .unwrap()
            .contains("pyhack::cargo::missing")
    );
    assert!(!sandbox.path("nix").exists());
}

#[test]
fn no_other_lock_of_the_user_s_is_taken_or_overwritten() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &without_lock(&[alpha()]));
    for other in [
        "version = 1\n",
        "# This file is automatically @generated by Cargo.\nversion = 4\n",
    ] {
        sandbox.write("nix/module.lock", other);
        let failure = sandbox
            .run(&[&GENERATE[..], &["project"]].concat())
            .failure();
        assert!(
            failure.contains("`nix/module.lock` already exists"),
            "{failure}"
        );
        assert_eq!(read(&sandbox, "nix/module.lock"), other);
    }
}

#[test]
fn a_lock_that_is_named_is_in_the_stanza() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &without_lock(&[alpha()]));
    generate(&sandbox);
    let arguments = ["nix-snippet", "--lock-file", "nix/module.lock", "project"];
    let printed = sandbox.run(&arguments).ok();
    assert!(
        printed.contains("lockFile = ./nix/module.lock;"),
        "{printed}"
    );
    assert!(printed.contains("install -m 644 ${./nix/module.lock} src/rust/Cargo.lock"));
    let write = [&arguments[..], &["--write", "other/x.nix"]].concat();
    sandbox.run(&write).ok();
    let written = read(&sandbox, "other/x.nix");
    assert!(
        written.contains("lockFile = ../nix/module.lock;"),
        "{written}"
    );
}

#[test]
fn a_lock_that_is_named_has_to_be_there() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    let run = sandbox.run(&["hash", "--lock-file", "no.lock", "project"]);
    let failure = run.failure();
    assert!(
        failure.starts_with("exit code 3\nerror: the lockfile `no.lock` doesn't exist"),
        "{failure}"
    );
}

#[test]
fn a_lock_that_fits_stays_in_the_source() {
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.write("nix/module.lock", "the user's\n");
    insta::assert_snapshot!(generate(&sandbox), @"       Wrote `nix/module.nix`");
    assert!(!read(&sandbox, "nix/module.nix").contains("module.lock"));
}

#[test]
fn each_of_several_roots_has_a_lock_of_its_own() {
    let sandbox = Sandbox::with_registry(&Registry::new(&[]));
    let extension = |name: &str| {
        format!(
            "[[tool.setuptools-rust.ext-modules]]\ntarget = \"p.{name}\"\npath = \"x/{name}/Cargo.toml\"\n"
        )
    };
    let pyproject = format!(
        "[build-system]\nrequires = [\"setuptools-rust\"]\nbuild-backend = \"setuptools.build_meta\"\n\
         [project]\nname = \"p\"\nversion = \"1\"\n{}{}",
        extension("a"),
        extension("b")
    );
    sandbox.write("project/pyproject.toml", pyproject);
    for name in ["a", "b"] {
        let manifest = format!("[package]\nname = \"{name}\"\nversion = \"1.0.0\"\n");
        sandbox.write(&format!("project/x/{name}/Cargo.toml"), manifest);
        sandbox.write(&format!("project/x/{name}/src/lib.rs"), "");
    }
    for name in ["a", "b"] {
        let (file, root) = (format!("nix/{name}.nix"), format!("x/{name}"));
        let arguments = [&GENERATE[..3], &[&file, "--cargo-root", &root, "project"]].concat();
        assert_eq!(sandbox.run(&arguments).code, 0);
    }
    let files: Vec<_> = tree(&sandbox.path("nix")).into_keys().collect();
    assert_eq!(files, ["a.nix", "b.nix", "p-x-a.lock", "p-x-b.lock"]);
}

#[test]
fn a_lock_that_is_named_chooses_among_several_roots() {
    let sandbox = Sandbox::new();
    let from = concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/testdata/projects/several-roots"
    );
    super::overlays::copy(from.as_ref(), &sandbox.path("project"));
    std::fs::copy(
        sandbox.path("project/b/Cargo.lock"),
        sandbox.path("other.lock"),
    )
    .unwrap();
    for (lock, root) in [("project/a/Cargo.lock", "a"), ("other.lock", "b")] {
        let arguments = ["nix-snippet", "-q", "--lock-file", lock, "project"];
        let text = sandbox.run(&arguments).ok();
        let roots: Vec<_> = text.matches("cargoRoot = ").collect();
        assert_eq!(roots.len(), 1, "{text}");
        assert!(text.contains(&format!("cargoRoot = \"{root}\";")), "{text}");
    }
}

#[test]
fn what_lies_outside_of_the_project_is_not_read() {
    let sandbox = Sandbox::with_registry(&Registry::new(&[]));
    let secret = sandbox.path("secret").display().to_string();
    sandbox.write(
        "secret/Cargo.toml",
        "[package]\nname = \"secret\"\nversion = \"9.9.9\"\n",
    );
    for path in ["../../../secret", &secret] {
        let mut files = without_lock(&[]);
        for (name, text) in &mut files {
            if name.ends_with("Cargo.toml") {
                *text = format!("{text}secret = {{ path = {path:?} }}\n");
            }
        }
        sandbox.project("project", &files);
        let failure = sandbox
            .run(&["inspect", "--generate-lock", "project"])
            .failure();
        assert!(failure.contains("pyhack::project::broken"), "{failure}");
        sandbox.project("locked", &python_project(&[]));
        sandbox.project("locked", &files);
        let failure = sandbox.run(&["nix-snippet", "locked"]).failure();
        assert!(failure.contains("is outside the source"), "{failure}");
    }
}

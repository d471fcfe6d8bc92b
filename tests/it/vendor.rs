//! `vendor`: against a loopback registry, with real cargo.

use std::os::unix::fs::PermissionsExt;

use crate::support::{Crate, End, Registry, Reply, Sandbox, python_project, tree};

fn crates() -> Vec<Crate> {
    vec![
        Crate::new("alpha", "1.0.0"),
        Crate::new("alpha", "2.0.0"),
        Crate::new("beta", "0.1.0-rc.1+build"),
    ]
}

#[test]
fn cargo_builds_offline_from_the_folder() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    let project = sandbox.project("project", &python_project(&crates));
    let to = project.join("vendor");
    let to = to.to_str().unwrap();
    let run = sandbox.run(&["vendor", "project", "--to", to]);
    assert_eq!(
        run.stderr,
        "    Vendored 3 crates in `$ROOT/project/vendor`\n"
    );
    let config = run.ok().replace(
        "$ROOT",
        sandbox.path("").to_str().unwrap().trim_end_matches('/'),
    );
    sandbox.write("project/.cargo/config.toml", config);
    let mut cargo = sandbox.command(env!("CARGO"));
    cargo
        .args(["build", "--offline", "--frozen"])
        .current_dir(project.join("src/rust"))
        .env("CARGO_HOME", sandbox.path("another-cargo-home"));
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A lock of what cargo can resolve offline: `cargo vendor` reads the index.
#[test]
fn the_folder_is_what_cargo_vendor_writes() {
    let crates = [Crate::new("alpha", "1.0.0"), Crate::new("alpha", "2.0.0")];
    let index = |krate: &Crate| {
        format!(
            "{{\"name\":\"{}\",\"vers\":\"{}\",\"deps\":[],\"cksum\":\"{}\",\"features\":{{}},\"yanked\":false}}\n",
            krate.name,
            krate.version,
            krate.checksum()
        )
    };
    let mut bodies: std::collections::BTreeMap<_, _> = crates
        .iter()
        .map(|c| {
            (
                format!("/crates/{}/{}/download", c.name, c.version),
                c.bytes.clone(),
            )
        })
        .collect();
    let lines: String = crates.iter().map(index).collect();
    bodies.insert("/index/al/ph/alpha".to_owned(), lines.into_bytes());
    let registry = Registry::serving(bodies);
    let sandbox = Sandbox::with_registry(&registry);
    let project = sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project", "--to", "ours"]).ok();
    let mut cargo = sandbox.command(env!("CARGO"));
    cargo
        .args(["vendor", "--locked", "--respect-source-config"])
        .arg(sandbox.path("theirs"))
        .current_dir(project.join("src/rust"));
    let output = cargo.output().unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    assert_eq!(tree(&sandbox.path("ours")), tree(&sandbox.path("theirs")));
    let mode = |file: &str| sandbox.path(file).metadata().unwrap().permissions().mode();
    assert_eq!(mode("ours/alpha/script.sh"), mode("theirs/alpha/script.sh"));
}

#[test]
fn a_second_run_does_nothing() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let first = sandbox.run(&["vendor", "project"]).ok();
    let asked = registry.requests();
    let modified = || {
        sandbox
            .path("vendor")
            .metadata()
            .unwrap()
            .modified()
            .unwrap()
    };
    let before = modified();
    let run = sandbox.run(&["vendor", "project", "--offline"]);
    assert_eq!(run.stderr, "       Fresh 3 crates in `vendor`\n");
    assert_eq!(run.ok(), first);
    assert_eq!((modified(), registry.requests()), (before, asked));
}

/// What a stranger put there is never taken for ours, whatever it claims.
#[test]
fn a_folder_that_was_tampered_with_is_written_anew() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project"]).ok();
    let whole = tree(&sandbox.path("vendor"));
    let claim = format!(
        "{{\"files\":{{}},\"package\":\"{}\"}}",
        crates[1].checksum()
    );
    for (file, text) in [
        ("alpha/build.rs", "fn main() {}"),
        ("alpha/.cargo-checksum.json", &claim),
    ] {
        sandbox.write(&format!("vendor/{file}"), text);
        let run = sandbox.run(&["vendor", "project", "--offline"]);
        assert!(run.stderr.contains("Vendored"), "{file}");
        assert_eq!(tree(&sandbox.path("vendor")), whole, "{file}");
    }
    std::fs::remove_file(sandbox.path("vendor/alpha/src/lib.rs")).unwrap();
    sandbox.run(&["vendor", "project", "--offline"]).ok();
    assert_eq!(tree(&sandbox.path("vendor")), whole);
}

#[test]
fn a_changed_lock_changes_the_folder_as_a_whole() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project"]).ok();
    sandbox.project("project", &python_project(&crates[..1]));
    sandbox.run(&["vendor", "project", "--offline"]).ok();
    let names: Vec<_> = std::fs::read_dir(sandbox.path("vendor"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["alpha"]);
    let manifest = std::fs::read_to_string(sandbox.path("vendor/alpha/Cargo.toml")).unwrap();
    assert!(manifest.contains("1.0.0"));
}

#[test]
fn crates_of_cargo_s_own_cache_are_not_fetched() {
    let crates = crates();
    let registry = Registry::new(&[]);
    let sandbox = Sandbox::with_registry(&registry);
    for krate in &crates {
        let file = format!("{}-{}.crate", krate.name, krate.version);
        sandbox.write(
            &format!("cargo-home/registry/cache/some-host/{file}"),
            &krate.bytes,
        );
    }
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project"]).ok();
    assert_eq!(registry.requests(), Vec::<String>::new());
}

#[test]
fn a_wrong_crate_in_a_cache_is_fetched_anew() {
    let crates = [Crate::new("alpha", "1.0.0")];
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.write(
        "cargo-home/registry/cache/some-host/alpha-1.0.0.crate",
        "garbage",
    );
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project"]).ok();
    assert_eq!(registry.downloads(), 1);
}

#[test]
fn each_crate_is_fetched_once() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["hash", "project"]).ok();
    sandbox.run(&["vendor", "project"]).ok();
    let downloads = registry
        .requests()
        .iter()
        .filter(|r| r.contains("download"))
        .count();
    assert_eq!(downloads, 3);
}

#[test]
fn json_has_the_configuration() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let json = sandbox
        .run(&["vendor", "project", "--format", "json", "-q"])
        .ok();
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["crates"], 3);
    assert_eq!(value["changed"], true);
    let config = value["config"].as_str().unwrap();
    assert!(config.contains("directory = \"vendor\""), "{config}");
}

#[test]
fn no_setting_of_the_project_is_obeyed() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    let evil = Registry::new(&[]);
    sandbox.project("project", &python_project(&crates));
    sandbox.write("project/.cargo/config.toml", evil.cargo_config());
    sandbox.write("project/src/rust/.cargo/config.toml", evil.cargo_config());
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    let output = command
        .arg("vendor")
        .current_dir(sandbox.path("project/"))
        .output()
        .unwrap();
    assert!(output.status.success());
    assert_eq!(evil.requests(), Vec::<String>::new());
}

#[test]
fn what_killed_runs_left_goes_away() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.write("out/.pyhack-vendor-vendor-abc123/new/alpha/Cargo.toml", "");
    // Another folder's, which may be at work.
    sandbox.write(
        "out/.pyhack-vendor-vendor-b-abc123/new/alpha/Cargo.toml",
        "",
    );
    sandbox
        .run(&["vendor", "project", "--to", "out/vendor"])
        .ok();
    let left = std::fs::read_dir(sandbox.path("out")).unwrap();
    let mut left: Vec<_> = left.map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, [".pyhack-vendor-vendor-b-abc123", "vendor"]);
}

#[test]
#[cfg(unix)]
fn a_file_whose_size_and_time_were_put_back_is_written_again() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let vendor = ["vendor", "project", "--to", "vendor"];
    sandbox.run(&vendor).ok();
    let path = sandbox.path("vendor/beta/src/lib.rs");
    let (text, before) = (std::fs::read(&path).unwrap(), path.metadata().unwrap());
    // The clock of file systems has ticks.
    std::thread::sleep(std::time::Duration::from_millis(20));
    std::fs::write(&path, vec![b' '; text.len()]).unwrap();
    let file = std::fs::File::options().write(true).open(&path).unwrap();
    file.set_modified(before.modified().unwrap()).unwrap();
    sandbox.run(&vendor).ok();
    assert_eq!(std::fs::read(&path).unwrap(), text);
}

/// Returns the names of temporary files and folders below a folder.
#[cfg(unix)]
fn temporary_names(folder: &std::path::Path) -> Vec<String> {
    let entries = walkdir::WalkDir::new(folder)
        .min_depth(1)
        .into_iter()
        .flatten();
    let names = entries.map(|entry| entry.file_name().to_string_lossy().into_owned());
    let heads = [".pyhack-", ".part-", ".tmp", "scratch-", "pyhack-"];
    names
        .filter(|name| heads.iter().any(|head| name.starts_with(head)))
        .collect()
}

/// They wait for a server that never ends its answer.
#[test]
#[cfg(unix)]
fn interrupted_and_killed_runs_leave_nothing() {
    use std::os::unix::process::ExitStatusExt as _;
    let crates = [Crate::new("alpha", "1.0.0")];
    for (name, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("KILL", 9)] {
        let bytes = crates[0].bytes.clone();
        let registry = Registry::with(&crates, move |_, asked| {
            let is_crate = asked.path.ends_with("/download");
            is_crate.then(|| Reply::body(bytes.clone()).cut(10, End::Stall))
        });
        let sandbox = Sandbox::with_registry(&registry);
        sandbox.project("project", &python_project(&crates));
        sandbox.write("tmp/user", "");
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        let mut run = command
            .env("TMPDIR", sandbox.path("tmp"))
            .args(["vendor", "-q", "project", "--to", "out/vendor"])
            .spawn()
            .unwrap();
        while registry.downloads() == 0 {
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        assert!(!temporary_names(&sandbox.path("")).is_empty());
        let mut kill = sandbox.command("kill");
        kill.args(["-s", name, &run.id().to_string()]);
        assert!(kill.status().unwrap().success());
        assert_eq!(run.wait().unwrap().signal(), Some(number));
        if name == "KILL" {
            assert!(!temporary_names(&sandbox.path("")).is_empty());
            sandbox.run(&["inspect", "--offline", "project"]).ok();
        }
        let left = temporary_names(&sandbox.path(""));
        assert_eq!(left, Vec::<String>::new(), "after {name}");
        assert!(sandbox.path("tmp/user").exists() && !sandbox.path("out/vendor").exists());
    }
}

/// On Linux, `/dev/shm` is one.
#[test]
#[cfg(target_os = "linux")]
fn hard_links_to_another_file_system_are_copies() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let other = tempfile::tempdir_in("/dev/shm").unwrap();
    let device = |path: &std::path::Path| {
        std::os::unix::fs::MetadataExt::dev(&std::fs::metadata(path).unwrap())
    };
    assert_ne!(device(other.path()), device(&sandbox.path("")));
    let to = other.path().join("vendor");
    let to = to.to_str().unwrap();
    let vendor = ["vendor", "project", "--link-mode", "hardlink", "--to"];
    sandbox.run(&[&vendor[..], &[to]].concat()).ok();
    sandbox.run(&[&vendor[..], &["here"]].concat()).ok();
    assert_eq!(tree(to.as_ref()), tree(&sandbox.path("here")));
}

/// Each of them finds the cache without the unpacked crates.
#[test]
fn runs_at_once_link_whole_crates() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.run(&["vendor", "project", "--to", "expected"]).ok();
    for round in 0..10 {
        for mode in ["hardlink", "symlink"] {
            let folders: Vec<_> = (0..4).map(|n| format!("{mode}-{round}-{n}")).collect();
            let _ = std::fs::remove_dir_all(sandbox.path("cache/unpacked-1"));
            std::thread::scope(|scope| {
                for to in &folders {
                    let sandbox = &sandbox;
                    let vendor = ["vendor", "project", "--link-mode", mode, "--to", to];
                    scope.spawn(move || sandbox.run(&vendor).ok());
                }
            });
            for to in &folders {
                for krate in tree(&sandbox.path("expected")).keys() {
                    let file = sandbox.path(to).join(krate);
                    assert!(file.exists(), "{}", file.display());
                }
            }
        }
    }
}

#[test]
fn folders_of_layouts_are_known_by_what_is_in_them() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let layouts = [
        ("import-cargo-lock", "git/work.txt"),
        ("fetch-cargo-vendor", "git/work.txt"),
        ("fetch-cargo-vendor", "tarballs/notes.txt"),
        ("fetch-cargo-vendor-unpacked", "source-registry-0/notes.txt"),
        ("fetch-cargo-vendor-unpacked", ".cargo/config.toml"),
    ];
    for (number, (layout, path)) in layouts.into_iter().enumerate() {
        let to = format!("to-{number}");
        sandbox.write(&format!("{to}/{path}"), "precious");
        let vendor = ["vendor", "project", "--layout", layout, "--to", &to];
        let run = sandbox.run(&vendor).failure();
        assert!(run.contains("pyhack::vendor::not_ours"), "{run}");
        // Without what we remember of it.
        let to = format!("own-{number}");
        let vendor = ["vendor", "project", "--layout", layout, "--to", &to];
        sandbox.run(&vendor).ok();
        std::fs::remove_dir_all(sandbox.path("cache/vendored")).unwrap();
        sandbox.run(&vendor).ok();
    }
}

#[test]
fn a_pipe_is_written_to_and_a_link_is_followed() {
    let crates = crates();
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    let tar = |to: &str| sandbox.run(&["vendor", "project", "--tar", "--to", to]);
    tar("vendor.tar").ok();
    let expected = std::fs::read(sandbox.path("vendor.tar")).unwrap();
    std::fs::create_dir(sandbox.path("deep")).unwrap();
    std::fs::write(sandbox.path("deep/vendor.tar"), "old").unwrap();
    std::os::unix::fs::symlink("deep/vendor.tar", sandbox.path("link.tar")).unwrap();
    tar("link.tar").ok();
    assert!(sandbox.path("link.tar").is_symlink());
    assert!(sandbox.path("deep/vendor.tar").metadata().unwrap().len() > 3);
    let pipe = sandbox.path("pipe");
    let made = sandbox.command("mkfifo").arg(&pipe).status().unwrap();
    assert!(made.success());
    let read = std::thread::scope(|scope| {
        let reader = scope.spawn(|| std::fs::read(&pipe).unwrap());
        tar("pipe").ok();
        reader.join().unwrap()
    });
    assert_eq!(read.len(), expected.len());
    let run = tar("deep").failure();
    assert!(run.contains("pyhack::files::no_file"), "{run}");
}

//! Other registries than crates.io: sparse and git indices, tokens, and what
//! Cargo's configuration puts in their place.

use std::path::{Path, PathBuf};

use crate::support::{Crate, Registry, Reply, Sandbox, has_git, move_crate, python_project, tree};

pub const TOKEN: &str = "sesame-open-1234";

fn alpha() -> Crate {
    Crate::new("alpha", "1.0.0")
}

fn beta() -> Crate {
    Crate::new("beta", "2.0.0")
}

/// A project with `alpha` from crates.io and `beta` from the registry `id`.
fn project(sandbox: &Sandbox, id: &str) -> PathBuf {
    let mut files = python_project(&[alpha(), beta()]);
    move_crate(&mut files, &beta(), id);
    sandbox.project("project", &files)
}

/// A registry that answers only who has the token.
pub fn private(crates: &[Crate]) -> Registry {
    Registry::with(crates, |address, asked| {
        if asked.headers.get("authorization").map(String::as_str) != Some(TOKEN) {
            return Some(Reply::status("401 Unauthorized"));
        }
        let config = format!("{{\"dl\":\"http://{address}/crates\",\"auth-required\":true}}");
        (asked.path == "/index/config.json").then(|| Reply::body(config))
    })
}

fn corp(id: &str) -> String {
    format!("\n[registries.my-corp]\nindex = \"{id}\"\n")
}

/// Makes a git repository with an index in it; gives its id.
fn git_index(sandbox: &Sandbox, name: &str, config: &str, crates: &[Crate]) -> String {
    let work = format!("{name}-work");
    sandbox.write(&format!("{work}/config.json"), config);
    for krate in crates {
        let (name, version, sum) = (&krate.name, &krate.version, krate.checksum());
        let line = format!(
            "{{\"name\":\"{name}\",\"vers\":\"{version}\",\"deps\":[],\"cksum\":\"{sum}\",\"features\":{{}},\"yanked\":false}}\n"
        );
        let path = format!("{work}/{}/{}/{name}", &name[..2], &name[2..4]);
        sandbox.write(&path, line);
    }
    let bare = sandbox.path(&format!("{name}.git"));
    let bare = bare.to_str().unwrap();
    for arguments in [
        &["init", "--quiet"][..],
        &["add", "."],
        &[
            "-c",
            "user.name=a",
            "-c",
            "user.email=a@example.org",
            "commit",
            "--quiet",
            "-m",
            "index",
        ],
        &["clone", "--quiet", "--bare", ".", bare],
    ] {
        let mut git = sandbox.command("git");
        git.current_dir(sandbox.path(&work)).args(arguments);
        assert!(git.output().unwrap().status.success(), "{arguments:?}");
    }
    format!("registry+file://{bare}")
}

/// The hash of the tree that `fetchCargoVendor` makes of `alpha` and `beta`.
fn expected_hash(sandbox: &Sandbox, project: &Path) -> String {
    let lock = std::fs::read(project.join("src/rust/Cargo.lock")).unwrap();
    sandbox.write("tree/Cargo.lock", lock);
    sandbox.write("tree/tarballs/alpha-1.0.0.tar.gz", alpha().bytes);
    sandbox.write("tree/registry-1/beta-2.0.0.tar.gz", beta().bytes);
    format!("{}\n", crate::nar::oracle(&sandbox.path("tree")))
}

/// Manifests name registries, the lock has their indices.
#[test]
fn crates_of_a_named_registry_are_resolved() {
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let project = project(&sandbox, &other.id());
    let manifest = project.join("src/rust/Cargo.toml");
    let text = std::fs::read_to_string(&manifest).unwrap();
    let index = format!("registry-index = \"{}\"", other.id());
    let named = text.replace(&index, "registry = \"corp\"");
    assert_ne!(named, text);
    std::fs::write(manifest, named).unwrap();
    let report = sandbox
        .run(&["inspect", "project", "--format", "json"])
        .ok();
    assert!(report.contains("\"resolved_by\": \"cargo\""), "{report}");
    let to = ["--platform", "x86_64-linux", "--to", "stubs"];
    sandbox
        .run(&[&["vendor", "project"][..], &to].concat())
        .ok();
}

#[test]
fn a_sparse_registry() {
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let project = project(&sandbox, &other.id());
    let hash = sandbox.run(&["hash", "-v", "project"]);
    insta::assert_snapshot!(crate::support::redact_ports(&hash.stderr), @"
    warning: `Cargo.lock` has crates from `http://127.0.0.1:PORT/index/`, but `fetchCargoVendor` only supports crates.io in all released versions of nixpkgs
      help: use `importCargoLock` with `extraRegistries`, as `cargo pyhack nix-snippet` writes it; this `cargoHash` is for the layout that is proposed for nixpkgs
      code: pyhack::warning::other_registries
    ");
    let hash = hash.ok();
    assert_eq!(hash, expected_hash(&sandbox, &project));
    assert_eq!(crates_io.downloads(), 1);
    let expected = [
        "/crates/beta/2.0.0/download",
        "/index/be/ta/beta",
        "/index/config.json",
    ];
    assert_eq!(other.requests(), expected);
    sandbox.run(&["vendor", "project", "--offline"]).ok();
}

#[test]
fn registries_are_numbered_as_the_lock_names_them() {
    let crates = ["aa", "bb", "cc", "dd"].map(|name| Crate::new(name, "1.0.0"));
    let (first, second) = (Registry::new(&crates), Registry::new(&crates));
    let sandbox = Sandbox::with_registry(&first);
    let mut files = python_project(&crates);
    move_crate(&mut files, &crates[0], &second.id());
    move_crate(&mut files, &crates[1], &first.id());
    move_crate(&mut files, &crates[2], &second.id());
    move_crate(&mut files, &crates[3], &first.id());
    let project = sandbox.project("project", &files);
    let lock = std::fs::read(project.join("src/rust/Cargo.lock")).unwrap();
    sandbox.write("tree/Cargo.lock", lock);
    for (krate, number) in crates.iter().zip([1, 2, 1, 2]) {
        let path = format!("tree/registry-{number}/{}-1.0.0.tar.gz", krate.name);
        sandbox.write(&path, &krate.bytes);
    }
    let hash = sandbox.run(&["hash", "project"]).ok();
    assert_eq!(
        hash,
        format!("{}\n", crate::nar::oracle(&sandbox.path("tree")))
    );
}

/// Vendors with both, and gives what cargo prints.
fn vendor_with_both(sandbox: &Sandbox, project: &Path) -> (String, String) {
    let ours = sandbox.run(&["vendor", "project", "--to", "ours"]).ok();
    let mut cargo = sandbox.command(env!("CARGO"));
    cargo
        .args(["vendor", "--locked", "--respect-source-config"])
        .arg(sandbox.path("theirs"))
        .current_dir(project.join("src/rust"));
    let output = cargo.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
    assert_eq!(tree(&sandbox.path("ours")), tree(&sandbox.path("theirs")));
    let root = sandbox.path("");
    let root = root.to_str().unwrap().trim_end_matches('/');
    let theirs = String::from_utf8(output.stdout).unwrap();
    let theirs = theirs.replace(sandbox.path("theirs").to_str().unwrap(), "ours");
    (ours.replace("$ROOT", root), theirs)
}

#[test]
fn vendor_prints_what_cargo_vendor_prints() {
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let project = project(&sandbox, &other.id());
    let (ours, theirs) = vendor_with_both(&sandbox, &project);
    assert_eq!(ours, theirs);
    // Cargo keeps `config.json`, so it isn't asked for again.
    let asked = || {
        other
            .requests()
            .iter()
            .filter(|p| p.ends_with("config.json"))
            .count()
    };
    let before = asked();
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    std::fs::remove_dir_all(sandbox.path("cargo-home/registry/cache")).unwrap();
    sandbox.run(&["hash", "project"]).ok();
    assert_eq!(asked(), before);
    sandbox.write(
        "project/src/rust/.cargo/config.toml",
        ours.replace("\"ours\"", &format!("{:?}", sandbox.path("ours"))),
    );
    let mut cargo = sandbox.command(env!("CARGO"));
    cargo
        .args(["build", "--offline", "--frozen"])
        .env("CARGO_HOME", sandbox.path("another-home"))
        .current_dir(project.join("src/rust"));
    let output = cargo.output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{error}");
}

#[test]
fn a_registry_with_its_index_in_git() {
    if !has_git() {
        return;
    }
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let config = format!("{{\"dl\":\"http://{}/crates\"}}", other.address());
    let id = git_index(&sandbox, "index", &config, &[beta()]);
    let project = project(&sandbox, &id);
    let offline = sandbox.run(&["hash", "project", "--offline"]).failure();
    assert!(offline.contains("pyhack::network::offline"), "{offline}");
    let hash = sandbox.run(&["hash", "project"]).ok();
    assert_eq!(hash, expected_hash(&sandbox, &project));
    let (ours, theirs) = vendor_with_both(&sandbox, &project);
    assert_eq!(ours, theirs);
    // Cargo keeps the index, so git needn't fetch it.
    std::fs::remove_dir_all(sandbox.path("index.git")).unwrap();
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    std::fs::remove_dir_all(sandbox.path("cargo-home/registry/cache")).unwrap();
    assert_eq!(sandbox.run(&["hash", "project"]).ok(), hash);
}

#[test]
fn an_index_in_git_that_cannot_be_read() {
    if !has_git() {
        return;
    }
    let crates_io = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&crates_io);
    let empty = git_index(&sandbox, "empty", "no json", &[]);
    for (id, told) in [
        ("registry+file:///nowhere/index", "/nowhere/index"),
        (
            "registry+https://me:secret@127.0.0.1:9/index",
            "`https://***@127.0.0.1:9/index`",
        ),
        (empty.as_str(), "not a registry configuration"),
    ] {
        project(&sandbox, id);
        let failure = sandbox.run(&["hash", "project"]).failure();
        assert!(failure.starts_with("exit code 4\n"), "{failure}");
        assert!(
            failure.contains(told) && !failure.contains("secret"),
            "{failure}"
        );
    }
    project(&sandbox, "registry+file:///nowhere/index");
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(
        failure.contains("code: pyhack::network::index"),
        "{failure}"
    );
}

#[test]
fn an_index_in_git_is_tried_again() {
    if !has_git() {
        return;
    }
    let (crates_io, server) = (Registry::new(&[alpha()]), failing_server());
    let sandbox = Sandbox::with_registry(&crates_io);
    project(
        &sandbox,
        &format!("registry+http://{}/index", server.address()),
    );
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(
        failure.contains("code: pyhack::network::index"),
        "{failure}"
    );
    assert!(failure.contains("error: 503"), "{failure}");
    assert_eq!(server.requests().len(), 4);
}

fn failing_server() -> Registry {
    Registry::answering(|_, _| Some(Reply::status("503 Service Unavailable")))
}

#[test]
fn insteadof_of_git_s_configuration_is_obeyed() {
    if !has_git() {
        return;
    }
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let config = format!("{{\"dl\":\"http://{}/crates\"}}", other.address());
    let id = git_index(&sandbox, "index", &config, &[beta()]);
    let folder = id.strip_prefix("registry+").unwrap();
    sandbox.write(
        "home/.gitconfig",
        format!("[url \"{folder}\"]\n\tinsteadOf = https://example.org/index\n"),
    );
    project(&sandbox, "registry+https://example.org/index");
    sandbox.run(&["hash", "project"]).ok();
}

#[test]
fn download_templates_are_filled_in() {
    let krate = beta();
    let path = format!("/files/be/ta/beta/beta-2.0.0-{}.crate", krate.checksum());
    let wanted = path.clone();
    let other = Registry::answering(move |address, asked| {
        if asked.path == "/index/config.json" {
            let template = "files/{prefix}/{crate}/{crate}-{version}-{sha256-checksum}.crate";
            return Some(Reply::body(format!(
                "{{\"dl\":\"http://{address}/{template}\"}}"
            )));
        }
        (asked.path == wanted).then(|| Reply::body(krate.bytes.clone()))
    });
    let crates_io = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&crates_io);
    project(&sandbox, &other.id());
    sandbox.run(&["hash", "project"]).ok();
    let others = ["/index/be/ta/beta", "/index/config.json"].map(str::to_owned);
    let expected: Vec<_> = std::iter::once(path).chain(others).collect();
    assert_eq!(other.requests(), expected);
}

/// Runs `hash` in ways that say much; nothing of it may have a token.
#[track_caller]
fn hash_without_secrets(sandbox: &Sandbox, variables: &[(&str, &str)]) -> crate::support::Run {
    for arguments in [
        &["inspect", "project", "-v"][..],
        &["inspect", "project", "--format", "json"],
        &["hash", "project", "--format", "json", "-v"],
    ] {
        let run = sandbox.run_with(variables, arguments);
        let said = format!("{}{}", run.stdout, run.stderr);
        assert!(!said.contains("sesame"), "{said}");
        let _ = std::fs::remove_dir_all(sandbox.path("cache"));
    }
    let run = sandbox.run_with(variables, &["hash", "project"]);
    let said = format!("{}{}", run.stdout, run.stderr);
    assert!(!said.contains("sesame"), "{said}");
    run
}

#[test]
fn a_private_registry_gets_its_token_and_no_other_does() {
    let (crates_io, other) = (Registry::new(&[alpha()]), private(&[beta()]));
    let config = crates_io.cargo_config();
    let by_variable = [("CARGO_REGISTRIES_MY_CORP_TOKEN", TOKEN)];
    let index = other.id();
    let without_file = [by_variable[0], ("CARGO_REGISTRIES_MY_CORP_INDEX", &index)];
    let stale = format!("[registries.my-corp]\ntoken = \"{TOKEN}-old\"\n");
    let fresh = format!("[registries.my-corp]\ntoken = \"{TOKEN}\"\n");
    for (more, credentials, variables) in [
        (corp(&index), "", &by_variable[..]),
        (corp(&index), &stale, &by_variable[..]),
        (String::new(), "", &without_file[..]),
        (corp(&index), &fresh, &[]),
        (
            corp(&index) + &format!("token = \"{TOKEN}-old\"\n"),
            &fresh,
            &[],
        ),
        (corp(&index) + &format!("token = \"{TOKEN}\"\n"), "", &[]),
    ] {
        let sandbox = Sandbox::with_cargo_config(&format!("{config}{more}"));
        sandbox.write("cargo-home/credentials.toml", credentials);
        let project = project(&sandbox, &index);
        let hash = hash_without_secrets(&sandbox, variables).ok();
        assert_eq!(hash, expected_hash(&sandbox, &project));
    }
    let sent = |registry: &Registry| {
        let asked = registry.asked().into_iter();
        asked
            .filter(|asked| asked.headers.contains_key("authorization"))
            .count()
    };
    assert_eq!(sent(&crates_io), 0);
    assert!(sent(&other) > 0);
    // It is first asked without.
    assert!(!other.asked()[0].headers.contains_key("authorization"));
}

#[test]
fn a_missing_token_is_told() {
    let (crates_io, other) = (Registry::new(&[alpha()]), private(&[beta()]));
    let config = crates_io.cargo_config() + &corp(&other.id());
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, &other.id());
    let failure = hash_without_secrets(&sandbox, &[]).failure();
    let shown = failure.replace(&other.address(), "HOST");
    insta::assert_snapshot!(shown, @r"
    exit code 4
    error: the registry `sparse+http://HOST/index/` requires a token, and none was found
      help: run `cargo login --registry my-corp`, or set `CARGO_REGISTRIES_MY_CORP_TOKEN`; credential providers aren't run
      code: pyhack::network::no_token
    ");
    let sandbox = Sandbox::with_registry(&crates_io);
    project(&sandbox, &other.id());
    let failure = hash_without_secrets(&sandbox, &[]).failure();
    let shown = failure.replace(&other.address(), "HOST");
    insta::assert_snapshot!(shown, @r#"
    exit code 4
    error: the registry `sparse+http://HOST/index/` requires a token, and none was found
      help: add `[registries.NAME]` with `index = "sparse+http://HOST/index/"` to `config.toml` in `CARGO_HOME`, and run `cargo login --registry NAME`; credential providers aren't run
      code: pyhack::network::no_token
    "#);
}

#[test]
fn a_wrong_token_is_told() {
    let (crates_io, other) = (Registry::new(&[alpha()]), private(&[beta()]));
    let config = crates_io.cargo_config() + &corp(&other.id());
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, &other.id());
    let wrong = [("CARGO_REGISTRIES_MY_CORP_TOKEN", "sesame-wrong")];
    let failure = hash_without_secrets(&sandbox, &wrong).failure();
    insta::assert_snapshot!(failure.replace(&other.address(), "HOST"), @r"
    exit code 4
            Sent a login to http://HOST, for the first time from this machine
    error: the registry `sparse+http://HOST/index/` rejected the token (status 401)
      help: create a new token and pass it to `cargo login --registry my-corp`
      code: pyhack::network::token_refused
    ");
    let odd = [("CARGO_REGISTRIES_MY_CORP_TOKEN", "sesame\nInjected: yes")];
    let failure = hash_without_secrets(&sandbox, &odd).failure();
    assert!(
        failure.contains("characters that HTTP doesn't allow"),
        "{failure}"
    );
}

#[test]
fn no_credential_provider_is_run() {
    let (crates_io, other) = (Registry::new(&[alpha()]), private(&[beta()]));
    let sandbox = Sandbox::new();
    let touched = sandbox.path("touched");
    let provider =
        format!("credential-provider = [\"cargo:token-from-stdout\", \"touch\", {touched:?}]\n");
    let config = crates_io.cargo_config() + &corp(&other.id()) + &provider;
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, &other.id());
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(failure.contains("aren't run"), "{failure}");
    assert!(!touched.exists());
}

/// A registry that redirects downloads to another host.
#[test]
fn a_redirect_to_another_host_has_no_token() {
    let storage = Registry::new(&[beta()]);
    let address = storage.address();
    let other = Registry::with(&[], move |own, asked| {
        if asked.headers.get("authorization").map(String::as_str) != Some(TOKEN) {
            return Some(Reply::status("401 Unauthorized"));
        }
        let config = format!("{{\"dl\":\"http://{own}/crates\",\"auth-required\":true}}");
        if asked.path == "/index/config.json" {
            return Some(Reply::body(config));
        }
        let to = format!("Location: http://{address}{}", asked.path);
        Some(Reply::status("307 Temporary Redirect").header(to))
    });
    let crates_io = Registry::new(&[alpha()]);
    let config = crates_io.cargo_config() + &corp(&other.id());
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, &other.id());
    let token = [("CARGO_REGISTRIES_MY_CORP_TOKEN", TOKEN)];
    sandbox.run_with(&token, &["hash", "project"]).ok();
    assert_eq!(storage.downloads(), 1);
    assert!(!storage.asked()[0].headers.contains_key("authorization"));
}

/// A registry that asks for a token without saying so, and whose crates are
/// elsewhere: that host gets none.
#[test]
fn only_who_says_so_gets_the_token_elsewhere() {
    let storage = Registry::new(&[beta()]);
    let address = storage.address();
    let other = Registry::answering(move |_, asked| {
        if !asked.headers.contains_key("authorization") {
            return Some(Reply::status("401 Unauthorized"));
        }
        Some(Reply::body(format!(
            "{{\"dl\":\"http://{address}/crates\"}}"
        )))
    });
    let crates_io = Registry::new(&[alpha()]);
    let config = crates_io.cargo_config() + &corp(&other.id());
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, &other.id());
    let token = [("CARGO_REGISTRIES_MY_CORP_TOKEN", TOKEN)];
    sandbox.run_with(&token, &["hash", "project"]).ok();
    assert!(!storage.asked()[0].headers.contains_key("authorization"));
}

/// What a run says about logins, with `INDEX` and `DL` for the two servers.
fn said_of_logins(stderr: &str, index: &Registry, dl: &str) -> Vec<String> {
    let shown = stderr.replace(&index.address(), "INDEX").replace(dl, "DL");
    let lines = shown.lines().map(|line| line.trim().to_owned());
    lines.filter(|line| line.starts_with("Sent")).collect()
}

/// A private registry whose `dl` is on another server: cargo sends the token
/// there, and so does this, but says so.
#[test]
fn a_token_that_goes_to_another_server_than_the_index_is_told() {
    let storage = Registry::with(&[beta()], |_, asked| {
        let has_token = asked.headers.get("authorization").map(String::as_str) == Some(TOKEN);
        (!has_token).then(|| Reply::status("401 Unauthorized"))
    });
    let other_port = storage.address();
    let other_name = other_port.replace("127.0.0.1", "localhost");
    for dl in [other_port, other_name] {
        let leads_to = dl.clone();
        let index = Registry::with(&[beta()], move |_, asked| {
            if !asked.headers.contains_key("authorization") {
                return Some(Reply::status("401 Unauthorized"));
            }
            let config = format!("{{\"dl\":\"http://{leads_to}/crates\",\"auth-required\":true}}");
            (asked.path == "/index/config.json").then(|| Reply::body(config))
        });
        let crates_io = Registry::new(&[alpha()]);
        let config = crates_io.cargo_config() + &corp(&index.id());
        let sandbox = Sandbox::with_cargo_config(&config);
        project(&sandbox, &index.id());
        let token = [("CARGO_REGISTRIES_MY_CORP_TOKEN", TOKEN)];
        let told = [
            "Sent a login to http://INDEX, for the first time from this machine",
            "Sent the token for the registry `sparse+http://INDEX/index/` to http://DL, to which its `dl` points, \
             for the first time from this machine",
        ];
        // What `--quiet` doesn't print isn't taken for known by the next run.
        let quiet = sandbox.run_with(&token, &["hash", "-q", "project"]);
        assert!(said_of_logins(&quiet.stderr, &index, &dl).is_empty());
        quiet.ok();
        let forget = || {
            let known = std::fs::read(sandbox.path("cache/logins-2"));
            std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
            known.map(|known| sandbox.write("cache/logins-2", known))
        };
        forget().unwrap_err();
        let first = sandbox.run_with(&token, &["hash", "project"]);
        assert_eq!(said_of_logins(&first.stderr, &index, &dl), told);
        first.ok();
        forget().unwrap();
        let second = sandbox.run_with(&token, &["hash", "project"]);
        assert!(said_of_logins(&second.stderr, &index, &dl).is_empty());
        second.ok();
        // The server is known now, but this registry never sent a token there.
        forget().unwrap();
        let third = Registry::with(&[beta()], move |_, asked| {
            let config = format!("{{\"dl\":\"http://{dl}/crates\",\"auth-required\":true}}");
            (asked.path == "/index/config.json").then(|| Reply::body(config))
        });
        let config = crates_io.cargo_config() + &corp(&third.id());
        sandbox.write("cargo-home/config.toml", config);
        project(&sandbox, &third.id());
        let run = sandbox.run_with(&token, &["hash", "project"]);
        let said = run.stderr.replace(&third.address(), "INDEX");
        assert!(
            said.contains(
                "Sent the token for the registry `sparse+http://INDEX/index/` to http://"
            ),
            "{said}"
        );
        run.ok();
    }
}

#[test]
fn a_private_registry_with_its_index_in_git() {
    if !has_git() {
        return;
    }
    let (crates_io, other) = (Registry::new(&[alpha()]), private(&[beta()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let config = format!(
        "{{\"dl\":\"http://{}/crates\",\"auth-required\":true}}",
        other.address()
    );
    let id = git_index(&sandbox, "index", &config, &[beta()]);
    let url = id.strip_prefix("registry+").unwrap();
    let config = crates_io.cargo_config() + &corp(url);
    sandbox.write("cargo-home/config.toml", config);
    project(&sandbox, &id);
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(
        failure.contains("CARGO_REGISTRIES_MY_CORP_TOKEN"),
        "{failure}"
    );
    let token = [("CARGO_REGISTRIES_MY_CORP_TOKEN", TOKEN)];
    sandbox.run_with(&token, &["hash", "project"]).ok();
}

#[test]
fn registries_are_replaced() {
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[beta()]));
    let id = "sparse+https://corp.example.org/index/";
    let replaced = format!(
        "{}\n[source.corp]\nregistry = \"{id}\"\nreplace-with = \"mirror\"\n\
         [registries.mirror]\nindex = \"{}\"\n",
        crates_io.cargo_config(),
        other.id()
    );
    let sandbox = Sandbox::with_cargo_config(&replaced);
    let files = project(&sandbox, id);
    let hash = sandbox.run(&["hash", "project"]).ok();
    assert_eq!(hash, expected_hash(&sandbox, &files));
    // By a variable, too: cargo lets it go before the file.
    let config = replaced.replace(&other.id(), "sparse+https://nowhere.example.org/");
    let sandbox = Sandbox::with_cargo_config(&config);
    project(&sandbox, id);
    let variable = [("CARGO_REGISTRIES_MIRROR_INDEX", other.id())];
    let variable = variable.each_ref().map(|(name, id)| (*name, id.as_str()));
    sandbox.run_with(&variable, &["hash", "project"]).ok();
}

#[test]
fn crates_io_is_replaced_by_an_index_in_git() {
    if !has_git() {
        return;
    }
    let registry = Registry::new(&[alpha()]);
    let sandbox = Sandbox::with_registry(&registry);
    let config = format!("{{\"dl\":\"http://{}/crates\"}}", registry.address());
    let id = git_index(&sandbox, "index", &config, &[alpha()]);
    let url = id.strip_prefix("registry+").unwrap();
    sandbox.write(
        "cargo-home/config.toml",
        format!(
            "[source.crates-io]\nreplace-with = \"mirror\"\n[source.mirror]\nregistry = \"{url}\"\n"
        ),
    );
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.run(&["hash", "project"]).ok();
}

#[test]
fn a_folder_of_crates_replaces_registries() {
    let sandbox = Sandbox::new();
    let id = "registry+https://corp.example.org/index";
    sandbox.write(
        "cargo-home/config.toml",
        "[source.crates-io]\nreplace-with = \"folder\"\n\
         [source.corp]\nregistry = \"https://corp.example.org/index\"\nreplace-with = \"folder\"\n\
         [source.folder]\nlocal-registry = \"crates\"\n",
    );
    sandbox.write("crates/alpha-1.0.0.crate", alpha().bytes);
    let files = project(&sandbox, id);
    let failure = sandbox.run(&["hash", "project"]).failure();
    insta::assert_snapshot!(failure, @r"
    exit code 3
    error: the registry has no crate `beta 2.0.0` (`$ROOT/crates/beta-2.0.0.crate` doesn't exist)
      help: choose an existing version: `cargo update` in your project, or `cargo pyhack nix-snippet --generate-lock --write FILE` for a source that you can't change
      code: pyhack::crates::missing
    ");
    sandbox.write("crates/beta-2.0.0.crate", "garbage");
    let failure = sandbox.run(&["hash", "project"]).failure();
    assert!(
        failure.contains("code: pyhack::crates::checksum"),
        "{failure}"
    );
    sandbox.write("crates/beta-2.0.0.crate", beta().bytes);
    let hash = sandbox.run(&["hash", "project", "--offline"]).ok();
    assert_eq!(hash, expected_hash(&sandbox, &files));
}

#[test]
fn the_project_s_configuration_counts_when_it_is_trusted() {
    let (registry, other) = (Registry::new(&[alpha()]), Registry::new(&[]));
    let sandbox = Sandbox::with_registry(&other);
    sandbox.project("project", &python_project(&[alpha()]));
    sandbox.write("project/.cargo/config.toml", registry.cargo_config());
    sandbox.run(&["hash", "project"]).failure();
    assert_eq!(registry.requests(), Vec::<String>::new());
    sandbox
        .run(&["hash", "project", "--trust-project-config"])
        .ok();
    assert_eq!(registry.downloads(), 1);
}

#[test]
fn one_version_from_two_registries() {
    let krate = alpha();
    let (crates_io, other) = (Registry::new(&[alpha()]), Registry::new(&[alpha()]));
    let sandbox = Sandbox::with_registry(&crates_io);
    let mut files = python_project(std::slice::from_ref(&krate));
    let (_, lock) = files
        .iter_mut()
        .find(|(path, _)| path.ends_with("Cargo.lock"))
        .unwrap();
    let start = lock.find("[[package]]").unwrap();
    let end = lock.find("\n[[package]]\nname = \"module\"").unwrap();
    let second = lock[start..end].replace(crate::support::CRATES_IO, &other.id());
    lock.insert_str(end, &format!("\n{second}"));
    sandbox.project("project", &files);
    let failure = sandbox.run(&["vendor", "project"]).failure();
    let failure = failure.replace(&other.id(), "OTHER");
    insta::assert_snapshot!(failure, @r"
    exit code 3
    error: `alpha 1.0.0` comes from two sources, but the layout `cargo` has a single folder for both: `crates.io`, `OTHER`
      help: use a layout of nixpkgs' `fetchCargoVendor`, which has a folder for each: `--layout fetch-cargo-vendor-unpacked`
      code: pyhack::vendor::same_crate
    ");
    // A layout with a folder for each source holds both.
    let layout = "fetch-cargo-vendor-unpacked";
    sandbox.run(&["vendor", "project", "--layout", layout]).ok();
    assert!(
        sandbox
            .path("vendor/source-registry-0/alpha-1.0.0")
            .is_dir()
    );
    assert!(
        sandbox
            .path("vendor/source-registry-1/alpha-1.0.0")
            .is_dir()
    );
}

/// A registry that has yanked `alpha`.
fn yanking() -> Registry {
    let checksum = alpha().checksum();
    Registry::with(&[alpha(), beta()], move |_, asked| {
        let entry = format!(
            "{{\"name\":\"alpha\",\"vers\":\"1.0.0\",\"deps\":[],\"cksum\":\"{checksum}\",\"features\":{{}},\
             \"yanked\":true}}\n"
        );
        (asked.path == "/index/al/ph/alpha").then(|| Reply::body(entry))
    })
}

#[test]
fn yanked_crates_are_told() {
    let registry = yanking();
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&[alpha(), beta()]));
    for command in [
        &["hash", "project"][..],
        &["vendor", "project"],
        &["inspect", "project"],
    ] {
        let run = sandbox.run(command);
        let told = run
            .stderr
            .contains("note: alpha 1.0.0 has been yanked; the build still works\n");
        assert!(told, "{command:?}: {}", run.stderr);
    }
}

#[test]
fn yanked_crates_are_told_by_cargos_index() {
    let registry = yanking();
    let sandbox = Sandbox::with_registry(&registry);
    let project = sandbox.project("project", &python_project(&[alpha(), beta()]));
    let fetch = sandbox
        .command("cargo")
        .args(["fetch", "--locked"])
        .current_dir(project.join("src/rust"))
        .output();
    assert!(fetch.unwrap().status.success());
    let run = sandbox.run(&["hash", "--offline", "project"]);
    let told = run
        .stderr
        .contains("note: alpha 1.0.0 has been yanked; the build still works\n");
    assert!(told, "{}", run.stderr);
}

#[test]
fn nixpkgs_is_told_where_crates_are() {
    let other = Registry::new(&[beta()]);
    let sandbox = Sandbox::with_registry(&Registry::new(&[alpha()]));
    project(&sandbox, &other.id());
    let snippet = sandbox.run(&["nix-snippet", "-q", "project"]).ok();
    let address = other.address();
    let expected = format!("\"sparse+http://{address}/index/\" = \"http://{address}/crates\";");
    assert!(snippet.contains("extraRegistries = {\n"), "{snippet}");
    assert!(snippet.contains(&expected), "{snippet}");
    // Remembered, as the marks of a file are checked offline.
    assert_eq!(
        sandbox
            .run(&["nix-snippet", "-q", "--offline", "project"])
            .ok(),
        snippet
    );
}

#[test]
fn addresses_that_nixpkgs_cant_make_are_told() {
    let beta = beta();
    let bytes = beta.bytes.clone();
    let other = Registry::answering(move |address, asked| {
        Some(Reply::body(match asked.path.as_str() {
            "/index/config.json" => {
                format!("{{\"dl\":\"http://{address}/f/{{prefix}}/{{crate}}-{{version}}.crate\"}}")
                    .into_bytes()
            }
            _ => bytes.clone(),
        }))
    });
    let sandbox = Sandbox::with_registry(&Registry::new(&[alpha()]));
    project(&sandbox, &other.id());
    let failure = sandbox.run(&["nix-snippet", "project"]).failure();
    assert!(failure.starts_with("exit code 3\n"), "{failure}");
    assert!(
        failure.contains("code: pyhack::registry::no_nix_download"),
        "{failure}"
    );
}

//! Sdists by release and address: found on the configured index, verified, kept.

use std::fmt::Write as _;

use insta::assert_snapshot;

use crate::locks::fixtures::{Sdist, alpha};
use crate::support::{Asked, Crate, Registry, Reply, Run, Sandbox, redact_ports};

/// How an index answers.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    Json,
    Html,
}

/// A registry of crates that is an index of these sdists below `/simple`, too.
/// `hash` is what the index says of their hashes.
fn index(crates: &[Crate], sdists: Vec<Sdist>, form: Form, hash: fn(&Sdist) -> String) -> Registry {
    Registry::with(crates, move |_, asked: &Asked| {
        if let Some(sdist) = sdists.iter().find(|sdist| sdist.path() == asked.path) {
            return Some(Reply::body(sdist.bytes.clone()));
        }
        let name = asked.path.strip_prefix("/simple/")?.strip_suffix('/')?;
        let of_package: Vec<_> = sdists.iter().filter(|sdist| sdist.name == name).collect();
        if of_package.is_empty() {
            return Some(Reply::status("404 Not Found"));
        }
        let mut text = String::new();
        for sdist in of_package {
            let (path, hash) = (sdist.path(), hash(sdist));
            let file = path.rsplit('/').next().unwrap();
            let _ = match form {
                Form::Json => write!(
                    text,
                    "{{\"filename\":\"{file}\",\"url\":\"../..{path}\",\"hashes\":{{\"sha256\":\"{hash}\"}}}},"
                ),
                Form::Html => writeln!(text, "<a href=\"../..{path}#sha256={hash}\">{file}</a>"),
            };
        }
        Some(Reply::body(match form {
            Form::Json => format!("{{\"files\":[{}]}}", text.trim_end_matches(',')),
            Form::Html => format!("<!DOCTYPE html><html><body>{text}</body></html>"),
        }))
    })
}

fn bcrypt(version: &'static str) -> Sdist {
    Sdist::rust("bcrypt", version, &[alpha()])
}

fn serving(form: Form) -> Registry {
    index(
        &[alpha()],
        vec![bcrypt("5.0.0"), bcrypt("5.1.0")],
        form,
        Sdist::hash,
    )
}

fn address(registry: &Registry) -> String {
    format!("http://{}/simple", registry.address())
}

fn run(sandbox: &Sandbox, registry: &Registry, arguments: &[&str]) -> Run {
    let index = address(registry);
    sandbox.run_with(&[("UV_DEFAULT_INDEX", &index)], arguments)
}

fn overlay(sandbox: &Sandbox) -> String {
    std::fs::read_to_string(sandbox.path("o.nix")).unwrap()
}

#[test]
fn a_release_is_the_sdist_of_its_index() {
    for form in [Form::Json, Form::Html] {
        let registry = serving(form);
        let sandbox = Sandbox::with_registry(&registry);
        let by_file = {
            sandbox.write("bcrypt-5.0.0.tar.gz", bcrypt("5.0.0").bytes);
            run(&sandbox, &registry, &["nix-snippet", "bcrypt-5.0.0.tar.gz"]).ok()
        };
        let by_name = run(&sandbox, &registry, &["nix-snippet", "BCrypt==5.0"]).ok();
        assert_eq!(by_name, by_file);
        let asked = registry.asked();
        let page = asked.iter().find(|asked| asked.path == "/simple/bcrypt/");
        let accepted = &page.unwrap().headers["accept"];
        assert!(accepted.starts_with("application/vnd.pypi.simple.v1+json"));
        for command in [["inspect"].as_slice(), &["hash"], &["why", "alpha"]] {
            let arguments = [command, &["bcrypt==5.0.0"]].concat();
            run(&sandbox, &registry, &arguments).ok();
        }
        let sdists = registry.requests();
        let sdists = sdists.iter().filter(|path| path.starts_with("/sdists/"));
        assert_eq!(sdists.count(), 1, "the cache has it");
    }
}

#[test]
fn a_mark_has_the_release_and_is_checked_without_network_and_cache() {
    let registry = serving(Form::Json);
    let sandbox = Sandbox::with_registry(&registry);
    let write = ["nix-snippet", "--write", "o.nix", "bcrypt==5.0.0"];
    run(&sandbox, &registry, &write).ok();
    let hash = bcrypt("5.0.0").hash();
    let mark = format!("# pyhack: from {{\"sdist\":\"bcrypt==5.0.0#sha256={hash}\"}}");
    assert!(overlay(&sandbox).contains(&mark), "{}", overlay(&sandbox));
    let before = registry.requests().len();
    for arguments in [
        &["check", "o.nix"][..],
        &[
            "--offline",
            "nix-snippet",
            "--write",
            "o.nix",
            "bcrypt==5.0.0",
        ],
        &["--offline", "hash", "bcrypt==5.0.0"],
    ] {
        sandbox.run(arguments).ok();
    }
    std::fs::remove_dir_all(sandbox.path("cache")).unwrap();
    let check = sandbox.run(&["check", "-v", "o.nix"]);
    assert_eq!(check.code, 0, "{}", check.stderr);
    assert!(check.stderr.contains("Fresh `bcrypt`"), "{}", check.stderr);
    assert_eq!(registry.requests().len(), before, "nothing is asked");
    // What was edited is noticed all the same.
    let edited = overlay(&sandbox).replace("hacks.importCargoLock", "hacks.other");
    sandbox.write("o.nix", edited);
    let check = sandbox.run(&["check", "o.nix"]);
    assert_eq!(check.code, 1);
    assert!(check.stderr.contains("Edited `bcrypt`"), "{}", check.stderr);
}

#[test]
fn a_configured_release_is_fetched_by_fix() {
    let registry = serving(Form::Html);
    let sandbox = Sandbox::with_registry(&registry);
    let configure = |version: &str| {
        let text = format!(
            "[tool.cargo-pyhack]\noverlay = \"o.nix\"\n[tool.cargo-pyhack.packages]\n\
             bcrypt = \"bcrypt=={version}\"\n[[tool.uv.index]]\nname = \"own\"\nurl = \"{}\"\ndefault = true\n",
            address(&registry)
        );
        sandbox.write("pyproject.toml", text);
    };
    configure("5.0.0");
    sandbox.run(&["check", "--fix"]).ok();
    sandbox.run(&["check"]).ok();
    configure("5.1.0");
    let check = sandbox.run(&["check"]);
    assert_eq!(check.code, 1);
    assert_snapshot!(check.stderr, @r"
 Out of date `bcrypt` in o.nix:9: the version changed from 5.0.0 to 5.1.0, the changes can't be determined: the source of `bcrypt==5.1.0` isn't cached, and `--offline` was specified
help: run `cargo pyhack check --fix` to update outdated overrides and add missing ones; `--diff` shows the changes
");
    sandbox.run(&["check", "--fix"]).ok();
    assert!(overlay(&sandbox).contains("begin bcrypt 5.1.0"));
    sandbox.run(&["check"]).ok();
}

#[test]
fn an_address_is_fetched_and_its_hash_remembered() {
    let registry = serving(Form::Json);
    let sandbox = Sandbox::with_registry(&registry);
    let sdist = bcrypt("5.0.0");
    let url = format!("http://ada:sesame@{}{}", registry.address(), sdist.path());
    sandbox.run(&["nix-snippet", "--write", "o.nix", &url]).ok();
    let text = overlay(&sandbox);
    let mark = format!("{}#sha256={}", sdist.path(), sdist.hash());
    assert!(text.contains(&mark) && !text.contains("sesame"), "{text}");
    sandbox.run(&["check", "o.nix"]).ok();
    let file = sandbox.run(&["nix-snippet", "--style", "nixpkgs", &url]);
    let text = file.ok();
    let public = format!("url = \"http://{}{}\";", registry.address(), sdist.path());
    assert!(
        text.contains("src = fetchurl {") && text.contains(&public),
        "{text}"
    );
    assert!(
        !text.contains("fetchPypi") && !text.contains("sesame"),
        "{text}"
    );
    let pinned = format!("{url}#sha256={}", "0".repeat(64));
    let wrong = sandbox.run(&["hash", &pinned]);
    assert_eq!(wrong.code, 3);
    assert!(wrong.stderr.contains("pyhack::index::checksum") && !wrong.stderr.contains("sesame"));
}

#[test]
fn the_index_is_that_of_uv_and_pip() {
    let registry = serving(Form::Json);
    let index = address(&registry);
    let places = [
        ("uv.toml", format!("index-url = \"{index}\"\n")),
        (
            "home/.config/uv/uv.toml",
            format!("[[index]]\nurl = \"{index}\"\n"),
        ),
        (
            "home/.config/pip/pip.conf",
            format!("[global]\nindex-url = {index}\n"),
        ),
        (
            "home/.pip/pip.conf",
            format!("[install]\nextra-index-url =\n  {index}\n"),
        ),
        (
            "uv.lock",
            format!(
                "version = 1\nrequires-python = \">=3.11\"\n[[package]]\nname = \"x\"\nversion = \"1\"\n\
                 source = {{ registry = \"{index}\" }}\n"
            ),
        ),
    ];
    for (file, text) in places {
        let sandbox = Sandbox::with_registry(&registry);
        sandbox.write(file, text);
        let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
        command.env_remove("PIP_CONFIG_FILE");
        let output = command.args(["hash", "bcrypt==5.0.0"]).output().unwrap();
        sandbox.redacted(&output).ok();
    }
    for variable in [
        "UV_INDEX",
        "UV_INDEX_URL",
        "UV_EXTRA_INDEX_URL",
        "PIP_INDEX_URL",
    ] {
        let sandbox = Sandbox::with_registry(&registry);
        let run = sandbox.run_with(&[(variable, &index)], &["hash", "bcrypt==5.0.0"]);
        run.ok();
    }
}

#[test]
fn the_first_index_with_the_package_counts() {
    let theirs = serving(Form::Json);
    let ours = index(&[], vec![bcrypt("4.0.0")], Form::Json, Sdist::hash);
    let sandbox = Sandbox::with_registry(&theirs);
    let variables = [
        ("UV_INDEX", &*address(&ours)),
        ("UV_DEFAULT_INDEX", &address(&theirs)),
    ];
    let run = sandbox.run_with(&variables, &["hash", "bcrypt==5.0.0"]);
    assert_eq!(run.code, 3);
    assert!(
        run.stderr.contains("the newest sdists are 4.0.0"),
        "{}",
        run.stderr
    );
    let asked = theirs.requests();
    assert!(!asked.contains(&"/simple/bcrypt/".to_owned()), "{asked:?}");
}

/// Each error as it is printed.
#[test]
fn errors() {
    let registry = serving(Form::Json);
    let wheel = Sdist::plain("only", "1.0-py3-none-any.whl");
    let other = index(&[], vec![bcrypt("5.0.0"), wheel], Form::Json, |_| {
        String::new()
    });
    let wrong = index(&[], vec![bcrypt("5.0.0")], Form::Html, |_| "0".repeat(64));
    let odd = Registry::answering(|_, _| Some(Reply::body("it works")));
    let mut text = String::new();
    let mut show = |registry: Option<&Registry>, arguments: &str| {
        let sandbox = Sandbox::with_registry(&serving(Form::Json));
        let index = registry.map(address).unwrap_or_default();
        let variables = [("UV_DEFAULT_INDEX", &*index)];
        let run = sandbox.run_with(&variables, &arguments.split(' ').collect::<Vec<_>>());
        let stderr = &run.stderr;
        let _ = writeln!(
            text,
            "$ cargo pyhack {arguments}\n{stderr}exit code {}\n",
            run.code
        );
    };
    show(None, "hash bcrypt==5.0.0");
    show(Some(&registry), "hash bcript==5.0.0");
    show(Some(&registry), "hash bcrypt==6.0");
    show(Some(&other), "hash bcrypt==5.0.0");
    show(Some(&wrong), "hash bcrypt==5.0.0");
    show(Some(&odd), "hash bcrypt==5.0.0");
    show(Some(&registry), "--offline hash bcrypt==5.0.0");
    let pinned = format!("hash bcrypt==5.0.0#sha256={}", "0".repeat(64));
    show(Some(&registry), &pinned);
    show(None, "hash http://example.org/a-1.0.tar.gz");
    let gone = format!("hash http://{}/gone-1.0.tar.gz", registry.address());
    show(None, &gone);
    let text = redact_ports(&text).replace(&bcrypt("5.0.0").hash(), "HASH");
    assert_snapshot!(text.replace(&"0".repeat(64), "00..."));
}

#[test]
fn a_release_with_wheels_alone_needs_no_stanza() {
    let registry = Registry::answering(|_, asked| {
        let page = "<a href='a-1.0-py3-none-any.whl'>a</a><a href='a-1.0.tar.bz2'>a</a>";
        (asked.path == "/simple/a/").then(|| Reply::body(page))
    });
    let sandbox = Sandbox::with_registry(&registry);
    let failure = run(&sandbox, &registry, &["nix-snippet", "a==1.0"]).failure();
    assert_snapshot!(redact_ports(&failure), @r"
exit code 3
error: `a==1.0` has no sdist on its index (http://127.0.0.1:PORT/simple/a/), only `a-1.0-py3-none-any.whl`, `a-1.0.tar.bz2`
  help: use the wheel, which needs no override; if no wheel fits, use nixpkgs' build with `--prebuilt`, or pass a checkout of the repository
  code: pyhack::index::no_sdist
");
}

#[test]
fn a_yanked_release_is_warned_of() {
    let sdist = bcrypt("5.0.0");
    let (path, hash, bytes) = (sdist.path(), sdist.hash(), sdist.bytes.clone());
    let registry = Registry::with(&[alpha()], move |_, asked| {
        let page = format!("<a href='{path}#sha256={hash}' data-yanked='broken build'>a</a>");
        match &*asked.path {
            "/simple/bcrypt/" => Some(Reply::body(page)),
            asked if asked == path => Some(Reply::body(bytes.clone())),
            _ => None,
        }
    });
    let sandbox = Sandbox::with_registry(&registry);
    let run = run(&sandbox, &registry, &["-v", "hash", "bcrypt==5.0.0"]);
    assert_snapshot!(run.stderr, @r"
warning: `bcrypt==5.0.0` has been yanked from the index: broken build
  help: use another version, unless a lockfile requires this one
  code: pyhack::warning::yanked_sdist
");
}

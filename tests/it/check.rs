//! `check`: what is out of date, why, and that it is mended.

use std::fs;

use crate::support::{Crate, Registry, Sandbox, lock, python_project};

fn alpha(version: &str) -> Crate {
    Crate::new("alpha", version)
}

/// A project with its stanza in `overlay.nix`.
fn project(registry: &Registry) -> Sandbox {
    let sandbox = Sandbox::with_registry(registry);
    sandbox.project("project", &python_project(&[alpha("1.0.0")]));
    write(&sandbox, &[]);
    sandbox
}

fn write(sandbox: &Sandbox, flags: &[&str]) {
    let arguments = ["nix-snippet", "-q", "--write", "overlay.nix", "project"];
    sandbox.run(&[&arguments[..], flags].concat()).ok();
}

fn change(sandbox: &Sandbox, path: &str, from: &str, to: &str) {
    let text = fs::read_to_string(sandbox.path(path)).unwrap();
    assert!(text.contains(from), "{text}");
    fs::write(sandbox.path(path), text.replace(from, to)).unwrap();
}

/// What `check` says, with its exit code.
fn check(sandbox: &Sandbox, arguments: &[&str]) -> String {
    let run = sandbox.run(&[&["check"], arguments].concat());
    format!("{}: {}", run.code, run.stderr)
}

const FRESH: &str = "0: ";

fn assert_stale(sandbox: &Sandbox, why: &str) {
    let said = check(sandbox, &["overlay.nix"]);
    let expected = format!(
        "1:  Out of date `module` in overlay.nix:9: {why}\n\
         help: run `cargo pyhack check --fix` to update outdated overrides and add missing ones; `--diff` shows the changes\n"
    );
    assert_eq!(said, expected);
    let fixed = check(sandbox, &["--fix", "overlay.nix"]);
    assert_eq!(
        fixed,
        format!("0:        Fixed `module` in overlay.nix:9: {why}\n")
    );
    assert_eq!(check(sandbox, &["overlay.nix"]), FRESH);
}

#[test]
fn what_changed_is_told_and_mended() {
    let registry = Registry::new(&[alpha("1.0.0"), alpha("1.0.1")]);
    let sandbox = project(&registry);
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    let verbose = check(&sandbox, &["-v", "overlay.nix"]);
    assert_eq!(verbose, "0:        Fresh `module` in overlay.nix:9\n");
    change(&sandbox, "project/pyproject.toml", "0.1.0", "0.2.0");
    change(&sandbox, "project/src/rust/Cargo.toml", "0.1.0", "0.2.0");
    change(&sandbox, "project/src/rust/Cargo.lock", "0.1.0", "0.2.0");
    assert_stale(
        &sandbox,
        "the version changed from 0.1.0 to 0.2.0, `Cargo.lock` changed",
    );
    change(&sandbox, "project/src/rust/Cargo.toml", "=1.0.0", "1");
    assert_stale(&sandbox, "the project's manifests or build scripts changed");
    let newer = lock(&[alpha("1.0.1")]).replace("0.1.0", "0.2.0");
    sandbox.write("project/src/rust/Cargo.lock", newer);
    assert_stale(&sandbox, "`Cargo.lock` changed");
    change(
        &sandbox,
        "project/pyproject.toml",
        "\"maturin>=1.9,<2\"",
        "\"maturin>=1.9,<2\", \"cffi\"",
    );
    assert_stale(&sandbox, "the build system changed");
    // As a new version of ours would find it.
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let (before, after) = text.split_once("rules=").unwrap();
    let other = format!("{before}rules=0{}", &after[1..]);
    sandbox.write("overlay.nix", &other);
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH, "it says the same");
}

#[test]
fn code_is_no_reason() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    sandbox.write("project/src/rust/src/lib.rs", "pub fn other() {}\n");
    sandbox.write("project/module/__init__.py", "VERSION = 1\n");
    sandbox.write("project/README.md", "# Module\n");
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    sandbox.write("project/src/rust/src/lib.rs", "#![feature(never_type)]\n");
    let said = check(&sandbox, &["overlay.nix"]);
    assert!(said.starts_with("1:  Out of date"), "{said}");
}

#[test]
fn an_edit_is_told_and_kept() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    change(
        &sandbox,
        "overlay.nix",
        "prev.module;",
        "prev.module;\n    doUnpack = true;",
    );
    let edited = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let said = check(&sandbox, &["overlay.nix"]);
    assert!(
        said.starts_with("1:       Edited `module` in overlay.nix:9: it was edited by hand\n"),
        "{said}"
    );
    let said = check(&sandbox, &["--fix", "overlay.nix"]);
    assert!(said.starts_with("1:       Edited"), "{said}");
    assert_eq!(
        fs::read_to_string(sandbox.path("overlay.nix")).unwrap(),
        edited
    );
    let diff = sandbox.run(&["check", "--diff", "overlay.nix"]).stdout;
    assert!(diff.contains("\n-    doUnpack = true;\n"), "{diff}");
    let said = check(&sandbox, &["--fix", "--force", "overlay.nix"]);
    assert!(said.starts_with("0:        Fixed"), "{said}");
    assert!(
        !fs::read_to_string(sandbox.path("overlay.nix"))
            .unwrap()
            .contains("doUnpack")
    );
}

#[test]
fn a_stanza_may_be_moved_and_indented() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let (_, block) = text.split_once("prev {\n").unwrap();
    let block = block.rsplit_once('}').unwrap().0;
    let moved: String = block
        .lines()
        .map(|line| format!("      {line}\n"))
        .collect();
    sandbox.write(
        "overlay.nix",
        format!("{{ pkgs, lib, hacks }}: {{ overlay = final: prev: {{\n{moved}  }};\n}}\n"),
    );
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
}

/// A stanza that Nix refuses where it is now.
#[test]
fn a_stanza_whose_names_are_not_in_scope_is_told() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let (_, body) = text.split_once("final: prev:").unwrap();
    // Other names: the stanza is written with those.
    let renamed = body.replacen("intersectAttrs prev", "intersectAttrs super", 1);
    let head = "{ pkgs, lib, buildHacks }:\nself: super:";
    sandbox.write("overlay.nix", format!("{head}{renamed}"));
    let message = check(&sandbox, &["overlay.nix"]);
    assert!(
        message.contains("it uses `hacks` and `prev`, which aren't in scope there"),
        "{message}"
    );
    check(&sandbox, &["--fix", "overlay.nix"]);
    let fixed = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    assert!(
        fixed.contains("buildHacks.importCargoLock {\n    prev = super.module;"),
        "{fixed}"
    );
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    assert_eq!(
        fs::read_to_string(sandbox.path("overlay.nix")).unwrap(),
        fixed
    );
    // No name at all.
    sandbox.write("overlay.nix", format!("{{ pkgs }}: final: prev:{body}"));
    for arguments in [
        &["check", "overlay.nix"][..],
        &["check", "--fix", "overlay.nix"],
    ] {
        let failure = sandbox.run(arguments).failure();
        assert!(failure.starts_with("exit code 3\n"), "{failure}");
        assert!(
            failure.contains("the override of `module` needs `hacks`"),
            "{failure}"
        );
        assert!(
            failure.contains("`hacks = pkgs.callPackage pyproject-nix.build.hacks { };`"),
            "{failure}"
        );
    }
}

const NO_GUARD: &str =
    "it was moved out of `builtins.intersectAttrs prev`, and has no guard (`prev ? NAME`)";

/// The stanza of a package that a package set may lack.
#[test]
fn a_stanza_that_is_moved_out_of_its_set_gets_a_guard() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    write(&sandbox, &["--source", "registry"]);
    let text = || fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let in_set = text();
    assert!(!in_set.contains("prev ? module"), "{in_set}");
    assert!(in_set.contains(" guard=set\n"), "{in_set}");
    change(
        &sandbox,
        "overlay.nix",
        "builtins.intersectAttrs prev {",
        "{",
    );
    assert_stale(&sandbox, NO_GUARD);
    let alone = text();
    assert!(alone.contains("if prev ? module && "), "{alone}");
    assert!(alone.contains("prev.module or null;"), "{alone}");
    assert!(!alone.contains("guard=set"), "{alone}");
    // A guard that is no longer needed does no harm, until the stanza is written.
    change(
        &sandbox,
        "overlay.nix",
        "prev:\n{",
        "prev:\nbuiltins.intersectAttrs prev {",
    );
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    write(&sandbox, &["--source", "registry"]);
    assert_eq!(text(), in_set);
}

#[test]
fn an_edited_stanza_that_is_moved_out_of_its_set_stays_edited() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    write(&sandbox, &["--source", "registry"]);
    change(
        &sandbox,
        "overlay.nix",
        "builtins.intersectAttrs prev {",
        "{",
    );
    change(
        &sandbox,
        "overlay.nix",
        "prev = prev.module",
        "prev = (prev).module",
    );
    let said = check(&sandbox, &["--fix", "overlay.nix"]);
    let expected = format!("{NO_GUARD}, it was edited by hand");
    assert!(said.starts_with("1:") && said.contains(&expected), "{said}");
}

#[test]
fn a_lock_beside_the_overlay_belongs_to_it() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    fs::remove_file(sandbox.path("overlay.nix")).unwrap();
    write(&sandbox, &["--source", "registry", "--no-ifd"]);
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    let kept = fs::read(sandbox.path("module.lock")).unwrap();
    fs::remove_file(sandbox.path("module.lock")).unwrap();
    let said = check(&sandbox, &["overlay.nix"]);
    assert!(said.contains("`Cargo.lock` changed"), "{said}");
    check(&sandbox, &["--fix", "overlay.nix"]);
    assert_eq!(fs::read(sandbox.path("module.lock")).unwrap(), kept);
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
}

#[test]
fn a_source_that_is_gone_is_told() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    fs::rename(sandbox.path("project"), sandbox.path("elsewhere")).unwrap();
    let expected = "1:    No source `module` in overlay.nix:9: its source `project` doesn't exist\n\
                    help: restore the source, or generate the override from another one: \
                    `cargo pyhack nix-snippet --write FILE PATH`\n";
    assert_eq!(check(&sandbox, &["overlay.nix"]), expected);
    assert_eq!(check(&sandbox, &["--fix", "overlay.nix"]), expected);
}

#[test]
fn nothing_is_fetched() {
    let registry = Registry::new(&[alpha("1.0.0"), alpha("1.0.1")]);
    let sandbox = project(&registry);
    change(&sandbox, "project/src/rust/Cargo.toml", "=1.0.0", "1");
    sandbox.write("project/src/rust/Cargo.lock", lock(&[alpha("1.0.1")]));
    let before = registry.requests().len();
    let said = check(&sandbox, &["overlay.nix"]);
    assert!(said.starts_with("1:  Out of date"), "{said}");
    assert_eq!(registry.requests().len(), before);
}

#[test]
fn the_configuration_says_what_belongs_into_the_overlay() {
    let sandbox = Sandbox::with_registry(&Registry::new(&[alpha("1.0.0")]));
    sandbox.project("project", &python_project(&[alpha("1.0.0")]));
    sandbox.write(
        "pyproject.toml",
        "[tool.cargo-pyhack]\noverlay = \"nix/overlay.nix\"\nplatforms = [\"x86_64-linux\"]\n\n\
         [tool.cargo-pyhack.packages]\nmodule = { path = \"project\", env = { A = \"1\" } }\n",
    );
    let said = check(&sandbox, &[]);
    let missing =
        "1:      Missing `module` in nix/overlay.nix: the configuration lists `project`\n";
    assert!(said.starts_with(missing), "{said}");
    check(&sandbox, &["--fix"]);
    assert_eq!(check(&sandbox, &[]), FRESH);
    let text = fs::read_to_string(sandbox.path("nix/overlay.nix")).unwrap();
    assert!(text.contains("A = \"1\";"), "{text}");
    assert!(text.contains("\"platforms\":[\"x86_64-linux\"]"), "{text}");
    change(&sandbox, "pyproject.toml", "A = \"1\"", "A = \"2\"");
    let said = check(&sandbox, &[]);
    assert!(said.contains("the configuration changed"), "{said}");
    check(&sandbox, &["--fix"]);
    assert_eq!(check(&sandbox, &[]), FRESH);
    // As with a new release.
    fs::rename(sandbox.path("project"), sandbox.path("next")).unwrap();
    change(&sandbox, "pyproject.toml", "\"project\"", "\"next\"");
    change(&sandbox, "next/pyproject.toml", "0.1.0", "0.2.0");
    let said = check(&sandbox, &[]);
    assert!(
        said.contains("the version changed from 0.1.0 to 0.2.0"),
        "{said}"
    );
    check(&sandbox, &["--fix"]);
    assert_eq!(check(&sandbox, &[]), FRESH);
    change(&sandbox, "pyproject.toml", "module =", "other =");
    let failure = sandbox.run(&["check", "--fix"]).failure();
    assert!(
        failure.contains("`next` is the package `module`, not `other`"),
        "{failure}"
    );
    change(&sandbox, "pyproject.toml", "other =", "module =");
    fs::rename(sandbox.path("next"), sandbox.path("project")).unwrap();
    change(&sandbox, "pyproject.toml", "\"next\"", "\"project\"");
    // The same by hand.
    fs::remove_file(sandbox.path("nix/overlay.nix")).unwrap();
    sandbox
        .run(&["nix-snippet", "--write", "nix/overlay.nix", "project"])
        .ok();
    assert_eq!(check(&sandbox, &[]), FRESH);
}

#[test]
fn a_key_that_nobody_knows_is_told_with_its_line() {
    let sandbox = Sandbox::new();
    sandbox.write(
        "pyproject.toml",
        "[tool.cargo-pyhack]\noverlya = \"x.nix\"\n",
    );
    insta::assert_snapshot!(sandbox.run(&["check"]).failure(), @"
    exit code 3
    error: pyproject.toml:2:1: unknown key `overlya`
      help: did you mean `overlay`?
      code: pyhack::config::invalid
    ");
    sandbox.write("pyproject.toml", "");
    insta::assert_snapshot!(sandbox.run(&["check"]).failure(), @r#"
    exit code 2
    error: no overlay was specified, and none is configured
      help: pass one: `cargo pyhack check overlay.nix`, or set `overlay = "overlay.nix"` in `[tool.cargo-pyhack]` of `pyproject.toml`
      code: pyhack::overlay::nothing
    "#);
}

#[test]
fn json_fits_its_schema() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    change(&sandbox, "project/pyproject.toml", "0.1.0", "0.2.0");
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/schema/check.schema.json");
    let schema = serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let run = sandbox.run(&["check", "--format", "json", "overlay.nix"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert!(validator.is_valid(&report), "{report}");
    assert_eq!(report["stanzas"][0]["state"], "out_of_date");
    assert_eq!(report["stanzas"][0]["line"], 9);
}

/// What a stranger's project says of itself stays in a comment.
#[test]
fn no_version_and_no_name_can_inject_nix() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    fs::remove_file(sandbox.path("overlay.nix")).unwrap();
    let pyproject = fs::read_to_string(sandbox.path("project/pyproject.toml")).unwrap();
    for version in [
        "1.0\\n  evil = 1;\\n #",
        "1.0\\r  evil = 1;",
        "1.0 # pyhack: keep",
    ] {
        let with = pyproject.replace("\"0.1.0\"", &format!("\"{version}\""));
        sandbox.write("project/pyproject.toml", with);
        write(&sandbox, &[]);
        let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
        assert!(!text.contains("evil") && !text.contains("keep"), "{text}");
        assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    }
    for name in ["a\\n  evil = 1; #", "a b", "pyhack: end"] {
        let with = pyproject.replace("\"module\"", &format!("\"{name}\""));
        sandbox.write("project/pyproject.toml", with);
        let run = sandbox.run(&["nix-snippet", "--write", "other.nix", "project"]);
        assert_eq!(run.code, 3, "{name}");
        assert!(!sandbox.path("other.nix").exists());
    }
}

/// Nobody named what a link in a stranger's repository leads to.
#[test]
#[cfg(unix)]
fn a_lock_that_is_a_link_is_not_written_through() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    fs::remove_file(sandbox.path("overlay.nix")).unwrap();
    write(&sandbox, &["--source", "registry", "--no-ifd"]);
    let bashrc = sandbox.write("elsewhere/bashrc", "mine\n");
    fs::remove_file(sandbox.path("module.lock")).unwrap();
    std::os::unix::fs::symlink(&bashrc, sandbox.path("module.lock")).unwrap();
    let run = sandbox.run(&["check", "--fix", "overlay.nix"]);
    assert_eq!(run.code, 3, "{}", run.stderr);
    assert_eq!(fs::read_to_string(&bashrc).unwrap(), "mine\n");
}

#[test]
fn what_stands_between_the_marks_is_not_lost() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    change(
        &sandbox,
        "overlay.nix",
        "  # pyhack: from",
        "  mine = 1;\n  # pyhack: from",
    );
    let said = check(&sandbox, &["--fix", "overlay.nix"]);
    assert!(
        said.starts_with("3: ") && said.contains("pyhack::overlay::marker"),
        "{said}"
    );
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    assert!(text.contains("mine = 1;"));
}

#[test]
fn lines_to_keep_that_come_and_go_are_noticed() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    let kept = "cargoRoot = \"z\"; # pyhack: keep";
    change(&sandbox, "overlay.nix", "cargoRoot = \"src/rust\";", kept);
    write(&sandbox, &[]);
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH);
    change(&sandbox, "overlay.nix", kept, "");
    let said = check(&sandbox, &["--fix", "overlay.nix"]);
    assert!(said.contains("its kept lines changed"), "{said}");
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    assert!(text.contains("cargoRoot = \"src/rust\";"), "{text}");
}

#[test]
fn a_deep_stanza_is_no_overflow() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    let deep = format!("{}# pyhack: begin", " ".repeat(4000));
    change(&sandbox, "overlay.nix", "  # pyhack: begin", &deep);
    change(&sandbox, "project/src/rust/Cargo.toml", "0.1.0", "0.1.1");
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(matches!(run.code, 1 | 3), "{}: {}", run.code, run.stderr);
}

/// Who wrote the overlay isn't always who runs us.
#[test]
fn nix_that_is_nested_without_end_is_refused() {
    let sandbox = Sandbox::new();
    for text in ["[", "!", "a ++ ", "f ", "with a; "] {
        sandbox.write("overlay.nix", text.repeat(200_000));
        let run = sandbox.run(&["check", "overlay.nix"]);
        assert_eq!(run.code, 3, "{text}: {}", run.stderr);
        assert!(
            run.stderr.contains("it is nested too deeply"),
            "{}",
            run.stderr
        );
    }
}

/// What `vendor` writes into the project is no part of its source.
#[test]
fn vendored_crates_are_no_reason() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    for layout in [
        "cargo",
        "import-cargo-lock",
        "fetch-cargo-vendor",
        "fetch-cargo-vendor-unpacked",
    ] {
        let to = format!("project/crates-{layout}");
        let arguments = ["vendor", "--layout", layout, "--to", &to, "project"];
        sandbox.run(&arguments).ok();
        assert!(sandbox.path(&to).is_dir());
        assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH, "{layout}");
    }
    let linked = ["--link-mode", "symlink", "--layout", "import-cargo-lock"];
    let arguments = ["vendor", "--to", "project/linked", "project"];
    sandbox.run(&[&arguments[..], &linked].concat()).ok();
    assert_eq!(check(&sandbox, &["overlay.nix"]), FRESH, "links");
}

#[test]
fn github_and_code_scanning_show_problems_at_their_lines() {
    let sandbox = project(&Registry::new(&[alpha("1.0.0")]));
    let run = sandbox.run(&["check", "--format", "github", "overlay.nix"]);
    assert_eq!((run.code, &*run.stdout), (0, ""));
    let old = lock(&[alpha("1.0.0")]) + "\n";
    sandbox.write("project/src/rust/Cargo.lock", old);
    let run = sandbox.run(&["check", "--format", "github", "overlay.nix"]);
    assert_eq!(run.code, 1);
    assert_eq!(
        run.stdout,
        "::error file=overlay.nix,line=9,title=cargo pyhack check::`module` is out of date: `Cargo.lock` changed\n"
    );
    let run = sandbox.run(&["check", "--format", "sarif", "overlay.nix"]);
    assert_eq!(run.code, 1);
    let log: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(log["version"], "2.1.0");
    let [result] = &log["runs"][0]["results"].as_array().unwrap()[..] else {
        panic!("{log}");
    };
    let place = &result["locations"][0]["physicalLocation"];
    assert_eq!(place["artifactLocation"]["uri"], "overlay.nix");
    assert_eq!(place["region"]["startLine"], 9);
    let rules = log["runs"][0]["tool"]["driver"]["rules"]
        .as_array()
        .unwrap();
    assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
    let run = sandbox.run(&["inspect", "--format", "sarif", "project"]);
    assert!(
        run.code == 2 && run.stderr.contains("only `check`"),
        "{}",
        run.stderr
    );
}

/// The names in marks are the file's.
#[test]
fn escape_sequences_of_an_overlay_are_not_obeyed() {
    let registry = Registry::new(&[alpha("1.0.0")]);
    let sandbox = project(&registry);
    let text = fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let name = "module\x1b[31mred\x1b]0;title\x07\u{202e}";
    let text = ["begin", "end"].iter().fold(text, |text, mark| {
        let marked = format!("# pyhack: {mark} module");
        assert!(text.contains(&marked), "{text}");
        text.replace(&marked, &format!("# pyhack: {mark} {name}"))
    });
    let edited = text.replace("prev.module", "(prev.module)");
    sandbox.write("overlay.nix", edited);
    let run = sandbox.run(&["check", "overlay.nix"]);
    assert!(
        run.stderr.contains("`module\\u{1b}[31mred"),
        "{}",
        run.stderr
    );
    let is_plain = |c: char| c == '\n' || !c.is_control() && c != '\u{202e}';
    assert!(run.stderr.chars().all(is_plain), "{}", run.stderr);
}

//! Errors in files: their lines are shown on a terminal, and their places stay
//! in one line elsewhere.

use std::fmt::Write as _;
use std::process::Command;

use insta::assert_snapshot;

use crate::support::{Crate, Sandbox, Terminal, python_project};

/// What `cargo-pyhack` shows on a terminal.
fn on_terminal(sandbox: &Sandbox, columns: u16, arguments: &str) -> String {
    let run = Terminal::new(columns).run(command(sandbox, arguments));
    assert!(run.is_tidy(), "{:?}", run.written());
    run.shown()
}

fn command(sandbox: &Sandbox, arguments: &str) -> Command {
    let mut command = sandbox.command(env!("CARGO_BIN_EXE_cargo-pyhack"));
    command.args(arguments.split(' ')).env("TERM", "xterm");
    command
}

/// What commands say on a terminal, and the first line of it in a pipe.
fn both(sandbox: &Sandbox, commands: &[&str]) -> String {
    let mut text = String::new();
    for arguments in commands {
        let shown = on_terminal(sandbox, 80, arguments);
        let piped = command(sandbox, arguments).output().unwrap();
        let piped = String::from_utf8(piped.stderr).unwrap();
        let first = piped.lines().next().unwrap_or_default();
        let _ = writeln!(text, "$ cargo pyhack {arguments}\n{shown}\n");
        let _ = writeln!(text, "In a pipe:\n{first}\n");
    }
    text
}

#[test]
fn errors_in_toml() {
    let sandbox = Sandbox::new();
    sandbox.write("type/pyproject.toml", "[project]\nname = 1\n");
    sandbox.write("end/pyproject.toml", "[project]\nname = \"a\"\nx = [\n");
    sandbox.write(
        "requires/pyproject.toml",
        "[project]\nname = \"a\"\n[build-system]\nrequires = [\"maturin\", \"x >> 1\"]\n",
    );
    sandbox.write("crlf/pyproject.toml", "[project]\r\nname =\r\n");
    sandbox.project("manifest", &python_project(&[]));
    sandbox.write(
        "manifest/src/rust/Cargo.toml",
        "[package]\nname = [\n  1,\n]\n",
    );
    let mut files = python_project(&[Crate::new("alpha", "1.0.0")]);
    for (path, text) in &mut files {
        if path.ends_with("Cargo.lock") {
            *text = text.replace("version = 4", "version = 5");
        }
    }
    sandbox.project("lock", &files);
    let commands = [
        "inspect type",
        "inspect end",
        "inspect crlf",
        "inspect requires",
        "inspect manifest",
        "hash lock",
    ];
    assert_snapshot!(both(&sandbox, &commands));
}

#[test]
fn errors_in_the_configuration() {
    let sandbox = Sandbox::new();
    let text = "[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\n\tno-ifd = \"yes\" # \u{6f22}\n";
    sandbox.write("pyproject.toml", text);
    assert_snapshot!(both(&sandbox, &["check"]));
}

#[test]
fn a_manifest_that_cargo_refuses() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    sandbox.write(
        "project/src/rust/Cargo.toml",
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n[lib]\npath = 3\n",
    );
    assert_snapshot!(both(&sandbox, &["hash project"]));
}

#[test]
fn errors_in_python_locks() {
    let sandbox = Sandbox::new();
    let head = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n";
    sandbox.write("syntax/uv.lock", format!("{head}package = 3\n"));
    sandbox.write("version/uv.lock", "version = 9\n");
    let entry = "\n[[package]]\nname = \"a b\"\nversion = \"1.0\"\n";
    sandbox.write("entry/uv.lock", format!("{head}{entry}"));
    let old = entry.replace("package", "distribution");
    sandbox.write("old/uv.lock", format!("{head}{old}"));
    sandbox.write(
        "flat/pylock.toml",
        "lock-version = \"1.0\"\n[[packages]]\nname = 1\n",
    );
    let own = "\n[[package]]\nname = \"a\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n";
    sandbox.write("settings/uv.lock", format!("{head}{own}"));
    sandbox.write("settings/pyproject.toml", "[tool.uv]\nno-build = \"yes\"\n");
    let commands = [
        "lock syntax",
        "lock version",
        "lock entry",
        "lock old",
        "lock flat/pylock.toml",
        "lock settings",
    ];
    assert_snapshot!(both(&sandbox, &commands));
}

#[test]
fn errors_in_nix() {
    let sandbox = Sandbox::new();
    sandbox.write("syntax.nix", "final: prev: {\n  a = ;\n}\n");
    sandbox.write("end.nix", "final: prev: {\n  a = 1;\n");
    sandbox.write(
        "mark.nix",
        "final: prev: {\n  # pyhack: begin a 1.0\n  a = 1;\n}\n",
    );
    sandbox.write(
        "mode.nix",
        "final: prev: {\n  # pyhack: begin a 1.0\n  # pyhack: from {\"path\":1}\n  \
         # pyhack: made source=1 lock=2 build=3 rules=4 text=5\n  a = 1;\n  # pyhack: end a\n}\n",
    );
    sandbox.write("undefined.nix", "final: prev: {\n  a = b;\n}\n");
    sandbox.write(
        "taken.nix",
        "{ hacks }:\nfinal: prev: {\n  module = {\n    x = 1;\n  };\n}\n",
    );
    sandbox.project("project", &python_project(&[]));
    let commands = [
        "check syntax.nix",
        "check end.nix",
        "check mark.nix",
        "check mode.nix",
        "nix-snippet project --write undefined.nix",
        "nix-snippet project --write taken.nix",
    ];
    assert_snapshot!(both(&sandbox, &commands));
}

#[test]
fn errors_in_python() {
    let sandbox = Sandbox::new();
    let requires = "[build-system]\nrequires = [\"setuptools\", \"setuptools-rust\"]\n\
                    build-backend = \"setuptools.build_meta\"\n[project]\nname = \"a\"\nversion = \"1\"\n";
    for (name, script) in [
        ("syntax", "from setuptools import setup\nsetup(name=)\n"),
        (
            "unknown",
            "from setuptools import setup\nfrom x import find\n\nif find():\n    setup(\n        \
             rust_extensions=find(\"\u{6f22}\"),\n    )\n",
        ),
    ] {
        sandbox.write(&format!("{name}/pyproject.toml"), requires);
        sandbox.write(&format!("{name}/setup.py"), script);
    }
    assert_snapshot!(both(&sandbox, &["hash syntax", "inspect unknown"]));
}

#[test]
fn errors_in_flake_locks() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    sandbox.write(
        "project/flake.lock",
        "{\n  \"nodes\": {\n    \"a\": [}\n  }\n}\n",
    );
    let shown = on_terminal(
        &sandbox,
        80,
        "nix-snippet project --write project/overlay.nix",
    );
    assert_snapshot!(shown);
}

/// A line as long as a program writes it, with a password in it.
#[test]
fn long_lines_and_secrets() {
    let sandbox = Sandbox::new();
    let many = "\"https://ada:sesame@example.org/simple\", ".repeat(50_000);
    let text =
        format!("[project]\nurls = [{many} \"https://ada:sesame@example.org/\" 7, {many}]\n");
    sandbox.write("project/pyproject.toml", text);
    for columns in [40, 80] {
        let shown = on_terminal(&sandbox, columns, "inspect project");
        assert!(
            !shown.contains("ada") && !shown.contains("sesame"),
            "{shown}"
        );
        let lines = shown.lines().filter(|line| line.contains('|'));
        let longest = lines.map(|line| line.chars().count()).max();
        assert!(longest <= Some(columns.into()), "{shown}");
        assert!(shown.len() < 2000, "{shown}");
        assert!(shown.contains('^'), "{shown}");
    }
    let piped = sandbox.run(&["inspect", "project"]);
    assert!(!piped.stderr.contains("sesame"), "{}", piped.stderr);
}

#[test]
fn a_terminal_is_not_steered_by_lines() {
    let sandbox = Sandbox::new();
    let text = "[project]\nname = \u{1b}]0;title\u{7} \u{202e}\n";
    sandbox.write("project/pyproject.toml", text);
    let shown = on_terminal(&sandbox, 80, "inspect project");
    assert!(
        !shown.contains("\u{1b}]") && !shown.contains('\u{7}'),
        "{shown:?}"
    );
    assert!(!shown.contains('\u{202e}'), "{shown:?}");
    assert!(
        shown.contains("\\u{1b}]0;title\\u{7} \\u{202e}"),
        "{shown:?}"
    );
}

#[test]
fn colours_follow_the_rules_of_all_messages() {
    let sandbox = Sandbox::new();
    sandbox.write("project/pyproject.toml", "[project]\nname = 1\n");
    let shown = |variables: &[(&str, &str)], arguments: &str| {
        let mut command = command(&sandbox, arguments);
        command.envs(variables.iter().copied());
        Terminal::new(80).run(command).written().to_owned()
    };
    let has_carets = |text: &str| text.contains("name = 1") && text.contains('^');
    let coloured = shown(&[], "inspect project");
    assert!(coloured.contains("\u{1b}[31m^"), "{coloured:?}");
    for (variables, arguments) in [
        (&[("NO_COLOR", "1")][..], "inspect project"),
        (&[("CARGO_TERM_COLOR", "never")], "inspect project"),
        (&[("TERM", "dumb")], "inspect project"),
        (&[], "inspect --color never project"),
    ] {
        let plain = shown(variables, arguments);
        assert!(!plain.contains('\u{1b}') && has_carets(&plain), "{plain:?}");
    }
    let run = sandbox.run_with(&[("CARGO_TERM_COLOR", "always")], &["inspect", "project"]);
    assert!(run.stderr.contains("\u{1b}[31m"), "{}", run.stderr);
    assert!(!has_carets(&run.stderr), "{}", run.stderr);
}

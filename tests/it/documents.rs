//! What the documents say is what the program does.

use std::collections::BTreeSet;
use std::path::Path;

use cargo_pyhack::testing::Config;
use cargo_pyhack::testing::{check, hash, init, inspect, lock, nix_snippet, vendor};

use crate::support::{Crate, Registry, Sandbox, python_project};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

fn schemas() -> [(&'static str, schemars::Schema); 4] {
    [
        ("inspect", schemars::schema_for!(inspect::Inspection)),
        ("vendor", schemars::schema_for!(vendor::VendorReport)),
        ("hash", schemars::schema_for!(hash::HashReport)),
        ("nix-snippet", schemars::schema_for!(nix_snippet::Snippet)),
    ]
}

/// Those of commands that flags have print something else: the schema's name
/// and the arguments.
fn schemas_of_flags() -> [(&'static str, schemars::Schema, &'static [&'static str]); 3] {
    const EMPTY: &str = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let texts = || schemars::schema_for!(hash::HashTexts);
    [
        (
            "hash-output-hashes",
            schemars::schema_for!(hash::OutputHashesReport),
            &["hash", "--output-hashes", "project"],
        ),
        ("hash-texts", texts(), &["hash", "--nar", "project"]),
        ("hash-texts", texts(), &["hash", "--convert", EMPTY]),
    ]
}

/// With `BLESS=1` the schemas are written anew.
#[test]
fn the_schemas_are_those_of_the_types() {
    let of_flags = schemas_of_flags().map(|(name, schema, _)| (name, schema));
    let others = [
        ("check", schemars::schema_for!(check::CheckReport)),
        ("init", schemars::schema_for!(init::InitReport)),
        ("lock", schemars::schema_for!(lock::LockReport)),
        ("why-lock", schemars::schema_for!(lock::LockWhy)),
        ("configuration", schemars::schema_for!(Config)),
    ];
    let all = schemas().into_iter().chain(of_flags).chain(others);
    for (command, schema) in all {
        let path = format!("docs/schema/{command}.schema.json");
        let text = serde_json::to_string_pretty(&schema).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(Path::new(env!("CARGO_MANIFEST_DIR")).join(&path), &text).unwrap();
        }
        assert_eq!(
            read(&path),
            text,
            "run `BLESS=1 cargo test documents` to write {path} anew"
        );
    }
}

#[test]
fn json_output_fits_its_schema() {
    let crates = [
        Crate::new("openssl-sys", "1.0.0"),
        Crate::new("zstd-sys", "1.0.0"),
    ];
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.write("pure/pyproject.toml", "[project]\nname = \"pure\"\n");
    for (command, _) in schemas() {
        let schema = serde_json::from_str(&read(&format!("docs/schema/{command}.schema.json")));
        let validator = jsonschema::validator_for(&schema.unwrap()).unwrap();
        let projects: &[&str] = if command == "inspect" {
            &["project", "pure"]
        } else {
            &["project"]
        };
        for project in projects {
            let json = sandbox.run(&[command, "--format", "json", project]).ok();
            let value = serde_json::from_str(&json).unwrap();
            let errors: Vec<_> = validator
                .iter_errors(&value)
                .map(|e| e.to_string())
                .collect();
            assert_eq!(errors, Vec::<String>::new(), "{command} {project}");
        }
    }
}

#[test]
fn json_output_of_flags_fits_its_schema() {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    for (name, _, arguments) in schemas_of_flags() {
        let schema = serde_json::from_str(&read(&format!("docs/schema/{name}.schema.json")));
        let validator = jsonschema::validator_for(&schema.unwrap()).unwrap();
        let json = sandbox
            .run(&[arguments, &["--format", "json"]].concat())
            .ok();
        assert!(
            validator.is_valid(&serde_json::from_str(&json).unwrap()),
            "{json}"
        );
    }
}

/// The codes in a text: `pyhack::group::name`.
fn codes(text: &str) -> BTreeSet<String> {
    text.match_indices("pyhack::")
        .filter(|(start, _)| !text[..*start].ends_with('_'))
        .map(|(start, _)| {
            let is_part = |c: char| c.is_ascii_alphanumeric() || matches!(c, ':' | '_');
            let rest = &text[start..];
            rest[..rest.find(|c| !is_part(c)).unwrap_or(rest.len())].to_owned()
        })
        .filter(|code| code.matches("::").count() == 2)
        .collect()
}

fn sources(folder: &Path) -> String {
    std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| match path.is_dir() {
            true => sources(&path),
            false => std::fs::read_to_string(path).unwrap(),
        })
        .collect()
}

#[test]
fn every_diagnostic_has_a_heading() {
    let sources = sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"));
    let document = read("docs/diagnostics.md");
    let headings: String = document.lines().filter(|l| l.starts_with("### ")).collect();
    assert_eq!(codes(&headings.replace('`', "\n")), codes(&sources));
}

#[test]
fn the_readme_shows_what_is_printed() {
    let readme = read("README.md");
    let sandbox = Sandbox::new();
    let project = concat!(env!("CARGO_MANIFEST_DIR"), "/testdata/projects/src-rust");
    for command in ["inspect", "nix-snippet"] {
        let printed = sandbox.run(&[command, project]).ok();
        assert!(
            readme.contains(&printed),
            "README.md lacks what `{command}` prints:\n{printed}"
        );
    }
}

#[test]
fn help_has_examples_and_exit_codes() {
    let sandbox = Sandbox::new();
    let help = sandbox.run(&["--help"]).ok();
    for text in [
        "Examples:",
        "Exit codes:",
        "[default: .]",
        "CARGO_PYHACK_CACHE_DIR",
        "101",
    ] {
        assert!(help.contains(text), "{text}");
    }
    for command in ["inspect", "vendor", "hash", "nix-snippet", "init", "lock"] {
        let help = sandbox.run(&[command, "--help"]).ok();
        assert!(
            help.contains("Examples:") && help.contains("--offline"),
            "{command}"
        );
    }
}

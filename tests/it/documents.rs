//! Compares the documentation and the JSON schemas with the program.

mod book;

use std::collections::BTreeSet;
use std::path::Path;

use cargo_pyhack::testing::{Config, FORMAT_VERSION};
use cargo_pyhack::testing::{cache, check, finished, hash, init, inspect, lock, vendor, why};

use crate::support::{Crate, Registry, Sandbox, python_project};

fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(path)).unwrap()
}

/// A JSON format that a command prints, or the configuration that it reads.
struct Format {
    /// The name of its file in `docs/schema`.
    name: &'static str,
    schema: schemars::Schema,
    /// Commands that print it, without `cargo pyhack`.
    commands: &'static [&'static str],
}

const EMPTY: &str =
    "hash --format json --convert sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";

/// Returns all formats, each with commands for its different shapes.
fn formats() -> Vec<Format> {
    macro_rules! format {
        ($name:literal, $type:ty, $($command:expr),*) => {
            Format {
                name: $name,
                schema: schemars::schema_for!($type),
                commands: &[$($command),*],
            }
        };
    }
    vec![
        format!(
            "inspect",
            inspect::Inspection,
            "inspect --format json project",
            "inspect --format json pure",
            "--format json project"
        ),
        format!(
            "vendor",
            vendor::VendorReport,
            "vendor --format json project"
        ),
        format!(
            "cache",
            cache::CacheReport,
            "cache dir --sizes --format json",
            "cache clean --format json"
        ),
        format!("hash", hash::HashReport, "hash --format json project"),
        format!(
            "hash-output-hashes",
            hash::OutputHashesReport,
            "hash --format json --output-hashes project"
        ),
        format!(
            "hash-texts",
            hash::HashTexts,
            "hash --format json --nar project",
            EMPTY
        ),
        format!(
            "nix-snippet",
            finished::Snippet,
            "nix-snippet --format json project",
            "nix-snippet --format json --style nixpkgs project",
            "nix-snippet --format json --write overlay.nix project"
        ),
        format!(
            "why",
            why::WhyReport,
            "why --format json openssl project",
            "why --format json nothing project",
            "why --format json --all project"
        ),
        format!(
            "check",
            check::CheckReport,
            "check --format json overlay.nix",
            "check --format json without-source.nix"
        ),
        format!(
            "lock",
            lock::LockReport,
            "lock --format json app",
            "lock --format json --dry-run --write app/other.nix app",
            "inspect --format json app/uv.lock",
            "nix-snippet --format json app/uv.lock"
        ),
        format!(
            "lock-line",
            lock::LockedPackageReport,
            "lock --format jsonl app"
        ),
        format!(
            "why-lock",
            lock::LockWhy,
            "why --format json openssl app/uv.lock",
            "why --format json --all app/uv.lock"
        ),
        format!("init", init::InitReport, "init --format json app"),
        format!("configuration", Config,),
    ]
}

impl Format {
    /// Returns the schema as `docs/schema` has it: with `$id` and, for output,
    /// `format_version`.
    fn published(&self) -> schemars::Schema {
        let mut schema = self.schema.clone();
        let id = format!("urn:cargo-pyhack:schema:{}:{FORMAT_VERSION}", self.name);
        schema.insert("$id".to_owned(), id.into());
        if !self.commands.is_empty() {
            let version = serde_json::json!({
                "description": "The version of this format. A new field doesn't change it.",
                "const": FORMAT_VERSION,
            });
            schema.get_mut("properties").unwrap()["format_version"] = version;
            let required = schema.get_mut("required").unwrap();
            required
                .as_array_mut()
                .unwrap()
                .insert(0, "format_version".into());
        }
        schema
    }

    fn path(&self) -> String {
        format!("docs/schema/{}.schema.json", self.name)
    }
}

/// With `BLESS=1`, writes the schemas instead of comparing them.
#[test]
fn the_schemas_are_those_of_the_types() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let formats = formats();
    for format in &formats {
        let path = root.join(format.path());
        let text = serde_json::to_string_pretty(&format.published()).unwrap() + "\n";
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, &text).unwrap();
        }
        let found = std::fs::read_to_string(&path).unwrap_or_default();
        assert_eq!(
            found,
            text,
            "{} isn't up to date: run `BLESS=1 cargo test --test it documents`",
            format.path()
        );
    }
    let files = std::fs::read_dir(root.join("docs/schema")).unwrap().count();
    assert_eq!(
        files,
        formats.len(),
        "docs/schema has a file that belongs to no format"
    );
}

/// Creates a sandbox with a project that needs OpenSSL, a project without Rust, and
/// a workspace with a package that fails.
fn with_projects() -> (Sandbox, Registry) {
    let crates = [
        Crate::new("openssl-sys", "1.0.0"),
        Crate::new("zstd-sys", "1.0.0"),
    ];
    let registry = Registry::new(&crates);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.project("project", &python_project(&crates));
    sandbox.project("app/module", &python_project(&crates));
    sandbox.write("pure/pyproject.toml", "[project]\nname = \"pure\"\n");
    let lock = "version = 1\nrequires-python = \">=3.11\"\n\n\
        [[package]]\nname = \"app\"\nversion = \"1.0\"\nsource = { virtual = \".\" }\n\
        dependencies = [{ name = \"gone\" }, { name = \"module\" }]\n\n\
        [[package]]\nname = \"gone\"\nversion = \"1.0\"\nsource = { path = \"gone-1.0.tar.gz\" }\n\
        sdist = { hash = \"sha256:0000000000000000000000000000000000000000000000000000000000000000\" }\n\n\
        [[package]]\nname = \"module\"\nversion = \"0.1.0\"\nsource = { editable = \"module\" }\n";
    sandbox.write("app/uv.lock", lock);
    sandbox.write(
        "app/pyproject.toml",
        "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\n",
    );
    sandbox.write(
        "without-source.nix",
        "final: prev: {\n  # pyhack: begin a 1.0\n  # pyhack: from {\"path\":\"nowhere\"}\n  \
         # pyhack: made source=1 lock=2 build=3 rules=4 text=5\n  a = 1;\n  # pyhack: end a\n}\n",
    );
    (sandbox, registry)
}

#[test]
fn json_output_fits_its_schema() {
    let (sandbox, _registry) = with_projects();
    for format in formats() {
        let schema = serde_json::from_str(&read(&format.path())).unwrap();
        let validator = jsonschema::validator_for(&schema).unwrap();
        for command in format.commands {
            let run = sandbox.run(&command.split(' ').collect::<Vec<_>>());
            let objects = match command.contains("jsonl") {
                true => run.stdout.lines().collect(),
                false => vec![run.stdout.as_str()],
            };
            assert!(!objects.is_empty(), "{command}: {}", run.stderr);
            for object in objects {
                let value = serde_json::from_str(object)
                    .unwrap_or_else(|error| panic!("{command}: {error}: {}", run.stderr));
                let errors = validator.iter_errors(&value);
                let errors: Vec<_> = errors.map(|error| error.to_string()).collect();
                assert_eq!(errors, Vec::<String>::new(), "{command}: {value:#}");
            }
        }
    }
}

/// A schema rejects the output of another command and of another version.
#[test]
fn schemas_tell_formats_apart() {
    let (sandbox, _registry) = with_projects();
    let validator = |name: &str| {
        let schema = serde_json::from_str(&read(&format!("docs/schema/{name}.schema.json")));
        jsonschema::validator_for(&schema.unwrap()).unwrap()
    };
    let printed = sandbox.run(&["hash", "--format", "json", "project"]).ok();
    let mut hash: serde_json::Value = serde_json::from_str(&printed).unwrap();
    assert!(validator("hash").is_valid(&hash));
    assert!(!validator("vendor").is_valid(&hash));
    hash["format_version"] = (FORMAT_VERSION + 1).into();
    assert!(!validator("hash").is_valid(&hash));
}

/// Returns the diagnostic codes in a text: `pyhack::group::name`.
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
    let printed = sandbox.run(&["nix-snippet", project]).ok();
    assert!(
        readme.contains(&printed),
        "README.md lacks what `nix-snippet` prints:\n{printed}"
    );
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

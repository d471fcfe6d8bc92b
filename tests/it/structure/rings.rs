//! The rings of `ARCHITECTURE.md`: a module may use its own ring and inner
//! rings.

use std::collections::BTreeSet;

use super::sources::{ModulePath, SOURCES};

/// The top-level modules of each ring, the innermost ring first.
const RINGS: &[&[&str]] = &[
    &[
        "build_system",
        "hash",
        "native",
        "nix",
        "options",
        "overlay",
        "pep508",
        "project",
        "python",
        "python_build",
        "python_index",
        "python_lock",
        "python_native",
        "secrets",
        "suggest",
        "target",
        "text_place",
        "toml_text",
        "vendor",
        "warning",
    ],
    &["io"],
    &["error", "ops"],
    &["cli", "fuzzing"],
];

/// Known imports of an outer ring: the file and the module that it imports. The
/// test fails on an entry that no longer exists.
const KNOWN: &[(&str, &str)] = &[];

/// The items of `std` and of other crates that the core may use. Anything that
/// accesses the disk, the network, the clock, the environment or another process
/// stays off the list. A crate that does both is listed by its pure items.
const CORE_USES: &[&str] = &[
    "// A re-export of the `url` crate's type: parses, doesn't connect.",
    "camino",
    "cargo_lock",
    "cargo_metadata::Dependency",
    "cargo_metadata::DependencyKind",
    "cargo_metadata::Metadata",
    "cargo_metadata::NodeDep",
    "cargo_metadata::Package",
    "cargo_metadata::PackageId",
    "cargo_metadata::TargetKind",
    "cargo_platform",
    "clap::Arg",
    "clap::ArgAction",
    "clap::ArgMatches",
    "clap::Args",
    "clap::Command",
    "clap::Error",
    "clap::FromArgMatches",
    "clap::ValueEnum",
    "clap::builder",
    // It loads files, too: `.clippy.toml` forbids that.
    "configparser::ini::Ini",
    "configparser::ini::IniDefault",
    "data_encoding",
    "glob::Pattern",
    "html_escape::decode_html_entities",
    // Built without `std`, so it has no clock.
    "jiff",
    "miette",
    "nixfmt_rs",
    "pep440_rs",
    "pep508_rs",
    "percent_encoding",
    "proc_macro2",
    "reqwest::Url",
    "rnix",
    "rowan",
    "ruff_python_ast",
    "ruff_python_parser",
    "ruff_text_size",
    "schemars",
    "semver",
    "serde",
    "serde_json",
    "sha2",
    "shlex",
    "similar",
    "spdx",
    "std::borrow",
    "std::cmp",
    "std::collections",
    "std::convert",
    "std::ffi::OsStr",
    "std::fmt",
    "std::io::BufRead",
    "std::io::Cursor",
    "std::io::Error",
    "std::io::ErrorKind",
    "std::io::Read",
    "std::io::Result",
    "std::io::Write",
    "std::io::copy",
    "std::io::repeat",
    "std::iter",
    "std::mem",
    "std::ops",
    "std::panic",
    "std::str",
    "std::sync",
    "std::thread::Builder",
    "std::thread::scope",
    "strsim",
    "syn",
    "thiserror",
    "tl::HTMLTag",
    "tl::Node",
    "tl::ParserOptions",
    "tl::parse",
    "toml",
    "toml_parser",
];

fn ring(path: &ModulePath) -> usize {
    let top = path[0].as_str();
    let ring = RINGS.iter().position(|modules| modules.contains(&top));
    ring.unwrap_or_else(|| panic!("add `{top}` to a ring in `RINGS` and in ARCHITECTURE.md"))
}

fn core() -> impl Iterator<Item = &'static ModulePath> {
    SOURCES.modules.keys().filter(|path| ring(path) == 0)
}

#[test]
fn no_ring_uses_one_further_out() {
    let sources = &*SOURCES;
    let mut found = BTreeSet::new();
    for (path, module) in &sources.modules {
        for used in sources.dependencies(path) {
            if !used.is_empty() && ring(&used) > ring(path) {
                found.insert((module.file.clone(), used.join("::")));
            }
        }
    }
    let known = KNOWN
        .iter()
        .map(|(file, used)| ((*file).to_owned(), (*used).to_owned()));
    let known: BTreeSet<_> = known.collect();
    let new: Vec<_> = found.difference(&known).collect();
    assert!(new.is_empty(), "these imports point outward: {new:#?}");
    let gone: Vec<_> = known.difference(&found).collect();
    assert!(
        gone.is_empty(),
        "these no longer exist, remove them from `KNOWN`: {gone:#?}"
    );
}

#[test]
fn the_core_has_no_disk_network_clock_or_program() {
    let sources = &*SOURCES;
    let mut wrong = BTreeSet::new();
    for path in core() {
        for named in sources.foreign(path) {
            let named = named.join("::");
            let is_allowed = CORE_USES.iter().any(|allowed| {
                let rest = named.strip_prefix(allowed);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
            });
            // `use std::io;` alone: the test checks the items used through it.
            if !is_allowed && named != "std::io" {
                wrong.insert(format!("{}: {named}", sources.modules[path].file));
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "the core is pure: move I/O to src/io, or add a pure item to `CORE_USES`: {wrong:#?}"
    );
}

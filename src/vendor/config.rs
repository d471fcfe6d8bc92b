//! The source replacements that make cargo build from a folder of crates; see
//! the Cargo Reference, "Source Replacement".

use std::collections::BTreeSet;
use std::fmt::Write as _;

use camino::Utf8Path;
use toml::Value;

use super::format::SourceNumbers;
use crate::project::{CargoLock, CrateSource, GitSource, RegistrySource};

/// The lines for `.cargo/config.toml` and a folder that holds all crates, as
/// `cargo vendor` prints them.
#[must_use]
pub fn source_replacement(vendor_dir: &Utf8Path, lock: &CargoLock) -> String {
    let sources = lock.crates.iter().filter_map(|krate| match &krate.source {
        CrateSource::CratesIo(_) => Some(CRATES_IO.to_owned()),
        CrateSource::Git(git) => Some(git_source(&git.id(), git)),
        CrateSource::Registry(registry) => Some(registry_source(registry)),
        CrateSource::Local => None,
    });
    let mut sources: BTreeSet<_> = sources.collect();
    if sources.is_empty() {
        sources.insert(CRATES_IO.to_owned());
    }
    let mut sources: Vec<_> = sources.into_iter().collect();
    sources.sort_by_key(|source| source != CRATES_IO);
    let mut text = String::new();
    for source in sources {
        let _ = write!(text, "{source}replace-with = \"vendored-sources\"\n\n");
    }
    let directory = string(&vendor_dir.as_str().replace('\\', "/"));
    let _ = writeln!(text, "[source.vendored-sources]\ndirectory = {directory}");
    text
}

const CRATES_IO: &str = "[source.crates-io]\n";

/// `toml` chooses the quotes, so that no name can break out of them.
fn string(text: &str) -> Value {
    Value::String(text.to_owned())
}

/// A key between dots, in double quotes as cargo and nixpkgs have it.
fn key(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(quoted, "\\u{:04X}", u32::from(c));
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn git_source(name: &str, git: &GitSource) -> String {
    let mut text = format!("[source.{}]\ngit = {}\n", key(name), string(&git.url));
    if let Some((selector, value)) = git.reference.selector() {
        let _ = writeln!(text, "{selector} = {}", string(value));
    }
    text
}

fn registry_source(registry: &RegistrySource) -> String {
    let url = registry.url();
    format!(
        "[source.{}]\nregistry = {}\n",
        key(&registry.id),
        string(url)
    )
}

/// `.cargo/config.toml` of nixpkgs' `importCargoLock`.
pub(super) fn import_cargo_lock_config(lock: &CargoLock) -> String {
    let mut text = "[source.crates-io]\nreplace-with = \"vendored-sources\"\n\n\
        [source.vendored-sources]\ndirectory = \"cargo-vendor-dir\"\n"
        .to_owned();
    let (mut registries, mut seen) = (BTreeSet::new(), BTreeSet::new());
    let mut git_sources = String::new();
    for krate in &lock.crates {
        match &krate.source {
            CrateSource::Registry(registry) => {
                registries.insert(registry.url());
            }
            CrateSource::Git(git) => {
                let name = git_name(git);
                if seen.insert(name) {
                    git_sources.push_str(&import_cargo_lock_git(git));
                }
            }
            CrateSource::CratesIo(_) | CrateSource::Local => {}
        }
    }
    for url in registries {
        let _ = write!(
            text,
            "\n[source.{}]\nregistry = {}\nreplace-with = \"vendored-sources\"\n",
            key(url),
            string(url)
        );
    }
    text + &git_sources
}

fn git_name(git: &GitSource) -> String {
    let revision = git.revision.as_deref().unwrap_or_default();
    format!("{}#{revision}", git.id())
}

/// `.cargo-config` of a git crate of nixpkgs' `importCargoLock`.
#[must_use]
pub fn import_cargo_lock_git(git: &GitSource) -> String {
    let mut text = git_source(&git_name(git), git);
    if git.reference.selector().is_none() {
        // Where nothing is asked for, nixpkgs has an empty line.
        text.push('\n');
    }
    text + "replace-with = \"vendored-sources\"\n"
}

/// `.cargo/config.toml` of the folder that nixpkgs' `fetchCargoVendor` makes;
/// `vendor` is what stands for the folder.
#[must_use]
pub fn unpacked_config(lock: &CargoLock, numbers: &SourceNumbers, vendor: &str) -> String {
    let directory = |name: &str, folder: &str| {
        let path = string(&format!("{vendor}/{folder}"));
        format!("[source.{name}]\ndirectory = {path}\n")
    };
    let mut text = format!(
        "{}\n[source.crates-io]\nreplace-with = \"vendored-source-registry-0\"\n",
        directory("vendored-source-registry-0", "source-registry-0")
    );
    let mut seen = BTreeSet::new();
    for krate in &lock.crates {
        let (name, original) = match &krate.source {
            CrateSource::Registry(registry) => {
                let name = format!("source-registry-{}", numbers.registries[&registry.id]);
                (name, format!("registry = {}\n", string(registry.url())))
            }
            CrateSource::Git(git) => {
                let name = format!("source-git-{}", numbers.git[&git.id()]);
                let source = git_source("", git);
                let (_, body) = source.split_once('\n').unwrap_or_default();
                (name, body.to_owned())
            }
            CrateSource::CratesIo(_) | CrateSource::Local => continue,
        };
        if seen.insert(name.clone()) {
            let vendored = directory(&format!("vendored-{name}"), &name);
            let _ = write!(
                text,
                "\n{vendored}\n[source.original-{name}]\n{original}replace-with = \"vendored-{name}\"\n"
            );
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::project::{GitReference, LockedCrate};

    fn lock() -> CargoLock {
        let mut git = LockedCrate::example("g", "1.0.0");
        git.source = CrateSource::Git(GitSource {
            url: "https://example.org/g".to_owned(),
            reference: GitReference::Branch("feat/\"one".to_owned()),
            revision: Some("abc".to_owned()),
        });
        let mut other = LockedCrate::example("o", "1.0.0");
        other.source = CrateSource::Registry(RegistrySource {
            id: "registry+https://example.org/index".to_owned(),
            checksum: None,
        });
        CargoLock::example(vec![git, other])
    }

    #[test]
    fn any_folder_name_stays_a_string() {
        for name in ["vendor", "a \"b\"", "it's", "line\nbreak", "täst"] {
            let text = source_replacement(Utf8Path::new(name), &lock());
            let value: toml::Table = text.parse().unwrap();
            let directory = value["source"]["vendored-sources"]["directory"].as_str();
            assert_eq!(directory, Some(name));
        }
    }

    #[test]
    fn every_source_is_replaced() {
        let lock = lock();
        let id = "git+https://example.org/g?branch=feat/\"one";
        let of = |text: String| text.parse::<toml::Table>().unwrap()["source"].clone();
        let sources = of(source_replacement(Utf8Path::new("v"), &lock));
        assert_eq!(sources[id]["branch"].as_str(), Some("feat/\"one"));
        let other = &sources["registry+https://example.org/index"];
        assert_eq!(
            other["registry"].as_str(),
            Some("https://example.org/index")
        );
        let sources = of(import_cargo_lock_config(&lock));
        assert_eq!(
            sources[&*format!("{id}#abc")]["git"].as_str(),
            Some("https://example.org/g")
        );
        let sources = of(unpacked_config(
            &lock,
            &SourceNumbers::of(&lock),
            "@vendor@",
        ));
        let name = sources["original-source-git-0"]["replace-with"]
            .as_str()
            .unwrap();
        let directory = sources[name]["directory"].as_str();
        assert_eq!(directory, Some("@vendor@/source-git-0"));
    }
}

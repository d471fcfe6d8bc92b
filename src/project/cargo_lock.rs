//! `Cargo.lock`, format versions 1 to 4.

use std::collections::{BTreeMap, BTreeSet};

use camino::Utf8Path;
use semver::Version;
use toml::de::DeTable;

use super::crate_source::{CrateSource, GitSource, RegistrySource};
use super::error::{ProjectError, toml_error};
use super::files::SourceFiles;
use super::git_url::without_credentials;
use super::lock_entries::{LockEntries, LockEntry};
use super::name::{CrateName, CrateVersion};
use crate::hash::Sha256;
use crate::text_place::TextPlace;
use crate::toml_text::{TomlError, read_lock};

const HELP: &str =
    "restore this file from version control, or run `cargo generate-lockfile` in its folder";

/// Upper bound on the number of crates, several times what the largest
/// projects have.
const MAX_CRATES: usize = 10_000;

/// A `Cargo.lock`, its crates sorted by name and version.
#[derive(Debug, Clone)]
pub struct CargoLock {
    /// The format version, 1 to 4.
    pub format: u8,
    /// The file as it is; `cargoHash` covers these bytes.
    pub bytes: Vec<u8>,
    /// All crates, including local ones.
    pub crates: Vec<LockedCrate>,
    /// The registries besides crates.io, in the order of the file.
    registries: Vec<String>,
    place: String,
}

#[derive(Debug, Clone)]
pub struct LockedCrate {
    pub name: CrateName,
    pub version: Version,
    pub source: CrateSource,
    /// The crates it depends on, as indexes into [`CargoLock::crates`].
    pub dependencies: Vec<usize>,
}

/// A revision of a git repository, and the crates that `Cargo.lock` takes from
/// it.
#[derive(Debug, Clone)]
pub struct GitRevision {
    /// The repository as one of the crates names it.
    pub source: GitSource,
    /// The crates, sorted by name and version.
    pub crates: Vec<LockedCrate>,
}

impl CargoLock {
    /// Reads the lockfile at `path`.
    ///
    /// # Errors
    /// If the file isn't TOML, isn't a lockfile, or has an unknown format.
    pub fn read(files: &SourceFiles, path: &Utf8Path) -> Result<Self, ProjectError> {
        let bytes = files.bytes(path).unwrap_or_default().to_vec();
        let text = files.text(path)?.unwrap_or_default();
        Self::parse(bytes, text, files.display(path))
    }

    fn parse(bytes: Vec<u8>, text: &str, place: String) -> Result<Self, ProjectError> {
        let syntax_error = |error| toml_error(&place, text, error, HELP);
        let content_error = |message| ProjectError::Toml {
            at: TextPlace::file(&place),
            message,
            help: HELP,
        };
        let read = read_lock(text, |table| {
            require_known_format(table, text, &place)?;
            let packages = table.get("package");
            let packages = packages.and_then(|packages| packages.get_ref().as_array());
            if packages.is_some_and(|packages| packages.len() > MAX_CRATES) {
                let message = format!("it has more than {MAX_CRATES} crates");
                return Err(Stop::Error(content_error(message)));
            }
            let entries = LockEntries::read(table);
            let entries = entries.map_err(|message| Stop::Error(content_error(message)))?;
            Ok((entries, sources(table)))
        });
        let (entries, sources) = read.map_err(|stop| match stop {
            Stop::Syntax(error) => syntax_error(error),
            Stop::Error(error) => error,
        })?;
        Ok(Self {
            format: entries.format,
            bytes,
            crates: crates(entries, &sources).map_err(content_error)?,
            registries: sources
                .into_iter()
                .filter(|source| source.is_other_registry)
                .map(|source| source.id)
                .collect(),
            place,
        })
    }

    /// Returns the crates of crates.io and of other registries, with their
    /// checksums.
    ///
    /// # Errors
    /// If a checksum is missing.
    pub fn registry_crates(&self) -> Result<Vec<(LockedCrate, Sha256)>, ProjectError> {
        let mut checked = Vec::new();
        let mut unchecked = Vec::new();
        for krate in &self.crates {
            match (&krate.source, krate.checksum()) {
                (CrateSource::Local | CrateSource::Git(_), _) => {}
                (_, Some(checksum)) => checked.push((krate.clone(), checksum)),
                (_, None) => unchecked.push(krate.id()),
            }
        }
        if unchecked.is_empty() {
            return Ok(checked);
        }
        Err(ProjectError::NoChecksum {
            place: self.place.clone(),
            crates: unchecked,
        })
    }

    /// Returns the number of a registry other than crates.io, from 1, in the
    /// order of the file.
    pub fn registry_number(&self, id: &str) -> Option<usize> {
        let index = self.registries.iter().position(|other| other == id)?;
        Some(index + 1)
    }

    /// Returns the addresses of the registries other than crates.io.
    pub fn other_registries(&self) -> Vec<String> {
        let ids = self.registries.iter();
        let urls = ids.map(|id| id.split_once('+').map_or(id.as_str(), |(_, url)| url));
        urls.map(without_credentials).collect()
    }

    /// Returns the index of a local crate in [`CargoLock::crates`].
    pub fn local(&self, name: &str) -> Option<usize> {
        let is_it = |c: &LockedCrate| c.source == CrateSource::Local && c.name.as_str() == name;
        self.crates.iter().position(is_it)
    }

    /// Returns the newest version of a crate that isn't local.
    pub fn newest(&self, name: &str) -> Option<&Version> {
        self.crates
            .iter()
            .filter(|krate| krate.name.as_str() == name && krate.source != CrateSource::Local)
            .map(|krate| &krate.version)
            .max()
    }

    /// Returns the git repositories, sorted by revision. Crates of one revision
    /// are grouped, even if they name different branches or tags.
    pub fn git_revisions(&self) -> Vec<GitRevision> {
        let mut revisions: BTreeMap<String, GitRevision> = BTreeMap::new();
        for krate in &self.crates {
            let CrateSource::Git(source) = &krate.source else {
                continue;
            };
            // An incomplete revision is an error once its tree is needed.
            let revision = source.full_revision().unwrap_or_else(|| source.id());
            let entry = revisions.entry(revision).or_insert_with(|| GitRevision {
                source: source.clone(),
                crates: Vec::new(),
            });
            entry.crates.push(krate.clone());
        }
        revisions.into_values().collect()
    }

    /// Refuses two crates of one name and version from different sources, which
    /// `importCargoLock` puts into one folder.
    ///
    /// # Errors
    /// If there are such crates.
    pub fn require_distinct(&self) -> Result<(), ProjectError> {
        let crates = self.same_crates();
        if crates.is_empty() {
            return Ok(());
        }
        let place = self.place.clone();
        Err(ProjectError::SameCrateTwice { place, crates })
    }

    /// Returns the crates of one name and version from different sources.
    pub fn same_crates(&self) -> Vec<CrateVersion> {
        let fetched: Vec<_> = self
            .crates
            .iter()
            .filter(|krate| krate.source != CrateSource::Local)
            .map(LockedCrate::id)
            .collect();
        let pairs = fetched.windows(2).filter(|pair| pair[0] == pair[1]);
        let mut crates: Vec<_> = pairs.map(|pair| pair[0].clone()).collect();
        crates.dedup();
        crates
    }

    #[cfg(test)]
    pub(crate) fn example(crates: Vec<LockedCrate>) -> Self {
        let registries = crates.iter().filter_map(|krate| match &krate.source {
            CrateSource::Registry(registry) => Some(registry.id.clone()),
            _ => None,
        });
        Self {
            format: 4,
            bytes: Vec::new(),
            registries: registries.collect(),
            crates,
            place: String::new(),
        }
    }
}

impl LockedCrate {
    pub fn id(&self) -> CrateVersion {
        CrateVersion {
            name: self.name.clone(),
            version: self.version.clone(),
        }
    }

    /// Returns the checksum of the `.crate` file.
    pub const fn checksum(&self) -> Option<Sha256> {
        match &self.source {
            CrateSource::CratesIo(checksum) => *checksum,
            CrateSource::Registry(registry) => registry.checksum,
            CrateSource::Git(_) | CrateSource::Local => None,
        }
    }

    /// A crate of crates.io without checksum and dependencies.
    #[cfg(test)]
    pub(crate) fn example(name: &str, version: &str) -> Self {
        Self {
            name: CrateName::new(name).unwrap(),
            version: version.parse().unwrap(),
            source: CrateSource::CratesIo(None),
            dependencies: Vec::new(),
        }
    }
}

impl GitRevision {
    /// Returns the key in nixpkgs' `outputHashes`, which may be any one of the
    /// crates, as `name-version`.
    pub fn key(&self) -> String {
        let first = self.crates.first();
        first.map_or_else(String::new, |krate| {
            format!("{}-{}", krate.name, krate.version)
        })
    }
}

/// Refuses newer formats, in which the other fields may mean something else.
fn require_known_format(table: &DeTable, text: &str, place: &str) -> Result<(), ProjectError> {
    let Some(version) = table.get("version") else {
        return Ok(());
    };
    let format = version.get_ref().as_integer();
    let format = format.and_then(|int| i64::from_str_radix(int.as_str(), int.radix()).ok());
    if matches!(format, Some(1..=4)) {
        return Ok(());
    }
    Err(ProjectError::LockFormat {
        at: TextPlace::span(place, text, version.span()),
        format: text[version.span()].to_owned(),
    })
}

/// Why a lock isn't read.
enum Stop {
    /// It isn't TOML.
    Syntax(TomlError),
    /// It is no lock.
    Error(ProjectError),
}

impl From<TomlError> for Stop {
    fn from(error: TomlError) -> Self {
        Self::Syntax(error)
    }
}

impl From<ProjectError> for Stop {
    fn from(error: ProjectError) -> Self {
        Self::Error(error)
    }
}

/// A `source` of the file.
struct Source {
    /// The text as written.
    id: String,
    /// The text as `cargo_lock` prints it: with names decoded and URLs
    /// normalized.
    printed: String,
    /// Whether it is a registry other than crates.io.
    is_other_registry: bool,
}

/// Returns the distinct sources in the order of the file.
fn sources(table: &DeTable) -> Vec<Source> {
    let packages = table
        .get("package")
        .and_then(|packages| packages.get_ref().as_array());
    let mut seen = BTreeSet::new();
    let ids = packages.into_iter().flatten().filter_map(|package| {
        let source = package.get_ref().as_table()?.get("source")?;
        source.get_ref().as_str().filter(|id| seen.insert(*id))
    });
    let sources = ids.filter_map(|id| {
        let parsed: cargo_lock::SourceId = id.parse().ok()?;
        Some(Source {
            id: id.to_owned(),
            printed: parsed.to_string(),
            is_other_registry: parsed.is_registry() && !parsed.is_default_registry(),
        })
    });
    sources.collect()
}

/// Name, version and source, which identify a package of `Cargo.lock`.
type Key = (String, Version, Option<String>);

fn key(entry: &LockEntry) -> Key {
    let source = entry.source.as_ref().map(|source| source.printed.clone());
    (entry.name.clone(), entry.version.clone(), source)
}

/// Sorts the entries by name, version and source.
fn crates(lock: LockEntries, sources: &[Source]) -> Result<Vec<LockedCrate>, String> {
    let LockEntries { format, entries } = lock;
    let mut order: Vec<_> = entries.iter().map(key).zip(0..).collect();
    order.sort();
    if let Some(twice) = order.windows(2).find(|pair| pair[0].0 == pair[1].0) {
        let (name, version, _) = &twice[0].0;
        let name = name.escape_debug();
        return Err(format!("`{name} {version}` is in it twice"));
    }
    let mut sorted = vec![0; entries.len()];
    for (place, (_, before)) in order.iter().enumerate() {
        sorted[*before] = place;
    }
    let by_printed: BTreeMap<_, _> = sources
        .iter()
        .rev()
        .map(|source| (source.printed.as_str(), source.id.as_str()))
        .collect();
    let crates = order.iter().map(|(_, before)| {
        let entry: &LockEntry = &entries[*before];
        let name = &entry.name;
        let dependencies = entry.dependencies.iter();
        Ok(LockedCrate {
            name: CrateName::new(name)
                .ok_or_else(|| format!("`{}` is not a valid crate name", name.escape_debug()))?,
            version: entry.version.clone(),
            source: source(entry, &by_printed, format),
            dependencies: dependencies.map(|place| sorted[*place]).collect(),
        })
    });
    crates.collect()
}

fn source(entry: &LockEntry, by_printed: &BTreeMap<&str, &str>, format: u8) -> CrateSource {
    let Some(source) = &entry.source else {
        return CrateSource::Local;
    };
    let checksum = entry.checksum;
    if source.is_default_registry {
        return CrateSource::CratesIo(checksum);
    }
    let written = by_printed.get(source.printed.as_str()).copied();
    let id = written.unwrap_or(&source.printed);
    match GitSource::parse(id, format) {
        Some(git) => CrateSource::Git(git),
        None => CrateSource::Registry(RegistrySource {
            id: id.to_owned(),
            checksum,
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CRATES_IO: &str = "registry+https://github.com/rust-lang/crates.io-index";
    const SUM: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    fn parse(text: &str) -> Result<CargoLock, ProjectError> {
        CargoLock::parse(text.as_bytes().to_vec(), text, "Cargo.lock".to_owned())
    }

    fn lock(version: &str) -> String {
        format!(
            "{version}[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\
             checksum = \"{SUM}\"\n\n[[package]]\nname = \"root\"\nversion = \"0.1.0\"\ndependencies = [\"a\"]\n"
        )
    }

    #[test]
    fn formats_one_to_four_are_read() {
        let first = format!(
            "[[package]]\nname = \"a\"\nversion = \"1.0.0\"\nsource = \"{CRATES_IO}\"\n\n\
             [[package]]\nname = \"root\"\nversion = \"0.1.0\"\n\
             dependencies = [\"a 1.0.0 ({CRATES_IO})\"]\n\n\
             [metadata]\n\"checksum a 1.0.0 ({CRATES_IO})\" = \"{SUM}\"\n"
        );
        let texts = [
            first,
            lock(""),
            lock("version = 3\n"),
            lock("version = 4\n"),
        ];
        for (text, format) in texts.iter().zip(1..) {
            let lock = parse(text).unwrap();
            assert_eq!(lock.format, format);
            assert_eq!(lock.registry_crates().unwrap()[0].1.to_hex(), SUM);
            let root = lock.local("root").unwrap();
            let dependency = lock.crates[root].dependencies[0];
            assert_eq!(lock.crates[dependency].name.as_str(), "a");
        }
    }

    #[test]
    fn other_formats_are_refused() {
        for version in ["version = 5\n", "version = 0\n", "version = \"4\"\n"] {
            let error = parse(&lock(version)).unwrap_err();
            assert!(matches!(error, ProjectError::LockFormat { .. }), "{error}");
        }
    }

    #[test]
    fn what_is_no_lock_is_refused() {
        let twice = format!(
            "{0}{0}",
            lock("")
                .split("\n[[package]]\nname = \"root\"")
                .next()
                .unwrap()
        );
        let path = lock("").replace("\"a\"", "\"../a\"");
        for text in [
            "<html>",
            "package = 3",
            "[[package]]\nname = 1",
            &twice,
            &path,
        ] {
            let error = parse(text).unwrap_err();
            assert!(matches!(error, ProjectError::Toml { .. }), "{error}");
        }
    }

    #[test]
    fn crates_from_git_are_told_apart() {
        let git = "git+https://example.org/a?rev=abc#0123456789012345678901234567890123456789";
        let text = lock("version = 4\n").replace(CRATES_IO, git);
        assert_eq!(parse(&text).unwrap().git_revisions().len(), 1);
    }

    #[test]
    fn a_missing_checksum_is_told() {
        let text = lock("version = 3\n").replace(&format!("checksum = \"{SUM}\"\n"), "");
        let error = parse(&text).unwrap().registry_crates().unwrap_err();
        assert!(matches!(error, ProjectError::NoChecksum { .. }), "{error}");
    }

    #[test]
    fn registries_are_counted_in_the_file_s_order() {
        let (first, second) = (
            "sparse+https://example.org/z/",
            "registry+https://example.org/a",
        );
        let package = |name: &str, source: &str| {
            format!(
                "[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\nsource = \"{source}\"\nchecksum = \"{SUM}\"\n\n"
            )
        };
        let text = [
            package("a", first),
            package("b", CRATES_IO),
            package("c", second),
            package("d", first),
        ];
        let lock = parse(&format!("version = 4\n{}", text.concat())).unwrap();
        assert_eq!(lock.registry_number(first), Some(1));
        assert_eq!(lock.registry_number(second), Some(2));
        assert_eq!(lock.registry_number(CRATES_IO), None);
        assert_eq!(lock.registry_crates().unwrap().len(), 4);
    }

    fn krate(name: &str, source: CrateSource) -> LockedCrate {
        LockedCrate {
            source,
            ..LockedCrate::example(name, "1.0.0")
        }
    }

    fn git(query: &str, digit: &str) -> CrateSource {
        let id = format!("git+https://example.org/a{query}#{}", digit.repeat(40));
        CrateSource::Git(GitSource::parse(&id, 4).unwrap())
    }

    #[test]
    fn crates_of_a_revision_belong_together() {
        let lock = CargoLock::example(vec![
            krate("a", git("?branch=x", "b")),
            krate("b", git("?tag=y", "a")),
            krate("c", git("", "b")),
            krate("d", CrateSource::CratesIo(None)),
        ]);
        let revisions = lock.git_revisions();
        let keys: Vec<_> = revisions.iter().map(GitRevision::key).collect();
        assert_eq!(keys, ["b-1.0.0", "a-1.0.0"]);
        assert_eq!(revisions[1].crates.len(), 2);
    }

    #[test]
    fn one_crate_from_two_sources_is_told() {
        let sum = CrateSource::CratesIo(Some(Sha256::of(b"")));
        let twice = vec![krate("a", sum.clone()), krate("a", git("", "b"))];
        let error = CargoLock::example(twice).require_distinct().unwrap_err();
        assert!(error.to_string().contains("`a 1.0.0`"), "{error}");
        let own = vec![krate("a", sum), krate("a", CrateSource::Local)];
        assert!(CargoLock::example(own).require_distinct().is_ok());
    }
}

//! The entries of a `Cargo.lock`, read in a time that grows with its length.
//!
//! `cargo_lock` compares each dependency with each package, and fails on
//! checksums with letters that aren't ASCII; it is left the reading of sources.
//! Cargo's `src/cargo/core/resolver/encode.rs` describes the format.

use std::collections::{BTreeMap, HashMap};

use cargo_lock::SourceId;
use semver::Version;
use toml::de::{DeTable, DeValue};

use crate::hash::Sha256;

/// An entry of the file. Entries refer to others by their places in the file.
#[derive(Debug)]
pub(super) struct LockEntry {
    pub name: String,
    pub version: Version,
    pub source: Option<EntrySource>,
    pub checksum: Option<Sha256>,
    pub dependencies: Vec<usize>,
}

/// The `source` of an entry.
#[derive(Debug, Clone)]
pub(super) struct EntrySource {
    /// With names decoded and URLs normalized.
    pub printed: String,
    pub is_default_registry: bool,
}

/// The format of a file, and its entries.
#[derive(Debug)]
pub(super) struct LockEntries {
    pub format: u8,
    pub entries: Vec<LockEntry>,
}

/// What makes no sense, and in which entry.
type Problem = String;

impl LockEntries {
    /// Reads the table of a file. The format is that of the file, if it says
    /// one.
    pub(super) fn read(table: &DeTable) -> Result<Self, Problem> {
        let packages = match table.get("package") {
            Some(packages) => packages
                .get_ref()
                .as_array()
                .map(|packages| &packages[..])
                .ok_or("`package` isn't a list of tables")?,
            None => &[],
        };
        let mut sources = Sources::default();
        let raw = packages.iter().map(|package| {
            let package = package.get_ref().as_table();
            RawEntry::read(package.ok_or("a `package` isn't a table")?, &mut sources)
        });
        let raw: Vec<_> = raw.collect::<Result<_, Problem>>()?;
        let old_checksums = OldChecksums::read(table);
        let format = format(table, &raw, &old_checksums)?;
        let places = Places::of(&raw);
        let entries = raw.iter().map(|entry| {
            let checksum = match entry.checksum {
                _ if format == 1 => old_checksums.of(entry),
                None => None,
                Some(text) => Some(checksum(text).ok_or_else(|| {
                    let text = text.escape_debug();
                    entry.problem(&format!("has the checksum `{text}`, which isn't SHA-256"))
                })?),
            };
            let mut dependencies = Vec::with_capacity(entry.dependencies.len());
            for dependency in entry.dependencies {
                let text = text(dependency.get_ref(), "dependencies")?;
                let found = places.find(text, format, &mut sources);
                dependencies.extend(found.map_err(|problem| entry.problem(&problem))?);
            }
            Ok(LockEntry {
                name: entry.name.to_owned(),
                version: entry.version.clone(),
                source: entry.source.clone(),
                checksum,
                dependencies,
            })
        });
        let entries = entries.collect::<Result<_, Problem>>()?;
        Ok(Self { format, entries })
    }
}

/// An entry whose dependencies are texts.
struct RawEntry<'a> {
    name: &'a str,
    version: Version,
    source: Option<EntrySource>,
    checksum: Option<&'a str>,
    dependencies: &'a [toml::Spanned<DeValue<'a>>],
}

impl<'a> RawEntry<'a> {
    fn read(table: &'a DeTable<'a>, sources: &mut Sources) -> Result<Self, Problem> {
        let get = |key: &'static str| {
            let value = table.get(key);
            value.map(|value| text(value.get_ref(), key)).transpose()
        };
        let name = get("name")?.ok_or("a `package` has no name")?;
        let problem = |what: &str| format!("`{}` {what}", name.escape_debug());
        let version = get("version")?.ok_or_else(|| problem("has no version"))?;
        let parsed = version.parse();
        let version = parsed.map_err(|error| {
            let version = version.escape_debug();
            problem(&format!("has the version `{version}`: {error}"))
        })?;
        let source = get("source")?.map(|id| sources.parse(id).ok_or(id));
        let source = source.transpose().map_err(|id| {
            let id = id.escape_debug();
            problem(&format!("has the source `{id}`, which isn't valid"))
        })?;
        let dependencies = match table.get("dependencies") {
            Some(list) => list.get_ref().as_array().map(|list| &list[..]),
            None => Some(&[][..]),
        };
        Ok(Self {
            name,
            version,
            source,
            checksum: get("checksum")?,
            dependencies: dependencies
                .ok_or_else(|| problem("has `dependencies` that aren't a list"))?,
        })
    }

    fn problem(&self, what: &str) -> Problem {
        format!("`{} {}` {what}", self.name.escape_debug(), self.version)
    }
}

fn text<'a>(value: &'a DeValue, key: &str) -> Result<&'a str, Problem> {
    value
        .as_str()
        .ok_or_else(|| format!("`{key}` isn't a string"))
}

/// Parses a checksum; `<none>` in format 1 is none.
fn checksum(text: &str) -> Option<Sha256> {
    Sha256::from_hex(&text.to_ascii_lowercase())
}

fn format(table: &DeTable, raw: &[RawEntry], old: &OldChecksums) -> Result<u8, Problem> {
    let version = table.get("version").and_then(|version| {
        let int = version.get_ref().as_integer()?;
        u8::from_str_radix(int.as_str(), int.radix()).ok()
    });
    let has_new = raw.iter().any(|entry| entry.checksum.is_some());
    match version {
        Some(version) => Ok(version),
        None if old.is_any && has_new => {
            Err("it has checksums in the packages and in `[metadata]`".to_owned())
        }
        None => Ok(if old.is_any { 1 } else { 2 }),
    }
}

/// Sources that were parsed; most entries have the same one.
#[derive(Default)]
struct Sources(HashMap<String, Option<EntrySource>>);

impl Sources {
    fn parse(&mut self, id: &str) -> Option<EntrySource> {
        if let Some(known) = self.0.get(id) {
            return known.clone();
        }
        let parsed = id.parse::<SourceId>().ok().map(|parsed| EntrySource {
            printed: parsed.to_string(),
            is_default_registry: parsed.is_default_registry(),
        });
        self.0.insert(id.to_owned(), parsed.clone());
        parsed
    }
}

/// Checksums of format 1: `"checksum NAME VERSION (SOURCE)"` in `[metadata]`.
struct OldChecksums<'a> {
    is_any: bool,
    by_crate: HashMap<(&'a str, &'a str), &'a str>,
}

impl<'a> OldChecksums<'a> {
    fn read(table: &'a DeTable<'a>) -> Self {
        let metadata = table.get("metadata");
        let metadata = metadata.and_then(|metadata| metadata.get_ref().as_table());
        let (mut is_any, mut by_crate) = (false, HashMap::new());
        for (key, value) in metadata.into_iter().flatten() {
            let Some(rest) = key.get_ref().strip_prefix("checksum ") else {
                continue;
            };
            is_any = true;
            let mut words = rest.split_whitespace();
            if let (Some(name), Some(version), Some(value)) =
                (words.next(), words.next(), value.get_ref().as_str())
            {
                by_crate.entry((name, version)).or_insert(value);
            }
        }
        Self { is_any, by_crate }
    }

    fn of(&self, entry: &RawEntry) -> Option<Sha256> {
        let version = entry.version.to_string();
        checksum(self.by_crate.get(&(entry.name, version.as_str()))?)
    }
}

/// Where entries are in the file. Of several, the first one counts.
struct Places<'a> {
    of_name: HashMap<&'a str, usize>,
    of_version: HashMap<(&'a str, String), usize>,
    exact: BTreeMap<(&'a str, String, Option<&'a str>), usize>,
}

impl<'a> Places<'a> {
    fn of(entries: &'a [RawEntry<'a>]) -> Self {
        let (mut by_name, mut by_version) = (HashMap::new(), HashMap::new());
        let mut by_source = BTreeMap::new();
        for (place, entry) in entries.iter().enumerate() {
            let version = entry.version.to_string();
            let source = entry.source.as_ref().map(|source| source.printed.as_str());
            by_name.entry(entry.name).or_insert(place);
            by_version
                .entry((entry.name, version.clone()))
                .or_insert(place);
            by_source
                .entry((entry.name, version, source))
                .or_insert(place);
        }
        Self {
            of_name: by_name,
            of_version: by_version,
            exact: by_source,
        }
    }

    /// Finds `NAME`, `NAME VERSION` or `NAME VERSION (SOURCE)`; of the latter
    /// two, there may be none, as of a dependency that a patch replaces.
    fn find(
        &self,
        text: &str,
        format: u8,
        sources: &mut Sources,
    ) -> Result<Option<usize>, Problem> {
        let no_sense = || {
            let text = text.escape_debug();
            format!("has the dependency `{text}`, which isn't valid")
        };
        let mut words = text.split_whitespace();
        let name = words.next().ok_or_else(no_sense)?;
        let (version, source) = (words.next(), words.next());
        if words.next().is_some() {
            return Err(no_sense());
        }
        let Some(version) = version else {
            let found = self.of_name.get(name).filter(|_| format > 1);
            let name = name.escape_debug();
            let missing = || format!("depends on `{name}`, which isn't in the lockfile");
            return found.map(|place| Some(*place)).ok_or_else(missing);
        };
        let version: Version = version.parse().map_err(|_| no_sense())?;
        let version = version.to_string();
        if source.is_none() && format > 1 {
            return Ok(self.of_version.get(&(name, version)).copied());
        }
        let source = source.map(|source| {
            let id = source.strip_prefix('(')?.strip_suffix(')')?;
            sources.parse(id)
        });
        let source = match source {
            Some(source) => Some(source.ok_or_else(no_sense)?.printed),
            None => None,
        };
        let key = (name, version, source.as_deref());
        Ok(self.exact.get(&key).copied())
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn read(text: &str) -> Result<LockEntries, Problem> {
        LockEntries::read(DeTable::parse(text).unwrap().get_ref())
    }

    fn entry(name: &str, rest: &str) -> String {
        format!("[[package]]\nname = \"{name}\"\nversion = \"1.0.0\"\n{rest}\n")
    }

    #[test]
    fn checksums_that_are_none_are_refused() {
        let digits = "a".repeat(61);
        for text in [format!("aé{digits}"), format!("{digits}é"), digits] {
            let problem = read(&entry("x", &format!("checksum = \"{text}\""))).unwrap_err();
            let expected = format!("`x 1.0.0` has the checksum `{text}`, which isn't SHA-256");
            assert_eq!(problem, expected);
        }
    }

    #[test]
    fn dependencies_are_found_by_as_much_as_tells_them_apart() {
        let source = "registry+https://example.org/index";
        let text = [
            "version = 3\n".to_owned(),
            entry("a", "dependencies = [\"b\", \"c 1.0.0\"]"),
            entry("b", &format!("source = \"{source}\"")),
            entry("c", ""),
            entry("c", &format!("source = \"{source}\"")),
            entry("d", &format!("dependencies = [\"c 1.0.0 ({source})\"]")),
        ];
        let dependencies = |text: &str| -> Vec<Vec<usize>> {
            let entries = read(text).unwrap().entries.into_iter();
            entries.map(|entry| entry.dependencies).collect()
        };
        // A version alone is the first of its entries.
        let expected = [vec![1, 2], vec![], vec![], vec![], vec![3]];
        assert_eq!(dependencies(&text.concat()), expected);
        let missing = entry("a", "dependencies = [\"b\"]");
        let problem = read(&missing).unwrap_err();
        assert_eq!(
            problem,
            "`a 1.0.0` depends on `b`, which isn't in the lockfile"
        );
    }

    /// Comparing each dependency with each entry takes minutes.
    #[test]
    fn a_lock_with_400_000_dependencies_is_read() {
        let (crates, each) = (2000, 200);
        let mut text = String::from("version = 4\n");
        for krate in 0..crates {
            let names = (0..each).map(|place| format!("\"c{}\"", (krate + place) % crates));
            let names = names.collect::<Vec<_>>().join(", ");
            let dependencies = format!("dependencies = [{names}]");
            let _ = write!(text, "{}", entry(&format!("c{krate}"), &dependencies));
        }
        let entries = read(&text).unwrap().entries;
        let count: usize = entries.iter().map(|entry| entry.dependencies.len()).sum();
        assert_eq!(count, crates * each);
    }
}

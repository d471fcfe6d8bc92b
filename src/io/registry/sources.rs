//! Which registry serves the crates of a source (Cargo Reference, "Source
//! Replacement"), and what registries are called.

use std::collections::BTreeMap;
use std::path::PathBuf;

use cargo_config2::{Config, SourceConfigValue};
use tame_index::index::git::CRATES_IO_INDEX;
use tame_index::index::sparse::CRATES_IO_HTTP_INDEX;

/// The name of crates.io in Cargo's configuration.
pub(super) const CRATES_IO: &str = "crates-io";

/// What serves crates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Supplier {
    Registry(Index),
    /// A folder with `.crate` files.
    Folder(PathBuf),
}

/// Where a registry's index is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Index {
    /// An address, with `/` at its end.
    Sparse(String),
    /// A git repository.
    Git(String),
}

/// What Cargo's configuration says about sources and registries.
#[derive(Debug, Clone, Default)]
pub struct SourceTables {
    sources: BTreeMap<String, SourceConfigValue>,
    /// The index of each registry, by its name.
    registries: BTreeMap<String, String>,
}

impl SourceTables {
    #[must_use]
    pub fn new(config: &Config) -> Self {
        let indices = config.registries.iter();
        let indices = indices.filter_map(|(name, r)| Some((name.clone(), r.index.clone()?)));
        Self::of(config.source.clone(), &indices.collect())
    }

    /// Renames registries that come from variables:
    /// `CARGO_REGISTRIES_MY_CORP_INDEX` is in the table as `MY_CORP`, whatever
    /// the registry is called in files.
    fn of(
        sources: BTreeMap<String, SourceConfigValue>,
        indices: &BTreeMap<String, String>,
    ) -> Self {
        let mut registries = indices.clone();
        for (name, index) in indices {
            let is_its_variable = |other: &str| env_form(other) == *name && other != name;
            let others: Vec<_> = indices
                .keys()
                .filter(|other| is_its_variable(other))
                .collect();
            if !others.is_empty() {
                registries.remove(name);
            }
            for other in others {
                registries.insert(other.clone(), index.clone());
            }
        }
        Self {
            sources,
            registries,
        }
    }

    /// Returns what serves the crates of the registry that the lock calls `id`,
    /// or of crates.io.
    ///
    /// # Errors
    /// The message says where the configuration leads to nothing.
    pub fn supplier(&self, id: Option<&str>) -> Result<Supplier, String> {
        let first = match id {
            None => CRATES_IO.to_owned(),
            Some(id) => match self.source_named(id) {
                Some(name) => name.to_owned(),
                None => return Ok(Supplier::Registry(by_index(id))),
            },
        };
        let mut name = first.clone();
        // A chain that is longer than the table goes round in a circle.
        for _ in 0..=self.sources.len() {
            let source = self.sources.get(&name);
            match source.and_then(|source| source.replace_with.clone()) {
                Some(next) => name = next,
                None => return self.end(&first, &name, source),
            }
        }
        Err("`replace-with` is cyclic".to_owned())
    }

    /// Returns the names of the registry with this index.
    pub(in crate::io) fn names(&self, index: &Index) -> Vec<&str> {
        let is_crates_io = *index == by_index(CRATES_IO_HTTP_INDEX);
        let named = self
            .registries
            .iter()
            .filter(|(_, other)| by_index(other) == *index)
            .map(|(name, _)| name.as_str());
        named.chain(is_crates_io.then_some(CRATES_IO)).collect()
    }

    /// Returns the name of the source that is this registry.
    fn source_named(&self, id: &str) -> Option<&str> {
        let wanted = canonical(id);
        let is_it = |url: Option<&String>| url.is_some_and(|url| canonical(url) == wanted);
        let mut sources = self.sources.iter();
        let source = sources.find(|(_, source)| is_it(source.registry.as_ref()));
        let name = source.map(|(name, _)| name).or_else(|| {
            let mut registries = self.registries.iter();
            let named = registries.find(|(_, index)| is_it(Some(index)));
            named.map(|(name, _)| name)
        });
        name.map(String::as_str)
    }

    /// Returns what is at the end of a chain.
    fn end(
        &self,
        first: &str,
        name: &str,
        source: Option<&SourceConfigValue>,
    ) -> Result<Supplier, String> {
        if let Some(source) = source {
            if let Some(url) = &source.registry {
                return Ok(Supplier::Registry(by_index(url)));
            }
            if let Some(folder) = &source.local_registry {
                return Ok(Supplier::Folder(folder.clone()));
            }
            if let Some(folder) = &source.directory {
                let folder = folder.display();
                return Err(format!(
                    "`{name}`, which replaces `{first}`, is the directory source `{folder}`, which has no `.crate` files"
                ));
            }
        }
        let mut registries = self.registries.iter();
        let index = registries.find(|(other, _)| *other == name || **other == env_form(name));
        match index {
            Some((_, url)) => Ok(Supplier::Registry(by_index(url))),
            None if name == CRATES_IO => Ok(Supplier::Registry(by_index(CRATES_IO_HTTP_INDEX))),
            None => Err(format!(
                "`{name}`, which replaces `{first}`, is not a registry"
            )),
        }
    }
}

/// Returns a registry's name as environment variables spell it.
pub(super) fn env_form(name: &str) -> String {
    name.to_uppercase().replace('-', "_")
}

fn by_index(url: &str) -> Index {
    // The two indexes of crates.io have the same crates.
    let url = if canonical(url) == CRATES_IO_INDEX {
        CRATES_IO_HTTP_INDEX
    } else {
        url
    };
    match url.strip_prefix("sparse+") {
        Some(url) => Index::Sparse(format!("{}/", url.trim_end_matches('/'))),
        None => Index::Git(url.strip_prefix("registry+").unwrap_or(url).to_owned()),
    }
}

/// Returns what cargo compares to tell indexes apart.
fn canonical(id: &str) -> &str {
    let url = id.strip_prefix("registry+").unwrap_or(id);
    let url = url.trim_end_matches('/');
    url.strip_suffix(".git").unwrap_or(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(change: impl FnOnce(&mut SourceConfigValue)) -> SourceConfigValue {
        let mut source = SourceConfigValue::default();
        change(&mut source);
        source
    }

    fn to(name: &str) -> SourceConfigValue {
        source(|s| s.replace_with = Some(name.to_owned()))
    }

    fn at(url: &str) -> SourceConfigValue {
        source(|s| s.registry = Some(url.to_owned()))
    }

    fn tables(sources: &[(&str, SourceConfigValue)], registries: &[(&str, &str)]) -> SourceTables {
        let sources = sources.iter().map(|(n, s)| ((*n).to_owned(), s.clone()));
        let registries = registries
            .iter()
            .map(|(name, index)| ((*name).to_owned(), (*index).to_owned()));
        SourceTables::of(sources.collect(), &registries.collect())
    }

    const CORP: &str = "sparse+https://corp.example.org/index/";

    #[test]
    fn a_registry_serves_itself_if_nothing_is_said() {
        let none = tables(&[], &[]);
        let sparse =
            Supplier::Registry(Index::Sparse("https://corp.example.org/index/".to_owned()));
        let git = Supplier::Registry(Index::Git("https://example.org/index".to_owned()));
        assert_eq!(none.supplier(Some(CORP)), Ok(sparse));
        assert_eq!(
            none.supplier(Some("registry+https://example.org/index")),
            Ok(git)
        );
        let url = CRATES_IO_HTTP_INDEX.strip_prefix("sparse+").unwrap();
        assert_eq!(
            none.supplier(None),
            Ok(Supplier::Registry(Index::Sparse(url.to_owned())))
        );
    }

    #[test]
    fn chains_are_followed() {
        let sources = [
            (CRATES_IO, to("mirror")),
            ("mirror", to("corp")),
            (
                "other",
                source(|s| {
                    s.registry = Some("https://example.org/index".to_owned());
                    s.replace_with = Some("files".to_owned());
                }),
            ),
            (
                "files",
                source(|s| s.local_registry = Some("/files".into())),
            ),
        ];
        let tables = tables(&sources, &[("corp", CORP)]);
        let corp = Index::Sparse("https://corp.example.org/index/".to_owned());
        assert_eq!(tables.supplier(None), Ok(Supplier::Registry(corp.clone())));
        assert_eq!(tables.names(&corp), ["corp"]);
        let files = Ok(Supplier::Folder("/files".into()));
        assert_eq!(
            tables.supplier(Some("registry+https://example.org/index.git")),
            files
        );
    }

    #[test]
    fn chains_that_lead_nowhere_are_told() {
        let circle = tables(&[(CRATES_IO, to("a")), ("a", to(CRATES_IO))], &[]);
        assert!(circle.supplier(None).unwrap_err().contains("cyclic"));
        let nobody = tables(&[(CRATES_IO, to("a"))], &[]);
        assert!(nobody.supplier(None).unwrap_err().contains("`a`"));
        let folder = source(|s| s.directory = Some("/vendor".into()));
        let folder = tables(&[(CRATES_IO, to("a")), ("a", folder)], &[]);
        assert!(folder.supplier(None).unwrap_err().contains("/vendor"));
    }

    #[test]
    fn a_variable_goes_before_a_file() {
        let other = "sparse+https://example.org/new/";
        let both = tables(
            &[(CRATES_IO, to("my-corp"))],
            &[("my-corp", CORP), ("MY_CORP", other)],
        );
        let new = Index::Sparse("https://example.org/new/".to_owned());
        assert_eq!(both.supplier(None), Ok(Supplier::Registry(new.clone())));
        assert_eq!(both.names(&new), ["my-corp"]);
        let alone = tables(&[(CRATES_IO, to("my-corp"))], &[("MY_CORP", other)]);
        assert_eq!(alone.supplier(None), Ok(Supplier::Registry(new)));
        assert_eq!(at(CORP).registry.as_deref(), Some(CORP));
    }
}

//! The source of a locked crate: `source` of a `[[package]]` in `Cargo.lock`.

use percent_encoding::percent_decode_str;

use crate::hash::Sha256;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A folder of the project.
    Local,
    /// crates.io, with the checksum of the `.crate` file.
    CratesIo(Option<Sha256>),
    Registry(RegistrySource),
    Git(GitSource),
}

/// A registry other than crates.io.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrySource {
    /// The index as the lockfile has it: `registry+URL` for a git index,
    /// `sparse+URL` for one over HTTP.
    pub id: String,
    /// The checksum of the `.crate` file.
    pub checksum: Option<Sha256>,
}

impl RegistrySource {
    /// Returns the index's URL as Cargo's configuration has it: without
    /// `registry+`, but with `sparse+`.
    pub fn url(&self) -> &str {
        self.id.strip_prefix("registry+").unwrap_or(&self.id)
    }
}

/// A git repository at a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitSource {
    /// The repository's URL, without query and fragment.
    pub url: String,
    pub reference: GitReference,
    /// The revision that is locked, as written.
    pub revision: Option<String>,
}

impl GitSource {
    /// Returns the name of the repository, the last part of its URL.
    pub fn repository(&self) -> &str {
        let path = self.url.trim_end_matches('/');
        let name = path.rsplit(['/', ':']).next().unwrap_or_default();
        name.strip_suffix(".git").unwrap_or(name)
    }
}

/// What a manifest asks of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum GitReference {
    #[default]
    Head,
    Branch(String),
    Tag(String),
    Rev(String),
}

impl GitReference {
    /// Returns the key in a manifest or in Cargo's configuration, and its
    /// value.
    pub fn selector(&self) -> Option<(&'static str, &str)> {
        match self {
            Self::Head => None,
            Self::Branch(name) => Some(("branch", name)),
            Self::Tag(name) => Some(("tag", name)),
            Self::Rev(name) => Some(("rev", name)),
        }
    }
}

impl GitSource {
    /// Parses `git+URL?branch=NAME#REVISION` of a lockfile with that format
    /// version: names are percent-encoded from version 4 on.
    pub fn parse(id: &str, format: u8) -> Option<Self> {
        let rest = id.strip_prefix("git+")?;
        let (rest, revision) = match rest.split_once('#') {
            Some((rest, revision)) => (rest, Some(revision.to_owned())),
            None => (rest, None),
        };
        let (url, query) = rest.split_once('?').unwrap_or((rest, ""));
        let mut reference = GitReference::Head;
        for pair in query.split('&') {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            let value = if format >= 4 {
                decode_form(value)
            } else {
                value.to_owned()
            };
            match key {
                // Old versions of cargo wrote `ref`.
                "branch" | "ref" => reference = GitReference::Branch(value),
                "tag" => reference = GitReference::Tag(value),
                "rev" => reference = GitReference::Rev(value),
                _ => {}
            }
        }
        Some(Self {
            url: url.to_owned(),
            reference,
            revision,
        })
    }

    /// Returns the revision in lower case if it is complete: 40 hexadecimal
    /// digits, or 64 in a repository that uses SHA-256.
    pub fn full_revision(&self) -> Option<String> {
        let revision = self.revision.as_deref()?;
        let is_full = matches!(revision.len(), 40 | 64)
            && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_full.then(|| revision.to_ascii_lowercase())
    }

    /// Returns the source as Cargo's configuration names it: without the
    /// revision.
    pub fn id(&self) -> String {
        match self.reference.selector() {
            Some((key, value)) => format!("git+{}?{key}={value}", self.url),
            None => format!("git+{}", self.url),
        }
    }
}

/// Decodes `application/x-www-form-urlencoded`, which cargo writes. Malformed
/// escapes stay as they are.
fn decode_form(text: &str) -> String {
    let spaced = text.replace('+', " ");
    let decoded = percent_decode_str(&spaced).decode_utf8_lossy();
    decoded.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_encoded_from_format_four_on() {
        let id = "git+https://example.org/a?branch=feat%2Fone+x#0123";
        let of = |format| GitSource::parse(id, format).unwrap();
        assert_eq!(of(4).reference, GitReference::Branch("feat/one x".into()));
        assert_eq!(of(3).reference, GitReference::Branch("feat%2Fone+x".into()));
        assert_eq!(of(4).revision.as_deref(), Some("0123"));
        assert_eq!(of(4).full_revision(), None);
        assert_eq!(of(4).url, "https://example.org/a");
        assert_eq!(of(3).id(), "git+https://example.org/a?branch=feat%2Fone+x");
    }

    #[test]
    fn any_reference_may_be_missing() {
        let source = GitSource::parse("git+ssh://git@example.org/a.git", 4).unwrap();
        assert_eq!(source.reference, GitReference::Head);
        assert_eq!(source.revision, None);
        assert_eq!(source.id(), "git+ssh://git@example.org/a.git");
        assert_eq!(GitSource::parse("sparse+https://example.org/", 4), None);
        let odd = GitSource::parse("git+https://example.org/a?tag=50%&rev=%zz%41#1", 4).unwrap();
        assert_eq!(odd.reference, GitReference::Rev("%zzA".into()));
    }
}

//! Where a locked crate comes from: `source` of a `[[package]]` in
//! `Cargo.lock`.

use crate::hash::Sha256;

/// Where a crate comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CrateSource {
    /// A folder of the project.
    Local,
    /// crates.io, with the checksum of the `.crate` file.
    CratesIo(Option<Sha256>),
    /// Another registry.
    Registry(RegistrySource),
    /// A git repository.
    Git(GitSource),
}

/// A registry other than crates.io.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct RegistrySource {
    /// The index as the lock has it: `registry+URL` for one in git,
    /// `sparse+URL` for one over HTTP.
    pub id: String,
    /// The checksum of the `.crate` file.
    pub checksum: Option<Sha256>,
}

impl RegistrySource {
    /// The index's URL as Cargo's configuration has it: without `registry+`,
    /// with `sparse+`.
    #[must_use]
    pub fn url(&self) -> &str {
        self.id.strip_prefix("registry+").unwrap_or(&self.id)
    }
}

/// A git repository at a revision.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct GitSource {
    /// The repository's URL, without the parts below.
    pub url: String,
    /// What the manifest asks for.
    pub reference: GitReference,
    /// The full revision.
    pub revision: Option<String>,
}

/// What a manifest asks of a git repository.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum GitReference {
    /// Nothing: its HEAD.
    #[default]
    Head,
    /// `branch`
    Branch(String),
    /// `tag`
    Tag(String),
    /// `rev`
    Rev(String),
}

impl GitReference {
    /// The key in a manifest or configuration, and its value.
    #[must_use]
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
    /// Reads `git+URL?branch=NAME#REVISION` of a lock of that format: names
    /// are percent-encoded from format 4 on.
    #[must_use]
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
                percent_decoded(value)
            } else {
                value.to_owned()
            };
            match key {
                // `ref` is what old versions of cargo wrote.
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

    /// The revision, if it is a whole one: 40 hexadecimal digits, or 64 in a
    /// repository of SHA-256.
    #[must_use]
    pub fn full_revision(&self) -> Option<String> {
        let revision = self.revision.as_deref()?;
        let is_full = matches!(revision.len(), 40 | 64)
            && revision.bytes().all(|byte| byte.is_ascii_hexdigit());
        is_full.then(|| revision.to_ascii_lowercase())
    }

    /// The source as Cargo's configuration names it: without the revision.
    #[must_use]
    pub fn id(&self) -> String {
        match self.reference.selector() {
            Some((key, value)) => format!("git+{}?{key}={value}", self.url),
            None => format!("git+{}", self.url),
        }
    }
}

/// `application/x-www-form-urlencoded`, as cargo writes it.
fn percent_decoded(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut place = 0;
    while place < bytes.len() {
        let hex = text.get(place + 1..place + 3);
        let byte = hex.and_then(|hex| u8::from_str_radix(hex, 16).ok());
        match (bytes[place], byte) {
            (b'%', Some(byte)) => {
                decoded.push(byte);
                place += 2;
            }
            (b'+', _) => decoded.push(b' '),
            (other, _) => decoded.push(other),
        }
        place += 1;
    }
    String::from_utf8_lossy(&decoded).into_owned()
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

//! An sdist that is named by its release or address instead of a path.

use std::fmt;
use std::str::FromStr;

use pep440_rs::Version;
use reqwest::Url;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::hash::Sha256;
use crate::project::PythonName;

/// An sdist on a server: `NAME==VERSION` of the configured index, or an http(s)
/// address. The fragment `#sha256=HEX` after either is the file's hash.
#[derive(Clone, PartialEq, Eq)]
pub struct Release {
    pub place: ReleasePlace,
    pub hash: Option<Sha256>,
}

#[derive(Clone, PartialEq, Eq)]
pub enum ReleasePlace {
    Index {
        name: PythonName,
        version: Version,
    },
    /// Without a fragment; it may have a login.
    Address(Url),
}

impl Release {
    /// Parses a text; `None` if it is something else, such as a path.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (text, hash) = match text.split_once("#sha256=") {
            Some((text, hash)) => (text, Some(Sha256::from_hex(hash)?)),
            None => (text, None),
        };
        let place = if text.starts_with("https://") || text.starts_with("http://") {
            let mut url = Url::parse(text).ok()?;
            url.set_fragment(None);
            ReleasePlace::Address(url)
        } else {
            let (name, version) = text.split_once("==")?;
            let name = PythonName::new(name);
            if !name.is_valid() {
                return None;
            }
            let version = version.trim().parse().ok()?;
            ReleasePlace::Index { name, version }
        };
        Some(Self { place, hash })
    }

    /// Whether both are the same sdist, as far as they say: one without a hash
    /// may be any file of that name.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        let is_either = self.hash.is_none() || other.hash.is_none();
        self.shown() == other.shown() && (is_either || self.hash == other.hash)
    }

    /// Returns the text for people: without hash and login.
    #[must_use]
    pub fn shown(&self) -> String {
        match &self.place {
            ReleasePlace::Index { name, version } => format!("{name}=={version}"),
            ReleasePlace::Address(url) => {
                let mut url = url.clone();
                // These fail for addresses that can't have a login.
                let _ = url.set_username("");
                let _ = url.set_password(None);
                url.into()
            }
        }
    }

    /// Returns the version, if the text says it.
    #[must_use]
    pub fn version(&self) -> Option<String> {
        match &self.place {
            ReleasePlace::Index { version, .. } => Some(version.to_string()),
            ReleasePlace::Address(_) => None,
        }
    }
}

/// As marks have it: without a login.
impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        f.write_str(&self.shown())?;
        match &self.hash {
            Some(hash) => write!(f, "#sha256={}", hash.to_hex()),
            None => Ok(()),
        }
    }
}

/// Without a login, too.
impl fmt::Debug for Release {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        write!(f, "Release({self})")
    }
}

impl FromStr for Release {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::parse(text).ok_or_else(|| {
            format!(
                "`{}` is neither `NAME==VERSION` nor an https URL",
                text.escape_debug()
            )
        })
    }
}

impl Serialize for Release {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Release {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_and_addresses_are_told_from_paths() {
        let hash = "#sha256=".to_owned() + &"ab".repeat(32);
        for (text, shown) in [
            ("cryptography==46.0.5", "cryptography==46.0.5"),
            ("Ruamel.YAML_clib == 0.2.0", "ruamel-yaml-clib==0.2.0"),
            ("a==1.0.post1+cu12", "a==1.0.post1+cu12"),
            (
                "https://example.org/a-1.0.tar.gz",
                "https://example.org/a-1.0.tar.gz",
            ),
            (
                "https://ada:secret@example.org/a-1.0.zip",
                "https://example.org/a-1.0.zip",
            ),
        ] {
            for text in [text.to_owned(), format!("{text}{hash}")] {
                let release = Release::parse(&text).unwrap();
                assert_eq!(release.shown(), shown);
                assert_eq!(release.hash.is_some(), text.ends_with(&hash));
                let again: Release = release.to_string().parse().unwrap();
                assert!(again.is_same(&release) && !format!("{release:?}").contains("secret"));
            }
        }
        for text in [
            "a",
            "a.tar.gz",
            "./a==1",
            "a==",
            "==1",
            "a==1.*",
            "a==1;b",
            "a===1",
            "git+https://example.org/a",
            "https://",
            "a==1#sha256=12",
        ] {
            assert!(Release::parse(text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_hash_decides_only_where_both_have_one() {
        let [one, other] = ["ab", "cd"].map(|hex| format!("a==1#sha256={}", hex.repeat(32)));
        let [one, other, none] =
            [&*one, &*other, "a==1.0"].map(|text| Release::parse(text).unwrap());
        assert!(!one.is_same(&other));
        assert!(!one.is_same(&none), "another spelling of the version");
        let none = Release::parse("A==1").unwrap();
        assert!(one.is_same(&none) && none.is_same(&other));
    }
}

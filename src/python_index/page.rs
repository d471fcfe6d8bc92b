//! What an index says of a package: the [simple repository API], as JSON (PEP
//! 691) or HTML (PEP 503).
//!
//! [simple repository API]: https://packaging.python.org/en/latest/specifications/simple-repository-api/

use std::collections::{BTreeMap, BTreeSet};

use pep440_rs::Version;
use percent_encoding::percent_decode_str;
use reqwest::Url;
use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::hash::Sha256;
use crate::project::PythonName;

/// A file of a package.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IndexFile {
    pub name: String,
    /// Its address. It may have a login.
    pub url: Url,
    pub hash: Option<Sha256>,
    /// In bytes, if the index says it.
    pub size: Option<u64>,
    /// Why the file was withdrawn, if it was; the reason may be empty.
    pub yanked: Option<String>,
}

/// Why a release has no sdist that can be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum NoSdist {
    /// The index has other versions of the package: the newest sdists, newest
    /// first.
    OtherVersions(Vec<Version>),
    /// The release has these other files alone.
    OtherFiles(Vec<String>),
}

/// The endings of sdists that can be read, the best one first.
const ENDINGS: [&str; 3] = [".tar.gz", ".tgz", ".zip"];

/// Upper bound on the tags of a page, which take much more memory than their
/// text. A file has three.
const MAX_TAGS: usize = 300_000;

/// How many other versions are named.
const MOST_VERSIONS: usize = 5;

/// Reads what the index answers at `address`. JSON begins with a brace.
///
/// # Errors
/// The message says what is wrong with it.
pub fn read_page(text: &str, address: &Url) -> Result<Vec<IndexFile>, String> {
    if text.trim_start().starts_with('{') {
        of_json(text, address)
    } else {
        of_html(text, address)
    }
}

#[derive(Deserialize)]
struct JsonPage {
    #[serde(default)]
    meta: Meta,
    files: Vec<JsonFile>,
}

/// What PEP 629 says of the page's form.
#[derive(Deserialize, Default)]
struct Meta {
    #[serde(rename = "api-version")]
    api_version: Option<String>,
}

#[derive(Deserialize)]
struct JsonFile {
    filename: String,
    url: String,
    #[serde(default)]
    hashes: BTreeMap<String, String>,
    size: Option<u64>,
    #[serde(default)]
    yanked: Yanked,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Yanked {
    Because(String),
    Is(bool),
    Other(IgnoredAny),
}

impl Default for Yanked {
    fn default() -> Self {
        Self::Is(false)
    }
}

fn of_json(text: &str, address: &Url) -> Result<Vec<IndexFile>, String> {
    let page: JsonPage = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let version = page.meta.api_version.unwrap_or_default();
    // Another major version may mean anything, by PEP 629.
    if version
        .split('.')
        .next()
        .is_some_and(|major| !matches!(major, "" | "1"))
    {
        return Err(format!(
            "it has API version {version:?}, but only version 1 is supported"
        ));
    }
    let files = page.files.into_iter().filter_map(|file| {
        let hash = file.hashes.get("sha256");
        Some(IndexFile {
            name: file.filename,
            url: address.join(&file.url).ok()?,
            hash: hash.and_then(|hash| Sha256::from_hex(hash)),
            size: file.size,
            yanked: match file.yanked {
                Yanked::Because(reason) => Some(reason),
                Yanked::Is(true) => Some(String::new()),
                Yanked::Is(false) | Yanked::Other(_) => None,
            },
        })
    });
    Ok(files.collect())
}

fn of_html(text: &str, address: &Url) -> Result<Vec<IndexFile>, String> {
    if text.bytes().filter(|byte| *byte == b'<').count() > MAX_TAGS {
        return Err("the page has too many tags".to_owned());
    }
    let page = tl::parse(text, tl::ParserOptions::default()).map_err(|error| error.to_string())?;
    let tags: Vec<_> = page.nodes().iter().filter_map(tl::Node::as_tag).collect();
    let attribute = |tag: &tl::HTMLTag, name: &str| {
        let value = tag.attributes().get(name)?;
        let value = value.map(|value| value.as_utf8_str().into_owned());
        let value = value.unwrap_or_default();
        Some(html_escape::decode_html_entities(&value).into_owned())
    };
    let is_called = |tag: &tl::HTMLTag, name: &str| {
        let found = tag.name().as_utf8_str();
        found.eq_ignore_ascii_case(name)
    };
    if !tags
        .iter()
        .any(|tag| is_called(tag, "a") || is_called(tag, "html"))
    {
        return Err("it is neither JSON nor HTML of a package index".to_owned());
    }
    let base = tags.iter().find(|tag| is_called(tag, "base"));
    let base = base.and_then(|tag| address.join(&attribute(tag, "href")?).ok());
    let base = base.unwrap_or_else(|| address.clone());
    let links = tags.iter().filter(|tag| is_called(tag, "a"));
    let files = links.filter_map(|tag| {
        let mut url = base.join(attribute(tag, "href")?.trim()).ok()?;
        let hash = url.fragment().and_then(|text| text.strip_prefix("sha256="));
        let hash = hash.and_then(Sha256::from_hex);
        url.set_fragment(None);
        let name = url.path_segments()?.next_back()?;
        let name = percent_decode_str(name).decode_utf8().ok()?.into_owned();
        Some(IndexFile {
            name,
            hash,
            size: None,
            yanked: attribute(tag, "data-yanked"),
            url,
        })
    });
    Ok(files.collect())
}

/// Returns the sdist of a release; of several, the one that is read best.
///
/// # Errors
/// If there is none, what there is instead.
pub fn choose_sdist<'a>(
    files: &'a [IndexFile],
    name: &PythonName,
    version: &Version,
) -> Result<&'a IndexFile, NoSdist> {
    let of_release = |file: &&IndexFile| sdist_version(&file.name, name).as_ref() == Some(version);
    let rank = |file: &&IndexFile| ENDINGS.iter().position(|end| file.name.ends_with(end));
    if let Some(file) = files.iter().filter(of_release).min_by_key(rank) {
        return Ok(file);
    }
    let is_of_release = |file: &&IndexFile| {
        let found = wheel_version(&file.name, name).or_else(|| other_version(&file.name, name));
        found.as_ref() == Some(version)
    };
    let others: Vec<_> = files.iter().filter(is_of_release).collect();
    if !others.is_empty() {
        let names = others.iter().map(|file| file.name.clone());
        return Err(NoSdist::OtherFiles(names.collect()));
    }
    let versions = files.iter().filter(|file| file.yanked.is_none());
    let versions: BTreeSet<_> = versions
        .filter_map(|file| sdist_version(&file.name, name))
        .collect();
    let newest = versions.into_iter().rev().take(MOST_VERSIONS);
    Err(NoSdist::OtherVersions(newest.collect()))
}

/// Returns the version in the name of an sdist of this package.
fn sdist_version(file: &str, name: &PythonName) -> Option<Version> {
    let stem = ENDINGS.iter().find_map(|end| file.strip_suffix(end))?;
    version_after(stem, name)
}

/// Likewise, for archives that can't be read.
fn other_version(file: &str, name: &PythonName) -> Option<Version> {
    let endings = [".tar.bz2", ".tar.xz", ".tar.Z", ".tar", ".egg"];
    let stem = endings.iter().find_map(|end| file.strip_suffix(end))?;
    version_after(stem, name)
}

fn wheel_version(file: &str, name: &PythonName) -> Option<Version> {
    let mut parts = file.strip_suffix(".whl")?.split('-');
    let is_package = PythonName::new(parts.next()?) == *name;
    parts.next().filter(|_| is_package)?.parse().ok()
}

/// Returns the version in `NAME-VERSION`. Names in old sdists have dashes.
fn version_after(stem: &str, name: &PythonName) -> Option<Version> {
    let dashes = stem.match_indices('-');
    let mut parts = dashes.map(|(at, _)| (&stem[..at], &stem[at + 1..]));
    parts.find_map(|(before, after)| {
        let is_package = PythonName::new(before) == *name;
        after.parse().ok().filter(|_| is_package)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Url {
        Url::parse("https://example.org/simple/a-b/").unwrap()
    }

    fn sdist(text: &str, version: &str) -> Result<IndexFile, NoSdist> {
        let files = read_page(text, &address()).unwrap();
        let version = version.parse().unwrap();
        choose_sdist(&files, &PythonName::new("a.b"), &version).cloned()
    }

    const HASH: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

    #[test]
    fn another_major_version_of_the_interface_is_refused() {
        let page = |version: &str| {
            let text = format!("{{\"meta\":{{\"api-version\":\"{version}\"}},\"files\":[]}}");
            read_page(&text, &address())
        };
        assert_eq!(page("1.99"), Ok(Vec::new()));
        assert!(page("2.0").unwrap_err().contains("\"2.0\""));
        assert!(page("\\u001b[31m").is_err());
    }

    #[test]
    fn json_and_html_say_the_same() {
        let json = format!(
            r#"{{"meta":{{"api-version":"1.3"}},"name":"a-b","files":[
            {{"filename":"a_b-1.0.zip","url":"x/a_b-1.0.zip","hashes":{{}}}},
            {{"filename":"a_b-1.0.tar.gz","url":"../../f/a_b-1.0.tar.gz","hashes":{{"md5":"0","sha256":"{HASH}"}},"size":7,"yanked":"broken"}},
            {{"filename":"a_b-1.0-py3-none-any.whl","url":"a.whl","yanked":false}}]}}"#
        );
        let html = format!(
            "<!DOCTYPE html><html><head><BASE href=\"/simple/a-b/\"></head><body>\n<h1>Links</h1>\
             <a href='x/a_b-1.0.zip'>a_b-1.0.zip</a><br/>\n\
             <A class=x href=\"../../f/a_b-1.0.tar.gz#sha256={HASH}\" data-yanked=\"broken\">a</A>\n\
             <a href=\"a_b-1.0-py3-none-any.whl\">a</a></body></html>"
        );
        for (text, size) in [(json, Some(7)), (html, None)] {
            let expected = IndexFile {
                name: "a_b-1.0.tar.gz".to_owned(),
                url: Url::parse("https://example.org/f/a_b-1.0.tar.gz").unwrap(),
                hash: Sha256::from_hex(HASH),
                size,
                yanked: Some("broken".to_owned()),
            };
            assert_eq!(sdist(&text, "1.0.0"), Ok(expected));
        }
    }

    #[test]
    fn a_page_with_too_many_tags_is_refused() {
        let page = |tags: usize| read_page(&"<a>".repeat(tags), &address());
        assert_eq!(page(MAX_TAGS), Ok(Vec::new()));
        assert!(page(MAX_TAGS + 1).is_err());
    }

    #[test]
    fn entities_and_percent_signs_are_decoded() {
        let html = "<a href=\"/f/a_b-1.0%2Bcu.tar.gz?x=1&amp;y=2#sha256=00\" data-yanked>a</a>";
        let file = sdist(html, "1.0+cu").unwrap();
        assert_eq!(file.url.query(), Some("x=1&y=2"));
        assert_eq!((file.hash, file.yanked.as_deref()), (None, Some("")));
    }

    #[test]
    fn a_release_without_an_sdist_says_what_there_is() {
        let page = |names: &[&str]| -> String {
            let link = |name: &&str| format!("<a href=\"{name}\">x</a>");
            names.iter().map(link).collect()
        };
        let wheels = page(&[
            "a_b-1.0-py3-none-any.whl",
            "a-b-1.0.tar.bz2",
            "c-1.0.tar.gz",
        ]);
        let names = ["a_b-1.0-py3-none-any.whl", "a-b-1.0.tar.bz2"].map(str::to_owned);
        assert_eq!(
            sdist(&wheels, "1.0"),
            Err(NoSdist::OtherFiles(names.into()))
        );
        let versions = [
            "a-b-1.0.tar.gz",
            "a.b-1.10.zip",
            "a_b-1.9.tar.gz",
            "a-b-c-2.0.zip",
        ];
        let newest = ["1.10", "1.9", "1.0"].map(|version| version.parse().unwrap());
        assert_eq!(
            sdist(&page(&versions), "3"),
            Err(NoSdist::OtherVersions(newest.into()))
        );
    }

    #[test]
    fn other_answers_are_refused() {
        for text in ["", "hello", "{}", "{\"files\":3}", "%PDF-1.4"] {
            assert!(read_page(text, &address()).is_err(), "{text}");
        }
        assert_eq!(read_page("<html></html>", &address()), Ok(Vec::new()));
    }
}

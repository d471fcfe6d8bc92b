//! Names of wheels, and which environments take them: the rules of PEP 425,
//! 513, 571, 599, 600 and 656, as far as pyproject.nix has them.

use std::cmp::Ordering;

use super::{Environment, Libc};
use crate::target::Platform;

/// What a wheel's file name says (PEP 427).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// The whole of it.
    pub file_name: String,
    /// The build tag, which breaks ties.
    build: Option<String>,
    python: Vec<PythonTag>,
    abi: Vec<String>,
    platform: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct PythonTag {
    implementation: String,
    /// `3`, `39`, `313`; none for all.
    version: Option<u32>,
}

/// What tells which of two wheels goes first.
type Rank = (Option<String>, u32, bool);

impl WheelName {
    /// Reads a file name; none where it isn't one of a wheel.
    #[must_use]
    pub fn new(file_name: &str) -> Option<Self> {
        let parts: Vec<_> = file_name.strip_suffix(".whl")?.split('-').collect();
        let (build, python, abi, platform) = match parts[..] {
            [_, _, python, abi, platform] => (None, python, abi, platform),
            [_, _, build, python, abi, platform] if build.starts_with(is_digit) => {
                (Some(build.to_owned()), python, abi, platform)
            }
            _ => return None,
        };
        if parts.iter().any(|part| part.is_empty()) {
            return None;
        }
        let words = |tags: &str| tags.split('.').map(str::to_owned).collect();
        let python = python.split('.').map(PythonTag::new);
        Some(Self {
            file_name: file_name.to_owned(),
            build,
            python: python.collect::<Option<_>>()?,
            abi: words(abi),
            platform: words(platform),
        })
    }

    /// Whether an environment takes it.
    #[must_use]
    pub fn fits(&self, environment: Environment) -> bool {
        self.fits_python(environment) && self.platform.iter().any(|tag| fits(tag, environment))
    }

    /// Whether `CPython` 3.`minor`, with its global lock, takes it on some
    /// platform.
    pub(super) fn is_for_python(&self, minor: u8) -> bool {
        let environment = Environment {
            platform: Platform::X86_64Linux,
            libc: Libc::Glibc,
            python_minor: minor,
            is_free_threaded: false,
        };
        self.fits_python(environment)
    }

    fn fits_python(&self, environment: Environment) -> bool {
        let abi_tags = environment.abi_tags();
        self.abi.iter().any(|abi| abi_tags.contains(abi))
            && self.python.iter().any(|tag| tag.fits(environment))
    }

    fn rank(&self, environment: Environment) -> Rank {
        let versions = self.python.iter().filter(|tag| tag.fits(environment));
        let newest = versions.filter_map(|tag| tag.version).max();
        let macs = self.platform.iter().filter_map(|tag| MacTag::new(tag));
        let has_own = macs.into_iter().any(|tag| tag.machine != "universal2");
        (self.build.clone(), newest.unwrap_or_default(), has_own)
    }

    /// Which of two goes first in an environment that takes both.
    #[must_use]
    pub fn order(&self, other: &Self, environment: Environment) -> Ordering {
        other.rank(environment).cmp(&self.rank(environment))
    }
}

impl PythonTag {
    fn new(tag: &str) -> Option<Self> {
        let letters = tag.trim_end_matches(is_digit);
        let digits = &tag[letters.len()..];
        let is_word = !letters.is_empty() && letters.chars().all(|c| c.is_ascii_lowercase());
        let version = match digits {
            "" => None,
            digits => Some(digits.parse().ok()?),
        };
        is_word.then(|| Self {
            implementation: letters.to_owned(),
            version,
        })
    }

    fn fits(&self, environment: Environment) -> bool {
        if !matches!(self.implementation.as_str(), "py" | "cp") {
            return false;
        }
        let own = environment.short_version();
        self.version.is_none_or(|version| {
            version == 3 || (version.to_string().starts_with('3') && own >= version)
        })
    }
}

/// `macosx_11_0_arm64`
struct MacTag<'a> {
    version: (u32, u32),
    machine: &'a str,
}

impl<'a> MacTag<'a> {
    fn new(tag: &'a str) -> Option<Self> {
        let (version, machine) = versioned(tag.strip_prefix("macosx_")?)?;
        Some(Self { version, machine })
    }
}

/// `2_17_x86_64`
fn versioned(text: &str) -> Option<((u32, u32), &str)> {
    let mut parts = text.splitn(3, '_');
    let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(((major, minor), parts.next()?))
}

/// The tags before PEP 600, as those that they are short for.
fn legacy(tag: &str) -> Option<((u32, u32), &str)> {
    let old = [
        ("manylinux1_", (2, 5)),
        ("manylinux2010_", (2, 12)),
        ("manylinux2014_", (2, 17)),
    ];
    old.into_iter()
        .find_map(|(prefix, version)| Some((version, tag.strip_prefix(prefix)?)))
}

fn fits(tag: &str, environment: Environment) -> bool {
    let is_linux = environment.platform.is_linux();
    let machine = environment.machine();
    if tag == "any" {
        true
    } else if let Some(rest) = tag.strip_prefix("musllinux_") {
        let known = environment.libc_version(Libc::Musl);
        versioned(rest).is_some_and(|(least, of)| known >= Some(least) && of == machine)
    } else if tag.starts_with("manylinux") {
        let least = legacy(tag).or_else(|| versioned(tag.strip_prefix("manylinux_")?));
        let known = environment.libc_version(Libc::Glibc);
        least.is_some_and(|(least, of)| known >= Some(least) && of == machine)
    } else if let Some(tag) = MacTag::new(tag) {
        environment.sdk_version() >= Some(tag.version)
            && (tag.machine == "universal2" || tag.machine == machine)
    } else {
        let of = tag.strip_prefix("linux_");
        is_linux && of == Some(machine)
    }
}

const fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

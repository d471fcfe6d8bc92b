//! File names of wheels (PEP 427), and which environments accept them: PEP 425,
//! 513, 571, 599, 600 and 656 as far as pyproject.nix implements them.

use std::cmp::Ordering;

use super::environment::{Environment, Libc};
use crate::target::Platform;

/// The parts of a wheel's file name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WheelName {
    /// The whole name.
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
    /// `3`, `39` or `313`; `None` for all versions.
    version: Option<u32>,
}

/// What decides which of two wheels is preferred: build tag, newest Python,
/// whether the wheel is for one machine. Greater is better.
type Rank = (Option<String>, u32, bool);

impl WheelName {
    /// Parses a file name; `None` if it isn't that of a wheel.
    pub fn parse(file_name: &str) -> Option<Self> {
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
        let split_tags = |tags: &str| tags.split('.').map(str::to_owned).collect();
        let python = python.split('.').map(PythonTag::parse);
        Some(Self {
            file_name: file_name.to_owned(),
            build,
            python: python.collect::<Option<_>>()?,
            abi: split_tags(abi),
            platform: split_tags(platform),
        })
    }

    /// Returns whether an environment accepts the wheel.
    pub fn fits(&self, environment: Environment) -> bool {
        let mut platforms = self.platform.iter();
        self.fits_python(environment) && platforms.any(|tag| fits_platform(tag, environment))
    }

    /// Returns whether `CPython` 3.`minor` with the GIL accepts the wheel on
    /// some platform.
    pub(super) fn is_for_python(&self, minor: u8) -> bool {
        self.fits_python(Environment {
            platform: Platform::X86_64Linux,
            libc: Libc::Glibc,
            python_minor: minor,
            is_free_threaded: false,
        })
    }

    fn fits_python(&self, environment: Environment) -> bool {
        let abi_tags = environment.abi_tags();
        self.abi.iter().any(|abi| abi_tags.contains(abi))
            && self.python.iter().any(|tag| tag.fits(environment))
    }

    fn rank(&self, environment: Environment) -> Rank {
        let fitting = self.python.iter().filter(|tag| tag.fits(environment));
        let newest = fitting.filter_map(|tag| tag.version).max();
        let mut macs = self.platform.iter().filter_map(|tag| MacTag::parse(tag));
        let is_for_one_machine = macs.any(|tag| tag.machine != "universal2");
        let build = self.build.clone();
        (build, newest.unwrap_or_default(), is_for_one_machine)
    }

    /// Orders two wheels that an environment accepts, the preferred one first.
    pub fn order(&self, other: &Self, environment: Environment) -> Ordering {
        other.rank(environment).cmp(&self.rank(environment))
    }
}

impl PythonTag {
    fn parse(tag: &str) -> Option<Self> {
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
    fn parse(tag: &'a str) -> Option<Self> {
        let (version, machine) = split_version(tag.strip_prefix("macosx_")?)?;
        Some(Self { version, machine })
    }
}

/// Splits `2_17_x86_64` into version and machine.
fn split_version(text: &str) -> Option<((u32, u32), &str)> {
    let mut parts = text.splitn(3, '_');
    let (major, minor) = (parts.next()?.parse().ok()?, parts.next()?.parse().ok()?);
    Some(((major, minor), parts.next()?))
}

/// Splits a tag from before PEP 600 into the glibc version that it stands for,
/// and the machine.
fn split_legacy(tag: &str) -> Option<((u32, u32), &str)> {
    let legacy = [
        ("manylinux1_", (2, 5)),
        ("manylinux2010_", (2, 12)),
        ("manylinux2014_", (2, 17)),
    ];
    legacy
        .into_iter()
        .find_map(|(prefix, version)| Some((version, tag.strip_prefix(prefix)?)))
}

fn fits_platform(tag: &str, environment: Environment) -> bool {
    let machine = environment.platform.machine();
    let fits_libc = |required: Option<((u32, u32), &str)>, libc| {
        let has = environment.libc_version(libc);
        required.is_some_and(|(version, of)| has >= Some(version) && of == machine)
    };
    if tag == "any" {
        true
    } else if let Some(rest) = tag.strip_prefix("musllinux_") {
        fits_libc(split_version(rest), Libc::Musl)
    } else if tag.starts_with("manylinux") {
        let required = split_legacy(tag).or_else(|| split_version(tag.strip_prefix("manylinux_")?));
        fits_libc(required, Libc::Glibc)
    } else if let Some(tag) = MacTag::parse(tag) {
        environment.sdk_version() >= Some(tag.version)
            && (tag.machine == "universal2" || tag.machine == machine)
    } else {
        environment.platform.is_linux() && tag.strip_prefix("linux_") == Some(machine)
    }
}

const fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

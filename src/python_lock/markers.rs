//! Whether markers (PEP 508) hold, as PEP 440 compares versions and as
//! pyproject.nix does.
//!
//! pyproject.nix compares two versions only up to the length of the shorter
//! one: there 3.11.14 is `<= '3.11'`, which it isn't by PEP 440. uv resolves by
//! the latter and uv2nix builds by the former, so that what either has counts.

use std::cmp::Ordering;
use std::ops::Bound;

use pep440_rs::Version;
use pep508_rs::{ExtraName, MarkerEnvironment, MarkerTree, MarkerTreeKind, MarkerValueExtra};

use super::environment::Environment;
use super::model::PythonLock;

/// Returns whether a marker holds by PEP 440 or in pyproject.nix.
pub(super) fn holds(
    marker: &MarkerTree,
    environment: &MarkerEnvironment,
    extras: &[ExtraName],
) -> bool {
    marker.evaluate(environment, extras) || holds_in_nix(marker, environment, extras)
}

/// Evaluates a marker as pyproject.nix does. A marker is a decision diagram of
/// which each variable is asked once on a path, so that the depth is bounded.
fn holds_in_nix(
    marker: &MarkerTree,
    environment: &MarkerEnvironment,
    extras: &[ExtraName],
) -> bool {
    let holds = |marker: &MarkerTree| holds_in_nix(marker, environment, extras);
    match marker.kind() {
        MarkerTreeKind::True => true,
        MarkerTreeKind::False => false,
        MarkerTreeKind::Version(node) => {
            let version = environment.get_version(node.key());
            node.edges().any(|(range, next)| {
                let mut pieces = range.iter();
                pieces.any(|(lower, upper)| is_within(version, lower, upper)) && holds(&next)
            })
        }
        MarkerTreeKind::String(node) => {
            let value = environment.get_string(node.key()).to_owned();
            node.children()
                .any(|(range, next)| range.contains(&value) && holds(&next))
        }
        MarkerTreeKind::In(node) => {
            let value = environment.get_string(node.key());
            holds(&node.edge(node.value().contains(value)))
        }
        MarkerTreeKind::Contains(node) => {
            let value = environment.get_string(node.key());
            holds(&node.edge(value.contains(node.value())))
        }
        MarkerTreeKind::Extra(node) => {
            let is_on =
                matches!(node.name(), MarkerValueExtra::Extra(name) if extras.contains(name));
            holds(&node.edge(is_on))
        }
    }
}

fn is_within(version: &Version, lower: &Bound<Version>, upper: &Bound<Version>) -> bool {
    let is_above = match lower {
        Bound::Included(bound) => compare_in_nix(version, bound).is_ge(),
        Bound::Excluded(bound) => compare_in_nix(version, bound).is_gt(),
        Bound::Unbounded => true,
    };
    let is_below = match upper {
        Bound::Included(bound) => compare_in_nix(version, bound).is_le(),
        Bound::Excluded(bound) => compare_in_nix(version, bound).is_lt(),
        Bound::Unbounded => true,
    };
    is_above && is_below
}

/// Compares the numbers that both versions have; if these are equal, a
/// pre-release is older.
fn compare_in_nix(one: &Version, other: &Version) -> Ordering {
    let numbers = one.release().iter().zip(other.release().iter());
    let mut different = numbers.filter(|(one, other)| one != other);
    if let Some((one, other)) = different.next() {
        return one.cmp(other);
    }
    other.any_prerelease().cmp(&one.any_prerelease())
}

/// Returns whether the lockfile is for an environment.
pub fn supports(lock: &PythonLock, environment: Environment) -> bool {
    let environment = environment.markers();
    lock.platforms.iter().all(|markers| {
        markers.is_empty()
            || markers
                .iter()
                .any(|marker| holds(marker, &environment, &[]))
    })
}

/// Returns the markers of the environments that the lockfile is for.
pub fn platform_markers(lock: &PythonLock) -> Vec<String> {
    let markers = lock.platforms.iter().flatten();
    markers
        .map(|marker| {
            let text = marker.try_to_string();
            text.map_or_else(|| "nothing".to_owned(), |text| format!("`{text}`"))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::python_lock::parse;
    use crate::target::Platform;

    fn environment(platform: Platform) -> Environment {
        Environment {
            platform,
            libc: crate::python_lock::Libc::Glibc,
            python_minor: 11,
            is_free_threaded: false,
        }
    }

    /// Whether a marker holds for Python 3.11.N, by PEP 440 and in Nix.
    fn both(marker: &str) -> [bool; 2] {
        let marker: MarkerTree = marker.parse().unwrap();
        let environment = environment(Platform::X86_64Linux).markers();
        [
            marker.evaluate(&environment, &[]),
            holds_in_nix(&marker, &environment, &[]),
        ]
    }

    #[test]
    fn nix_compares_as_many_numbers_as_both_versions_have() {
        for (marker, expected) in [
            ("python_full_version <= '3.11'", [false, true]),
            ("python_full_version == '3.11'", [false, true]),
            ("python_full_version > '3.11'", [true, false]),
            ("python_full_version != '3.11'", [true, false]),
            ("python_full_version < '3.11'", [false, false]),
            ("python_full_version >= '3.11'", [true, true]),
            ("python_full_version < '3.11.3'", [false, false]),
            ("python_version <= '3.11'", [true, true]),
            ("python_version < '3.11'", [false, false]),
        ] {
            assert_eq!(both(marker), expected, "{marker}");
        }
    }

    #[test]
    fn other_variables_are_the_same_in_both() {
        for (marker, expected) in [
            (
                "sys_platform == 'linux' and python_full_version <= '3.11'",
                [false, true],
            ),
            (
                "sys_platform == 'win32' and python_full_version <= '3.11'",
                [false, false],
            ),
            ("sys_platform in 'linux darwin'", [true, true]),
            ("'86' in platform_machine", [true, true]),
            ("'arm' in platform_machine", [false, false]),
            ("extra == 'a'", [false, false]),
            ("extra != 'a'", [true, true]),
        ] {
            assert_eq!(both(marker), expected, "{marker}");
        }
    }

    #[test]
    fn a_lock_is_for_the_platforms_of_both_lists() {
        let supported = |head: &str| {
            let package =
                "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = { virtual = \".\" }\n";
            let lock = parse("uv.lock", &format!("version = 1\n{head}\n{package}")).unwrap();
            Platform::DEFAULT.map(|platform| supports(&lock, environment(platform)))
        };
        assert_eq!(supported(""), [true; 3]);
        let linux = "[\"sys_platform == 'linux'\"]";
        let arm = "[\"platform_machine == 'arm64'\", \"platform_machine == 'aarch64'\"]";
        assert_eq!(
            supported(&format!("supported-markers = {linux}")),
            [false, true, true]
        );
        assert_eq!(
            supported(&format!("required-markers = {arm}")),
            [true, true, false]
        );
        let both = format!("supported-markers = {linux}\nrequired-markers = {arm}");
        assert_eq!(supported(&both), [false, true, false]);
        assert_eq!(supported("supported-markers = [\"nonsense\"]"), [false; 3]);
    }
}

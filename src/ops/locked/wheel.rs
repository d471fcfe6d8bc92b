//! Wheels of packages that the package set prefers to build from their sdists.

use std::collections::BTreeMap;

use super::Asked;
use crate::nix::Stanza;
use crate::ops::finished::{FinishedStanza, SnippetPackage};
use crate::overlay::Digests;
use crate::project::is_version;
use crate::python_build::{BuildFormat, Fix, PackageOrigin, SetPackage};
use crate::python_lock::LockedPackage;
use crate::warning::{Warning, WheelReason};

/// Tells whether pyproject-build-systems replaces the package by a stub for a
/// program of nixpkgs, such as `cmake`. The sdists of these build the program
/// itself, which downloads its sources.
pub(super) fn is_program(asked: &Asked, package: &LockedPackage) -> bool {
    let mut found = asked.sets.values().filter_map(|set| set.get(&package.name));
    found.any(|found| {
        matches!(
            found.origin,
            PackageOrigin::Lock {
                lost_fix: Some(Fix::Nixpkgs),
                ..
            }
        )
    })
}

/// Returns the stanza that takes the wheel of a package, if each platform that
/// builds the package has a fitting one. One such platform is enough for an sdist
/// that builds on none: that of a program, or one that lacks a header.
pub(super) fn take_wheel(
    asked: &Asked,
    package: &LockedPackage,
    reason: WheelReason,
) -> Option<FinishedStanza> {
    let found = asked.sets.values().filter_map(|set| set.get(&package.name));
    let mut built = found
        .filter(|found| found.format == BuildFormat::Source)
        .peekable();
    built.peek()?;
    let fits = |found: &SetPackage| {
        found.version.as_ref().map(ToString::to_string) == package.version
            && found.fitting_wheel().is_some()
    };
    let has_wheel = match reason {
        WheelReason::Program | WheelReason::MissingHeader { .. } => built.any(fits),
        WheelReason::MissingBuildSystem { .. } => built.all(fits),
    };
    if !has_wheel {
        return None;
    }
    let mut stanza = Stanza::new(package.name.clone(), package.source.kind());
    stanza.prefers_wheel = true;
    let version = package.version.clone();
    Some(FinishedStanza {
        stanza: stanza.into(),
        package: SnippetPackage {
            name: package.name.to_string(),
            version: version.filter(|version| is_version(version)),
            cargo_roots: Vec::new(),
            dropped: Vec::new(),
        },
        facts: None,
        crates: 0,
        build_system: Vec::new(),
        locks: Vec::new(),
        warnings: vec![Warning::WheelTaken {
            name: package.name.to_string(),
            reason,
        }],
        recipe: String::new(),
        digests: Digests {
            build: crate::ops::digests::of_build_system(&BTreeMap::new()),
            ..Digests::default()
        },
    })
}

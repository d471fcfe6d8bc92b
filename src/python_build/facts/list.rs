//! Collects requirements in the order in which they are found.

use pep440_rs::Version;

use crate::project::PythonName;
use crate::python_build::requirement::{
    BuildRequirement, Condition, Origin, Place, Unread, known, read,
};

/// Requirements, and code that may add others.
#[derive(Debug, Default)]
pub(super) struct RequirementList {
    pub requirements: Vec<BuildRequirement>,
    pub unread: Vec<Unread>,
}

impl RequirementList {
    /// Adds a requirement. A text that can't be parsed is noted, and its name
    /// is added if it has one.
    pub(super) fn add(
        &mut self,
        text: &str,
        origin: Origin,
        place: &Place,
    ) -> Option<&mut BuildRequirement> {
        let requirement = match read(text) {
            Ok(requirement) => requirement,
            Err(unread) => {
                self.note(place.clone(), unread.what);
                unread.requirement?
            }
        };
        self.requirements.push(BuildRequirement {
            requirement,
            origin,
            condition: None,
            is_doubtful: false,
        });
        self.requirements.last_mut()
    }

    /// Adds `wheel` for package sets with a setuptools before 70.1.
    pub(super) fn add_wheel_for_old_setuptools(&mut self) {
        // setuptools has had `bdist_wheel` itself since 70.1, when its
        // `get_requires_for_build_wheel` stopped returning `wheel`: compare
        // setuptools/build_meta.py of 69.5.1 and of 70.1.0.
        self.requirements.push(BuildRequirement {
            requirement: known("wheel"),
            origin: Origin::BackendHook {
                what: "setuptools before 70.1".to_owned(),
            },
            condition: Some(Condition {
                package: PythonName::new("setuptools"),
                older_than: Version::new([70, 1]),
            }),
            is_doubtful: false,
        });
    }

    /// Notes code that may add requirements but can't be evaluated.
    pub(super) fn note(&mut self, place: Place, what: impl Into<String>) {
        let what = what.into();
        self.unread.push(Unread { place, what });
    }

    /// Whether a distribution is required, under any condition.
    pub(super) fn requires(&self, name: &PythonName) -> bool {
        let mut requirements = self.requirements.iter();
        requirements.any(|requirement| requirement.name() == *name)
    }

    /// Removes duplicates.
    pub(super) fn deduplicate(&mut self) {
        self.unread.sort();
        self.unread.dedup();
        let mut seen = Vec::new();
        self.requirements.retain(|requirement| {
            let is_new = !seen.contains(requirement);
            if is_new {
                seen.push(requirement.clone());
            }
            is_new
        });
    }
}

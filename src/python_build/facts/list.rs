//! The requirements that are found, in their order.

use pep440_rs::Version;

use crate::project::PythonName;
use crate::python_build::requirement::{
    BuildRequirement, Condition, Origin, Place, Unread, known, read,
};

/// Requirements, and what the text leaves open.
#[derive(Debug, Default)]
pub(super) struct RequirementList {
    pub requirements: Vec<BuildRequirement>,
    pub unread: Vec<Unread>,
}

impl RequirementList {
    /// Adds a requirement, or notes that it isn't one.
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

    /// Adds `wheel`, which counts with an old setuptools alone.
    pub(super) fn add_wheel_for_old_setuptools(&mut self) {
        // setuptools 70.1 has `bdist_wheel` itself, and its
        // `get_requires_for_build_wheel` stopped returning `wheel` then:
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

    /// Notes what the text leaves open.
    pub(super) fn note(&mut self, place: Place, what: impl Into<String>) {
        let what = what.into();
        self.unread.push(Unread { place, what });
    }

    /// Whether something requires a distribution, under whatever condition.
    pub(super) fn requires(&self, name: &PythonName) -> bool {
        let mut requirements = self.requirements.iter();
        requirements.any(|requirement| requirement.name() == *name)
    }

    /// Removes what is there twice.
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

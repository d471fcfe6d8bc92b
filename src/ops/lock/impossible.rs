//! Packages that no environment can have: uv2nix refuses them, so that their
//! attribute of the package set throws.

use std::collections::BTreeSet;

use super::{Built, LockedPackageReport, Run};
use crate::error::Error;
use crate::ops::overlay::OverlayFile;
use crate::options::Options;
use crate::overlay::Block;
use crate::project::PythonName;
use crate::python_lock::PythonLockError;
use crate::warning::Warning;

/// The packages that are taken from nixpkgs: by a stanza of the file, or by the
/// configuration, from which `check --fix` writes the stanza.
pub(super) struct Prebuilt {
    stanzas: BTreeSet<PythonName>,
    configured: BTreeSet<PythonName>,
}

impl Prebuilt {
    pub(super) fn find(run: Run, file: &OverlayFile) -> Self {
        let blocks = file.document().blocks().iter();
        let stanzas = blocks.filter(|block| is_prebuilt(block));
        let configured = run.layers.prebuilt.iter();
        Self {
            stanzas: stanzas.map(|block| PythonName::new(&block.name)).collect(),
            configured: configured.map(|name| PythonName::new(name)).collect(),
        }
    }

    /// Tells whether the package is never built from the lock's source.
    pub(super) fn has(&self, name: &PythonName) -> bool {
        self.stanzas.contains(name) || self.configured.contains(name)
    }

    /// Reports the packages that uv2nix refuses: an error if it does on each
    /// platform that needs the package, else a warning.
    pub(super) fn judge(&self, packages: &mut [LockedPackageReport]) {
        for package in packages {
            if self.stanzas.contains(&PythonName::new(&package.name)) {
                for build in &mut package.builds {
                    build.built = Built::Prebuilt;
                    "the overlay takes it from nixpkgs".clone_into(&mut build.why);
                }
                package.is_built = false;
            } else {
                judge(package);
            }
        }
    }
}

fn is_prebuilt(block: &Block) -> bool {
    let recipe = block.recipe.as_deref().unwrap_or("{}");
    let options: Options = serde_json::from_str(recipe).unwrap_or_default();
    options.nixpkgs.prebuilt.is_some()
}

fn judge(package: &mut LockedPackageReport) {
    let builds = package.builds.iter();
    let (refused, other): (Vec<_>, Vec<_>) =
        builds.partition(|build| build.built == Built::Impossible);
    let Some(first) = refused.first() else {
        return;
    };
    let (name, why) = (package.name.clone(), first.why.clone());
    if other.is_empty() {
        if package.error.is_none() {
            let error = Error::from(PythonLockError::Impossible { name, why });
            package.error = Some((&error).into());
        }
        return;
    }
    let platforms = refused.iter().flat_map(|build| build.platforms.clone());
    package.warnings.push(Warning::ImpossibleOnPlatforms {
        platforms: platforms.collect(),
        name,
        why,
    });
}

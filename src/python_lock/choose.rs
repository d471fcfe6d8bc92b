//! Whether an environment has a package as a wheel or builds it, by uv2nix's
//! rules.

use thiserror::Error;

use super::environment::Environment;
use super::model::{LockedPackage, LockedSource, url_file_name};
use super::settings::{Preference, UvSettings};

/// In which form an environment has a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum PackageFormat {
    /// The wheel of that file name.
    Wheel(String),
    /// Built from source.
    Source(SourceReason),
    /// A virtual project: only its dependencies are there.
    Virtual,
    /// uv2nix refuses the package.
    Impossible(Refusal),
}

/// Why a package is built from source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum SourceReason {
    NoWheel,
    NoFittingWheel,
    NoBinary,
    NoBinaryPackage,
    /// Sdists are preferred.
    Preferred,
    Git,
    Url,
    Path,
    Local,
}

impl SourceReason {
    /// Returns whether the kind of the package's source is the reason.
    pub const fn is_by_source(self) -> bool {
        matches!(self, Self::Git | Self::Url | Self::Path | Self::Local)
    }

    pub const fn describe(self) -> &'static str {
        match self {
            Self::NoWheel => "no wheel in the lockfile",
            Self::NoFittingWheel => "no compatible wheel",
            Self::NoBinary => "`tool.uv.no-binary`",
            Self::NoBinaryPackage => "`tool.uv.no-binary-package`",
            Self::Preferred => "sdists are preferred",
            Self::Git => "from git",
            Self::Url => "archive at a URL",
            Self::Path => "local archive",
            Self::Local => "local project",
        }
    }
}

/// Why uv2nix refuses a package.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Error)]
pub enum Refusal {
    #[error("both `no-binary-package` and `no-build-package` name it")]
    Contradiction,
    #[error("its wheel doesn't fit, and is no source to build")]
    OnlyUnfittingWheel,
    #[error("no wheel fits, and the lock has no sdist")]
    NoSdist,
    #[error("`no-binary` forbids its wheel")]
    NoBinary,
    #[error("`no-binary-package` forbids its wheel")]
    NoBinaryPackage,
    #[error("`no-build-package` forbids to build it")]
    NoBuildPackage,
}

/// Chooses the format of a package as uv2nix does.
pub fn choose_format(
    package: &LockedPackage,
    environment: Environment,
    settings: &UvSettings,
    preference: Preference,
) -> PackageFormat {
    let rules = Rules::of(package, settings, preference);
    if rules.no_binary_package && rules.no_build_package {
        return PackageFormat::Impossible(Refusal::Contradiction);
    }
    let wheel = best_wheel(package, environment);
    let format = match &package.source {
        LockedSource::Virtual(_) => return PackageFormat::Virtual,
        LockedSource::Directory(_) | LockedSource::Editable(_) => {
            return PackageFormat::Source(SourceReason::Local);
        }
        LockedSource::Git { .. } => PackageFormat::Source(SourceReason::Git),
        LockedSource::Url { url, .. } => match &package.sdist {
            Some(_) => PackageFormat::Source(SourceReason::Url),
            None => PackageFormat::Wheel(url_file_name(url)),
        },
        LockedSource::Path(_) => match wheel {
            Some(wheel) => PackageFormat::Wheel(wheel),
            None if package.wheels.is_empty() => PackageFormat::Source(SourceReason::Path),
            None => return PackageFormat::Impossible(Refusal::OnlyUnfittingWheel),
        },
        LockedSource::Registry(_) => match (wheel, &package.sdist) {
            (Some(wheel), Some(_)) if rules.prefers_wheel() => PackageFormat::Wheel(wheel),
            (Some(wheel), None) => PackageFormat::Wheel(wheel),
            (None, None) => PackageFormat::Impossible(Refusal::NoSdist),
            (wheel, Some(_)) => {
                PackageFormat::Source(rules.source_reason(package, wheel.is_some()))
            }
        },
    };
    match rules.refusal(&format) {
        Some(refusal) => PackageFormat::Impossible(refusal),
        None => format,
    }
}

/// What the settings say about a package.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
struct Rules {
    no_build: bool,
    no_binary: bool,
    no_binary_package: bool,
    no_build_package: bool,
    preference: Preference,
}

impl Rules {
    fn of(package: &LockedPackage, settings: &UvSettings, preference: Preference) -> Self {
        let name = package.name.as_str();
        Self {
            no_build: settings.no_build == Some(true),
            no_binary: settings.no_binary == Some(true),
            no_binary_package: settings.no_binary_package.contains(name),
            no_build_package: settings.no_build_package.contains(name),
            preference,
        }
    }

    fn prefers_wheel(&self) -> bool {
        let forbids_wheel = self.no_binary || self.no_binary_package;
        let is_wheel_preferred = self.no_build_package || self.preference == Preference::Wheel;
        self.no_build || (!forbids_wheel && is_wheel_preferred)
    }

    const fn source_reason(
        &self,
        package: &LockedPackage,
        has_fitting_wheel: bool,
    ) -> SourceReason {
        if package.wheels.is_empty() {
            SourceReason::NoWheel
        } else if !has_fitting_wheel {
            SourceReason::NoFittingWheel
        } else if self.no_binary {
            SourceReason::NoBinary
        } else if self.no_binary_package {
            SourceReason::NoBinaryPackage
        } else {
            SourceReason::Preferred
        }
    }

    /// Returns why the settings forbid the format; uv2nix then throws.
    const fn refusal(&self, format: &PackageFormat) -> Option<Refusal> {
        match format {
            PackageFormat::Wheel(_) if self.no_binary => Some(Refusal::NoBinary),
            PackageFormat::Wheel(_) if self.no_binary_package => Some(Refusal::NoBinaryPackage),
            PackageFormat::Source(_) if self.no_build_package => Some(Refusal::NoBuildPackage),
            _ => None,
        }
    }
}

fn best_wheel(package: &LockedPackage, environment: Environment) -> Option<String> {
    let fitting = package.wheels.iter().filter(|name| name.fits(environment));
    let best = fitting.min_by(|a, b| a.order(b, environment));
    best.map(|name| name.file_name.clone())
}

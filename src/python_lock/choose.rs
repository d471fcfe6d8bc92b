//! Whether an environment has a package as a wheel, or builds it.

use super::{Environment, LockedPackage, PackageSource, Preference, UvSettings};

/// What an environment has of a package.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Built {
    /// A wheel, by its file name.
    Wheel(String),
    /// A build of its source.
    Source(Why),
    /// Nothing: a virtual project has its dependencies alone.
    Nothing,
    /// Nothing that uv2nix could make; why.
    Impossible(String),
}

/// Why a package is built from source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// The lock has no wheel of it.
    NoWheel,
    /// None of its wheels fits.
    NoFittingWheel,
    /// `tool.uv.no-binary` says so.
    NoBinary,
    /// `tool.uv.no-binary-package` says so.
    NoBinaryPackage,
    /// Sdists are preferred.
    Preferred,
    /// It is from a git repository.
    Git,
    /// It is from an archive at a URL.
    Url,
    /// It is from an archive of the user's.
    Path,
    /// It is a project of the user's.
    Local,
}

impl Why {
    /// Whether the kind of the package's source says so.
    #[must_use]
    pub const fn is_by_source(self) -> bool {
        matches!(self, Self::Git | Self::Url | Self::Path | Self::Local)
    }

    /// In words.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::NoWheel => "the lock has no wheel",
            Self::NoFittingWheel => "no wheel fits",
            Self::NoBinary => "`tool.uv.no-binary`",
            Self::NoBinaryPackage => "`tool.uv.no-binary-package`",
            Self::Preferred => "sdists are preferred",
            Self::Git => "from git",
            Self::Url => "an archive at a URL",
            Self::Path => "an archive by path",
            Self::Local => "a local project",
        }
    }
}

/// Chooses as uv2nix does.
#[must_use]
pub fn choose(
    package: &LockedPackage,
    environment: Environment,
    settings: &UvSettings,
    preference: Preference,
) -> Built {
    let forced = Forced::of(package, settings, preference);
    if forced.no_binary_package && forced.no_build_package {
        let message = "both `no-binary-package` and `no-build-package` name it";
        return Built::Impossible(message.to_owned());
    }
    let wheel = best_wheel(package, environment);
    let built = match &package.source {
        PackageSource::Virtual(_) => return Built::Nothing,
        PackageSource::Directory(_) | PackageSource::Editable(_) => {
            return Built::Source(Why::Local);
        }
        PackageSource::Git { .. } => Built::Source(Why::Git),
        PackageSource::Url { url, .. } => match &package.sdist {
            Some(_) => Built::Source(Why::Url),
            None => Built::Wheel(super::url_file_name(url)),
        },
        PackageSource::Path(_) => match wheel {
            Some(wheel) => Built::Wheel(wheel),
            None if package.wheels.is_empty() => Built::Source(Why::Path),
            None => {
                let message = "its wheel doesn't fit, and is no source to build";
                return Built::Impossible(message.to_owned());
            }
        },
        PackageSource::Registry(_) => match (wheel, &package.sdist) {
            (Some(wheel), Some(_)) if forced.prefers_wheel() => Built::Wheel(wheel),
            (Some(wheel), None) => Built::Wheel(wheel),
            (None, None) => {
                let message = "no wheel fits, and the lock has no sdist";
                Built::Impossible(message.to_owned())
            }
            (wheel, Some(_)) => Built::Source(forced.why(package, wheel.is_some())),
        },
    };
    forced.allowed(built, settings)
}

/// What the settings say of a package.
#[expect(clippy::struct_excessive_bools, reason = "each is a setting")]
struct Forced {
    no_build: bool,
    no_binary: bool,
    no_binary_package: bool,
    no_build_package: bool,
    preference: Preference,
}

impl Forced {
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
        if self.no_build {
            true
        } else if self.no_binary || self.no_binary_package {
            false
        } else {
            self.no_build_package || self.preference == Preference::Wheel
        }
    }

    const fn why(&self, package: &LockedPackage, has_fitting: bool) -> Why {
        if package.wheels.is_empty() {
            Why::NoWheel
        } else if !has_fitting {
            Why::NoFittingWheel
        } else if self.no_binary {
            Why::NoBinary
        } else if self.no_binary_package {
            Why::NoBinaryPackage
        } else {
            Why::Preferred
        }
    }

    /// uv2nix throws where the outcome is one that the settings forbid.
    fn allowed(&self, built: Built, settings: &UvSettings) -> Built {
        let forbidden = match &built {
            Built::Wheel(_) if settings.no_binary == Some(true) => "`no-binary` forbids its wheel",
            Built::Wheel(_) if self.no_binary_package => "`no-binary-package` forbids its wheel",
            Built::Source(_) if self.no_build_package => "`no-build-package` forbids to build it",
            _ => return built,
        };
        Built::Impossible(forbidden.to_owned())
    }
}

fn best_wheel(package: &LockedPackage, environment: Environment) -> Option<String> {
    let names = package.wheels.iter().map(|wheel| &wheel.name);
    let fitting = names.filter(|name| name.fits(environment));
    let best = fitting.min_by(|a, b| a.order(b, environment));
    best.map(|name| name.file_name.clone())
}

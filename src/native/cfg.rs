//! What `cfg(...)` is true of on a platform, as rustc says it.

use cargo_platform::{Cfg, CfgExpr, Ident};

use crate::target::Platform;

/// The names and values that rustc sets for a platform, and the features of
/// a crate. What a build script of its own sets isn't there.
#[derive(Debug, Clone)]
pub struct CfgSet {
    triple: &'static str,
    cfgs: Vec<Cfg>,
}

/// What holds on every one of the platforms.
const EVERYWHERE: &str = "\
    panic=\"unwind\" target_abi=\"\" target_endian=\"little\" target_family=\"unix\" \
    target_has_atomic=\"16\" target_has_atomic=\"32\" target_has_atomic=\"64\" \
    target_has_atomic=\"8\" target_has_atomic=\"ptr\" target_pointer_width=\"64\" unix";

const LINUX: &str = "target_env=\"gnu\" target_os=\"linux\" target_vendor=\"unknown\"";
const DARWIN: &str = "target_env=\"\" target_os=\"macos\" target_vendor=\"apple\"";

/// The features of the processor that crates depend on others by.
const X86_64: &str = "target_arch=\"x86_64\" target_feature=\"fxsr\" target_feature=\"sse\" \
    target_feature=\"sse2\"";
const AARCH64: &str = "target_arch=\"aarch64\" target_feature=\"neon\"";

impl CfgSet {
    /// What rustc sets for a platform.
    #[must_use]
    pub fn of(platform: Platform) -> Self {
        let system = if platform.is_linux() { LINUX } else { DARWIN };
        let machine = if platform.is_x86_64() {
            X86_64
        } else {
            AARCH64
        };
        let words = [EVERYWHERE, system, machine]
            .into_iter()
            .flat_map(str::split_whitespace);
        Self {
            triple: platform.triple(),
            cfgs: words.filter_map(|word| word.parse().ok()).collect(),
        }
    }

    /// The same with a crate's features.
    #[must_use]
    pub fn with_features<'a>(&self, features: impl IntoIterator<Item = &'a str>) -> Self {
        let name = || Ident {
            name: "feature".to_owned(),
            raw: false,
        };
        let features = features
            .into_iter()
            .map(|feature| Cfg::KeyPair(name(), feature.to_owned()));
        Self {
            triple: self.triple,
            cfgs: self.cfgs.iter().cloned().chain(features).collect(),
        }
    }

    /// Whether the target of a dependency is this platform: a `cfg(...)`, or
    /// rustc's name.
    #[must_use]
    pub fn is_target(&self, target: &cargo_platform::Platform) -> bool {
        target.matches(self.triple, &self.cfgs)
    }

    /// Whether a condition holds.
    #[must_use]
    pub fn holds(&self, condition: &CfgExpr) -> bool {
        condition.matches(&self.cfgs)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Platform::{Aarch64Darwin, Aarch64Linux, X86_64Linux};

    #[test]
    fn targets_are_told_apart() {
        let is_target =
            |platform, target: &str| CfgSet::of(platform).is_target(&target.parse().unwrap());
        assert!(is_target(
            X86_64Linux,
            "cfg(all(unix, not(target_os = \"macos\")))"
        ));
        assert!(is_target(Aarch64Darwin, "cfg(target_vendor = \"apple\")"));
        assert!(is_target(Aarch64Linux, "aarch64-unknown-linux-gnu"));
        assert!(!is_target(Aarch64Linux, "x86_64-unknown-linux-gnu"));
        assert!(!is_target(X86_64Linux, "cfg(windows)"));
        assert!(!is_target(X86_64Linux, "cfg(set_by_a_build_script)"));
    }

    #[test]
    fn features_count() {
        let cfgs = CfgSet::of(X86_64Linux).with_features(["a"]);
        assert!(cfgs.holds(&"feature = \"a\"".parse().unwrap()));
        assert!(!cfgs.holds(&"all(unix, feature = \"b\")".parse().unwrap()));
    }
}

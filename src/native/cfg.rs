//! Evaluates `cfg(...)` for a platform, as rustc does.

use cargo_platform::{Cfg, CfgExpr, Ident};
use serde::{Deserialize, Serialize};

use crate::target::Platform;

/// The `cfg`s that rustc sets for a platform, and the features of a crate.
/// Those that a build script sets are missing.
#[derive(Debug, Clone)]
pub struct CfgSet {
    triple: &'static str,
    cfgs: Vec<Cfg>,
}

/// The `cfg`s that all platforms have.
const COMMON: &str = "\
    panic=\"unwind\" target_abi=\"\" target_endian=\"little\" target_family=\"unix\" \
    target_has_atomic=\"16\" target_has_atomic=\"32\" target_has_atomic=\"64\" \
    target_has_atomic=\"8\" target_has_atomic=\"ptr\" target_pointer_width=\"64\" unix";

const LINUX: &str = "target_env=\"gnu\" target_os=\"linux\" target_vendor=\"unknown\"";
const DARWIN: &str = "target_env=\"\" target_os=\"macos\" target_vendor=\"apple\"";

/// Of the processor's features, those that crates select dependencies by.
const X86_64: &str = "target_arch=\"x86_64\" target_feature=\"fxsr\" target_feature=\"sse\" \
    target_feature=\"sse2\"";
const AARCH64: &str = "target_arch=\"aarch64\" target_feature=\"neon\"";

impl CfgSet {
    /// The `cfg`s of a platform, without features.
    pub fn of(platform: Platform) -> Self {
        let system = if platform.is_linux() { LINUX } else { DARWIN };
        let machine = if platform.is_x86_64() {
            X86_64
        } else {
            AARCH64
        };
        let cfgs = [COMMON, system, machine]
            .into_iter()
            .flat_map(str::split_whitespace)
            .filter_map(|word| word.parse().ok());
        Self {
            triple: platform.triple(),
            cfgs: cfgs.collect(),
        }
    }

    /// Adds the features of a crate.
    #[must_use]
    pub fn with_features<'a>(&self, features: impl IntoIterator<Item = &'a str>) -> Self {
        let features = features.into_iter().map(|feature| {
            let name = Ident {
                name: "feature".to_owned(),
                raw: false,
            };
            Cfg::KeyPair(name, feature.to_owned())
        });
        Self {
            triple: self.triple,
            cfgs: self.cfgs.iter().cloned().chain(features).collect(),
        }
    }

    /// Whether the platform is the target of a dependency, which is a
    /// `cfg(...)` or a triple.
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

/// A condition in the syntax of `cfg(...)`, as text and parsed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct CfgCondition {
    text: String,
    /// `None` if the text is not a condition.
    expr: Option<CfgExpr>,
}

/// Upper bound on parentheses within one another.
const MAX_DEPTH: usize = 100;

/// Whether a condition may be parsed: the parser recurses into parentheses.
pub fn is_shallow(condition: &str) -> bool {
    let mut open = 0_usize;
    condition.bytes().all(|byte| {
        match byte {
            b'(' => open += 1,
            b')' => open = open.saturating_sub(1),
            _ => {}
        }
        open <= MAX_DEPTH
    })
}

impl From<String> for CfgCondition {
    fn from(text: String) -> Self {
        let expr = is_shallow(&text).then(|| text.parse().ok()).flatten();
        Self { text, expr }
    }
}

impl From<CfgCondition> for String {
    fn from(condition: CfgCondition) -> Self {
        condition.text
    }
}

impl CfgCondition {
    /// Whether the condition holds beyond doubt: it must be understood, and
    /// ask only for features and for what rustc sets. A `cfg` that a build
    /// script sets may depend on the compiler.
    pub fn certainly_holds(&self, cfgs: &CfgSet) -> bool {
        let is_known = |name: &str| {
            matches!(name, "feature" | "unix" | "windows") || name.starts_with("target_")
        };
        let expr = self.expr.as_ref();
        expr.is_some_and(|expr| !mentions(expr, &|name| !is_known(name)) && cfgs.holds(expr))
    }

    /// Whether the condition may hold: it does if it isn't understood, or if
    /// it asks for a feature and those aren't known.
    pub fn may_hold(&self, cfgs: &CfgSet, knows_features: bool) -> bool {
        let Some(expr) = &self.expr else {
            return true;
        };
        (!knows_features && mentions(expr, &|name| name == "feature")) || cfgs.holds(expr)
    }
}

/// Whether a condition has a name for which `is_it` holds.
fn mentions(condition: &CfgExpr, is_it: &impl Fn(&str) -> bool) -> bool {
    match condition {
        CfgExpr::Not(inner) => mentions(inner, is_it),
        CfgExpr::All(all) | CfgExpr::Any(all) => all.iter().any(|inner| mentions(inner, is_it)),
        CfgExpr::Value(Cfg::Name(name) | Cfg::KeyPair(name, _)) => is_it(name.as_str()),
        CfgExpr::True | CfgExpr::False => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use Platform::{Aarch64Darwin, Aarch64Linux, X86_64Linux};

    #[test]
    fn deep_conditions_are_not_parsed() {
        let condition = |depth: usize| {
            let text = format!("{}unix{}", "not(".repeat(depth), ")".repeat(depth));
            CfgCondition::from(text)
        };
        let cfgs = CfgSet::of(X86_64Linux);
        assert!(condition(MAX_DEPTH).certainly_holds(&cfgs));
        for depth in [MAX_DEPTH + 2, 100_000] {
            let condition = condition(depth);
            assert!(condition.may_hold(&cfgs, true) && !condition.certainly_holds(&cfgs));
        }
    }

    #[test]
    fn targets_are_cfgs_or_triples() {
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
    fn features_are_cfgs() {
        let cfgs = CfgSet::of(X86_64Linux).with_features(["a"]);
        assert!(cfgs.holds(&"feature = \"a\"".parse().unwrap()));
        assert!(!cfgs.holds(&"all(unix, feature = \"b\")".parse().unwrap()));
    }

    #[test]
    fn unknown_features_may_be_on() {
        let cfgs = CfgSet::of(X86_64Linux);
        let holds = |text: &str, knows_features| {
            CfgCondition::from(text.to_owned()).may_hold(&cfgs, knows_features)
        };
        assert!(holds("all(unix, feature = \"a\")", false));
        assert!(!holds("all(unix, feature = \"a\")", true));
        assert!(!holds("target_feature = \"avx\"", false));
        assert!(holds("(", true));
    }
}

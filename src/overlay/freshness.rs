//! Whether a stanza is what would be written today, and if not, why.

use std::fmt;

use camino::Utf8Path;
use serde::{Serialize, Serializer};

use super::edits::quoted;
use super::{Block, Digests};

/// What a stanza would be made from today.
#[derive(Debug, Clone, Copy)]
pub struct Wanted<'a> {
    /// Where the stanza comes from.
    pub from: MadeFrom<'a>,
    /// The version today, if it is known.
    pub version: Option<&'a str>,
    /// The digests today; those of the text and of the lines to keep aren't
    /// used.
    pub digests: &'a Digests,
    /// How today's recipe differs from that of the stanza.
    pub recipe: RecipeChange,
}

/// Where a stanza comes from, which decides what is compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MadeFrom<'a> {
    /// A project folder or an sdist.
    Project,
    /// An entry of a lock of Python packages, at this path.
    PythonLock(&'a Utf8Path),
    /// nixpkgs.
    Nixpkgs,
}

/// How a recipe differs from that of a stanza.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RecipeChange {
    /// Not at all.
    None,
    /// The path changed, for example to the sdist of a new release; other keys
    /// may have changed as well.
    Moved,
    /// Keys other than the path changed.
    Changed,
}

/// Why a stanza isn't what would be written today.
///
/// [`Display`](fmt::Display) gives the words that users read, in JSON as well.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// The package has another version; `None` is one that isn't known.
    VersionChanged {
        from: Option<String>,
        to: Option<String>,
    },
    /// The files of a project that decide about its stanza changed.
    SourceChanged,
    /// The project's build system changed.
    BuildSystemChanged,
    /// What the lock of Python packages says about the package changed.
    PythonLockChanged { path: String },
    /// What the lock of Python packages says about the dependencies of a
    /// package from nixpkgs changed.
    DependenciesChanged,
    /// The `Cargo.lock` changed.
    CargoLockChanged,
    /// The `Cargo.lock` next to the overlay changed.
    LockBesideChanged,
    /// The configuration asks for another recipe.
    ConfigurationChanged,
    /// The recipe for the packages of the lock is another one.
    OptionsChanged,
    /// This program makes it by other rules.
    RulesChanged,
    /// The stanza was moved out of the set that made it safe for packages that
    /// the package set lacks.
    GuardMissing,
    /// The stanza uses names that aren't in scope, so that Nix refuses the file.
    Unbound { names: String },
    /// Lines to keep were added or removed.
    KeptLinesChanged,
    /// The user changed the text.
    EditedByHand,
    /// The stanza has no digests to compare.
    NoDigests,
}

/// Compares a stanza with what it would be made from today. It is fresh if
/// there is no reason to write it again.
#[must_use]
pub fn freshness(block: &Block, wanted: &Wanted) -> Vec<Reason> {
    let mut reasons = Vec::new();
    if let Some(old) = &block.digests {
        source_reasons(block, old, wanted, &mut reasons);
        if old.rules != wanted.digests.rules {
            reasons.push(Reason::RulesChanged);
        }
        let is_changed = match wanted.recipe {
            RecipeChange::None => false,
            // What is different about another source is a better reason.
            RecipeChange::Moved => reasons.is_empty(),
            RecipeChange::Changed => true,
        };
        if is_changed {
            reasons.push(match wanted.from {
                MadeFrom::PythonLock(_) => Reason::OptionsChanged,
                MadeFrom::Project | MadeFrom::Nixpkgs => Reason::ConfigurationChanged,
            });
        }
        if block.lacks_guard() {
            reasons.push(Reason::GuardMissing);
        }
        if old.kept != block.kept_digest() {
            reasons.push(Reason::KeptLinesChanged);
        }
    } else {
        reasons.push(Reason::NoDigests);
    }
    if !block.unbound.is_empty() {
        let names = quoted(&block.unbound);
        reasons.push(Reason::Unbound { names });
    }
    if block.is_edited() {
        reasons.push(Reason::EditedByHand);
    }
    reasons
}

/// Adds what changed in the source of a stanza.
fn source_reasons(block: &Block, old: &Digests, wanted: &Wanted, reasons: &mut Vec<Reason>) {
    let new = wanted.digests;
    let is_changed = old.source != new.source;
    let (was, is) = (block.version.as_deref(), wanted.version);
    let has_other_version = was.is_some() && is.is_some() && was != is;
    let version_changed = || Reason::VersionChanged {
        from: was.map(str::to_owned),
        to: is.map(str::to_owned),
    };
    match wanted.from {
        MadeFrom::Project => {
            if has_other_version {
                reasons.push(version_changed());
            }
            if old.cargo_lock != new.cargo_lock {
                reasons.push(Reason::CargoLockChanged);
            }
            if is_changed && !new.build.is_empty() && old.build != new.build {
                reasons.push(Reason::BuildSystemChanged);
            }
            if is_changed && reasons.is_empty() {
                reasons.push(Reason::SourceChanged);
            }
        }
        MadeFrom::PythonLock(path) => {
            // The lock may lag behind the version of a project of the user's.
            if is_changed && has_other_version {
                reasons.push(version_changed());
            } else if is_changed {
                let path = path.to_string();
                reasons.push(Reason::PythonLockChanged { path });
            }
            if old.cargo_lock != new.cargo_lock {
                reasons.push(Reason::LockBesideChanged);
            }
        }
        MadeFrom::Nixpkgs => {
            if was != is {
                reasons.push(version_changed());
            } else if is_changed {
                reasons.push(Reason::DependenciesChanged);
            }
        }
    }
}

impl fmt::Display for Reason {
    fn fmt(&self, f: &mut fmt::Formatter) -> fmt::Result {
        let version = |version: &Option<String>| version.as_deref().unwrap_or("none").to_owned();
        match self {
            Self::VersionChanged { from, to } => {
                let (from, to) = (version(from), version(to));
                write!(f, "the version changed from {from} to {to}")
            }
            Self::SourceChanged => f.write_str("the project's manifests or build scripts changed"),
            Self::BuildSystemChanged => f.write_str("the build system changed"),
            Self::PythonLockChanged { path } => write!(f, "its entry in `{path}` changed"),
            Self::DependenciesChanged => {
                f.write_str("its dependencies in the lockfile changed")
            }
            Self::CargoLockChanged => f.write_str("`Cargo.lock` changed"),
            Self::LockBesideChanged => f.write_str("the `Cargo.lock` next to the overlay changed"),
            Self::ConfigurationChanged => f.write_str("the configuration changed"),
            Self::OptionsChanged => f.write_str("the options in its `from` mark changed"),
            Self::RulesChanged => f.write_str("cargo-pyhack's rules changed"),
            Self::GuardMissing => f.write_str(
                "it was moved out of `builtins.intersectAttrs prev`, and has no guard (`prev ? NAME`)",
            ),
            Self::Unbound { names } if names.contains(' ') => {
                write!(f, "it uses {names}, which aren't in scope there")
            }
            Self::Unbound { names } => {
                write!(f, "it uses {names}, which isn't in scope there")
            }
            Self::KeptLinesChanged => f.write_str("its kept lines changed"),
            Self::EditedByHand => f.write_str("it was edited by hand"),
            Self::NoDigests => f.write_str("its `made` mark has no digests"),
        }
    }
}

impl Serialize for Reason {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{digests, parse, written};
    use super::*;

    const LOCK: &str = "uv.lock";

    /// A stanza that is made from other things than these, with this text in
    /// place of `a = 1;`.
    struct Case<'a> {
        from: MadeFrom<'a>,
        version: Option<&'a str>,
        change: fn(&mut Digests),
        recipe: RecipeChange,
        text: &'a str,
    }

    impl Default for Case<'_> {
        fn default() -> Self {
            Self {
                from: MadeFrom::Project,
                version: Some("1.0"),
                change: |_| {},
                recipe: RecipeChange::None,
                text: "a = 1;",
            }
        }
    }

    impl Case<'_> {
        fn reasons(&self) -> Vec<String> {
            let document = parse(&written(&["a"]).replace("a = 1;", self.text));
            let mut digests = digests();
            (self.change)(&mut digests);
            let wanted = Wanted {
                from: self.from,
                version: self.version,
                digests: &digests,
                recipe: self.recipe,
            };
            let reasons = freshness(&document.blocks()[0], &wanted);
            reasons.iter().map(ToString::to_string).collect()
        }
    }

    fn lock() -> MadeFrom<'static> {
        MadeFrom::PythonLock(LOCK.into())
    }

    #[test]
    fn what_would_be_written_again_is_fresh() {
        for from in [MadeFrom::Project, lock(), MadeFrom::Nixpkgs] {
            let fresh = Case {
                from,
                ..Case::default()
            };
            assert!(fresh.reasons().is_empty(), "{from:?}");
            let unknown = Case {
                change: |digests| digests.build.clear(),
                ..fresh
            };
            assert!(unknown.reasons().is_empty(), "{from:?}");
        }
    }

    #[test]
    fn a_project_s_source_is_told_by_the_best_known_reason() {
        let changed: fn(&mut Digests) = |digests| digests.source = "other".to_owned();
        let case = Case {
            change: changed,
            ..Case::default()
        };
        let manifests = "the project's manifests or build scripts changed";
        assert_eq!(case.reasons(), [manifests]);
        let case = Case {
            version: Some("2.0"),
            ..case
        };
        assert_eq!(case.reasons(), ["the version changed from 1.0 to 2.0"]);
        let with_build: fn(&mut Digests) = |digests| {
            digests.source = "other".to_owned();
            digests.build = "other".to_owned();
        };
        let case = Case {
            change: with_build,
            version: None,
            ..case
        };
        assert_eq!(case.reasons(), ["the build system changed"]);
        let with_lock: fn(&mut Digests) = |digests| {
            digests.source = "other".to_owned();
            digests.cargo_lock = "other".to_owned();
        };
        let case = Case {
            change: with_lock,
            ..case
        };
        assert_eq!(case.reasons(), ["`Cargo.lock` changed"]);
        let case = Case {
            version: Some("2.0"),
            ..case
        };
        let both = [
            "the version changed from 1.0 to 2.0",
            "`Cargo.lock` changed",
        ];
        assert_eq!(case.reasons(), both);
    }

    #[test]
    fn another_build_system_of_the_same_source_is_no_reason() {
        let change: fn(&mut Digests) = |digests| digests.build = "other".to_owned();
        for from in [MadeFrom::Project, lock(), MadeFrom::Nixpkgs] {
            assert!(
                Case {
                    from,
                    change,
                    ..Case::default()
                }
                .reasons()
                .is_empty()
            );
        }
    }

    #[test]
    fn a_lock_s_entry_decides_and_not_the_version_in_it() {
        let lagging = Case {
            from: lock(),
            version: Some("0.9"),
            ..Case::default()
        };
        assert!(lagging.reasons().is_empty());
        let change: fn(&mut Digests) = |digests| digests.source = "other".to_owned();
        let case = Case { change, ..lagging };
        assert_eq!(case.reasons(), ["the version changed from 1.0 to 0.9"]);
        for version in [Some("1.0"), None] {
            let case = Case {
                from: lock(),
                version,
                change,
                ..Case::default()
            };
            assert_eq!(case.reasons(), ["its entry in `uv.lock` changed"]);
        }
        let change: fn(&mut Digests) = |digests| digests.cargo_lock = "other".to_owned();
        let case = Case {
            from: lock(),
            change,
            ..Case::default()
        };
        assert_eq!(
            case.reasons(),
            ["the `Cargo.lock` next to the overlay changed"]
        );
    }

    #[test]
    fn a_package_of_nixpkgs_depends_on_its_version_and_dependencies() {
        let from = MadeFrom::Nixpkgs;
        let lock: fn(&mut Digests) = |digests| digests.cargo_lock = "other".to_owned();
        let case = Case {
            from,
            change: lock,
            ..Case::default()
        };
        assert!(case.reasons().is_empty());
        let change: fn(&mut Digests) = |digests| digests.source = "other".to_owned();
        let case = Case {
            from,
            change,
            ..Case::default()
        };
        assert_eq!(case.reasons(), ["its dependencies in the lockfile changed"]);
        let case = Case {
            version: None,
            ..case
        };
        assert_eq!(case.reasons(), ["the version changed from 1.0 to none"]);
    }

    #[test]
    fn rules_count_for_all_stanzas() {
        let change: fn(&mut Digests) = |digests| digests.rules = "other".to_owned();
        for from in [MadeFrom::Project, lock(), MadeFrom::Nixpkgs] {
            let case = Case {
                from,
                change,
                ..Case::default()
            };
            assert_eq!(case.reasons(), ["cargo-pyhack's rules changed"]);
        }
    }

    #[test]
    fn another_recipe_is_told_by_where_it_is() {
        for (from, expected) in [
            (MadeFrom::Project, "the configuration changed"),
            (MadeFrom::Nixpkgs, "the configuration changed"),
            (lock(), "the options in its `from` mark changed"),
        ] {
            let case = Case {
                from,
                recipe: RecipeChange::Changed,
                ..Case::default()
            };
            assert_eq!(case.reasons(), [expected]);
        }
    }

    #[test]
    fn a_source_that_moved_is_told_by_what_changed_in_it() {
        let case = Case {
            recipe: RecipeChange::Moved,
            ..Case::default()
        };
        assert_eq!(case.reasons(), ["the configuration changed"]);
        let change: fn(&mut Digests) = |digests| digests.cargo_lock = "other".to_owned();
        let case = Case { change, ..case };
        assert_eq!(case.reasons(), ["`Cargo.lock` changed"]);
    }

    #[test]
    fn what_the_user_did_is_told_last() {
        let change: fn(&mut Digests) = |digests| digests.cargo_lock = "other".to_owned();
        let case = Case {
            change,
            text: "a = 2;\n  b = 1; # pyhack: keep",
            ..Case::default()
        };
        let expected = [
            "`Cargo.lock` changed",
            "its kept lines changed",
            "it was edited by hand",
        ];
        assert_eq!(case.reasons(), expected);
    }

    #[test]
    fn a_stanza_that_was_moved_out_of_its_set_lacks_a_guard() {
        let text = written(&["a"]).replace(" text=", " guard=set text=");
        let moved = |head: &str| text.replace("final: prev: {", &format!("final: prev: {head} {{"));
        for (text, is_safe) in [
            (moved("builtins.intersectAttrs prev"), true),
            (moved("intersectAttrs prev"), true),
            (moved("let x = 1; in lib.intersectAttrs (prev)"), true),
            (moved("builtins.intersectAttrs prev rec"), true),
            (moved("builtins.intersectAttrs final"), false),
            (moved("builtins.intersectAttrs { }"), false),
            (moved("lib.optionalAttrs true"), false),
            (moved("builtins.intersectAttrs prev { } //"), false),
            (text.clone(), false),
        ] {
            let document = parse(&text);
            let wanted = Wanted {
                from: MadeFrom::Project,
                version: None,
                digests: &digests(),
                recipe: RecipeChange::None,
            };
            let expected: &[Reason] = if is_safe {
                &[]
            } else {
                &[Reason::GuardMissing]
            };
            let found = freshness(&document.blocks()[0], &wanted);
            assert_eq!(found, expected, "{text}");
        }
    }

    #[test]
    fn without_digests_nothing_is_compared() {
        let text = |body: &str| format!("{{\n# pyhack: begin a\n{body}# pyhack: end a\n}}\n");
        let digests = digests();
        let wanted = Wanted {
            from: MadeFrom::Project,
            version: None,
            digests: &digests,
            recipe: RecipeChange::Changed,
        };
        let place = parse(&text(""));
        assert_eq!(freshness(&place.blocks()[0], &wanted), [Reason::NoDigests]);
        let own = parse(&text("a = 1;\n"));
        let expected = [Reason::NoDigests, Reason::EditedByHand];
        assert_eq!(freshness(&own.blocks()[0], &wanted), expected);
    }

    #[test]
    fn json_has_the_words() {
        let reason = Reason::PythonLockChanged {
            path: "uv.lock".to_owned(),
        };
        let json = serde_json::to_string(&[reason]).unwrap();
        assert_eq!(json, "[\"its entry in `uv.lock` changed\"]");
    }
}

//! The native inputs of a stanza, and why each is there.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::Facts;
use crate::native::needs::Needed;
use crate::native::{DependencyPath, EnvValue, Explainer, NativeInput, NativeVariable};
use crate::nix::Stanza;
use crate::options::{Additions, Attribute, ExtraOptions};
use crate::project::PythonName;
use crate::python_native::{PythonNative, PythonNeed};
use crate::target::Platform;

/// Attribute paths below `pkgs`, each with the platforms that it is for.
type Inputs = BTreeMap<String, BTreeSet<Platform>>;
/// Variables, their values, and the platforms that each is for.
type Variables = BTreeMap<String, BTreeMap<EnvValue, BTreeSet<Platform>>>;

/// Inputs and variables that the user's options add, by platform.
pub(super) struct ExtraRows {
    pub build_inputs: Inputs,
    pub native_build_inputs: Inputs,
    pub env: Variables,
}

impl ExtraRows {
    /// Makes the rows that the options add, for all platforms.
    pub(super) fn new(extra: &ExtraOptions, platforms: &BTreeSet<Platform>) -> Self {
        let inputs = |added: &Option<Additions<BTreeSet<Attribute>>>| -> Inputs {
            let added = added.iter().flat_map(|added| &added.values);
            added
                .map(|input| (input.below_pkgs().to_owned(), platforms.clone()))
                .collect()
        };
        let env = extra.env.iter().flat_map(|env| &env.values);
        let env = env.map(|(name, value)| {
            let value = EnvValue::Text(value.clone());
            let values = BTreeMap::from([(value, platforms.clone())]);
            (name.as_str().to_owned(), values)
        });
        Self {
            build_inputs: inputs(&extra.build_inputs),
            native_build_inputs: inputs(&extra.native_build_inputs),
            env: env.collect(),
        }
    }

    /// Sets a variable, unless the options do.
    pub(super) fn set_default(&mut self, name: &str, value: &str, platforms: &BTreeSet<Platform>) {
        let values = self.env.entry(name.to_owned());
        let value = EnvValue::Text(value.to_owned());
        values.or_insert_with(|| BTreeMap::from([(value, platforms.clone())]));
    }
}

/// Returns the shortest path from the module's crate to the one that needs an
/// input or a variable, for each of them.
pub(super) fn reasons(facts: &Facts) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    let Some(graph) = &facts.native.graph else {
        return found;
    };
    let builds = &facts.native.builds;
    for path in (Explainer { graph, builds }).all_needs() {
        for need in &path.needs {
            let name = need.what.name().to_owned();
            found.entry(name).or_insert_with(|| describe(&path));
        }
    }
    found
}

/// Formats a path as `native-tls > openssl-sys 0.9.118`, without the module's
/// own crate, and without the middle if it is long.
fn describe(path: &DependencyPath) -> String {
    const MOST: usize = 4;
    let names: Vec<&str> = path.crates.iter().map(|step| &*step.krate).collect();
    let version = path.crates.last().map_or("", |step| &*step.version);
    let text = match &names[..] {
        [own] => (*own).to_owned(),
        [_, rest @ ..] if rest.len() <= MOST => rest.join(" > "),
        [_, first, second, .., before, last] => [first, second, "...", before, last].join(" > "),
        _ => String::new(),
    };
    format!("{text} {version}")
}

/// Returns attributes and the platforms that they are for.
pub(super) fn attributes(inputs: &[NativeInput]) -> Inputs {
    let mut found = Inputs::new();
    for input in inputs {
        let platforms = found.entry(input.attr.clone()).or_default();
        platforms.extend(&input.origin.platforms);
    }
    found
}

/// Returns variables, their values, and the platforms that they are for. The
/// first of several values is used.
pub(super) fn variables(variables: &[NativeVariable]) -> Variables {
    let mut found = Variables::new();
    for variable in variables {
        let values = found.entry(variable.name.clone()).or_default();
        let taken: BTreeSet<Platform> = values
            .iter()
            .filter(|(value, _)| **value != variable.value)
            .flat_map(|(_, platforms)| platforms.iter().copied())
            .collect();
        let free: BTreeSet<_> = variable
            .origin
            .platforms
            .difference(&taken)
            .copied()
            .collect();
        if !free.is_empty() {
            values
                .entry(variable.value.clone())
                .or_default()
                .extend(free);
        }
    }
    found
}

/// Adds what a package's C code needs to a stanza, with the reasons as
/// comments.
pub(super) fn add_python_native(stanza: &mut Stanza, native: &PythonNative, comments: bool) {
    let add = |inputs: &mut Inputs, needs: &[PythonNeed]| {
        for need in needs {
            let platforms = inputs.entry(need.what.name().to_owned()).or_default();
            platforms.extend(&need.platforms);
        }
    };
    add(&mut stanza.build_inputs, &native.build_inputs);
    let mut programs = native.native_build_inputs.clone();
    if stanza.cargo.is_some() {
        // `importCargoLock` brings it.
        programs.retain(|need| need.what.name() != "pkg-config");
    }
    add(&mut stanza.native_build_inputs, &programs);
    for need in &native.env {
        if let Needed::Variable(name, value) = &need.what
            && !stanza.env.contains_key(name)
        {
            let values = BTreeMap::from([(value.clone(), need.platforms.clone())]);
            stanza.env.insert(name.clone(), values);
        }
    }
    // Both have the hook that runs cmake instead of the build backend.
    stanza.dont_use_cmake_configure |= stanza.native_build_inputs.contains_key("cmake")
        || stanza.build_system.contains_key(&PythonName::new("cmake"));
    if comments {
        for need in native.all() {
            if let Some(reason) = &need.reason {
                let reasons = stanza.reasons.entry(need.what.name().to_owned());
                reasons.or_insert_with(|| reason.clone());
            }
        }
    }
}

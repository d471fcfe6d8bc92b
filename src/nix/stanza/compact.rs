//! The layout of a stanza that only adds a build system. A lock has dozens of
//! them, so each takes four or five lines, whatever it requires.

use std::collections::BTreeSet;

use super::{Guard, Stanza};
use crate::nix::expr::Expr;
use crate::nix::ident::is_identifier;
use crate::nix::names::{Names, Role};
use crate::nix::print::print_inline;
use crate::project::SourceKind;

/// Upper bound on the length of a line, without the indentation of a stanza in
/// an overlay file.
const MAX_LINE: usize = 98;

/// An attribute in the layout of its own.
pub struct CompactStanza {
    name: String,
    /// The lines, each with its line break, indented relative to the first.
    pub text: String,
}

impl CompactStanza {
    /// An attribute that formatters leave on one line, to stand for the
    /// stanza while they lay out what is around it.
    pub fn placeholder(&self) -> String {
        format!("{0} = prev.{0};", self.name)
    }

    /// Replaces the text of the stanza by the placeholder, wherever it is.
    pub fn hide(&self, text: &str) -> String {
        let first = self.text.lines().next().unwrap_or_default();
        let Some(indentation) = text.lines().find_map(|line| {
            let rest = line.trim_start();
            (rest == first).then(|| &line[..line.len() - rest.len()])
        }) else {
            return text.to_owned();
        };
        let placeholder = format!("{indentation}{}\n", self.placeholder());
        text.replace(&self.indented(indentation), &placeholder)
    }

    /// Undoes [`CompactStanza::hide`] at the indentation that the placeholder
    /// has now.
    pub fn reveal(&self, text: &str) -> String {
        let placeholder = self.placeholder();
        let lines = text.split_inclusive('\n').map(|line| {
            if line.trim() != placeholder {
                return line.to_owned();
            }
            let indentation = &line[..line.len() - line.trim_start().len()];
            self.indented(indentation)
        });
        lines.collect()
    }

    fn indented(&self, indentation: &str) -> String {
        let lines = self.text.lines();
        lines.flat_map(|line| [indentation, line, "\n"]).collect()
    }
}

/// The stanza in its own layout, if a build system is all that it adds.
pub(in crate::nix) fn compact_stanza(
    stanza: &Stanza,
    guard: Guard,
    names: &Names,
) -> Option<CompactStanza> {
    let is_plain = stanza.cargo.is_none()
        && !stanza.prefers_wheel
        && stanza.kind != SourceKind::Local
        && stanza.source.is_none()
        && stanza.build_inputs.is_empty()
        && stanza.native_build_inputs.is_empty()
        && stanza.env.is_empty()
        && stanza.patches.is_empty()
        && !stanza.dont_use_cmake_configure
        && stanza.otherwise.is_none()
        && !stanza.build_system.is_empty();
    if !is_plain {
        return None;
    }
    let name = attribute(stanza.name.as_str());
    let system = same_everywhere(stanza)?;
    let (prev, last) = (names.text(Role::Prev), names.text(Role::Final));
    let old = names.unused("old");
    let version = stanza
        .only_version
        .as_ref()
        .map_or_else(String::new, |version| {
            let version = print_inline(&Expr::string(version));
            format!("{old}.version == {version} && ")
        });
    let guard = match guard {
        Guard::Set => String::new(),
        Guard::Stanza => format!("if !{prev} ? {name} then null else "),
    };
    let call = format!("{last}.resolveBuildSystem {system}");
    let inputs = match format!("    {old}.nativeBuildInputs ++ {call};") {
        line if line.len() <= MAX_LINE => line,
        _ => format!("    {old}.nativeBuildInputs\n    ++ {call};"),
    };
    let text = format!(
        "{name} = {guard}{prev}.{name}.overrideAttrs ({old}: {{\n  \
         ${{if {version}{old}.passthru.format or null != \"wheel\" then \"nativeBuildInputs\" else null}} =\n\
         {inputs}\n}});\n"
    );
    Some(CompactStanza { name, text })
}

/// The argument of `resolveBuildSystem` on one line, if all platforms have
/// the same.
fn same_everywhere(stanza: &Stanza) -> Option<String> {
    let mut bindings = Vec::new();
    for (name, on) in &stanza.build_system {
        let mut all_extras: BTreeSet<&BTreeSet<String>> = on.values().collect();
        let extras = all_extras.pop_first().filter(|_| all_extras.is_empty())?;
        if !stanza
            .platforms
            .iter()
            .all(|platform| on.contains_key(platform))
        {
            return None;
        }
        let extras = extras.iter().flat_map(|extra| ["\"", extra, "\" "]);
        let extras: String = extras.collect();
        bindings.push(format!("{} = [ {extras}]; ", attribute(name.as_str())));
    }
    // What `resolveBuildSystem` takes an empty set for.
    if bindings == ["setuptools = [ ]; ", "wheel = [ ]; "] {
        bindings.clear();
    }
    Some(format!("{{ {}}}", bindings.concat()))
}

/// A name, in quotes where it needs them.
fn attribute(name: &str) -> String {
    if is_identifier(name) {
        name.to_owned()
    } else {
        print_inline(&Expr::string(name))
    }
}

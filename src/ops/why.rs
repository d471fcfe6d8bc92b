//! `why`: what leads to a native input or a crate, or why nothing does.

use schemars::JsonSchema;
use serde::Serialize;

use super::build_plan::{extension_native, native_warnings};
use super::facts::Facts;
use super::load::{Loaded, Request, require_lock};
use super::locked::with_python_of_lock;
use super::native_report::ExtensionInput;
use crate::error::Error;
use crate::io::Session;
use crate::native::{DependencyPath, Explainer, NativeTable, Picture, ResolvedBy, WhyNot};
use crate::project::RustProject;
use crate::suggest::nearest;
use crate::warning::{Warning, WarningReport, as_reports};

/// What `cargo pyhack why --format json` prints.
#[derive(Debug, Serialize, JsonSchema)]
pub struct WhyReport {
    /// The package, normalised by PEP 503.
    pub package: String,
    /// The name that is explained; null for all native dependencies.
    pub name: Option<String>,
    /// The answer in one word.
    pub answer: Answer,
    /// How it was found which crates are built; null without a lock.
    pub resolved_by: Option<ResolvedBy>,
    /// The shortest paths from the module's crate to the crates that need it,
    /// or that have the name.
    pub ways: Vec<DependencyPath>,
    /// What extension modules in C, C++ and Fortran need of it.
    pub extension_inputs: Vec<ExtensionInput>,
    /// If there are no paths: the crates that could need it or have the name,
    /// and why they aren't built or don't need it.
    pub why_not: Vec<WhyNot>,
    /// The known name that is most like the one asked for, if nothing has that.
    pub nearest: Option<String>,
    /// A row to fill in if no table has the native crate.
    pub row: Option<String>,
    /// Warnings about the build.
    #[serde(serialize_with = "as_reports")]
    #[schemars(with = "Vec<WarningReport>")]
    pub warnings: Vec<Warning>,
    /// The paths as a picture.
    #[serde(skip)]
    pub picture: Picture,
}

/// Whether something is needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// A crate or an extension module needs it, or it is a crate that is built.
    Needed,
    /// A crate in `Cargo.lock` could need it, but doesn't, or the package has
    /// no Rust.
    NotNeeded,
    /// Nothing in `Cargo.lock` is related to it.
    NotInTheLock,
}

/// Explains a name, or all native inputs.
///
/// # Errors
/// Fails if a package with Rust has no lock, or if something can't be read.
pub fn why(request: &Request, name: Option<&str>, session: &Session) -> Result<WhyReport, Error> {
    let request = &with_python_of_lock(request, session);
    let loaded = Loaded::read(request, session)?;
    let rust = if loaded.project.rust.is_empty() && request.options.cargo_root().is_none() {
        None
    } else {
        Some(loaded.rust(request)?)
    };
    if let Some(rust) = rust {
        require_lock(&loaded, rust, request, session)?;
    }
    let facts = Facts::gather(&loaded, rust, request, session)?;
    let native = &facts.native;
    let extensions = extension_native(&loaded, rust.is_some(), &facts.requirements.system)?;
    let mut warnings = super::facts::source_warnings(&loaded);
    warnings.extend(native.warnings());
    warnings.extend(native_warnings(&loaded, &extensions));
    let mut extension_inputs = ExtensionInput::all(&extensions);
    extension_inputs.retain(|input| name.is_none_or(|name| input.is_meant_by(name)));
    let mut report = WhyReport {
        package: loaded.project.identity.name.to_string(),
        name: name.map(str::to_owned),
        answer: match &extension_inputs[..] {
            [] => Answer::NotNeeded,
            _ => Answer::Needed,
        },
        resolved_by: native.graph.as_ref().map(|graph| graph.resolved_by),
        ways: Vec::new(),
        extension_inputs,
        why_not: Vec::new(),
        nearest: None,
        row: None,
        warnings,
        picture: Picture::default(),
    };
    if let (Some(rust), Some(graph)) = (rust, &native.graph) {
        let explainer = Explainer {
            graph,
            builds: &native.builds,
        };
        report.explain_crates(&explainer, rust);
    }
    if let (None, Answer::NotNeeded, Some(name)) = (rust, report.answer, name) {
        let own = extensions.all().map(|need| need.what.name());
        report.nearest = nearest(name, own).map(str::to_owned);
    }
    Ok(report)
}

impl WhyReport {
    /// Adds what the crates have to do with the name.
    fn explain_crates(&mut self, explainer: &Explainer, rust: &RustProject) {
        let name = self.name.as_deref();
        let (ways, why_not) = match name {
            None => (explainer.all_needs(), Vec::new()),
            Some(name) => {
                let explanation = explainer.explain(name);
                (explanation.paths, explanation.why_not)
            }
        };
        if self.answer != Answer::Needed {
            self.answer = match (&ways[..], &why_not[..]) {
                ([], []) if name.is_some() => Answer::NotInTheLock,
                ([], _) => Answer::NotNeeded,
                _ => Answer::Needed,
            };
        }
        // Only what the lock has beyond what cargo resolved is left.
        if let (Answer::NotInTheLock, Some(name), Some(lock)) =
            (self.answer, name, &rust.cargo_lock)
        {
            let locked = lock
                .crates
                .iter()
                .filter(|krate| krate.name.as_str() == name);
            self.why_not.extend(locked.map(|krate| WhyNot {
                krate: krate.name.to_string(),
                version: krate.version.to_string(),
                reason: "the module crate doesn't depend on it".to_owned(),
            }));
            if !self.why_not.is_empty() {
                self.answer = Answer::NotNeeded;
            }
        }
        if let (Answer::NotInTheLock, Some(name)) = (self.answer, name) {
            self.nearest = known_name(name, explainer);
        }
        self.row = name.and_then(|name| row(name, &ways));
        self.picture = Picture::new(&ways);
        self.ways = ways;
        self.why_not.extend(why_not);
    }
}

/// Returns the name of a crate or of what one needs that is most like another
/// name: of this project's first, else of the table's.
fn known_name(name: &str, explainer: &Explainer) -> Option<String> {
    let needs = explainer.all_needs();
    let needs = needs.iter().flat_map(|path| &path.needs);
    let needs = needs.map(|need| need.what.name());
    let crates = explainer.graph.crates.iter();
    let crates = crates.map(|krate| krate.name.as_str());
    let own = needs.chain(crates);
    let known = nearest(name, own).or_else(|| nearest(name, NativeTable::built_in().names()));
    known.map(str::to_owned)
}

/// Returns a row to fill in for a native crate that no table has.
fn row(name: &str, ways: &[DependencyPath]) -> Option<String> {
    let way = ways.first()?;
    let last = way.crates.last()?;
    let is_unknown =
        last.krate == name && way.needs.is_empty() && NativeTable::built_in().rows(name).is_empty();
    is_unknown.then(|| {
        format!(
            "[[native]]\ncrate = \"{name}\"\nneed = \"hard\" # or soft, bundled, tool, net, runtime, none\n\
             build_inputs = []\nnative_build_inputs = []\nnote = \"\"\nevidence = \"{name} {} build.rs\"\n",
            last.version
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ops::fixtures::Folder;
    use crate::ops::inspect::inspect;
    use crate::options::Options;

    const SETUP: &str = "from setuptools import Extension, setup\n\
        setup(name='a', version='1', ext_modules=[\n    \
        Extension('fast', ['fast.c'], libraries=['z'])])\n";

    /// Asks about an unpacked sdist with an extension module that links zlib.
    fn asked(name: Option<&str>, setup: &str) -> WhyReport {
        let (folder, request) = sdist(setup);
        why(&request, name, &folder.session()).unwrap()
    }

    fn sdist(setup: &str) -> (Folder, Request) {
        let folder = Folder::new();
        folder.write(
            "a-1/PKG-INFO",
            "Metadata-Version: 2.1\nName: a\nVersion: 1\n",
        );
        folder.write("a-1/setup.py", setup);
        folder.write("a-1/fast.c", "");
        let mut options = Options::default();
        options.input.path = Some(folder.path("a-1"));
        (folder, Request::new(&options))
    }

    #[test]
    fn an_extension_module_in_c_needs_what_it_links() {
        for name in [None, Some("zlib")] {
            let report = asked(name, SETUP);
            assert_eq!(report.answer, Answer::Needed, "{name:?}");
            let inputs = report.extension_inputs.iter();
            let inputs: Vec<_> = inputs.map(ToString::to_string).collect();
            assert_eq!(inputs, ["pkgs.zlib"]);
        }
    }

    #[test]
    fn what_an_extension_module_does_not_link_is_not_needed() {
        let report = asked(Some("zlip"), SETUP);
        assert_eq!(report.answer, Answer::NotNeeded);
        assert_eq!(report.nearest.as_deref(), Some("zlib"));
        assert!(report.extension_inputs.is_empty());
    }

    #[test]
    fn a_package_without_compiled_code_needs_nothing() {
        let report = asked(None, "from setuptools import setup\nsetup(name='a')\n");
        assert_eq!(report.answer, Answer::NotNeeded);
    }

    #[test]
    fn inspect_has_what_extension_modules_need() {
        let (folder, request) = sdist(SETUP);
        let found = inspect(&request, &folder.session()).unwrap();
        let inputs: Vec<_> = found.extension_inputs.iter().map(|i| &i.name).collect();
        assert_eq!(inputs, ["zlib"]);
        let says_no_more = |warning: &Warning| matches!(warning, Warning::NoRust { .. });
        assert!(!found.warnings.iter().any(says_no_more));
    }
}

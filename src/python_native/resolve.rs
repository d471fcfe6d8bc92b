//! Resolves requests of builds to attributes of nixpkgs.

use std::collections::BTreeSet;

use super::request::{Asked, Request};
use super::table::{NamedRow, PythonNativeTable, System, find};
use super::{Found, UnknownKind, UnknownNeed};
use crate::build_system::BuildSystem;
use crate::native::needs::{Needed, is_in_toolchain};
use crate::native::table::PkgConfigTable;
use crate::native::{EnvValue, Evidence, ProgramTable};
use crate::project::PythonName;
use crate::target::Platform;

/// The variable and value with which CMake 4 accepts older projects.
const POLICY: (&str, &str) = ("CMAKE_POLICY_VERSION_MINIMUM", "3.5");

/// Libraries of Windows.
const WINDOWS: [&str; 14] = [
    "advapi32", "bcrypt", "comctl32", "crypt32", "gdi32", "kernel32", "ole32", "oleaut32", "psapi",
    "shell32", "shlwapi", "user32", "winmm", "ws2_32",
];

/// Resolves names for a platform.
pub(super) struct Resolver<'a> {
    pub platform: Platform,
    /// The libraries that the source builds.
    pub own_libraries: &'a BTreeSet<String>,
    pub system: &'a BuildSystem,
}

/// The resolved requests.
#[derive(Default)]
pub(super) struct Resolution {
    pub needs: BTreeSet<Found>,
    pub unknown: BTreeSet<UnknownNeed>,
}

/// The result of a lookup.
enum Known {
    /// The attribute with the library or program.
    Attribute(String),
    /// The standard environment has it, or the platform doesn't need it.
    Everywhere,
    /// No table has the name.
    No,
}

impl Resolver<'_> {
    /// Resolves requests. Optional requests without a known attribute are left
    /// out, required ones reported.
    pub(super) fn resolve(&self, requests: &[Request]) -> Resolution {
        let mut found = Resolution::default();
        for request in requests {
            self.add(request, &mut found);
        }
        let is_found = !found.needs.is_empty();
        for request in requests {
            // With other inputs, the expression most likely names them.
            if matches!(request.asked, Asked::Unread(_)) && !is_found {
                found.tell(request);
            }
        }
        found
    }

    fn add(&self, request: &Request, found: &mut Resolution) {
        let is_meson = request.place.file.file_name() == Some("meson.build");
        let known = match &request.asked {
            Asked::Library(name) => self.library(name),
            Asked::Module(name) => self.module(name),
            Asked::Dependency(name) => self.dependency(name),
            Asked::Program(name) => {
                self.add_program(name, request, found);
                return;
            }
            Asked::OldCmake(_) => {
                let value = EnvValue::Text(POLICY.1.to_owned());
                found.need(Needed::Variable(POLICY.0.to_owned(), value), request);
                return;
            }
            Asked::Download(_) | Asked::Header { .. } => {
                found.tell(request);
                return;
            }
            Asked::Unread(_) => return,
        };
        let is_python = is_python_file(request);
        match known {
            Known::Attribute(attr) if request.is_required || is_python => {
                found.need(Needed::Library(attr), request);
                let asks_pkg_config = matches!(request.asked, Asked::Module(_))
                    || (is_meson && matches!(request.asked, Asked::Dependency(_)));
                if asks_pkg_config && !self.has("pkgconf") {
                    found.need(Needed::Program("pkg-config".to_owned()), request);
                }
            }
            Known::No if request.is_required => found.tell(request),
            _ => {}
        }
    }

    fn has(&self, build_system: &str) -> bool {
        self.system.contains_key(&PythonName::new(build_system))
    }

    fn add_program(&self, name: &str, request: &Request, found: &mut Resolution) {
        if self.has(name) || !request.is_required {
            return;
        }
        if name == "pkg-config" {
            found.need(Needed::Program(name.to_owned()), request);
            return;
        }
        if let Some(row) = find(&PythonNativeTable::built_in().program, name) {
            if let Known::Attribute(attr) = self.row(row) {
                // The attribute of the library, without that of the program.
                let library = attr.split(['.', ' ']).next().unwrap_or(&attr);
                found.need(Needed::Library(library.to_owned()), request);
                found.need(Needed::Program(attr), request);
            }
            return;
        }
        let program = ProgramTable::built_in().find(name);
        let program = program.filter(|program| !program.attr.is_empty());
        let is_build_tool = program.filter(|program| is_build_tool(&program.attr));
        if let Some(program) = is_build_tool {
            found.need(Needed::Program(program.attr.clone()), request);
        }
    }

    fn library(&self, name: &str) -> Known {
        let is_windows = WINDOWS.contains(&name.to_ascii_lowercase().as_str());
        let is_own = self.own_libraries.contains(name);
        if is_in_toolchain(name) || is_windows || is_own || name.starts_with("python") {
            return Known::Everywhere;
        }
        // A path or a name with a variable.
        if name.contains(['/', '$', '{', '%']) || name.is_empty() {
            return Known::Everywhere;
        }
        if let Some(row) = find(&PythonNativeTable::built_in().library, name) {
            return self.row(row);
        }
        match self.module(name) {
            Known::No => self.module(&format!("lib{name}")),
            known => known,
        }
    }

    fn module(&self, name: &str) -> Known {
        if name.starts_with("python") || name.contains(['$', '{', '%']) {
            return Known::Everywhere;
        }
        match PkgConfigTable::built_in().find(name) {
            Some(row) if row.linux_only && !self.platform.is_linux() => Known::Everywhere,
            Some(row) => Known::Attribute(row.attr.clone()),
            None => Known::No,
        }
    }

    fn dependency(&self, name: &str) -> Known {
        let lower = name.to_lowercase();
        if let Some(row) = find(&PythonNativeTable::built_in().dependency, &lower) {
            return self.row(row);
        }
        // A package in the build system, such as pybind11.
        if self.has(&lower) {
            return Known::Everywhere;
        }
        let names = [name.to_owned(), lower.clone(), format!("lib{lower}")];
        let mut known = names.iter().map(|name| self.module(name));
        known
            .find(|known| !matches!(known, Known::No))
            .unwrap_or(Known::No)
    }

    fn row(&self, row: &NamedRow) -> Known {
        if row.attr.is_empty() || !System::counts(row.system, self.platform) {
            Known::Everywhere
        } else {
            Known::Attribute(row.attr.clone())
        }
    }
}

/// Tells whether a build needs the program, unlike one that is run for other
/// purposes, such as git for the version.
fn is_build_tool(attr: &str) -> bool {
    matches!(
        attr,
        "cmake"
            | "ninja"
            | "meson"
            | "nasm"
            | "yasm"
            | "swig"
            | "gfortran"
            | "protobuf"
            | "flex"
            | "bison"
            | "autoreconfHook"
            | "flatbuffers"
            | "capnproto"
            | "m4"
            | "perl"
    )
}

fn is_python_file(request: &Request) -> bool {
    request.place.file.extension() == Some("py")
}

impl Resolution {
    fn need(&mut self, what: Needed, request: &Request) {
        let reason = format!("{} {}", request.place, request.asked.describe());
        let evidence = if request.place.file.extension() == Some("toml") {
            Evidence::Manifest(reason.clone())
        } else {
            Evidence::BuildScript(reason.clone())
        };
        self.needs.insert(Found {
            what,
            reason: Some(reason),
            evidence,
        });
    }

    fn tell(&mut self, request: &Request) {
        self.unknown.insert(UnknownNeed {
            place: request.place.clone(),
            extension: request.extension.clone(),
            what: request.asked.describe(),
            kind: match request.asked {
                Asked::Download(_) => UnknownKind::Download,
                Asked::Unread(_) => UnknownKind::Unread,
                Asked::Header { .. } => UnknownKind::Header,
                _ => UnknownKind::Unknown,
            },
        });
    }
}

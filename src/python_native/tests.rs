use camino::Utf8Path;

use super::*;
use crate::build_system::BuildSystem;
use crate::project::PythonName;

const SETUP: &str = "from setuptools import setup, Extension\n";

/// What a package `a` without a row needs, as `LIST ATTRIBUTE: REASON`, and
/// what isn't known.
fn needs(files: &[(&str, &str)]) -> Vec<String> {
    needs_of("a", "1", &[Platform::X86_64Linux], files)
}

fn needs_of(
    name: &str,
    version: &str,
    platforms: &[Platform],
    files: &[(&str, &str)],
) -> Vec<String> {
    let files = SourceFiles::example(files);
    let name = PythonName::new(name);
    let version = version.parse().unwrap();
    let root = Utf8Path::new(".");
    let facts = BuildFacts::read(&files, root, &name, 13).unwrap();
    let source = Source {
        files: &files,
        python_root: root,
        facts: &facts,
        system: &BuildSystem::new(),
    };
    let package = Package {
        name: &name,
        version: Some(&version),
    };
    let target = Target {
        python_minor: 13,
        platforms: platforms.iter().copied().collect(),
    };
    let native = detect(&source, &package, &target);
    let needs = native.all().map(|need| {
        let platforms: Vec<_> = need.platforms.iter().map(|p| p.system()).collect();
        format!(
            "{} on {}: {}",
            need.what,
            platforms.join(", "),
            need.reason.as_deref().unwrap_or_default()
        )
    });
    let unknown = native
        .unknown
        .iter()
        .map(|unknown| format!("unknown: {unknown}"));
    needs.chain(unknown).collect()
}

fn setup(code: &str) -> Vec<String> {
    needs(&[("setup.py", &format!("{SETUP}{code}"))])
}

#[test]
fn libraries_of_an_extension_become_attributes() {
    let found =
        setup("setup(ext_modules=[Extension('m', ['m.c'], libraries=['z', 'm', 'ssl'])])\n");
    assert_eq!(
        found,
        [
            "pkgs.openssl on x86_64-linux: setup.py:2 links `ssl`",
            "pkgs.zlib on x86_64-linux: setup.py:2 links `z`",
        ]
    );
}

#[test]
fn an_unknown_library_is_told_with_its_extension_and_line() {
    let found = setup("setup(ext_modules=[Extension('m.x', ['m.c'], libraries=['frob'])])\n");
    assert_eq!(
        found,
        ["unknown: the extension `m.x` in setup.py:2 links `frob`"]
    );
}

#[test]
fn an_extension_that_links_nothing_needs_nothing() {
    assert!(setup("setup(ext_modules=[Extension('m', ['m.c'])])\n").is_empty());
    assert!(
        setup("setup(ext_modules=[Extension('m', ['m.c'], libraries=['pthread', 'gcov'])])\n")
            .is_empty()
    );
}

#[test]
fn libraries_that_the_source_builds_are_its_own() {
    let code = "setup(libraries=[('own', {'sources': ['o.c']})],\n\
                \x20 ext_modules=[Extension('m', ['m.c'], libraries=['own'])])\n";
    assert!(setup(code).is_empty());
}

#[test]
fn libraries_that_the_text_does_not_tell_are_told_unless_something_else_does() {
    let extension = "setup(ext_modules=[Extension('m', ['m.c'], libraries=find())])\n";
    assert_eq!(
        setup(extension),
        [
            "unknown: the extension `m` in setup.py:2 links libraries that couldn't be determined: a call to `find`"
        ]
    );
    let found = setup(&format!(
        "import pkgconfig\npkgconfig.parse('libzmq')\n{extension}"
    ));
    assert_eq!(
        found,
        [
            "pkgs.zeromq on x86_64-linux: setup.py:3 asks pkg-config for `libzmq`",
            "pkgs.pkg-config on x86_64-linux: setup.py:3 asks pkg-config for `libzmq`",
        ]
    );
}

#[test]
fn programs_that_tell_where_a_library_is_come_with_it() {
    let code = "import subprocess\nsubprocess.check_output(['pg_config', '--libdir'])\nsetup()\n";
    let reason = "on x86_64-linux: setup.py:3 runs `pg_config`";
    assert_eq!(
        setup(code),
        [
            format!("pkgs.libpq {reason}"),
            format!("pkgs.libpq.pg_config or libpq {reason}"),
        ]
    );
}

#[test]
fn sources_tell_their_compilers() {
    let code = "setup(ext_modules=[Extension('m', ['m.i']), Extension('f', ['f.f90'])])\n";
    assert_eq!(
        setup(code),
        [
            "pkgs.gfortran on x86_64-linux: setup.py:2 runs `gfortran`",
            "pkgs.swig on x86_64-linux: setup.py:2 runs `swig`",
        ]
    );
}

#[test]
fn extensions_in_pyproject_count() {
    let table = "[build-system]\nrequires = ['setuptools']\n\
                 [[tool.setuptools.ext-modules]]\nname = 'm'\nsources = ['m.c']\nlibraries = ['lzma']\n";
    assert_eq!(
        needs(&[("pyproject.toml", table)]),
        ["pkgs.xz on x86_64-linux: pyproject.toml links `lzma`"]
    );
}

#[test]
fn each_platform_has_its_own_libraries() {
    let code = format!(
        "{SETUP}import sys\nlibs = ['asound'] if sys.platform == 'linux' else ['z']\n\
         setup(ext_modules=[Extension('m', ['m.c'], libraries=libs)])\n"
    );
    let platforms = [Platform::X86_64Linux, Platform::Aarch64Darwin];
    assert_eq!(
        needs_of("a", "1", &platforms, &[("setup.py", &code)]),
        [
            "pkgs.alsa-lib on x86_64-linux: setup.py:4 links `asound`",
            "pkgs.zlib on aarch64-darwin: setup.py:4 links `z`",
        ]
    );
}

#[test]
fn meson_and_its_dependencies_ask_pkg_config() {
    let pyproject = "[build-system]\nrequires = ['meson-python']\nbuild-backend = 'mesonpy'\n";
    let build = "project('a', 'c')\ndependency('cairo')\ndependency('python3')\n\
                 dependency('gtk4', required: false)\ndependency('frob')\n";
    assert_eq!(
        needs(&[("pyproject.toml", pyproject), ("meson.build", build)]),
        [
            "pkgs.cairo on x86_64-linux: meson.build:2 looks for `cairo`",
            "pkgs.pkg-config on x86_64-linux: meson.build:2 looks for `cairo`",
            "unknown: meson.build:5 looks for `frob`",
        ]
    );
}

#[test]
fn a_setup_script_that_runs_cmake_has_its_lists_read() {
    let code =
        format!("{SETUP}import subprocess\nsubprocess.check_call(['cmake', '.'])\nsetup()\n");
    let lists = "cmake_minimum_required(VERSION 2.8)\nfind_package(OpenGL REQUIRED)\n";
    assert_eq!(
        needs(&[("setup.py", &code), ("sub/CMakeLists.txt", lists)]),
        [
            "pkgs.libGL on x86_64-linux: sub/CMakeLists.txt:2 looks for `OpenGL`",
            "pkgs.cmake on x86_64-linux: setup.py:3 runs `cmake`",
            "CMAKE_POLICY_VERSION_MINIMUM=3.5 on x86_64-linux: sub/CMakeLists.txt:1 requires the policies of CMake 2.8",
        ]
    );
}

#[test]
fn a_row_outranks_what_is_read() {
    let code = format!("{SETUP}setup(ext_modules=[Extension('m', ['m.c'], libraries=['frob'])])\n");
    let found = needs_of(
        "pyaudio",
        "0.2.14",
        &[Platform::X86_64Linux],
        &[("setup.py", &code)],
    );
    assert_eq!(found, ["pkgs.portaudio on x86_64-linux: links PortAudio"]);
}

/// What an archive with `setup.py` and a source lacks.
fn lacking(setup: &str, source: &str, others: &[&str]) -> Vec<String> {
    let mut files = SourceFiles::example(&[("setup.py", &format!("{SETUP}{setup}"))]);
    files.insert_includes("src/a.c", crate::project::read_includes(source.as_bytes()));
    for path in ["src/a.c"].iter().chain(others) {
        files.insert(*path, None);
    }
    let root = Utf8Path::new(".");
    let name = PythonName::new("a");
    let facts = BuildFacts::read(&files, root, &name, 13).unwrap();
    let numpy = BTreeMap::from([(PythonName::new("numpy"), BTreeMap::new())]);
    let source = Source {
        files: &files,
        python_root: root,
        facts: &facts,
        system: &numpy,
    };
    let package = Package {
        name: &name,
        version: None,
    };
    let target = Target {
        python_minor: 13,
        platforms: BTreeSet::from([Platform::X86_64Linux]),
    };
    let unknown = detect(&source, &package, &target).unknown;
    unknown.iter().map(ToString::to_string).collect()
}

const PARSER: &str = "#include \"tree_sitter/parser.h\"\n";
const ALONE: &str = "setup(ext_modules=[Extension('b', ['src/a.c'], include_dirs=['src'])])\n";

#[test]
fn a_header_that_is_nowhere_is_told_with_its_place() {
    assert_eq!(
        lacking(ALONE, PARSER, &[]),
        [
            "the extension `b` in setup.py:2 includes `tree_sitter/parser.h` (src/a.c:1), which the sdist doesn't have"
        ]
    );
    let above = "\n#include \"../../common/scanner.h\"\n";
    assert_eq!(
        lacking(ALONE, above, &["common/other.h"]),
        [
            "the extension `b` in setup.py:2 includes `../../common/scanner.h` (src/a.c:2), which the sdist doesn't have"
        ]
    );
}

#[test]
fn a_header_in_any_folder_is_there() {
    let nowhere: [&str; 0] = [];
    for path in [
        "src/tree_sitter/parser.h",
        "lib/include/tree_sitter/parser.h",
    ] {
        assert_eq!(lacking(ALONE, PARSER, &[path]), nowhere, "{path}");
    }
}

#[test]
fn headers_that_may_be_elsewhere_are_not_missing() {
    let nowhere: [&str; 0] = [];
    for include in [
        "Python.h",
        "structmember.h",
        "numpy/arrayobject.h",
        "sys/types.h",
        "/usr/include/x/y.h",
    ] {
        let source = format!("#include \"{include}\"\n");
        assert_eq!(lacking(ALONE, &source, &[]), nowhere, "{include}");
    }
    for setup in [
        "setup(ext_modules=[Extension('b', ['src/a.c'], libraries=['z'])])\n",
        "import subprocess\nsubprocess.check_call(['make', 'headers'])\nsetup(ext_modules=[Extension('b', ['src/a.c'])])\n",
    ] {
        let found = lacking(setup, PARSER, &[]);
        assert!(
            found.iter().all(|found| !found.contains("includes")),
            "{found:?}"
        );
    }
}

use std::fmt::Write;

use camino::Utf8Path;

use super::*;
use crate::project::SourceFiles;
use crate::python_build::package_set::{BuildSystemTable, UserLock};
use crate::python_lock::{Environment, Libc, Preference};

/// A package of a lock: what it needs at run time, its wheel's tag, and the
/// files of its source.
struct Locked<'a> {
    name: &'a str,
    version: &'a str,
    needs: &'a [&'a str],
    wheel: Option<&'a str>,
    files: &'a [(&'a str, &'a str)],
}

const PURE: Option<&str> = Some("py3-none-any");
const NATIVE: Option<&str> = Some("cp313-cp313-manylinux_2_17_x86_64");

fn locked<'a>(
    name: &'a str,
    version: &'a str,
    needs: &'a [&'a str],
    files: &'a [(&'a str, &'a str)],
) -> Locked<'a> {
    Locked {
        name,
        version,
        needs,
        wheel: None,
        files,
    }
}

fn lock_text(packages: &[Locked<'_>]) -> String {
    let list = |names: Vec<&str>| {
        let items: Vec<_> = names
            .iter()
            .map(|name| format!("{{ name = \"{name}\" }}"))
            .collect();
        items.join(", ")
    };
    let all = packages.iter().map(|package| package.name).collect();
    let mut text = format!(
        "version = 1\n[[package]]\nname = \"app\"\nversion = \"1\"\nsource = {{ virtual = \".\" }}\ndependencies = [{}]\n",
        list(all)
    );
    for package in packages {
        let (name, version) = (package.name, package.version);
        let wheel = package.wheel.map(|tag| {
            let file = format!("{}-{version}-{tag}.whl", name.replace('-', "_"));
            format!("wheels = [{{ url = \"https://example.org/{file}\" }}]\n")
        });
        let _ = write!(
            text,
            "[[package]]\nname = \"{name}\"\nversion = \"{version}\"\nsource = {{ registry = \"https://example.org/simple\" }}\n\
             dependencies = [{}]\nsdist = {{ url = \"https://example.org/{name}-{version}.tar.gz\" }}\n{}",
            list(package.needs.to_vec()),
            wheel.unwrap_or_default()
        );
    }
    text
}

fn plan_with(packages: &[Locked<'_>], uv: &str, python_minor: u8) -> BuildPlan {
    let python_lock = crate::python_lock::parse("uv.lock", &lock_text(packages)).unwrap();
    let settings = UvSettings::read(uv, &[]).unwrap();
    let lock = UserLock {
        python_lock: &python_lock,
        settings: &settings,
        preference: Preference::Sdist,
    };
    let environment = Environment {
        platform: Platform::X86_64Linux,
        libc: Libc::Glibc,
        python_minor,
        is_free_threaded: false,
    };
    let set = PackageSet::of(BuildSystemTable::built_in(), Some(lock), environment);
    let facts = packages.iter().filter(|package| !package.files.is_empty());
    let facts = facts.map(|package| {
        let name = PythonName::new(package.name);
        let mut files = SourceFiles::new(package.name);
        for (path, text) in package.files {
            files.insert(*path, Some(text.as_bytes().to_vec()));
        }
        let root = Utf8Path::new(".");
        let facts = BuildFacts::read(&files, root, &name, python_minor).unwrap();
        (name, facts)
    });
    let sets = [(Platform::X86_64Linux, set)].into();
    plan(&facts.collect(), &sets, &settings)
}

fn plan_of(packages: &[Locked<'_>]) -> BuildPlan {
    plan_with(packages, "", 13)
}

/// The names that `resolveBuildSystem` is called with.
fn system(plan: &BuildPlan, name: &str) -> Vec<String> {
    let resolved = &plan.systems[&PythonName::new(name)];
    resolved.system.keys().map(ToString::to_string).collect()
}

fn dropped(plan: &BuildPlan) -> Vec<String> {
    let dropped = plan.dropped.iter();
    dropped
        .map(|d| format!("{} without {}: {}", d.package, d.requirement, d.cycle))
        .collect()
}

fn wheels(plan: &BuildPlan) -> Vec<String> {
    let wheels = plan.wheels.iter();
    wheels
        .map(|(name, cycle)| format!("{name}: {cycle}"))
        .collect()
}

const SETUPTOOLS: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = []\nbuild-backend = 'setuptools.build_meta'\nbackend-path = ['.']\n",
)];

const FLIT_CORE: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = []\nbuild-backend = 'flit_core.buildapi'\nbackend-path = ['.']\n",
)];

const WITH_FLIT: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['flit_core >=3.11,<5']\nbuild-backend = 'flit_core.buildapi'\n",
)];

const HATCHLING: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = []\nbuild-backend = 'hatchling.ouroboros'\nbackend-path = ['src']\n\
     [project]\nname = 'hatchling'\nversion = '1.27.0'\n\
     dependencies = ['packaging>=24.2', 'pathspec>=0.10.1', 'pluggy>=1.0.0', 'trove-classifiers']\n",
)];

const WITH_HATCHLING: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n",
)];

const SETUPTOOLS_SCM: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['setuptools>=45', 'vcs-versioning>=2']\nbuild-backend = 'setuptools.build_meta'\n",
)];

const WITH_SETUPTOOLS_SCM: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['setuptools>=65.0', 'setuptools-scm[toml]>=8.0']\nbuild-backend = 'setuptools.build_meta'\n",
)];

const WITH_SETUPTOOLS: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['setuptools >= 61']\nbuild-backend = 'setuptools.build_meta'\n",
)];

const WITH_WHEEL: &[(&str, &str)] = &[(
    "pyproject.toml",
    "[build-system]\nrequires = ['setuptools >= 40.8.0', 'wheel']\nbuild-backend = 'setuptools.build_meta'\n",
)];

const IMPORTS_WHEEL: &[(&str, &str)] = &[(
    "setup.py",
    "from setuptools import setup\nfrom wheel.bdist_wheel import bdist_wheel\nsetup(cmdclass={'bdist_wheel': bdist_wheel})\n",
)];

#[test]
fn the_build_systems_themselves_build_from_source() {
    let plan = plan_of(&[
        locked("setuptools", "84.0.0", &[], SETUPTOOLS),
        locked("wheel", "0.48.0", &["packaging"], WITH_FLIT),
        locked("packaging", "26.3", &[], WITH_FLIT),
        locked("flit-core", "3.12.0", &[], FLIT_CORE),
        locked("hatchling", "1.32.0", &["packaging", "pluggy"], HATCHLING),
        locked(
            "setuptools-scm",
            "10.2.1",
            &["packaging", "setuptools"],
            SETUPTOOLS_SCM,
        ),
        locked("pluggy", "1.6.0", &[], WITH_SETUPTOOLS_SCM),
        locked("cffi", "2.1.1", &[], WITH_SETUPTOOLS),
    ]);
    assert_eq!(plan.unbroken, []);
    assert_eq!((dropped(&plan).len(), wheels(&plan).len()), (0, 0));
    for (name, expected) in [
        // No call at all: an empty one means setuptools and wheel.
        ("setuptools", &[][..]),
        ("flit-core", &[]),
        ("wheel", &["flit-core"]),
        ("packaging", &["flit-core"]),
        (
            "hatchling",
            &["packaging", "pathspec", "pluggy", "trove-classifiers"],
        ),
        ("setuptools-scm", &["setuptools", "vcs-versioning"]),
        ("pluggy", &["setuptools", "setuptools-scm"]),
        ("cffi", &["setuptools"]),
    ] {
        assert_eq!(system(&plan, name), expected, "{name}");
    }
}

#[test]
fn wheel_is_left_out_where_it_would_need_itself() {
    // The set's wheel 0.48 needs packaging at run time.
    let plan = plan_of(&[
        locked("packaging", "21.3", &["pyparsing"], WITH_WHEEL),
        locked("pyparsing", "3.2.0", &[], WITH_FLIT),
    ]);
    assert_eq!(system(&plan, "packaging"), ["setuptools"]);
    assert_eq!(
        dropped(&plan),
        ["packaging without wheel: packaging > wheel > packaging"]
    );
    assert_eq!(plan.unbroken, []);
}

#[test]
fn wheel_stays_where_no_cycle_needs_it() {
    let plan = plan_of(&[locked("ipywidgets", "8.1.5", &[], WITH_WHEEL)]);
    assert_eq!(system(&plan, "ipywidgets"), ["setuptools", "wheel"]);
    assert_eq!(dropped(&plan), Vec::<String>::new());
}

#[test]
fn longer_cycles_are_shown_from_package_to_package() {
    let plan = plan_of(&[
        locked("packaging", "21.3", &["pyparsing"], WITH_FLIT),
        locked("pyparsing", "2.4.7", &[], WITH_WHEEL),
        locked("wheel", "0.48.0", &["packaging"], WITH_SETUPTOOLS),
        locked("setuptools", "84.0.0", &[], SETUPTOOLS),
    ]);
    assert_eq!(
        dropped(&plan),
        ["pyparsing without wheel: pyparsing > wheel > pyparsing"]
    );
    let plan = plan_of(&[
        locked("setuptools-scm", "8.1.0", &["typing-x"], WITH_SETUPTOOLS),
        locked("typing-x", "1.0", &[], WITH_HATCHLING),
        locked("hatchling", "1.27.0", &[], WITH_SETUPTOOLS_SCM),
    ]);
    let [cycle] = &plan.unbroken[..] else {
        panic!("{plan:?}");
    };
    assert_eq!(
        cycle.to_string(),
        "hatchling > setuptools-scm > typing-x > hatchling"
    );
}

#[test]
fn wheel_is_not_left_out_where_setup_py_imports_it() {
    let packages = [Locked {
        wheel: PURE,
        ..locked("packaging", "21.3", &[], IMPORTS_WHEEL)
    }];
    let plan = plan_of(&packages);
    assert_eq!(dropped(&plan), Vec::<String>::new());
    assert_eq!(wheels(&plan), ["packaging: packaging > wheel > packaging"]);
}

#[test]
fn an_old_setuptools_cannot_do_without_wheel() {
    let plan = plan_of(&[
        locked("setuptools", "69.5.1", &[], SETUPTOOLS),
        Locked {
            wheel: PURE,
            ..locked("packaging", "21.3", &[], WITH_SETUPTOOLS)
        },
    ]);
    // setuptools itself needs wheel, whose packaging is built with setuptools.
    assert_eq!(dropped(&plan), Vec::<String>::new());
    assert_eq!(
        plan.wheels
            .keys()
            .map(PythonName::as_str)
            .collect::<Vec<_>>(),
        ["packaging"]
    );
    assert_eq!(system(&plan, "setuptools"), ["wheel"]);
    assert_eq!(plan.unbroken, []);
}

#[test]
fn a_package_whose_wheel_is_taken_has_no_build_system() {
    let plan = plan_of(&[
        Locked {
            wheel: PURE,
            ..locked(
                "a",
                "1",
                &["b"],
                &[(
                    "pyproject.toml",
                    "[build-system]\nrequires = ['b']\nbuild-backend = 'hatchling.build'\n",
                )],
            )
        },
        locked("b", "1", &["a"], WITH_SETUPTOOLS),
    ]);
    assert_eq!(wheels(&plan), ["a: a > b > a"]);
    assert!(!plan.systems.contains_key(&PythonName::new("a")));
    assert_eq!(system(&plan, "b"), ["setuptools"]);
}

#[test]
fn a_pure_wheel_is_taken_rather_than_another() {
    let requires_b = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'b']\nbuild-backend = 'setuptools.build_meta'\n",
    )];
    let requires_a = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'a']\nbuild-backend = 'setuptools.build_meta'\n",
    )];
    let plan = plan_of(&[
        Locked {
            wheel: NATIVE,
            ..locked("a", "1", &[], requires_b)
        },
        Locked {
            wheel: PURE,
            ..locked("b", "1", &[], requires_a)
        },
    ]);
    assert_eq!(wheels(&plan), ["b: b > a > b"]);
    assert_eq!(system(&plan, "a"), ["b", "setuptools"]);
}

#[test]
fn a_cycle_without_wheels_is_reported_and_others_go_on() {
    let requires_b = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'b']\nbuild-backend = 'setuptools.build_meta'\n",
    )];
    let requires_a = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'a']\nbuild-backend = 'setuptools.build_meta'\n",
    )];
    let plan = plan_of(&[
        locked("a", "1", &[], requires_b),
        locked("b", "1", &[], requires_a),
        locked("packaging", "21.3", &[], WITH_WHEEL),
    ]);
    let unbroken: Vec<_> = plan.unbroken.iter().map(ToString::to_string).collect();
    assert_eq!(unbroken, ["a > b > a"]);
    assert_eq!(system(&plan, "packaging"), ["setuptools"]);
}

#[test]
fn tools_for_tests_are_left_out_of_a_cycle() {
    let setup = &[(
        "setup.py",
        "from setuptools import setup\nsetup(setup_requires=['pytest-runner'])\n",
    )];
    let plan = plan_of(&[
        locked("pytest-runner", "6.0.1", &["a"], WITH_SETUPTOOLS),
        locked("a", "1", &[], setup),
    ]);
    assert_eq!(
        dropped(&plan),
        ["a without pytest-runner: a > pytest-runner > a"]
    );
    assert_eq!(system(&plan, "a"), ["setuptools"]);
}

#[test]
fn setuptools_scm_is_never_left_out() {
    // Without it the version would be 0.0.0.
    let plan = plan_of(&[
        locked("setuptools-scm", "8.1.0", &["importlib-x"], WITH_SETUPTOOLS),
        Locked {
            wheel: PURE,
            ..locked("importlib-x", "8.0", &[], WITH_SETUPTOOLS_SCM)
        },
    ]);
    assert_eq!(dropped(&plan), Vec::<String>::new());
    assert_eq!(
        wheels(&plan),
        ["importlib-x: importlib-x > setuptools-scm > importlib-x"]
    );
}

#[test]
fn extra_build_dependencies_are_edges_too() {
    let uv = "[tool.uv.extra-build-dependencies]\na = ['b']\n";
    let requires_a = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'a']\nbuild-backend = 'setuptools.build_meta'\n",
    )];
    let packages = [
        locked("a", "1", &[], WITH_SETUPTOOLS),
        locked("b", "1", &[], requires_a),
    ];
    let unbroken = |uv| {
        let plan = plan_with(&packages, uv, 13);
        plan.unbroken
            .iter()
            .map(ToString::to_string)
            .collect::<Vec<_>>()
    };
    assert_eq!(unbroken(uv), ["a > b > a"]);
    assert_eq!(unbroken(""), Vec::<String>::new());
}

#[test]
fn packages_without_facts_are_reported() {
    let plan = plan_of(&[locked("a", "1", &[], &[]), locked("b", "1", &[], WITH_FLIT)]);
    let unknown: Vec<_> = plan.unknown.iter().map(PythonName::as_str).collect();
    assert_eq!(unknown, ["a"]);
}

#[test]
fn nixpkgs_stubs_are_built_with_flit_core() {
    // ninja's stub needs flit-core, so flit-core can't be built with ninja.
    let flit_core = &[(
        "pyproject.toml",
        "[build-system]\nrequires = ['ninja']\nbuild-backend = 'flit_core.buildapi'\nbackend-path = ['.']\n",
    )];
    let plan = plan_of(&[locked("flit-core", "3.12.0", &[], flit_core)]);
    let unbroken: Vec<_> = plan.unbroken.iter().map(ToString::to_string).collect();
    assert_eq!(unbroken, ["flit-core > ninja > flit-core"]);
}

#[test]
fn a_python_without_wheels_of_build_systems_is_planned_too() {
    let plan = plan_with(&[locked("a", "1", &[], WITH_SETUPTOOLS_SCM)], "", 15);
    assert_eq!(plan.unbroken, []);
    assert_eq!(system(&plan, "a"), ["setuptools", "setuptools-scm"]);
}

#[test]
fn four_hundred_packages_are_planned_at_once() {
    let names: Vec<_> = (0..400).map(|i| format!("p{i:03}")).collect();
    let packages: Vec<_> = names
        .iter()
        .map(|name| locked(name, "1", &[], WITH_WHEEL))
        .chain([locked("packaging", "21.3", &[], WITH_WHEEL)])
        .collect();
    let plan = plan_of(&packages);
    assert_eq!(plan.systems.len(), 401);
    assert_eq!(dropped(&plan).len(), 1);
}

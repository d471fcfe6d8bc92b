use super::*;
use crate::python_build::requirement::Condition;

fn source(files: &[(&str, &str)]) -> SourceFiles {
    let mut source = SourceFiles::new("own-1.0");
    for (path, text) in files {
        source.insert(*path, Some(text.as_bytes().to_vec()));
    }
    source
}

fn facts_for(python_minor: u8, files: &[(&str, &str)]) -> BuildFacts {
    let name = PythonName::new("own");
    BuildFacts::read(&source(files), Utf8Path::new("."), &name, python_minor).unwrap()
}

fn facts(files: &[(&str, &str)]) -> BuildFacts {
    facts_for(13, files)
}

/// The requirements that no condition is on, each with who asks.
fn asked(facts: &BuildFacts) -> Vec<String> {
    let requirements = facts.requirements.iter();
    let plain = requirements.filter(|requirement| requirement.condition.is_none());
    plain
        .map(|requirement| format!("{} <- {}", requirement.requirement, requirement.origin))
        .collect()
}

/// The names that no condition is on, sorted.
fn names(facts: &BuildFacts) -> Vec<String> {
    let requirements = facts.requirements.iter();
    let plain = requirements.filter(|requirement| requirement.condition.is_none());
    let names: BTreeSet<_> = plain
        .map(|requirement| requirement.name().to_string())
        .collect();
    names.into_iter().collect()
}

fn unread(facts: &BuildFacts) -> Vec<String> {
    facts.unread.iter().map(ToString::to_string).collect()
}

fn setup_py(text: &str) -> BuildFacts {
    facts(&[(
        "setup.py",
        &format!("from setuptools import setup\n{text}\nsetup(name='own')\n"),
    )])
}

#[test]
fn a_setup_py_alone_is_built_by_the_default_of_pep_517() {
    let facts = facts(&[(
        "setup.py",
        "from setuptools import setup\nsetup(name='own')\n",
    )]);
    assert_eq!(facts.backend, "setuptools.build_meta:__legacy__");
    assert_eq!(
        asked(&facts),
        [
            "setuptools <- the default of PEP 517",
            "setuptools <- `import setuptools` in setup.py:1"
        ]
    );
    assert!(facts.runs_setup_py && facts.unread.is_empty());
}

#[test]
fn wheel_counts_with_an_old_setuptools() {
    let facts = setup_py("");
    let wheel: Vec<_> = facts
        .requirements
        .iter()
        .filter(|requirement| requirement.name().as_str() == "wheel")
        .map(|requirement| requirement.condition.clone())
        .collect();
    let condition = Condition {
        package: PythonName::new("setuptools"),
        older_than: pep440_rs::Version::new([70, 1]),
    };
    assert_eq!(wheel, [Some(condition)]);
}

#[test]
fn a_pyproject_without_build_system_is_legacy() {
    let facts = facts(&[
        ("pyproject.toml", "[tool.black]\nline-length = 100\n"),
        ("setup.py", "from setuptools import setup\nsetup()\n"),
    ]);
    assert_eq!(asked(&facts)[0], "setuptools <- the default of PEP 517");
}

#[test]
fn an_empty_requires_is_no_default() {
    let facts = facts(&[
        (
            "pyproject.toml",
            "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
        ),
        ("backend.py", "import os\ndef build_wheel(*args):\n  pass\n"),
    ]);
    assert_eq!(asked(&facts), Vec::<String>::new());
    assert_eq!(unread(&facts), Vec::<String>::new());
}

#[test]
fn declared_requirements_keep_markers_and_bounds() {
    let facts = facts(&[(
        "pyproject.toml",
        "[build-system]\nrequires = ['hatchling>=1.4', \"tomli; python_version < '3.11'\"]\nbuild-backend = 'hatchling.build'\n",
    )]);
    assert_eq!(
        asked(&facts),
        [
            "hatchling>=1.4 <- `build-system.requires`",
            "tomli ; python_full_version < '3.11' <- `build-system.requires`",
        ]
    );
}

#[test]
fn a_backend_that_requires_lacks_is_required() {
    let facts = facts(&[
        ("pyproject.toml", "[build-system]\nrequires = ['Cython']\n"),
        ("setup.py", "import sys\n"),
    ]);
    assert_eq!(
        asked(&facts),
        [
            "cython <- `build-system.requires`",
            "setuptools <- the build backend `setuptools.build_meta`"
        ]
    );
}

#[test]
fn what_is_no_requirement_is_reported_and_keeps_its_name() {
    let facts = facts(&[(
        "pyproject.toml",
        "[build-system]\nrequires = ['setuptools', 'numpy>=one']\nbuild-backend = 'setuptools.build_meta'\n",
    )]);
    assert_eq!(names(&facts), ["numpy", "setuptools"]);
    let [unread] = &unread(&facts)[..] else {
        panic!()
    };
    assert!(unread.starts_with("pyproject.toml: "), "{unread}");
}

#[test]
fn imports_of_setup_py_are_required_by_distribution() {
    let facts = setup_py(
        "import os, sys, platform\nimport numpy as np\nfrom Cython.Build import cythonize\nimport pkg_resources\nfrom pybind11.setup_helpers import Pybind11Extension\nfrom skbuild import setup\n",
    );
    let expected = ["cython", "numpy", "pybind11", "scikit-build", "setuptools"];
    assert_eq!(names(&facts), expected);
    let asked = asked(&facts);
    assert!(
        asked.contains(&"numpy <- `import numpy` in setup.py:3".to_owned()),
        "{asked:?}"
    );
    let modules: Vec<_> = facts.imports.iter().map(|i| i.module.as_str()).collect();
    assert!(modules.contains(&"pkg_resources"), "{modules:?}");
}

#[test]
fn guarded_imports_are_optional() {
    let facts = setup_py(
        "try:\n  from Cython.Build import cythonize\nexcept ImportError:\n  cythonize = None\n",
    );
    assert_eq!(names(&facts), ["setuptools"]);
    assert_eq!(facts.optional[0].module, "Cython.Build");
    assert_eq!(facts.optional[0].place.to_string(), "setup.py:3");
    assert_eq!(facts.unread, []);
}

#[test]
fn an_import_that_explains_its_failure_is_required() {
    let facts = setup_py(
        "import sys\ntry:\n  import torch\nexcept ImportError:\n  print('install torch')\n  sys.exit(1)\n",
    );
    assert_eq!(names(&facts), ["setuptools", "torch"]);
}

#[test]
fn imports_that_the_text_does_not_decide_are_reported() {
    let facts = setup_py(
        "from setuptools.command.build_ext import build_ext\nif probe():\n  import pythran\n\
         class build(build_ext):\n  def run(self):\n    import numpy\n",
    );
    // The set's numpy is taken if it has one.
    assert_eq!(names(&facts), ["numpy", "setuptools"]);
    assert!(
        facts
            .requirements
            .iter()
            .any(|r| r.is_doubtful && r.name().as_str() == "numpy")
    );
    assert_eq!(
        unread(&facts),
        [
            "setup.py:4: an import of `pythran` under an unknown condition, which no build requirement provides",
            "setup.py:7: an import of `numpy` in a build command, which no build requirement provides",
        ]
    );
}

#[test]
fn a_doubtful_import_that_is_required_anyway_is_not_reported() {
    let facts = setup_py(
        "from setuptools.command.build_ext import build_ext\nsetup(setup_requires=['numpy'])\n\
         class build(build_ext):\n  def run(self):\n    import numpy\n",
    );
    assert_eq!(names(&facts), ["numpy", "setuptools"]);
    assert_eq!(facts.unread, []);
    assert_eq!(facts.doubtful[0].module, "numpy");
}

#[test]
fn functions_count_when_the_script_calls_them() {
    let text = "def version():\n  import dunamai\n  return dunamai\ndef other():\n  import numpy\nversion()\n";
    assert_eq!(names(&setup_py(text)), ["dunamai", "setuptools"]);
}

#[test]
fn distutils_is_setuptools_from_3_12_on() {
    let files = [(
        "setup.py",
        "from distutils.core import setup\nsetup(name='own')\n",
    )];
    let imports = |minor| {
        let facts = facts_for(minor, &files);
        facts
            .imports
            .iter()
            .map(|i| i.module.clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(imports(13), ["distutils.core"]);
    assert_eq!(imports(11), Vec::<String>::new());
}

#[test]
fn an_unknown_module_is_taken_for_its_distribution() {
    let facts = setup_py("import some_build_helper\n");
    let origin = facts
        .requirements
        .iter()
        .find(|requirement| requirement.name().as_str() == "some-build-helper")
        .map(|requirement| requirement.origin.clone());
    let Some(Origin::SetupImport { is_known, .. }) = origin else {
        panic!("{:?}", facts.requirements);
    };
    assert!(!is_known);
}

#[test]
fn modules_of_the_source_are_not_required() {
    let facts = facts(&[
        (
            "setup.py",
            "from setuptools import setup\nimport versioneer, setup_helpers\nfrom own import __version__\n\
             import own_build.extensions, pkginfo\nsetup()\n",
        ),
        ("versioneer.py", ""),
        ("setup_helpers.py", ""),
        ("src/own/__init__.py", "__version__ = '1'\n"),
        ("own_build/extensions.py", ""),
        ("Lib/ldap/pkginfo.py", ""),
    ]);
    assert_eq!(names(&facts), ["setuptools"]);
}

#[test]
fn versioneer_is_required_unless_it_is_there() {
    assert_eq!(
        names(&setup_py("import versioneer\n")),
        ["setuptools", "versioneer"]
    );
}

#[test]
fn modules_of_the_source_are_followed() {
    let facts = facts(&[
        (
            "setup.py",
            "from setuptools import setup\nimport setup_build\nfrom own import __version__\nsetup()\n",
        ),
        (
            "setup_build.py",
            "import pkgconfig\nfrom helpers.arrays import f\n",
        ),
        ("helpers/__init__.py", "import toml\n"),
        ("helpers/arrays.py", "from . import more\n"),
        ("helpers/more.py", "import numpy\n"),
        (
            "own/__init__.py",
            "try:\n  from .core import x\nexcept ImportError:\n  pass\n",
        ),
        ("own/core.py", "import scipy\n"),
    ]);
    assert_eq!(names(&facts), ["numpy", "pkgconfig", "setuptools", "toml"]);
    let place = facts.imports.iter().find(|i| i.module == "numpy").unwrap();
    assert_eq!(place.place.to_string(), "helpers/more.py:1");
    // What the script goes on without isn't followed.
    assert_eq!(facts.optional, []);
}

#[test]
fn a_folder_without_init_hides_no_distribution() {
    let facts = facts(&[
        (
            "setup.py",
            "from setuptools import setup\nimport packaging.version\nsetup()\n",
        ),
        ("packaging/_pyyaml_pep517.py", ""),
    ]);
    assert_eq!(names(&facts), ["packaging", "setuptools"]);
}

#[test]
fn a_vendored_copy_is_not_required() {
    let facts = facts(&[
        (
            "setup.py",
            "import sys\nsys.path.insert(0, 'own/_vendor')\nfrom setuptools import setup\nimport packaging\nsetup()\n",
        ),
        ("own/_vendor/packaging/__init__.py", ""),
    ]);
    assert_eq!(names(&facts), ["setuptools"]);
}

#[test]
fn setup_requires_has_its_place() {
    let facts = facts(&[(
        "setup.py",
        "from setuptools import setup\nsetup(\n  name='own',\n  setup_requires=['cffi>=1.0.0', 'pytest-runner'],\n  cffi_modules=['build.py:ffi'],\n)\n",
    )]);
    let asked = asked(&facts);
    assert!(
        asked.contains(&"cffi>=1.0.0 <- `setup_requires` in setup.py:4".to_owned()),
        "{asked:?}"
    );
    assert!(
        facts
            .keywords
            .iter()
            .any(|keyword| keyword.name == "cffi_modules")
    );
}

#[test]
fn setup_requires_of_one_platform_has_a_marker() {
    let facts = setup_py(
        "import sys\nneeds = ['cffi']\nif sys.platform == 'darwin':\n  needs.append('pyobjc')\nsetup(setup_requires=needs)\n",
    );
    let asked = asked(&facts);
    assert!(asked.iter().any(|a| a.starts_with("cffi <-")), "{asked:?}");
    assert!(
        asked
            .iter()
            .any(|a| a.starts_with("pyobjc ; sys_platform == 'darwin' <-")),
        "{asked:?}"
    );
}

#[test]
fn setup_requires_that_is_computed_is_reported() {
    let facts = setup_py("setup(setup_requires=open('requirements.txt').read())\n");
    assert_eq!(
        unread(&facts),
        ["setup.py:2: a call to `open` in `setup_requires`"]
    );
}

#[test]
fn setup_cfg_has_setup_requires_too() {
    let facts = facts(&[
        ("setup.py", "from setuptools import setup\nsetup()\n"),
        (
            "setup.cfg",
            "[metadata]\nname = own\n\n[options]\nsetup_requires =\n    setuptools_scm[toml]>=3.4\n    pbr\n",
        ),
    ]);
    assert_eq!(names(&facts), ["pbr", "setuptools", "setuptools-scm"]);
    let asked = asked(&facts);
    assert!(
        asked.contains(&"pbr <- `setup_requires` in setup.cfg:5".to_owned()),
        "{asked:?}"
    );
}

#[test]
fn a_version_that_is_no_literal_is_imported() {
    let cfg = ("setup.cfg", "[metadata]\nversion = attr: own.__version__\n");
    let setup = ("setup.py", "from setuptools import setup\nsetup()\n");
    let literal = facts(&[
        cfg,
        setup,
        ("own/__init__.py", "import numpy\n__version__ = '1'\n"),
    ]);
    assert_eq!(names(&literal), ["setuptools"]);
    let imported = facts(&[
        cfg,
        setup,
        (
            "own/__init__.py",
            "import numpy\nfrom .version import __version__\n",
        ),
        ("own/version.py", "__version__ = '1'\n"),
    ]);
    assert_eq!(names(&imported), ["numpy", "setuptools"]);
}

#[test]
fn a_broken_setup_py_is_reported() {
    let facts = facts(&[(
        "setup.py",
        "from setuptools import setup\nprint 'Python 2'\n",
    )]);
    assert!(
        unread(&facts)[0].starts_with("setup.py:2: "),
        "{:?}",
        facts.unread
    );
}

#[test]
fn python_2_modules_are_no_distributions() {
    let facts = setup_py("import ConfigParser, imp\n");
    assert_eq!(names(&facts), ["setuptools"]);
    let modules: Vec<_> = facts.imports.iter().map(|i| i.module.as_str()).collect();
    assert_eq!(modules, ["ConfigParser", "imp", "setuptools"]);
}

#[test]
fn hidden_arguments_are_reported_where_setup_requires_is_a_word() {
    let with = |word: &str| {
        let script = format!("from helpers import options\nsetup(**options())\n{word}\n");
        unread(&facts(&[
            (
                "setup.py",
                &format!("from setuptools import setup\n{script}"),
            ),
            ("helpers.py", "def options():\n  return {}\n"),
        ]))
    };
    assert_eq!(with(""), Vec::<String>::new());
    assert_eq!(
        with("# setup_requires"),
        ["setup.py:3: the arguments that `**` passes to `setup`, perhaps `setup_requires`"]
    );
}

#[test]
fn a_choice_of_setup_requires_is_doubtful() {
    let facts =
        setup_py("needs = []\nif mpi():\n  needs.append('mpi4py')\nsetup(setup_requires=needs)\n");
    let doubtful: Vec<_> = facts
        .requirements
        .iter()
        .filter(|requirement| requirement.is_doubtful)
        .map(|requirement| requirement.name().to_string())
        .collect();
    assert_eq!(doubtful, ["mpi4py"]);
    assert_eq!(facts.unread.len(), 1);
}

fn with_backend(requires: &str, backend: &str, more: &str) -> BuildFacts {
    let text = format!(
        "[build-system]\nrequires = [{requires}]\nbuild-backend = '{backend}'\n[project]\nname = 'own'\nversion = '1'\n\
         dependencies = ['attrs', 'six; python_version < \"3\"']\n{more}"
    );
    facts(&[("pyproject.toml", &text)])
}

#[test]
fn meson_python_runs_ninja() {
    let facts = with_backend("'meson-python', 'Cython'", "mesonpy", "");
    assert_eq!(names(&facts), ["cython", "meson-python", "ninja"]);
    assert_eq!(
        asked(&facts)[2],
        "ninja>=1.8.2 <- meson-python, which runs ninja"
    );
}

#[test]
fn scikit_build_core_runs_cmake_and_ninja() {
    let facts = with_backend("'scikit-build-core'", "scikit_build_core.build", "");
    assert_eq!(names(&facts), ["cmake", "ninja", "scikit-build-core"]);
}

#[test]
fn scikit_build_core_goes_by_its_settings() {
    let with = |settings: &str| {
        let more = format!("[tool.scikit-build]\n{settings}");
        with_backend("'scikit-build-core'", "scikit_build_core.build", &more)
    };
    let facts = with("cmake.version = '>=3.26'\nninja.minimum-version = '1.10'\n");
    let asked = asked(&facts);
    assert!(
        asked.iter().any(|a| a.starts_with("cmake>=3.26 <-")),
        "{asked:?}"
    );
    assert!(
        asked.iter().any(|a| a.starts_with("ninja>=1.10 <-")),
        "{asked:?}"
    );
    assert_eq!(names(&with("wheel.cmake = false\n")), ["scikit-build-core"]);
    let off = |condition: &str| {
        with(&format!(
            "wheel.cmake = false\n[[tool.scikit-build.overrides]]\n{condition} = true\nwheel.cmake = true\n"
        ))
    };
    let with_cmake = ["cmake", "ninja", "scikit-build-core"];
    assert_eq!(names(&off("if.any.cmake-wheel")), with_cmake);
    assert_eq!(names(&off("if.system-cmake")), with_cmake);
    assert_eq!(names(&off("if.env.BUILD_EXTENSION")), ["scikit-build-core"]);
    let makefiles =
        with("cmake.args = ['-G', 'Unix Makefiles']\ncmake.version = 'CMakeLists.txt'\n");
    assert_eq!(names(&makefiles), ["cmake", "scikit-build-core"]);
    let metadata = with(
        "metadata.version.provider = 'scikit_build_core.metadata.setuptools_scm'\nbuild.requires = ['pybind11']\n",
    );
    assert_eq!(
        names(&metadata),
        [
            "cmake",
            "ninja",
            "pybind11",
            "scikit-build-core",
            "setuptools-scm"
        ]
    );
    let facts = with(
        "metadata.version.provider = 'own_provider'\n[[tool.scikit-build.overrides]]\nif.python-version = '>=3.13'\n",
    );
    assert_eq!(facts.unread.len(), 2);
}

#[test]
fn hatchling_adds_the_dependencies_of_hooks() {
    let facts = with_backend(
        "'hatchling'",
        "hatchling.build",
        "[tool.hatch.build]\ndependencies = ['toml']\n\
         [tool.hatch.build.hooks.jupyter-builder]\ndependencies = ['hatch-jupyter-builder>=0.5']\n\
         [tool.hatch.build.targets.wheel.hooks.mypyc]\ndependencies = ['hatch-mypyc']\nenable-by-default = false\n\
         [tool.hatch.build.targets.wheel.hooks.custom]\nrequire-runtime-dependencies = true\n",
    );
    assert_eq!(
        names(&facts),
        ["attrs", "hatch-jupyter-builder", "hatchling", "six", "toml"]
    );
}

#[test]
fn the_custom_hook_of_hatchling_is_read() {
    let pyproject = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n[tool.hatch.build.hooks.custom]\npath = 'tools/build.py'\n";
    let hook = "from hatchling.builders.hooks.plugin.interface import BuildHookInterface\nimport cffi\n\
                class Hook(BuildHookInterface):\n  def initialize(self, version, data):\n    import jinja2\n";
    let facts = facts(&[("pyproject.toml", pyproject), ("tools/build.py", hook)]);
    assert_eq!(names(&facts), ["cffi", "hatchling", "jinja2"]);
    assert_eq!(
        unread(&facts),
        [
            "tools/build.py:5: an import of `jinja2` in a build command, which no build requirement provides"
        ]
    );
}

#[test]
fn settings_of_hatchling_elsewhere_are_reported() {
    let pyproject = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n";
    let facts = facts(&[("pyproject.toml", pyproject), ("hatch.toml", "")]);
    assert_eq!(
        unread(&facts),
        ["hatch.toml: settings of hatchling beside `pyproject.toml`"]
    );
}

#[test]
fn hatchling_and_pdm_backend_build_themselves_with_what_they_need() {
    for (backend, name) in [
        ("hatchling.ouroboros", "hatchling"),
        ("pdm.backend.intree", "pdm-backend"),
    ] {
        let text = format!(
            "[build-system]\nrequires = []\nbuild-backend = '{backend}'\nbackend-path = ['src']\n\
             [project]\nname = '{name}'\nversion = '1'\ndependencies = ['packaging>=24.2', 'pluggy']\n"
        );
        let files = source(&[
            ("pyproject.toml", &text),
            (
                "src/hatchling/ouroboros.py",
                "from hatchling.build import *\n",
            ),
        ]);
        let root = Utf8Path::new(".");
        let facts = BuildFacts::read(&files, root, &PythonName::new(name), 13).unwrap();
        assert_eq!(names(&facts), ["packaging", "pluggy"], "{backend}");
        assert_eq!(facts.unread, [], "{backend}");
    }
}

#[test]
fn backends_that_are_in_their_own_source_need_nothing() {
    for (backend, name, path) in [
        ("flit_core.buildapi", "flit-core", "flit_core/buildapi.py"),
        (
            "setuptools.build_meta",
            "setuptools",
            "setuptools/build_meta.py",
        ),
        (
            "poetry.core.masonry.api",
            "poetry-core",
            "src/poetry/core/masonry/api.py",
        ),
    ] {
        let text = format!(
            "[build-system]\nrequires = []\nbuild-backend = '{backend}'\nbackend-path = ['.', 'src']\n"
        );
        let files = source(&[("pyproject.toml", &text), (path, "import packaging\n")]);
        let root = Utf8Path::new(".");
        let facts = BuildFacts::read(&files, root, &PythonName::new(name), 13).unwrap();
        assert_eq!(names(&facts), Vec::<String>::new(), "{backend}");
    }
}

#[test]
fn a_backend_of_the_sources_own_has_the_hook_of_what_it_wraps() {
    let pyproject = "[build-system]\nrequires = ['setuptools>=67.8']\nbuild-backend = 'backend'\nbackend-path = ['_custom_build']\n";
    let backend = "import sys\nfrom setuptools.build_meta import build_wheel\n\
                   def get_requires_for_build_wheel(config=None):\n  return ['pybind11']\n";
    let setup = "from setuptools import setup\nsetup(setup_requires=['cffi'])\n";
    let facts = facts(&[
        ("pyproject.toml", pyproject),
        ("_custom_build/backend.py", backend),
        ("setup.py", setup),
    ]);
    // Its own hook replaces the one of setuptools, but `setup.py` is run.
    assert_eq!(names(&facts), ["cffi", "pybind11", "setuptools"]);
    assert!(facts.runs_setup_py);
    assert!(asked(&facts).contains(&"pybind11 <- the build backend `backend`".to_owned()));
}

#[test]
fn a_backend_that_is_not_there_is_reported() {
    let facts = facts(&[(
        "pyproject.toml",
        "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['tools']\n",
    )]);
    assert_eq!(
        unread(&facts),
        ["pyproject.toml: the build backend `backend`, which isn't in its `backend-path`"]
    );
}

#[test]
fn an_unknown_backend_is_reported() {
    let facts = with_backend("'enscons'", "enscons.api", "");
    assert_eq!(names(&facts), ["enscons"]);
    assert_eq!(
        unread(&facts),
        ["pyproject.toml: the build backend `enscons.api`, which isn't supported"]
    );
}

#[test]
fn poetry_core_runs_a_build_script() {
    let pyproject = |build: &str| {
        format!(
            "[build-system]\nrequires = ['poetry-core']\nbuild-backend = 'poetry.core.masonry.api'\n[tool.poetry]\nversion = '1'\n{build}"
        )
    };
    let script = (
        "build.py",
        "from Cython.Build import cythonize\ndef build(kw):\n  pass\n",
    );
    let old = facts(&[
        ("pyproject.toml", &pyproject("build = 'build.py'\n")),
        script,
    ]);
    assert_eq!(names(&old), ["cython", "poetry-core"]);
    assert_eq!(
        old.build_function.as_ref().unwrap().to_string(),
        "build.py:2"
    );
    let new = "[tool.poetry.build]\nscript = 'build.py'\ngenerate-setup-file = true\n";
    let new = facts(&[("pyproject.toml", &pyproject(new)), script]);
    assert_eq!(names(&new), ["cython", "poetry-core", "setuptools"]);
    assert_eq!(new.build_function, None);
    assert!(new.knows_version);
}

#[test]
fn pdm_backend_runs_setuptools_with_run_setuptools() {
    let facts = with_backend("'pdm-backend'", "pdm.backend", "");
    assert_eq!(names(&facts), ["pdm-backend"]);
    let more = "[tool.pdm.build]\nrun-setuptools = true\n";
    let facts = with_backend("'pdm-backend'", "pdm.backend", more);
    assert_eq!(names(&facts), ["pdm-backend", "setuptools"]);
}

#[test]
fn maturin_with_cffi_bindings_needs_cffi() {
    let facts = with_backend(
        "'maturin'",
        "maturin",
        "[tool.maturin]\nbindings = 'cffi'\n",
    );
    assert_eq!(names(&facts), ["cffi", "maturin"]);
}

#[test]
fn py_build_cmake_runs_what_its_tables_name() {
    let more = "[tool.py-build-cmake.cmake]\nminimum_version = '3.17'\ngenerator = 'Ninja'\n[tool.py-build-cmake.stubgen]\n";
    let facts = with_backend("'py-build-cmake'", "py_build_cmake.build", more);
    assert_eq!(names(&facts), ["cmake", "mypy", "ninja", "py-build-cmake"]);
    let facts = with_backend("'py-build-cmake'", "py_build_cmake.build", "");
    assert_eq!(names(&facts), ["py-build-cmake"]);
}

#[test]
fn flit_imports_a_module_without_a_literal_version() {
    let with = |module: &str| {
        let pyproject = "[build-system]\nrequires = ['flit_core']\nbuild-backend = 'flit_core.buildapi'\n[project]\nname = 'own'\ndynamic = ['version', 'description']\ndependencies = ['attrs']\n";
        facts(&[
            ("pyproject.toml", pyproject),
            ("src/own/__init__.py", module),
        ])
    };
    assert_eq!(
        names(&with("'''What.'''\n__version__ = '1'\n")),
        ["flit-core"]
    );
    let imported =
        with("'''What.'''\nfrom importlib.metadata import version\n__version__ = version('own')\n");
    assert_eq!(names(&imported), ["attrs", "flit-core"]);
    assert_eq!(
        asked(&imported)[1],
        "attrs <- flit-core, which imports `own`"
    );
    assert_eq!(names(&with("__version__ = '1'\n")), ["attrs", "flit-core"]);
}

#[test]
fn backends_around_setuptools_run_setup_py() {
    for backend in [
        "pbr.build",
        "jupyter_packaging.build_api",
        "scikit_build_core.setuptools.build_meta",
    ] {
        let pyproject =
            format!("[build-system]\nrequires = ['setuptools']\nbuild-backend = '{backend}'\n");
        let setup = "from setuptools import setup\nimport numpy\nsetup()\n";
        let facts = facts(&[("pyproject.toml", &pyproject), ("setup.py", setup)]);
        assert!(names(&facts).contains(&"numpy".to_owned()), "{backend}");
        assert!(facts.runs_setup_py, "{backend}");
    }
}

#[test]
fn setup_py_does_not_count_for_other_backends() {
    let pyproject = "[build-system]\nrequires = ['hatchling']\nbuild-backend = 'hatchling.build'\n";
    let setup = "from setuptools import setup\nimport numpy\nsetup()\n";
    let facts = facts(&[("pyproject.toml", pyproject), ("setup.py", setup)]);
    assert_eq!(names(&facts), ["hatchling"]);
}

#[test]
fn a_hook_is_read_where_the_backend_imports_it_from() {
    let pyproject = "[build-system]\nrequires = ['setuptools']\nbuild-backend = 'own.hooks'\nbackend-path = ['packaging']\n";
    let hooks = "from setuptools.build_meta import *\n\
                 from ._backend import build_wheel, get_requires_for_build_wheel\n";
    let backend = "from setuptools.build_meta import \
                   get_requires_for_build_wheel as of_setuptools\n\
                   def get_requires_for_build_wheel(config=None):\n  \
                   if is_pure(config):\n    more = []\n  else:\n    more = ['Cython >= 3.1']\n  \
                   return of_setuptools(config) + more\n";
    let facts = facts(&[
        ("pyproject.toml", pyproject),
        ("packaging/own/hooks.py", hooks),
        ("packaging/own/_backend.py", backend),
    ]);
    assert_eq!(names(&facts), ["cython", "setuptools"]);
}

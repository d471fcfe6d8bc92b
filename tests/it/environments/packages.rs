//! What a lock of an application has: an sdist for each way of building, and
//! build systems of the real world.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::Path;

use crate::locks::fixtures::Sdist;
use crate::wheels::TOOLS;
use crate::wheels::projects::Module;

/// A package of a lock: its entry there is made of this.
pub struct Locked {
    pub name: String,
    pub version: String,
    pub needs: Vec<String>,
    /// Names and contents of its sdist and its wheels.
    pub files: BTreeMap<String, Vec<u8>>,
}

impl Locked {
    fn generated(name: &'static str, files: &[(&str, &str)]) -> Self {
        let owned = |&(path, text): &(&str, &str)| (path.to_owned(), text.to_owned());
        let files: Vec<_> = files.iter().map(owned).collect();
        Self::sdist(name, "1.0", &files)
    }

    fn sdist(name: &'static str, version: &'static str, files: &[(String, String)]) -> Self {
        let bytes = Sdist::new(name, version, files).bytes;
        Self {
            name: name.to_owned(),
            version: version.to_owned(),
            needs: Vec::new(),
            files: [(format!("{name}-{version}.tar.gz"), bytes)].into(),
        }
    }

    /// With a wheel, too, that has one module.
    fn with_wheel(mut self, answer: &str) -> Self {
        let mut archive = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
        let (name, info) = (&self.name, format!("{}-1.0.dist-info", self.name));
        let tag = "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n";
        for (path, text) in [
            (format!("{name}.py"), format!("ANSWER = '{answer}'\n")),
            (
                format!("{info}/METADATA"),
                format!("Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"),
            ),
            (format!("{info}/WHEEL"), tag.to_owned()),
            (format!("{info}/RECORD"), String::new()),
        ] {
            let options = zip::write::SimpleFileOptions::default();
            archive.start_file(path, options).unwrap();
            archive.write_all(text.as_bytes()).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        self.files
            .insert(format!("{}-1.0-py3-none-any.whl", self.name), bytes);
        self
    }

    /// Its entry in a lock whose files are at `address`.
    pub fn entry(&self, address: &str) -> String {
        let file = |(name, bytes): (&String, &Vec<u8>)| {
            let hash = cargo_pyhack::testing::Sha256::of(bytes).to_hex();
            let size = bytes.len();
            format!(
                "{{ url = \"http://{address}/files/{name}\", hash = \"sha256:{hash}\", size = {size} }}"
            )
        };
        let is_wheel = |name: &String| Path::new(name).extension().is_some_and(|it| it == "whl");
        let (wheels, sdists): (Vec<_>, Vec<_>) =
            self.files.iter().partition(|(name, _)| is_wheel(name));
        let needs = self
            .needs
            .iter()
            .map(|name| format!("{{ name = \"{name}\" }}"));
        let mut lines = vec![
            "[[package]]".to_owned(),
            format!("name = \"{}\"", self.name),
            format!("version = \"{}\"", self.version),
            "source = { registry = \"https://example.org/simple\" }".to_owned(),
            format!("dependencies = [{}]", needs.collect::<Vec<_>>().join(", ")),
        ];
        lines.extend(
            sdists
                .into_iter()
                .map(|each| format!("sdist = {}", file(each))),
        );
        let wheels: Vec<_> = wheels.into_iter().map(file).collect();
        if !wheels.is_empty() {
            lines.push(format!("wheels = [{}]", wheels.join(", ")));
        }
        lines.join("\n") + "\n\n"
    }
}

/// The name of a package as its files have it.
fn in_file_names(name: &str) -> String {
    name.replace('-', "_")
}

/// The build systems that come as an sdist and a wheel, in the versions of
/// `tests/nix/tools.toml`.
pub fn build_systems() -> Vec<Locked> {
    let tools: toml::Table = toml::from_str(include_str!("../../nix/tools.toml")).unwrap();
    let has_files = |tool: &toml::Value| tool.get("files").is_some();
    let files: Vec<_> = fs::read_dir(Path::new(TOOLS).join("files"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .collect();
    let locked = |(name, tool): (String, toml::Value)| {
        let version = tool["version"].as_str().unwrap().to_owned();
        let prefix = format!("{}-{version}", in_file_names(&name));
        let named = |path: &Path| path.file_name().unwrap().to_str().unwrap().to_owned();
        let own = files.iter().filter(|path| named(path).starts_with(&prefix));
        let needs = tool
            .get("dependencies")
            .map(|needs| needs.as_array().unwrap());
        Locked {
            files: own
                .map(|path| (named(path), fs::read(path).unwrap()))
                .collect(),
            needs: needs
                .into_iter()
                .flatten()
                .map(|name| name.as_str().unwrap().to_owned())
                .collect(),
            name,
            version,
        }
    };
    let tools = tools.into_iter();
    tools
        .filter(|(_, tool)| has_files(tool))
        .map(locked)
        .collect()
}

/// The text of a `pyproject.toml`.
fn pyproject(name: &str, requires: &[&str], backend: &str) -> String {
    format!(
        "[build-system]\nrequires = {requires:?}\nbuild-backend = \"{backend}\"\n\n\
         [project]\nname = \"{name}\"\nversion = \"1.0\"\ndescription = \"A module\"\n"
    )
}

/// A package with one module, built by a backend of PEP 517.
fn by_backend(name: &'static str, requires: &[&str], backend: &str) -> Locked {
    let module = format!("\"\"\"A module.\"\"\"\nANSWER = \"{backend}\"\n");
    Locked::generated(
        name,
        &[
            ("pyproject.toml", &pyproject(name, requires, backend)),
            (&format!("{name}.py"), &module),
        ],
    )
}

/// A package with a module in C that links OpenSSL, which it asks pkg-config
/// for.
fn linking() -> Locked {
    Locked::generated(
        "linking",
        &[("setup.py", LINKING_SETUP), ("linking.c", LINKING_MODULE)],
    )
}

/// An sdist for each way of building; all have a module of their name with an
/// `ANSWER` or a function `answer`.
pub fn sdists() -> Vec<Locked> {
    let setup = "from setuptools import setup\nsetup(name='legacy', version='1.0', py_modules=['legacy'])\n";
    let dual =
        "from setuptools import setup\nsetup(name='dual', version='1.0', py_modules=['dual'])\n";
    vec![
        Locked::generated(
            "dual",
            &[("setup.py", dual), ("dual.py", "ANSWER = 'an sdist'\n")],
        )
        .with_wheel("a wheel"),
        by_backend("flitted", &["flit_core >=3.2,<4"], "flit_core.buildapi"),
        by_backend("hatched", &["hatchling"], "hatchling.build"),
        Locked::generated(
            "legacy",
            &[("setup.py", setup), ("legacy.py", "ANSWER = 'setup.py'\n")],
        ),
        linking(),
        Locked::sdist("module", "0.1.0", &Module::maturin("rust").files()),
        by_backend("poetic", &["poetry-core>=2"], "poetry.core.masonry.api"),
        by_backend(
            "scm",
            &["setuptools>=77", "setuptools-scm[toml]>=8"],
            "setuptools.build_meta",
        ),
    ]
}

/// `egg` is built with `hen`, which needs `egg` to run. One has a wheel.
pub fn a_circle() -> Vec<Locked> {
    let hen = by_backend("hen", &["setuptools"], "setuptools.build_meta");
    vec![
        by_backend("egg", &["setuptools", "hen"], "setuptools.build_meta").with_wheel("a wheel"),
        Locked {
            needs: vec!["egg".to_owned()],
            ..hen
        },
    ]
}

/// A package that the set has too, in another version.
pub fn another_packaging() -> Vec<Locked> {
    let files = [(
        "pyproject.toml".to_owned(),
        pyproject("packaging", &["setuptools"], "setuptools.build_meta").replace("1.0", "21.3"),
    )];
    vec![Locked::sdist("packaging", "21.3", &files)]
}

const LINKING_SETUP: &str = r#"import subprocess
from setuptools import Extension, setup


def pkgconfig(option):
    return subprocess.check_output(["pkg-config", option, "libcrypto"], text=True).split()


setup(
    name="linking",
    version="1.0",
    ext_modules=[
        Extension(
            "linking",
            ["linking.c"],
            extra_compile_args=pkgconfig("--cflags"),
            extra_link_args=pkgconfig("--libs"),
        )
    ],
)
"#;

const LINKING_MODULE: &str = r#"#include <Python.h>
#include <openssl/crypto.h>

static PyObject *answer(PyObject *self, PyObject *none) {
    return PyLong_FromLong(OpenSSL_version_num() != 0);
}

static PyMethodDef methods[] = {{"answer", answer, METH_NOARGS, NULL}, {NULL}};
static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "linking", NULL, -1, methods};

PyMODINIT_FUNC PyInit_linking(void) { return PyModule_Create(&module); }
"#;

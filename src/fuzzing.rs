//! What fuzzers feed: each target takes any bytes and must end, without a panic
//! and with what it promises.

use std::collections::BTreeMap;
use std::io::{Seek as _, Write as _};

use camino::Utf8Path;

use crate::hash::NarWriter;
use crate::io::read_archive;
use crate::native::build_script::BuildScript;
use crate::nix::Names;
use crate::nix::pins::PinFile;
use crate::overlay::{Digests, Document, Edits, NewBlock, OverlayError};
use crate::pep508::{parse_marker, parse_requirement};
use crate::project::{
    BuildSettings, CargoLock, GitSource, Metadata, Project, SourceFiles, is_local, submodule_url,
    url_problem, without_credentials,
};
use crate::python::{
    Platform, Situation, read_backend, read_commands, read_native, read_needs, read_setup_py,
};
use crate::python_lock::{UvSettings, platform_markers};

/// Takes the bytes that a fuzzer made.
pub type FuzzTarget = fn(&[u8]);

/// The targets by name.
pub const FUZZ_TARGETS: &[(&str, FuzzTarget)] = &[
    ("archive", archive),
    ("build_script", build_script),
    ("cargo_lock", cargo_lock),
    ("git_url", git_url),
    ("marker", marker),
    ("nar", nar),
    ("overlay", overlay),
    ("pins", pins),
    ("pkg_info", pkg_info),
    ("pylock", pylock),
    ("pyproject", pyproject),
    ("setup_py", setup_py),
    ("uv_lock", uv_lock),
];

fn text(data: &[u8]) -> Option<&str> {
    std::str::from_utf8(data).ok()
}

/// The first byte says what the rest is: an sdist, a tar that is packed first,
/// or a zip.
fn archive(data: &[u8]) {
    let Some((kind, rest)) = data.split_first() else {
        return;
    };
    let (name, bytes) = match kind {
        b'0' => ("a-1.0.tar.gz", rest.to_vec()),
        b'1' => ("a-1.0.tar.gz", packed(rest)),
        _ => ("a-1.0.zip", rest.to_vec()),
    };
    let mut file = tempfile::tempfile().expect("fuzzers have a folder for temporary files");
    file.write_all(&bytes).expect("there is room for the input");
    file.rewind().expect("the file is a regular one");
    let mut file = fs_err::File::from_parts(file, name);
    let Ok(files) = read_archive(Utf8Path::new(name), &mut file) else {
        return;
    };
    for path in files.paths() {
        let mut parts = path.components();
        let is_below = parts.all(|part| matches!(part, camino::Utf8Component::Normal(_)));
        assert!(is_below, "{path}");
    }
}

fn packed(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    let written = encoder.write_all(bytes).and_then(|()| encoder.finish());
    written.expect("memory takes any bytes")
}

fn build_script(data: &[u8]) {
    if let Some(text) = text(data) {
        let files = BTreeMap::from([("build.rs".to_owned(), text.to_owned())]);
        BuildScript::read("build.rs", &files);
    }
}

fn cargo_lock(data: &[u8]) {
    let mut files = SourceFiles::new("project");
    files.insert("Cargo.lock", Some(data.to_vec()));
    if let Ok(lock) = CargoLock::read(&files, Utf8Path::new("Cargo.lock")) {
        lock.registry_crates().ok();
        lock.require_distinct().ok();
        lock.git_revisions();
        lock.other_registries();
    }
}

/// One URL, or that of a repository and, on the next line, of its submodule.
fn git_url(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    url_problem(text, true);
    if url_problem(text, false).is_none() {
        assert!(!is_local(text), "{text}");
    }
    let hidden = without_credentials(text);
    assert_eq!(without_credentials(&hidden), hidden);
    if let Some(git) = GitSource::parse(text, 4) {
        git.full_revision();
        git.id();
    }
    if let Some((parent, url)) = text.split_once('\n') {
        submodule_url(parent, url);
    }
}

/// A requirement, or a marker. What is printed of a marker is printed again once
/// it is parsed: `sys.platform`, the deprecated name of a variable, becomes
/// `sys_platform`, so that the markers themselves may differ. One that never
/// holds is printed as any other that never does. `pep508_rs` prints all strings
/// in single quotes, even one that has such a quote in it.
fn marker(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    parse_requirement(text).ok();
    if let Ok(marker) = parse_marker(text)
        && !marker.is_false()
        && !(text.contains('"') && text.contains('\''))
        && let Some(printed) = marker.try_to_string()
    {
        let again = parse_marker(&printed).map(|marker| marker.try_to_string());
        assert_eq!(again, Ok(Some(printed)));
    }
}

/// Files of a directory: each line is a name, a file of itself.
fn nar(data: &[u8]) {
    let names: Vec<_> = data.split(|byte| *byte == b'\n').collect();
    let mut out = Vec::new();
    let written = NarWriter::start(&mut out).and_then(|mut nar| {
        nar.directory(|directory| {
            names.iter().try_for_each(|name| {
                let is_link = name.len() % 3 == 0;
                directory.entry(name, |node| {
                    if is_link {
                        return node.symlink(name);
                    }
                    node.file(name.len() % 2 == 0, name.len() as u64, *name)
                })
            })
        })
    });
    if written.is_ok() {
        assert!(names.is_sorted() && out.len() % 8 == 0);
    }
}

/// A file takes a stanza, keeps it if it is put again, and gives it back.
fn overlay(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    let Ok(document) = Document::parse("overlay.nix", text) else {
        return;
    };
    let Ok(once) = with_stanza(&document) else {
        return;
    };
    let document = Document::parse("overlay.nix", &once).expect("what is written is parsed");
    assert!(document.block("fuzzed").is_some());
    assert_eq!(with_stanza(&document).ok().as_ref(), Some(&once));
    let mut edits = Edits::new(&document);
    edits.remove("fuzzed");
    if let Ok(without) = edits.apply() {
        let document = Document::parse("overlay.nix", &without).expect("what is left is parsed");
        assert!(document.block("fuzzed").is_none());
    }
}

fn with_stanza(document: &Document) -> Result<String, OverlayError> {
    let layout = |_, _, _: &Names| Ok("fuzzed = 1;\n".to_owned());
    let digests: Digests = "source=1 lock=2 build=3 rules=4"
        .parse()
        .unwrap_or_default();
    let mut edits = Edits::new(document);
    edits.put(&NewBlock {
        name: "fuzzed",
        version: Some("1.0"),
        recipe: "{\"path\":\"source\"}",
        digests: &digests,
        layout: &layout,
        may_be_absent: false,
        force: false,
    })?;
    edits.apply()
}

fn pins(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    for file in [PinFile::FlakeLock, PinFile::Npins] {
        file.read(text).ok();
        file.update(text);
    }
}

fn pkg_info(data: &[u8]) {
    let pyproject = b"[build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n";
    project(&[("pyproject.toml", pyproject), ("PKG-INFO", data)]);
}

fn pylock(data: &[u8]) {
    python_lock("pylock.toml", data);
}

fn pyproject(data: &[u8]) {
    let manifest = b"[package]\nname = \"a\"\nversion = \"1.0.0\"\n";
    project(&[
        ("pyproject.toml", data),
        ("Cargo.toml", manifest),
        ("src/lib.rs", b""),
    ]);
    if let Some(text) = text(data) {
        UvSettings::read(text, &[]).ok();
    }
}

fn project(files: &[(&str, &[u8])]) {
    let mut source = SourceFiles::new("project");
    for (path, bytes) in files {
        source.insert(*path, Some(bytes.to_vec()));
    }
    if let Ok(project) = Project::read_with(&source, Utf8Path::new(""), &BuildSettings::default()) {
        Metadata::read(&source, &project).ok();
    }
}

fn setup_py(data: &[u8]) {
    let Some(text) = text(data) else {
        return;
    };
    for platform in [Platform::LINUX, Platform::MACOS] {
        let situation = Situation {
            exists: &|_| Some(true),
            file: "setup.py",
            module_name: "__main__",
            command: "bdist_wheel",
            python_minor: &|| 12,
            platform,
        };
        read_setup_py(text, &situation).ok();
        read_commands(text, &situation).ok();
        read_needs(text, &situation).ok();
        read_native(text, &situation).ok();
        read_backend(text, &situation).ok();
    }
}

fn uv_lock(data: &[u8]) {
    python_lock("uv.lock", data);
}

fn python_lock(name: &str, data: &[u8]) {
    if let Some(text) = text(data)
        && let Ok(lock) = crate::python_lock::parse(name, text)
    {
        platform_markers(&lock);
    }
}

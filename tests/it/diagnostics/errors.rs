//! Errors: of a whole command, and of single packages in a Python lock.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use cargo_pyhack::testing::lock::contained;

use super::Transcript;
use crate::git::{self, project as git_project};
use crate::locks::application;
use crate::locks::fixtures::{self, Sdist, serving};
use crate::support::{
    Asked, Crate, Registry, Reply, Repository, Sandbox, has_git, move_crate, python_project,
};

const REVISION: &str = "0123456789012345678901234567890123456789";

/// Creates a sandbox with a maturin project that has no dependencies.
fn simple() -> Sandbox {
    let sandbox = Sandbox::new();
    sandbox.project("project", &python_project(&[]));
    sandbox
}

/// Returns a `uv.lock` with these entries: the name and the rest of each table.
fn uv_lock(entries: &[(&str, &str)]) -> String {
    let head = "version = 1\nrevision = 3\nrequires-python = \">=3.11\"\n";
    let entries = entries.iter().map(|(name, entry)| {
        format!("\n[[package]]\nname = \"{name}\"\nversion = \"1.0\"\n{entry}\n")
    });
    format!("{head}{}", entries.collect::<String>())
}

#[test]
fn files_of_python_locks() {
    let registry = Registry::answering(|_, asked: &Asked| {
        Some(match asked.path.as_str() {
            "/files/gone-1.0.tar.gz" => Reply::status("404 Not Found"),
            path if path.starts_with("/login/") => Reply::status("401 Unauthorized"),
            _ => Reply::body("an sdist, as far as its hash goes"),
        })
    });
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let hash = "0".repeat(64);
    let sdist = |url: &str, more: &str| {
        format!(
            "source = {{ registry = \"https://example.org/simple\" }}\nsdist = {{ url = \"{url}\"{more} }}"
        )
    };
    let hashed = |url: &str| sdist(url, &format!(", hash = \"sha256:{hash}\""));
    let sized = |size: u64| format!(", hash = \"sha256:{hash}\", size = {size}");
    let here = |path: &str| format!("http://{address}/{path}");
    let entries = [
        ("address", hashed("ftp://example.org/address-1.0.tar.gz")),
        ("checksum", hashed(&here("files/checksum-1.0.tar.gz"))),
        ("gone", hashed(&here("files/gone-1.0.tar.gz"))),
        (
            "large",
            sdist(&here("files/large-1.0.tar.gz"), &sized(1 << 40)),
        ),
        ("login", hashed(&here("login/login-1.0.tar.gz"))),
        ("misnamed", hashed(&here("files/misnamed-1.0.tar.xz"))),
        (
            "refused",
            hashed(&format!(
                "http://ada:sesame@{address}/login/refused-1.0.tar.gz"
            )),
        ),
        ("sized", sdist(&here("files/sized-1.0.tar.gz"), &sized(3))),
        ("unhashed", sdist(&here("files/unhashed-1.0.tar.gz"), "")),
    ];
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, entry)| (*name, entry.as_str()))
        .collect();
    sandbox.write("uv.lock", uv_lock(&entries));
    let nowhere = format!(
        "lock-version = \"1.0\"\n[[packages]]\nname = \"nowhere\"\nversion = \"1.0\"\n\
         sdist = {{ name = \"nowhere-1.0.tar.gz\", hashes = {{ sha256 = \"{hash}\" }} }}\n"
    );
    sandbox.write("flat/pylock.toml", nowhere);
    let transcript = Transcript::new(&sandbox)
        .run("lock --write overlay.nix")
        .run("lock --write overlay.nix flat/pylock.toml");
    assert_snapshot!(transcript.text);
    let one = [("checksum", &*hashed(&here("files/checksum-1.0.tar.gz")))];
    sandbox.write("uv.lock", uv_lock(&one));
    assert_snapshot!(
        "files_of_python_locks_offline",
        Transcript::new(&sandbox)
            .run("lock --offline --write other.nix")
            .text
    );
}

#[cfg(unix)]
#[test]
fn files_that_are_not_read_or_written() {
    let sandbox = simple();
    sandbox.write("large.nix", "");
    let large = std::fs::File::options()
        .write(true)
        .open(sandbox.path("large.nix"));
    large.unwrap().set_len(100 << 30).unwrap();
    let outside = tempfile::tempdir().unwrap();
    let file = outside.path().canonicalize().unwrap().join("file");
    std::fs::write(&file, "").unwrap();
    std::os::unix::fs::symlink(&file, sandbox.path("vendor.tar")).unwrap();
    let transcript = Transcript::new(&sandbox)
        .run("check large.nix")
        .run("vendor --tar --to vendor.tar project");
    let text = transcript.text.replace(file.to_str().unwrap(), "/OUTSIDE");
    assert_snapshot!(text);
    assert!(std::fs::read(&file).unwrap().is_empty());
}

/// The panic is another run's, whose results are merged.
#[test]
fn a_package_that_panics() {
    let (sandbox, _registry) = application();
    let lines = sandbox
        .run(&["lock", "-q", "--rust-only", "--format", "jsonl"])
        .ok();
    let failure = contained(|| panic!("on purpose")).unwrap_err();
    let mut packages: Vec<serde_json::Value> = lines
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    let fast = packages
        .iter_mut()
        .find(|package| package["name"] == "fast");
    let fast = fast.unwrap().as_object_mut().unwrap();
    fast.remove("saved").unwrap();
    fast.insert("error".to_owned(), serde_json::to_value(failure).unwrap());
    let lines = packages.iter().map(|package| format!("{package}\n"));
    sandbox.write("all.jsonl", lines.collect::<String>());
    let transcript =
        Transcript::new(&sandbox).run("lock --rust-only --merge all.jsonl --write overlay.nix");
    assert_snapshot!(transcript.text);
    let overlay = std::fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    let begins: Vec<_> = overlay
        .lines()
        .filter_map(|line| line.trim().strip_prefix("# pyhack: begin "))
        .collect();
    assert_eq!(begins, ["quick 1.0"]);
}

#[test]
fn a_build_system_that_no_package_set_has() {
    let sdists = [
        Sdist::built_with("good", "1.0", &["setuptools"]),
        Sdist::built_with("odd", "1.0", &["setuptools", "frobnicate"]),
    ];
    let registry = serving(&[], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let entries = sdists
        .iter()
        .map(|sdist| (sdist.name, sdist.entry(&address, "")));
    sandbox.write("uv.lock", fixtures::uv_lock(&entries.collect::<Vec<_>>()));
    let transcript = Transcript::new(&sandbox).run("lock --write overlay.nix");
    assert_snapshot!(transcript.text);
    let overlay = std::fs::read_to_string(sandbox.path("overlay.nix")).unwrap();
    assert!(overlay.contains("# pyhack: begin good 1.0\n"), "{overlay}");
    assert!(!overlay.contains("begin odd"), "{overlay}");
}

#[test]
fn packages_that_are_built_with_each_other() {
    let sdists = [
        Sdist::built_with("hen", "1.0", &["setuptools", "egg"]),
        Sdist::built_with("egg", "1.0", &["setuptools", "hen"]),
    ];
    let registry = serving(&[], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    let address = registry.address();
    let lock = |has_wheels: bool| {
        let entries = sdists.iter().map(|sdist| {
            let wheel = fixtures::WHEEL.replace("NAME", sdist.name);
            let wheel = wheel.replace("cp39-abi3-manylinux_2_17_x86_64", "py3-none-any");
            let more = if has_wheels { wheel } else { String::new() };
            (sdist.name, sdist.entry(&address, &more))
        });
        fixtures::uv_lock(&entries.collect::<Vec<_>>())
    };
    sandbox.write("uv.lock", lock(false));
    sandbox.write("wheels/uv.lock", lock(true));
    let transcript = Transcript::new(&sandbox)
        .run("lock --write overlay.nix")
        .run("lock -v --source-preference sdist --write wheels.nix wheels");
    assert_snapshot!(transcript.text);
    let overlay = std::fs::read_to_string(sandbox.path("wheels.nix")).unwrap();
    let wheel = "  egg = prev.egg.override {\n    sourcePreference = \"wheel\";\n  };\n";
    assert!(overlay.contains(wheel), "{overlay}");
}

/// An extension that includes a header which isn't there.
fn parser_without_header() -> [(String, String); 3] {
    let setup = "from setuptools import Extension, setup\n\
        setup(name='grammar', ext_modules=[Extension('_binding', ['src/parser.c'], include_dirs=['src'])])\n";
    let parser = "#include \"tree_sitter/parser.h\"\n";
    let info = "Metadata-Version: 2.1\nName: grammar\nVersion: 1.0\n";
    [
        ("setup.py", setup),
        ("src/parser.c", parser),
        ("PKG-INFO", info),
    ]
    .map(|(path, text)| (path.to_owned(), text.to_owned()))
}

#[test]
fn a_wheel_serves_where_the_set_cannot_build_the_sdist() {
    let sdists = [
        Sdist::built_with("odd", "1.0", &["no-such-build-system"]),
        Sdist::built_with("cmake", "1.0", &["setuptools"]),
        Sdist::new("grammar", "1.0", &parser_without_header()),
    ];
    let registry = serving(&[], &sdists);
    let sandbox = Sandbox::with_registry(&registry);
    sandbox.write("grammar.tar.gz", &sdists[2].bytes);
    let address = registry.address();
    let wheels = |name: &str, tag: &str| {
        let wheel = fixtures::WHEEL.replace("NAME", name);
        wheel.replace("cp39-abi3-manylinux_2_17_x86_64", tag)
    };
    for (folder, tag) in [
        ("everywhere", "py3-none-any"),
        ("linux", "py3-none-manylinux_2_17_x86_64"),
    ] {
        let entries = sdists.iter().map(|sdist| {
            let wheel = wheels(sdist.name, tag);
            (sdist.name, sdist.entry(&address, &wheel))
        });
        let lock = fixtures::uv_lock(&entries.collect::<Vec<_>>());
        sandbox.write(&format!("{folder}/uv.lock"), lock);
    }
    let lock = "lock -v --source-preference sdist --write overlay.nix";
    let transcript = Transcript::new(&sandbox)
        .run(&format!("{lock} everywhere"))
        .run(&format!("{lock} linux"))
        .run("inspect -v grammar.tar.gz");
    assert_snapshot!(transcript.text);
}

#[test]
fn packages_that_no_platform_can_have() {
    let sandbox = simple();
    let wheel = |tag: &str| {
        let wheel = fixtures::WHEEL.replace("NAME", "onnx");
        wheel.replace("cp39-abi3-manylinux_2_17_x86_64", tag)
    };
    for (name, tag) in [
        ("nowhere", "cp311-cp311-win_amd64"),
        ("somewhere", "py3-none-manylinux_2_17_x86_64"),
    ] {
        let source = "source = { registry = \"https://example.org/simple\" }\n";
        let entry = format!("{source}{}", wheel(tag));
        sandbox.write(
            &format!("{name}/uv.lock"),
            uv_lock(&[("onnx", entry.as_str())]),
        );
    }
    let transcript = Transcript::new(&sandbox)
        .run("lock --write nowhere/overlay.nix nowhere")
        .run("lock -v --write somewhere/overlay.nix somewhere")
        .run("lock --platforms x86_64-linux --write somewhere/overlay.nix somewhere")
        .run("nix-snippet --prebuilt onnx --write nowhere/overlay.nix nowhere/uv.lock")
        .run("lock --write nowhere/overlay.nix nowhere")
        .run("inspect nowhere/uv.lock");
    assert_snapshot!(transcript.text);
}

#[test]
fn entries_of_python_locks() {
    let sandbox = simple();
    let source = "source = { registry = \"https://example.org/simple\" }";
    for (name, text) in [
        ("syntax", "version = 1\npackage = 3\n".to_owned()),
        ("version", "version = 9\n".to_owned()),
        (
            "old",
            uv_lock(&[("a", source)]).replace("[[package]]", "[[distribution]]"),
        ),
        ("empty", uv_lock(&[])),
        ("entry", uv_lock(&[("a b", source)])),
        ("good", uv_lock(&[("app", "source = { virtual = \".\" }")])),
        (
            "windows",
            uv_lock(&[("a", source)]).replace(
                "requires-python",
                "supported-markers = [\"sys_platform == 'win32'\"]\nrequires-python",
            ),
        ),
    ] {
        sandbox.write(&format!("{name}/uv.lock"), text);
    }
    sandbox.write(
        "settings/uv.lock",
        uv_lock(&[("app", "source = { virtual = \".\" }")]),
    );
    sandbox.write(
        "inline/uv.lock",
        uv_lock(&[("app", "source = { virtual = \".\" }")]),
    );
    sandbox.write("inline/pyproject.toml", "tool = {}\n");
    sandbox.write("settings/pyproject.toml", "[tool.uv]\nno-build = \"yes\"\n");
    let transcript = Transcript::new(&sandbox)
        .run("lock nowhere")
        .run("lock syntax/uv.lock")
        .run("lock version/uv.lock")
        .run("lock --write overlay.nix old/uv.lock")
        .run("lock --write overlay.nix empty/uv.lock")
        .run("lock entry/uv.lock")
        .run("lock settings/uv.lock")
        .run("lock windows/uv.lock")
        .run("init --configure inline")
        .run("nix-snippet --prebuilt numpy good/uv.lock");
    assert_snapshot!(transcript.text);
}

#[test]
fn sources_that_are_not_what_the_lock_says() {
    if !has_git() {
        return;
    }
    let sandbox = git::sandbox();
    let repository = Repository::new(&sandbox, "repository");
    for (path, text) in python_project(&[]) {
        repository.write(&path, text);
    }
    repository.commit_at("2026-01-01T00:00:00Z");
    let revision = repository.git(&["rev-parse", "HEAD"]);
    let git = |below: &str| {
        format!("source = {{ git = \"https://example.org/repository{below}#{revision}\" }}")
    };
    let entries = [("other", git("")), ("outside", git("?subdirectory=..%2Fx"))];
    let entries: Vec<_> = entries
        .iter()
        .map(|(name, entry)| (*name, entry.as_str()))
        .collect();
    sandbox.write("uv.lock", uv_lock(&entries));
    assert_snapshot!(
        Transcript::new(&sandbox)
            .run("lock --write overlay.nix")
            .text
    );
}

#[test]
fn cargo_that_cannot_be_run() {
    let registry = Registry::new(&[Crate::new("alpha", "1.0.0")]);
    let sandbox = Sandbox::with_registry(&registry);
    let crates = [Crate::new("alpha", "1.0.0")];
    sandbox.project("project", &python_project(&crates));
    let without_cargo = [("CARGO", "/nonexistent/cargo")];
    let cache = sandbox.path("project/cache").display().to_string();
    let inside = [("CARGO_PYHACK_CACHE_DIR", &*cache), ("TMPDIR", &*cache)];
    let transcript = Transcript::new(&sandbox)
        .run_with(&without_cargo, "vendor --platform x86_64-linux project");
    let broken = sandbox.write(
        "cargo",
        "#!/bin/sh\necho 'error: no such feature' >&2\nexit 101\n",
    );
    std::fs::set_permissions(&broken, std::fs::Permissions::from_mode(0o755)).unwrap();
    let broken = broken.display().to_string();
    let transcript = transcript.run_with(
        &[("CARGO", &broken)],
        "vendor --platform x86_64-linux project",
    );
    std::fs::remove_file(sandbox.path("project/src/rust/Cargo.lock")).unwrap();
    let transcript = transcript
        .run_with(&without_cargo, "inspect --generate-lock project")
        .run_with(&inside, "inspect --generate-lock project");
    assert_snapshot!(transcript.text);
}

#[test]
fn overlay_files() {
    let sandbox = simple();
    sandbox.write("bytes.nix", b"final: prev: { } # \xFF\n");
    sandbox.write("wrong.nix", "final: prev: {\n  # pyhack: begin a 1.0\n  # pyhack: from {\"path\":1}\n  # pyhack: made source=1 lock=2 build=3 rules=4 text=5\n  a = 1;\n  # pyhack: end a\n}\n");
    sandbox.write(
        "configured/pyproject.toml",
        "[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\n[tool.cargo-pyhack.packages]\nother = \"../project\"\n",
    );
    std::fs::create_dir(sandbox.path("folder.nix")).unwrap();
    sandbox.write("empty.nix", "final: prev: { }\n");
    sandbox.write("final.nix", "{ pkgs }:\nfinal: prev: {\n}\n");
    sandbox.write(
        "undefined.nix",
        "{ hacks }:\nfinal: prev: {\n  a = python.pkgs.a;\n}\n",
    );
    sandbox.write("broken/pyproject.toml", "[project\nname = \"a\"\n");
    sandbox.write("broken/overlay.nix", "final: prev: { }\n");
    let write = "nix-snippet project --write";
    let transcript = Transcript::new(&sandbox)
        .run("check nowhere.nix")
        .run("check bytes.nix")
        .run("check wrong.nix")
        .run("check -v empty.nix")
        .run(&format!("{write} final.nix"))
        .run(&format!("{write} undefined.nix"))
        .run("check broken/overlay.nix")
        .run(&format!("{write} folder.nix"))
        .run(&format!("{write} stanza.nix --as stanza"))
        .run(&format!("{write} formatted.nix --formatter false"))
        .run("nix-snippet project project --write twice.nix");
    assert_snapshot!(transcript.text);
}

#[test]
fn a_package_that_the_configuration_calls_something_else() {
    let sandbox = simple();
    sandbox.write(".git/HEAD", "");
    sandbox.write(
        "pyproject.toml",
        "[tool.cargo-pyhack]\noverlay = \"overlay.nix\"\n[tool.cargo-pyhack.packages]\nother = \"project\"\n",
    );
    assert_snapshot!(Transcript::new(&sandbox).run("check --fix").text);
}

/// The formatter runs between reading and writing: one that changes the overlay
/// stands for another program.
#[test]
fn overlays_that_change_meanwhile() {
    let sandbox = simple();
    let overlay = sandbox.write("overlay.nix", "{ hacks }: final: prev: { }\n");
    let script = format!(
        "#!/bin/sh\necho '# changed' >> '{}'\ncat\n",
        overlay.display()
    );
    let script = sandbox.write("changing", script);
    std::fs::set_permissions(&script, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    // A file: neither a cache nor the lock in it can be created.
    let no_cache = sandbox.write("no-cache", "");
    let transcript = Transcript::new(&sandbox).run_with(
        &[("CARGO_PYHACK_CACHE_DIR", no_cache.to_str().unwrap())],
        "nix-snippet project --write overlay.nix --formatter ./changing",
    );
    assert_snapshot!(transcript.text);
    let text = std::fs::read_to_string(&overlay).unwrap();
    let changes = text.strip_prefix("{ hacks }: final: prev: { }\n").unwrap();
    assert!(changes.lines().all(|line| line == "# changed"), "{text}");
}

#[test]
fn projects() {
    let sandbox = simple();
    let pyproject = std::fs::read_to_string(sandbox.path("project/pyproject.toml")).unwrap();
    sandbox.project("misnamed", &python_project(&[]));
    sandbox.write(
        "misnamed/pyproject.toml",
        pyproject.replace("name = \"module\"", "name = \"a b\""),
    );
    let transcript = Transcript::new(&sandbox)
        .run("hash --cargo-root elsewhere project")
        .run("hash --lock-file nowhere.lock project")
        .run("nix-snippet --write overlay.nix misnamed");
    assert_snapshot!(transcript.text);
}

#[test]
fn git_repositories() {
    if !has_git() {
        return;
    }
    let sandbox = git::sandbox();
    let source = |url: &str| format!("{url}#{REVISION}");
    git_project(
        &sandbox,
        4,
        &[("simple 1.0.0", &source("ftp://example.org/simple"))],
    );
    let transcript = Transcript::new(&sandbox).run("hash module");
    git_project(
        &sandbox,
        4,
        &[("simple 1.0.0", &source("https://example.org/nowhere"))],
    );
    let nowhere = sandbox.path("nowhere").display().to_string();
    let transcript = transcript
        .run("hash module")
        .run_with(&[("PATH", &nowhere)], "hash module");
    assert_snapshot!(transcript.without_words_of_others());
}

/// Covers a tree that names one large blob 600 times, and a path that git refuses.
#[test]
fn checkouts_of_git_repositories() {
    if !has_git() {
        return;
    }
    let sandbox = git::sandbox();
    let repository = Repository::new(&sandbox, "simple");
    repository.write("large", vec![0; 4 << 20]);
    let blob = repository.git(&["hash-object", "-w", "large"]);
    let tree = |entries: &str| {
        let entries = sandbox.write("entries", entries);
        let mut mktree = sandbox.command("git");
        mktree.current_dir(&repository.folder).arg("mktree");
        let output = mktree.stdin(std::fs::File::open(entries).unwrap()).output();
        let tree = String::from_utf8(output.unwrap().stdout).unwrap();
        let commit = repository.git(&["commit-tree", "-m", "x", tree.trim()]);
        repository.git(&["branch", &format!("tree-{}", tree.trim()), &commit]);
        commit
    };
    let many: String = (0..600)
        .map(|place| format!("100644 blob {blob}\tf{place:03}\n"))
        .collect();
    let revisions = [tree(&many), tree(&format!("100644 blob {blob}\t.git\n"))];
    let mut text = String::new();
    for revision in &revisions {
        let source = format!("https://example.org/simple#{revision}");
        git_project(&sandbox, 4, &[("simple 1.0.0", &source)]);
        let transcript = Transcript::new(&sandbox).run("hash module");
        let shown = transcript.without_words_of_others();
        text += &shown.replace(revision, "REVISION");
    }
    assert_snapshot!(text);
}

#[test]
fn registries() {
    let beta = Crate::new("beta", "2.0.0");
    let bytes = beta.bytes.clone();
    let other = Registry::answering(move |address, asked| {
        let config = format!("{{\"dl\":\"http://{address}/f/{{prefix}}/{{crate}}.crate\"}}");
        Some(match asked.path.as_str() {
            "/index/config.json" => Reply::body(config),
            _ => Reply::body(bytes.clone()),
        })
    });
    let sandbox = Sandbox::with_registry(&Registry::new(&[]));
    let mut files = python_project(std::slice::from_ref(&beta));
    move_crate(&mut files, &beta, &other.id());
    sandbox.project("project", &files);
    let mut files = python_project(std::slice::from_ref(&beta));
    move_crate(&mut files, &beta, "registry+file:///nonexistent/index");
    sandbox.project("git-index", &files);
    let transcript = Transcript::new(&sandbox)
        .run("hash git-index")
        .run("nix-snippet project");
    assert_snapshot!(transcript.without_words_of_others());
}

const MATURIN: &str = "[project]\nname = \"module\"\nversion = \"0.1.0\"\n\
    [build-system]\nrequires = [\"maturin\"]\nbuild-backend = \"maturin\"\n";

/// Writes a maturin project whose crate depends on another one by its path.
fn with_path_dependency(sandbox: &Sandbox, folder: &str, path: &str) {
    let manifest = format!(
        "[package]\nname = \"module\"\nversion = \"0.1.0\"\nedition = \"2021\"\n\
         [dependencies]\ninner = {{ path = \"{path}\" }}\n"
    );
    let lock = "version = 4\n\n[[package]]\nname = \"inner\"\nversion = \"0.1.0\"\n\n\
        [[package]]\nname = \"module\"\nversion = \"0.1.0\"\ndependencies = [\"inner\"]\n";
    for (name, text) in [
        ("pyproject.toml", MATURIN),
        ("Cargo.toml", &manifest),
        ("Cargo.lock", lock),
        ("src/lib.rs", ""),
    ] {
        sandbox.write(&format!("{folder}/{name}"), text);
    }
}

#[test]
fn sources_that_are_not_checked_out() {
    let sandbox = Sandbox::new();
    let modules = |path: &str| {
        format!("[submodule \"inner\"]\n\tpath = {path}\n\turl = https://example.org/inner\n")
    };
    with_path_dependency(&sandbox, "project", "vendored/inner");
    sandbox.write("project/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("project/.gitmodules", modules("vendored/inner"));
    // A downloaded tree has no repository.
    with_path_dependency(&sandbox, "tree", "vendored/inner");
    sandbox.write("tree/.gitmodules", modules("vendored/inner"));
    with_path_dependency(&sandbox, "named", "a");
    let named = format!("{MATURIN}[tool.maturin]\nmanifest-path = \"vendored/inner/Cargo.toml\"\n");
    sandbox.write("named/pyproject.toml", named);
    sandbox.write("named/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("named/.gitmodules", modules("vendored/inner"));
    let workspace = "[project]\nname = \"app\"\nversion = \"1.0\"\nrequires-python = \">=3.11\"\n\
        dependencies = [\"lib\"]\n[tool.uv]\npackage = false\n[tool.uv.workspace]\nmembers = [\"deps/sub/*\"]\n";
    let lock = uv_lock(&[
        (
            "app",
            "source = { virtual = \".\" }\ndependencies = [{ name = \"lib\" }]",
        ),
        ("lib", "source = { editable = \"deps/sub/lib\" }"),
    ]);
    for folder in ["members", "gone"] {
        sandbox.write(&format!("{folder}/pyproject.toml"), workspace);
        sandbox.write(&format!("{folder}/uv.lock"), &lock);
    }
    sandbox.write("members/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("members/.gitmodules", modules("deps/sub"));
    let transcript = Transcript::new(&sandbox)
        .run("inspect project")
        .run("nix-snippet project")
        .run("hash tree")
        .run("inspect named")
        .run("lock members")
        .run("init members")
        .run("inspect members/deps/sub/lib")
        .run("lock gone")
        .run("init gone");
    assert_snapshot!(transcript.text);
}

#[test]
fn a_crate_in_another_repository() {
    let sandbox = Sandbox::new();
    with_path_dependency(&sandbox, "a/python", "../../b/inner");
    sandbox.write("a/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write("b/.git/HEAD", "ref: refs/heads/main\n");
    sandbox.write(
        "b/inner/Cargo.toml",
        "[package]\nname = \"inner\"\nversion = \"0.1.0\"\n",
    );
    let transcript = Transcript::new(&sandbox)
        .run("nix-snippet a/python")
        .run("inspect a/python");
    assert_snapshot!(transcript.text);
}

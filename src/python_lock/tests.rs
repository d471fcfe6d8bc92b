use super::choose::SourceReason;
use super::wheel::WheelName;
use super::*;
use crate::target::Platform;

fn environment(platform: Platform, python_minor: u8) -> Environment {
    Environment {
        platform,
        libc: Libc::Glibc,
        python_minor,
        is_free_threaded: false,
    }
}

fn fits(name: &str, environment: Environment) -> bool {
    WheelName::parse(name).unwrap().fits(environment)
}

#[test]
fn names_of_locks() {
    for name in ["uv.lock", "pylock.toml", "pylock.dev.toml"] {
        assert!(PythonLock::is_named(name), "{name}");
    }
    for name in [
        "Cargo.lock",
        "pylock..toml",
        "pylock.a.b.toml",
        "pylock.dev",
    ] {
        assert!(!PythonLock::is_named(name), "{name}");
    }
}

#[test]
fn platform_tags() {
    let linux = environment(Platform::X86_64Linux, 13);
    let musl = Environment {
        libc: Libc::Musl,
        ..linux
    };
    let mac = environment(Platform::Aarch64Darwin, 13);
    for (tag, on) in [
        (
            "manylinux_2_17_x86_64.manylinux2014_x86_64",
            [true, false, false],
        ),
        ("manylinux1_x86_64", [true, false, false]),
        ("manylinux_2_99_x86_64", [false, false, false]),
        ("manylinux_2_17_aarch64", [false, false, false]),
        ("musllinux_1_2_x86_64", [false, true, false]),
        ("musllinux_9_2_x86_64", [false, false, false]),
        ("linux_x86_64", [true, true, false]),
        ("macosx_11_0_arm64", [false, false, true]),
        ("macosx_99_0_arm64", [false, false, false]),
        ("macosx_10_9_universal2", [false, false, true]),
        ("macosx_10_9_x86_64", [false, false, false]),
        ("win_amd64", [false, false, false]),
        ("any", [true, true, true]),
    ] {
        let name = format!("a-1.0-cp313-cp313-{tag}.whl");
        let found = [linux, musl, mac].map(|environment| fits(&name, environment));
        assert_eq!(found, on, "{tag}");
    }
}

#[test]
fn python_and_abi_tags() {
    let linux = environment(Platform::X86_64Linux, 13);
    let free = Environment {
        is_free_threaded: true,
        ..linux
    };
    for (tag, on) in [
        ("cp313-cp313", [true, false]),
        ("cp313-cp313t", [false, true]),
        ("cp312-cp312", [false, false]),
        ("cp39-abi3", [true, true]),
        ("cp314-abi3", [false, false]),
        ("py3-none", [true, true]),
        ("py2.py3-none", [true, true]),
        ("py2-none", [false, false]),
        ("pp310-pypy310_pp73", [false, false]),
    ] {
        let name = format!("a-1.0-{tag}-any.whl");
        let found = [linux, free].map(|environment| fits(&name, environment));
        assert_eq!(found, on, "{tag}");
    }
}

#[test]
fn what_is_no_wheel() {
    for name in [
        "a-1.0.tar.gz",
        "a-1.0-py3-none.whl",
        "a-1.0-x-py3-none-any.whl",
        "a--py3-none-any.whl",
    ] {
        assert_eq!(WheelName::parse(name), None, "{name}");
    }
    assert!(WheelName::parse("a-1.0-1build-py3-none-any.whl").is_some());
}

const LOCK: &str = r#"
version = 1
revision = 3
requires-python = ">=3.11"

[[package]]
name = "app"
version = "1.0"
source = { virtual = "." }
dependencies = [
    { name = "a" },
    { name = "b", marker = "sys_platform == 'darwin'" },
]

[package.optional-dependencies]
more = [{ name = "c" }]

[[package]]
name = "a"
version = "1.0"
source = { registry = "https://example.org/simple" }
resolution-markers = ["python_full_version < '3.13'"]
sdist = { url = "https://example.org/a-1.0.tar.gz", hash = "sha256:0000000000000000000000000000000000000000000000000000000000000001", size = 7 }

[[package]]
name = "a"
version = "2.0"
source = { registry = "https://example.org/simple" }
resolution-markers = ["python_full_version >= '3.13'"]
wheels = [{ url = "https://example.org/a-2.0-py3-none-any.whl", hash = "sha256:0000000000000000000000000000000000000000000000000000000000000002" }]

[[package]]
name = "b"
version = "1.0"
source = { git = "https://example.org/b?subdirectory=bindings%2Fpython&rev=main#0123" }

[[package]]
name = "c"
version = "1.0"
source = { url = "https://example.org/c.tar.gz", subdirectory = "python" }
sdist = { hash = "sha256:0000000000000000000000000000000000000000000000000000000000000003" }

[[package]]
name = "unneeded"
version = "1.0"
source = { directory = "../unneeded" }
"#;

fn reached(lock: &PythonLock, environment: Environment) -> Vec<String> {
    let places = reach(lock, &environment.markers()).into_iter();
    let entries = places.map(|place| &lock.packages[place]);
    entries
        .map(|entry| format!("{} {}", entry.name, entry.version.as_deref().unwrap_or("")))
        .collect()
}

#[test]
fn forks_markers_and_extras() {
    let lock = parse("uv.lock", LOCK).unwrap();
    let linux = reached(&lock, environment(Platform::X86_64Linux, 12));
    assert_eq!(linux, ["app 1.0", "a 1.0", "c 1.0"]);
    let mac = reached(&lock, environment(Platform::Aarch64Darwin, 13));
    assert_eq!(mac, ["app 1.0", "a 2.0", "b 1.0", "c 1.0"]);
}

#[test]
fn what_is_built_and_why() {
    let lock = parse("uv.lock", LOCK).unwrap();
    let linux = environment(Platform::X86_64Linux, 13);
    let settings = UvSettings::default();
    let built: Vec<_> = lock
        .packages
        .iter()
        .map(|package| choose_format(package, linux, &settings, Preference::Wheel))
        .collect();
    assert_eq!(
        built,
        [
            PackageFormat::Virtual,
            PackageFormat::Source(SourceReason::NoWheel),
            PackageFormat::Wheel("a-2.0-py3-none-any.whl".to_owned()),
            PackageFormat::Source(SourceReason::Git),
            PackageFormat::Source(SourceReason::Url),
            PackageFormat::Source(SourceReason::Local),
        ]
    );
    let c = lock.packages[4].sdist.as_ref().unwrap();
    assert_eq!(
        c.place,
        ArtifactPlace::Url("https://example.org/c.tar.gz".to_owned())
    );
}

#[test]
fn settings_force_and_forbid() {
    let lock = parse("uv.lock", LOCK).unwrap();
    let linux = environment(Platform::X86_64Linux, 13);
    let of = |place: usize, text: &str| {
        let settings = UvSettings::read(text, &[]).unwrap();
        choose_format(&lock.packages[place], linux, &settings, Preference::Sdist)
    };
    let is_impossible = |built: PackageFormat| matches!(built, PackageFormat::Impossible(_));
    assert!(is_impossible(of(1, "tool.uv.no-build-package = ['a']")));
    assert!(is_impossible(of(2, "tool.uv.no-binary-package = ['a']")));
    assert!(is_impossible(of(2, "tool.uv.no-binary = true")));
    let both = "tool.uv = { no-binary-package = ['a'], no-build-package = ['a'] }";
    assert!(is_impossible(of(1, both)));
    // uv2nix doesn't normalize names in the settings.
    assert_eq!(
        of(1, "tool.uv.no-build-package = ['A']"),
        PackageFormat::Source(SourceReason::NoWheel)
    );
    let different = UvSettings::read(
        "tool.uv.no-build = true",
        &["tool.uv.no-build = false".to_owned()],
    );
    assert!(different.unwrap_err().message.contains("no-build"));
}

#[test]
fn a_lock_of_another_version_or_none() {
    let read = |place: &str, text: &str| parse(place, text).unwrap_err().to_string();
    assert_eq!(
        read("uv.lock", "version = 2\npackage = 3"),
        "uv.lock:1:11: format version 2, but only version 1 is supported"
    );
    assert!(read("uv.lock", "").contains("no format version"));
    assert!(read("uv.lock", "version = 1\n[[package]]\nname = 'a'\n").contains("uv.lock:2:1: "));
    let unknown = "version = 1\n\n[[package]]\nname = 'a'\nsource = { svn = 'x' }\n";
    assert_eq!(
        read("uv.lock", unknown),
        "uv.lock:3:1: `a` has an unsupported kind of source"
    );
    let marker = "version = 1\n[[package]]\nname = 'a'\nsource = { virtual = '.' }\nresolution-markers = ['so']";
    assert!(read("uv.lock", marker).contains("marker"));
    assert!(read("pylock.toml", "lock-version = '2.0'").contains("format version 2.0"));
}

#[test]
fn each_source_of_a_pylock() {
    let text = r#"
lock-version = "1.0"
created-by = "somebody"
extras = ["gui"]

[[packages]]
name = "a"
version = "1.0"
marker = "sys_platform == 'linux' and 'gui' in extras"
sdist = { name = "a-1.0.tar.gz", url = "https://example.org/a-1.0.tar.gz", size = 7, hashes = { sha256 = "0000000000000000000000000000000000000000000000000000000000000001" } }

[[packages]]
name = "b"
vcs = { type = "git", url = "https://example.org/b", commit-id = "0123", subdirectory = "python" }

[[packages]]
name = "c"
archive = { path = "c-1.0-py3-none-any.whl", hashes = { sha256 = "0000000000000000000000000000000000000000000000000000000000000002" } }

[[packages]]
name = "d"
directory = { path = "d", editable = true }
"#;
    let lock = parse("here/pylock.toml", text).unwrap();
    let words: Vec<_> = lock.packages.iter().map(|p| p.source.key()).collect();
    assert_eq!(words, ["registry", "git", "path", "editable"]);
    let linux = environment(Platform::X86_64Linux, 13);
    assert_eq!(reach(&lock, &linux.markers()).len(), 4);
    let mac = environment(Platform::Aarch64Darwin, 13);
    assert_eq!(reach(&lock, &mac.markers()).len(), 3);
    let built = choose_format(
        &lock.packages[2],
        linux,
        &UvSettings::default(),
        Preference::Wheel,
    );
    assert_eq!(
        built,
        PackageFormat::Wheel("c-1.0-py3-none-any.whl".to_owned())
    );
}

#[test]
fn a_lock_without_packages_is_no_lock() {
    let head = "version = 1\nrevision = 5\nrequires-python = \">=3.11\"\n";
    let old = "[[distribution]]\nname = \"a\"\nversion = \"1\"\nsource = { registry = \"https://example.org\" }\n";
    let package = old.replace("distribution", "package");
    for text in [
        String::new(),
        format!("{old}[[distribution.dependencies]]\nname = \"b\"\n"),
        format!("{old}{package}"),
        "[manifest.dependency-groups]\ndev = []\n".to_owned(),
        "package = []\n".to_owned(),
    ] {
        let error = parse("uv.lock", &format!("{head}{text}")).unwrap_err();
        let is_old = matches!(&error, PythonLockError::OldFormat { at } if at.line() == Some(4));
        let is_empty = matches!(error, PythonLockError::Empty { .. });
        assert_eq!(
            (is_old, is_empty),
            (
                text.contains("distribution"),
                !text.contains("distribution")
            ),
            "{error}"
        );
    }
    let error = parse("pylock.toml", "lock-version = \"1.0\"\npackages = []\n").unwrap_err();
    assert!(matches!(error, PythonLockError::Empty { .. }), "{error}");
    assert!(parse("uv.lock", &format!("{head}{package}")).is_ok());
}

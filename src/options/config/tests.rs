use super::*;

fn read(text: &str) -> Result<Config, String> {
    let text = format!("[tool.cargo-pyhack]\n{text}");
    let found = Config::read("pyproject.toml", &text, 0);
    let told = |error: ConfigError| format!("{error}; {}", error.help);
    found.map(Option::unwrap).map_err(told)
}

#[test]
fn what_is_configured() {
    let config = read(
        "overlay = \"nix/overlay.nix\"\nno-ifd = true\nprefer = { zstd = \"bundled\" }\n\
         [tool.cargo-pyhack.packages]\na = \"a.tar.gz\"\n\
         [tool.cargo-pyhack.packages.b]\npath = \".\"\nbuild-inputs = [\"pkgs.zlib\"]\nenv = { A = \"1\" }\n",
    );
    let config = config.unwrap();
    assert_eq!(config.overlay.unwrap(), "nix/overlay.nix");
    assert_eq!(config.defaults.no_ifd, Some(true));
    assert_eq!(config.packages["a"].path.as_ref().unwrap(), "a.tar.gz");
    let b = config.packages["b"].clone().over(&config.defaults);
    assert_eq!((b.no_ifd, b.env["A"].as_str()), (Some(true), "1"));
    assert!(b.options().unwrap().extra.build_inputs.contains("zlib"));
}

#[test]
fn elsewhere_there_is_none() {
    let none = |place, text| Config::read(place, text, 0).unwrap().is_none();
    assert!(none("pyproject.toml", "[tool.other]\nname = \"pyhack\"\n"));
    assert!(none("pyproject.toml", "[tool.cargo-pyhack\n"));
    assert!(none("Cargo.toml", "[tool.cargo-pyhack]\nno-ifd = true\n"));
    assert!(!none(
        "Cargo.toml",
        "[workspace.metadata.pyhack]\nno-ifd = true\n"
    ));
}

#[test]
fn what_makes_no_sense_is_told() {
    for (text, told) in [
        (
            "overlya = \"x\"",
            "line 2: there is no key `overlya`; did you mean `overlay`?",
        ),
        (
            "\nnoifd = true",
            "line 3: there is no key `noifd`; did you mean `no-ifd`?",
        ),
        (
            "qqq = 1",
            "line 2: there is no key `qqq`; the keys are path, lock, prebuilt, drop, strict, source-preference, libc, all, source,",
        ),
        (
            "no-ifd = \"yes\"",
            "invalid type: string \"yes\", expected a boolean",
        ),
        ("overlay = \"../x.nix\"", "leads out of the repository"),
        ("overlay = \"/x.nix\"", "leads out of the repository"),
        ("toolchain = \"import ./x\"", "more than an attribute path"),
        ("python = \"2.7\"", "`2.7` is no CPython"),
        ("platforms = [\"vax\"]", "`vax` is no platform"),
        (
            "prefer = { sqlite9 = \"system\" }",
            "`sqlite9` is no library",
        ),
        ("build-inputs = [\"a; b\"]", "`a; b` is no attribute path"),
        ("packages = [\".\"]", "`packages` is no table"),
        ("packages.a = { no-ifd = true }", "`a` has no `path`"),
        (
            "packages.a = { path = \".\", nope = 1 }",
            "there is no key `nope`",
        ),
        ("path = \".\"", "`path` is said of a package"),
        ("prebuilt = \"torch\"", "`prebuilt` is no list"),
        ("prebuilt = [\"torch=a b\"]", "has to be NAME"),
        ("prebuilt = [3]", "names no package"),
        (
            "packages.a = { path = \".\", prebuilt = \"a\" }",
            "is taken from nixpkgs here",
        ),
        (
            "prebuilt = [{ name = \"a\", nonsense = 1 }]",
            "names no package",
        ),
        (
            "prebuilt = [\"a\"]\npackages.a = \".\"",
            "stands in `packages` and in `prebuilt`",
        ),
    ] {
        let found = read(text).unwrap_err();
        assert!(found.contains(told), "{text}: {found}");
    }
}

#[test]
fn a_table_by_another_name_is_told() {
    for text in [
        "[tool.cargo_pyhack]\nno-ifd = true\n",
        "[tool.pyhack]\n",
        "[tool]\ncargo-pyhack = 3\n",
    ] {
        let error = Config::read("pyproject.toml", text, 0).unwrap_err();
        assert!(error.message.contains("is no table of ours"), "{text}");
    }
}

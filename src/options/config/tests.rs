use super::*;
use crate::options::Options;

/// Reads a table in `pyproject.toml`.
fn read(text: &str) -> Result<Config, ConfigError> {
    let text = format!("[tool.cargo-pyhack]\n{text}");
    Config::read("pyproject.toml", &text, 0).map(Option::unwrap)
}

fn general(text: &str) -> Options {
    read(text).unwrap().general
}

/// The options of the package `a`.
fn package(text: &str) -> Options {
    read(text).unwrap().packages.remove("a").unwrap()
}

/// Line, message and help.
#[track_caller]
fn assert_wrong(text: &str, line: usize, message: &str, help: &str) {
    let error = read(text).unwrap_err();
    assert_eq!(
        (error.at.line(), &*error.message, &*error.help),
        (Some(line), message, help)
    );
}

const SEE_DOCUMENTATION: &str = "the keys and their values are in `docs/configuration.md`";

#[test]
fn every_key_is_read() {
    let text = "uv-lock = \"uv.lock\"\ndrop = [\"nvidia-\"]\nstrict = true\nsource-preference = \"sdist\"\n\
        libc = \"musl\"\nall = true\nrust-only = true\nsource = \"git\"\nsubdirectory = \"python\"\ncargo-root = \"rust\"\n\
        cargo-lock = \"a.lock\"\ngenerate-lock = true\npython = \"3.13t\"\n\
        platforms = [\"x86_64-linux\"]\nprefer = { zstd = \"system\", all = \"bundled\" }\n\
        no-ifd = true\ntoolchain = \"pkgs.rust\"\ncomments = false\nbuild-inputs = [\"pkgs.zlib\"]\n\
        native-build-inputs = [\"cmake\"]\nenv = { A = \"1\" }\n";
    let read = general(text);
    // Those that are said of a package alone are left out.
    for key in Options::KEYS
        .iter()
        .filter(|key| !matches!(**key, "path" | "sdist" | "prebuilt"))
    {
        assert!(text.contains(&format!("{key} = ")), "{key}");
    }
    assert_eq!(
        read.in_one_line(),
        "{\"lock\":\"uv.lock\",\"drop\":[\"nvidia-\"],\"strict\":true,\"source-preference\":\"sdist\",\
         \"libc\":\"musl\",\"all\":true,\"rust-only\":true,\"source\":\"git\",\"subdirectory\":\"python\",\
         \"cargo-root\":\"rust\",\"lock-file\":\"a.lock\",\"generate-lock\":true,\"python\":\"3.13t\",\
         \"platforms\":[\"x86_64-linux\"],\"prefer\":{\"all\":\"bundled\",\"zstd\":\"system\"},\
         \"no-ifd\":true,\"toolchain\":\"pkgs.rust\",\"comments\":false,\
         \"build-inputs\":[\"pkgs.zlib\"],\"native-build-inputs\":[\"cmake\"],\"env\":{\"A\":\"1\"}}"
    );
}

#[test]
fn overlay_and_style_are_read() {
    let config = read("overlay = \"nix/overlay.nix\"\nstyle = \"nixpkgs\"\n").unwrap();
    assert_eq!(config.overlay.unwrap(), "nix/overlay.nix");
    assert_eq!(config.style, Some(PackageStyle::Nixpkgs));
}

#[test]
fn a_package_is_a_path_or_a_table() {
    assert_eq!(
        package("packages.a = \"a.zip\"").input.path.unwrap(),
        "a.zip"
    );
    let table = package("packages.a = { path = \"a.zip\", no-ifd = true }");
    assert_eq!(
        (table.input.path.unwrap().as_str(), table.stanza.no_ifd),
        ("a.zip", Some(true))
    );
}

#[test]
fn a_package_of_a_lock_needs_no_path() {
    for lock in ["uv-lock", "lock"] {
        let options = package(&format!(
            "{lock} = \"uv.lock\"\npackages.a = {{ no-ifd = true }}"
        ));
        assert_eq!(options.stanza.no_ifd, Some(true), "{lock}");
    }
    let own = package("packages.a = { uv-lock = \"uv.lock\" }");
    assert_eq!(own.input.uv_lock.unwrap(), "uv.lock");
}

#[test]
fn the_former_names_of_keys_are_read() {
    let options = general("lock = \"uv.lock\"\nlock-file = \"a.lock\"\n");
    assert_eq!(
        options,
        general("uv-lock = \"uv.lock\"\ncargo-lock = \"a.lock\"\n")
    );
    let options = package("packages.a = { path = \".\", lock-file = \"a.lock\" }");
    assert_eq!(options.cargo_lock().unwrap(), "a.lock");
}

#[test]
fn a_key_by_both_of_its_names_is_an_error() {
    assert_wrong(
        "uv-lock = \"a\"\nlock = \"a\"\n",
        3,
        "`lock` and `uv-lock` are the same key",
        "keep `uv-lock` and delete `lock`",
    );
    assert_wrong(
        "[tool.cargo-pyhack.packages.a]\npath = \".\"\nlock-file = \"a\"\ncargo-lock = \"a\"\n",
        4,
        "`lock-file` and `cargo-lock` are the same key",
        "keep `cargo-lock` and delete `lock-file`",
    );
}

#[test]
fn a_layer_each_may_have_one_of_both_names() {
    let config = read("lock = \"a\"\npackages.a = { uv-lock = \"b\" }").unwrap();
    let merged = config.packages["a"].clone().over(config.general);
    assert_eq!(merged.input.uv_lock.unwrap(), "b");
}

#[test]
fn prebuilt_packages_are_names_or_tables() {
    let text = "prebuilt = [\"Torch=torchWithoutCuda\", { name = \"b\", drop = [\"NVIDIA-\"], strict = true }]";
    let prebuilt = read(text).unwrap().prebuilt;
    let marks: Vec<_> = prebuilt.values().map(Options::in_one_line).collect();
    assert_eq!(
        marks,
        [
            "{\"prebuilt\":\"b\",\"drop\":[\"NVIDIA-\"],\"strict\":true}",
            "{\"prebuilt\":\"Torch=torchWithoutCuda\"}"
        ]
    );
    assert!(prebuilt.contains_key("torch"));
}

#[test]
fn a_cargo_workspace_has_a_table_too() {
    let read = |text| Config::read("a/Cargo.toml", text, 0).unwrap();
    let config = read("[workspace.metadata.pyhack]\nno-ifd = true\n");
    assert_eq!(config.unwrap().general.stanza.no_ifd, Some(true));
    assert!(read("[tool.cargo-pyhack]\nno-ifd = true\n").is_none());
}

#[test]
fn other_tables_are_no_configuration() {
    let is_none = |text| Config::read("pyproject.toml", text, 0).unwrap().is_none();
    assert!(is_none("[tool.other]\nname = \"pyhack\"\n"));
    assert!(is_none("[workspace.metadata.pyhack]\nno-ifd = true\n"));
}

#[test]
fn what_is_not_toml_is_an_error() {
    let text = "[tool.cargo-pyhack\n";
    let error = Config::read("pyproject.toml", text, 0).unwrap_err();
    let message = "invalid TOML: unclosed table, expected `]`";
    assert_eq!((error.at.line(), &*error.message), (Some(1), message));
    assert_eq!(
        Config::require_toml("pyproject.toml", text)
            .unwrap_err()
            .message,
        message
    );
    // cargo reports that of a manifest.
    assert!(Config::read("Cargo.toml", text, 0).unwrap().is_none());
    assert!(Config::require_toml("pyproject.toml", "a = 1\n").is_ok());
}

#[test]
fn a_table_by_a_similar_name_is_an_error() {
    for text in [
        "[tool.cargo_pyhack]\nno-ifd = true\n",
        "[tool.pyhack]\n",
        "[tool]\ncargo-pyhack = 3\n",
    ] {
        let error = Config::read("pyproject.toml", text, 0).unwrap_err();
        assert!(error.message.contains("unknown table `tool"), "{text}");
    }
}

#[test]
fn the_error_names_the_file_and_points_at_the_place() {
    let error = read("\nno-ifd = \"yes\"\n").unwrap_err();
    assert!(
        error.to_string().starts_with("pyproject.toml:3:10: "),
        "{error}"
    );
    let excerpt = error.at.excerpt().unwrap();
    assert_eq!(&excerpt.text[excerpt.marked.clone()], "\"yes\"");
}

#[test]
fn a_mistyped_key_is_corrected() {
    let message = "unknown key `overlya`";
    assert_wrong("overlya = \"x\"", 2, message, "did you mean `overlay`?");
    let message = "unknown key `noifd`";
    assert_wrong("\nnoifd = true", 3, message, "did you mean `no-ifd`?");
    let message = "unknown key `cargolock`";
    let text = "packages.a = { path = \".\", cargolock = \"x\" }";
    assert_wrong(text, 2, message, "did you mean `cargo-lock`?");
}

#[test]
fn an_unknown_key_lists_the_known_ones() {
    let help = read("qqq = 1").unwrap_err().help;
    assert!(
        help.starts_with("the keys are path, sdist, uv-lock, prebuilt, drop, "),
        "{help}"
    );
    assert!(help.ends_with(", env, overlay, packages, style"), "{help}");
}

#[test]
fn a_key_that_is_no_package_s_is_unknown_there() {
    let message = "unknown key `overlay`";
    let error = read("packages.a = { path = \".\", overlay = \"x\" }").unwrap_err();
    assert_eq!(error.message, message);
    assert_ne!(error.help, "did you mean `overlay`?");
}

#[test]
fn a_value_of_another_type_is_an_error() {
    assert_wrong(
        "no-ifd = \"yes\"",
        2,
        "`no-ifd`: invalid type: string \"yes\", expected a boolean",
        SEE_DOCUMENTATION,
    );
    assert_wrong(
        "python = 3.13",
        2,
        "`python`: invalid type: floating point `3.13`, expected a string",
        SEE_DOCUMENTATION,
    );
}

#[test]
fn a_value_in_a_package_is_an_error_at_its_own_line() {
    assert_wrong(
        "[tool.cargo-pyhack.packages.a]\npath = \".\"\n\nall = 1\n",
        5,
        "`all`: invalid type: integer `1`, expected a boolean",
        SEE_DOCUMENTATION,
    );
}

#[test]
fn a_python_that_there_is_not_is_an_error() {
    assert_wrong(
        "no-ifd = true\npython = \"2.7\"",
        3,
        "`python`: unsupported version `2.7`: expected CPython 3.7 or newer, for example `3.13`",
        SEE_DOCUMENTATION,
    );
}

#[test]
fn an_unknown_platform_is_an_error() {
    assert_wrong(
        "platforms = [\"x86_64-linux\", \"vax\"]",
        2,
        "`platforms`: unknown platform `vax`: expected one of aarch64-darwin, aarch64-linux, \
         x86_64-darwin, x86_64-linux",
        SEE_DOCUMENTATION,
    );
}

#[test]
fn platforms_may_have_rustc_s_names() {
    let options = general("platforms = [\"x86_64-unknown-linux-gnu\"]");
    assert_eq!(options, general("platforms = [\"x86_64-linux\"]"));
}

#[test]
fn an_unknown_library_or_choice_is_an_error() {
    let message = |text| read(text).unwrap_err().message;
    let library = message("prefer = { sqlite9 = \"system\" }");
    assert!(
        library.contains("unknown library `sqlite9`: expected one of "),
        "{library}"
    );
    let choice = message("prefer = { zstd = \"mine\" }");
    assert!(
        choice.contains("unknown variant `mine`, expected `system` or `bundled`"),
        "{choice}"
    );
}

#[test]
fn an_unknown_word_lists_the_known_ones() {
    for (text, known) in [
        (
            "source = \"pypi\"",
            "`registry`, `local`, `git`, `url`, `path`",
        ),
        ("libc = \"bionic\"", "`glibc` or `musl`"),
        ("source-preference = \"any\"", "`wheel` or `sdist`"),
    ] {
        let message = read(text).unwrap_err().message;
        assert!(message.contains(known), "{message}");
    }
}

#[test]
fn an_unknown_style_is_an_error() {
    let message = "unknown style `conda`";
    assert_wrong(
        "style = \"conda\"",
        2,
        message,
        "use `pyproject` or `nixpkgs`",
    );
}

#[test]
fn what_is_no_text_is_an_error() {
    assert_wrong(
        "overlay = 1",
        2,
        "`overlay` is not a string",
        "write it in quotes",
    );
}

#[test]
fn a_path_out_of_the_repository_is_an_error() {
    for text in [
        "overlay = \"../x.nix\"",
        "overlay = \"/x.nix\"",
        "uv-lock = \"../uv.lock\"",
        "lock = \"a/../../uv.lock\"",
        "cargo-lock = \"/a.lock\"",
        "lock-file = \"../a.lock\"",
    ] {
        let error = read(text).unwrap_err();
        assert!(
            error.message.ends_with("is outside the repository"),
            "{text}: {error}"
        );
        assert_eq!(error.help, "choose a file in the repository");
    }
}

#[test]
fn a_path_may_lead_up_within_the_repository() {
    let text = "[tool.cargo-pyhack]\noverlay = \"../x.nix\"\nuv-lock = \"../uv.lock\"\n";
    assert!(Config::read("a/pyproject.toml", text, 1).is_ok());
    assert!(Config::read("a/pyproject.toml", text, 0).is_err());
}

#[test]
fn a_toolchain_is_an_attribute_path() {
    assert_wrong(
        "toolchain = \"import ./x\"",
        2,
        "`toolchain` is not an attribute path: import ./x",
        "use an attribute path such as `pkgs.rust-bin.stable.latest.default`, or pass the expression with `--toolchain`",
    );
    let text = "packages.a = { path = \".\", toolchain = \"(x)\" }";
    assert!(
        read(text)
            .unwrap_err()
            .message
            .contains("not an attribute path")
    );
}

#[test]
fn inputs_are_attribute_paths() {
    assert_wrong(
        "build-inputs = [\"zlib\", \"a; b\"]",
        2,
        "`build-inputs`: `a; b` is not an attribute path",
        SEE_DOCUMENTATION,
    );
    assert!(read("native-build-inputs = [\"${x}\"]").is_err());
}

#[test]
fn variables_have_names_of_variables() {
    let message = "`env`: `1A` is not the name of a variable";
    assert_wrong("env = { 1A = \"x\" }", 2, message, SEE_DOCUMENTATION);
}

#[test]
fn a_subdirectory_goes_with_a_repository_or_archive() {
    let message = "`x`: a subdirectory requires a source of `git` or `url`";
    assert_wrong(
        "no-ifd = true\nsubdirectory = \"x\"",
        3,
        message,
        SEE_DOCUMENTATION,
    );
    let text = "packages.a = { path = \".\", source = \"path\", subdirectory = \"x\" }";
    assert_wrong(text, 2, message, SEE_DOCUMENTATION);
    // The source may be that of all packages.
    read("source = \"git\"\npackages.a = { path = \".\", subdirectory = \"x\" }").unwrap();
    let message = "`subdirectory`: `../x` is not a folder in a repository or archive";
    let text = "source = \"git\"\nsubdirectory = \"../x\"";
    assert_wrong(text, 3, message, SEE_DOCUMENTATION);
}

#[test]
fn packages_are_a_table_of_paths_and_tables() {
    let help = "write it as a table: `packages.cryptography = \"cryptography-46.0.6.tar.gz\"`";
    assert_wrong("packages = [\".\"]", 2, "`packages` is not a table", help);
    let help = "write the project folder or sdist as a string: `\"cryptography-46.0.6.tar.gz\"`";
    assert_wrong(
        "packages.a = 1",
        2,
        "`a` is neither a path nor a table",
        help,
    );
}

#[test]
fn a_text_is_a_release_or_a_path() {
    let package = |text: &str| package(&format!("packages.a = {text}")).in_one_line();
    assert_eq!(package("\"a==1.0\""), "{\"sdist\":\"a==1.0\"}");
    assert_eq!(package("{ sdist = \"A == 1\" }"), "{\"sdist\":\"a==1\"}");
    assert_eq!(package("\"./a==1.0\""), "{\"path\":\"./a==1.0\"}");
    assert_wrong(
        "packages.a = { sdist = \"a\" }",
        2,
        "`sdist`: `a` is neither `NAME==VERSION` nor an https URL",
        SEE_DOCUMENTATION,
    );
}

#[test]
fn a_package_without_a_source_is_an_error() {
    assert_wrong(
        "packages.a = { no-ifd = true }",
        2,
        "`a` has neither `path` nor `sdist`",
        "set `path` to its project folder or sdist, `sdist` to `NAME==VERSION`, or `uv-lock` to the lockfile that has it",
    );
}

#[test]
fn a_path_is_that_of_one_package() {
    let message = "`path` can only be set for a single package";
    assert_wrong("path = \".\"", 2, message, "set it in `packages.NAME`");
}

#[test]
fn a_prebuilt_package_stands_in_the_list() {
    assert_wrong(
        "packages.a = { path = \".\", prebuilt = \"a\" }",
        2,
        "`a` is taken from nixpkgs here",
        "move it to the list `prebuilt`, next to `packages`",
    );
    assert_wrong(
        "prebuilt = \"torch\"",
        2,
        "`prebuilt` is not a list",
        "write it as a list: `prebuilt = [\"torch=torchWithoutCuda\"]`",
    );
}

#[test]
fn a_prebuilt_entry_names_a_package() {
    let message = |text| read(text).unwrap_err().message;
    for text in [
        "prebuilt = [3]",
        "prebuilt = [{ name = \"a\", nonsense = 1 }]",
    ] {
        assert_eq!(
            message(text),
            "the package to take from nixpkgs is missing",
            "{text}"
        );
    }
    assert!(message("prebuilt = [\"torch=a b\"]").contains("is not NAME"));
    let dropped = message("prebuilt = [{ name = \"a\", drop = [\"a b\"] }]");
    assert_eq!(
        dropped,
        "`a b` is neither a package name nor a prefix of one"
    );
}

#[test]
fn a_package_is_built_or_prebuilt() {
    assert_wrong(
        "packages.a = \".\"\nprebuilt = [\"a\"]",
        3,
        "`a` is in both `packages` and `prebuilt`",
        "remove it from one of them: it is either built or taken from nixpkgs",
    );
}

//! What is typed, how layers merge, and what marks have.

use std::collections::BTreeSet;

use clap::{CommandFactory, FromArgMatches, Parser};

use super::*;
use crate::native::Choice;
use crate::project::SourceKind;
use crate::target::{Platform, Python};

/// All groups of flags, and what some of them require.
#[derive(Debug, Parser)]
#[command(no_binary_name = true)]
struct Typed {
    #[arg(long)]
    write: bool,
    #[arg(long)]
    prebuilt: bool,
    #[command(flatten)]
    nixpkgs: NixpkgsOptions,
    #[command(flatten)]
    environment: EnvironmentOptions,
    #[command(flatten)]
    source: SourceOptions,
    #[command(flatten)]
    rust: RustOptions,
    #[command(flatten)]
    generate: GenerateOptions,
    #[command(flatten)]
    target: TargetOptions,
    #[command(flatten)]
    stanza: StanzaOptions,
    #[command(flatten)]
    extra: ExtraOptions,
}

fn try_typed(flags: &[&str]) -> Result<Options, clap::Error> {
    let typed = Typed::try_parse_from(flags)?;
    Ok(Options {
        input: InputOptions::default(),
        nixpkgs: typed.nixpkgs,
        environment: typed.environment,
        source: typed.source,
        rust: typed.rust,
        generate: typed.generate,
        target: typed.target,
        stanza: typed.stanza,
        extra: typed.extra,
    })
}

fn typed(flags: &[&str]) -> Options {
    try_typed(flags).unwrap()
}

fn configured(text: &str) -> Options {
    let text = format!("[tool.cargo-pyhack]\n{text}\n");
    let config = Config::read("pyproject.toml", &text, 0).unwrap();
    config.unwrap().general
}

/// The mark of what is typed over what is configured.
fn merged(flags: &[&str], configuration: &str) -> String {
    typed(flags).over(configured(configuration)).in_one_line()
}

/// Checks that a configuration is undone by flags, and isn't without them.
#[track_caller]
fn assert_undone(configuration: &str, flags: &[&str], mark: &str) {
    assert_ne!(merged(&[], configuration), mark);
    assert_eq!(merged(flags, configuration), mark);
}

#[test]
fn nothing_typed_is_nothing_said() {
    assert_eq!(typed(&[]), Options::default());
    assert_eq!(Options::default().in_one_line(), "{}");
}

#[test]
fn every_flag_is_read() {
    let options = typed(&[
        "--prebuilt",
        "--drop",
        "Nvidia-,a_b",
        "--strict",
        "--source-preference",
        "sdist",
        "--libc",
        "musl",
        "--all",
        "--source",
        "git",
        "--subdirectory",
        "python",
        "--cargo-root",
        "rust",
        "--lock-file",
        "a.lock",
        "--write",
        "--generate-lock",
        "--python",
        "3.13t",
        "--platforms",
        "x86_64-linux",
        "--prefer",
        "bundled",
        "--prefer",
        "zstd=system",
        "--no-ifd",
        "--toolchain",
        " pkgs.rust ",
        "--no-comments",
        "--build-inputs",
        "zlib,pkgs.xz",
        "--native-build-inputs",
        "cmake",
        "--env",
        "A=1=2",
        "--env",
        "B=",
    ]);
    assert_eq!(
        options.in_one_line(),
        "{\"drop\":[\"nvidia-\",\"a-b\"],\"strict\":true,\"source-preference\":\"sdist\",\
         \"libc\":\"musl\",\"all\":true,\"source\":\"git\",\"subdirectory\":\"python\",\
         \"cargo-root\":\"rust\",\"lock-file\":\"a.lock\",\"generate-lock\":true,\"python\":\"3.13t\",\
         \"platforms\":[\"x86_64-linux\"],\"prefer\":{\"all\":\"bundled\",\"zstd\":\"system\"},\
         \"no-ifd\":true,\"toolchain\":\"pkgs.rust\",\"comments\":false,\
         \"build-inputs\":[\"pkgs.xz\",\"zlib\"],\"native-build-inputs\":[\"cmake\"],\
         \"env\":{\"A\":\"1=2\",\"B\":\"\"}}"
    );
}

#[test]
fn wrong_values_are_refused_where_they_are_typed() {
    for (flags, message) in [
        (
            ["--python", "2.7"],
            "expected CPython 3.7 or newer, for example `3.13`",
        ),
        (
            ["--platforms", "vax"],
            "'vax' for '--platforms <LIST>': expected one of aarch64-darwin, ",
        ),
        (
            ["--prefer", "mine"],
            "expected `system`, `bundled`, or LIBRARY=CHOICE, for example `zstd=bundled`",
        ),
        (["--prefer", "x=system"], "expected one of "),
        (["--toolchain", "a; b"], "not a Nix expression"),
        (
            ["--subdirectory", "../a"],
            "not a folder in a repository or archive",
        ),
        (["--build-inputs", "a b"], "not an attribute path"),
        (["--env", "A"], "expected NAME=VALUE"),
        (["--env", "1=2"], "not the name of a variable"),
        (["--libc", "bionic"], "[possible values: glibc, musl]"),
    ] {
        let error = try_typed(&flags).unwrap_err().to_string();
        assert!(error.contains(message), "{error}");
    }
}

#[test]
fn a_list_is_one_argument() {
    for flag in [
        "--drop",
        "--platforms",
        "--build-inputs",
        "--native-build-inputs",
    ] {
        let error = try_typed(&["--prebuilt", flag, "x86_64-linux", "uv.lock"]).unwrap_err();
        assert!(
            error.to_string().contains("unexpected argument 'uv.lock'"),
            "{flag}"
        );
    }
}

#[test]
fn what_is_typed_goes_before_what_is_configured() {
    let configuration = "python = \"3.12\"\nno-ifd = true\nlibc = \"musl\"\n";
    let mark = merged(&["--python", "3.13", "--libc", "glibc"], configuration);
    assert_eq!(
        mark,
        "{\"libc\":\"glibc\",\"python\":\"3.13\",\"no-ifd\":true}"
    );
}

#[test]
fn a_switch_has_an_opposite_and_the_last_one_counts() {
    let no_ifd = |flags| typed(flags).stanza.no_ifd;
    assert_eq!(no_ifd(&["--ifd"]), Some(false));
    assert_eq!(no_ifd(&["--no-ifd", "--ifd"]), Some(false));
    assert_eq!(no_ifd(&["--ifd", "--no-ifd"]), Some(true));
    assert_eq!(no_ifd(&[]), None);
}

#[test]
fn opposites_are_hidden() {
    let command = Typed::command();
    let hidden: Vec<_> = command
        .get_arguments()
        .filter(|arg| arg.is_hide_set())
        .collect();
    let flags: Vec<_> = hidden.iter().filter_map(|arg| arg.get_long()).collect();
    assert_eq!(
        flags,
        [
            "no-strict",
            "no-all",
            "no-rust-only",
            "no-generate-lock",
            "ifd",
            "comments"
        ]
    );
}

#[test]
fn no_ifd_is_undone() {
    assert_undone("no-ifd = true", &["--ifd"], "{\"no-ifd\":false}");
}

#[test]
fn no_comments_is_undone() {
    assert_undone("comments = false", &["--comments"], "{\"comments\":true}");
    assert!(!typed(&["--comments"]).no_comments() && typed(&["--no-comments"]).no_comments());
}

#[test]
fn all_is_undone() {
    assert_undone("all = true", &["--no-all"], "{\"all\":false}");
}

#[test]
fn strict_is_undone() {
    assert_undone("strict = true", &["--no-strict"], "{\"strict\":false}");
}

#[test]
fn generate_lock_is_undone_without_a_file_too() {
    let mark = "{\"generate-lock\":false}";
    assert_undone("generate-lock = true", &["--no-generate-lock"], mark);
    assert!(try_typed(&["--generate-lock"]).is_err());
}

#[test]
fn the_default_platforms_undo_configured_ones() {
    let default = "x86_64-linux,aarch64-linux,aarch64-darwin";
    for flags in [
        &["--platforms", default][..],
        &["--platforms", ""],
        &[
            "--platform",
            "aarch64-darwin,x86_64-linux",
            "--platform",
            "aarch64-linux",
        ],
    ] {
        assert_undone("platforms = [\"x86_64-linux\"]", flags, "{}");
        let options = typed(flags).over(configured("platforms = [\"x86_64-linux\"]"));
        assert_eq!(options.platforms(), Platform::DEFAULT.into());
    }
}

#[test]
fn typed_platforms_replace_configured_ones() {
    let options = typed(&["--platforms", "x86_64-darwin"]);
    let options = options.over(configured("platforms = [\"x86_64-linux\"]"));
    assert_eq!(
        options.platforms(),
        BTreeSet::from([Platform::X86_64Darwin])
    );
}

#[test]
fn without_platforms_there_are_the_default_ones() {
    assert_eq!(Options::default().platforms(), Platform::DEFAULT.into());
    assert_eq!(
        configured("platforms = []").platforms(),
        Platform::DEFAULT.into()
    );
}

#[test]
fn a_toolchain_is_undone() {
    assert_undone("toolchain = \"pkgs.rust\"", &["--toolchain", ""], "{}");
}

#[test]
fn a_python_is_undone() {
    assert_undone("python = \"3.12\"", &["--python", ""], "{}");
    let options = typed(&["--python", ""]).over(configured("python = \"3.12\""));
    assert_eq!(options.python_minor(), None);
}

#[test]
fn a_free_threaded_python_is_undone() {
    let options = typed(&["--python", "3.13"]).over(configured("python = \"3.13t\""));
    assert_eq!(options.target.python.chosen(), Some(&Python::regular(13)));
}

#[test]
fn the_other_values_are_undone() {
    assert_undone("cargo-root = \"a\"", &["--cargo-root", ""], "{}");
    assert_undone("cargo-lock = \"a\"", &["--cargo-lock", ""], "{}");
    assert_undone(
        "source-preference = \"sdist\"",
        &["--source-preference", ""],
        "{}",
    );
    assert_undone("libc = \"musl\"", &["--libc", ""], "{}");
    assert_undone(
        "drop = [\"a\"]",
        &["--prebuilt", "--drop", ""],
        "{\"drop\":[]}",
    );
}

#[test]
fn a_source_is_undone_with_its_folder() {
    let configuration = "source = \"git\"\nsubdirectory = \"python\"";
    assert_undone(configuration, &["--source", ""], "{}");
    assert_undone(
        configuration,
        &["--source", "registry"],
        "{\"source\":\"registry\"}",
    );
    assert_undone(
        configuration,
        &["--subdirectory", ""],
        "{\"source\":\"git\"}",
    );
}

#[test]
fn a_source_with_folders_keeps_the_configured_one() {
    let configuration = "source = \"git\"\nsubdirectory = \"python\"";
    let options = typed(&["--source", "url"]).over(configured(configuration));
    let folder = Some("python".into());
    assert_eq!(options.source_kind(), Some(SourceKind::Url(folder)));
}

#[test]
fn a_folder_without_a_source_for_it_is_an_error() {
    let error = typed(&["--subdirectory", "a"]).checked().unwrap_err();
    let message = "`a`: a subdirectory requires a source of `git` or `url`";
    assert_eq!(error.to_string(), message);
    let configured = configured("source = \"git\"");
    assert!(
        typed(&["--subdirectory", "a"])
            .over(configured)
            .checked()
            .is_ok()
    );
}

#[test]
fn preferences_add_up_and_each_can_be_undone() {
    let configuration = "prefer = { zstd = \"bundled\", all = \"bundled\" }";
    let options = typed(&["--prefer", "zstd=system"]).over(configured(configuration));
    let preferences = options.preferences();
    assert_eq!(preferences.all, Some(Choice::Bundled));
    assert_eq!(preferences.of("zstd"), Some(Choice::System));
    assert_undone(configuration, &["--prefer", ""], "{}");
    let flags = ["--prefer", "", "--prefer", "zstd=system"];
    assert_undone(configuration, &flags, "{\"prefer\":{\"zstd\":\"system\"}}");
}

#[test]
fn the_last_preference_counts() {
    let options = typed(&["--prefer", "zstd=system", "--prefer", "zstd=bundled"]);
    assert_eq!(options.preferences().of("zstd"), Some(Choice::Bundled));
}

#[test]
fn inputs_add_up_and_can_be_undone() {
    for key in ["build-inputs", "native-build-inputs"] {
        let flag = format!("--{key}");
        let configuration = format!("{key} = [\"xz\"]");
        let both = format!("{{\"{key}\":[\"xz\",\"zlib\"]}}");
        assert_eq!(merged(&[&flag, "zlib"], &configuration), both);
        assert_undone(&configuration, &[&flag, ""], "{}");
        let own = format!("{{\"{key}\":[\"zlib\"]}}");
        assert_undone(&configuration, &[&flag, ",zlib"], &own);
    }
}

#[test]
fn variables_add_up_and_can_be_undone() {
    let configuration = "env = { A = \"1\", B = \"1\" }";
    let mark = merged(&["--env", "A=2"], configuration);
    assert_eq!(mark, "{\"env\":{\"A\":\"2\",\"B\":\"1\"}}");
    assert_undone(configuration, &["--env", ""], "{}");
    assert_undone(
        configuration,
        &["--env", "", "--env", "C=3"],
        "{\"env\":{\"C\":\"3\"}}",
    );
}

#[test]
fn what_is_undone_stays_so_over_several_layers() {
    let flags = ["--env", "", "--toolchain", "", "--platforms", ""];
    let text = "env = { A = \"1\" }\ntoolchain = \"a\"\nplatforms = [\"x86_64-linux\"]";
    let general = configured(text);
    let merged = typed(&flags).over(general.clone()).over(general);
    assert_eq!(merged.in_one_line(), "{}");
}

#[test]
fn a_package_s_entry_stands_between_command_line_and_general_keys() {
    let text = "[tool.cargo-pyhack]\nuv-lock = \"uv.lock\"\nno-ifd = true\nall = true\npython = \"3.11\"\n\
        packages.a = { no-ifd = false, python = \"3.12\" }\n";
    let config = Config::read("pyproject.toml", text, 0).unwrap().unwrap();
    let layers = Layers {
        command_line: typed(&["--python", "3.13"]),
        packages: config.packages,
        general: config.general,
        ..Layers::default()
    };
    let mark = |options: Options| options.in_one_line();
    assert_eq!(
        mark(layers.of("a")),
        "{\"lock\":\"uv.lock\",\"all\":true,\"python\":\"3.13\",\"no-ifd\":false}"
    );
    let common = "{\"lock\":\"uv.lock\",\"all\":true,\"python\":\"3.13\",\"no-ifd\":true}";
    assert_eq!(
        (mark(layers.of("b")), mark(layers.common())),
        (common.into(), common.into())
    );
}

#[test]
fn a_path_goes_before_a_configured_lock() {
    let mut options = Options::default();
    options.input.path = Some("a.zip".into());
    let merged = options.over(configured("uv-lock = \"uv.lock\""));
    assert_eq!(merged.in_one_line(), "{\"path\":\"a.zip\"}");
    assert!(!merged.is_of_lock() && configured("lock = \"uv.lock\"").is_of_lock());
}

#[test]
fn marks_of_former_versions_are_read_and_stay_as_they_are() {
    for mark in [
        "{\"path\":\"../a.tar.gz\",\"source\":\"git\",\"subdirectory\":\"python\",\"lock-file\":\"a.lock\"}",
        "{\"lock\":\"uv.lock\",\"source-preference\":\"sdist\",\"libc\":\"musl\",\"all\":true,\"python\":\"3.14t\"}",
        "{\"lock\":\"uv.lock\",\"prebuilt\":\"Torch=torchWithoutCuda\",\"drop\":[\"NVIDIA-\"],\"strict\":false}",
        "{\"path\":\".\",\"platforms\":[\"x86_64-linux\",\"aarch64-linux\"],\"prefer\":{\"zstd\":\"system\"}}",
        "{\"path\":\".\",\"drop\":[],\"platforms\":[],\"toolchain\":\"(import ./x { }).y\"}",
        "{\"path\":\".\",\"build-inputs\":[\"pkgs.zlib\",\"xz\"],\"env\":{\"A\":\"\\\"\\n\"}}",
    ] {
        let read: Options = serde_json::from_str(mark).unwrap();
        assert_eq!(read.in_one_line(), mark);
    }
}

#[test]
fn a_mark_with_new_names_is_read_too() {
    let read = |mark| serde_json::from_str::<Options>(mark).unwrap();
    assert_eq!(
        read("{\"uv-lock\":\"a\",\"cargo-lock\":\"b\"}"),
        read("{\"lock\":\"a\",\"lock-file\":\"b\"}")
    );
}

#[test]
fn a_mark_that_makes_no_sense_is_an_error() {
    for mark in [
        "{\"nope\":1}",
        "{\"python\":\"2\"}",
        "{\"all\":\"yes\"}",
        "[]",
        "3",
    ] {
        assert!(serde_json::from_str::<Options>(mark).is_err(), "{mark}");
    }
}

#[test]
fn paths_move_and_folders_in_sources_stay() {
    let mark = "{\"path\":\"a\",\"lock\":\"b\",\"source\":\"git\",\"subdirectory\":\"c\",\
                \"cargo-root\":\"d\",\"lock-file\":\"e\"}";
    let options: Options = serde_json::from_str(mark).unwrap();
    let moved = options.with_paths(|path| camino::Utf8Path::new("..").join(path));
    assert_eq!(
        moved.in_one_line(),
        "{\"path\":\"../a\",\"lock\":\"../b\",\"source\":\"git\",\"subdirectory\":\"c\",\
         \"cargo-root\":\"d\",\"lock-file\":\"../e\"}"
    );
}

#[test]
fn a_source_of_a_lock_is_an_option() {
    let folder = Some("a/b".into());
    for kind in [
        SourceKind::Registry,
        SourceKind::Local,
        SourceKind::Git(folder.clone()),
        SourceKind::Git(None),
        SourceKind::Url(folder),
        SourceKind::Path,
    ] {
        let options = Options {
            source: kind.clone().into(),
            ..Options::default()
        };
        assert_eq!(options.source_kind(), Some(kind));
    }
}

#[test]
fn flags_can_be_updated() {
    let mut typed = Typed::try_parse_from(["--no-ifd", "--env", "A=1"]).unwrap();
    let matches = Typed::command().get_matches_from(["--ifd", "--env", "B=1"]);
    typed.stanza.update_from_arg_matches(&matches).unwrap();
    typed.extra.update_from_arg_matches(&matches).unwrap();
    assert_eq!(typed.stanza.no_ifd, Some(false));
    assert_eq!(typed.extra.env.unwrap().values.len(), 2);
}

#[test]
fn help_is_the_first_paragraph_and_long_help_all() {
    let command = Typed::command();
    let arg = |id: &str| {
        command
            .get_arguments()
            .find(|arg| arg.get_id() == id)
            .unwrap()
    };
    let help = |id: &str| arg(id).get_help().unwrap().to_string();
    assert_eq!(
        help("source_preference"),
        "Prefer wheels or sdists of packages that have both [default: the preference in the configuration, else wheel]"
    );
    assert_eq!(
        help("all"),
        "Also write overrides for packages with Rust that have wheels"
    );
    let long = arg("all").get_long_help().unwrap().to_string();
    assert!(long.contains("wheels\n\nThese overrides"), "{long}");
    assert!(arg("no_ifd").get_long_help().is_none());
    assert_eq!(
        help("not_comments"),
        "Omit the comments that show why an input is needed"
    );
}

#[test]
fn the_configuration_s_documentation_has_every_key() {
    let text = include_str!("../../docs/configuration.md");
    for key in Options::KEYS {
        assert!(text.contains(&format!("\n| `{key}` |")), "{key}");
    }
}

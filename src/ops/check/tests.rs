//! Tests of `check` with stanzas that need neither cargo nor a network.

use super::*;
use crate::io::paths::parent_folder;
use crate::ops::fixtures::Folder;
use crate::ops::overlay::write_stanzas;
use crate::options::Config;
use crate::overlay::count_parses;

/// Makes a folder whose overlay takes two packages from nixpkgs.
fn folder() -> Folder {
    let folder = Folder::new();
    folder.write_lock(&[], &[("a", "1.0"), ("b", "1.0")]);
    let packages = ["a", "b"].map(|name| folder.prebuilt_options(name));
    write_stanzas(&packages, &folder.writing(), &folder.session()).unwrap();
    folder
}

/// Checks the overlay and other files.
fn run(folder: &Folder, more: &[Utf8PathBuf], fix: bool) -> CheckReport {
    let request = CheckRequest {
        files: [&[folder.overlay()], more].concat(),
        fix,
        ..CheckRequest::default()
    };
    check(&request, &Configured::default(), &folder.session()).unwrap()
}

fn found(report: &CheckReport) -> Vec<(&str, State, Vec<String>)> {
    let stanzas = report.stanzas.iter();
    let found = stanzas.map(|stanza| {
        let reasons = stanza.reasons.iter().map(ToString::to_string);
        (&*stanza.package, stanza.state, reasons.collect())
    });
    found.collect()
}

#[test]
fn fresh_stanzas_take_one_parse() {
    let folder = folder();
    let (report, parses) = count_parses(|| run(&folder, &[], false));
    assert_eq!(parses, 1);
    let fresh = ["a", "b"].map(|name| (name, State::Fresh, Vec::new()));
    assert_eq!(found(&report), fresh);
}

#[test]
fn stale_stanzas_take_one_parse_more() {
    let folder = folder();
    folder.write_lock(&[], &[("a", "2.0"), ("b", "2.0")]);
    let reasons = vec!["the version changed from 1.0 to 2.0".to_owned()];
    for (fix, state) in [(false, State::OutOfDate), (true, State::Fixed)] {
        let (report, parses) = count_parses(|| run(&folder, &[], fix));
        assert_eq!(parses, 2, "{state:?}");
        let expected = ["a", "b"].map(|name| (name, state, reasons.clone()));
        assert_eq!(found(&report), expected);
    }
    assert!(run(&folder, &[], false).is_clean());
}

#[test]
fn a_lock_and_other_stanzas_are_written_at_once() {
    let folder = folder();
    folder.write_lock(&[], &[("a", "2.0")]);
    let lock = [folder.path("uv.lock")];
    let before = folder.overlay_text();
    let dry = run(&folder, &lock, false);
    assert_eq!(folder.overlay_text(), before);
    let (report, parses) = count_parses(|| run(&folder, &lock, true));
    assert_eq!(parses, 2);
    assert_eq!(report.changed, [folder.overlay()]);
    assert_eq!(report.diff, dry.diff);
    assert_eq!(report.diff.matches("--- a/").count(), 1);
    assert!(
        report.diff.contains("\n+# pyhack: lock "),
        "{}",
        report.diff
    );
    let states = report.stanzas.iter().map(|stanza| stanza.state);
    assert_eq!(
        states.collect::<Vec<_>>(),
        [State::Fixed, State::WithoutSource]
    );
}

#[test]
fn a_package_that_left_the_lock_for_the_configuration_keeps_its_place() {
    let folder = folder();
    // `lock` writes stanzas without this key.
    let text = folder.overlay_text().replace(",\"prebuilt\":\"a\"", "");
    folder.write("overlay.nix", &text);
    folder.write("other.lock", &folder.read("uv.lock"));
    folder.write_lock(&[], &[("b", "1.0")]);
    let mut options = Options::default();
    options.nixpkgs.prebuilt = Some("a".parse().unwrap());
    options.input.uv_lock = Some("other.lock".into());
    let mut config = Config {
        overlay: Some("overlay.nix".into()),
        prebuilt: [("a".to_owned(), options)].into(),
        ..Config::default()
    };
    config.general.input.uv_lock = Some("uv.lock".into());
    let overlay = folder.overlay();
    let configured = Configured::new(config, parent_folder(&overlay).to_owned());
    let run = |fix| {
        let request = CheckRequest {
            fix,
            ..CheckRequest::default()
        };
        check(&request, &configured, &folder.session()).unwrap()
    };
    let report = run(true);
    let states = report.stanzas.iter().map(|s| (&*s.package, s.state));
    let expected = [
        ("a", State::Fixed),
        ("b", State::Fresh),
        ("a", State::Fixed),
    ];
    assert_eq!(states.collect::<Vec<_>>(), expected);
    let text = folder.overlay_text();
    assert!(
        text.find("begin a 1.0") < text.find("begin b 1.0"),
        "{text}"
    );
    assert!(run(false).is_clean());
}

#[test]
fn an_edited_stanza_is_told_and_its_change_shown() {
    let folder = folder();
    let edited = folder.overlay_text().replace("prev.a ", "prev.other ");
    let edited = edited.replace("hacks.nixpkgsPrebuilt", "lib.nixpkgsPrebuilt");
    folder.write("overlay.nix", &edited);
    let report = run(&folder, &[], true);
    let reasons = vec!["it was edited by hand".to_owned()];
    let expected = ["a", "b"].map(|name| (name, State::Edited, reasons.clone()));
    assert_eq!(found(&report), expected);
    assert_eq!(folder.overlay_text(), edited);
    assert!(
        report.diff.contains("hacks.nixpkgsPrebuilt"),
        "{}",
        report.diff
    );
}

#[test]
#[cfg(unix)]
fn a_file_that_a_link_leads_to_as_well_is_told_once() {
    let folder = folder();
    let link = folder.path("link.nix");
    std::os::unix::fs::symlink(folder.overlay(), &link).unwrap();
    let report = run(&folder, &[link], false);
    assert_eq!(report.stanzas.len(), 2);
}

#[test]
fn causes_have_their_words_in_json() {
    let causes = [
        Cause::from(Reason::RulesChanged),
        Cause::SourceMissing { path: "a".into() },
        Cause::OtherPackage {
            name: "b".to_owned(),
        },
        Cause::Removed {
            python_lock: "uv.lock".to_owned(),
        },
        Cause::RustOnly,
        Cause::NoRust,
        Cause::IsBuilt,
        Cause::HasRust,
    ];
    let json: Vec<String> = serde_json::from_value(serde_json::to_value(causes).unwrap()).unwrap();
    assert_eq!(
        json,
        [
            "cargo-pyhack's rules changed",
            "its source `a` doesn't exist",
            "its source is now the package `b`: delete the override, and generate one for `b`",
            "`uv.lock` no longer has it",
            "it has no Rust extension, and `rust-only` is set",
            "it has no Rust extension: delete the override",
            "it is built from source and needs a build system",
            "it is built from source and has a Rust extension",
        ]
    );
}

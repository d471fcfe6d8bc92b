//! Tests of runs over a lock with the results of another run.

use super::*;
use crate::nix::{CargoLockImport, Stanza};
use crate::ops::finished::{FinishedStanza, SnippetPackage};
use crate::ops::fixtures::Folder;
use crate::overlay::{Digests, Reason, count_parses};
use crate::project::SourceKind;

fn saved(name: &str, version: Option<&str>) -> FinishedStanza {
    let stanza = Stanza {
        cargo: Some(CargoLockImport {
            cargo_root: ".".into(),
            lock_file: None,
            output_hashes: BTreeMap::new(),
            revisions: BTreeMap::new(),
            extra_registries: BTreeMap::new(),
            toolchain: None,
        }),
        ..Stanza::new(PythonName::new(name), SourceKind::Registry)
    };
    FinishedStanza {
        stanza: stanza.into(),
        package: SnippetPackage {
            name: name.to_owned(),
            version: version.map(str::to_owned),
            cargo_roots: vec![".".to_owned()],
            dropped: Vec::new(),
        },
        facts: None,
        crates: 1,
        build_system: Vec::new(),
        locks: Vec::new(),
        warnings: Vec::new(),
        recipe: String::new(),
        digests: Digests {
            build: "0".to_owned(),
            ..Digests::default()
        },
    }
}

fn layers(folder: &Folder) -> Layers {
    Layers {
        command_line: folder.lock_options(),
        ..Layers::default()
    }
}

/// Runs `lock` in a folder. All sdists of the lock contain Rust.
fn run(folder: &Folder) -> LockReport {
    let plan = LockRequest {
        layers: layers(folder),
        writing: Some(folder.writing()),
        is_plan: true,
        ..LockRequest::default()
    };
    let planned = lock(&plan, &folder.session()).unwrap();
    let known = planned.packages.into_iter().filter_map(|package| {
        let saved = saved(&package.name, package.version.as_deref());
        Some((package.key?, KeptFinding(Finding::Stanza(Box::new(saved)))))
    });
    let request = LockRequest {
        is_plan: false,
        known: known.collect(),
        only_candidates: true,
        ..plan
    };
    lock(&request, &folder.session()).unwrap()
}

fn states(report: &LockReport) -> Vec<(&str, Option<StanzaState>)> {
    let packages = report.packages.iter();
    packages
        .map(|package| (package.name.as_str(), package.stanza))
        .collect()
}

#[test]
fn a_plan_and_a_run_parse_the_file_and_the_result() {
    let folder = Folder::new();
    folder.write_lock(&[("a", "1"), ("b", "1"), ("c", "1")], &[("d", "1")]);
    let (report, parses) = count_parses(|| run(&folder));
    // The dry run parses the overlay once, too.
    assert_eq!(parses, 1 + 2);
    let added = ["a", "b", "c"].map(|name| (name, Some(StanzaState::New)));
    assert_eq!(states(&report), added);
    let text = folder.overlay_text();
    let (report, parses) = count_parses(|| run(&folder));
    assert_eq!(parses, 1 + 1, "nothing changes");
    let fresh = ["a", "b", "c"].map(|name| (name, Some(StanzaState::Fresh)));
    assert_eq!(states(&report), fresh);
    assert_eq!(folder.overlay_text(), text);
}

#[test]
fn an_edited_stanza_stops_no_other() {
    let folder = Folder::new();
    folder.write_lock(&[("a", "1"), ("b", "1")], &[]);
    run(&folder);
    let edited = folder.overlay_text().replace("prev.a;", "prev.a; x = 1;");
    folder.write("overlay.nix", &edited);
    folder.write_lock(&[("a", "2"), ("b", "2"), ("c", "2")], &[]);
    let (report, parses) = count_parses(|| run(&folder));
    assert_eq!(parses, 1 + 2);
    let expected = [
        ("a", None),
        ("b", Some(StanzaState::Fresh)),
        ("c", Some(StanzaState::New)),
    ];
    assert_eq!(states(&report), expected);
    assert!(report.packages[0].is_edited && !report.packages[1].is_edited);
    let text = folder.overlay_text();
    assert!(
        text.contains("begin a 1\n") && text.contains("begin b 2\n"),
        "{text}"
    );
}

#[test]
fn a_stanza_s_reasons_are_told() {
    let folder = Folder::new();
    folder.write_lock(&[("a", "1"), ("b", "1")], &[]);
    run(&folder);
    let text = folder.overlay_text().replace("rules=", "rules=0");
    folder.write("overlay.nix", &text);
    folder.write_lock(&[("a", "2"), ("b", "1")], &[]);
    let report = run(&folder);
    let version = Reason::VersionChanged {
        from: Some("1".to_owned()),
        to: Some("2".to_owned()),
    };
    assert_eq!(report.packages[0].reasons, [version, Reason::RulesChanged]);
    assert_eq!(report.packages[1].reasons, [Reason::RulesChanged]);
}

#[test]
fn packages_that_are_gone_lose_their_stanza_unless_it_was_edited() {
    let folder = Folder::new();
    folder.write_lock(&[("a", "1"), ("b", "1"), ("c", "1")], &[]);
    run(&folder);
    let edited = folder.overlay_text().replace("prev.a;", "prev.a; x = 1;");
    folder.write("overlay.nix", &edited);
    folder.write_lock(&[("c", "1")], &[]);
    let (report, parses) = count_parses(|| run(&folder));
    assert_eq!(parses, 1 + 2);
    assert_eq!(report.removed, ["b"]);
    let text = folder.overlay_text();
    assert!(
        text.contains("begin a") && !text.contains("begin b"),
        "{text}"
    );
}

#[test]
fn a_part_of_a_run_says_nothing_of_other_packages() {
    let folder = Folder::new();
    folder.write_lock(&[("a", "1"), ("b", "1")], &[]);
    run(&folder);
    let mark = folder.overlay_text().lines().next().unwrap().to_owned();
    assert!(mark.starts_with("# pyhack: lock "), "{mark}");
    folder.write_lock(&[("c", "1"), ("d", "1")], &[]);
    let request = LockRequest {
        layers: layers(&folder),
        writing: Some(folder.writing()),
        shard: Some(Shard { part: 1, of: 3 }),
        ..LockRequest::default()
    };
    let report = lock(&request, &folder.session()).unwrap();
    assert!(report.removed.is_empty() && report.written.changed.is_empty());
}

#[test]
fn a_result_of_another_run_is_read_without_its_reasons() {
    let report = LockedPackageReport {
        name: "a".to_owned(),
        reasons: vec![Reason::NoDigests],
        key: Some("key".to_owned()),
        saved: Some(saved("a", None)),
        ..LockedPackageReport::default()
    };
    let line = serde_json::to_string(&report).unwrap();
    assert!(line.contains("\"reasons\":[\"its `made` mark"), "{line}");
    let (key, _) = LockedPackageReport::read(&line).unwrap().unwrap();
    assert_eq!(key, "key");
}

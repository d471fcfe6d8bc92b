//! Tests of stanzas that are put into files.

use super::*;
use crate::ops::fixtures::Folder;
use crate::overlay::{Document, OverlayError, count_parses};

#[test]
fn any_number_of_stanzas_takes_two_parses() {
    let folder = Folder::new();
    folder.write_lock(&[], &[("a", "1.0"), ("b", "1.0"), ("c", "1.0")]);
    let packages = ["a", "b", "c"].map(|name| folder.prebuilt_options(name));
    let write = || write_stanzas(&packages, &folder.writing(), &folder.session()).unwrap();
    let (snippet, parses) = count_parses(write);
    assert_eq!(parses, 2, "the file and the result");
    let document = Document::parse("overlay.nix", &folder.overlay_text()).unwrap();
    let names = document.blocks().iter().map(|block| block.name.as_str());
    assert_eq!(names.collect::<Vec<_>>(), ["a", "b", "c"]);
    assert_eq!(snippet.written.changed, [folder.overlay()]);
    let (snippet, parses) = count_parses(write);
    assert_eq!(parses, 1, "nothing changes");
    assert!(snippet.written.changed.is_empty() && snippet.written.diff.is_empty());
}

#[test]
fn a_refused_stanza_leaves_the_file_as_it_is() {
    let folder = Folder::new();
    folder.write_lock(&[], &[("a", "1.0"), ("b", "1.0")]);
    let text = "{ lib, hacks }: final: prev: {\n  b = 1;\n}\n";
    folder.write("overlay.nix", text);
    let packages = ["a", "b"].map(|name| folder.prebuilt_options(name));
    let result = write_stanzas(&packages, &folder.writing(), &folder.session());
    assert!(
        matches!(&result, Err(Error::Overlay(OverlayError::Taken { name, at })) if name == "b" && at.line() == Some(2))
    );
    assert_eq!(folder.overlay_text(), text);
}

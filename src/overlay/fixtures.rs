//! Overlay files for tests.

use super::{Change, Digests, Document, Edits, Layout, NewBlock, OverlayError, text_digest};

use crate::nix::Names;

const RECIPE: &str = r#"{"path":"source"}"#;

/// What the stanzas are made from.
pub(super) fn digests() -> Digests {
    "source=1 lock=2 build=3 rules=4".parse().unwrap()
}

pub(super) fn parse(text: &str) -> Document {
    Document::parse("overlay.nix", text).unwrap()
}

/// `NAME = VALUE;`
pub(super) fn stanza(name: &str, value: &str) -> String {
    format!("{name} = {value};\n")
}

/// `NAME = map { x = VALUE; ... };`
pub(super) fn nested(name: &str, value: &str) -> String {
    format!("{name} = map {{\n  x = {value};\n  y = 1;\n}};\n")
}

/// A stanza with its marks, as it is written without indentation.
pub(super) fn block_of(name: &str, stanza: &str) -> String {
    let text = text_digest(stanza);
    let digests = Digests { text, ..digests() };
    format!(
        "# pyhack: begin {name} 1.0\n# pyhack: from {RECIPE}\n# pyhack: made {digests}\n\
         {stanza}# pyhack: end {name}\n"
    )
}

/// The same of `NAME = 1;`.
pub(super) fn block(name: &str) -> String {
    block_of(name, &stanza(name, "1"))
}

/// A file with the stanzas of these packages.
pub(super) fn written(names: &[&str]) -> String {
    let blocks: Vec<_> = names.iter().map(|name| block(name)).collect();
    let lines = blocks.join("\n");
    let lines = lines.lines().map(|line| match line {
        "" => "\n".to_owned(),
        line => format!("  {line}\n"),
    });
    format!("final: prev: {{\n{}}}\n", lines.collect::<String>())
}

pub(super) fn new_block<'a>(
    name: &'a str,
    digests: &'a Digests,
    layout: &'a Layout<'a>,
) -> NewBlock<'a> {
    NewBlock {
        name,
        version: Some("1.0"),
        recipe: RECIPE,
        digests,
        layout,
        may_be_absent: true,
        force: false,
    }
}

pub(super) fn put(edits: &mut Edits, name: &str, stanza: &str) -> Result<Change, OverlayError> {
    let layout = |_, _, _: &Names| Ok(stanza.to_owned());
    edits.put(&new_block(name, &digests(), &layout))
}

/// The same with `force`.
pub(super) fn put_anyway(
    edits: &mut Edits,
    name: &str,
    stanza: &str,
) -> Result<Change, OverlayError> {
    let layout = |_, _, _: &Names| Ok(stanza.to_owned());
    edits.put(&NewBlock {
        force: true,
        ..new_block(name, &digests(), &layout)
    })
}

/// Whether the stanza of a file says the same as another one.
pub(super) fn says_the_same(document: &Document, name: &str, stanza: &str) -> bool {
    let layout = |_, _, _: &Names| Ok(stanza.to_owned());
    super::says_the_same(document, &new_block(name, &digests(), &layout))
}

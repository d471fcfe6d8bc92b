//! Our NAR writer against an independent one.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;

use cargo_pyhack::testing::{NarWriter, Sha256};
use nix_archive::nar::{CaseHack, Encoder, encode_path};
use proptest::prelude::*;

/// The SRI hash of a folder, by somebody else's NAR writer.
pub fn oracle(folder: &Path) -> String {
    let mut nar = Vec::new();
    encode_path(&mut nar, folder, CaseHack::Disabled).unwrap();
    Sha256::of(&nar).to_sri()
}

#[derive(Debug, Clone)]
enum Tree {
    File(bool, Vec<u8>),
    Symlink(Vec<u8>),
    Directory(BTreeMap<Vec<u8>, Tree>),
}

fn names() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(
        any::<u8>().prop_filter("no name", |b| *b != 0 && *b != b'/'),
        1..12,
    )
    .prop_filter("no name", |name| name != b"." && name != b"..")
}

fn trees() -> impl Strategy<Value = Tree> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..40);
    let target = proptest::collection::vec(1..=255_u8, 1..20);
    let leaf = prop_oneof![
        (any::<bool>(), bytes()).prop_map(|(executable, bytes)| Tree::File(executable, bytes)),
        target.prop_map(Tree::Symlink),
    ];
    leaf.prop_recursive(4, 40, 8, |node| {
        proptest::collection::btree_map(names(), node, 0..8).prop_map(Tree::Directory)
    })
}

fn ours<W: io::Write>(tree: &Tree, nar: &mut NarWriter<W>) -> io::Result<()> {
    match tree {
        Tree::File(executable, bytes) => nar.file(*executable, bytes.len() as u64, &bytes[..]),
        Tree::Symlink(target) => nar.symlink(target),
        Tree::Directory(entries) => nar.directory(|directory| {
            let mut entries = entries.iter();
            entries.try_for_each(|(name, node)| directory.entry(name, |nar| ours(node, nar)))
        }),
    }
}

fn theirs(tree: &Tree, name: Option<&[u8]>, nar: &mut Encoder<Vec<u8>>) {
    match tree {
        Tree::File(executable, bytes) => nar.regular(name, *executable, bytes).unwrap(),
        Tree::Symlink(target) => nar.symlink(name, target).unwrap(),
        Tree::Directory(entries) => {
            nar.start_directory(name).unwrap();
            for (name, node) in entries {
                theirs(node, Some(name), nar);
            }
            nar.end_directory().unwrap();
        }
    }
}

proptest! {
    #[test]
    fn any_tree_is_written_alike(tree in trees()) {
        let mut nar = NarWriter::start(Vec::new()).unwrap();
        ours(&tree, &mut nar).unwrap();
        let mut encoder = Encoder::new(Vec::new()).unwrap();
        theirs(&tree, None, &mut encoder);
        prop_assert_eq!(nar.into_inner(), encoder.finish().unwrap());
    }
}

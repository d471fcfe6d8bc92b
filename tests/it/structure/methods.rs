//! Inherent `impl` blocks: the methods of a type stand in one file, so that
//! reading the file is reading the type.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use syn::{Item, Type};
use walkdir::WalkDir;

/// The types that a file declares, and those that it has methods for.
struct File {
    path: PathBuf,
    declared: BTreeSet<String>,
    with_methods: BTreeSet<String>,
}

impl File {
    fn read(path: &Path) -> Self {
        let text = std::fs::read_to_string(path).unwrap();
        let (mut declared, mut with_methods) = (BTreeSet::new(), BTreeSet::new());
        for item in syn::parse_file(&text).unwrap().items {
            match item {
                Item::Struct(item) => declared.insert(item.ident.to_string()),
                Item::Enum(item) => declared.insert(item.ident.to_string()),
                Item::Impl(item) if item.trait_.is_none() => match *item.self_ty {
                    Type::Path(ty) => {
                        let name = ty.path.segments.last().map(|last| last.ident.to_string());
                        with_methods.insert(name.unwrap_or_default())
                    }
                    _ => false,
                },
                _ => false,
            };
        }
        Self {
            path: path.to_owned(),
            declared,
            with_methods,
        }
    }
}

/// The files with methods of each type, by the file that declares the type.
/// Of several types with one name, a file means the one that is declared
/// nearest.
fn files_with_methods(files: &[File]) -> BTreeMap<(&Path, &str), Vec<&Path>> {
    let mut found: BTreeMap<_, Vec<_>> = BTreeMap::new();
    for file in files {
        for name in &file.with_methods {
            let declaring = files.iter().filter(|other| other.declared.contains(name));
            let common = |other: &&File| {
                let pairs = file.path.iter().zip(other.path.iter());
                pairs.take_while(|(a, b)| a == b).count()
            };
            let nearest = declaring.max_by_key(common).unwrap_or(file);
            let key = (nearest.path.as_path(), name.as_str());
            found.entry(key).or_default().push(file.path.as_path());
        }
    }
    found
}

#[test]
fn the_methods_of_a_type_stand_in_one_file() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let sources = WalkDir::new(root).sort_by_file_name().into_iter();
    let sources = sources.map(|entry| entry.unwrap().into_path());
    let sources = sources.filter(|path| path.extension().is_some_and(|end| end == "rs"));
    let files: Vec<_> = sources.map(|path| File::read(&path)).collect();
    let found = files_with_methods(&files);
    assert!(found.len() > 100, "{} types were found", found.len());
    let spread = found.into_iter().filter(|(_, files)| files.len() > 1);
    let spread: Vec<_> = spread.collect();
    assert!(spread.is_empty(), "{spread:#?}");
}

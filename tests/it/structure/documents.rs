//! Checks that the paths and modules in `ARCHITECTURE.md` exist.

use std::path::Path;

use super::sources::SOURCES;

const TEXT: &str = include_str!("../../../ARCHITECTURE.md");

/// Returns the words in backticks of each line.
fn quoted() -> impl Iterator<Item = Vec<&'static str>> {
    TEXT.lines()
        .map(|line| line.split('`').skip(1).step_by(2).collect())
}

#[test]
fn each_path_is_there() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut missing = Vec::new();
    for words in quoted() {
        // In `src/vendor/plan`, `layout.rs`, the second is relative to the
        // folder of the first.
        let mut folder = root.to_owned();
        for word in words {
            let word = word.split(' ').next().unwrap();
            let is_file = [".rs", ".toml", ".md"]
                .iter()
                .any(|ending| word.ends_with(ending));
            if word.contains('<') || word.contains("::") || !(word.contains('/') || is_file) {
                continue;
            }
            let places = [
                root.join(word),
                root.join("src").join(word),
                folder.join(word),
            ];
            match places.iter().find(|place| place.exists()) {
                Some(place) => place.parent().unwrap().clone_into(&mut folder),
                None => missing.push(word),
            }
        }
    }
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names paths that don't exist: {missing:?}"
    );
}

#[test]
fn each_module_is_there() {
    let sources = &*SOURCES;
    let is_module = |path: &[&str]| {
        let path: Vec<_> = path.iter().map(|name| (*name).to_owned()).collect();
        sources.modules.contains_key(&path)
    };
    let mut missing = Vec::new();
    for word in quoted().flatten() {
        let path: Vec<_> = word.split("::").collect();
        if path.len() < 2 || !is_module(&path[..1]) {
            continue;
        }
        // The last segment may be an item instead of a module.
        let (item, module) = path.split_last().unwrap();
        let has_item = || {
            let module: Vec<_> = module.iter().map(|name| (*name).to_owned()).collect();
            let module = sources.modules.get(&module);
            module.is_some_and(|module| module.identifiers.contains_key(*item))
        };
        if !is_module(&path) && !has_item() {
            missing.push(word);
        }
    }
    assert!(
        missing.is_empty(),
        "ARCHITECTURE.md names paths that don't exist: {missing:?}"
    );
}

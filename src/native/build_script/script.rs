//! Parses the files of a build script and collects their functions.

use std::collections::BTreeMap;

use syn::{Attribute, Block, Expr, File, ImplItem, Item, Signature, UseTree};

use super::conditions::string_literal;
use super::values::parameters;

/// Upper bound on the size of a file, in bytes.
pub(super) const MAX_FILE: usize = 256 << 10;
/// Upper bound on the modules that are read.
const MAX_FILES: usize = 64;
/// Upper bound on nested brackets; scripts written by people stay below it.
const MAX_NESTING: usize = 200;

/// Parses a script and the files of its modules.
///
/// # Errors
/// Fails if a file is missing, too long, too deep or not Rust.
pub(super) fn parse_all<'a>(
    root: &'a str,
    files: &'a BTreeMap<String, String>,
) -> Result<Vec<(&'a str, File)>, String> {
    let mut parsed: Vec<(&str, File)> = Vec::new();
    let mut open = vec![root.to_owned()];
    while let Some(path) = open.pop() {
        let Some((path, text)) = files.get_key_value(&path) else {
            if parsed.is_empty() {
                return Err(format!("`{path}` doesn't exist"));
            }
            continue;
        };
        if parsed.iter().any(|(known, _)| known == path) || parsed.len() == MAX_FILES {
            continue;
        }
        if text.len() > MAX_FILE || nesting(text) > MAX_NESTING {
            return Err(format!("`{path}` is too long or too deeply nested"));
        }
        let file = syn::parse_file(text)
            .map_err(|error| format!("`{path}:{}`: {error}", error.span().start().line))?;
        for item in &file.items {
            open.extend(module_paths(path, path == root, item));
        }
        parsed.push((path, file));
    }
    Ok(parsed)
}

/// The paths that the text of `mod name;` may have.
fn module_paths(file: &str, is_root: bool, item: &Item) -> Vec<String> {
    let Item::Mod(module) = item else {
        return Vec::new();
    };
    if module.content.is_some() {
        return Vec::new();
    }
    let folder = file.rsplit_once('/').map_or("", |(folder, _)| folder);
    let in_folder = |folder: &str, name: &str| {
        let joined = format!("{folder}/{name}");
        joined.trim_start_matches('/').replace("/./", "/")
    };
    let path_attribute = module
        .attrs
        .iter()
        .find_map(|attribute| match &attribute.meta {
            syn::Meta::NameValue(pair) if pair.path.is_ident("path") => string_literal(&pair.value),
            _ => None,
        });
    if let Some(path) = path_attribute {
        return vec![in_folder(folder, &path)];
    }
    let stem = file.strip_suffix(".rs").unwrap_or(file);
    let folder = if is_root || stem.ends_with("/mod") {
        folder
    } else {
        stem
    };
    let name = module.ident.to_string();
    vec![
        in_folder(folder, &format!("{name}.rs")),
        in_folder(folder, &format!("{name}/mod.rs")),
    ]
}

/// How deeply brackets nest, or the length of a run of prefix operators if one
/// is very long: parsing recurses for both.
fn nesting(text: &str) -> usize {
    let (mut depth, mut deepest, mut run) = (0_usize, 0, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        run = match byte {
            b'!' | b'-' | b'*' | b'&' | b'<' | b'|' => run + 1,
            b' ' | b'\n' => run,
            _ => 0,
        };
        // Shorter runs are common in comments: rows of `-`.
        let long_run = if run > 4 * MAX_NESTING { run } else { 0 };
        deepest = deepest.max(depth).max(long_run);
    }
    deepest
}

/// The names that a script defines. Modules and types don't matter.
#[derive(Default)]
pub(super) struct Script<'a> {
    /// Functions and methods.
    pub functions: BTreeMap<String, Vec<Function<'a>>>,
    /// The first part of the path that `use` gives a name to.
    pub imports: BTreeMap<String, String>,
    /// The values of constants that are string literals.
    pub strings: BTreeMap<String, String>,
}

pub(super) struct Function<'a> {
    pub file: &'a str,
    /// Its `#[cfg(...)]` attributes.
    pub conditions: Vec<String>,
    /// The names of its parameters, without `self`; `None` for patterns.
    pub parameters: Vec<Option<String>>,
    pub has_receiver: bool,
    pub block: &'a Block,
}

impl<'a> Function<'a> {
    fn new(
        file: &'a str,
        attributes: &[Attribute],
        signature: &Signature,
        block: &'a Block,
    ) -> Self {
        Self {
            file,
            conditions: cfg_attributes(attributes),
            parameters: parameters(signature),
            has_receiver: signature.receiver().is_some(),
            block,
        }
    }
}

impl<'a> Script<'a> {
    pub(super) fn add_items(&mut self, file: &'a str, items: &'a [Item]) {
        for item in items {
            match item {
                Item::Fn(function) => {
                    let name = function.sig.ident.to_string();
                    let (attributes, signature) = (&function.attrs, &function.sig);
                    let function = Function::new(file, attributes, signature, &function.block);
                    self.add_function(name, function);
                }
                Item::Impl(implementation) => {
                    for item in &implementation.items {
                        if let ImplItem::Fn(function) = item {
                            let name = function.sig.ident.to_string();
                            let (attributes, signature) = (&function.attrs, &function.sig);
                            let block = &function.block;
                            let function = Function::new(file, attributes, signature, block);
                            self.add_function(name, function);
                        }
                    }
                }
                Item::Mod(module) => {
                    let inner = module.content.as_ref().map(|(_, items)| items);
                    self.add_items(file, inner.map_or(&[], Vec::as_slice));
                }
                Item::Use(item) => self.add_use(None, &item.tree),
                Item::Const(item) => self.add_string(item.ident.to_string(), &item.expr),
                Item::Static(item) => self.add_string(item.ident.to_string(), &item.expr),
                _ => {}
            }
        }
    }

    fn add_function(&mut self, name: String, function: Function<'a>) {
        self.functions.entry(name).or_default().push(function);
    }

    fn add_string(&mut self, name: String, expr: &Expr) {
        self.strings
            .extend(string_literal(expr).map(|text| (name, text)));
    }

    fn add_use(&mut self, root: Option<&str>, tree: &UseTree) {
        match tree {
            UseTree::Path(path) => {
                let first = path.ident.to_string();
                self.add_use(Some(root.unwrap_or(&first)), &path.tree);
            }
            UseTree::Name(name) => {
                let name = name.ident.to_string();
                let root = root.unwrap_or(&name).to_owned();
                self.imports.insert(name, root);
            }
            UseTree::Rename(rename) => {
                let first = rename.ident.to_string();
                let root = root.unwrap_or(&first).to_owned();
                self.imports.insert(rename.rename.to_string(), root);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.add_use(root, tree);
                }
            }
            UseTree::Glob(_) => {}
        }
    }
}

/// The conditions in `#[cfg(...)]` attributes.
pub(super) fn cfg_attributes(attributes: &[Attribute]) -> Vec<String> {
    attributes
        .iter()
        .filter_map(|attribute| match &attribute.meta {
            syn::Meta::List(list) if list.path.is_ident("cfg") => Some(list.tokens.to_string()),
            _ => None,
        })
        .collect()
}

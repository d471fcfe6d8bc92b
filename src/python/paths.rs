//! Paths as `os.path` and `pathlib` treat them, as text relative to the
//! project's folder.

use super::value::Value;

/// Joins two paths as `os.path.join` and `/` do.
pub(super) fn join_path(left: &str, right: &str) -> String {
    match (left, right) {
        ("" | ".", right) => right.to_owned(),
        (_, right) if right.starts_with('/') => right.to_owned(),
        (left, right) => format!("{}/{right}", left.trim_end_matches('/')),
    }
}

/// Joins the parts of a path; `None` if one isn't known.
pub(super) fn join_parts<'a>(parts: impl IntoIterator<Item = &'a Value>) -> Option<Value> {
    let mut path = String::new();
    for part in parts {
        path = join_path(&path, part.as_str()?);
    }
    Some(Value::Str(path))
}

/// Returns the folder that a path is in, as `os.path.dirname` and `.parent` do
/// of an absolute path.
pub(super) fn folder_of(path: &str) -> String {
    match path.rsplit_once('/') {
        _ if path == "." => "..".to_owned(),
        _ if path == ".." || path.ends_with("/..") => format!("{path}/.."),
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    }
}

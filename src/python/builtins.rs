//! Modules and built-in functions, as they are in a wheel build by Nix: run by
//! CPython, without environment variables.

use camino::Utf8Path;

use super::paths::{folder_of, join_parts};
use super::situation::Situation;
use super::value::{Arguments, Extension, Note, Value, insert};

/// Returns an attribute of a value.
pub(super) fn attribute(situation: &Situation<'_>, value: Value, name: &str, line: usize) -> Value {
    match value {
        Value::Named(module) => {
            let full = format!("{module}.{name}");
            match full.as_str() {
                "sys.platform" => Value::str(situation.platform.name),
                "os.name" => Value::str("posix"),
                "os.sep" => Value::str("/"),
                "sys.implementation.name" => Value::str("cpython"),
                "typing.TYPE_CHECKING" => Value::Bool(false),
                "sys.version_info.major" => Value::Int(3),
                "sys.version_info.minor" => Value::Int((situation.python_minor)().into()),
                _ => Value::Named(full),
            }
        }
        Value::Str(path) if name == "parent" => Value::Str(folder_of(&path)),
        Value::Str(path) if name == "parents" => Value::List(folders_above(&path)),
        Value::Str(path) if name == "name" => {
            Value::str(Utf8Path::new(&path).file_name().unwrap_or_default())
        }
        unknown @ Value::Unknown(_) => unknown,
        _ => Value::unknown(line, format!("`.{name}`")),
    }
}

/// Returns the folders that a path is in, innermost first, as many as scripts
/// ask for.
fn folders_above(path: &str) -> Vec<Value> {
    let first = Some(folder_of(path));
    let folders = std::iter::successors(first, |folder| Some(folder_of(folder)));
    folders.take(8).map(Value::Str).collect()
}

/// Returns whether a name is that of setuptools' `setup`; other functions have
/// the same last part.
pub(super) fn is_setup(name: &str) -> bool {
    let Some((module, function)) = name.rsplit_once('.') else {
        return name == "setup";
    };
    let package = module.split('.').next();
    function == "setup"
        && matches!(
            package,
            Some("setuptools" | "distutils" | "skbuild" | "scikit_build_core" | "numpy")
        )
}

/// Calls something imported or built in, except `setup`.
pub(super) fn call(
    situation: &Situation<'_>,
    name: &str,
    arguments: &Arguments,
    line: usize,
) -> Value {
    let last = name.rsplit('.').next().unwrap_or(name);
    match last {
        "RustExtension" => return extension(arguments, false, line),
        "RustBin" => return extension(arguments, true, line),
        _ => {}
    }
    let first = arguments.by_place.first();
    let text = first.and_then(Value::as_str);
    let known = match (name, text) {
        ("os.environ.get" | "os.getenv" | "os.environ.pop", Some(_)) => {
            Some(arguments.get(1, "default").cloned().unwrap_or(Value::None))
        }
        ("platform.system", _) => Some(Value::str(situation.platform.system)),
        ("platform.machine", _) => Some(Value::str(situation.platform.machine)),
        ("platform.python_implementation", _) => Some(Value::str("CPython")),
        ("sys.platform.startswith", Some(start)) => {
            Some(Value::Bool(situation.platform.name.starts_with(start)))
        }
        // The build has these programs; scripts look for no others in practice.
        ("shutil.which", Some("cargo" | "rustc" | "maturin")) => Some(Value::str("/bin/cargo")),
        ("os.path.join" | "Path" | "pathlib.Path" | "pathlib.PurePath", Some(_)) => {
            join_parts(&arguments.by_place)
        }
        ("os.getcwd" | "pathlib.Path.cwd" | "Path.cwd", _) => Some(Value::str(".")),
        ("os.path.dirname", Some(path)) => Some(Value::Str(folder_of(path))),
        (
            "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.fspath" | "str",
            Some(path),
        ) => Some(Value::str(path)),
        ("os.path.exists" | "os.path.isfile" | "os.path.isdir", Some(path)) => {
            (situation.exists)(path).map(Value::Bool)
        }
        ("list" | "tuple" | "set" | "sorted", None) => match first {
            None => Some(Value::List(Vec::new())),
            Some(Value::List(items)) => Some(Value::List(items.clone())),
            _ => None,
        },
        ("dict", None) => dictionary(first, &arguments.by_name),
        ("bool", _) => first.and_then(Value::truth).map(Value::Bool),
        ("sys.exit" | "exit" | "quit", _) => Some(Value::Named("sys.exit()".to_owned())),
        // The requirements of a wrapped backend are added by its own rules.
        _ if last.starts_with("get_requires_for_build_") => {
            Some(Value::List(vec![Value::Named(format!("{last}()"))]))
        }
        _ => None,
    };
    known.unwrap_or_else(|| Value::unknown(line, format!("a call to `{name}`")))
}

/// Reads a call of `RustExtension(target, path, args, cargo_manifest_args,
/// features, ...)` or `RustBin`.
fn extension(arguments: &Arguments, is_bin: bool, line: usize) -> Value {
    // Programs before there was `RustBin`.
    let is_exec = matches!(
        arguments.get(9, "binding"),
        Some(Value::Named(name)) if name.ends_with("Binding.Exec")
    );
    let mut unread = Vec::new();
    if let Some(Value::Unknown(note)) = arguments.get(usize::MAX, "**") {
        unread.push(note.clone());
    }
    let mut list = |place, name| {
        let value = arguments.get(place, name);
        value.map_or_else(Vec::new, |value| value.texts(&mut unread, line))
    };
    let args = [list(2, "args"), list(3, "cargo_manifest_args")].concat();
    let features = list(4, "features");
    let targets = match arguments.get(0, "target") {
        Some(Value::Dict(items)) => items
            .iter()
            .filter_map(|(_, value)| value.as_str().map(str::to_owned))
            .collect(),
        Some(value) => value.texts(&mut unread, line),
        None => Vec::new(),
    };
    let path = match arguments.get(1, "path") {
        Some(Value::Str(path)) => Some(path.clone()),
        Some(Value::Unknown(note)) => {
            unread.push(note.clone());
            None
        }
        Some(value) => {
            let what = "a `path` that isn't a plain string".to_owned();
            unread.push(Note::new(line, what));
            value.texts(&mut unread, line).into_iter().next()
        }
        None => Some("Cargo.toml".to_owned()),
    };
    Value::Extension(Box::new(Extension {
        targets,
        path,
        features,
        args,
        is_bin: is_bin || is_exec,
        line,
        unread,
    }))
}

/// Calls `dict(items, name=value)`.
fn dictionary(first: Option<&Value>, by_name: &[(String, Value)]) -> Option<Value> {
    let mut items = match first {
        None => Vec::new(),
        Some(Value::Dict(items)) => items.clone(),
        Some(_) => return None,
    };
    for (key, value) in by_name {
        insert(&mut items, key.clone(), value.clone());
    }
    Some(Value::Dict(items))
}

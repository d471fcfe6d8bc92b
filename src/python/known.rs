//! What a build script may ask of its surroundings, answered for a build of a
//! wheel by Nix: CPython, no variables of the environment set.

use camino::Utf8Path;
use ruff_python_ast::ExprCall;
use ruff_text_size::Ranged;

use super::Situation;
use super::calls::Arguments;
use super::exec::Interpreter;
use super::operations::join_path;
use super::value::{Extension, Note, Value, insert};

impl Situation<'_> {
    /// `sys.version_info`, as far as anybody looks.
    pub(super) fn version_info(&self) -> Vec<Value> {
        [3, i64::from(self.python_minor), 0]
            .map(Value::Int)
            .to_vec()
    }

    /// Whether something of the surroundings holds an item.
    pub(super) fn has_in(&self, container: &str, item: &str) -> Option<bool> {
        match container {
            "os.environ" => Some(false),
            "sys.argv" => Some(self.command == item),
            "sys.modules" | "sys.builtin_module_names" if item == "__pypy__" => Some(false),
            _ => None,
        }
    }
}

impl Interpreter<'_> {
    pub(super) fn attribute(&mut self, value: Value, name: &str, node: &impl Ranged) -> Value {
        match value {
            Value::Named(module) => {
                let full = format!("{module}.{name}");
                match full.as_str() {
                    "sys.platform" => Value::str(self.situation.platform.name),
                    "os.name" => Value::str("posix"),
                    "os.sep" => Value::str("/"),
                    "sys.implementation.name" => Value::str("cpython"),
                    "typing.TYPE_CHECKING" => Value::Bool(false),
                    "sys.version_info.major" => Value::Int(3),
                    "sys.version_info.minor" => Value::Int(self.situation.python_minor.into()),
                    _ => Value::Named(full),
                }
            }
            Value::Str(path) => match name {
                "parent" => Value::Str(folder_of(&path)),
                "name" => Value::str(Utf8Path::new(&path).file_name().unwrap_or_default()),
                _ => self.unknown(node, format!("`.{name}`")),
            },
            unknown @ Value::Unknown(_) => unknown,
            _ => self.unknown(node, format!("`.{name}`")),
        }
    }

    /// Calls something that an import brought, or a builtin.
    pub(super) fn call_named(
        &mut self,
        call: &ExprCall,
        name: &str,
        arguments: &Arguments,
    ) -> Value {
        let last = name.rsplit('.').next().unwrap_or(name);
        match last {
            "RustExtension" => return self.extension(call, arguments, false),
            "RustBin" => return self.extension(call, arguments, true),
            "setup" if is_setup(name) => {
                self.setups
                    .push((self.line(call), arguments.by_name.clone()));
                return Value::None;
            }
            _ => {}
        }
        let first = arguments.by_place.first();
        let text = first.and_then(Value::as_str);
        let known = match (name, text) {
            ("os.environ.get" | "os.getenv" | "os.environ.pop", Some(_)) => {
                Some(arguments.get(1, "default").cloned().unwrap_or(Value::None))
            }
            ("platform.system", _) => Some(Value::str(self.situation.platform.system)),
            ("platform.machine", _) => Some(Value::str(self.situation.platform.machine)),
            ("platform.python_implementation", _) => Some(Value::str("CPython")),
            ("sys.platform.startswith", Some(start)) => {
                Some(Value::Bool(self.situation.platform.name.starts_with(start)))
            }
            // The build has them; nothing else is asked for in practice.
            ("shutil.which", Some("cargo" | "rustc" | "maturin")) => Some(Value::str("/bin/cargo")),
            ("os.path.join" | "Path" | "pathlib.Path" | "pathlib.PurePath", Some(_)) => {
                joined(&arguments.by_place)
            }
            ("os.getcwd" | "pathlib.Path.cwd" | "Path.cwd", _) => Some(Value::str(".")),
            ("os.path.dirname", Some(path)) => Some(Value::Str(folder_of(path))),
            (
                "os.path.abspath" | "os.path.realpath" | "os.path.normpath" | "os.fspath" | "str",
                Some(path),
            ) => Some(Value::str(path)),
            ("os.path.exists" | "os.path.isfile" | "os.path.isdir", Some(path)) => {
                (self.situation.exists)(path).map(Value::Bool)
            }
            ("list" | "tuple" | "set" | "sorted", None) => match first {
                None => Some(Value::List(Vec::new())),
                Some(Value::List(items)) => Some(Value::List(items.clone())),
                _ => None,
            },
            ("dict", None) => dictionary(first, &arguments.by_name),
            ("bool", _) => first.and_then(Value::truth).map(Value::Bool),
            ("sys.exit" | "exit" | "quit", _) => Some(Value::Named("sys.exit()".to_owned())),
            _ => None,
        };
        let hook = last.starts_with("get_requires_for_build_");
        match known {
            Some(value) => value,
            // Those of the backend that is wrapped are added by themselves.
            None if hook => Value::List(vec![Value::Named(format!("{last}()"))]),
            None => self.unknown(call, format!("a call of `{name}`")),
        }
    }

    /// `RustExtension(target, path, args, cargo_manifest_args, features, ...)`
    fn extension(&self, call: &ExprCall, arguments: &Arguments, is_bin: bool) -> Value {
        let line = self.line(call);
        // As programs were told before there was `RustBin`.
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
                let what = "a `path` that isn't plain text".to_owned();
                unread.push(Note { line, what });
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
}

/// `dict(items, name=value)`
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

/// Whether a name is that of setuptools' function: other things are called
/// `setup` too.
fn is_setup(name: &str) -> bool {
    let module = name.split('.').next().unwrap_or(name);
    name == "setup"
        || matches!(
            module,
            "setuptools" | "distutils" | "skbuild" | "scikit_build_core" | "numpy"
        )
}

pub(super) fn joined(parts: &[Value]) -> Option<Value> {
    let mut path = String::new();
    for part in parts {
        path = join_path(&path, part.as_str()?);
    }
    Some(Value::Str(path))
}

fn folder_of(path: &str) -> String {
    match path.rsplit_once('/') {
        _ if path == "." => "..".to_owned(),
        _ if path == ".." || path.ends_with("/..") => format!("{path}/.."),
        Some((folder, _)) => folder.to_owned(),
        None => ".".to_owned(),
    }
}

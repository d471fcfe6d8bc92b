//! What a Python file sees around it while it is run for a build.

use super::value::Value;

#[derive(Clone, Copy)]
pub struct Situation<'a> {
    /// Returns whether the project has a file or folder at a path, relative to
    /// the folder that the file is run in; `None` for paths outside.
    pub exists: &'a (dyn Fn(&str) -> Option<bool> + Sync),
    /// The file's own path, relative to the same folder.
    pub file: &'a str,
    /// `__name__`.
    pub module_name: &'a str,
    /// The command in `sys.argv`.
    pub command: &'a str,
    /// Gives the minor version of Python 3 if the file asks for it.
    pub python_minor: &'a (dyn Fn() -> u8 + Sync),
    pub platform: Platform,
}

/// A platform, as Python names it.
#[derive(Debug, Clone, Copy)]
pub struct Platform {
    /// `sys.platform`
    pub name: &'static str,
    /// `platform.system()`
    pub system: &'static str,
    /// `platform.machine()`
    pub machine: &'static str,
}

impl Platform {
    /// Linux on `x86_64`.
    pub const LINUX: Self = Self {
        name: "linux",
        system: "Linux",
        machine: "x86_64",
    };

    /// macOS on Apple silicon.
    pub const MACOS: Self = Self {
        name: "darwin",
        system: "Darwin",
        machine: "arm64",
    };
}

impl Situation<'_> {
    /// Returns `sys.version_info` up to the patch version, which is always 0.
    pub(super) fn version_info(&self) -> Vec<Value> {
        [3, i64::from((self.python_minor)()), 0]
            .map(Value::Int)
            .to_vec()
    }

    /// Returns whether a container of the environment holds an item, if that is
    /// known.
    pub(super) fn has_in(&self, container: &str, item: &str) -> Option<bool> {
        match container {
            "os.environ" => Some(false),
            "sys.argv" => Some(self.command == item),
            "sys.modules" | "sys.builtin_module_names" if item == "__pypy__" => Some(false),
            _ => None,
        }
    }
}

//! What an expression of Python is worth, as far as it can be told.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// Text; paths are text too, relative to the project's folder.
    Str(String),
    /// A list, a tuple or a set.
    List(Vec<Value>),
    /// A dictionary, as far as its keys are text.
    Dict(Vec<(String, Value)>),
    /// What an import brought, by its full name: `os.environ`.
    Named(String),
    /// A function of the file, by its place in the interpreter.
    Function(usize),
    /// A call of `RustExtension` or `RustBin`.
    Extension(Box<Extension>),
    /// One of several: where it takes more than the text to tell which.
    Either(Vec<Value>),
    /// Not to be told from the text.
    Unknown(Note),
}

/// What couldn't be told, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// What stands there, as in "a call of `x`".
    pub what: String,
}

/// An extension module or program that setuptools-rust builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// The modules' dotted names, or the program's.
    pub targets: Vec<String>,
    /// The manifest, as written; setuptools-rust's default if none is.
    pub path: Option<String>,
    /// `features`.
    pub features: Vec<String>,
    /// `args` and `cargo_manifest_args`.
    pub args: Vec<String>,
    /// Whether it is a `RustBin`.
    pub is_bin: bool,
    /// The line of the call, from 1.
    pub line: usize,
    /// What of it couldn't be told.
    pub unread: Vec<Note>,
}

impl Value {
    pub(super) fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Python's truth of it.
    pub(super) fn truth(&self) -> Option<bool> {
        match self {
            Self::None => Some(false),
            Self::Bool(value) => Some(*value),
            Self::Int(value) => Some(*value != 0),
            Self::Str(text) => Some(!text.is_empty()),
            Self::List(items) => Some(!items.is_empty()),
            Self::Dict(items) => Some(!items.is_empty()),
            Self::Function(_) | Self::Extension(_) => Some(true),
            Self::Either(values) => {
                let first = values.first()?.truth()?;
                let same = values.iter().all(|v| v.truth() == Some(first));
                same.then_some(first)
            }
            Self::Named(_) | Self::Unknown(_) => None,
        }
    }

    /// How much there is to copy.
    pub(super) fn weight(&self) -> usize {
        1 + match self {
            Self::Str(text) | Self::Named(text) => text.len() / 16,
            Self::List(items) | Self::Either(items) => items.iter().map(Self::weight).sum(),
            Self::Dict(items) => items.iter().map(|(_, value)| value.weight()).sum(),
            _ => 0,
        }
    }

    /// The same with something unknown in every list and dictionary of it.
    pub(super) fn with_unknown(self, unknown: &Self) -> Self {
        match self {
            Self::List(items) => {
                let items = items.into_iter().map(|item| item.with_unknown(unknown));
                Self::List(items.chain([unknown.clone()]).collect())
            }
            Self::Dict(items) => {
                let items = items.into_iter();
                let items = items.map(|(key, value)| (key, value.with_unknown(unknown)));
                Self::Dict(items.chain([("**".to_owned(), unknown.clone())]).collect())
            }
            other => other,
        }
    }

    /// One value for what two ways through the file leave.
    pub(super) fn merge(self, other: Self) -> Self {
        if self == other {
            return self;
        }
        let mut values = Vec::new();
        for value in [self, other] {
            match value {
                Self::Either(more) => values.extend(more),
                value => values.push(value),
            }
        }
        values.dedup();
        Self::Either(values)
    }

    /// Takes the items out of a list, however nested its alternatives, and
    /// notes what stands for items that can't be told.
    pub(super) fn items(&self, notes: &mut Vec<Note>, line: usize) -> Vec<Self> {
        match self {
            Self::List(items) => items
                .iter()
                .flat_map(|item| match item {
                    Self::Unknown(_) | Self::Either(_) => item.items(notes, line),
                    item => vec![item.clone()],
                })
                .collect(),
            Self::Dict(items) => items.iter().map(|(key, _)| Self::str(key)).collect(),
            Self::None => Vec::new(),
            Self::Either(values) => {
                let what = "a choice that only running it would make".to_owned();
                notes.push(Note { line, what });
                let mut found = Vec::new();
                for item in values.iter().flat_map(|value| value.items(notes, line)) {
                    if !found.contains(&item) {
                        found.push(item);
                    }
                }
                found
            }
            Self::Unknown(note) => {
                notes.push(note.clone());
                Vec::new()
            }
            other => vec![other.clone()],
        }
    }

    /// The texts of a list, or a single text.
    pub(super) fn texts(&self, notes: &mut Vec<Note>, line: usize) -> Vec<String> {
        let mut found = Vec::new();
        for item in self.items(notes, line) {
            match item {
                Self::Str(text) => found.push(text),
                Self::Named(name) => notes.push(Note {
                    line,
                    what: format!("`{name}`, which isn't of this file"),
                }),
                _ => {}
            }
        }
        found
    }
}

/// Puts a value into a dictionary's items.
pub(super) fn insert(items: &mut Vec<(String, Value)>, key: String, value: Value) {
    match items.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => items.push((key, value)),
    }
}

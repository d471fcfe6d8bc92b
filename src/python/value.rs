//! Values of expressions, as far as the text tells them.

/// A value.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Int(i64),
    /// A string, or a path relative to the project's folder.
    Str(String),
    /// A list, tuple or set.
    List(Vec<Value>),
    /// The entries of a dictionary whose keys are strings. The key `**` stands
    /// for entries that aren't known.
    Dict(Vec<(String, Value)>),
    /// Something imported or built in, by its full name: `os.environ`.
    Named(String),
    /// A function of the file, as an index into the interpreter's functions.
    Function(usize),
    /// The result of `RustExtension` or `RustBin`.
    Extension(Box<Extension>),
    /// One of several values; the text doesn't decide which.
    Either(Vec<Value>),
    /// A value that the text doesn't tell.
    Unknown(Note),
}

/// What the text doesn't tell, and where.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Note {
    /// The line, from 1.
    pub line: usize,
    /// The column, in characters from 1, if only that is meant.
    pub column: Option<usize>,
    /// The expression in words, as in "a call of `x`".
    pub what: String,
}

impl Note {
    pub(super) fn new(line: usize, what: impl Into<String>) -> Self {
        Self {
            line,
            column: None,
            what: what.into(),
        }
    }
}

/// An extension module or program that setuptools-rust builds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Extension {
    /// The dotted names of the modules, or the name of the program.
    pub targets: Vec<String>,
    /// The manifest as written, or setuptools-rust's default; `None` if it
    /// isn't known.
    pub path: Option<String>,
    pub features: Vec<String>,
    /// `args` and `cargo_manifest_args`.
    pub args: Vec<String>,
    /// Whether it is a `RustBin`.
    pub is_bin: bool,
    /// The line of the call, from 1.
    pub line: usize,
    pub unread: Vec<Note>,
}

/// The arguments of a call.
#[derive(Debug, Clone)]
pub(super) struct Arguments {
    pub(super) by_place: Vec<Value>,
    pub(super) by_name: Vec<(String, Value)>,
}

impl Arguments {
    /// Returns how many steps copying them costs.
    pub(super) fn weight(&self) -> usize {
        let named = self.by_name.iter().map(|(_, value)| value);
        self.by_place.iter().chain(named).map(Value::weight).sum()
    }

    /// Returns the argument called `name`, or the one at `place`.
    pub(super) fn get(&self, place: usize, name: &str) -> Option<&Value> {
        let named = self.by_name.iter().find(|(key, _)| key == name);
        named
            .map(|(_, value)| value)
            .or_else(|| self.by_place.get(place))
    }
}

impl Value {
    pub(super) fn str(text: impl Into<String>) -> Self {
        Self::Str(text.into())
    }

    pub(super) fn unknown(line: usize, what: impl Into<String>) -> Self {
        let what = what.into();
        Self::Unknown(Note::new(line, what))
    }

    pub(super) fn as_str(&self) -> Option<&str> {
        match self {
            Self::Str(text) => Some(text),
            _ => None,
        }
    }

    /// Returns the truth value, as Python's `bool` does.
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

    /// Returns how many steps copying the value costs.
    pub(super) fn weight(&self) -> usize {
        1 + match self {
            Self::Str(text) | Self::Named(text) => text.len() / 16,
            Self::List(items) | Self::Either(items) => items.iter().map(Self::weight).sum(),
            Self::Dict(items) => items.iter().map(|(_, value)| value.weight()).sum(),
            _ => 0,
        }
    }

    /// Adds an unknown item to every list and dictionary in the value.
    pub(super) fn with_unknown(self, unknown: &Self) -> Self {
        match self {
            Self::List(items) => {
                let items = items.into_iter().map(|item| item.with_unknown(unknown));
                Self::List(items.chain([unknown.clone()]).collect())
            }
            Self::Dict(items) => {
                let known = items
                    .into_iter()
                    .map(|(key, value)| (key, value.with_unknown(unknown)));
                let rest = ("**".to_owned(), unknown.clone());
                Self::Dict(known.chain([rest]).collect())
            }
            other => other,
        }
    }

    /// Merges the values that two branches leave.
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

    /// Returns the known items of a list, of all alternatives. A value that
    /// isn't a list counts as its only item. Adds a note for each item that
    /// isn't known; `line` is where a choice is reported.
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
                let what = "a choice that is made at run time".to_owned();
                notes.push(Note::new(line, what));
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

    /// Returns the strings of a list, or a single string; see [`Value::items`].
    pub(super) fn texts(&self, notes: &mut Vec<Note>, line: usize) -> Vec<String> {
        let mut found = Vec::new();
        for item in self.items(notes, line) {
            match item {
                Self::Str(text) => found.push(text),
                Self::Named(name) => notes.push(Note::new(
                    line,
                    format!("`{name}`, which this file doesn't define"),
                )),
                _ => {}
            }
        }
        found
    }
}

/// Sets an entry of a dictionary.
pub(super) fn insert(items: &mut Vec<(String, Value)>, key: String, value: Value) {
    match items.iter_mut().find(|(known, _)| *known == key) {
        Some((_, old)) => *old = value,
        None => items.push((key, value)),
    }
}

//! Methods of strings, lists and dictionaries.

use super::paths::join_parts;
use super::situation::Situation;
use super::value::{Arguments, Value, insert};

/// Longest text in which `replace` is followed, in bytes: in a loop, it could
/// take time without end.
const MAX_REPLACED: usize = 4096;

/// What a method call does.
pub(super) struct MethodResult {
    pub(super) returned: Value,
    /// The receiver after the call, if the call changes it.
    pub(super) changed: Option<Value>,
}

impl MethodResult {
    const fn returning(returned: Value) -> Self {
        Self {
            returned,
            changed: None,
        }
    }

    const fn changing(receiver: Value) -> Self {
        Self {
            returned: Value::None,
            changed: Some(receiver),
        }
    }
}

/// A method call whose receiver and arguments are evaluated.
#[derive(Clone, Copy)]
pub(super) struct MethodCall<'a> {
    pub(super) situation: &'a Situation<'a>,
    pub(super) method: &'a str,
    pub(super) arguments: &'a Arguments,
    /// The line of the call, from 1.
    pub(super) line: usize,
}

impl MethodCall<'_> {
    pub(super) fn on(self, receiver: Value) -> MethodResult {
        let result = match receiver {
            Value::Str(text) => self.on_text(&text).map(MethodResult::returning),
            Value::List(items) => self.on_list(items),
            Value::Dict(items) => self.on_dict(items),
            // The items of all alternatives are certain enough; that there is
            // a choice stays in the list as something unknown.
            either @ Value::Either(_) => {
                let mut notes = Vec::new();
                let mut items = either.items(&mut notes, self.line);
                items.extend(notes.into_iter().map(Value::Unknown));
                self.on_list(items)
            }
            unknown @ Value::Unknown(_) => Some(MethodResult::returning(unknown)),
            _ => None,
        };
        result.unwrap_or_else(|| MethodResult::returning(self.unknown()))
    }

    fn unknown(self) -> Value {
        Value::unknown(self.line, format!("a call to `.{}`", self.method))
    }

    fn on_list(self, mut items: Vec<Value>) -> Option<MethodResult> {
        match (self.method, self.arguments.by_place.as_slice()) {
            ("copy", []) => return Some(MethodResult::returning(Value::List(items))),
            ("pop", []) if !items.is_empty() => {
                return Some(MethodResult {
                    returned: items.pop()?,
                    changed: Some(Value::List(items)),
                });
            }
            ("pop" | "sort" | "reverse", _) => return Some(MethodResult::changing(self.unknown())),
            ("add", [item]) if items.contains(item) => {}
            ("append" | "add", [item]) => items.push(item.clone()),
            ("discard", [item]) => items.retain(|known| known != item),
            ("extend", [Value::List(more)]) => items.extend(more.iter().cloned()),
            ("extend", [other]) => items.push(other.clone()),
            ("insert", [_, item]) => items.insert(0, item.clone()),
            ("clear", []) => items.clear(),
            ("remove", [item]) => match items.iter().position(|known| known == item) {
                Some(found) => drop(items.remove(found)),
                None => items.push(Value::unknown(self.line, "the removed item")),
            },
            _ => return None,
        }
        Some(MethodResult::changing(Value::List(items)))
    }

    fn on_dict(self, mut items: Vec<(String, Value)>) -> Option<MethodResult> {
        let find = |key: &str| items.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
        let returned = match (self.method, self.arguments.by_place.as_slice()) {
            ("get", [Value::Str(key), rest @ ..]) => find(key)
                .or_else(|| rest.first().cloned())
                .unwrap_or(Value::None),
            ("copy", []) => Value::Dict(items),
            ("keys", []) => Value::List(items.into_iter().map(|(k, _)| Value::Str(k)).collect()),
            ("values", []) => Value::List(items.into_iter().map(|(_, v)| v).collect()),
            ("items", []) => {
                let pair = |(k, v)| Value::List(vec![Value::Str(k), v]);
                Value::List(items.into_iter().map(pair).collect())
            }
            ("pop", [Value::Str(key), rest @ ..]) => {
                let item = find(key).or_else(|| rest.first().cloned());
                items.retain(|(known, _)| known != key);
                return Some(MethodResult {
                    returned: item.unwrap_or(Value::None),
                    changed: Some(Value::Dict(items)),
                });
            }
            ("setdefault", [Value::Str(key), value]) if find(key).is_none() => {
                insert(&mut items, key.clone(), value.clone());
                return Some(MethodResult::changing(Value::Dict(items)));
            }
            ("update", others) => {
                self.update(&mut items, others);
                return Some(MethodResult::changing(Value::Dict(items)));
            }
            _ => return None,
        };
        Some(MethodResult::returning(returned))
    }

    fn update(self, items: &mut Vec<(String, Value)>, others: &[Value]) {
        if others.iter().any(|other| !matches!(other, Value::Dict(_))) {
            let unknown = Value::unknown(self.line, "the argument of `.update`");
            insert(items, "**".to_owned(), unknown);
        }
        let entries = others.iter().filter_map(|other| match other {
            Value::Dict(entries) => Some(entries),
            _ => None,
        });
        for (key, value) in entries.flatten().chain(&self.arguments.by_name) {
            insert(items, key.clone(), value.clone());
        }
    }

    fn on_text(self, text: &str) -> Option<Value> {
        let arguments = self.arguments.by_place.as_slice();
        let argument = arguments.first().and_then(Value::as_str);
        Some(match (self.method, argument) {
            ("lower" | "casefold", _) => Value::Str(text.to_lowercase()),
            ("upper", _) => Value::Str(text.to_uppercase()),
            ("strip", None) => Value::str(text.trim()),
            ("startswith", Some(start)) => Value::Bool(text.starts_with(start)),
            ("endswith", Some(end)) => Value::Bool(text.ends_with(end)),
            ("removeprefix", Some(start)) => Value::str(text.strip_prefix(start).unwrap_or(text)),
            ("removesuffix", Some(end)) => Value::str(text.strip_suffix(end).unwrap_or(text)),
            ("replace", Some(from))
                if !from.is_empty() && text.len() < MAX_REPLACED && arguments.len() == 2 =>
            {
                let to = arguments[1].as_str()?;
                (to.len() <= from.len()).then(|| Value::Str(text.replace(from, to)))?
            }
            ("split", Some(separator)) if !separator.is_empty() && arguments.len() == 1 => {
                Value::List(text.split(separator).map(Value::str).collect())
            }
            ("split", None) => Value::List(text.split_whitespace().map(Value::str).collect()),
            ("join", None) => {
                let [Value::List(items)] = arguments else {
                    return None;
                };
                let items: Option<Vec<_>> = items.iter().map(Value::as_str).collect();
                let joined = items?.join(text);
                (joined.len() < MAX_REPLACED).then_some(Value::Str(joined))?
            }
            ("joinpath", Some(_)) => join_parts([&Value::str(text)].into_iter().chain(arguments))?,
            ("resolve" | "absolute" | "as_posix" | "__str__", _) => Value::str(text),
            ("exists" | "is_file" | "is_dir", None) => Value::Bool((self.situation.exists)(text)?),
            _ => return None,
        })
    }
}

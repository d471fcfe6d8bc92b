//! Methods of text, lists and dictionaries.

use ruff_python_ast::ExprCall;

use super::calls::{Arguments, Place};
use super::exec::Interpreter;
use super::known::joined;
use super::value::{Value, insert};

impl Interpreter<'_> {
    /// Calls a method of a value that stands in `receiver`, with the name
    /// that holds it, if one does.
    pub(super) fn method(
        &mut self,
        call: &ExprCall,
        receiver: (Option<Place>, Value),
        (method, arguments): (&str, &Arguments),
    ) -> Value {
        let (place, value) = receiver;
        // What is certain stays so; the choice is kept as something unknown.
        let value = match value {
            Value::Either(_) => {
                let mut notes = Vec::new();
                let mut items = value.items(&mut notes, self.line(call));
                items.extend(notes.into_iter().map(Value::Unknown));
                Value::List(items)
            }
            value => value,
        };
        match value {
            Value::Str(text) => {
                let known = self.text_method(&text, method, arguments);
                known.unwrap_or_else(|| self.unknown(call, format!("a call of `.{method}`")))
            }
            Value::List(mut items) => {
                match (method, arguments.by_place.as_slice()) {
                    ("add", [item]) if items.contains(item) => {}
                    ("append" | "add", [item]) => items.push(item.clone()),
                    ("discard", [item]) => items.retain(|known| known != item),
                    ("extend", [Value::List(more)]) => items.extend(more.iter().cloned()),
                    ("extend", [other]) => items.push(other.clone()),
                    ("insert", [_, item]) => items.insert(0, item.clone()),
                    ("copy", []) => return Value::List(items),
                    ("pop", []) if !items.is_empty() => {
                        let item = items.pop().unwrap_or(Value::None);
                        self.rebind(place, Value::List(items));
                        return item;
                    }
                    ("clear", []) => items.clear(),
                    ("remove", [item]) => match items.iter().position(|known| known == item) {
                        Some(found) => drop(items.remove(found)),
                        None => items.push(self.unknown(call, "what is removed")),
                    },
                    ("pop" | "sort" | "reverse", _) => {
                        let changed = self.unknown(call, format!("a call of `.{method}`"));
                        return self.rebind(place, changed);
                    }
                    _ => return self.unknown(call, format!("a call of `.{method}`")),
                }
                self.rebind(place, Value::List(items))
            }
            Value::Dict(mut items) => {
                let find = |key: &str| items.iter().find(|(k, _)| k == key).map(|(_, v)| v.clone());
                match (method, arguments.by_place.as_slice()) {
                    ("get", [Value::Str(key), rest @ ..]) => {
                        return find(key)
                            .or_else(|| rest.first().cloned())
                            .unwrap_or(Value::None);
                    }
                    ("copy", []) => return Value::Dict(items),
                    ("pop", [Value::Str(key), rest @ ..]) => {
                        let item = find(key).or_else(|| rest.first().cloned());
                        items.retain(|(known, _)| known != key);
                        self.rebind(place, Value::Dict(items));
                        return item.unwrap_or(Value::None);
                    }
                    ("setdefault", [Value::Str(key), value]) if find(key).is_none() => {
                        insert(&mut items, key.clone(), value.clone());
                    }
                    ("keys", []) => {
                        return Value::List(
                            items.into_iter().map(|(k, _)| Value::Str(k)).collect(),
                        );
                    }
                    ("values", []) => {
                        return Value::List(items.into_iter().map(|(_, v)| v).collect());
                    }
                    ("items", []) => {
                        let pair = |(k, v)| Value::List(vec![Value::Str(k), v]);
                        return Value::List(items.into_iter().map(pair).collect());
                    }
                    ("update", places) => {
                        if places.iter().any(|place| !matches!(place, Value::Dict(_))) {
                            let unknown = self.unknown(call, "what `.update` takes in");
                            insert(&mut items, "**".to_owned(), unknown);
                        }
                        let more = places.iter().filter_map(|place| match place {
                            Value::Dict(items) => Some(items.clone()),
                            _ => None,
                        });
                        for (key, value) in more.flatten().chain(arguments.by_name.clone()) {
                            insert(&mut items, key, value);
                        }
                    }
                    _ => return self.unknown(call, format!("a call of `.{method}`")),
                }
                self.rebind(place, Value::Dict(items))
            }
            unknown @ Value::Unknown(_) => unknown,
            _ => self.unknown(call, format!("a call of `.{method}`")),
        }
    }

    /// What a method changed goes back to the name that holds it.
    pub(super) fn rebind(&mut self, place: Option<Place>, value: Value) -> Value {
        let Some((name, key)) = place else {
            return Value::None;
        };
        let value = match key {
            None => value,
            Some(key) => match self.lookup(&name) {
                Some(Value::Dict(mut items)) => {
                    insert(&mut items, key, value);
                    Value::Dict(items)
                }
                _ => return Value::None,
            },
        };
        let is_local = self
            .locals
            .last()
            .is_some_and(|names| names.contains_key(&name));
        if is_local {
            self.bind(&name, value);
        } else if self.spend(value.weight()) {
            self.globals.insert(name, value);
        }
        Value::None
    }

    fn text_method(&self, text: &str, method: &str, arguments: &Arguments) -> Option<Value> {
        let first = arguments.by_place.first();
        let argument = first.and_then(Value::as_str);
        Some(match (method, argument) {
            ("lower" | "casefold", _) => Value::Str(text.to_lowercase()),
            ("upper", _) => Value::Str(text.to_uppercase()),
            ("strip", None) => Value::str(text.trim()),
            ("startswith", Some(start)) => Value::Bool(text.starts_with(start)),
            ("endswith", Some(end)) => Value::Bool(text.ends_with(end)),
            ("removeprefix", Some(start)) => Value::str(text.strip_prefix(start).unwrap_or(text)),
            ("removesuffix", Some(end)) => Value::str(text.strip_suffix(end).unwrap_or(text)),
            ("replace", Some(from))
                if !from.is_empty() && text.len() < 4096 && arguments.by_place.len() == 2 =>
            {
                let to = arguments.by_place.get(1).and_then(Value::as_str)?;
                (to.len() <= from.len()).then(|| Value::Str(text.replace(from, to)))?
            }
            ("split", Some(separator))
                if !separator.is_empty() && arguments.by_place.len() == 1 =>
            {
                Value::List(text.split(separator).map(Value::str).collect())
            }
            ("split", None) => Value::List(text.split_whitespace().map(Value::str).collect()),
            ("joinpath", Some(_)) => {
                let parts = [&[Value::str(text)], arguments.by_place.as_slice()].concat();
                joined(&parts)?
            }
            ("resolve" | "absolute" | "as_posix" | "__str__", _) => Value::str(text),
            ("exists" | "is_file" | "is_dir", None) => Value::Bool((self.situation.exists)(text)?),
            _ => return None,
        })
    }
}

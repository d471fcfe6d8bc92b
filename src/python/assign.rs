//! Names, and what is done to what they hold.

use ruff_python_ast::Expr;

use super::exec::Interpreter;
use super::value::{Value, insert};

impl Interpreter<'_> {
    pub(super) fn assign(&mut self, target: &Expr, value: Value) {
        match target {
            Expr::Name(name) => self.bind(&name.id, value),
            Expr::Tuple(tuple) => self.unpack(&tuple.elts, &value),
            Expr::List(list) => self.unpack(&list.elts, &value),
            Expr::Starred(starred) => self.assign(&starred.value, value),
            Expr::Subscript(subscript) => {
                let key = self.eval(&subscript.slice);
                if let (Expr::Name(name), Value::Str(key)) = (&*subscript.value, key)
                    && let Some(Value::Dict(mut items)) = self.lookup(&name.id)
                {
                    insert(&mut items, key, value);
                    self.bind(&name.id, Value::Dict(items));
                } else {
                    self.taint(target, "a change of it");
                }
            }
            Expr::Attribute(_) => self.taint(target, "a change of it"),
            _ => {}
        }
    }

    /// Something that a name holds is changed in a way that isn't followed.
    pub(super) fn taint(&mut self, part: &Expr, what: &str) {
        let mut root = part;
        loop {
            root = match root {
                Expr::Attribute(attribute) => &attribute.value,
                Expr::Subscript(subscript) => &subscript.value,
                _ => break,
            };
        }
        let Expr::Name(name) = root else {
            return;
        };
        let unknown = self.unknown(part, what);
        let Value::Unknown(note) = unknown.clone() else {
            return;
        };
        let tainted = match self.lookup(&name.id) {
            Some(Value::Extension(mut extension)) => {
                extension.unread.push(note);
                Value::Extension(extension)
            }
            Some(value @ (Value::List(_) | Value::Dict(_))) => value.with_unknown(&unknown),
            _ => return,
        };
        let place = (name.id.to_string(), None);
        self.rebind(Some(place), tainted);
    }

    /// `del name`, `del list[0]`, `del dictionary["key"]`.
    pub(super) fn delete(&mut self, target: &Expr) {
        let Expr::Subscript(subscript) = target else {
            if let Expr::Name(name) = target {
                self.names().remove(name.id.as_str());
            }
            return;
        };
        let Expr::Name(name) = &*subscript.value else {
            return;
        };
        let key = self.eval(&subscript.slice);
        let left = match (self.lookup(&name.id), key) {
            (Some(Value::Dict(mut items)), Value::Str(key)) => {
                items.retain(|(known, _)| *known != key);
                Value::Dict(items)
            }
            (Some(Value::List(mut items)), Value::Int(place)) => {
                match usize::try_from(place)
                    .ok()
                    .filter(|place| *place < items.len())
                {
                    Some(place) => drop(items.remove(place)),
                    None => return self.bind(&name.id, self.unknown(subscript, "what is deleted")),
                }
                Value::List(items)
            }
            _ => self.unknown(subscript, "what is deleted"),
        };
        self.bind(&name.id, left);
    }

    fn unpack(&mut self, targets: &[Expr], value: &Value) {
        for (place, target) in targets.iter().enumerate() {
            let item = match value {
                Value::List(items) if items.len() == targets.len() => items[place].clone(),
                _ => self.unknown(target, "what is unpacked here"),
            };
            self.assign(target, item);
        }
    }
}

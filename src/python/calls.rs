//! Calls, and the functions of the file that are called.

use ruff_python_ast::{Expr, ExprCall, StmtFunctionDef};
use ruff_text_size::Ranged;

use super::exec::{Flow, Interpreter, MAX_CALLS, Names};
use super::value::Value;

/// The arguments of a call: by place and by name.
#[derive(Debug, Default)]
pub(super) struct Arguments {
    pub(super) by_place: Vec<Value>,
    pub(super) by_name: Vec<(String, Value)>,
}

impl Arguments {
    /// The argument at `place`, or called `name`.
    pub(super) fn get(&self, place: usize, name: &str) -> Option<&Value> {
        let named = self.by_name.iter().find(|(key, _)| key == name);
        named
            .map(|(_, value)| value)
            .or_else(|| self.by_place.get(place))
    }
}

/// A name, and a key in the dictionary of that name.
pub(super) type Place = (String, Option<String>);

impl<'a> Interpreter<'a> {
    pub(super) fn call(&mut self, call: &ExprCall) -> Value {
        if let Expr::Attribute(attribute) = &*call.func {
            let receiver = self.eval(&attribute.value);
            if !matches!(receiver, Value::Named(_)) {
                let arguments = self.arguments(call);
                let place = self.place(&attribute.value);
                let changes = [
                    "append",
                    "extend",
                    "update",
                    "insert",
                    "add",
                    "discard",
                    "remove",
                    "pop",
                    "setdefault",
                    "clear",
                ];
                if place.is_none() && changes.contains(&attribute.attr.as_str()) {
                    self.taint(&attribute.value, "a change of it");
                }
                return self.method(call, (place, receiver), (&attribute.attr, &arguments));
            }
        }
        let callee = self.eval(&call.func);
        let arguments = self.arguments(call);
        match callee {
            Value::Named(name) => self.call_named(call, &name, &arguments),
            Value::Function(place) => {
                let function = self.functions[place];
                let (value, left) = self.call_function(call, function, arguments);
                self.hand_back(call, function, left);
                value
            }
            Value::Unknown(note) => Value::Unknown(note),
            _ => self.unknown(call, "a call"),
        }
    }

    fn arguments(&mut self, call: &ExprCall) -> Arguments {
        let mut arguments = Arguments::default();
        for argument in &call.arguments.args {
            match (argument, self.eval(argument)) {
                (Expr::Starred(_), Value::List(more)) => arguments.by_place.extend(more),
                (_, value) => arguments.by_place.push(value),
            }
        }
        for keyword in &call.arguments.keywords {
            match (&keyword.arg, self.eval(&keyword.value)) {
                (Some(name), value) => arguments.by_name.push((name.to_string(), value)),
                (None, Value::Dict(items)) => arguments.by_name.extend(items),
                (None, _) => {
                    let unknown = self.unknown(&keyword.value, "what `**` takes in");
                    arguments.by_name.push(("**".to_owned(), unknown));
                }
            }
        }
        arguments
    }

    /// The name, and the key in the dictionary of that name, that an
    /// expression stands for.
    fn place(&mut self, expression: &Expr) -> Option<Place> {
        match expression {
            Expr::Name(name) => Some((name.id.to_string(), None)),
            Expr::Subscript(subscript) => match (&*subscript.value, self.eval(&subscript.slice)) {
                (Expr::Name(name), Value::Str(key)) => Some((name.id.to_string(), Some(key))),
                _ => None,
            },
            _ => None,
        }
    }

    /// Lists and dictionaries that a function changed are changed for whoever
    /// handed them over.
    fn hand_back(&mut self, call: &ExprCall, function: &StmtFunctionDef, mut left: Names) {
        let parameters = &function.parameters;
        let names = parameters.posonlyargs.iter().chain(&parameters.args);
        let by_place = call
            .arguments
            .args
            .iter()
            .zip(names.map(|p| p.name().to_string()));
        let by_name = call.arguments.keywords.iter().filter_map(|keyword| {
            let name = keyword.arg.as_ref()?.to_string();
            Some((&keyword.value, name))
        });
        let handed: Vec<_> = by_place.chain(by_name).collect();
        for (argument, parameter) in handed {
            let (Expr::Name(name), Some(value)) = (argument, left.remove(&parameter)) else {
                continue;
            };
            let is_changed = match (self.lookup(&name.id), &value) {
                (Some(Value::List(old)), Value::List(new)) => old != *new,
                (Some(Value::Dict(old)), Value::Dict(new)) => old != *new,
                (Some(Value::List(_) | Value::Dict(_)), Value::Either(_) | Value::Unknown(_)) => {
                    true
                }
                _ => false,
            };
            if is_changed {
                self.rebind(Some((name.id.to_string(), None)), value);
            }
        }
    }

    /// Calls a function of the file: what it returns, and what its names are
    /// at the end.
    pub(super) fn call_function(
        &mut self,
        node: &impl Ranged,
        function: &'a StmtFunctionDef,
        arguments: Arguments,
    ) -> (Value, Names) {
        if self.locals.len() >= MAX_CALLS || !self.spend(1) {
            let value = self.unknown(node, format!("a call of `{}`", function.name));
            return (value, Names::new());
        }
        let names = self.parameters(function, arguments);
        self.locals.push(names);
        self.returns.push(Vec::new());
        // What is nested there starts anew.
        let depth = std::mem::take(&mut self.depth);
        let before = std::mem::take(&mut self.yields);
        let flow = self.block(&function.body);
        let is_generator = std::mem::replace(&mut self.yields, before);
        self.depth = depth;
        let left = self.locals.pop().unwrap_or_default();
        let mut returned = self.returns.pop().unwrap_or_default();
        if is_generator {
            returned = vec![self.unknown(node, format!("the generator `{}`", function.name))];
        } else if flow == Flow::Next && !returned.is_empty() {
            returned.push(Value::None);
        }
        let value = returned.into_iter().reduce(Value::merge);
        (value.unwrap_or(Value::None), left)
    }

    fn parameters(&mut self, function: &StmtFunctionDef, arguments: Arguments) -> Names {
        let mut names = Names::new();
        let mut by_place = arguments.by_place.into_iter();
        let parameters = &function.parameters;
        for parameter in parameters.posonlyargs.iter().chain(&parameters.args) {
            if let Some(value) = by_place.next() {
                names.insert(parameter.name().to_string(), value);
            }
        }
        if let Some(rest) = &parameters.vararg {
            names.insert(rest.name.to_string(), Value::List(by_place.collect()));
        }
        names.extend(arguments.by_name);
        for parameter in parameters.iter_non_variadic_params() {
            let name = parameter.name().as_str();
            if !names.contains_key(name) {
                let value = match parameter.default() {
                    Some(default) => self.eval(default),
                    None => self.unknown(function, format!("the argument `{name}`")),
                };
                names.insert(name.to_owned(), value);
            }
        }
        names
    }
}

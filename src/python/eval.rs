//! Expressions, as far as they can be told without running anything.

use ruff_python_ast::{
    Comprehension, Expr, ExprDict, ExprFString, ExprName, ExprSubscript, FStringPart,
    InterpolatedStringElement, Number, UnaryOp,
};

use super::exec::{Interpreter, MAX_DEPTH};
use super::value::{Value, insert};

impl Interpreter<'_> {
    pub(super) fn lookup(&mut self, name: &str) -> Option<Value> {
        let local = self.locals.last().and_then(|names| names.get(name));
        let value = local.or_else(|| self.globals.get(name))?.clone();
        self.spend(value.weight()).then_some(value)
    }

    pub(super) fn eval(&mut self, expression: &Expr) -> Value {
        self.depth += 1;
        let value = if self.depth > MAX_DEPTH || !self.spend(1) {
            self.unknown(expression, "more than is read")
        } else {
            self.eval_any(expression)
        };
        self.depth -= 1;
        value
    }

    fn eval_any(&mut self, expression: &Expr) -> Value {
        match expression {
            Expr::StringLiteral(text) => Value::str(text.value.to_str()),
            Expr::BooleanLiteral(value) => Value::Bool(value.value),
            Expr::NoneLiteral(_) => Value::None,
            Expr::NumberLiteral(number) => match &number.value {
                Number::Int(int) => int
                    .as_i64()
                    .map_or_else(|| self.unknown(number, "a number"), Value::Int),
                _ => self.unknown(number, "a number"),
            },
            Expr::FString(text) => self.f_string(text),
            Expr::Name(name) => self.name(name),
            Expr::List(list) => self.list(&list.elts),
            Expr::Tuple(tuple) => self.list(&tuple.elts),
            Expr::Set(set) => self.list(&set.elts),
            Expr::Dict(dict) => self.dict(dict),
            Expr::Call(call) => self.call(call),
            Expr::Attribute(attribute) => {
                let value = self.eval(&attribute.value);
                self.attribute(value, &attribute.attr, attribute)
            }
            Expr::Subscript(subscript) => self.subscript(subscript),
            Expr::BoolOp(operation) => self.bool_op(operation.op, &operation.values),
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                let truth = self.eval(&operation.operand).truth();
                truth.map_or_else(
                    || self.unknown(operation, "a condition"),
                    |t| Value::Bool(!t),
                )
            }
            Expr::BinOp(operation) => {
                let operands = (self.eval(&operation.left), self.eval(&operation.right));
                self.binary(operation, operation.op, operands)
            }
            Expr::Compare(compare) => self.compare(compare),
            Expr::If(choice) => match self.test(&choice.test) {
                Some(true) => self.eval(&choice.body),
                Some(false) => self.eval(&choice.orelse),
                None => {
                    let body = self.eval(&choice.body);
                    body.merge(self.eval(&choice.orelse))
                }
            },
            Expr::Named(named) => {
                let value = self.eval(&named.value);
                self.assign(&named.target, value.clone());
                value
            }
            Expr::Starred(starred) => self.eval(&starred.value),
            Expr::ListComp(comprehension) => {
                self.comprehend(&comprehension.elt, &comprehension.generators)
            }
            Expr::SetComp(comprehension) => {
                self.comprehend(&comprehension.elt, &comprehension.generators)
            }
            Expr::Generator(comprehension) => {
                self.comprehend(&comprehension.elt, &comprehension.generators)
            }
            Expr::Yield(_) | Expr::YieldFrom(_) => {
                self.yields = true;
                self.unknown(expression, "a generator")
            }
            other => self.unknown(other, "an expression that isn't read"),
        }
    }

    fn name(&mut self, name: &ExprName) -> Value {
        match self.lookup(&name.id) {
            Some(value) => value,
            // Builtins, and what `import *` brings.
            None => Value::Named(name.id.to_string()),
        }
    }

    fn list(&mut self, items: &[Expr]) -> Value {
        let mut values = Vec::new();
        for item in items {
            let value = self.eval(item);
            match (item, value) {
                (Expr::Starred(_), Value::List(more)) => values.extend(more),
                (_, value) => values.push(value),
            }
        }
        Value::List(values)
    }

    fn dict(&mut self, dict: &ExprDict) -> Value {
        let mut items = Vec::new();
        for item in &dict.items {
            let value = self.eval(&item.value);
            match (item.key.as_ref().map(|key| self.eval(key)), value) {
                (Some(Value::Str(key)), value) => insert(&mut items, key, value),
                (None, Value::Dict(more)) => {
                    for (key, value) in more {
                        insert(&mut items, key, value);
                    }
                }
                (None, _) => {
                    let unknown = self.unknown(&item.value, "what `**` takes in");
                    insert(&mut items, "**".to_owned(), unknown);
                }
                _ => {}
            }
        }
        Value::Dict(items)
    }

    fn f_string(&mut self, text: &ExprFString) -> Value {
        let mut whole = String::new();
        for part in &text.value {
            let part = match part {
                FStringPart::Literal(literal) => {
                    whole.push_str(literal);
                    continue;
                }
                FStringPart::FString(part) => part,
            };
            for element in &part.elements {
                match element {
                    InterpolatedStringElement::Literal(literal) => whole.push_str(literal),
                    InterpolatedStringElement::Interpolation(element) => {
                        let value = self.eval(&element.expression);
                        if !element.conversion.is_none() {
                            return self.unknown(text, "an f-string");
                        }
                        match value {
                            Value::Str(value) if element.format_spec.is_none() => {
                                whole.push_str(&value);
                            }
                            Value::Int(value) if element.format_spec.is_none() => {
                                whole.push_str(&value.to_string());
                            }
                            Value::Unknown(note) => return Value::Unknown(note),
                            _ => return self.unknown(text, "an f-string"),
                        }
                    }
                }
            }
        }
        Value::Str(whole)
    }

    fn subscript(&mut self, subscript: &ExprSubscript) -> Value {
        let value = self.eval(&subscript.value);
        let is_version = matches!(&value, Value::Named(name) if name == "sys.version_info");
        if let (true, Expr::Slice(slice)) = (is_version, &*subscript.slice) {
            let parts = self.situation.version_info();
            let upper = slice.upper.as_ref().map(|upper| self.eval(upper));
            return match (&slice.lower, upper) {
                (None, Some(Value::Int(n))) => {
                    let n = usize::try_from(n).unwrap_or(0);
                    Value::List(parts.into_iter().take(n).collect())
                }
                _ => Value::List(parts),
            };
        }
        let key = self.eval(&subscript.slice);
        match (value, key) {
            (Value::Dict(items), Value::Str(key)) => items
                .into_iter()
                .find(|(known, _)| *known == key)
                .map_or_else(|| self.unknown(subscript, "a missing key"), |(_, v)| v),
            (Value::Named(name), Value::Int(n)) if name == "sys.version_info" => {
                let place = usize::try_from(n).unwrap_or(usize::MAX);
                let part = self.situation.version_info().into_iter().nth(place);
                part.unwrap_or(Value::Int(0))
            }
            (Value::List(mut items), Value::Int(n)) => match usize::try_from(n) {
                Ok(n) if n < items.len() => items.swap_remove(n),
                _ => self.unknown(subscript, "an item of a list"),
            },
            (Value::Unknown(note), _) => Value::Unknown(note),
            _ => self.unknown(subscript, "an item of something"),
        }
    }

    fn comprehend(&mut self, element: &Expr, generators: &[Comprehension]) -> Value {
        let Some((generator, rest)) = generators.split_first() else {
            return Value::List(vec![self.eval(element)]);
        };
        let items = match self.eval(&generator.iter) {
            Value::List(items) => items,
            Value::Dict(items) => items.into_iter().map(|(key, _)| Value::Str(key)).collect(),
            Value::Unknown(note) => return Value::Unknown(note),
            _ => return self.unknown(&generator.iter, "what is gone through"),
        };
        let mut found = Vec::new();
        for item in items {
            self.assign(&generator.target, item);
            let mut holds = Some(true);
            for condition in &generator.ifs {
                holds = match (holds, self.test(condition)) {
                    (Some(false), _) | (_, Some(false)) => Some(false),
                    (Some(true), Some(true)) => Some(true),
                    _ => None,
                };
            }
            match holds {
                Some(false) => continue,
                Some(true) => {}
                None => found.push(self.unknown(&generator.iter, "a choice among items")),
            }
            match self.comprehend(element, rest) {
                Value::List(more) => found.extend(more),
                other => found.push(other),
            }
        }
        Value::List(found)
    }
}

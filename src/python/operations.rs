//! Operators, as far as their operands are known.

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCompare, Operator, UnaryOp};
use ruff_text_size::Ranged;

use super::exec::Interpreter;
use super::value::{Value, insert};

impl Interpreter<'_> {
    /// Whether a condition holds, which one part alone may decide.
    pub(super) fn test(&mut self, condition: &Expr) -> Option<bool> {
        match condition {
            Expr::BoolOp(operation) => {
                let decides = operation.op == BoolOp::Or;
                let mut unsure = false;
                for value in &operation.values {
                    match self.test(value) {
                        Some(truth) if truth == decides => return Some(decides),
                        Some(_) => {}
                        None => unsure = true,
                    }
                }
                (!unsure).then_some(!decides)
            }
            Expr::UnaryOp(operation) if operation.op == UnaryOp::Not => {
                self.test(&operation.operand).map(|truth| !truth)
            }
            other => self.eval(other).truth(),
        }
    }

    pub(super) fn bool_op(&mut self, operator: BoolOp, values: &[Expr]) -> Value {
        let stops_at = operator == BoolOp::Or;
        let mut result = Value::None;
        let mut unsure: Option<Value> = None;
        for value in values {
            result = self.eval(value);
            match result.truth() {
                Some(truth) if truth == stops_at => {
                    return unsure.map_or(result.clone(), |unsure| unsure.merge(result));
                }
                Some(_) => {}
                // It may be this one, or any that comes after.
                None => {
                    let before = unsure.take();
                    unsure =
                        Some(before.map_or(result.clone(), |b: Value| b.merge(result.clone())));
                }
            }
        }
        match unsure {
            Some(unsure) if unsure == result => result,
            Some(unsure) => unsure.merge(result),
            None => result,
        }
    }

    /// `+`, `/` of paths, `%` of text and `|` of dictionaries.
    pub(super) fn binary(
        &mut self,
        node: &impl Ranged,
        operator: Operator,
        operands: (Value, Value),
    ) -> Value {
        let weight = operands.0.weight() + operands.1.weight();
        if !self.spend(weight) {
            return self.unknown(node, "more than is read");
        }
        match (operator, operands) {
            (Operator::Add, (Value::Str(left), Value::Str(right))) => Value::Str(left + &right),
            (Operator::Add | Operator::BitOr, (Value::List(mut left), Value::List(right))) => {
                left.extend(right);
                Value::List(left)
            }
            // What is known of a list is worth keeping.
            (
                Operator::Add,
                (Value::List(mut left), right @ (Value::Unknown(_) | Value::Either(_))),
            ) => {
                left.push(right);
                Value::List(left)
            }
            (
                Operator::Add,
                (left @ (Value::Unknown(_) | Value::Either(_)), Value::List(right)),
            ) => Value::List([vec![left], right].concat()),
            (Operator::Add, (Value::Int(left), Value::Int(right))) => {
                Value::Int(left.saturating_add(right))
            }
            (Operator::Div, (Value::Str(left), Value::Str(right))) => {
                Value::Str(join_path(&left, &right))
            }
            (Operator::BitOr, (Value::Dict(mut left), Value::Dict(right))) => {
                for (key, value) in right {
                    insert(&mut left, key, value);
                }
                Value::Dict(left)
            }
            (Operator::Mod, (Value::Str(format), Value::Str(value)))
                if format.matches('%').count() == 1 && format.contains("%s") =>
            {
                Value::Str(format.replace("%s", &value))
            }
            (_, (unknown @ Value::Unknown(_), _) | (_, unknown @ Value::Unknown(_))) => unknown,
            _ => self.unknown(node, "a calculation"),
        }
    }

    pub(super) fn compare(&mut self, compare: &ExprCompare) -> Value {
        let left = self.eval(&compare.left);
        let [operator] = *compare.ops else {
            return self.unknown(compare, "a comparison");
        };
        let right = self.eval(&compare.comparators[0]);
        let result = match operator {
            CmpOp::In | CmpOp::NotIn => self
                .contains(&right, &left)
                .map(|held| held == (operator == CmpOp::In)),
            _ => self.ordered(&left, operator, &right),
        };
        result.map_or_else(|| self.unknown(compare, "a comparison"), Value::Bool)
    }

    fn contains(&self, container: &Value, item: &Value) -> Option<bool> {
        match (container, item) {
            (Value::List(items), item) => {
                let sure = |v: &Value| !matches!(v, Value::Unknown(_) | Value::Either(_));
                (items.iter().all(sure) && sure(item)).then(|| items.contains(item))
            }
            (Value::Dict(items), Value::Str(key)) => Some(items.iter().any(|(k, _)| k == key)),
            (Value::Str(text), Value::Str(part)) => Some(text.contains(part.as_str())),
            (Value::Named(name), Value::Str(item)) => self.situation.has_in(name, item),
            _ => None,
        }
    }

    fn ordered(&self, left: &Value, operator: CmpOp, right: &Value) -> Option<bool> {
        if let Value::Named(name) = left
            && name == "sys.version_info"
        {
            return self.ordered(&Value::List(self.situation.version_info()), operator, right);
        }
        let order = match (left, right) {
            (Value::Int(left), Value::Int(right)) => left.cmp(right),
            (Value::Str(left), Value::Str(right)) => left.cmp(right),
            (Value::List(left), Value::List(right)) => {
                let ints = |values: &[Value]| -> Option<Vec<i64>> {
                    let int = |value: &Value| match value {
                        Value::Int(int) => Some(*int),
                        _ => None,
                    };
                    values.iter().map(int).collect()
                };
                ints(left)?.cmp(&ints(right)?)
            }
            (Value::None, Value::None) => std::cmp::Ordering::Equal,
            (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
            (
                Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::List(_),
                Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::List(_),
            ) if matches!(
                operator,
                CmpOp::Eq | CmpOp::NotEq | CmpOp::Is | CmpOp::IsNot
            ) =>
            {
                return Some(matches!(operator, CmpOp::NotEq | CmpOp::IsNot));
            }
            _ => return None,
        };
        Some(match operator {
            CmpOp::Eq | CmpOp::Is => order.is_eq(),
            CmpOp::NotEq | CmpOp::IsNot => order.is_ne(),
            CmpOp::Lt => order.is_lt(),
            CmpOp::LtE => order.is_le(),
            CmpOp::Gt => order.is_gt(),
            CmpOp::GtE => order.is_ge(),
            CmpOp::In | CmpOp::NotIn => return None,
        })
    }
}

/// Joins paths as `os.path.join` and `/` do.
pub(super) fn join_path(left: &str, right: &str) -> String {
    match (left, right) {
        ("" | ".", right) => right.to_owned(),
        (_, right) if right.starts_with('/') => right.to_owned(),
        (left, right) => format!("{}/{right}", left.trim_end_matches('/')),
    }
}

//! Operators on values.

use std::cmp::Ordering;

use ruff_python_ast::{CmpOp, Operator};

use super::paths::join_path;
use super::situation::Situation;
use super::value::{Value, insert};

/// Calculates `+`, `/` of paths, `%` of strings and `|` of dictionaries and
/// sets.
pub(super) fn binary(left: Value, operator: Operator, right: Value, line: usize) -> Value {
    match (operator, left, right) {
        (Operator::Add, Value::Str(left), Value::Str(right)) => Value::Str(left + &right),
        (Operator::Add | Operator::BitOr, Value::List(mut left), Value::List(right)) => {
            left.extend(right);
            Value::List(left)
        }
        // The known items of a list stay known.
        (Operator::Add, Value::List(mut left), right @ (Value::Unknown(_) | Value::Either(_))) => {
            left.push(right);
            Value::List(left)
        }
        (Operator::Add, left @ (Value::Unknown(_) | Value::Either(_)), Value::List(right)) => {
            Value::List([vec![left], right].concat())
        }
        (Operator::Add, Value::Int(left), Value::Int(right)) => {
            Value::Int(left.saturating_add(right))
        }
        (Operator::Div, Value::Str(left), Value::Str(right)) => {
            Value::Str(join_path(&left, &right))
        }
        (Operator::BitOr, Value::Dict(mut left), Value::Dict(right)) => {
            for (key, value) in right {
                insert(&mut left, key, value);
            }
            Value::Dict(left)
        }
        (Operator::Mod, Value::Str(format), Value::Str(value))
            if format.matches('%').count() == 1 && format.contains("%s") =>
        {
            Value::Str(format.replace("%s", &value))
        }
        (_, unknown @ Value::Unknown(_), _) | (_, _, unknown @ Value::Unknown(_)) => unknown,
        _ => Value::unknown(line, "a calculation"),
    }
}

/// Returns the result of a comparison, if the values tell it.
pub(super) fn compare(
    situation: &Situation<'_>,
    left: &Value,
    operator: CmpOp,
    right: &Value,
) -> Option<bool> {
    match (operator, left) {
        (CmpOp::In, item) => contains(situation, right, item),
        (CmpOp::NotIn, item) => contains(situation, right, item).map(|holds| !holds),
        (_, Value::Named(name)) if name == "sys.version_info" => {
            order(&Value::List(situation.version_info()), operator, right)
        }
        _ => order(left, operator, right),
    }
}

fn contains(situation: &Situation<'_>, container: &Value, item: &Value) -> Option<bool> {
    match (container, item) {
        (Value::List(items), item) => {
            let is_known = |v: &Value| !matches!(v, Value::Unknown(_) | Value::Either(_));
            (items.iter().all(is_known) && is_known(item)).then(|| items.contains(item))
        }
        (Value::Dict(items), Value::Str(key)) => Some(items.iter().any(|(k, _)| k == key)),
        (Value::Str(text), Value::Str(part)) => Some(text.contains(part.as_str())),
        (Value::Named(name), Value::Str(item)) => situation.has_in(name, item),
        _ => None,
    }
}

fn order(left: &Value, operator: CmpOp, right: &Value) -> Option<bool> {
    let order = match (left, right) {
        (Value::Int(left), Value::Int(right)) => left.cmp(right),
        (Value::Str(left), Value::Str(right)) => left.cmp(right),
        (Value::List(left), Value::List(right)) => ints(left)?.cmp(&ints(right)?),
        (Value::None, Value::None) => Ordering::Equal,
        (Value::Bool(left), Value::Bool(right)) => left.cmp(right),
        // Values of different types are never equal.
        (
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::List(_),
            Value::None | Value::Bool(_) | Value::Int(_) | Value::Str(_) | Value::List(_),
        ) => {
            return match operator {
                CmpOp::Eq | CmpOp::Is => Some(false),
                CmpOp::NotEq | CmpOp::IsNot => Some(true),
                _ => None,
            };
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

/// Returns the numbers of a list that has nothing else.
fn ints(values: &[Value]) -> Option<Vec<i64>> {
    let int = |value: &Value| match value {
        Value::Int(int) => Some(*int),
        _ => None,
    };
    values.iter().map(int).collect()
}

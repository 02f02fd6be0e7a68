//! The expressions in profiles: compiled once, evaluated with fuel, blind to everything but the
//! values they are given.
//!
//! A name that is not there is undefined, and so is everything inside of it; a leaf that comes to
//! nothing is left out.

mod filters;

use std::sync::LazyLock;

use minijinja::value::Value;
use minijinja::{Environment, ErrorKind, UndefinedBehavior, context};

/// Steps of one evaluation: a profile's longest expression takes about a hundred.
const FUEL: u64 = 20_000;

static ENVIRONMENT: LazyLock<Environment<'static>> = LazyLock::new(|| {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::Chainable);
    environment.set_fuel(Some(FUEL));
    filters::add(&mut environment);
    environment
});

/// One compiled expression.
pub(super) struct Expression(minijinja::Expression<'static, 'static>);

impl std::fmt::Debug for Expression {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Expression(…)")
    }
}

impl Expression {
    /// Compiles an expression that may use the names given, and says what is wrong with it.
    pub(super) fn compile(source: &str, names: &[&str]) -> Result<Self, String> {
        let compiled = ENVIRONMENT
            .compile_expression_owned(source.to_owned())
            .map_err(|error| format!("not an expression: {error}"))?;
        let mut unknown: Vec<_> = compiled
            .undeclared_variables(false)
            .into_iter()
            .filter(|name| !names.contains(&name.as_str()) && name != "range")
            .collect();
        unknown.sort();
        if let Some(name) = unknown.first() {
            return Err(format!(
                "no value is called {name:?} here; there are {}",
                names.join(", ")
            ));
        }
        // A filter that does not exist is only found out when it is reached.
        match compiled.eval(context!()) {
            Err(error) if is_misspelt(error.kind()) => Err(error.to_string()),
            Ok(_) | Err(_) => Ok(Self(compiled)),
        }
    }

    /// The names of what it uses of a value, such as `settings`.
    pub(super) fn members(&self, value: &str) -> impl Iterator<Item = String> {
        let names = self.0.undeclared_variables(true).into_iter();
        names.filter_map(move |name| {
            let rest = name.strip_prefix(value)?.strip_prefix('.')?;
            Some(rest.split('.').next().unwrap_or(rest).to_owned())
        })
    }

    /// What it comes to; nothing when it is undefined, none, or cannot be worked out.
    pub(super) fn value(&self, scope: &Value) -> Option<Value> {
        let value = self.0.eval(scope.clone()).ok()?;
        (!value.is_undefined() && !value.is_none()).then_some(value)
    }

    /// Its text, without U+0000; nothing when it is not a text, number or truth value.
    pub(super) fn text(&self, scope: &Value) -> Option<String> {
        text_of(&self.value(scope)?)
    }

    /// Its number, also when it is written as a text.
    pub(super) fn number(&self, scope: &Value) -> Option<u32> {
        self.text(scope)?.trim().parse().ok()
    }

    /// Whether it holds; nothing when it is undefined or none.
    pub(super) fn truth(&self, scope: &Value) -> Option<bool> {
        self.value(scope).map(|value| value.is_true())
    }

    /// Its texts: those of a list, or the one.
    pub(super) fn texts(&self, scope: &Value) -> Vec<String> {
        let Some(value) = self.value(scope) else {
            return Vec::new();
        };
        if text_of(&value).is_some() {
            return text_of(&value).into_iter().collect();
        }
        let Ok(items) = value.try_iter() else {
            return Vec::new();
        };
        items.filter_map(|item| text_of(&item)).collect()
    }
}

/// The text of a scalar, with U+FFFD for U+0000, which databases refuse.
fn text_of(value: &Value) -> Option<String> {
    use minijinja::value::ValueKind;
    match value.kind() {
        ValueKind::String | ValueKind::Number | ValueKind::Bool => {
            Some(value.to_string().replace('\0', "\u{fffd}"))
        }
        // The kinds of a foreign enum that may grow: none of them is a scalar.
        _ => None,
    }
}

fn is_misspelt(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::UnknownFilter
            | ErrorKind::UnknownTest
            | ErrorKind::UnknownFunction
            | ErrorKind::UnknownMethod
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_not_there_is_left_out() {
        let expression = Expression::compile("p.a.b.c", &["p"]).unwrap();
        assert_eq!(expression.text(&context!(p => context!())), None);
    }

    #[test]
    fn a_misspelt_name_or_filter_is_refused() {
        assert!(Expression::compile("P.From", &["p"]).is_err());
        assert!(Expression::compile("p.From|uper", &["p"]).is_err());
        assert!(Expression::compile("p.From ~", &["p"]).is_err());
    }

    #[test]
    fn a_text_is_never_taken_for_an_expression() {
        let expression = Expression::compile("p.text", &["p"]).unwrap();
        let scope = context!(p => context!(text => "{{ 7*7 }}\0"));
        assert_eq!(expression.text(&scope).unwrap(), "{{ 7*7 }}\u{fffd}");
    }

    #[test]
    fn an_endless_expression_runs_out_of_fuel() {
        let source = "range(9999)|map('string')|map('length')|list|length";
        let expression = Expression::compile(source, &[]).unwrap();
        assert!(expression.value(&context!()).is_none_or(|n| n.is_true()));
    }
}

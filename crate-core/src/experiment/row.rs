//! One row of results.

use serde::{Serialize, Serializer};

/// What stands under a key of a row.
#[derive(Clone, PartialEq, Debug, Serialize)]
#[serde(untagged)]
pub enum Value {
    /// Words.
    Text(std::borrow::Cow<'static, str>),
    /// A whole number.
    Count(u64),
    /// A measured number, finite.
    Real(f64),
    /// Whole numbers, by place.
    List(Vec<u64>),
    /// Rows within the row.
    Rows(Vec<Row>),
    /// Not measured.
    Nothing,
}

impl<T: Into<Self>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Nothing, Into::into)
    }
}

impl From<&'static str> for Value {
    fn from(text: &'static str) -> Self {
        Self::Text(text.into())
    }
}

impl From<String> for Value {
    fn from(text: String) -> Self {
        Self::Text(text.into())
    }
}

impl From<u32> for Value {
    fn from(count: u32) -> Self {
        Self::Count(count.into())
    }
}

impl From<u64> for Value {
    fn from(count: u64) -> Self {
        Self::Count(count)
    }
}

impl From<f64> for Value {
    fn from(number: f64) -> Self {
        Self::Real(number)
    }
}

/// Values by key, in a fixed order: the documented keys of an experiment.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Row(Vec<(&'static str, Value)>);

impl Row {
    /// Adds a value.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl Into<Value>) -> Self {
        self.0.push((key, value.into()));
        self
    }

    /// Keys and values, in order.
    #[must_use]
    pub fn cells(&self) -> &[(&'static str, Value)] {
        &self.0
    }

    /// The value under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        self.0.iter().find(|(name, _)| *name == key).map(|(_, value)| value)
    }

    /// The number under a key.
    #[must_use]
    pub fn number(&self, key: &str) -> Option<f64> {
        match self.get(key)? {
            Value::Count(count) => Some(*count as f64),
            Value::Real(number) => Some(*number),
            _ => None,
        }
    }

    /// The number under a key of a row within this one.
    #[must_use]
    pub fn inner_number(&self, at: usize, key: &str) -> Option<f64> {
        match self.get("rows")? {
            Value::Rows(rows) => rows.get(at)?.number(key),
            _ => None,
        }
    }
}

impl Serialize for Row {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

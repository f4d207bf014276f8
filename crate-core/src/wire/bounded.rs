//! Lists and bytes with a limit that holds before anything is allocated.

use core::fmt;
use core::marker::PhantomData;
use core::ops::Deref;
use std::sync::Arc;

use serde::de::{Error as _, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A list of at most `MOST` items.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
#[serde(transparent)]
pub struct List<T, const MOST: usize>(Vec<T>);

impl<T, const MOST: usize> List<T, MOST> {
    /// The first `MOST` of some items.
    pub fn new(items: impl IntoIterator<Item = T>) -> Self {
        Self(items.into_iter().take(MOST).collect())
    }

    /// The items.
    #[must_use]
    pub fn into_vec(self) -> Vec<T> {
        self.0
    }
}

impl<T, const MOST: usize> Default for List<T, MOST> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<T, const MOST: usize> Deref for List<T, MOST> {
    type Target = [T];

    fn deref(&self) -> &[T] {
        &self.0
    }
}

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for List<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        struct Items<T, const MOST: usize>(PhantomData<T>);

        impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for Items<T, MOST> {
            type Value = List<T, MOST>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "at most {MOST} items")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
                if items.size_hint().is_some_and(|count| count > MOST) {
                    return Err(A::Error::custom("a list is too long"));
                }
                // The count is the sender's word; room is made as items really come.
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    if list.len() == MOST {
                        return Err(A::Error::custom("a list is too long"));
                    }
                    list.push(item);
                }
                Ok(List(list))
            }
        }

        from.deserialize_seq(Items(PhantomData))
    }
}

/// At most `MOST` bytes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Bytes<const MOST: usize>(Arc<[u8]>);

impl<const MOST: usize> Bytes<MOST> {
    /// These bytes; `None` if they are too many.
    #[must_use]
    pub fn new(bytes: Arc<[u8]>) -> Option<Self> {
        (bytes.len() <= MOST).then_some(Self(bytes))
    }

    /// The bytes.
    #[must_use]
    pub fn into_arc(self) -> Arc<[u8]> {
        self.0
    }
}

impl<const MOST: usize> Deref for Bytes<MOST> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.0
    }
}

impl<const MOST: usize> Serialize for Bytes<MOST> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_bytes(&self.0)
    }
}

impl<'de, const MOST: usize> Deserialize<'de> for Bytes<MOST> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let bytes = <&'de [u8]>::deserialize(from)?;
        if bytes.len() > MOST { Err(D::Error::custom("too many bytes")) } else { Ok(Self(bytes.into())) }
    }
}

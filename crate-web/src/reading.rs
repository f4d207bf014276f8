//! How typed text is read as a node, digits or a name; where it could be several, it is said how.

use overlay_core::protocol::Peer;
use overlay_core::sim::lab::Lab;
use overlay_core::sim::spec::{ActionError, Key, TEXT_BYTES_MAX};

/// What a text can stand for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// A node of the world, by its first digits.
    Node,
    /// Digits of an identifier.
    Digits,
    /// A name, hashed by SHA-1.
    Name,
}

impl Kind {
    /// All kinds, in the order in which they are tried.
    pub const ALL: [Self; 3] = [Self::Node, Self::Digits, Self::Name];

    /// As a choice on the page.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Node => "Node",
            Self::Digits => "Digits",
            Self::Name => "Name",
        }
    }
}

/// A text that was understood.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading<T> {
    /// As what.
    pub kind: Kind,
    /// What it stands for.
    pub value: T,
    /// How it was read, in a sentence.
    pub explained: String,
}

/// Digits of a hash that are shown.
const HASH_SHOWN: usize = 16;

/// The kind a text is taken for if nobody says otherwise: a node if one begins like that, else digits, else a name.
#[must_use]
pub fn guess(lab: &Lab, text: &str) -> Kind {
    let text = text.trim();
    if lab.find_digits(text).is_ok() {
        Kind::Node
    } else if lab.key(&Key::Digits(text.into())).is_ok() {
        Kind::Digits
    } else {
        Kind::Name
    }
}

fn check(text: &str) -> Result<&str, String> {
    let text = text.trim();
    if text.is_empty() {
        return Err("Type a node, digits or a name.".into());
    }
    if text.len() > TEXT_BYTES_MAX { Err(ActionError::TextTooLong.to_string()) } else { Ok(text) }
}

/// `is` and all digits if they are few, else `begins` and the first.
fn digits_of(text: &str) -> String {
    if text.len() > HASH_SHOWN { format!("begins `{}`", &text[..HASH_SHOWN]) } else { format!("is `{text}`") }
}

/// A key.
///
/// # Errors
/// A sentence for beside the field.
pub fn key(lab: &Lab, text: &str, wish: Option<Kind>, digits: usize) -> Result<Reading<Key>, String> {
    let text = check(text)?;
    let kind = wish.unwrap_or_else(|| guess(lab, text));
    let (value, explained) = match kind {
        Kind::Node => {
            let peer = lab.find_digits(text).map_err(|error| error.to_string())?;
            (Key::Node(peer), format!("Read as the node `{}`.", lab.text(peer, digits)))
        }
        Kind::Digits => {
            let key = Key::Digits(text.into());
            let view = lab.key(&key).map_err(|error| error.to_string())?;
            (key, format!("Read as digits. The key {}.", digits_of(&view.text)))
        }
        Kind::Name => {
            let key = Key::Name(text.into());
            let view = lab.key(&key).map_err(|error| error.to_string())?;
            (key, format!("Read as a name. Its SHA-1 {}.", digits_of(&view.text)))
        }
    };
    Ok(Reading { kind, value, explained })
}

/// The node to start from.
///
/// # Errors
/// A sentence for beside the field.
pub fn start(lab: &Lab, text: &str, wish: Option<Kind>, digits: usize) -> Result<Reading<Peer>, String> {
    let text = check(text)?;
    let kind = wish.unwrap_or_else(|| guess(lab, text));
    if kind == Kind::Node {
        let value = lab.find_digits(text).map_err(|error| error.to_string())?;
        let stopped = if lab.is_alive(value) { "" } else { ", which has stopped" };
        let explained = format!("Starts at the node `{}`{stopped}.", lab.text(value, digits));
        return Ok(Reading { kind, value, explained });
    }
    if kind == Kind::Name
        && let Ok(value) = lab.find_name(text)
    {
        let explained = format!("Starts at the node of this name, `{}`.", lab.text(value, digits));
        return Ok(Reading { kind, value, explained });
    }
    let given = if kind == Kind::Name { Key::Name(text.into()) } else { Key::Digits(text.into()) };
    let view = lab.key(&given).map_err(|error| error.to_string())?;
    let value = view.owner.ok_or("No node is running; add one first.")?;
    let what = if kind == Kind::Name { "Its SHA-1" } else { "The identifier" };
    let explained = format!(
        "{what} {}; starts at the node responsible for it, `{}`.",
        digits_of(&view.text),
        lab.text(value, digits)
    );
    Ok(Reading { kind, value, explained })
}

#[cfg(test)]
mod tests {
    use super::*;
    use overlay_core::lecture::Scene;

    fn pastry() -> Lab {
        Scene::find("pastry-example").expect("the deck's example").start()
    }

    fn chord() -> Lab {
        Scene::find("chord-fingers").expect("the deck's ring").start()
    }

    #[test]
    fn a_node_is_preferred_then_digits_then_a_name() {
        let lab = pastry();
        assert_eq!(guess(&lab, "65A1FC"), Kind::Node);
        assert_eq!(guess(&lab, " 65a1fc "), Kind::Node);
        assert_eq!(guess(&lab, "65A1FD00"), Kind::Digits);
        assert_eq!(guess(&lab, "song.mp3"), Kind::Name);
        assert_eq!(guess(&chord(), "9"), Kind::Node);
        assert_eq!(guess(&chord(), "13"), Kind::Digits);
    }

    #[test]
    fn a_name_shows_its_hash() {
        let read = key(&pastry(), "abc", Some(Kind::Name), 6).expect("a name");
        assert_eq!(read.value, Key::Name("abc".into()));
        assert!(read.explained.contains("begins `A9993E364706816A`"), "{}", read.explained);
    }

    #[test]
    fn a_wish_that_does_not_fit_is_answered_with_a_sentence() {
        assert!(key(&pastry(), "65A1FG", Some(Kind::Digits), 6).unwrap_err().contains("“G”"));
        assert!(key(&chord(), "16", Some(Kind::Digits), 2).unwrap_err().contains("4 bits"));
        assert!(key(&pastry(), "FFFFFFFFFF", Some(Kind::Node), 6).unwrap_err().starts_with("No node begins"));
        assert!(start(&pastry(), "6", Some(Kind::Node), 6).unwrap_err().contains("type more digits"));
    }

    #[test]
    fn nothing_and_far_too_much_are_refused() {
        assert!(key(&pastry(), "  ", None, 6).is_err());
        assert!(key(&pastry(), &"x".repeat(100_000), None, 6).is_err());
    }

    #[test]
    fn a_start_that_is_no_node_is_the_node_responsible() {
        let lab = chord();
        let read = start(&lab, "13", None, 2).expect("a place on the ring");
        assert_eq!(lab.text(read.value, 2), "14");
        assert!(start(&lab, "somebody", None, 2).is_ok());
    }
}

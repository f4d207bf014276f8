//! A moment of a story as text: what a link carries besides the story's name.
//!
//! Format, version 1: `1.` and then, in URL-safe base64 without padding, the postcard encoding of [`Moment`].

use data_encoding::BASE64URL_NOPAD;
use overlay_core::sim::spec::LogEntry;
use serde::{Deserialize, Serialize};

/// The longest text that is read.
const TEXT_MAX: usize = 1 << 16;
/// The longest history that is replayed, in actions and in records.
const LOG_MAX: usize = 500;
const RECORDS_MAX: u32 = 400_000;
/// Worlds of one story at most.
const WORLDS_MAX: usize = 4;

/// What was chosen and done, and what is shown.
#[derive(Clone, PartialEq, Debug, Serialize, Deserialize)]
pub(super) struct Moment {
    /// The switches.
    pub(super) chosen: Vec<u8>,
    /// Of each world, what was done and how many records had happened.
    pub(super) worlds: Vec<(Vec<LogEntry>, u32)>,
}

impl Moment {
    pub(super) fn encode(&self) -> String {
        let bytes = postcard::to_allocvec(self).expect("plain data encodes");
        format!("1.{}", BASE64URL_NOPAD.encode(&bytes))
    }

    /// From text; a sentence if it does not read.
    pub(super) fn decode(text: &str) -> Result<Self, &'static str> {
        const DAMAGED: &str = "The link is damaged: part of it is missing or changed. This is the scene's beginning.";
        if text.len() > TEXT_MAX {
            return Err("The link is too long to be one of ours. This is the scene's beginning.");
        }
        let Some(code) = text.strip_prefix("1.") else {
            return Err("The link was made by another version of Overlay Lab. This is the scene's beginning.");
        };
        let bytes = BASE64URL_NOPAD.decode(code.as_bytes()).map_err(|_| DAMAGED)?;
        let (moment, rest) = postcard::take_from_bytes::<Self>(&bytes).map_err(|_| DAMAGED)?;
        let sound = |(log, position): &(Vec<LogEntry>, u32)| log.len() <= LOG_MAX && *position <= RECORDS_MAX;
        if !rest.is_empty() || moment.worlds.len() > WORLDS_MAX || !moment.worlds.iter().all(sound) {
            return Err(DAMAGED);
        }
        Ok(moment)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::deck::board::Board;
    use overlay_core::lecture::story::Story;

    #[test]
    fn a_moment_comes_back_as_it_was() {
        let story = Story::find("napster-server-down").expect("a story");
        let mut board = Board::new(story, &[1]);
        for _ in 0..4 {
            crate::handle::Table::step(&mut board, 0.0);
        }
        let moment = Moment { chosen: vec![1], worlds: board.logs() };
        let read = Moment::decode(&moment.encode()).expect("our own link");
        assert_eq!(read, moment);
        let again = Board::restored(story, &[1], &read.worlds).expect("our own history");
        assert_eq!((again.elapsed(), again.narration()), (board.elapsed(), board.narration()));
    }

    #[test]
    fn a_damaged_link_is_read_or_refused_wherever_it_is_cut_or_changed() {
        let story = Story::find("search-any-words").expect("a story");
        let link = Moment { chosen: Vec::new(), worlds: Board::new(story, &[]).logs() }.encode();
        for cut in 0..link.len() {
            assert_ne!(Moment::decode(&link[..cut]).ok(), Moment::decode(&link).ok(), "cut at {cut}");
            let mut changed = link.clone().into_bytes();
            changed[cut] = b'z';
            let _ = Moment::decode(&String::from_utf8(changed).expect("ASCII"));
        }
        assert!(Moment::decode("1.").is_err() && Moment::decode("2.AA").is_err());
    }
}

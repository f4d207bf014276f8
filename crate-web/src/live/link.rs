//! What a link is to the rest of the page: bytes go in, and what the other end does is told. Nobody above this knows
//! whether a link is WebRTC, stays within the browser, or is simulated.

use std::rc::Rc;

use overlay_core::signalling::Description;

/// What a link tells of itself; always from an event of the browser, never from within a call.
pub enum Heard {
    /// The own half of the agreement is ready to be sent.
    Described(Description),
    /// A way to this end that was found later.
    Candidate(Vec<u8>),
    /// Bytes may be sent.
    Open,
    /// A message came.
    Bytes(Vec<u8>),
    /// What waited to be sent has gone out.
    Drained,
    /// It is over, or never came about.
    Closed,
}

/// Where a link tells it.
pub type Tell = Rc<dyn Fn(Heard)>;

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sent {
    /// It is on its way.
    Well,
    /// So much waits to be sent that no more should be given; [`Heard::Drained`] follows.
    Congested,
    /// The link takes nothing.
    Not,
}

/// One end of a link. Dropping it closes it, after what was sent.
pub trait Link {
    /// Takes the other end's half of the agreement; only at the end that offered.
    fn accept(&self, answer: &Description);
    /// Takes a way to the other end, as an ICE candidate line.
    fn candidate(&self, line: String);
    /// Sends one message.
    fn send(&self, bytes: &[u8]) -> Sent;
    /// What it is, in a word or two.
    fn kind(&self) -> &'static str;
    /// Whether it is one of the connections of which a page has so many and no more.
    fn is_connection(&self) -> bool {
        false
    }
}

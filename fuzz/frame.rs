//! The decoder of wire messages: whatever it takes reads back the same, and a node's message survives both translations.

#![no_main]

use libfuzzer_sys::fuzz_target;
use overlay_core::id::Guid;
use overlay_core::protocol::{Directory, Peer};
use overlay_core::wire::{Carried, Frame, Intern, from_wire, to_wire};

/// A directory with room for so many.
struct Room(Directory<Guid>, usize);

impl Intern for Room {
    fn intern(&mut self, id: Guid) -> Option<Peer> {
        let known = self.0.find(id);
        known.or_else(|| (self.0.len() < self.1).then(|| self.0.intern(id)))
    }

    fn reached_by(&mut self, _: Guid, _: Guid) {}
}

fuzz_target!(|bytes: &[u8]| {
    let Ok(frame) = Frame::decode(bytes) else { return };
    assert_eq!(Frame::decode(&frame.encode()).as_ref(), Ok(&frame));
    let Frame::Node(Carried { message, .. }) = frame else { return };
    for most in [0, 3, usize::MAX] {
        let mut room = Room(Directory::new(), most);
        if let Some(message) = from_wire(message.clone(), &mut room) {
            let again = to_wire(&message, &room.0, |_| None).expect("what was read can be written");
            let read = from_wire(again, &mut room);
            assert_eq!(format!("{read:?}"), format!("{:?}", Some(message)));
        }
    }
});

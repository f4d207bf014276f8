//! What may be done to a world, and doing it.

use super::spec::{Action, ActionError, Key, NODES_MAX, TEXT_BYTES_MAX};
use super::systems::{Inhabitant, Wish};
use super::world::{NO_CAUSE, Observer, Occasion, World};
use crate::protocol::{Membership, Peer, Request};

/// Whether something could be done now.
///
/// # Errors
/// What stands against it.
pub(super) fn check<N: Inhabitant>(world: &World<N>, action: &Action) -> Result<(), ActionError> {
    let exists = |node: Peer| {
        if node.index() < world.peers().len() { Ok(()) } else { Err(ActionError::NoSuchNode) }
    };
    let running = |node: Peer| {
        exists(node)?;
        if world.is_alive(node) { Ok(()) } else { Err(ActionError::NotRunning) }
    };
    let key = |key: &Key| key.resolve(world.space(), world.peers()).map(|_| ());
    match action {
        Action::Route { from, key: to } | Action::Search { from, key: to } | Action::Delete { from, key: to } => {
            running(*from).and_then(|()| key(to))
        }
        Action::Insert { from, key: to, value } => {
            running(*from)?;
            if value.len() > TEXT_BYTES_MAX { Err(ActionError::TextTooLong) } else { key(to) }
        }
        Action::Add { id } => {
            let id = id.resolve(world.space(), world.peers())?;
            match world.peers().find(id) {
                Some(_) => Err(ActionError::Taken),
                None if world.peers().len() >= NODES_MAX as usize => Err(ActionError::Full),
                None => Ok(()),
            }
        }
        Action::Kill { node } | Action::Leave { node } => {
            running(*node)?;
            let others = (0..world.peers().len() as u32).map(Peer).any(|p| p != *node && world.is_alive(p));
            if others { Ok(()) } else { Err(ActionError::LastNode) }
        }
        Action::Restart { node } => {
            exists(*node)?;
            if world.is_alive(*node) { Err(ActionError::Running) } else { Ok(()) }
        }
        Action::Weather(weather) if weather.is_sound() => Ok(()),
        Action::Weather(_) => Err(ActionError::Weather),
    }
}

/// Does what a checked action says.
pub(super) fn apply<N: Inhabitant>(
    world: &mut World<N>,
    action: Action,
    request: Request,
    observer: &mut impl Observer<N>,
) {
    let key = |world: &World<N>, key: &Key| {
        key.resolve(world.space(), world.peers()).expect("actions are checked before they are logged")
    };
    let wish = |world: &World<N>, said: &Key, wish| N::command(request, said, key(world, said), wish);
    let (node, command) = match action {
        Action::Route { from, key: to } => (from, wish(world, &to, Wish::Route)),
        Action::Insert { from, key: to, value } => (from, wish(world, &to, Wish::Insert(value.into_bytes().into()))),
        Action::Search { from, key: to } => (from, wish(world, &to, Wish::Search)),
        Action::Delete { from, key: to } => (from, wish(world, &to, Wish::Delete)),
        Action::Leave { node } => (node, Membership::Leave.into()),
        Action::Kill { node } => {
            world.crash(node);
            observer.begin(world.now(), node, NO_CAUSE, Occasion::Action);
            return;
        }
        Action::Weather(weather) => {
            world.set_weather(weather);
            // It is everybody's: the record needs some node to stand at.
            observer.begin(world.now(), Peer(0), NO_CAUSE, Occasion::Action);
            return;
        }
        Action::Restart { node } => {
            world.revive(node);
            (node, world.entrance(node).into())
        }
        Action::Add { id } => {
            let id = key(world, &id);
            let place = world.random_place();
            let node = world.place(id, place).expect("actions are checked before they are logged");
            (node, world.entrance(node).into())
        }
    };
    world.command(node, command, observer);
}

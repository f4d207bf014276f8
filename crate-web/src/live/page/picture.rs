//! The ring as one member knows it.

use std::sync::Arc;

use overlay_core::draw::{Frame, HopState, NodeState, Space, StageHop, StageNode, View};
use overlay_core::id::{Digits, Guid};
use overlay_core::identity::Presence;
use overlay_core::live::{Stage, State};
use overlay_core::protocol::Peer;

use super::super::hub::{Board, DIGITS, HOP_MS, Shown};

/// Characters of a name in the picture.
const NAME_CHARACTERS: usize = 16;

/// Members that are not gone, as the member shown has heard; itself included.
pub(super) fn here(board: &Board) -> usize {
    nodes(board).iter().filter(|node| node.state != NodeState::Dead).count()
}

/// Everybody that the member shown has heard of, and itself.
pub(super) fn nodes(board: &Board) -> Vec<StageNode> {
    let member = &board.viewer().member;
    let peer = |guid: Guid| member.directory().find(guid);
    let own = match member.state() {
        State::Member => Some(NodeState::Active),
        State::Joining => Some(NodeState::Joining),
        State::Outside | State::Left => None,
    };
    let me = peer(member.guid()).zip(own).map(|(peer, state)| StageNode::pastry(peer, member.guid(), state));
    let others = member.roster().filter(|other| other.guid != member.guid());
    let others = others.filter_map(|other| {
        let state = match other.presence {
            _ if other.lost => NodeState::Dead,
            Presence::Here => NodeState::Active,
            Presence::Away => NodeState::Away,
            Presence::Gone => NodeState::Dead,
        };
        Some(StageNode::pastry(peer(other.guid)?, other.guid, state))
    });
    me.into_iter().chain(others).collect()
}

/// The picture at a moment of the page's clock; with the names that members chose, or without.
pub(super) fn frame(board: &Board, view: View, names: bool, now_ms: f64, reduced_motion: bool) -> Frame {
    let member = &board.viewer().member;
    let find = |guid: Guid| member.directory().find(guid);
    let mut frame = Frame::empty(Space::Pastry { digits: Digits::Bits4, shown: DIGITS as u8 });
    frame.view = view;
    frame.nodes = nodes(board).into();
    frame.reduced_motion = reduced_motion;
    if names {
        frame.called = called(board);
    }
    frame.key = board.shown.as_ref().map(|shown| shown.key.0).or(board.wish.as_ref().map(|wish| wish.key.0));
    if let Some(shown) = &board.shown {
        frame.hops = hops(shown, &find, now_ms, reduced_motion);
    }
    let there = |peer: &Peer| frame.nodes.iter().any(|node| node.peer == *peer);
    frame.hops.retain(|hop| there(&hop.from) && there(&hop.to));
    frame.hovered = board.hovered.and_then(find).filter(there);
    frame.selected = board.selected.and_then(find).or_else(|| find(member.guid())).filter(there);
    // One's own links and leaf set are all that a member knows of anybody's.
    if frame.selected == find(member.guid()) {
        frame.known = member
            .links()
            .filter(|link| link.stage == Stage::Open)
            .filter_map(|link| find(link.peer?))
            .filter(there)
            .collect();
        frame.leaves = member.node().overlay().leaf_set().clockwise().filter(there).collect();
    }
    frame
}

/// A name as it stands beside its node: what is cut off is seen to be.
fn shortened(name: &str) -> String {
    if name.chars().count() <= NAME_CHARACTERS {
        name.into()
    } else {
        name.chars().take(NAME_CHARACTERS - 1).chain(['…']).collect()
    }
}

fn called(board: &Board) -> Arc<[(Peer, String)]> {
    let member = &board.viewer().member;
    let named = nodes(board).into_iter().filter_map(|node| {
        let name = board.chosen_name(Guid(node.at))?;
        Some((node.peer, shortened(&name)))
    });
    let mut named: Vec<(Peer, String)> = named.collect();
    // Who looks is found at once.
    if let Some(me) = member.directory().find(member.guid())
        && !named.iter().any(|(peer, _)| *peer == me)
    {
        named.push((me, "You".into()));
    }
    named.into()
}

/// The hops of a way: one after the other, so that they can be followed.
fn hops(shown: &Shown, find: &dyn Fn(Guid) -> Option<Peer>, now_ms: f64, reduced_motion: bool) -> Vec<StageHop> {
    let passed = (now_ms - shown.since_ms) / HOP_MS;
    let state = |index: usize| match passed - index as f64 {
        _ if reduced_motion => HopState::Done,
        left if left >= 1.0 => HopState::Done,
        left if left >= 0.0 => HopState::Current { progress: left, rate: 1e3 / HOP_MS },
        _ => HopState::Next,
    };
    let made = shown.path.iter().filter(|hop| hop.at != hop.next);
    let hops = made.enumerate().filter_map(|(index, hop)| {
        Some(StageHop { from: find(hop.at)?, to: find(hop.next)?, number: index as u16 + 1, state: state(index) })
    });
    hops.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_too_long_for_the_picture_ends_in_dots() {
        assert_eq!(shortened("Friedrich Wi #32"), "Friedrich Wi #32");
        assert_eq!(shortened("Friedrich Wilhelm"), "Friedrich Wilhe…");
    }
}

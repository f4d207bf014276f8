//! What can be seen of a ring of simulated browsers as a whole, which no member sees.

use super::LiveWorld;
use crate::id::Guid;
use crate::live::{Stage, State};
use crate::protocol::Node as _;

impl LiveWorld {
    /// The living members in ring order.
    #[must_use]
    pub fn ring(&self) -> Vec<(Guid, usize)> {
        let mut ring: Vec<(Guid, usize)> = self.living().map(|at| (self.member(at).guid(), at)).collect();
        ring.sort_unstable();
        ring
    }

    /// The seat that is responsible for a key: the living one numerically closest to it.
    #[must_use]
    pub fn owner(&self, key: Guid) -> Option<usize> {
        self.ring().into_iter().min_by_key(|(guid, _)| key.closeness(*guid)).map(|(_, at)| at)
    }

    /// What is wrong with the ring: somebody is no member, or does not know who stands next to it.
    #[must_use]
    pub fn flaw(&self) -> Option<String> {
        let ring = self.ring();
        for (at, (guid, seat)) in ring.iter().enumerate() {
            let member = self.member(*seat);
            if member.state() != State::Member || !member.node().is_active() {
                return Some(format!("{guid:.6} is {:?}", member.state()));
            }
            if ring.len() < 2 {
                continue;
            }
            let [next, last] = [ring[(at + 1) % ring.len()].0, ring[(at + ring.len() - 1) % ring.len()].0];
            let leaves = member.node().overlay().leaf_set();
            let id = |peer| member.directory().id(peer);
            let known = [leaves.clockwise().next().map(id), leaves.clockwise().next_back().map(id)];
            if known != [Some(next), Some(last)] {
                return Some(format!("{guid:.6} stands between {last:?} and {next:?}, and knows {known:?}"));
            }
        }
        None
    }

    /// A living member in words: whom it holds for its neighbours, and to whom it has links.
    #[must_use]
    pub fn words(&self, seat: usize) -> String {
        let member = self.member(seat);
        let short = |guid: Guid| format!("{guid:.6}");
        let leaves = member.node().overlay().leaf_set().clockwise().map(|peer| short(member.directory().id(peer)));
        let open = member.links().filter(|link| link.stage == Stage::Open).filter_map(|link| link.peer).map(short);
        let (leaves, open) = (leaves.collect::<Vec<_>>().join(" "), open.collect::<Vec<_>>().join(" "));
        format!("page {seat} is {:.6}, {:?}; leaf set {leaves}; links {open}", member.guid(), member.state())
    }

    /// What is wrong with links: a member of a leaf set without one.
    #[must_use]
    pub fn missing_link(&self) -> Option<String> {
        for (guid, seat) in self.ring() {
            let member = self.member(seat);
            let open: Vec<Guid> =
                member.links().filter(|link| link.stage == Stage::Open).filter_map(|link| link.peer).collect();
            for leaf in member.node().overlay().leaf_set().clockwise() {
                let leaf = member.directory().id(leaf);
                if !open.contains(&leaf) {
                    return Some(format!("{guid:.6} has no link to {leaf:.6} of its leaf set"));
                }
            }
        }
        None
    }
}

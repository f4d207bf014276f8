//! The leaf set L of §2.1 and of the slide "Routing algorithm stage 1": the nodes numerically closest to this one,
//! half of them clockwise (larger), half counter-clockwise (smaller).
//!
//! # Implementation notes
//! **Small rings.** With fewer than |L| other nodes the two sides would overlap. Each node is kept once, and the set
//! knows that it is the *whole* ring: every key then lies within it. A set that has lost members is not whole: there is
//! a *gap* between its two extremes, in which unknown nodes may live, and keys there are not its own to judge.
//!
//! **What may widen a set with a gap.** A node between the extremes of a side is always an improvement. A node beyond
//! an extreme claims that nobody lives between; so it is taken only on the word of a node that would know
//! ([`Extend`]). Otherwise any distant newcomer could make a set that has just lost a member claim half the ring.
//!
//! **Layout.** One slice of 12-byte slots (the first 64 bits of the identifier beside the 4-byte peer) in clockwise
//! order, so that the last hop is found without a walk to the directory; only identifiers that agree in those bits, or
//! nearly, are compared in full. How far the set reaches is kept beside the node's identifier in the first 32 bits of
//! each distance ([`LeafRange`]), and so is the arc of keys that are the node's own: most hops are decided there, and
//! most deliveries need no look at the members at all.

use super::message::Leaves;
use crate::id::Guid;
use crate::protocol::{Directory, Peer};

/// A member: the first 64 bits of its identifier, in two halves that keep the slot at 12 bytes, and its index.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Leaf {
    low: u32,
    high: u32,
    peer: Peer,
}

impl Leaf {
    const EMPTY: Self = Self { high: 0, low: 0, peer: Peer::NONE };

    fn new(peer: Peer, id: Guid) -> Self {
        Self { high: (id.0 >> 96) as u32, low: (id.0 >> 64) as u32, peer }
    }

    #[inline]
    fn prefix(self) -> u64 {
        u64::from(self.high) << 32 | u64::from(self.low)
    }
}

/// The first 64 bits of an identifier.
#[inline]
const fn prefix(id: Guid) -> u64 {
    (id.0 >> 64) as u64
}

/// A side of the leaf set.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// Clockwise.
    Larger,
    /// Counter-clockwise.
    Smaller,
}

/// Which side a candidate may widen, beyond its present extreme.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Extend {
    /// None: only fill in.
    No,
    /// This side: whoever named the candidate knows that nobody lives between.
    Side(Side),
}

/// What became of a candidate.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Inserted {
    /// Not taken: known already, or too far.
    No,
    /// Taken, and this member had to go.
    Yes(Option<Peer>),
}

/// Where a key lies by what the first cache line of a node says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Reach {
    /// Nearer to the node itself than to any member, and within the leaf set.
    Own,
    /// Within the leaf set, and not at its ends.
    Within,
    /// Beyond the leaf set.
    Beyond,
    /// Too near to an end, or to the node, to be told by 32 bits.
    Unclear,
}

/// How far the leaf set reaches on both sides, kept in the node's first cache line.
///
/// A length l stands for the offsets 1 ..= l in units of 2^96, cut: keys there lie surely within. Beyond l + 2 they lie
/// surely outside.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LeafRange {
    /// Clockwise to the extreme.
    above: u32,
    /// Counter-clockwise to the extreme.
    below: u32,
    /// Half the way to the nearest member clockwise, but not beyond the extreme.
    own_above: u32,
    /// The same counter-clockwise.
    own_below: u32,
}

impl LeafRange {
    /// The longest that leaves room for what is beyond.
    const MAX: u32 = u32::MAX - 2;

    pub(super) const fn nothing(_: Guid) -> Self {
        Self { above: 0, below: 0, own_above: 0, own_below: 0 }
    }

    /// Offsets that are below `distance` for sure.
    const fn below_surely(distance: u128) -> u32 {
        let length = ((distance >> 96) as u32).saturating_sub(1);
        if length < Self::MAX { length } else { Self::MAX }
    }

    #[inline]
    pub(super) const fn reach(self, me: Guid, key: Guid) -> Reach {
        let offset = prefix(key).wrapping_sub(prefix(me));
        // Offset 0, where the lower bits decide the side, becomes the largest number.
        let up = ((offset >> 32) as u32).wrapping_sub(1);
        let down = ((offset.wrapping_neg() >> 32) as u32).wrapping_sub(1);
        if up < self.own_above || down < self.own_below {
            Reach::Own
        } else if up < self.above || down < self.below {
            Reach::Within
        } else if up >= self.above + 2 && down >= self.below + 2 && up != u32::MAX && down != u32::MAX {
            Reach::Beyond
        } else {
            Reach::Unclear
        }
    }
}

/// A leaf set; see the module.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LeafSet {
    /// |L| slots; the first `used` hold members by their clockwise offset from the node.
    slots: Box<[Leaf]>,
    used: u8,
    /// How many of them are on the clockwise side.
    larger: u8,
    whole: bool,
}

impl LeafSet {
    /// An empty set that knows of nothing beyond itself.
    pub(super) fn new(total: usize) -> Self {
        Self { slots: vec![Leaf::EMPTY; total].into_boxed_slice(), used: 0, larger: 0, whole: false }
    }

    /// The set of a node that knows the ring around it: those of `members` that belong in it. It is whole if they are
    /// fewer than |L|.
    pub(super) fn from_members(
        total: usize,
        me: Guid,
        members: impl IntoIterator<Item = Peer>,
        peers: &Directory<Guid>,
    ) -> Self {
        let mut sorted = Vec::with_capacity(total + 1);
        sorted.extend(members.into_iter().map(|peer| (me.clockwise_to(peers.id(peer)), peer)));
        crate::small_sort::sort(&mut sorted);
        sorted.dedup();
        sorted.retain(|(offset, _)| *offset != 0);
        let mut set = Self::new(total);
        set.whole = sorted.len() < total;
        let skipped = sorted.len().saturating_sub(total);
        let kept = sorted.iter().enumerate().filter(|(i, _)| *i < total / 2 || *i >= total / 2 + skipped);
        for (slot, (_, (_, peer))) in set.slots.iter_mut().zip(kept) {
            *slot = Leaf::new(*peer, peers.id(*peer));
            set.used += 1;
        }
        set.larger = set.used.div_ceil(2);
        set
    }

    fn members_in_order(&self) -> &[Leaf] {
        &self.slots[..usize::from(self.used)]
    }

    /// Members, clockwise from the node.
    pub fn clockwise(&self) -> impl DoubleEndedIterator<Item = Peer> + ExactSizeIterator + '_ {
        self.members_in_order().iter().map(|leaf| leaf.peer)
    }

    /// The clockwise side, nearest first: the paper's L₁ … Lₗ.
    pub fn larger(&self) -> impl DoubleEndedIterator<Item = Peer> + ExactSizeIterator + '_ {
        self.slots[..usize::from(self.larger)].iter().map(|leaf| leaf.peer)
    }

    /// The counter-clockwise side, nearest first: the paper's L₋₁ … L₋ₗ.
    pub fn smaller(&self) -> impl DoubleEndedIterator<Item = Peer> + ExactSizeIterator + '_ {
        self.slots[usize::from(self.larger)..usize::from(self.used)].iter().rev().map(|leaf| leaf.peer)
    }

    /// Members with their places: +1 the nearest clockwise, −1 the nearest counter-clockwise.
    pub fn with_offsets(&self) -> impl Iterator<Item = (i8, Peer)> + '_ {
        let (used, larger) = (i16::from(self.used), i16::from(self.larger));
        self.clockwise().enumerate().map(move |(i, peer)| {
            let i = i as i16;
            // At most 64 members.
            ((if i < larger { i + 1 } else { i - used }) as i8, peer)
        })
    }

    /// How many members there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.used.into()
    }

    /// Whether there is no member.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.used == 0
    }

    /// Whether the members are all other nodes of the ring, as far as this node can know.
    #[must_use]
    pub fn is_whole_ring(&self) -> bool {
        self.whole
    }

    /// Whether nothing is missing: both sides are full, or the whole ring is known.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.whole || usize::from(self.used) == self.slots.len()
    }

    /// How many members a side lacks.
    pub(super) fn missing(&self, side: Side) -> usize {
        if self.whole { 0 } else { self.half() - self.count(side) }
    }

    fn half(&self) -> usize {
        self.slots.len() / 2
    }

    fn count(&self, side: Side) -> usize {
        match side {
            Side::Larger => self.larger.into(),
            Side::Smaller => (self.used - self.larger).into(),
        }
    }

    /// The farthest member of a side.
    pub(super) fn extreme(&self, side: Side) -> Option<Peer> {
        match side {
            Side::Larger => self.larger().next_back(),
            Side::Smaller => self.smaller().next_back(),
        }
    }

    /// The nearest member, whatever its side, when the other side is empty.
    pub(super) fn nearest(&self, side: Side) -> Option<Peer> {
        match side {
            Side::Larger => self.clockwise().next(),
            Side::Smaller => self.clockwise().next_back(),
        }
    }

    /// Whether `peer` is a member.
    #[must_use]
    pub fn contains(&self, peer: Peer) -> bool {
        self.members_in_order().iter().any(|leaf| leaf.peer == peer)
    }

    /// The side on which a member stands.
    #[must_use]
    pub fn side_of(&self, peer: Peer) -> Option<Side> {
        let at = self.members_in_order().iter().position(|leaf| leaf.peer == peer)?;
        Some(if at < usize::from(self.larger) { Side::Larger } else { Side::Smaller })
    }

    /// How far the set reaches, for the node's first cache line.
    pub(super) fn range(&self, me: Guid, peers: &Directory<Guid>) -> LeafRange {
        let offset = |peer: Option<Peer>| peer.map_or(0, |peer| me.clockwise_to(peers.id(peer)));
        let [above, low] = [Side::Larger, Side::Smaller].map(|side| offset(self.extreme(side)));
        let [above, below] =
            if self.whole { [u128::MAX; 2] } else { [above, low.wrapping_neg()] }.map(LeafRange::below_surely);
        let [first, last] = [Side::Larger, Side::Smaller].map(|side| self.nearest(side).map(|peer| offset(Some(peer))));
        let half = |gap: Option<u128>| LeafRange::below_surely(gap.map_or(u128::MAX, |gap| gap / 2));
        let (own_above, own_below) = (half(first), half(last.map(u128::wrapping_neg)));
        LeafRange { above, below, own_above: own_above.min(above), own_below: own_below.min(below) }
    }

    /// The two extremes of a set that is not the whole ring: from the first clockwise to the second lies the set.
    pub(super) fn ends(&self, me: Guid, peers: &Directory<Guid>) -> Option<(Guid, Guid)> {
        let end = |side| self.extreme(side).map_or(me, |peer| peers.id(peer));
        (!self.whole).then(|| (end(Side::Smaller), end(Side::Larger)))
    }

    /// L₋ₗ ≤ key ≤ Lₗ, or where `strictly` is asked L₋ₗ < key < Lₗ; the whole ring has no ends that could be left out.
    pub(super) fn covers(&self, me: Guid, key: Guid, strictly: bool, peers: &Directory<Guid>) -> bool {
        self.ends(me, peers).is_none_or(|(low, high)| {
            let (offset, span) = (low.clockwise_to(key), low.clockwise_to(high));
            if strictly { offset > 0 && offset < span } else { offset <= span }
        })
    }

    /// Whether a member stands clockwise before `id`, seen from `me`.
    fn is_before(leaf: Leaf, me: Guid, id: Guid, peers: &Directory<Guid>) -> bool {
        let there = leaf.prefix().wrapping_sub(prefix(me));
        let here = prefix(id).wrapping_sub(prefix(me));
        // Prefixes order offsets unless they are equal, or equal to the node's own, where the borrow decides.
        if there != here && there != 0 && here != 0 {
            there < here
        } else {
            me.clockwise_to(peers.id(leaf.peer)) < me.clockwise_to(id)
        }
    }

    /// Where a candidate would go, and whether as the clockwise side's; `None` if it has no place.
    fn place(&self, me: Guid, id: Guid, extend: Extend, peers: &Directory<Guid>) -> Option<(usize, Side)> {
        let at = self.members_in_order().partition_point(|leaf| Self::is_before(*leaf, me, id, peers));
        let larger = usize::from(self.larger);
        if self.whole || at < larger {
            return Some((at, Side::Larger));
        }
        if at > larger {
            return Some((at, Side::Smaller));
        }
        match extend {
            Extend::Side(side) if self.count(side) < self.half() => Some((at, side)),
            _ => None,
        }
    }

    /// Whether a candidate that is not a member would be taken.
    pub(super) fn accepts(&self, me: Guid, id: Guid, extend: Extend, peers: &Directory<Guid>) -> bool {
        id != me && self.place(me, id, extend, peers).is_some()
    }

    /// Takes a candidate in, if it belongs here.
    pub(super) fn insert(
        &mut self,
        me: Guid,
        peer: Peer,
        id: Guid,
        extend: Extend,
        peers: &Directory<Guid>,
    ) -> Inserted {
        if id == me || self.contains(peer) {
            return Inserted::No;
        }
        let Some((mut at, side)) = self.place(me, id, extend, peers) else { return Inserted::No };
        let larger = usize::from(self.larger);
        let mut dropped = None;
        if !self.whole && self.count(side) == self.half() {
            // The extremes stand side by side at the gap.
            let extreme = if side == Side::Larger { larger - 1 } else { larger };
            dropped = Some(self.slots[extreme].peer);
            self.take_out(extreme);
            if extreme < at {
                at -= 1;
            }
        }
        self.slots[at..=usize::from(self.used)].rotate_right(1);
        self.slots[at] = Leaf::new(peer, id);
        self.used += 1;
        if self.whole {
            self.larger = self.used.div_ceil(2);
            // A full set cannot tell whether anybody lives between its extremes.
            self.whole = usize::from(self.used) < self.slots.len();
        } else if side == Side::Larger {
            self.larger += 1;
        }
        Inserted::Yes(dropped)
    }

    /// Removes the slot `at`; its side shrinks by one.
    fn take_out(&mut self, at: usize) {
        self.slots[at..usize::from(self.used)].rotate_left(1);
        self.used -= 1;
        self.slots[usize::from(self.used)] = Leaf::EMPTY;
        if at < usize::from(self.larger) {
            self.larger -= 1;
        }
    }

    /// Removes a member and says from which side.
    pub(super) fn remove(&mut self, peer: Peer) -> Option<Side> {
        let at = self.members_in_order().iter().position(|leaf| leaf.peer == peer)?;
        let side = if at < usize::from(self.larger) { Side::Larger } else { Side::Smaller };
        self.take_out(at);
        if self.whole {
            self.larger = self.used.div_ceil(2);
        }
        Some(side)
    }

    /// Notes that nobody lives in the gap.
    pub(super) fn close_gap(&mut self) {
        if usize::from(self.used) < self.slots.len() {
            self.whole = true;
            self.larger = self.used.div_ceil(2);
        }
    }

    /// Notes that unknown nodes may live between the extremes, where the copied set of a neighbour was not complete
    /// itself: each half of the ring becomes a side.
    pub(super) fn open_gap(&mut self, me: Guid, peers: &Directory<Guid>) {
        if !self.whole {
            return;
        }
        self.whole = false;
        let clockwise = self.clockwise().filter(|peer| me.clockwise_to(peers.id(*peer)) < 1 << 127).count();
        let (used, half) = (usize::from(self.used), self.half());
        // At most 64, and neither side more than half.
        self.larger = clockwise.clamp(used.saturating_sub(half), half) as u8;
    }

    /// Whether another node's leaf set shows that nobody lives in this one's gap. `is_dead` tells which of its members
    /// are known to be gone.
    pub(super) fn gap_is_empty(&self, me: Peer, from: Peer, theirs: &Leaves, is_dead: impl Fn(Peer) -> bool) -> bool {
        let above = self.extreme(Side::Larger).unwrap_or(me);
        let below = self.extreme(Side::Smaller).unwrap_or(me);
        let mut beyond = theirs.arc(from).skip_while(|peer| *peer != above).skip(1);
        beyond.find(|peer| *peer == below || !is_dead(*peer)) == Some(below)
    }

    /// The member numerically closest to `key`; `None` if the node itself is. Members in `tried` are left out.
    #[inline]
    pub(super) fn closest(&self, key: Guid, me: Guid, tried: &[Peer], peers: &Directory<Guid>) -> Option<Peer> {
        let here = prefix(me);
        let wanted = prefix(key).wrapping_sub(here);
        let offset = |leaf: &Leaf| leaf.prefix().wrapping_sub(here);
        // Members stand in the order of their offsets, so that counting finds the two on either side of the key. All
        // slots are looked at, as their number is not in the cache line that the node is entered by.
        let is_before = |leaf: &Leaf| leaf.peer.is_some() & (offset(leaf) < wanted);
        let at = self.slots.iter().map(|leaf| usize::from(is_before(leaf))).sum::<usize>();
        let slot = |at: usize| self.slots.get(at).filter(|leaf| leaf.peer.is_some());
        let before = slot(at.wrapping_sub(1)).map_or((0, Peer::NONE), |leaf| (offset(leaf), leaf.peer));
        let behind = slot(at).map_or((0, Peer::NONE), |leaf| (offset(leaf), leaf.peer));
        // A member with the key's own prefix is the closest, unless the next one cannot be told from it.
        let is_apart = || slot(at + 1).map_or(0, offset).wrapping_sub(wanted) > 2;
        // What the first 64 bits cannot tell from the node itself may stand at either end.
        let is_sure = (!before.1.is_some() || before.0.wrapping_sub(1) < wanted)
            && (!behind.1.is_some() || behind.0 > wanted || (behind.0 == wanted && is_apart()))
            && wanted != 0
            && tried.is_empty();
        let (back, on) = (wanted.wrapping_sub(before.0), behind.0.wrapping_sub(wanted));
        // Cutting to 64 bits moves each distance by less than one either way.
        if is_sure && back.abs_diff(on) >= 2 {
            return if back < on { before.1 } else { behind.1 }.some();
        }
        self.closest_exactly(key, me, tried, peers)
    }

    #[cold]
    fn closest_exactly(&self, key: Guid, me: Guid, tried: &[Peer], peers: &Directory<Guid>) -> Option<Peer> {
        let mut best = (key.closeness(me), None);
        for peer in self.clockwise().filter(|peer| !tried.contains(peer)) {
            let closeness = key.closeness(peers.id(peer));
            if closeness < best.0 {
                best = (closeness, Some(peer));
            }
        }
        best.1
    }

    /// Reads one member of each cache line.
    #[inline]
    pub(super) fn touch(&self) -> u32 {
        self.slots.iter().step_by(64 / size_of::<Leaf>()).map(|leaf| leaf.high).fold(0, |all, one| all ^ one)
    }

    pub(crate) fn to_message(&self) -> Leaves {
        Leaves::new(self.whole, self.larger, self.clockwise())
    }

    pub(super) fn heap_bytes(&self) -> usize {
        size_of_val(&*self.slots)
    }
}

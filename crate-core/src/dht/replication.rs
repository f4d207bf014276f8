//! Keeping every value at the node that answers for its key, and copies at the nodes next to it.

use std::collections::BTreeMap;

use super::store::{MOST_COPIES, Merged};
use super::{DhtMessage, DhtNode, Entry, Item, Note, Overlay, Peer, Step, Time, Version};
use crate::time::Duration;

type Context<'a, O> = super::Context<'a, DhtNode<O>>;

/// First wait for a sign that a copy arrived; doubled each time.
const FIRST_RETRY: Duration = Duration::from_millis(1_000);
/// Times that copies are sent again before only a change of neighbours starts anew.
const MOST_RETRIES: u8 = 6;
/// Times that a value is handed on at once; after that it waits for a change of neighbours.
const MOST_PASSES: u8 = 16;
/// Most values, and about the most bytes, of one message.
const MOST_ITEMS: usize = 64;
const MOST_BYTES: usize = 64 * 1024;

/// What is to be sent to whom, gathered so that one message takes many values.
struct Plan<I> {
    copy: BTreeMap<Peer, Vec<Item<I>>>,
    hand_over: BTreeMap<Peer, Vec<Item<I>>>,
    drop: BTreeMap<Peer, Vec<(I, Version<I>)>>,
}

impl<I: Copy> Plan<I> {
    const fn new() -> Self {
        Self { copy: BTreeMap::new(), hand_over: BTreeMap::new(), drop: BTreeMap::new() }
    }

    /// Lets those go that need not hold copies any more, once all who should have said that they do: until then a
    /// former holder may be the last one.
    fn release(&mut self, key: I, entry: &mut Entry<I>, holders: &[Peer]) {
        entry.former.retain(|former| !holders.contains(former));
        for copy in entry.copies.extract_if(.., |copy| !holders.contains(copy)) {
            if entry.former.len() < MOST_COPIES && !entry.former.contains(&copy) {
                entry.former.push(copy);
            }
        }
        if holders.iter().all(|holder| entry.copies.contains(holder)) {
            for gone in entry.former.drain(..) {
                self.drop.entry(gone).or_default().push((key, entry.version));
            }
        }
    }
}

fn item<I: Copy>(key: I, entry: &Entry<I>, copies: Vec<Peer>) -> Item<I> {
    Item { key, version: entry.version, value: entry.value.clone(), copies }
}

/// Cuts a long list into lists that fit a message each.
fn batches<I>(items: Vec<Item<I>>) -> Vec<Vec<Item<I>>> {
    let mut batches: Vec<Vec<Item<I>>> = Vec::new();
    let mut bytes = 0;
    for item in items {
        let size = item.value.as_ref().map_or(0, |value| value.len());
        match batches.last_mut() {
            Some(last) if last.len() < MOST_ITEMS && bytes + size <= MOST_BYTES => {
                bytes += size;
                last.push(item);
            }
            _ => {
                bytes = size;
                batches.push(vec![item]);
            }
        }
    }
    batches
}

impl<O: Overlay> DhtNode<O> {
    /// Brings everything held into its place after a change of neighbours.
    pub(super) fn settle_all(&mut self, cx: &mut Context<'_, O>) {
        if self.store.entries.is_empty() || !self.overlay.is_active() {
            self.retry_at = Time::NEVER;
            return;
        }
        self.store.purge(cx.now);
        let keys: Vec<O::Id> = self.store.entries.keys().copied().collect();
        self.settle(cx, &keys, 0);
    }

    /// Brings the values under some keys into their place: answered for here, with copies next to here, or handed over.
    pub(super) fn settle(&mut self, cx: &mut Context<'_, O>, keys: &[O::Id], passes: u8) {
        let host = Self::inner_host(&cx.host);
        let copies = usize::from(cx.host.config.replicas.max(1)) - 1;
        let mut plan = Plan::new();
        for key in keys {
            let Some(entry) = self.store.entries.get_mut(key) else { continue };
            if self.overlay.next_hop(host, *key) == Step::Deliver {
                if !entry.answers {
                    entry.answers = true;
                    entry.forget_copies();
                }
                entry.handed_by = Peer::NONE;
                let holders = self.overlay.replica_holders(host, *key, copies);
                for holder in holders.iter().filter(|holder| !entry.copies.contains(holder)) {
                    plan.copy.entry(*holder).or_default().push(item(*key, entry, Vec::new()));
                }
                plan.release(*key, entry, &holders);
            } else if entry.answers
                && passes < MOST_PASSES
                && let Some(heir) = self.overlay.heir(host, *key).filter(|heir| *heir != entry.handed_by)
            {
                plan.hand_over.entry(heir).or_default().push(item(*key, entry, entry.all_copies()));
            }
        }
        self.carry_out(cx, plan, passes);
    }

    fn carry_out(&mut self, cx: &mut Context<'_, O>, plan: Plan<O::Id>, passes: u8) {
        if !plan.copy.is_empty() || !plan.hand_over.is_empty() {
            self.expect_copies(cx.now);
        }
        for (to, items) in plan.copy {
            for items in batches(items) {
                cx.send(to, DhtMessage::Copy { items });
            }
        }
        for (to, items) in plan.hand_over {
            let count = items.len() as u32;
            for items in batches(items) {
                cx.send(to, DhtMessage::HandOver { items, passes: passes + 1 });
            }
            cx.note(|| Note::KeysHandedOver { to, count });
        }
        for (to, items) in plan.drop {
            for items in items.chunks(MOST_ITEMS) {
                cx.send(to, DhtMessage::Drop { items: items.to_vec() });
            }
        }
    }

    fn expect_copies(&mut self, now: Time) {
        if self.retries >= MOST_RETRIES {
            return;
        }
        let wait = Duration(FIRST_RETRY.0 << self.retries);
        self.retry_at = self.retry_at.min(now + wait);
    }

    /// Sends again what nobody has said to hold.
    pub(super) fn retry(&mut self, cx: &mut Context<'_, O>) {
        self.retry_at = Time::NEVER;
        self.retries += 1;
        self.settle_all(cx);
    }

    /// Gives everything to the nodes that will answer for it, before going.
    pub(super) fn hand_over_all(&mut self, cx: &mut Context<'_, O>) {
        let host = Self::inner_host(&cx.host);
        let mut plan = Plan::new();
        for (key, entry) in self.store.entries.iter().filter(|(_, entry)| entry.answers) {
            if let Some(heir) = self.overlay.replica_holders(host, *key, 1).first() {
                plan.hand_over.entry(*heir).or_default().push(item(*key, entry, entry.all_copies()));
            }
        }
        self.carry_out(cx, plan, 0);
    }

    /// Another node wants copies held here.
    pub(super) fn on_copy(&mut self, cx: &mut Context<'_, O>, from: Peer, items: &[Item<O::Id>]) {
        let (mut held, mut newer, mut taken) = (Vec::new(), Vec::new(), Vec::new());
        for one in items {
            match self.store.merge(one) {
                Merged::Older => newer.push(item(one.key, &self.store.entries[&one.key], Vec::new())),
                Merged::Full => {}
                merged => {
                    held.push((one.key, one.version));
                    if merged == Merged::Taken && self.store.entries[&one.key].answers {
                        taken.push(one.key);
                    }
                }
            }
        }
        if !held.is_empty() {
            cx.send(from, DhtMessage::Copied { items: held, handed_over: false });
        }
        for items in batches(newer) {
            cx.send(from, DhtMessage::Copy { items });
        }
        self.settle(cx, &taken, 0);
    }

    /// Another node wants this one to answer for values.
    pub(super) fn on_hand_over(&mut self, cx: &mut Context<'_, O>, from: Peer, items: &[Item<O::Id>], passes: u8) {
        let (mut held, mut keys, mut newer) = (Vec::new(), Vec::new(), Vec::new());
        for one in items {
            let merged = self.store.merge(one);
            let Some(entry) = self.store.entries.get_mut(&one.key).filter(|_| merged != Merged::Full) else { continue };
            entry.answers = true;
            entry.handed_by = from;
            if merged == Merged::Older {
                newer.push(item(one.key, entry, Vec::new()));
            } else {
                let me = self.overlay.me();
                for peer in one.copies.iter().chain([&from]).filter(|peer| **peer != me) {
                    entry.add_copy(*peer);
                }
            }
            held.push((one.key, one.version));
            keys.push(one.key);
        }
        cx.send(from, DhtMessage::Copied { items: held, handed_over: true });
        for items in batches(newer) {
            cx.send(from, DhtMessage::Copy { items });
        }
        self.retries = 0;
        self.settle(cx, &keys, passes);
    }

    /// Another node holds copies now, or answers for what it was handed.
    pub(super) fn on_copied(
        &mut self,
        cx: &mut Context<'_, O>,
        from: Peer,
        items: &[(O::Id, Version<O::Id>)],
        handed_over: bool,
    ) {
        let host = Self::inner_host(&cx.host);
        let copies = usize::from(cx.host.config.replicas.max(1)) - 1;
        let mut plan = Plan::new();
        for (key, version) in items {
            let Some(entry) = self.store.entries.get_mut(key).filter(|entry| entry.version == *version) else {
                continue;
            };
            if !entry.answers {
                continue;
            }
            if handed_over {
                entry.answers = false;
                entry.forget_copies();
            } else {
                entry.add_copy(from);
                if !entry.former.is_empty() {
                    plan.release(*key, entry, &self.overlay.replica_holders(host, *key, copies));
                }
            }
        }
        self.carry_out(cx, plan, 0);
    }

    /// The node that answers for values says that this one need not hold copies any more. That may overtake its word that
    /// it answers for what was handed over: who says so holds the value.
    pub(super) fn on_drop(&mut self, cx: &Context<'_, O>, items: &[(O::Id, Version<O::Id>)]) {
        let host = Self::inner_host(&cx.host);
        for (key, version) in items {
            let old = |entry: &Entry<O::Id>| entry.version <= *version;
            if self.store.entries.get(key).is_some_and(old) && self.overlay.next_hop(host, *key) != Step::Deliver {
                self.store.entries.remove(key);
            }
        }
    }
}

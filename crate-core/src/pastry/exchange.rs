//! Routing tables that stay near while nodes come and go: rows are asked of others, after MSPastry (Castro, Costa,
//! Rowstron, DSN 2004) and its proximity neighbour selection.
//!
//! A newcomer asks three entries of each row for that row as soon as it is a member; after that one row has its turn in
//! every period T_rt of table probes (see `liveness`), so that rings whose nodes come and go quickly exchange more often.
//! Whoever is named for an empty cell, or is nearer than who stands in it, is probed, and taken in when it answers. So
//! cells whose repair found nobody are filled in time as well.
//!
//! # Implementation notes
//! - The paper exchanges all rows every 20 minutes, whatever the churn.
//! - A row's entries share at least as many digits with each other as the row has, so all that a row names belongs into
//!   this row, or for the own digit into one below.
//! - Whoever sends a message on to this node has it in its table, so it is often near: it is taken in unasked where it is
//!   nearer, since it has just shown that it is alive.

use rand::RngExt;

use super::{Context, Message, PastryNode};
use crate::protocol::Peer;

/// Entries of each row that a newcomer asks.
const FIRST_EXCHANGES: usize = 3;

impl PastryNode {
    /// Asks a few entries of every row for their rows.
    pub(super) fn exchange_all_rows(&self, cx: &mut Context<'_>) {
        for row in 0..self.table.rows() {
            self.exchange_row(cx, row, FIRST_EXCHANGES);
        }
    }

    /// Asks up to `count` entries of a row, in turn from a drawn one on, for their rows.
    pub(super) fn exchange_row(&self, cx: &mut Context<'_>, row: usize, count: usize) {
        let there: Vec<Peer> = self.table.row(row).iter().copied().filter(|peer| peer.is_some()).collect();
        let start = if there.is_empty() { 0 } else { cx.rng.random_range(0..there.len()) };
        for asked in there.iter().cycle().skip(start).take(count.min(there.len())) {
            // At most 128 rows.
            cx.send(*asked, Message::RowRequest { row: row as u8 });
        }
    }

    pub(super) fn on_row_request(&self, cx: &mut Context<'_>, from: Peer, row: u8) {
        let entries = self.table.row(row.into()).iter().copied().filter(|peer| peer.is_some() && *peer != from);
        cx.send(from, Message::Row { row, peers: entries.collect() });
    }

    /// Looks through another node's row for better entries, and probes them.
    pub(super) fn on_row(&mut self, cx: &mut Context<'_>, from: Peer, row: u8, peers: &[Peer]) {
        let digits = cx.host.config.digits;
        let Some(sender) = self.id_of(cx.host, from).filter(|_| self.active) else { return };
        if self.id.shared_prefix(sender, digits) < row.into() {
            return;
        }
        for peer in peers.iter().take(digits.base()) {
            if self.would_improve(cx, *peer) {
                self.consider_entry(cx, *peer);
            }
        }
    }

    /// Whether a peer would fill an empty cell, or is nearer than who stands there.
    fn would_improve(&self, cx: &Context<'_>, peer: Peer) -> bool {
        let digits = cx.host.config.digits;
        let Some(id) = self.id_of(cx.host, peer).filter(|_| !self.is_dead(peer)) else { return false };
        let row = self.id.shared_prefix(id, digits);
        let there = self.table.cell(row, id.digit(row, digits));
        let round_trip = |peer| cx.host.proximity.round_trip(self.me, peer);
        there.is_none_or(|there| there != peer && round_trip(peer) < round_trip(there))
    }
}

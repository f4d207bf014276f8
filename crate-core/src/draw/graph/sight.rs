//! A moment of a world as a picture.

use std::collections::BTreeMap;

use super::{Circle, Edge, EdgeState, GraphFrame, GraphNode, Mark, Places};
use crate::draw::frame::{Flight, NodeState};
use crate::lecture::story::{Form, Stand};
use crate::plain::counted;
use crate::protocol::Peer;
use crate::sim::show::{Show, Tally, Tie};
use crate::sim::trace::What;
use crate::time::Time;

/// How a moment is looked at.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Look {
    /// The node that is looked into.
    pub selected: Option<Peer>,
    /// The node that a panel points at.
    pub hovered: Option<Peer>,
    /// Simulated microseconds that pass in a second of real time; 0 stands still.
    pub rate: f64,
    /// After a step, what arrived since this record is seen on its way: how far it is, and how much of the way passes in a second of
    /// real time.
    pub glide: Option<(u32, f64, f64)>,
    /// Nothing moves by itself.
    pub reduced_motion: bool,
}

/// Links of one picture that are drawn at most; beyond it a picture is a blot.
const EDGES_MAX: usize = 40_000;

/// A moment of a world, with what the last request had done until then.
#[must_use]
pub fn frame(stand: &Stand, places: &Places, look: Look) -> GraphFrame {
    let show = &*stand.show;
    let request = show.last_request();
    let tally = request.map(|(request, ..)| Tally::of(show, request, show.position()));
    let nodes = (0..show.node_count()).map(Peer).map(|peer| {
        let asked = tally.as_ref().is_some_and(|tally| tally.asked_by[peer.index()].is_some());
        let mark = match request {
            Some((_, asker, _)) if asker == peer => Mark::Asker,
            _ if asked => Mark::Asked,
            _ => Mark::None,
        };
        GraphNode {
            peer,
            at: places.at(peer),
            role: show.role(peer),
            state: state(show, peer),
            mark,
            has: request.is_some_and(|(.., key)| show.has(peer, key)),
            name: show.name(peer).into(),
        }
    });
    GraphFrame {
        nodes: nodes.collect(),
        edges: edges(show, tally.as_ref(), look.selected),
        circles: circles(stand, places, tally.as_ref()),
        flights: look.glide.map_or_else(|| flights(show, look.rate), |glide| glided(show, glide)),
        selected: look.selected,
        hovered: look.hovered,
        reduced_motion: look.reduced_motion,
    }
}

fn state(show: &dyn Show, peer: Peer) -> NodeState {
    match (show.is_alive(peer), show.is_member(peer)) {
        (false, _) => NodeState::Dead,
        (true, false) => NodeState::Joining,
        (true, true) => NodeState::Active,
    }
}

/// Permanent links, what came over them, and of tables those of the selected node.
fn edges(show: &dyn Show, tally: Option<&Tally>, selected: Option<Peer>) -> Vec<Edge> {
    let mut seen: BTreeMap<(u32, u32), Edge> = BTreeMap::new();
    let mut put = |from: Peer, to: Peer, state: EdgeState| {
        let key = (from.0.min(to.0), from.0.max(to.0));
        let edge = Edge { from: from.0, to: to.0, state };
        if seen.len() < EDGES_MAX || seen.contains_key(&key) {
            let known = seen.entry(key).or_insert(edge);
            if state > known.state {
                *known = edge;
            }
        }
    };
    let count = show.node_count();
    for node in (0..count).map(Peer).filter(|peer| show.is_alive(*peer)) {
        for (other, tie) in show.ties(node) {
            if (tie != Tie::Entry || Some(node) == selected) && show.is_alive(other) {
                put(node, other, EdgeState::Idle);
            }
        }
    }
    if let Some(tally) = tally {
        for (node, from) in (0_u32..).zip(&tally.asked_by) {
            if let Some(from) = from {
                put(*from, Peer(node), EdgeState::Asked);
            }
        }
        for (from, to) in &tally.answered_over {
            put(*from, *to, EdgeState::Answered);
        }
    }
    seen.into_values().collect()
}

/// The circles of waves with what has reached each, or a ring of identifiers.
fn circles(stand: &Stand, places: &Places, tally: Option<&Tally>) -> Vec<Circle> {
    match stand.form {
        Form::Ring => vec![Circle { radius: super::layout::RING_RADIUS, caption: String::new() }],
        Form::Waves => {
            let mut reached = vec![0_u32; places.waves.len() + 1];
            for depth in tally.iter().flat_map(|tally| &tally.depth) {
                if let Some(count) = reached.get_mut(usize::from(*depth)) {
                    *count += 1;
                }
            }
            let circle = |(radius, reached): (&f64, &u32)| Circle {
                radius: *radius,
                caption: if *reached > 0 { counted((*reached).into(), "peer") } else { String::new() },
            };
            places.waves.iter().zip(&reached[1..]).map(circle).collect()
        }
        Form::Star | Form::Floors => Vec::new(),
    }
}

fn flights(show: &dyn Show, rate: f64) -> Vec<Flight> {
    let now = show.clock();
    let span = |from: Time, to: Time| (to.0.saturating_sub(from.0) as f64).max(1.0);
    let travelling = show.in_flight().into_iter().map(|letter| {
        let whole = span(letter.sent, letter.arrives);
        Flight {
            from: letter.from,
            to: letter.to,
            progress: (now.0.saturating_sub(letter.sent.0) as f64 / whole).clamp(0.0, 1.0),
            rate: rate / whole,
            purpose: letter.purpose,
            lost: letter.lost,
        }
    });
    travelling.collect()
}

/// What has arrived since a record, on its way.
fn glided(show: &dyn Show, (from, progress, rate): (u32, f64, f64)) -> Vec<Flight> {
    let records = &show.trace().records()[from.min(show.position()) as usize..show.position() as usize];
    let came = records.iter().filter_map(|record| match record.what {
        What::Arrival(letter) => Some((letter, record.node, false)),
        What::Loss(letter) => Some((letter, record.node, true)),
        What::Action | What::Deadline => None,
    });
    came.map(|(letter, to, lost)| Flight { from: letter.from, to, progress, rate, purpose: letter.purpose, lost })
        .collect()
}

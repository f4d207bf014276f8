//! Where nodes lie.

use std::collections::{BTreeMap, VecDeque};

use super::super::geometry::{Point, point};
use crate::lecture::story::{Form, Stand};
use crate::protocol::Peer;
use crate::sim::show::{Role, Show, Tie};

/// Where everybody lies who is ever in a world: the middle is (0, 0), the edge 1 away.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Places {
    at: Vec<Point>,
    /// Circles of waves, innermost first: how far from the middle.
    pub waves: Vec<f64>,
}

impl Places {
    /// Where a node lies. Who came after all was laid out stands at the edge, where it depends on its number alone.
    #[must_use]
    pub fn at(&self, peer: Peer) -> Point {
        self.at.get(peer.index()).copied().unwrap_or_else(|| on_circle(golden(peer.0), 1.0))
    }
}

/// The radius of a ring of identifiers.
pub(super) const RING_RADIUS: f64 = 0.92;
/// Nodes nearer than this, in turns, would cover each other.
const RING_GAP: f64 = 0.012;

/// A turn for a number, so that neighbours in number do not lie near each other.
fn golden(number: u32) -> f64 {
    let turn = f64::from(number) * 0.618_033_988_749_894_9;
    turn - libm::floor(turn)
}

fn on_circle(turn: f64, radius: f64) -> Point {
    point(0.0, 0.0).toward(turn, radius)
}

/// Who is linked with whom at the beginning of a course or at its end, in both directions.
fn links(show: &mut dyn Show) -> Vec<Vec<u32>> {
    let position = show.position();
    let mut all: Vec<Vec<u32>> = Vec::new();
    for moment in [0, show.trace().len()] {
        show.seek(moment);
        let count = show.node_count();
        all.resize(all.len().max(count as usize), Vec::new());
        for node in 0..count {
            for (other, tie) in show.ties(Peer(node)) {
                if tie != Tie::Entry && other.0 < count {
                    all[node as usize].push(other.0);
                    all[other.index()].push(node);
                }
            }
        }
    }
    show.seek(position);
    for list in &mut all {
        crate::small_sort::sort(list);
        list.dedup();
    }
    all
}

/// Lays a world out for its whole course; `focus` is the middle of waves.
#[must_use]
pub fn places(stand: &mut Stand, focus: Peer) -> Places {
    let form = stand.form;
    let links = links(&mut *stand.show);
    // Everybody who is ever there is there at the end.
    let (position, end) = (stand.show.position(), stand.show.trace().len());
    stand.show.seek(end);
    let show = &*stand.show;
    let mut places = match form {
        Form::Star => star(show, &links),
        Form::Waves => waves(&links, focus),
        Form::Floors => floors(show, &links),
        Form::Ring => ring(show),
    };
    apart(&mut places.at);
    stand.show.seek(position);
    places
}

/// Nobody lies exactly on somebody else.
fn apart(at: &mut [Point]) {
    let mut taken: BTreeMap<(i64, i64), u32> = BTreeMap::new();
    for place in at {
        let cell = ((place.x * 1e4) as i64, (place.y * 1e4) as i64);
        let count = taken.entry(cell).or_default();
        if *count > 0 {
            *place = place.plus(on_circle(golden(*count), 0.03 * f64::from(*count)), 1.0);
        }
        *count += 1;
    }
}

/// Servers, or else the node that most are linked with, in the middle; the others around.
fn star(show: &dyn Show, links: &[Vec<u32>]) -> Places {
    let count = show.node_count();
    let servers: Vec<u32> = (0..count).filter(|node| show.role(Peer(*node)) == Role::Server).collect();
    let hub = (0..count).max_by_key(|node| (links[*node as usize].len(), u32::MAX - node)).unwrap_or(0);
    let is_star = links.get(hub as usize).is_some_and(|list| list.len() as u32 + 1 == count && count > 2);
    let middle = if servers.is_empty() && is_star { vec![hub] } else { servers };
    let around = (count - middle.len() as u32).max(1);
    let mut at = vec![Point::default(); count as usize];
    for (place, node) in middle.iter().enumerate() {
        let radius = if middle.len() > 1 { 0.22 } else { 0.0 };
        at[*node as usize] = on_circle(place as f64 / middle.len() as f64 + 0.25, radius);
    }
    let others = (0..count).filter(|node| !middle.contains(node));
    for (place, node) in (0_u32..).zip(others) {
        at[node as usize] = on_circle(f64::from(place) / f64::from(around), 0.9);
    }
    Places { at, waves: Vec::new() }
}

/// A tree of the shortest ways from the middle: each node in the sector of whoever leads to it, as far out as it has links to go.
fn waves(links: &[Vec<u32>], focus: Peer) -> Places {
    let count = links.len();
    let root = focus.index().min(count.saturating_sub(1));
    let mut depth = vec![usize::MAX; count];
    let mut children: Vec<Vec<u32>> = vec![Vec::new(); count];
    let mut order = Vec::with_capacity(count);
    let mut queue = VecDeque::from([root as u32]);
    if count > 0 {
        depth[root] = 0;
    }
    while let Some(node) = queue.pop_front() {
        order.push(node);
        for other in &links[node as usize] {
            if depth[*other as usize] == usize::MAX {
                depth[*other as usize] = depth[node as usize] + 1;
                children[node as usize].push(*other);
                queue.push_back(*other);
            }
        }
    }
    let deepest = depth.iter().filter(|d| **d != usize::MAX).max().copied().unwrap_or(0).max(1);
    // How much of the circle each needs: its children's, and at least its own; far out there is more room.
    let mut width = vec![0.0_f64; count];
    for node in order.iter().rev() {
        let below: f64 = children[*node as usize].iter().map(|child| width[*child as usize]).sum();
        width[*node as usize] = below.max(1.0 / depth[*node as usize].max(1) as f64);
    }
    let radius = |depth: usize| wave_radius(depth, deepest);
    let mut at = vec![Point::default(); count];
    let mut from = vec![0.0_f64; count];
    let all = width.get(root).copied().unwrap_or(1.0);
    for node in &order {
        let node = *node as usize;
        let mut start = from[node];
        if node != root {
            at[node] = on_circle(start + width[node] / all / 2.0, radius(depth[node]));
        }
        let below: f64 = children[node].iter().map(|child| width[*child as usize]).sum();
        start += (width[node] - below).max(0.0) / all / 2.0;
        for child in &children[node] {
            from[*child as usize] = start;
            start += width[*child as usize] / all;
        }
    }
    // Who cannot be reached stands at the edge.
    for node in (0..count).filter(|node| depth[*node] == usize::MAX) {
        at[node] = on_circle(golden(node as u32), 1.0);
    }
    Places { at, waves: (1..=deepest).map(radius).collect() }
}

/// In the true direction of each identifier; of those that lie close, every other one further in.
fn ring(show: &dyn Show) -> Places {
    let count = show.node_count();
    let mut order: Vec<u32> = (0..count).collect();
    order.sort_by(|a, b| show.turn(Peer(*a)).total_cmp(&show.turn(Peer(*b))));
    let mut at = vec![Point::default(); count as usize];
    let (mut last, mut step) = (f64::NEG_INFINITY, 0_u32);
    for node in order {
        let turn = show.turn(Peer(node));
        step = if turn - last < RING_GAP { (step + 1) % 3 } else { 0 };
        at[node as usize] = on_circle(turn, RING_RADIUS - 0.07 * f64::from(step));
        last = turn;
    }
    Places { at, waves: Vec::new() }
}

/// Equal steps outwards.
fn wave_radius(depth: usize, deepest: usize) -> f64 {
    0.96 * depth as f64 / deepest as f64
}

/// Super-peers on an inner circle, starters in the middle, each super-peer's children in its sector outside.
fn floors(show: &dyn Show, links: &[Vec<u32>]) -> Places {
    let count = show.node_count();
    let role = |node: u32| show.role(Peer(node));
    let supers: Vec<u32> = (0..count).filter(|node| role(*node) == Role::Super).collect();
    let starters: Vec<u32> = (0..count).filter(|node| role(*node) == Role::Server).collect();
    let mut at = vec![Point::default(); count as usize];
    for (place, node) in starters.iter().enumerate() {
        let radius = if starters.len() > 1 { 0.12 } else { 0.0 };
        at[*node as usize] = on_circle(place as f64 / starters.len() as f64, radius);
    }
    // A child of one that is gone by the end counts with whoever it was linked with last.
    let mut families: BTreeMap<u32, Vec<u32>> = supers.iter().map(|node| (*node, Vec::new())).collect();
    let mut others = Vec::new();
    for node in (0..count).filter(|node| role(*node) == Role::Peer) {
        let parent = show.ties(Peer(node)).first().map(|(parent, _)| parent.0);
        let known = parent.or_else(|| links[node as usize].first().copied());
        match known.and_then(|parent| families.get_mut(&parent)) {
            Some(children) => children.push(node),
            None => others.push(node),
        }
    }
    let slots: usize = families.values().map(|children| children.len().max(1)).sum::<usize>() + others.len();
    let mut slot = 0.0;
    for (parent, children) in &families {
        let wide = children.len().max(1) as f64;
        at[*parent as usize] = on_circle((slot + wide / 2.0) / slots as f64, 0.5);
        for (place, child) in children.iter().enumerate() {
            // Every other one a little further in, so that names have room.
            let radius = if place % 2 == 0 { 0.96 } else { 0.84 };
            at[*child as usize] = on_circle((slot + place as f64 + 0.5) / slots as f64, radius);
        }
        slot += wide;
    }
    for (place, node) in others.iter().enumerate() {
        at[*node as usize] = on_circle((slot + place as f64 + 0.5) / slots as f64, 0.96);
    }
    Places { at, waves: Vec::new() }
}

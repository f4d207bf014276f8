//! The ways that hops take through the picture, and where their numbers stand.

use super::frame::{Frame, Space, View};
use super::geometry::{Curve, Point, Rect, Track, shortest_way, wrap};
use super::layout::{Layout, Spot};

/// The way of each hop, in the frame's order; empty where an end is not in the picture.
#[must_use]
pub fn hop_tracks(frame: &Frame, layout: &Layout) -> Vec<Track> {
    let stairs = remaining_radii(frame, layout);
    let ends = |i: usize| Some((*layout.spot(frame.hops[i].from)?, *layout.spot(frame.hops[i].to)?));
    let nodes: Vec<Point> = (0..frame.hops.len()).filter_map(ends).flat_map(|(a, b)| [a.point, b.point]).collect();
    let track = |i: usize| {
        let Some((from, to)) = ends(i) else { return Track::default() };
        if frame.hops[i].from == frame.hops[i].to {
            return Track::default();
        }
        match (frame.space, frame.view) {
            (space, View::Unfolded) if is_small_chord(space) => stair(layout, &stairs, i, &from, &to),
            (Space::Chord { .. }, View::Unfolded) => {
                Track::arc(layout.centre, stairs[i], 0.0, hop_share(frame, layout, i).unwrap_or(0.0))
            }
            (_, View::Ring) => petal(layout, &from, &to, i),
            _ => inwards(layout, &from, &to, &nodes),
        }
    };
    (0..frame.hops.len()).map(track).collect()
}

/// A thin link between two nodes.
#[must_use]
pub fn link(layout: &Layout, from: &Spot, to: &Spot) -> Track {
    let way = shortest_way(from.turn, to.turn).abs();
    let middle = from.point.mix(to.point, 0.5);
    let pull = if layout.rings.len() == 1 { 0.03 + 0.3 * (1.0 - way) * (way * 6.0).min(1.0) } else { 0.1 };
    Track::new(vec![Curve::bent(from.point, middle.mix(layout.centre, pull), to.point)])
}

/// Bends tried, as shares of a hop's length; positive is towards the centre. The first that is clear of others wins.
const BENDS: [f64; 8] = [0.13, -0.13, 0.2, -0.2, 0.28, -0.28, 0.06, -0.06];

/// A gentle bend that keeps away from the other nodes of the route.
fn inwards(layout: &Layout, from: &Spot, to: &Spot, nodes: &[Point]) -> Track {
    let (way, middle) = (to.point.minus(from.point), from.point.mix(to.point, 0.5));
    let toward_centre = layout.centre.minus(middle);
    let side = way.quarter().unit();
    let inner = if side.x * toward_centre.x + side.y * toward_centre.y >= 0.0 { 1.0 } else { -1.0 };
    let room = layout.bounds().grown(-12.0);
    let bent = |bend: f64| {
        let control = room.clamp(middle.plus(side, way.length() * bend * inner));
        Track::new(vec![Curve::bent(from.point, control, to.point)])
    };
    let others: Vec<Point> =
        nodes.iter().copied().filter(|n| n.distance(from.point) > 1.0 && n.distance(to.point) > 1.0).collect();
    let clear = |track: &Track| {
        let gaps = track.sampled(8.0).into_iter().flat_map(|p| others.iter().map(move |n| n.distance(p)));
        gaps.fold(34.0 * layout.scale, f64::min)
    };
    let mut best = bent(BENDS[0]);
    for bend in BENDS {
        let next = bent(bend);
        if clear(&next) > clear(&best) + 1.0 {
            best = next;
        }
    }
    best
}

/// A chord bent inwards; hops between near neighbours become petals that point in different directions, so that they
/// are told apart even if all nodes are in one sixteenth of the ring.
fn petal(layout: &Layout, from: &Spot, to: &Spot, i: usize) -> Track {
    let radius = layout.rings[0].radius;
    let way = shortest_way(from.turn, to.turn);
    let (wide, middle) = ((way.abs() * 2.0).min(1.0), wrap(from.turn + way / 2.0));
    let chord = layout.centre.toward(middle, radius * (0.58 * (1.0 - wide) + 0.08 * wide));
    // 1 for nodes at one place, 0 from an eighth of the ring on.
    let near = 1.0 - (way.abs() * 8.0).min(1.0);
    let fan = [-0.06, 0.06, -0.16, 0.16][i % 4];
    let base = from.point.mix(to.point, 0.5);
    let tip = |side: f64| {
        // Directions from the nodes into the ring: the centre is half a turn away from `middle`.
        let leaf = base.toward(middle + 0.5 + fan + side * 0.03, radius * 0.62);
        chord.mix(leaf, near)
    };
    let side = if way >= 0.0 { 1.0 } else { -1.0 };
    let ends = |end: Point, tip: Point| end.mix(tip, 2.0 / 3.0 + near / 3.0);
    Track::new(vec![Curve([from.point, ends(from.point, tip(side)), ends(to.point, tip(-side)), to.point])])
}

fn is_small_chord(space: Space) -> bool {
    matches!(space, Space::Chord { .. }) && space.shows_all_identifiers()
}

/// How much of the remaining distance to the key a hop covers: 0 to 1, where 1 is up to the key or past it. `None`
/// without a key, or if an end is not in the picture.
#[must_use]
pub fn hop_share(frame: &Frame, layout: &Layout, i: usize) -> Option<f64> {
    let hop = frame.hops.get(i)?;
    let at = |peer| layout.index(peer).map(|i| frame.nodes[i].at);
    let (from, to, key) = (at(hop.from)?, at(hop.to)?, frame.key?);
    let (covered, remaining) = (to.wrapping_sub(from), key.wrapping_sub(from));
    Some(if covered >= remaining { 1.0 } else { covered as f64 / remaining as f64 })
}

/// The radius of each hop's own ring inside Chord's identifier ring, and one more for the end.
#[must_use]
pub(super) fn remaining_radii(frame: &Frame, layout: &Layout) -> Vec<f64> {
    let radius = layout.rings[0].radius;
    let hops = frame.hops.len();
    let step = (0.58 / hops.max(1) as f64).min(0.17);
    (0..=hops).map(|i| radius * (0.745 - step * i as f64)).collect()
}

/// Along the hop's own ring clockwise to the next node's direction, then inwards; the first comes down from its node and
/// the last goes up to its own.
fn stair(layout: &Layout, radii: &[f64], i: usize, from: &Spot, to: &Spot) -> Track {
    let centre = layout.centre;
    let mut curves = Vec::new();
    if i == 0 {
        curves.push(Curve::line(from.point, centre.toward(from.turn, radii[0])));
    }
    curves.extend_from_slice(Track::arc(centre, radii[i], from.turn, wrap(to.turn - from.turn)).curves());
    let end = if i + 2 == radii.len() { to.point } else { centre.toward(to.turn, radii[i + 1]) };
    curves.push(Curve::line(centre.toward(to.turn, radii[i]), end));
    Track::new(curves)
}

/// Where a hop's number stands.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Badge {
    /// The centre of its circle.
    pub centre: Point,
    /// The point of the way that it belongs to; the same unless it had to step aside.
    pub foot: Point,
}

/// Shares of the way tried for a number, best first.
const SHARES: [f64; 13] = [0.5, 0.44, 0.56, 0.38, 0.62, 0.32, 0.68, 0.26, 0.74, 0.2, 0.8, 0.14, 0.86];

/// Places for the numbers of hops: on their ways if there is room, else beside them. `nodes` are points with the radius
/// that is kept free around them. A number that finds no free place is dropped; no two overlap.
#[must_use]
pub fn badges(tracks: &[Track], radius: f64, nodes: &[(Point, f64)], bounds: Rect) -> Vec<Option<Badge>> {
    let mut placed: Vec<Badge> = Vec::new();
    let within = bounds.grown(-radius - 2.0);
    let mut all = Vec::with_capacity(tracks.len());
    for (i, track) in tracks.iter().enumerate() {
        let free = |p: Point| {
            within.clamp(p) == p
                && placed.iter().all(|b| b.centre.distance(p) > radius * 2.0 + 2.0)
                && nodes.iter().all(|(n, keep)| n.distance(p) > radius + keep + 1.0)
        };
        // A number should not stand on another hop's way either, if there is a choice.
        let others: Vec<Point> =
            tracks.iter().enumerate().filter(|(j, _)| *j != i).flat_map(|(_, t)| t.sampled(radius)).collect();
        let clear = |p: Point| others.iter().all(|o| o.distance(p) > radius);
        let found = spot_on(track, radius, &|p| free(p) && clear(p)).or_else(|| spot_on(track, radius, &free));
        if let Some(badge) = found {
            placed.push(badge);
        }
        all.push(found);
    }
    all
}

fn spot_on(track: &Track, radius: f64, free: &dyn Fn(Point) -> bool) -> Option<Badge> {
    for aside in [0.0, 1.6, -1.6, 2.8, -2.8, 4.2, -4.2, 6.0, -6.0] {
        for share in SHARES {
            let foot = track.at(share)?;
            let ahead = track.at(share + 0.02)?.minus(track.at(share - 0.02)?);
            let centre = foot.plus(ahead.quarter().unit(), aside * radius);
            if free(centre) {
                return Some(Badge { centre, foot });
            }
        }
    }
    None
}

/// A triangle that shows where a way goes: its tip `gap` before the end. `None` if the way is too short.
#[must_use]
pub(super) fn arrowhead(track: &Track, gap: f64, size: f64) -> Option<Vec<Point>> {
    let length = track.length();
    if length < gap + size * 1.5 {
        return None;
    }
    let tip = track.at(1.0 - gap / length)?;
    let back = track.at(1.0 - (gap + size) / length)?;
    let side = tip.minus(back).unit().quarter();
    Some(vec![tip, back.plus(side, size * 0.55), back.plus(side, -size * 0.55)])
}

/// The two points where a circle is touched by the outer edges of a lens that opens from a sector further out.
pub(super) fn lens(centre: Point, outer: f64, inner: f64, from: f64, sweep: f64) -> Vec<Point> {
    let spread = libm::acos((inner / outer).clamp(-1.0, 1.0)) / std::f64::consts::TAU;
    let (start, end) = (from - spread, from + sweep + spread);
    let arc =
        |radius: f64, a: f64, b: f64| (0..=24).map(move |i| centre.toward(a + (b - a) * f64::from(i) / 24.0, radius));
    arc(outer, from, from + sweep).chain(arc(inner, end, start)).collect()
}

#[cfg(test)]
mod tests {
    use super::super::geometry::point;
    use super::*;
    use proptest::prelude::*;

    fn canvas() -> Rect {
        Rect { min: point(0.0, 0.0), max: point(800.0, 800.0) }
    }

    #[test]
    fn a_number_steps_aside_when_its_way_is_too_short() {
        let track = Track::new(vec![Curve::line(point(400.0, 400.0), point(404.0, 400.0))]);
        let nodes = [(point(400.0, 400.0), 10.0), (point(404.0, 400.0), 10.0)];
        let badge = badges(&[track], 12.0, &nodes, canvas())[0].expect("there is room beside the way");
        assert!(nodes.iter().all(|(n, keep)| n.distance(badge.centre) > 12.0 + keep));
        assert!(badge.foot.distance(badge.centre) > 12.0);
    }

    proptest! {
        #[test]
        fn numbers_never_overlap_even_where_all_hops_are_in_one_corner(
            ends in prop::collection::vec((380.0..420.0_f64, 380.0..420.0_f64), 2..9),
        ) {
            let tracks: Vec<Track> = ends
                .windows(2)
                .map(|w| Track::new(vec![Curve::line(point(w[0].0, w[0].1), point(w[1].0, w[1].1))]))
                .collect();
            let placed: Vec<Badge> = badges(&tracks, 11.0, &[], canvas()).into_iter().flatten().collect();
            for (i, a) in placed.iter().enumerate() {
                prop_assert!(placed[..i].iter().all(|b| a.centre.distance(b.centre) >= 22.0));
            }
            prop_assert!(placed.len() >= tracks.len().min(5));
        }

        #[test]
        fn an_arrow_lies_on_the_last_part_of_its_way(gap in 4.0..20.0_f64) {
            let track = Track::new(vec![Curve::line(point(0.0, 0.0), point(100.0, 0.0))]);
            let tip = arrowhead(&track, gap, 10.0).expect("the way is long enough")[0];
            prop_assert!((tip.x - (100.0 - gap)).abs() < 0.5);
        }
    }
}

//! Where labels go: beside their point, inside the picture, never on each other.
//!
//! # Implementation notes
//! Greedy, most important first, over a fixed list of candidate places; so the result depends on the requests alone. A
//! label that has no place left is dropped, never squeezed in.

use super::geometry::{Point, Rect, point};

/// A label that wants a place.
#[derive(Clone, PartialEq, Debug)]
pub struct Request {
    /// What it names.
    pub anchor: Point,
    /// How far its box keeps from the anchor, in pixels.
    pub clearance: f64,
    /// Its width.
    pub width: f64,
    /// Its height.
    pub height: f64,
    /// 0 is placed first.
    pub rank: u8,
    /// Where it may go.
    pub choice: Choice,
}

/// Where a label may go.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Choice {
    /// Centred on its anchor, or nowhere.
    Centred,
    /// Around its anchor, best in this direction; dropped if every place costs more than `limit`.
    Around {
        /// A direction; its length does not matter.
        best: Point,
        /// The highest cost that is borne.
        limit: f64,
    },
}

/// Something that a label should rather not cover.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Obstacle {
    /// Where it is.
    pub place: Rect,
    /// What covering it costs: 1 is as much as standing on the wrong side.
    pub cost: f64,
}

/// Directions tried around an anchor.
const DIRECTIONS: u32 = 16;
/// Distances tried beyond the clearance, in label heights.
const DISTANCES: [f64; 4] = [0.0, 0.6, 1.3, 2.2];

fn candidates(request: &Request) -> Vec<(Rect, f64)> {
    let Choice::Around { best, .. } = request.choice else {
        return vec![(Rect::around(request.anchor, request.width, request.height), 0.0)];
    };
    let best = best.unit();
    let half = point(request.width / 2.0, request.height / 2.0);
    let mut all = Vec::with_capacity((DIRECTIONS as usize) * DISTANCES.len());
    for (ring, more) in DISTANCES.iter().enumerate() {
        for i in 0..DIRECTIONS {
            let d = point(0.0, 0.0).toward(f64::from(i) / f64::from(DIRECTIONS), 1.0);
            // The box is moved out until it keeps its clearance in this direction.
            let reach = request.clearance + more * request.height;
            let centre = request.anchor.plus(point(d.x * (half.x + reach), d.y * (half.y + reach)), 1.0);
            let beside = 1.0 - (d.x * best.x + d.y * best.y);
            all.push((Rect::around(centre, request.width, request.height), beside + 1.2 * ring as f64));
        }
    }
    all
}

/// Places for labels, in the order of the requests; `None` where a label was dropped. No two places overlap, none
/// overlaps one of `taken`, and all lie within `bounds`.
#[must_use]
pub fn place(requests: &[Request], bounds: Rect, taken: &[Rect], obstacles: &[Obstacle]) -> Vec<Option<Rect>> {
    let mut order: Vec<(u8, usize)> = requests.iter().map(|request| request.rank).zip(0..).collect();
    crate::small_sort::sort(&mut order);
    let mut full = taken.to_vec();
    let mut places = vec![None; requests.len()];
    for (_, i) in order {
        let limit = match requests[i].choice {
            Choice::Around { limit, .. } => limit,
            Choice::Centred => f64::INFINITY,
        };
        let mut best: Option<(f64, Rect)> = None;
        for (rect, preference) in candidates(&requests[i]) {
            let least = best.map_or(limit, |(cost, _)| cost);
            if preference >= least || !bounds.holds(rect) || full.iter().any(|f| f.overlaps(rect)) {
                continue;
            }
            let hidden: f64 = obstacles.iter().filter(|o| o.place.overlaps(rect)).map(|o| o.cost).sum();
            if preference + hidden < least {
                best = Some((preference + hidden, rect));
            }
        }
        if let Some((_, rect)) = best {
            full.push(rect);
            places[i] = Some(rect);
        }
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn around(anchor: Point, rank: u8) -> Request {
        let choice = Choice::Around { best: point(1.0, 0.0), limit: 99.0 };
        Request { anchor, clearance: 8.0, width: 60.0, height: 18.0, rank, choice }
    }

    fn canvas() -> Rect {
        Rect { min: point(0.0, 0.0), max: point(400.0, 300.0) }
    }

    #[test]
    fn a_lone_label_stands_on_its_best_side() {
        let places = place(&[around(point(100.0, 100.0), 0)], canvas(), &[], &[]);
        assert_eq!(places[0].map(|r| r.min.x), Some(108.0));
    }

    #[test]
    fn a_label_at_the_edge_turns_inwards() {
        let places = place(&[around(point(390.0, 100.0), 0)], canvas(), &[], &[]);
        assert!(places[0].is_some_and(|r| r.max.x < 400.0));
    }

    #[test]
    fn a_label_keeps_off_what_costs() {
        let line = Obstacle { place: Rect::around(point(140.0, 100.0), 40.0, 10.0), cost: 5.0 };
        let places = place(&[around(point(100.0, 100.0), 0)], canvas(), &[], &[line]);
        assert!(places[0].is_some_and(|r| !r.overlaps(line.place)));
    }

    #[test]
    fn where_two_cannot_stand_the_important_one_does() {
        let centred = |rank| Request { choice: Choice::Centred, ..around(point(100.0, 100.0), rank) };
        let places = place(&[centred(1), centred(0)], canvas(), &[], &[]);
        assert!(places[0].is_none() && places[1].is_some());
    }

    proptest! {
        #[test]
        fn labels_never_overlap_and_stay_inside(
            anchors in prop::collection::vec((0.0..400.0_f64, 0.0..300.0_f64, 0..4_u8), 1..60),
            taken in (0.0..400.0_f64, 0.0..300.0_f64),
        ) {
            let requests: Vec<_> = anchors.iter().map(|(x, y, rank)| around(point(*x, *y), *rank)).collect();
            let taken = [Rect::around(point(taken.0, taken.1), 50.0, 50.0)];
            let placed: Vec<_> = place(&requests, canvas(), &taken, &[]).into_iter().flatten().collect();
            prop_assert!(!placed.is_empty());
            for (i, a) in placed.iter().enumerate() {
                prop_assert!(canvas().holds(*a) && !a.overlaps(taken[0]));
                prop_assert!(placed[..i].iter().all(|b| !a.overlaps(*b)));
            }
        }
    }
}

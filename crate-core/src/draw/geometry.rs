//! Points, rectangles, curves and tracks, in CSS pixels with y downwards. Angles are turns: 0 at 12 o'clock, clockwise.

use std::f64::consts::TAU;

/// A point or a direction, in CSS pixels; y grows downwards.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Point {
    /// To the right.
    pub x: f64,
    /// Downwards.
    pub y: f64,
}

/// A point.
#[must_use]
pub const fn point(x: f64, y: f64) -> Point {
    Point { x, y }
}

impl Point {
    /// The point `length` from here in direction `turn` (0 up, a quarter right).
    #[must_use]
    pub fn toward(self, turn: f64, length: f64) -> Self {
        let (sin, cos) = libm::sincos(turn * TAU);
        point(self.x + length * sin, self.y - length * cos)
    }

    /// This point moved by `by` times `scale`.
    #[must_use]
    pub fn plus(self, by: Self, scale: f64) -> Self {
        point(self.x + by.x * scale, self.y + by.y * scale)
    }

    /// From `other` to here.
    #[must_use]
    pub fn minus(self, other: Self) -> Self {
        point(self.x - other.x, self.y - other.y)
    }

    /// The point `t` of the way to `other`.
    #[must_use]
    pub fn mix(self, other: Self, t: f64) -> Self {
        point(self.x + (other.x - self.x) * t, self.y + (other.y - self.y) * t)
    }

    /// The length of a direction.
    #[must_use]
    pub fn length(self) -> f64 {
        (self.x * self.x + self.y * self.y).sqrt()
    }

    /// The distance to `other`.
    #[must_use]
    pub fn distance(self, other: Self) -> f64 {
        other.minus(self).length()
    }

    /// This direction with length 1; up if it has none.
    #[must_use]
    pub fn unit(self) -> Self {
        let length = self.length();
        if length > 1e-9 { point(self.x / length, self.y / length) } else { point(0.0, -1.0) }
    }

    /// This direction turned by a quarter clockwise.
    #[must_use]
    pub fn quarter(self) -> Self {
        point(-self.y, self.x)
    }

    /// The direction from `centre` to here as a turn: 0 ≤ turn < 1.
    #[must_use]
    pub fn turn_around(self, centre: Self) -> f64 {
        let d = self.minus(centre);
        wrap(libm::atan2(d.x, -d.y) / TAU)
    }
}

/// A turn brought into 0 ≤ turn < 1.
#[must_use]
pub fn wrap(turn: f64) -> f64 {
    let rest = turn - turn.floor();
    if rest < 1.0 { rest } else { 0.0 }
}

/// The shortest way from one turn to another: −½ < way ≤ ½.
#[must_use]
pub fn shortest_way(from: f64, to: f64) -> f64 {
    let way = wrap(to - from);
    if way > 0.5 { way - 1.0 } else { way }
}

/// An upright rectangle.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct Rect {
    /// The top left corner.
    pub min: Point,
    /// The bottom right corner.
    pub max: Point,
}

impl Rect {
    /// The rectangle of a size around a centre.
    #[must_use]
    pub fn around(centre: Point, width: f64, height: f64) -> Self {
        let half = point(width / 2.0, height / 2.0);
        Self { min: centre.minus(half), max: centre.plus(half, 1.0) }
    }

    /// The smallest rectangle that holds all points; an empty one at 0 without any.
    #[must_use]
    pub fn of(points: impl IntoIterator<Item = Point>) -> Self {
        let mut points = points.into_iter();
        let Some(first) = points.next() else { return Self::default() };
        points.fold(Self { min: first, max: first }, |r, p| Self {
            min: point(r.min.x.min(p.x), r.min.y.min(p.y)),
            max: point(r.max.x.max(p.x), r.max.y.max(p.y)),
        })
    }

    /// This rectangle, larger by `by` on every side.
    #[must_use]
    pub fn grown(self, by: f64) -> Self {
        Self { min: self.min.plus(point(-by, -by), 1.0), max: self.max.plus(point(by, by), 1.0) }
    }

    /// The middle.
    #[must_use]
    pub fn centre(self) -> Point {
        self.min.mix(self.max, 0.5)
    }

    /// From left to right.
    #[must_use]
    pub fn width(self) -> f64 {
        self.max.x - self.min.x
    }

    /// From top to bottom.
    #[must_use]
    pub fn height(self) -> f64 {
        self.max.y - self.min.y
    }

    /// Whether two rectangles share more than an edge.
    #[must_use]
    pub fn overlaps(self, other: Self) -> bool {
        self.min.x < other.max.x && other.min.x < self.max.x && self.min.y < other.max.y && other.min.y < self.max.y
    }

    /// Whether `other` lies wholly inside.
    #[must_use]
    pub fn holds(self, other: Self) -> bool {
        self.min.x <= other.min.x && self.min.y <= other.min.y && self.max.x >= other.max.x && self.max.y >= other.max.y
    }

    /// The nearest point inside.
    #[must_use]
    pub fn clamp(self, p: Point) -> Point {
        point(p.x.max(self.min.x).min(self.max.x), p.y.max(self.min.y).min(self.max.y))
    }
}

/// A cubic Bézier curve.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Curve(pub [Point; 4]);

impl Curve {
    /// A straight line as a curve.
    #[must_use]
    pub fn line(from: Point, to: Point) -> Self {
        Self([from, from.mix(to, 1.0 / 3.0), from.mix(to, 2.0 / 3.0), to])
    }

    /// The curve with one control point for both ends (a quadratic, raised).
    #[must_use]
    pub fn bent(from: Point, control: Point, to: Point) -> Self {
        Self([from, from.mix(control, 2.0 / 3.0), to.mix(control, 2.0 / 3.0), to])
    }

    /// An arc of a circle of at most an eighth of a turn; the error is below 1/10,000 of the radius.
    #[must_use]
    pub fn arc(centre: Point, radius: f64, from: f64, sweep: f64) -> Self {
        let (start, end) = (centre.toward(from, radius), centre.toward(from + sweep, radius));
        let handle = 4.0 / 3.0 * libm::tan(sweep * TAU / 4.0);
        let (out, back) = (start.minus(centre).quarter(), end.minus(centre).quarter());
        Self([start, start.plus(out, handle), end.plus(back, -handle), end])
    }

    /// The point at `t`, 0 at the start and 1 at the end.
    #[must_use]
    pub fn at(&self, t: f64) -> Point {
        self.split(t).0.0[3]
    }

    /// The parts before and after `t`.
    #[must_use]
    pub fn split(&self, t: f64) -> (Self, Self) {
        let [a, b, c, d] = self.0;
        let (ab, bc, cd) = (a.mix(b, t), b.mix(c, t), c.mix(d, t));
        let (abc, bcd) = (ab.mix(bc, t), bc.mix(cd, t));
        let middle = abc.mix(bcd, t);
        (Self([a, ab, abc, middle]), Self([middle, bcd, cd, d]))
    }

    /// Its length, to about one part in a hundred.
    #[must_use]
    pub fn length(&self) -> f64 {
        (0..16).map(|i| self.at(f64::from(i) / 16.0).distance(self.at(f64::from(i + 1) / 16.0))).sum()
    }
}

/// Curves, end to end: the way of a message.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Track {
    curves: Vec<Curve>,
    /// The length up to the end of each curve.
    ends: Vec<f64>,
}

impl Track {
    /// The way along these curves; each begins where the one before ends.
    #[must_use]
    pub fn new(curves: Vec<Curve>) -> Self {
        let mut sum = 0.0;
        let ends = curves
            .iter()
            .map(|c| {
                sum += c.length();
                sum
            })
            .collect();
        Self { curves, ends }
    }

    /// An arc of a circle of any sweep, in turns; negative is counter-clockwise.
    #[must_use]
    pub fn arc(centre: Point, radius: f64, from: f64, sweep: f64) -> Self {
        let parts = ((sweep.abs() * 8.0).ceil().max(1.0)) as usize;
        let step = sweep / parts as f64;
        Self::new((0..parts).map(|i| Curve::arc(centre, radius, from + step * i as f64, step)).collect())
    }

    /// The curves.
    #[must_use]
    pub fn curves(&self) -> &[Curve] {
        &self.curves
    }

    /// Whether there is no way at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.curves.is_empty()
    }

    /// The whole length.
    #[must_use]
    pub fn length(&self) -> f64 {
        self.ends.last().copied().unwrap_or(0.0)
    }

    fn locate(&self, progress: f64) -> (usize, f64) {
        let want = progress.clamp(0.0, 1.0) * self.length();
        let i = self.ends.partition_point(|end| *end < want).min(self.curves.len().saturating_sub(1));
        let start = if i == 0 { 0.0 } else { self.ends[i - 1] };
        let span = self.ends[i] - start;
        (i, if span > 0.0 { ((want - start) / span).clamp(0.0, 1.0) } else { 1.0 })
    }

    /// The point after a share of the way, 0 to 1; `None` if the track is empty.
    #[must_use]
    pub fn at(&self, progress: f64) -> Option<Point> {
        if self.is_empty() {
            return None;
        }
        let (i, t) = self.locate(progress);
        Some(self.curves[i].at(t))
    }

    /// The part of the way up to a share of it.
    #[must_use]
    pub fn until(&self, progress: f64) -> Self {
        if self.is_empty() {
            return Self::default();
        }
        let (i, t) = self.locate(progress);
        let mut curves = self.curves[..i].to_vec();
        curves.push(self.curves[i].split(t).0);
        Self::new(curves)
    }

    /// The part of the way after a share of it.
    #[must_use]
    pub fn after(&self, progress: f64) -> Self {
        if self.is_empty() {
            return Self::default();
        }
        let (i, t) = self.locate(progress);
        let mut curves = vec![self.curves[i].split(t).1];
        curves.extend_from_slice(&self.curves[i + 1..]);
        Self::new(curves)
    }

    /// Points along the way, about `step` apart, with both ends.
    #[must_use]
    pub fn sampled(&self, step: f64) -> Vec<Point> {
        let count = ((self.length() / step.max(1.0)).ceil().clamp(1.0, 400.0)) as usize;
        (0..=count).filter_map(|i| self.at(i as f64 / count as f64)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn turns_go_clockwise_from_the_top() {
        let centre = point(10.0, 10.0);
        let near = |a: Point, b: Point| a.distance(b) < 1e-9;
        assert!(near(centre.toward(0.0, 5.0), point(10.0, 5.0)));
        assert!(near(centre.toward(0.25, 5.0), point(15.0, 10.0)));
        assert!(near(centre.toward(0.5, 5.0), point(10.0, 15.0)));
    }

    #[test]
    fn the_shortest_way_may_pass_zero() {
        assert!((shortest_way(0.9, 0.1) - 0.2).abs() < 1e-12);
        assert!((shortest_way(0.1, 0.9) + 0.2).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn a_direction_reads_back(turn in 0.0..1.0_f64, length in 1.0..500.0_f64) {
            let centre = point(3.0, 4.0);
            let back = centre.toward(turn, length).turn_around(centre);
            prop_assert!(shortest_way(turn, back).abs() < 1e-9);
        }

        #[test]
        fn an_arc_stays_on_its_circle(from in 0.0..1.0_f64, sweep in -1.0..1.0_f64, share in 0.0..1.0_f64) {
            let track = Track::arc(Point::default(), 100.0, from, sweep);
            let p = track.at(share).expect("an arc has points");
            prop_assert!((p.length() - 100.0).abs() < 0.02);
        }

        #[test]
        fn both_parts_of_a_track_make_its_length(sweep in 0.05..1.0_f64, share in 0.01..0.99_f64) {
            let track = Track::arc(Point::default(), 100.0, 0.0, sweep);
            let sum = track.until(share).length() + track.after(share).length();
            prop_assert!((sum - track.length()).abs() < 0.01 * track.length());
        }
    }
}

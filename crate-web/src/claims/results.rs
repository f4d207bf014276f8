//! What was measured: cells, how they grow, charts and files. Plain state, tested natively.

use std::collections::{BTreeMap, BTreeSet};

use overlay_core::draw::chart::{Head, Ink, Series, Stop, log_curves, number};
use overlay_core::experiment::Technique;
use overlay_core::experiment::claims::{Claim, Quantity, of};
use overlay_core::experiment::growth::{Fit, Growth, fit, verdict};
use overlay_core::lecture::checks::Verdict;

/// Values in the order of [`Quantity::ALL`].
pub type Values = [f64; Quantity::ALL.len()];

/// What was measured in one world, by number of peers and system.
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Results {
    cells: BTreeMap<(u32, Technique), Values>,
}

const SERIES: [Series<'static>; 6] = [
    Series { name: Technique::Gnutella.title(), ink: Ink::Gnutella },
    Series { name: Technique::Napster.title(), ink: Ink::Napster },
    Series { name: Technique::Replication.title(), ink: Ink::Replication },
    Series { name: Technique::FastTrack.title(), ink: Ink::FastTrack },
    Series { name: Technique::Chord.title(), ink: Ink::Chord },
    Series { name: Technique::Pastry.title(), ink: Ink::Pastry },
];

impl Results {
    /// Takes a measured system in.
    pub fn take(&mut self, peers: u32, system: Technique, values: Values) {
        self.cells.insert((peers, system), values);
    }

    /// Whether all systems have been measured at a size.
    #[must_use]
    pub fn has(&self, peers: u32) -> bool {
        Technique::ALL.iter().all(|system| self.cells.contains_key(&(peers, *system)))
    }

    /// Sizes at which something was measured, in ascending order.
    #[must_use]
    pub fn sizes(&self) -> Vec<u32> {
        self.cells.keys().map(|(peers, _)| *peers).collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// A measured value.
    #[must_use]
    pub fn value(&self, peers: u32, system: Technique, quantity: Quantity) -> Option<f64> {
        self.cells.get(&(peers, system)).map(|values| values[quantity as usize])
    }

    /// All values of a quantity, by size.
    #[must_use]
    pub fn points(&self, system: Technique, quantity: Quantity) -> Vec<(f64, f64)> {
        let of = self.cells.iter().filter(|((_, one), _)| *one == system);
        of.map(|((peers, _), values)| (f64::from(*peers), values[quantity as usize])).collect()
    }

    /// The law that fits a cell's values; `None` of fewer than three sizes.
    #[must_use]
    pub fn fit(&self, system: Technique, quantity: Quantity) -> Option<Fit> {
        fit(&self.points(system, quantity))
    }

    /// What the slide claims of a cell, with what the fit says of it, if there is one.
    #[must_use]
    pub fn judged(&self, system: Technique, quantity: Quantity) -> Vec<(&'static Claim, Option<Verdict>)> {
        let fit = self.fit(system, quantity);
        of(system, quantity).map(|claim| (claim, fit.as_ref().map(|fit| verdict(fit, claim)))).collect()
    }

    /// A quantity's chart on log axes.
    #[must_use]
    pub fn chart(&self, quantity: Quantity) -> String {
        let points = Technique::ALL.map(|system| self.points(system, quantity));
        let sizes = self.sizes();
        let stops: Vec<Stop> =
            sizes.iter().map(|peers| Stop { at: f64::from(*peers), reading: self.reading(*peers, quantity) }).collect();
        let sizes: Vec<f64> = sizes.into_iter().map(f64::from).collect();
        let (_, unit) = quantity.title().rsplit_once(", ").unwrap_or(("", "messages"));
        let head = Head { title: quantity.title(), x: "peers, N", y: unit, series: &SERIES };
        log_curves(&head, &points.each_ref().map(Vec::as_slice), &sizes, &stops)
    }

    fn reading(&self, peers: u32, quantity: Quantity) -> String {
        let values = Technique::ALL
            .into_iter()
            .filter_map(|system| Some(format!("{} {}", system.title(), number(self.value(peers, system, quantity)?))));
        format!("N = {}: {}", number(f64::from(peers)), values.collect::<Vec<_>>().join(", "))
    }

    /// A quantity's numbers: a line a size, a column a system. The first line names them.
    #[must_use]
    pub fn rows(&self, quantity: Quantity) -> Vec<Vec<String>> {
        let heads = ["Peers"].into_iter().chain(Technique::ALL.map(Technique::title)).map(String::from).collect();
        let line = |peers: u32| {
            let values =
                Technique::ALL.map(|system| self.value(peers, system, quantity).map_or_else(String::new, number));
            [number(f64::from(peers))].into_iter().chain(values).collect()
        };
        [heads].into_iter().chain(self.sizes().into_iter().map(line)).collect()
    }

    /// Everything: a line a size and system, and then a line a cell with its claim, fit and verdict.
    #[must_use]
    pub fn all_rows(&self) -> Vec<Vec<String>> {
        let mut rows = vec![
            ["System", "Peers"]
                .into_iter()
                .chain(Quantity::ALL.map(Quantity::title))
                .map(String::from)
                .collect::<Vec<_>>(),
        ];
        for ((peers, system), values) in &self.cells {
            let names = [system.title().into(), number(f64::from(*peers))];
            rows.push(names.into_iter().chain(values.map(number)).collect());
        }
        let judged: Vec<Vec<String>> = self.growth_rows().collect();
        if !judged.is_empty() {
            rows.push(["System", "Quantity", "Slide", "Growth", "Error", "Verdict"].map(String::from).into());
            rows.extend(judged);
        }
        rows
    }

    fn growth_rows(&self) -> impl Iterator<Item = Vec<String>> {
        let cells = Technique::ALL.into_iter().flat_map(|system| Quantity::ALL.map(|quantity| (system, quantity)));
        cells.flat_map(move |(system, quantity)| {
            let fit = self.fit(system, quantity);
            self.judged(system, quantity).into_iter().filter_map(move |(claim, verdict)| {
                let (fit, verdict) = (fit?, verdict?);
                let names = [system.title(), quantity.title(), claim.slide].map(String::from);
                Some(names.into_iter().chain([fit.growth.text(), percent(fit.error), verdict.text()]).collect())
            })
        })
    }
}

fn percent(share: f64) -> String {
    format!("{} %", number((share * 1e3).round() / 10.0))
}

/// A value as it stands in a cell: three digits, or all before the point.
#[must_use]
pub fn shown(value: f64) -> String {
    let tenths = |by: f64| number((value * by).round() / by);
    match value.abs() {
        size if size >= 100.0 => tenths(1.0),
        size if size >= 10.0 => tenths(10.0),
        _ => tenths(100.0),
    }
}

/// A fitted law in words: which, how sure its power is, and how far the points lie off it.
#[must_use]
pub fn told(fit: &Fit) -> String {
    let law = match fit.growth {
        Growth::One => format!("stays at {}", shown(fit.mean)),
        Growth::Log => "grows as log n".into(),
        Growth::Power(p) => format!("grows as n^{} ± {}", number(p), number(fit.power_error)),
    };
    format!("{law}; our points lie {} off that", percent(fit.error))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Values that grow as n in one quantity, as log n in the next, and so on.
    fn results(sizes: &[u32]) -> Results {
        let mut results = Results::default();
        for peers in sizes {
            for system in Technique::ALL {
                let n = f64::from(*peers);
                results.take(*peers, system, [n.log2(), n.log2(), n, 0.0, 17.0, 1.0]);
            }
        }
        results
    }

    #[test]
    fn one_size_has_values_and_no_verdict() {
        let results = results(&[1_024]);
        assert_eq!(results.value(1_024, Technique::Chord, Quantity::Hops), Some(10.0));
        assert!(results.has(1_024) && !results.has(64));
        assert!(results.judged(Technique::Chord, Quantity::Hops).iter().all(|(_, verdict)| verdict.is_none()));
    }

    #[test]
    fn several_sizes_have_a_verdict_that_follows_the_values() {
        let results = results(&[16, 64, 256, 1_024]);
        let verdict = |system, quantity| results.judged(system, quantity)[0].1.clone().expect("four sizes").text();
        assert_eq!(verdict(Technique::Gnutella, Quantity::Messages), "holds");
        assert_eq!(verdict(Technique::Napster, Quantity::Messages), "does not hold: it grows as n^1.00");
        assert_eq!(
            verdict(Technique::Gnutella, Quantity::UpdateMessages),
            "does not hold: it is 0, since nobody is asked"
        );
        let both = results.judged(Technique::FastTrack, Quantity::StorageMax);
        assert_eq!(
            both.iter().map(|(_, verdict)| verdict.as_ref().is_some_and(Verdict::holds)).collect::<Vec<_>>(),
            [true, false]
        );
    }

    #[test]
    fn a_chart_reads_what_its_rows_say() {
        let results = results(&[16, 64]);
        let svg = results.chart(Quantity::Messages);
        assert_eq!(svg.matches("c-stop").count(), 2);
        assert!(svg.contains("N = 64: Gnutella 64, Napster 64, Full replication 64"), "{svg}");
        let rows = results.rows(Quantity::Messages);
        assert_eq!((rows.len(), rows[2].join(" ")), (3, "64 64 64 64 64 64 64".into()));
    }

    #[test]
    fn everything_is_in_the_file_of_all_figures() {
        assert_eq!(results(&[16, 64]).all_rows().len(), 1 + 12, "two sizes are not enough for a fit");
        let rows = results(&[16, 64, 256]).all_rows();
        assert_eq!(rows.len(), 1 + 18 + 1 + overlay_core::experiment::claims::CLAIMS.len());
    }

    #[test]
    fn values_are_cut_to_three_digits_and_laws_say_how_sure_they_are() {
        assert_eq!([3_396.14, 43.23, 5.357, 0.0].map(shown), ["3,396", "43.2", "5.36", "0"]);
        let fit = results(&[16, 64, 256]).fit(Technique::Gnutella, Quantity::Messages).expect("three sizes");
        assert_eq!(told(&fit), "grows as n^1 ± 0; our points lie 0 % off that");
    }
}

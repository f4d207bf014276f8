//! Shards: a sweep cut into parts that run anywhere, and put together again.
//!
//! Blocks are numbered through all points of a run; shard i of n runs those whose number leaves the remainder i. It
//! writes one line of JSON a point: the point itself and what was counted. Merging adds the counts up and works out the
//! rows, so that they are, byte for byte, those of the run in one piece.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use overlay_core::experiment::{Counts, Point};
use serde::{Deserialize, Serialize};

use crate::args::RowFormat;
use crate::output::{self, Rows, Stopped};

/// Most parts of a run.
const SHARDS_MAX: u32 = 100_000;
/// What a file of a shard may hold at most, in bytes.
const FILE_BYTES_MAX: u64 = 1 << 28;
/// The version of these files.
const VERSION: u32 = 1;

/// Part `index` of `count`, from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub(crate) struct Shard {
    pub(crate) index: u32,
    pub(crate) count: u32,
}

impl Shard {
    pub(crate) const ALL: Self = Self { index: 0, count: 1 };
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(index, count)| Some((index.parse().ok()?, count.parse().ok()?)));
        match parts {
            Some((index, count)) if index < count && count <= SHARDS_MAX => Ok(Self { index, count }),
            _ => Err(format!("a shard is i/n with 0 <= i < n <= {SHARDS_MAX}")),
        }
    }
}

/// The blocks of each point that a shard runs.
pub(crate) fn blocks(points: &[Point], shard: Shard) -> Vec<Vec<u32>> {
    let mut number = 0_u32;
    let mut mine = |_| {
        let is_mine = number % shard.count == shard.index;
        number = number.wrapping_add(1) % shard.count;
        is_mine
    };
    points.iter().map(|point| (0..point.blocks()).filter(|block| mine(*block)).collect()).collect()
}

/// One line of a shard's file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Part {
    overlay_shard: u32,
    shard: Shard,
    /// The number of the point in its run, and how many there are.
    point_index: u32,
    points: u32,
    point: Point,
    counts: Counts,
}

/// Writes what a shard counted for one point.
pub(crate) fn write(
    shard: Shard,
    point_index: usize,
    points: usize,
    point: &Point,
    counts: Counts,
) -> Result<(), Stopped> {
    let [point_index, points] = [point_index, points].map(|number| u32::try_from(number).unwrap_or(u32::MAX));
    let part = Part { overlay_shard: VERSION, shard, point_index, points, point: *point, counts };
    output::write(&format!("{}\n", serde_json::to_string(&part)?))
}

/// A point of the whole run, with the counts that have come so far and whose they are.
struct Merged {
    point: Point,
    counts: Counts,
    from: BTreeSet<u32>,
}

/// Adds up the files of all shards and writes the rows.
pub(crate) fn merge(files: &[PathBuf], format: RowFormat) -> Result<(), Stopped> {
    let mut run: Option<(u32, u32)> = None;
    let mut merged: BTreeMap<u32, Merged> = BTreeMap::new();
    for file in files {
        for part in read(file)? {
            let same = *run.get_or_insert((part.shard.count, part.points)) == (part.shard.count, part.points);
            let fresh = Merged { point: part.point, counts: Counts::default(), from: BTreeSet::new() };
            let whole = merged.entry(part.point_index).or_insert(fresh);
            if !same || whole.point != part.point || part.point_index >= part.points {
                return Err(refused(file, "is of another run than the files before it"));
            }
            if !whole.from.insert(part.shard.index) {
                return Err(refused(file, &format!("repeats shard {}/{}", part.shard.index, part.shard.count)));
            }
            whole.counts.merge(&part.counts);
        }
    }
    let Some((shards, points)) = run else { return Err(Stopped::Refused("These files hold no shard.".into())) };
    for index in 0..points {
        let from = merged.get(&index).map(|whole| &whole.from);
        if let Some(missing) = (0..shards).find(|shard| from.is_none_or(|from| !from.contains(shard))) {
            return Err(Stopped::Refused(format!("Shard {missing}/{shards} is missing or was cut off.")));
        }
    }
    let mut rows = Rows::new(format);
    for whole in merged.values() {
        whole.point.check()?;
        for row in whole.point.rows(&whole.counts)? {
            rows.push(&row)?;
        }
    }
    rows.end()
}

fn refused(file: &Path, why: &str) -> Stopped {
    Stopped::Refused(format!("{} {why}.", file.display()))
}

fn read(file: &Path) -> Result<Vec<Part>, Stopped> {
    let open = File::open(file).map_err(|error| refused(file, &format!("cannot be read: {error}")))?;
    let mut parts = Vec::new();
    for line in BufReader::new(open.take(FILE_BYTES_MAX)).lines() {
        let line = line.map_err(|error| refused(file, &format!("cannot be read: {error}")))?;
        let part: Part = serde_json::from_str(&line).map_err(|_| refused(file, "is not what a shard wrote"))?;
        if part.overlay_shard != VERSION || part.shard.index >= part.shard.count || part.shard.count > SHARDS_MAX {
            return Err(refused(file, "was written by another version of this program"));
        }
        parts.push(part);
    }
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_shard_is_a_part_of_a_whole() {
        assert_eq!("2/3".parse(), Ok(Shard { index: 2, count: 3 }));
        for wrong in ["3/3", "0/0", "1", "-1/2", "1/2/3", "a/b", "0/100001", ""] {
            assert!(wrong.parse::<Shard>().is_err(), "{wrong}");
        }
    }
}

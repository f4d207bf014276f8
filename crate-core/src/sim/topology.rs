//! Graphs of links for worlds of an unstructured system: who is connected with whom in the converged state.
//!
//! # Implementation notes
//! - **Random**: a uniformly random graph with N·C/2 links; each part that is not connected with the largest one then gets one
//!   link into it, so that there is one network (2% of nodes have no link at C = 4 otherwise). Lv et al. 2002 used such a graph.
//! - **Power law**: by preferential attachment (Barabási and Albert, Science 286, 1999), degrees with exponent 3. Lv et al. drew
//!   degrees first (PLRG), with a heavier tail; this one is connected, and its mean degree is exact.
//! - **Grid**: rows of ⌈√N⌉; the last one may be shorter.
//! - **Tree**: filled level by level; the root has C children, every other node C − 1.
//! - **Grown**: what joining by messages leads to; see [`Topology::Grown`].

use rand::{RngExt, SeedableRng};

use crate::gnutella::Topology;
use crate::protocol::Rng;

/// The nodes of a tree in which whoever is `levels` links or less from the root is there; `None` if that is too many.
#[must_use]
pub fn tree_nodes(degree: u8, levels: u8) -> Option<u32> {
    let mut level = u32::from(degree);
    let mut all = 1_u32;
    for _ in 0..levels {
        all = all.checked_add(level)?;
        level = level.checked_mul(u32::from(degree).saturating_sub(1))?;
    }
    Some(all)
}

/// The neighbours of each of `nodes` nodes, in ascending order.
#[must_use]
pub fn graph(topology: Topology, nodes: u32, connections: u8, accepts: u16, seed: u64) -> Vec<Vec<u32>> {
    let mut graph = Graph { neighbours: vec![Vec::new(); nodes as usize] };
    let mut rng = Rng::seed_from_u64(seed ^ 0x006C_696E_6B73);
    match topology {
        Topology::Tree { degree } => graph.tree(degree),
        Topology::Random { degree } => {
            graph.random(degree, &mut rng);
            graph.connect(&mut rng);
        }
        Topology::PowerLaw { degree } => graph.power_law(degree, &mut rng),
        Topology::Grid => graph.grid(),
        Topology::Grown => graph.grown(connections, accepts, &mut rng),
    }
    graph.neighbours.iter_mut().for_each(|neighbours| neighbours.sort_unstable());
    graph.neighbours
}

struct Graph {
    neighbours: Vec<Vec<u32>>,
}

impl Graph {
    fn len(&self) -> u32 {
        // Worlds are bounded far below 2^32 nodes.
        self.neighbours.len() as u32
    }

    /// Adds a link, unless it is there or leads back; whether it did.
    fn link(&mut self, a: u32, b: u32) -> bool {
        // The shorter list: a hub's may be long.
        let (fewer, more) = if self.of(a).len() <= self.of(b).len() { (a, b) } else { (b, a) };
        if a == b || self.of(fewer).contains(&more) {
            return false;
        }
        self.neighbours[a as usize].push(b);
        self.neighbours[b as usize].push(a);
        true
    }

    fn of(&self, node: u32) -> &[u32] {
        &self.neighbours[node as usize]
    }

    fn tree(&mut self, degree: u8) {
        let degree = u32::from(degree.max(2));
        let mut next = 1_u32;
        for node in 0..self.len() {
            let children = if node == 0 { degree } else { degree - 1 };
            for child in next..next.saturating_add(children).min(self.len()) {
                self.link(node, child);
            }
            next = next.saturating_add(children);
        }
    }

    fn random(&mut self, degree: u8, rng: &mut Rng) {
        let nodes = u64::from(self.len());
        let most = nodes * nodes.saturating_sub(1) / 2;
        let mut missing = (nodes * u64::from(degree) / 2).min(most);
        while missing > 0 {
            let (a, b) = (rng.random_range(0..self.len()), rng.random_range(0..self.len()));
            missing -= u64::from(self.link(a, b));
        }
    }

    /// Links every part that stands apart to the largest one.
    fn connect(&mut self, rng: &mut Rng) {
        let mut part = vec![u32::MAX; self.neighbours.len()];
        let mut parts: Vec<Vec<u32>> = Vec::new();
        for start in 0..self.len() {
            if part[start as usize] != u32::MAX {
                continue;
            }
            let number = parts.len() as u32;
            let mut members = vec![start];
            part[start as usize] = number;
            let mut at = 0;
            while let Some(node) = members.get(at).copied() {
                at += 1;
                for next in &self.neighbours[node as usize] {
                    if part[*next as usize] == u32::MAX {
                        part[*next as usize] = number;
                        members.push(*next);
                    }
                }
            }
            parts.push(members);
        }
        parts.sort_by_key(|members| std::cmp::Reverse(members.len()));
        let Some((largest, others)) = parts.split_first() else { return };
        for members in others {
            let here = members[rng.random_range(0..members.len() as u32) as usize];
            self.link(here, largest[rng.random_range(0..largest.len() as u32) as usize]);
        }
    }

    fn power_law(&mut self, degree: u8, rng: &mut Rng) {
        let degree = u32::from(degree.max(2));
        // One end of every link, so that a draw from it finds a node as often as it has links.
        let mut ends: Vec<u32> = Vec::new();
        for node in 1..self.len() {
            // An odd mean degree comes about by turns.
            let wanted = degree / 2 + (degree % 2) * (node % 2);
            let mut made = 0;
            while made < wanted.min(node) {
                let drawn = if ends.is_empty() { 0 } else { ends[rng.random_range(0..ends.len() as u32) as usize] };
                // While there are few nodes, the few that have links may all be linked already.
                let other = if self.of(node).contains(&drawn) { rng.random_range(0..node) } else { drawn };
                if self.link(node, other) {
                    made += 1;
                    ends.extend([node, other]);
                }
            }
        }
    }

    fn grid(&mut self) {
        let side = self.len().isqrt();
        let side = if side * side < self.len() { side + 1 } else { side };
        for node in 0..self.len() {
            if (node + 1) % side != 0 && node + 1 < self.len() {
                self.link(node, node + 1);
            }
            if node + side < self.len() {
                self.link(node, node + side);
            }
        }
    }

    fn grown(&mut self, connections: u8, accepts: u16, rng: &mut Rng) {
        // Who still accepts connections, in no particular order.
        let mut free: Vec<u32> = Vec::new();
        for node in 0..self.len() {
            let mut tries = 0;
            while self.of(node).len() < usize::from(connections) && tries < 64 && !free.is_empty() {
                tries += 1;
                let at = rng.random_range(0..free.len() as u32) as usize;
                let other = free[at];
                if self.link(node, other) && self.of(other).len() >= usize::from(accepts) {
                    free.swap_remove(at);
                }
            }
            if self.of(node).len() < usize::from(accepts) {
                free.push(node);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn topologies() -> impl Strategy<Value = Topology> {
        (2_u8..9, 0..5).prop_map(|(degree, which)| match which {
            0 => Topology::Tree { degree },
            1 => Topology::Random { degree },
            2 => Topology::PowerLaw { degree },
            3 => Topology::Grid,
            _ => Topology::Grown,
        })
    }

    proptest! {
        #[test]
        fn links_have_two_ends_and_every_node_is_reached(topology in topologies(), nodes in 1_u32..300, seed: u64) {
            let graph = graph(topology, nodes, 4, 8, seed);
            for (node, neighbours) in graph.iter().enumerate() {
                prop_assert!(neighbours.is_sorted_by(|a, b| a < b), "in order, each once");
                prop_assert!(neighbours.iter().all(|other| *other != node as u32 && graph[*other as usize].contains(&(node as u32))));
            }
            let mut reached = std::collections::BTreeSet::from([0_u32]);
            let mut border = vec![0_u32];
            while let Some(node) = border.pop() {
                border.extend(graph[node as usize].iter().filter(|next| reached.insert(**next)));
            }
            prop_assert_eq!(reached.len(), nodes as usize);
        }
    }

    fn mean(graph: &[Vec<u32>]) -> f64 {
        graph.iter().map(Vec::len).sum::<usize>() as f64 / graph.len() as f64
    }

    #[test]
    fn random_and_power_law_graphs_have_the_mean_degree_that_is_asked_for() {
        for degree in [3, 4, 5] {
            for topology in [Topology::Random { degree }, Topology::PowerLaw { degree }] {
                let mean = mean(&graph(topology, 10_000, 4, 8, 1));
                // Random graphs have a few links more, that connect what stands apart.
                assert!((mean - f64::from(degree)).abs() < 0.15, "{topology:?}: {mean}");
            }
        }
    }

    #[test]
    fn a_power_law_has_hubs_and_a_random_graph_none() {
        let most = |topology| graph(topology, 10_000, 4, 8, 1).iter().map(Vec::len).max().unwrap_or(0);
        assert!(most(Topology::PowerLaw { degree: 4 }) > 100);
        assert!(most(Topology::Random { degree: 4 }) < 25);
    }

    #[test]
    fn a_tree_of_degree_4_has_4372_nodes_within_7_links_besides_its_root() {
        assert_eq!(tree_nodes(4, 7), Some(4_373));
        let graph = graph(Topology::Tree { degree: 4 }, 4_373, 4, 8, 1);
        let inner = graph.iter().filter(|neighbours| neighbours.len() == 4).count();
        assert_eq!((inner, graph.iter().filter(|neighbours| neighbours.len() == 1).count()), (1 + 1_456, 2_916));
        assert_eq!(tree_nodes(4, 32), None);
    }

    #[test]
    fn a_grid_of_100_by_100_has_19_800_links() {
        let graph = graph(Topology::Grid, 10_000, 4, 8, 1);
        assert_eq!(graph.iter().map(Vec::len).sum::<usize>(), 2 * 19_800);
    }
}

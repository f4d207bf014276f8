//! What was typed after `overlay experiment`, as the rows that it asks for.

use overlay_core::experiment::{Churned, Compared, CountTo, Flooded, Geometry, Point, SystemKind, What};
use overlay_core::gnutella::{Method, Satisfied, Topology, TtlRule};
use overlay_core::pastry::JoinMethod;
use overlay_core::sim::library::Allocation;
use overlay_core::sim::topology::tree_nodes;
use overlay_core::sim::workload::Target;
use overlay_core::time::Duration;

use super::args::{
    AllocationName, ChordOnly, Common, ComparedName, CountName, Experiment, GeometryName, MethodName, SatisfiedName,
    SearchName, TargetName, TopologyName, TtlRuleName,
};
use crate::args::SystemName;

/// Sizes of the lecture's table.
const TABLE_NODES: [u32; 7] = [16, 64, 256, 1_024, 4_096, 16_384, 65_536];

const fn system(name: SystemName) -> SystemKind {
    match name {
        SystemName::Pastry => SystemKind::Pastry,
        SystemName::Chord => SystemKind::Chord,
    }
}

const fn geometry(name: GeometryName) -> Geometry {
    match name {
        GeometryName::Tree => Geometry::Tree,
        GeometryName::Hypercube => Geometry::Hypercube,
        GeometryName::Xor => Geometry::Xor,
        GeometryName::Ring => Geometry::Ring,
        GeometryName::Hybrid => Geometry::Hybrid,
    }
}

const fn links(name: TopologyName, degree: u8) -> Topology {
    match name {
        TopologyName::Tree => Topology::Tree { degree },
        TopologyName::Random => Topology::Random { degree },
        TopologyName::PowerLaw => Topology::PowerLaw { degree },
        TopologyName::Grid => Topology::Grid,
        TopologyName::Grown => Topology::Grown,
    }
}

const fn way(name: SearchName) -> Method {
    match name {
        SearchName::Flood => Method::Flood,
        SearchName::Ring => Method::RING,
        SearchName::Walk => Method::WALK,
        SearchName::Probe => Method::PROBE,
    }
}

const fn copies(name: AllocationName) -> Allocation {
    match name {
        AllocationName::Uniform => Allocation::Uniform,
        AllocationName::Proportional => Allocation::Proportional,
        AllocationName::SquareRoot => Allocation::SquareRoot,
    }
}

impl Experiment {
    pub(crate) const fn common(&self) -> &Common {
        match self {
            Self::Hops { common, .. }
            | Self::Table { common, .. }
            | Self::Distance { common, .. }
            | Self::TableQuality { common, .. }
            | Self::Failures { common, .. }
            | Self::Load { common, .. }
            | Self::Malicious { common, .. }
            | Self::Compare { common, .. }
            | Self::Churn { common, .. }
            | Self::Flood { common, .. }
            | Self::Resilience { common, .. } => common,
        }
    }

    /// The rows that were asked for.
    pub(crate) fn points(&self) -> Vec<Point> {
        let common = self.common();
        let (nodes, lookups) = self.published_setting();
        let nodes = match () {
            () if !common.nodes.is_empty() => common.nodes.clone(),
            () if self.is_table() => TABLE_NODES.to_vec(),
            () => vec![nodes],
        };
        let lookups = common.lookups.unwrap_or(lookups);
        let points = nodes.iter().flat_map(|nodes| {
            let point = |what| Point { nodes: *nodes, seed: common.seed, lookups, what };
            self.whats().into_iter().map(point)
        });
        points.collect()
    }

    /// Whether this is the lecture's table of all six systems.
    fn is_table(&self) -> bool {
        matches!(self, Self::Compare { systems, .. } if systems.contains(&ComparedName::All))
    }

    /// Whether rows are to say how what was measured grows.
    pub(crate) fn shows_growth(&self) -> bool {
        self.is_table() && matches!(self, Self::Compare { growth: true, .. })
    }

    /// Nodes and lookups of the paper, or near it.
    fn published_setting(&self) -> (u32, u32) {
        match self {
            Self::Hops { system: SystemName::Chord, .. } => (4_096, 409_600),
            Self::Hops { .. } | Self::Malicious { .. } => (10_000, 200_000),
            Self::Distance { .. } => (5_000, 200_000),
            Self::Table { .. } | Self::TableQuality { .. } => (5_000, 1),
            Self::Failures { system: SystemName::Pastry, .. } => (5_000, 100_000),
            Self::Failures { system: SystemName::Chord, .. } => (1_000, 10_000),
            Self::Load { .. } => (10_000, 1),
            Self::Resilience { .. } => (65_536, 200_000),
            Self::Compare { .. } => (1_000, if self.is_table() { 100 } else { 1_000 }),
            Self::Churn { .. } => (1_000, 1),
            Self::Flood { topology: TopologyName::Tree, degree, ttl, .. } => {
                // A tree that no message sees the end of; one that is too large is refused as any world is.
                let deepest = ttl.iter().max().copied().unwrap_or(1).saturating_add(1);
                (tree_nodes(*degree, deepest).unwrap_or(u32::MAX), 1)
            }
            Self::Flood { topology: TopologyName::Grid, .. } => (10_000, 200),
            Self::Flood { .. } => (9_836, 200),
        }
    }

    /// The experiment, once for each value of an option that may have several.
    fn whats(&self) -> Vec<What> {
        match self {
            Self::Hops { system: name, b, leaf_set, target, count, .. } => {
                let target = match (target, name) {
                    (Some(TargetName::Node), _) | (None, SystemName::Pastry) => Target::Node,
                    (Some(TargetName::Key), _) | (None, SystemName::Chord) => Target::Key,
                };
                let count = match count {
                    CountName::Predecessor => CountTo::Predecessor,
                    CountName::Owner => CountTo::Owner,
                };
                vec![What::Hops { system: system(*name), digits: *b, leaf_set: *leaf_set, target, count }]
            }
            Self::Table { b, leaf_set, .. } => vec![What::Table { digits: *b, leaf_set: *leaf_set }],
            Self::Distance { system: name, .. } => vec![What::Distance { system: system(*name) }],
            Self::TableQuality { method, .. } => {
                let method = match method {
                    MethodName::Sl => JoinMethod::Rows,
                    MethodName::Wt => JoinMethod::WholeStates,
                    MethodName::Wtf => JoinMethod::WholeStatesTwice,
                };
                vec![What::TableQuality { method }]
            }
            Self::Failures { system: name, fail, .. } => {
                fail.iter().map(|fail| What::Failures { system: system(*name), fail: *fail }).collect()
            }
            Self::Load { keys, virtual_nodes, system: ChordOnly::Chord, .. } => {
                virtual_nodes.iter().map(|count| What::Load { keys: *keys, virtual_nodes: *count }).collect()
            }
            Self::Malicious { system: name, fraction, .. } => {
                fraction.iter().map(|f| What::Malicious { system: system(*name), fraction: *f }).collect()
            }
            Self::Churn { system: name, session_mean_s, duration_s, loss, lookup_rate, .. } => {
                let churned = |session: &u32| Churned {
                    system: system(*name),
                    session_mean_s: *session,
                    duration_s: *duration_s,
                    loss_per_million: *loss,
                    lookup_rate: *lookup_rate,
                };
                session_mean_s.iter().map(|session| What::Churn(churned(session))).collect()
            }
            Self::Compare { .. } if self.is_table() => vec![What::Techniques],
            Self::Compare { systems, fail, loss, b, leaf_set, successors, upkeep_s, .. } => {
                vec![What::Compare(Compared {
                    pastry: systems.contains(&ComparedName::Pastry),
                    chord: systems.contains(&ComparedName::Chord),
                    fail_per_million: *fail,
                    loss_per_million: *loss,
                    digits: *b,
                    leaf_set: *leaf_set,
                    successor_list: *successors,
                    upkeep: Duration::from_secs((*upkeep_s).into()),
                })]
            }
            Self::Flood {
                degree, ttl, topology, method, ttl_rule, satisfied, replication, zipf, allocation, ..
            } => {
                let is_tree = matches!(topology, TopologyName::Tree);
                let flooded = |ttl: &u8, allocation: &AllocationName| Flooded {
                    degree: *degree,
                    ttl: *ttl,
                    topology: links(*topology, *degree),
                    method: way(*method),
                    ttl_rule: match ttl_rule {
                        TtlRuleName::Slide => TtlRule::Slide,
                        TtlRuleName::Published => TtlRule::Published,
                    },
                    satisfied: match satisfied {
                        SatisfiedName::Stops => Satisfied::Stops,
                        SatisfiedName::PassesOn => Satisfied::PassesOn,
                    },
                    replicas_per_million: replication.unwrap_or(if is_tree { 1_000_000 } else { 10_000 }),
                    zipf_percent: *zipf,
                    allocation: copies(*allocation),
                };
                let points = ttl.iter().flat_map(|ttl| allocation.iter().map(move |it| (ttl, it)));
                points.map(|(ttl, allocation)| What::Flood(flooded(ttl, allocation))).collect()
            }
            Self::Resilience { geometry: name, fraction, .. } => {
                fraction.iter().map(|q| What::Resilience { geometry: geometry(*name), fraction: *q }).collect()
            }
        }
    }
}

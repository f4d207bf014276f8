//! What the person wants built, as it stands in the form; and the worlds that come of it.

use overlay_core::chord;
use overlay_core::dht::DhtConfig;
use overlay_core::id::{Digits, IdBits};
use overlay_core::pastry::{self, LeafSetSize};
use overlay_core::plain::grouped;
use overlay_core::sim::lab::Setup;
use overlay_core::sim::spec::{Build, Spec};
use overlay_core::time::Duration;

use crate::desk::Desk;
use crate::numbers::{percent, whole};

/// Nodes of a world in a browser tab.
const NODES_MAX: u64 = 10_000;
/// Nodes that come in one by one in a browser tab: each join is a dozen messages.
const JOINS_MAX: u64 = 2_000;
/// How often nodes look after their tables.
const UPKEEP: Duration = Duration::from_secs(5);

/// Which systems.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Systems {
    Pastry,
    Chord,
    Both,
}

impl Systems {
    pub(super) const ALL: [Self; 3] = [Self::Pastry, Self::Chord, Self::Both];

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Pastry => "Pastry",
            Self::Chord => "Chord",
            Self::Both => "Pastry and Chord",
        }
    }
}

/// A field to type in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Entry {
    Nodes,
    Seed,
    LeafSet,
    RingBits,
    Successors,
    Replicas,
    Loss,
}

impl Entry {
    const COUNT: usize = 7;

    pub(super) const fn label(self) -> &'static str {
        match self {
            Self::Nodes => "Nodes",
            Self::Seed => "Seed",
            Self::LeafSet => "Leaf set, 2l",
            Self::RingBits => "Bits, m",
            Self::Successors => "Successors, r",
            Self::Replicas => "Copies, k",
            Self::Loss => "Loss, %",
        }
    }

    pub(super) const fn id(self) -> &'static str {
        match self {
            Self::Nodes => "plan-nodes",
            Self::Seed => "plan-seed",
            Self::LeafSet => "plan-leaf-set",
            Self::RingBits => "plan-ring-bits",
            Self::Successors => "plan-successors",
            Self::Replicas => "plan-replicas",
            Self::Loss => "plan-loss",
        }
    }
}

/// The form. Choices are indexes of their segments; texts stay as typed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Plan {
    pub(super) systems: Systems,
    texts: [String; Entry::COUNT],
    pub(super) bits: usize,
    pub(super) pastry_rule: usize,
    pub(super) leaf_set_only: usize,
    pub(super) chord_rule: usize,
    pub(super) lookup: usize,
    pub(super) build: usize,
    pub(super) upkeep: usize,
}

const BITS: [Digits; 3] = [Digits::Bits1, Digits::Bits2, Digits::Bits4];
const CHORD_RULES: [chord::RoutingRule; 3] =
    [chord::RoutingRule::Published, chord::RoutingRule::Slide, chord::RoutingRule::Naive];

impl Default for Plan {
    fn default() -> Self {
        Self {
            systems: Systems::Pastry,
            texts: ["64", "1", "16", "160", "8", "3", "0"].map(String::from),
            bits: 2,
            pastry_rule: 0,
            leaf_set_only: 0,
            chord_rule: 0,
            lookup: 0,
            build: 0,
            upkeep: 0,
        }
    }
}

/// What is wrong, by field.
pub(super) type Faults = Vec<(Entry, String)>;

impl Plan {
    pub(super) fn entry(&self, entry: Entry) -> &str {
        &self.texts[entry as usize]
    }

    pub(super) fn entry_mut(&mut self, entry: Entry) -> &mut String {
        &mut self.texts[entry as usize]
    }

    /// The plan that the worlds on a desk came from.
    pub(super) fn of(desk: &Desk) -> Self {
        let mut plan = Self::default();
        for bench in desk.benches() {
            match bench.lab.setup() {
                Setup::Pastry(spec) => plan.take_pastry(&spec),
                Setup::Chord(spec) => plan.take_chord(&spec),
            }
        }
        plan.systems = match desk.benches() {
            [_, _, ..] => Systems::Both,
            [only] if only.lab.pastry().is_some() => Systems::Pastry,
            _ => Systems::Chord,
        };
        plan
    }

    fn take<C>(&mut self, spec: &Spec<DhtConfig<C>>) {
        *self.entry_mut(Entry::Nodes) = (spec.placed.len() as u64 + u64::from(spec.random)).to_string();
        *self.entry_mut(Entry::Seed) = spec.seed.to_string();
        *self.entry_mut(Entry::Replicas) = spec.config.replicas.to_string();
        *self.entry_mut(Entry::Loss) = loss_text(spec.loss_per_million);
        self.build = usize::from(spec.build != Build::Converged);
    }

    fn take_pastry(&mut self, spec: &Spec<DhtConfig<pastry::Config>>) {
        self.take(spec);
        let config = &spec.config.overlay;
        self.bits = BITS.iter().position(|digits| *digits == config.digits).unwrap_or(2);
        self.pastry_rule = usize::from(config.rule == pastry::RoutingRule::Slide);
        self.leaf_set_only = usize::from(config.leaf_set_only);
        self.upkeep = usize::from(config.heartbeat_period.is_none());
        *self.entry_mut(Entry::LeafSet) = config.leaf_set.total().to_string();
    }

    fn take_chord(&mut self, spec: &Spec<DhtConfig<chord::Config>>) {
        self.take(spec);
        let config = &spec.config.overlay;
        self.chord_rule = CHORD_RULES.iter().position(|rule| *rule == config.rule).unwrap_or(0);
        self.lookup = usize::from(config.lookup == chord::Lookup::Iterative);
        self.upkeep = usize::from(config.maintenance.is_none());
        *self.entry_mut(Entry::RingBits) = config.bits.get().to_string();
        *self.entry_mut(Entry::Successors) = config.successor_list.to_string();
    }

    /// The worlds to build, or what stands against it.
    pub(super) fn setups(&self) -> Result<Vec<Setup>, Faults> {
        let mut faults = Faults::new();
        let mut read = |entry: Entry, least: u64, most: u64, what: &str| {
            whole(self.entry(entry), least, most, what).unwrap_or_else(|sentence| {
                faults.push((entry, sentence));
                least
            })
        };
        let nodes = read(Entry::Nodes, 1, NODES_MAX, "nodes");
        let seed = read(Entry::Seed, 0, u64::MAX, "");
        let replicas = read(Entry::Replicas, 1, 8, "copies") as u8;
        let with_pastry = self.systems != Systems::Chord;
        let with_chord = self.systems != Systems::Pastry;
        let leaf_set = if with_pastry { read(Entry::LeafSet, 2, 64, "leaves") as u8 } else { 16 };
        let ring_bits = if self.systems == Systems::Chord { read(Entry::RingBits, 3, 160, "bits") as u8 } else { 160 };
        let successors = if with_chord { read(Entry::Successors, 1, 32, "successors") as u8 } else { 8 };
        let loss = percent(self.entry(Entry::Loss)).unwrap_or_else(|sentence| {
            faults.push((Entry::Loss, sentence));
            0
        });
        let leaf_set = LeafSetSize::new(leaf_set).unwrap_or_else(|| {
            faults.push((Entry::LeafSet, "Half of the leaf set lies on either side, so its size is even.".into()));
            LeafSetSize::SIXTEEN
        });
        if ring_bits < 64 && nodes > 1 << ring_bits {
            let most = grouped(1 << ring_bits);
            faults.push((Entry::Nodes, format!("A ring of {ring_bits} bits has only {most} identifiers.")));
        }
        if self.build == 1 && (JOINS_MAX + 1..=NODES_MAX).contains(&nodes) {
            let most = grouped(JOINS_MAX);
            faults.push((
                Entry::Nodes,
                format!("By real joins at most {most} nodes; larger worlds are built converged."),
            ));
        }
        if !faults.is_empty() {
            return Err(faults);
        }
        let build = if self.build == 0 { Build::Converged } else { Build::Joined { settle_secs: 20 } };
        let random = nodes as u32;
        let mut setups = Vec::new();
        if with_pastry {
            let config = DhtConfig { overlay: self.pastry(leaf_set), replicas };
            setups.push(Setup::Pastry(Spec {
                seed,
                placed: Vec::new(),
                random,
                build,
                loss_per_million: loss,
                config,
            }));
        }
        if with_chord {
            let bits = IdBits::new(ring_bits).unwrap_or(IdBits::SHA1);
            let config = DhtConfig { overlay: self.chord(bits, successors), replicas };
            setups.push(Setup::Chord(Spec { seed, placed: Vec::new(), random, build, loss_per_million: loss, config }));
        }
        Ok(setups)
    }

    fn upkeep_period(&self) -> Option<Duration> {
        (self.upkeep == 0).then_some(UPKEEP)
    }

    fn pastry(&self, leaf_set: LeafSetSize) -> pastry::Config {
        let defaults = pastry::Config::default();
        let alone = self.leaf_set_only == 1;
        pastry::Config {
            digits: BITS[self.bits.min(2)],
            leaf_set,
            rule: if self.pastry_rule == 0 { pastry::RoutingRule::Published } else { pastry::RoutingRule::Slide },
            leaf_set_only: alone,
            acks: true,
            heartbeat_period: self.upkeep_period(),
            hop_limit: if alone { u16::MAX } else { defaults.hop_limit },
            ..defaults
        }
    }

    fn chord(&self, bits: IdBits, successor_list: u8) -> chord::Config {
        let rule = CHORD_RULES[self.chord_rule.min(2)];
        let naive = rule == chord::RoutingRule::Naive;
        let defaults = chord::Config::default();
        chord::Config {
            bits,
            successor_list,
            rule,
            lookup: if self.lookup == 0 { chord::Lookup::Recursive } else { chord::Lookup::Iterative },
            maintenance: self.upkeep_period(),
            hop_limit: if naive { u16::MAX } else { defaults.hop_limit },
            ..defaults
        }
    }
}

/// Millionths as a percentage.
fn loss_text(millionths: u32) -> String {
    let text = overlay_core::draw::fixed(f64::from(millionths) / 1e4, 4);
    text.trim_end_matches('0').trim_end_matches('.').to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn faults(change: impl FnOnce(&mut Plan)) -> Faults {
        let mut plan = Plan::default();
        change(&mut plan);
        plan.setups().unwrap_err()
    }

    #[test]
    fn the_first_world_of_each_system_can_be_built() {
        for systems in Systems::ALL {
            let plan = Plan { systems, ..Plan::default() };
            let desk = Desk::lab(plan.setups().expect("sound")).expect("can be");
            assert_eq!(desk.benches().len(), if systems == Systems::Both { 2 } else { 1 });
            assert_eq!(desk.bench().lab.node_count(), 64);
        }
    }

    #[test]
    fn two_worlds_have_the_same_nodes() {
        let plan = Plan { systems: Systems::Both, ..Plan::default() };
        let desk = Desk::lab(plan.setups().expect("sound")).expect("can be");
        let [pastry, chord] = desk.benches() else { panic!("two worlds") };
        for peer in (0..64).map(overlay_core::protocol::Peer) {
            assert_eq!(pastry.lab.text(peer, 32), chord.lab.text(peer, 32));
        }
    }

    #[test]
    fn bad_numbers_get_a_sentence_at_their_field() {
        for text in ["", "0", "ten", "10000000"] {
            let found = faults(|plan| *plan.entry_mut(Entry::Nodes) = text.into());
            assert_eq!(found.len(), 1, "{text}");
            assert_eq!(found[0].0, Entry::Nodes, "{text}");
        }
        let odd = faults(|plan| *plan.entry_mut(Entry::LeafSet) = "7".into());
        assert_eq!(odd[0].0, Entry::LeafSet);
    }

    #[test]
    fn a_ring_too_small_for_its_nodes_is_refused_at_the_nodes() {
        let found = faults(|plan| {
            plan.systems = Systems::Chord;
            *plan.entry_mut(Entry::RingBits) = "4".into();
        });
        assert!(found[0].1.contains("16 identifiers"), "{found:?}");
    }

    #[test]
    fn a_plan_is_found_again_on_the_desk_it_made() {
        let mut plan =
            Plan { systems: Systems::Both, bits: 1, pastry_rule: 1, lookup: 1, upkeep: 1, ..Plan::default() };
        *plan.entry_mut(Entry::Nodes) = "40".into();
        *plan.entry_mut(Entry::Loss) = "2.5".into();
        let desk = Desk::lab(plan.setups().expect("sound")).expect("can be");
        assert_eq!(Plan::of(&desk), plan);
    }
}

//! What is to be measured: the form's choices, the address that says the same, and the command that repeats it.

use crate::numbers::whole;

/// Numbers of peers that can be measured.
pub const SIZES: [u32; 7] = [16, 64, 256, 1_024, 4_096, 16_384, 65_536];
/// The sizes that show how things grow, within a few seconds.
const GROWTH: [bool; 7] = [true, true, true, true, true, false, false];
/// Most searches of a size.
const SEARCHES_MOST: u64 = 10_000;

/// A field to type in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Entry {
    /// What all randomness comes from.
    Seed,
    /// Searches of a size.
    Searches,
}

impl Entry {
    /// Its name in the address, and in its element's id.
    #[must_use]
    pub const fn name(self) -> &'static str {
        ["seed", "searches"][self as usize]
    }

    /// Its label.
    #[must_use]
    pub const fn label(self) -> &'static str {
        ["Seed", "Searches a size"][self as usize]
    }
}

/// What a run is made from, beside its sizes: results of the same world can stand side by side.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct World {
    /// What all randomness comes from.
    pub seed: u64,
    /// Searches of a size.
    pub searches: u32,
}

impl World {
    /// The native command that measures these sizes.
    #[must_use]
    pub fn command(&self, sizes: &[u32]) -> String {
        let sizes: Vec<String> = sizes.iter().map(ToString::to_string).collect();
        let Self { seed, searches } = self;
        format!(
            "overlay experiment compare --systems all --nodes {} --seed {seed} --lookups {searches}",
            sizes.join(",")
        )
    }
}

/// The form.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Which of [`SIZES`] are wanted.
    pub wanted: [bool; SIZES.len()],
    texts: [String; 2],
}

impl Default for Plan {
    /// 1,024 peers.
    fn default() -> Self {
        let wanted = SIZES.map(|size| size == 1_024);
        Self { wanted, texts: ["1", "100"].map(String::from) }
    }
}

impl Plan {
    /// What a field holds.
    #[must_use]
    pub fn text(&self, entry: Entry) -> &str {
        &self.texts[entry as usize]
    }

    /// The same plan with another text in a field.
    #[must_use]
    pub fn with(mut self, entry: Entry, text: String) -> Self {
        self.texts[entry as usize] = text;
        self
    }

    /// The same plan with a size more or less.
    #[must_use]
    pub fn toggled(mut self, place: usize) -> Self {
        if let Some(wanted) = self.wanted.get_mut(place) {
            *wanted = !*wanted;
        }
        self
    }

    /// The same plan with the sizes that show how things grow.
    #[must_use]
    pub fn growing(self) -> Self {
        Self { wanted: GROWTH, ..self }
    }

    /// The sizes wanted, in ascending order.
    #[must_use]
    pub fn sizes(&self) -> Vec<u32> {
        SIZES.into_iter().zip(self.wanted).filter(|(_, wanted)| *wanted).map(|(size, _)| size).collect()
    }

    /// What stands in a field, or what is wrong with it.
    ///
    /// # Errors
    /// A sentence for beside the field.
    pub fn number(&self, entry: Entry) -> Result<u64, String> {
        match entry {
            Entry::Seed => whole(self.text(entry), 0, u64::MAX, ""),
            Entry::Searches => whole(self.text(entry), 1, SEARCHES_MOST, "searches"),
        }
    }

    /// What is to be run.
    ///
    /// # Errors
    /// The first field that cannot be used, with a sentence.
    pub fn world(&self) -> Result<World, (Entry, String)> {
        let read = |entry| self.number(entry).map_err(|sentence| (entry, sentence));
        Ok(World { seed: read(Entry::Seed)?, searches: read(Entry::Searches)? as u32 })
    }

    /// Reads an address's query (`sizes=16,64&seed=7`); what it does not name is as usual.
    ///
    /// # Errors
    /// A sentence if it names something unknown or holds what cannot be run.
    pub fn of_query(query: &str) -> Result<Self, String> {
        let mut plan = Self::default();
        for pair in query.split('&').filter(|pair| !pair.is_empty()).take(8) {
            let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
            let shown: String = value.chars().take(24).collect();
            match name {
                "sizes" => {
                    plan.wanted = [false; SIZES.len()];
                    for size in value.split(',').take(64) {
                        let place = SIZES.into_iter().position(|one| size.parse() == Ok(one));
                        let Some(place) = place else {
                            let known = SIZES.map(|size| size.to_string()).join(", ");
                            return Err(format!("This link asks for the sizes “{shown}”; there are {known}."));
                        };
                        plan.wanted[place] = true;
                    }
                }
                "seed" => plan = plan.with(Entry::Seed, shown),
                "searches" => plan = plan.with(Entry::Searches, shown),
                _ => {
                    let shown: String = name.chars().take(24).collect();
                    return Err(format!("This link asks for “{shown}”, which this version does not know."));
                }
            }
        }
        match plan.world() {
            Ok(_) => Ok(plan),
            Err((entry, sentence)) => Err(format!("This link cannot be run ({}): {sentence}", entry.label())),
        }
    }

    /// The query that brings this plan back; empty if all is as usual.
    #[must_use]
    pub fn query(&self) -> String {
        let usual = Self::default();
        let mut pairs = Vec::new();
        if self.wanted != usual.wanted {
            let sizes: Vec<String> = self.sizes().iter().map(ToString::to_string).collect();
            pairs.push(format!("sizes={}", sizes.join(",")));
        }
        for entry in [Entry::Seed, Entry::Searches] {
            if let (Ok(number), Ok(other)) = (self.number(entry), usual.number(entry))
                && number != other
            {
                pairs.push(format!("{}={number}", entry.name()));
            }
        }
        pairs.join("&")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_plan_is_1024_peers_and_has_an_empty_query() {
        let plan = Plan::default();
        assert_eq!((plan.sizes(), plan.query()), (vec![1_024], String::new()));
        assert_eq!(plan.world(), Ok(World { seed: 1, searches: 100 }));
        assert_eq!(Plan::of_query(""), Ok(plan));
    }

    #[test]
    fn a_plan_is_found_again_in_its_query() {
        let plan =
            Plan::default().growing().toggled(5).with(Entry::Seed, "7".into()).with(Entry::Searches, "1,000".into());
        assert_eq!(plan.query(), "sizes=16,64,256,1024,4096,16384&seed=7&searches=1000");
        let again = Plan::of_query(&plan.query()).expect("sound");
        assert_eq!((again.sizes(), again.world()), (plan.sizes(), plan.world()));
    }

    #[test]
    fn links_that_cannot_be_run_are_refused_with_a_sentence() {
        for query in
            ["sizes=17", "sizes=", "sizes=16,,64", "seed=x", "searches=0", "searches=10001", "colour=red", "seed"]
        {
            let sentence = Plan::of_query(query).unwrap_err();
            assert!(sentence.starts_with("This link"), "{query}: {sentence}");
        }
        assert!(Plan::of_query(&format!("sizes={}", "9".repeat(10_000))).unwrap_err().len() < 200);
    }

    #[test]
    fn a_command_names_sizes_seed_and_searches() {
        let command = World { seed: 3, searches: 50 }.command(&[16, 64]);
        assert_eq!(command, "overlay experiment compare --systems all --nodes 16,64 --seed 3 --lookups 50");
    }
}

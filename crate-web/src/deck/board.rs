//! A story on the table: its worlds on one clock, and what is looked at. Plain state without a screen.

use overlay_core::draw::graph::{GraphFrame, Look, Places, frame, places};
use overlay_core::lecture::story::{self, Number, Stand, Story};
use overlay_core::protocol::Peer;
use overlay_core::sim::session::RestoreError;
use overlay_core::sim::show::words;
use overlay_core::sim::spec::{Action, ActionError, LogEntry};
use overlay_core::time::Duration;

use crate::courses::{self, Course};
use crate::desk::GLIDE_MS;
use crate::handle::Table;
use crate::player::{Beat, Player, SPEEDS};
use crate::transport::TimeLine;

/// Marks of the time line at most.
const TICKS_MAX: usize = 240;

/// A world and what is seen of it.
pub(super) struct World {
    pub(super) stand: Stand,
    places: Places,
    /// The node that the viewer chose.
    pub(super) selected: Option<Peer>,
    /// Records before the last step, while its messages are seen moving.
    glided_from: u32,
}

impl World {
    /// Whether records are known that lie after the moment shown.
    fn has_more(&self) -> bool {
        self.stand.show.position() < self.stand.show.trace().len()
    }
}

impl Course for World {
    fn elapsed(&self) -> Duration {
        self.stand.show.clock() - self.stand.show.origin()
    }

    fn known(&self) -> Duration {
        self.stand.show.end() - self.stand.show.origin()
    }

    fn position(&self) -> u32 {
        self.stand.show.position()
    }

    fn go_to(&mut self, moment: Duration) {
        let moment = self.stand.show.origin() + moment;
        self.stand.show.seek_time(moment);
    }

    fn rewind(&mut self) {
        self.stand.show.seek(0);
    }

    fn step_back(&mut self) -> bool {
        self.stand.show.step_back()
    }

    fn show_since(&mut self, position: u32) {
        self.glided_from = position;
    }
}

/// Everything the page is about.
pub(super) struct Board {
    pub(super) story: &'static Story,
    pub(super) chosen: Vec<usize>,
    pub(super) worlds: Vec<World>,
    pub(super) player: Player,
    /// Which world the inspector looks into.
    pub(super) active: usize,
    pub(super) hovered: Option<Peer>,
    stepped_ms: f64,
}

impl Board {
    /// A story at its beginning.
    pub(super) fn new(story: &'static Story, chosen: &[usize]) -> Self {
        Self::with(story, chosen, story.start(chosen))
    }

    /// What somebody shared.
    pub(super) fn restored(
        story: &'static Story,
        chosen: &[usize],
        logs: &[(Vec<LogEntry>, u32)],
    ) -> Result<Self, RestoreError> {
        Ok(Self::with(story, chosen, story.restore(chosen, logs)?))
    }

    fn with(story: &'static Story, chosen: &[usize], stands: Vec<Stand>) -> Self {
        let worlds = stands.into_iter().map(|mut stand| {
            let focus = stand.peer(story.focus);
            let places = places(&mut stand, focus);
            let glided_from = stand.show.position();
            World { stand, places, selected: None, glided_from }
        });
        Self {
            story,
            chosen: story.choices(chosen),
            worlds: worlds.collect(),
            player: Player::default(),
            active: 0,
            hovered: None,
            stepped_ms: f64::NEG_INFINITY,
        }
    }

    pub(super) fn world(&self) -> &World {
        &self.worlds[self.active.min(self.worlds.len() - 1)]
    }

    /// The node that is looked into: the chosen one, or the one that asks.
    pub(super) fn shown(&self) -> Peer {
        let world = self.world();
        let asker = world.stand.show.last_request().map(|(_, asker, _)| asker);
        world.selected.or(asker).unwrap_or_else(|| world.stand.peer(self.story.focus)).min(self.last_peer())
    }

    fn last_peer(&self) -> Peer {
        Peer(self.world().stand.show.node_count().saturating_sub(1))
    }

    /// Chooses a node, in all worlds the one of the same number; or none, to follow whoever asks.
    pub(super) fn select(&mut self, number: Option<Number>) {
        for world in &mut self.worlds {
            let peer = number.map(|number| world.stand.peer(number));
            world.selected = peer.filter(|peer| peer.0 < world.stand.show.node_count());
        }
    }

    pub(super) fn elapsed(&self) -> Duration {
        courses::elapsed(&self.worlds)
    }

    pub(super) fn known(&self) -> Duration {
        courses::known(&self.worlds)
    }

    pub(super) fn can_go_back(&self) -> bool {
        self.worlds.iter().any(|world| world.stand.show.position() > 0)
    }

    pub(super) fn can_go_on(&self) -> bool {
        self.worlds.iter().any(World::has_more) || self.elapsed() < self.known()
    }

    pub(super) fn reset(&mut self) {
        self.player.pause();
        self.worlds.iter_mut().for_each(Course::rewind);
        self.settle();
    }

    /// To where something happens next in any world; the others come along.
    fn advance(&mut self, now_ms: f64) -> bool {
        let stepped = courses::step(&mut self.worlds, |world| world.has_more() && world.stand.show.step());
        let moved = stepped.is_some() || self.can_go_on();
        if stepped.is_none() {
            // Nothing more to stop at: what is still under way comes to its end.
            let before: Vec<u32> = self.worlds.iter().map(Course::position).collect();
            let end = self.known();
            for (world, position) in self.worlds.iter_mut().zip(before) {
                world.go_to(end);
                world.show_since(position);
            }
        }
        self.stepped_ms = now_ms;
        moved
    }

    pub(super) fn step_back(&mut self) -> bool {
        self.player.pause();
        let moved = courses::step_back(&mut self.worlds);
        self.settle();
        moved
    }

    pub(super) fn seek(&mut self, fraction: f64) {
        self.player.pause();
        courses::seek(&mut self.worlds, fraction);
        self.settle();
    }

    pub(super) fn play_or_pause(&mut self) {
        if self.player.is_playing() {
            return self.player.pause();
        }
        if !self.can_go_on() {
            self.reset();
        }
        self.settle();
        self.player.play();
    }

    fn pass(&mut self, micros: f64, more: &mut dyn FnMut() -> bool) {
        let now = self.elapsed();
        let target = (now + Duration(micros.max(1.0) as u64)).min(self.known().max(now));
        for world in &mut self.worlds {
            let moment = world.stand.show.origin() + target;
            world.stand.show.run_until(moment);
            if !more() {
                break;
            }
        }
        if self.elapsed() >= self.known() {
            self.player.pause();
        }
    }

    fn settle(&mut self) {
        self.stepped_ms = f64::NEG_INFINITY;
        courses::settle(&mut self.worlds);
    }

    /// Does something in all worlds, now, and shows its course.
    pub(super) fn act(&mut self, action: impl Fn(&Stand) -> Action) -> Result<(), ActionError> {
        let mut stands: Vec<&mut Stand> = self.worlds.iter_mut().map(|world| &mut world.stand).collect();
        story::act(&mut stands, action)?;
        self.settle();
        self.player.play();
        Ok(())
    }

    /// The picture of a world at the moment shown.
    pub(super) fn frame(&self, index: usize, now_ms: f64, reduced_motion: bool) -> GraphFrame {
        let world = &self.worlds[index];
        let playing = self.player.is_playing();
        let share = (now_ms - self.stepped_ms) / GLIDE_MS;
        let gliding = !playing && !reduced_motion && (0.0..1.0).contains(&share);
        let look = Look {
            selected: world.selected,
            hovered: self.hovered,
            rate: if playing { SPEEDS[self.player.speed()].0 * 1e6 } else { 0.0 },
            glide: gliding.then_some((world.glided_from, share, 1e3 / GLIDE_MS)),
            reduced_motion,
        };
        frame(&world.stand, &world.places, look)
    }

    /// What just happened: where several worlds do something at this moment, each in its own sentence.
    pub(super) fn narration(&self) -> String {
        let now = self.elapsed();
        let several = self.worlds.len() > 1;
        let said = self.worlds.iter().filter_map(|world| {
            let show = &*world.stand.show;
            let last = show.trace().records().get((show.position() as usize).checked_sub(1)?)?;
            let text = (last.at - show.origin() == now).then(|| words::moment(show)).filter(|text| !text.is_empty())?;
            Some(if several { format!("**{}:** {text}", world.stand.title) } else { text })
        });
        let said: Vec<String> = said.collect();
        if said.is_empty() && !self.can_go_back() {
            return "Press **Step** or **Play**. Choose a node in the picture to see what it keeps.".into();
        }
        said.join(" ")
    }

    pub(super) fn line(&self) -> TimeLine {
        let known = self.known().0.max(1) as f64;
        let mut moments: Vec<u64> = Vec::new();
        for world in &self.worlds {
            let origin = world.stand.show.origin();
            let stops = world.stand.show.trace().records().iter().filter(|record| record.is_major());
            moments.extend(stops.map(|record| (record.at - origin).0));
            moments.dedup();
        }
        moments.sort_unstable();
        moments.dedup();
        let stride = moments.len().div_ceil(TICKS_MAX).max(1);
        let ticks = moments.into_iter().step_by(stride).map(|at| at as f64 / known).collect();
        TimeLine { now: self.elapsed().0 as f64 / known, ticks, hops: Vec::new() }
    }

    /// The logs and moments of all worlds, for a link.
    pub(super) fn logs(&self) -> Vec<(Vec<LogEntry>, u32)> {
        self.worlds.iter().map(|world| (world.stand.show.log().to_vec(), world.stand.show.position())).collect()
    }
}

impl Table for Board {
    fn is_playing(&self) -> bool {
        self.player.is_playing()
    }

    fn position(&self) -> u32 {
        self.worlds.iter().map(Course::position).sum()
    }

    fn tick(&mut self, elapsed_ms: f64, now_ms: f64, discrete: bool, more: &mut dyn FnMut() -> bool) {
        match self.player.beat(elapsed_ms, discrete) {
            Beat::Rest => {}
            Beat::Step => {
                if !self.advance(now_ms) {
                    self.player.pause();
                }
            }
            Beat::Pass(micros) => self.pass(micros, more),
        }
    }

    fn step(&mut self, now_ms: f64) -> bool {
        self.player.pause();
        self.advance(now_ms)
    }
}

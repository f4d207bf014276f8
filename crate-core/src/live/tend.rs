//! Timers: pings and silence, idle links, coming in and going, stalls.

use super::limits::bounds;
use super::{Event, LinkId, LinkReason, Member, Stage, State};
use crate::dht::DhtCommand;
use crate::id::Guid;
use crate::protocol::{Command, Input, Node as _};
use crate::time::{Duration, Time};
use crate::wire::{ByeReason, Frame, Standing};

/// Failed joins after which the page is told.
const JOINS: u8 = 3;

impl Member {
    /// When [`Member::on_deadline`] is wanted; `None` while nothing is waited for.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Time> {
        if !self.inputs.is_empty() {
            return Some(self.now);
        }
        let waits = !self.links.is_empty() || !self.dials.is_empty() || self.state == State::Member;
        let links = self.links.values().flat_map(|link| [link.deadline, link.next_ping]);
        // Those that are due already wait for something else than time.
        let dials = self.dials.values().filter(|dial| dial.link.is_none()).map(|dial| dial.next);
        let joining = (self.state == State::Outside && !self.proven.is_empty()).then_some(self.join_after);
        let later = dials.chain(joining).filter(|moment| *moment > self.now);
        let all = links.chain(later).chain(self.node.next_deadline()).chain(self.asks.next_deadline());
        let all = all.chain(self.founding).chain(waits.then_some(self.next_tending));
        let all = all.chain((self.state != State::Left).then_some(self.roster.next));
        all.filter(|moment| *moment != Time::NEVER).min()
    }

    /// The moment is now; notices if the own timer is late.
    pub(super) fn advance(&mut self, now: Time) {
        // Whatever was told since is a sign that the page runs.
        let late = self.next_deadline().map_or(Duration::ZERO, |due| now.since(due.max(self.now)));
        self.now = self.now.max(now);
        if late >= bounds::STALL {
            self.on_stalled(late);
        }
    }

    /// The page slept. Others were not silent meanwhile, as far as anybody here can tell.
    fn on_stalled(&mut self, span: Duration) {
        let now = self.now;
        self.stats.stalls += 1;
        self.event(Event::WasAway { span });
        for link in self.links.values_mut() {
            if link.stage == Stage::Open {
                (link.heard, link.next_ping) = (now, now);
            } else {
                link.deadline += span;
            }
        }
        self.asks.postpone(span);
        if span >= bounds::LONG_STALL && self.state == State::Member {
            self.returning = true;
        }
    }

    /// The timer rang.
    pub fn on_deadline(&mut self, now: Time) {
        self.advance(now);
        self.do_what_is_due();
        self.settle();
    }

    /// Everything whose moment has come. Also called when a message comes in: timers of hidden pages ring late.
    pub(super) fn do_what_is_due(&mut self) {
        let now = self.now;
        if self.node.next_deadline().is_some_and(|due| due <= now) {
            self.inputs.push_back(Input::Deadline);
        }
        self.on_link_deadlines();
        self.on_ask_deadlines();
        self.on_roster_deadline();
        if self.next_tending <= now {
            self.next_tending = now + bounds::TENDING;
            self.tend();
        }
        if self.founding.is_some_and(|due| due <= now) {
            self.founding = None;
            self.found();
        }
        self.consider_joining();
    }

    fn on_link_deadlines(&mut self) {
        let now = self.now;
        let due = self.links.iter().filter(|(_, link)| link.deadline <= now || link.next_ping <= now);
        for id in due.map(|(id, _)| *id).collect::<Vec<_>>() {
            let Some(link) = self.links.get_mut(&id) else { continue };
            match link.stage {
                Stage::Offered => self.on_attempt_failed(id, LinkReason::NoAnswer),
                Stage::Greeting => self.on_attempt_failed(id, LinkReason::NoProof),
                Stage::Describing | Stage::Connecting => self.on_attempt_failed(id, LinkReason::Failed),
                Stage::Open => {
                    let is_away = link.peer.is_some_and(|peer| self.roster.is_away(peer));
                    let most = if is_away { bounds::SILENCE_AWAY } else { bounds::SILENCE };
                    if now.since(link.heard) >= most {
                        self.on_broken(id, LinkReason::Silent);
                    } else {
                        link.next_ping = now + bounds::PING_PERIOD;
                        let ping = self.ping(id);
                        self.send_frame(id, &Frame::Ping(ping));
                    }
                }
            }
        }
    }

    /// Looks over links: those to the leaf set are wanted, those that nobody needs go.
    fn tend(&mut self) {
        let now = self.now;
        self.apart.retain(|_, until| *until > now);
        self.banned.retain(|_, until| *until > now);
        if self.state != State::Member {
            return;
        }
        let leaves: Vec<Guid> = self.node.overlay().leaf_set().clockwise().map(|peer| self.peers.id(peer)).collect();
        for leaf in leaves {
            if !self.proven.contains_key(&leaf) && !self.apart.contains_key(&leaf) && !self.dials.contains_key(&leaf) {
                self.want(leaf, None, false);
            }
        }
        let crowded = self.proven.len() > self.settings.most_links;
        let idle = |(guid, id): (&Guid, &LinkId)| {
            let link = self.links.get(id)?;
            let is_idle = now.since(link.used) >= bounds::IDLE || crowded;
            (is_idle && !link.needed && !self.is_leaf(*guid)).then_some((link.used, *id))
        };
        let mut idle: Vec<(Time, LinkId)> = self.proven.iter().filter_map(idle).collect();
        idle.sort_unstable();
        if crowded {
            idle.truncate(self.proven.len() - self.settings.most_links);
        }
        for (_, id) in idle {
            self.stats.links_idle += 1;
            self.close(id, Some(ByeReason::Idle), LinkReason::Idle);
        }
    }

    /// Begins a ring of this node's own: it is the first member.
    pub fn start(&mut self, now: Time) {
        self.advance(now);
        if self.state == State::Outside {
            self.begin_ring();
        }
        self.settle();
    }

    fn begin_ring(&mut self) {
        self.inputs.push_back(Input::Command(DhtCommand::Overlay(Command::Start)));
    }

    /// Leaves: says goodbye to everybody and closes all links. Final.
    pub fn leave(&mut self, now: Time) {
        self.advance(now);
        if self.state == State::Left {
            return;
        }
        self.announce_leaving();
        self.inputs.push_back(Input::Command(DhtCommand::Overlay(Command::Leave)));
        self.settle();
        self.state = State::Left;
        self.drop_asks();
        self.hang_up();
        self.inputs.clear();
        self.is_linked = false;
        self.event(Event::Left);
    }

    /// Whether some linked member is the way into a ring, or back into it, or out of being alone.
    pub(super) fn consider_joining(&mut self) {
        // Alone, there is nothing to come back into.
        self.returning &= self.standing() == Standing::Member;
        let contact = match self.state {
            State::Left | State::Joining => return,
            State::Outside if self.now < self.join_after => return,
            State::Outside => self.contact(),
            State::Member if self.returning => self.contact_in_a_ring(),
            State::Member if self.standing() == Standing::Alone => self.contact_in_a_ring().or_else(|| self.elder()),
            State::Member => return,
        };
        match contact.and_then(|contact| self.peers.find(contact)) {
            Some(contact) => {
                (self.state, self.returning, self.founding) = (State::Joining, false, None);
                self.inputs.push_back(Input::Command(DhtCommand::MoveTo { contact }));
            }
            None if self.state == State::Outside && !self.proven.is_empty() => {
                self.founding.get_or_insert(self.now + bounds::FOUNDING);
            }
            None => {}
        }
    }

    /// The nearest linked member that is not alone.
    fn contact_in_a_ring(&self) -> Option<Guid> {
        let says = |guid: &Guid| self.proven.get(guid).and_then(|link| self.links.get(link)).map(|link| link.standing);
        self.contact()
            .filter(|contact| says(contact) == Some(Standing::Member))
            .or_else(|| self.proven.keys().copied().find(|guid| says(guid) == Some(Standing::Member)))
    }

    /// Of two members that are both alone, the one with the smaller GUID stays where it is.
    fn elder(&self) -> Option<Guid> {
        self.contact().filter(|contact| *contact < self.guid())
    }

    /// Only newcomers have met. The one with the smallest GUID begins a ring.
    fn found(&mut self) {
        if self.state == State::Outside
            && self.contact().is_none()
            && self.proven.keys().next().is_some_and(|first| self.guid() < *first)
        {
            self.begin_ring();
        }
    }

    pub(super) fn on_joined(&mut self) {
        (self.state, self.joins_failed, self.founding, self.had_ring) = (State::Member, 0, None, true);
        self.next_tending = self.now;
        // Everybody linked is told at once.
        for link in self.links.values_mut().filter(|link| link.stage == Stage::Open) {
            link.next_ping = self.now;
        }
        self.event(Event::Joined);
        self.announce();
        self.event(Event::RosterChanged);
    }

    pub(super) fn on_join_failed(&mut self) {
        self.state = State::Outside;
        self.joins_failed = self.joins_failed.saturating_add(1);
        self.join_after = self.now + bounds::REJOINING;
        if self.had_ring && self.contact().is_none() {
            // Whoever it wanted to go over to is gone. What it stores is still here.
            return self.begin_ring();
        }
        if self.joins_failed == JOINS {
            self.joins_failed = 0;
            self.event(Event::JoinFailed);
        }
    }
}

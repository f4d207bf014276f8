//! Messages on their way, hop by hop or step by step, and questions that wait for their answers.

use super::calls::{About, Call};
use super::routing::Query;
use super::{
    Cause, ChordId, ChordMessage, ChordNode, Envelope, Event, Lookup, Note, Peer, RouteError, RoutingRule, Step, Token,
};

type Context<'a> = super::Context<'a, ChordNode>;

/// Most silent peers that a message tries to go around, and that are named to others.
const MOST_SILENT: usize = 32;

/// Times that a message is handed back to the predecessor before it is taken to be dead for it.
const CLAIM_ATTEMPTS: u8 = 3;

/// What an iterative lookup is for.
#[derive(Clone, Debug)]
pub(super) enum Goal {
    Deliver(Envelope<ChordId>),
    Join,
    Finger(u8),
    Reunion,
}

/// An iterative lookup under way.
#[derive(Clone, Debug)]
pub(super) struct Walk {
    pub(super) key: ChordId,
    pub(super) goal: Goal,
    /// Whether the node asked now is taken to be responsible.
    pub(super) covering: bool,
    /// Nodes that answered, in order, and whether they were taken to be responsible.
    path: Vec<(Peer, bool)>,
    /// Peers that did not.
    pub(super) silent: Vec<Peer>,
    /// Questions so far.
    asked: u16,
}

impl Walk {
    pub(super) const fn new(key: ChordId, goal: Goal) -> Self {
        Self { key, goal, covering: false, path: Vec::new(), silent: Vec::new(), asked: 0 }
    }

    const fn cause(&self) -> Cause {
        match &self.goal {
            Goal::Deliver(envelope) => Cause::Request(envelope.request),
            Goal::Join => Cause::Join,
            Goal::Finger(_) | Goal::Reunion => Cause::Finger,
        }
    }

    /// Hops from the origin to the node that is asked now.
    fn hops(&self) -> u16 {
        u16::try_from(self.path.len()).unwrap_or(u16::MAX).saturating_add(1)
    }
}

impl ChordNode {
    fn new_token(&mut self) -> Token {
        self.last_token = self.last_token.wrapping_add(1).max(1);
        self.last_token
    }

    /// Remembers a question and gives it its token.
    pub(super) fn expect_answer(&mut self, cx: &Context<'_>, to: Peer, about: About) -> Token {
        let token = self.new_token();
        self.calls.push(token, Call { to, due: cx.now + cx.host.config.ack_timeout, about });
        token
    }

    /// Takes the question that an answer from `from` belongs to, if there is one and `fits` says it is of that kind.
    pub(super) fn take_call(&mut self, from: Peer, token: Token, fits: fn(&About) -> bool) -> Option<About> {
        self.calls.get(token).filter(|call| call.to == from && fits(&call.about))?;
        self.calls.remove(token).map(|call| call.about)
    }

    /// A message of the application sets out.
    pub(super) fn set_out(&mut self, cx: &mut Context<'_>, envelope: Envelope<ChordId>) {
        match cx.host.config.lookup {
            Lookup::Recursive => self.pass_on(cx, envelope, false, Vec::new()),
            Lookup::Iterative => {
                let walk = Walk::new(envelope.key, Goal::Deliver(envelope));
                self.decide_here(cx, Box::new(walk));
            }
        }
    }

    /// One recursive step, around the peers in `silent`.
    pub(super) fn pass_on(
        &mut self,
        cx: &mut Context<'_>,
        mut envelope: Envelope<ChordId>,
        covering: bool,
        silent: Vec<Peer>,
    ) {
        let config = cx.host.config;
        let query = Query { key: envelope.key, covering, avoid: &silent, rule: config.rule };
        let Some(choice) = self.decide(cx.host.peers, config.bits, &query) else {
            let (request, reason) = (envelope.request, RouteError::NobodyAnswered);
            return cx.event(Event::Undeliverable { request, reason });
        };
        self.note_step(cx, &query, envelope.request, envelope.hops);
        let to = match choice.step {
            Step::Deliver => return self.deliver(cx, envelope),
            Step::Forward(_) if envelope.hops >= config.hop_limit => {
                let (request, reason) = (envelope.request, RouteError::TooManyHops);
                return cx.event(Event::Undeliverable { request, reason });
            }
            Step::Forward(to) => to,
        };
        envelope.ack = 0;
        if config.acks {
            let about = About::Hop { envelope: envelope.clone(), covering, attempt: 1, silent };
            envelope.ack = self.expect_answer(cx, to, about);
        }
        envelope.hops += 1;
        cx.send(to, ChordMessage::Route { envelope, covering: choice.covering });
    }

    fn note_step(&self, cx: &mut Context<'_>, query: &Query<'_>, request: super::Request, hops: u16) {
        if cx.tracing
            && let Some(decision) = self.explain_query(cx.host.peers, cx.host.config.bits, query)
        {
            cx.note(|| Note::Routed { request, hops, decision: Box::new(decision) });
        }
    }

    fn deliver(&self, cx: &mut Context<'_>, envelope: Envelope<ChordId>) {
        let Envelope { request, answer, hops, origin, .. } = envelope;
        cx.event(Event::Delivered(envelope));
        if answer && origin == self.me {
            cx.event(Event::Answered { request, owner: self.me, hops });
        } else if answer {
            cx.send(origin, ChordMessage::Answer { request, hops });
        }
    }

    /// A routed message came in.
    pub(super) fn on_route(&mut self, cx: &mut Context<'_>, from: Peer, envelope: Envelope<ChordId>, covering: bool) {
        if envelope.ack != 0 {
            cx.send(from, ChordMessage::Ack { token: envelope.ack });
        }
        self.pass_on(cx, envelope, covering, Vec::new());
    }

    /// The step of an iterative lookup that this node, the origin, takes itself.
    pub(super) fn decide_here(&mut self, cx: &mut Context<'_>, mut walk: Box<Walk>) {
        let config = cx.host.config;
        let rule = if matches!(walk.goal, Goal::Deliver(_)) { config.rule } else { RoutingRule::Published };
        let query = Query { key: walk.key, covering: walk.covering, avoid: &walk.silent, rule };
        let Some(choice) = self.decide(cx.host.peers, config.bits, &query) else {
            return self.give_up(cx, *walk, RouteError::NobodyAnswered);
        };
        if let Goal::Deliver(envelope) = &walk.goal {
            self.note_step(cx, &query, envelope.request, walk.path.len() as u16);
        }
        match choice.step {
            Step::Forward(to) => {
                walk.covering = choice.covering;
                self.ask(cx, to, walk);
            }
            Step::Deliver => {
                let hops = walk.path.len() as u16;
                match walk.goal {
                    Goal::Deliver(envelope) => self.deliver(cx, Envelope { hops, ..envelope }),
                    Goal::Finger(i) => self.finger_found(cx, i, self.me),
                    // These never begin here.
                    Goal::Join | Goal::Reunion => {}
                }
            }
        }
    }

    /// Asks `to` for the next step, or sends it the message if it is taken to be responsible.
    pub(super) fn ask(&mut self, cx: &mut Context<'_>, to: Peer, mut walk: Box<Walk>) {
        let Goal::Deliver(envelope) = &walk.goal else { return self.question(cx, to, walk) };
        if !walk.covering {
            return self.question(cx, to, walk);
        }
        if walk.asked >= cx.host.config.hop_limit {
            return self.give_up(cx, *walk, RouteError::TooManyHops);
        }
        let mut envelope = Envelope { hops: walk.hops(), ..envelope.clone() };
        walk.asked += 1;
        envelope.ack = self.expect_answer(cx, to, About::Last(walk));
        cx.send(to, ChordMessage::Route { envelope, covering: true });
    }

    fn question(&mut self, cx: &mut Context<'_>, to: Peer, mut walk: Box<Walk>) {
        if walk.asked >= cx.host.config.hop_limit {
            return self.give_up(cx, *walk, RouteError::TooManyHops);
        }
        walk.asked += 1;
        let (key, covering, hops, cause) = (walk.key, walk.covering, walk.hops(), walk.cause());
        let avoid = walk.silent.clone();
        let token = self.expect_answer(cx, to, About::Step(walk));
        cx.send(to, ChordMessage::FindNext { token, key, covering, hops, cause, avoid });
    }

    /// Another node asks where this one would send a key.
    pub(super) fn on_find_next(&mut self, cx: &mut Context<'_>, from: Peer, message: Question) {
        let Question { token, key, covering, hops, cause, mut avoid } = message;
        avoid.truncate(MOST_SILENT);
        let config = cx.host.config;
        let rule = if matches!(cause, Cause::Request(_)) { config.rule } else { RoutingRule::Published };
        let query = Query { key, covering, avoid: &avoid, rule };
        let Some(choice) = self.decide(cx.host.peers, config.bits, &query) else {
            return cx.send(from, ChordMessage::Refused { token });
        };
        if cause == Cause::Join
            && cx.tracing
            && let Some(decision) = self.explain_query(cx.host.peers, config.bits, &query)
        {
            cx.note(|| Note::JoinRouted { newcomer: from, hops: hops.saturating_sub(1), decision: Box::new(decision) });
        }
        let reply = match choice.step {
            // The message itself comes next, and the step is noted then.
            Step::Deliver => ChordMessage::Owner { token, peer: self.me, cause },
            Step::Forward(peer) => {
                if let Cause::Request(request) = cause {
                    self.note_step(cx, &query, request, hops);
                }
                if choice.covering {
                    ChordMessage::Owner { token, peer, cause }
                } else {
                    ChordMessage::Next { token, peer, cause }
                }
            }
        };
        cx.send(from, reply);
        self.check_reports(cx, &avoid);
    }

    /// The node that was asked names the next one to ask.
    pub(super) fn on_next(&mut self, cx: &mut Context<'_>, from: Peer, mut walk: Box<Walk>, peer: Peer) {
        let bits = cx.host.config.bits;
        let ways = [from, peer].map(|p| cx.host.id(p).clockwise_to(walk.key, bits));
        // Whoever sends a lookup back or in circles is no help.
        if peer == self.me || walk.silent.contains(&peer) || ways[1] >= ways[0] || ways[1] == ChordId::ZERO {
            return self.go_around(cx, from, walk);
        }
        walk.path.push((from, walk.covering));
        walk.covering = false;
        self.ask(cx, peer, walk);
    }

    /// The node that was asked names the node responsible.
    pub(super) fn on_owner(&mut self, cx: &mut Context<'_>, from: Peer, mut walk: Box<Walk>, owner: Peer) {
        if owner == from {
            walk.covering = true;
            return match walk.goal {
                Goal::Deliver(_) => self.ask(cx, from, walk),
                Goal::Finger(i) => self.finger_found(cx, i, from),
                Goal::Join => self.place_found(cx, from),
                Goal::Reunion => self.reunite(cx, from),
            };
        }
        let bits = cx.host.config.bits;
        let beyond = |p| walk.key.clockwise_to(cx.host.id(p), bits);
        if walk.silent.contains(&owner) || (walk.covering && beyond(owner) >= beyond(from)) {
            return self.go_around(cx, from, walk);
        }
        if matches!(walk.goal, Goal::Join) && !Self::is_repaired(cx) {
            return self.place_found(cx, owner);
        }
        walk.path.push((from, walk.covering));
        walk.covering = true;
        if owner == self.me { self.decide_here(cx, walk) } else { self.ask(cx, owner, walk) }
    }

    /// The lookup goes on without `silent`: back to the last node that answered, for another way.
    pub(super) fn go_around(&mut self, cx: &mut Context<'_>, silent: Peer, mut walk: Box<Walk>) {
        if walk.silent.len() >= MOST_SILENT {
            return self.give_up(cx, *walk, RouteError::NobodyAnswered);
        }
        walk.silent.push(silent);
        match walk.path.pop() {
            Some((last, covering)) => {
                walk.covering = covering;
                self.question(cx, last, walk);
            }
            _ if matches!(walk.goal, Goal::Join | Goal::Reunion) => self.give_up(cx, *walk, RouteError::NobodyAnswered),
            _ => {
                walk.covering = false;
                self.decide_here(cx, walk);
            }
        }
    }

    fn give_up(&mut self, cx: &mut Context<'_>, walk: Walk, reason: RouteError) {
        match walk.goal {
            Goal::Deliver(envelope) => cx.event(Event::Undeliverable { request: envelope.request, reason }),
            Goal::Join => self.join_again(cx),
            Goal::Finger(_) => self.fill_next_finger(cx),
            Goal::Reunion => {}
        }
    }

    /// A peer says at once that it cannot help.
    pub(super) fn on_refused(&mut self, cx: &mut Context<'_>, from: Peer, token: Token) {
        let first_question =
            |about: &About| matches!(about, About::Step(w) if matches!(w.goal, Goal::Join) && w.path.is_empty());
        if self.calls.get(token).is_some_and(|call| first_question(&call.about)) {
            return; // The contact is coming in itself; ask again when the time is up.
        }
        match self.take_call(from, token, |_| true) {
            Some(About::Hop { envelope, covering, silent, .. }) => {
                self.probe(cx, from);
                self.hop_failed(cx, from, envelope, covering, CLAIM_ATTEMPTS, silent);
            }
            Some(About::Step(walk) | About::Last(walk)) => {
                self.probe(cx, from);
                self.go_around(cx, from, walk);
            }
            Some(About::Neighbours { joining: true, chain, .. }) => {
                if chain > 0 {
                    self.forget(cx, from); // On its way in itself, so nobody's neighbour yet.
                }
                self.join_again(cx);
            }
            Some(About::Neighbours { .. } | About::Ping { .. }) => self.forget(cx, from),
            None => {}
        }
    }

    /// A message handed on was not acknowledged: try another way. `attempt` is the last made at this peer.
    pub(super) fn hop_failed(
        &mut self,
        cx: &mut Context<'_>,
        to: Peer,
        envelope: Envelope<ChordId>,
        covering: bool,
        attempt: u8,
        mut silent: Vec<Peer>,
    ) {
        if covering && to == self.predecessor && attempt < CLAIM_ATTEMPTS {
            // Without the predecessor this node would deliver itself: not for a lost message or two.
            let mut onward = Envelope { hops: envelope.hops.saturating_add(1), ..envelope.clone() };
            let about = About::Hop { envelope, covering, attempt: attempt + 1, silent };
            onward.ack = self.expect_answer(cx, to, about);
            return cx.send(to, ChordMessage::Route { envelope: onward, covering: true });
        }
        if silent.len() >= MOST_SILENT {
            let (request, reason) = (envelope.request, RouteError::NobodyAnswered);
            return cx.event(Event::Undeliverable { request, reason });
        }
        silent.push(to);
        self.pass_on(cx, envelope, covering, silent);
    }
}

/// The fields of [`ChordMessage::FindNext`].
pub(super) struct Question {
    pub(super) token: Token,
    pub(super) key: ChordId,
    pub(super) covering: bool,
    pub(super) hops: u16,
    pub(super) cause: Cause,
    pub(super) avoid: Vec<Peer>,
}

//! Insert, search and delete with replicas over any structured overlay: for now only the wrapping.

use serde::{Deserialize, Serialize};

use crate::id::RingId;
use crate::protocol::{Context, Decision, Host, Input, Output, Overlay, Peer, Step};
use crate::time::Time;

/// Sizes of the store and of the overlay below it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct DhtConfig<C> {
    /// The overlay's.
    pub overlay: C,
    /// k, nodes that hold a value.
    pub replicas: u8,
}

/// A node of an overlay that stores values.
#[derive(Clone, Debug)]
pub struct DhtNode<O: Overlay> {
    /// The node below.
    pub overlay: O,
}

fn below<'a, O: Overlay>(host: Host<'a, DhtNode<O>>) -> Host<'a, O> {
    Host { peers: host.peers, config: &host.config.overlay, proximity: host.proximity }
}

impl<O: Overlay> Overlay for DhtNode<O> {
    type Id = O::Id;
    type Config = DhtConfig<O::Config>;
    type Message = O::Message;
    type Command = O::Command;
    fn space(config: &Self::Config) -> <Self::Id as RingId>::Space {
        O::space(&config.overlay)
    }
    fn new(me: Peer, host: Host<'_, Self>) -> Self {
        Self { overlay: O::new(me, below(host)) }
    }
    fn me(&self) -> Peer {
        self.overlay.me()
    }
    fn is_active(&self) -> bool {
        self.overlay.is_active()
    }
    fn handle(&mut self, cx: &mut Context<'_, Self>, input: Input<Self>) {
        let mut outputs = Vec::new();
        let mut inner =
            Context { now: cx.now, host: below(cx.host), rng: cx.rng, tracing: cx.tracing, outputs: &mut outputs };
        let input = match input {
            Input::Message { from, message } => Input::Message { from, message },
            Input::Deadline => Input::Deadline,
            Input::LinkDown(peer) => Input::LinkDown(peer),
            Input::Command(command) => Input::Command(command),
        };
        self.overlay.handle(&mut inner, input);
        for output in outputs {
            cx.outputs.push(match output {
                Output::Send { to, message } => Output::Send { to, message },
                Output::Event(event) => Output::Event(event),
                Output::Note(note) => Output::Note(note),
            });
        }
    }
    fn next_deadline(&self) -> Option<Time> {
        self.overlay.next_deadline()
    }
    fn next_hop(&self, host: Host<'_, Self>, key: Self::Id) -> Step {
        self.overlay.next_hop(below(host), key)
    }
    fn explain(&self, host: Host<'_, Self>, key: Self::Id) -> Decision {
        self.overlay.explain(below(host), key)
    }
    fn replica_holders(&self, host: Host<'_, Self>, key: Self::Id, count: usize) -> Vec<Peer> {
        self.overlay.replica_holders(below(host), key, count)
    }
    fn known_peers(&self) -> Vec<Peer> {
        self.overlay.known_peers()
    }
    fn heap_bytes(&self) -> usize {
        self.overlay.heap_bytes()
    }
}

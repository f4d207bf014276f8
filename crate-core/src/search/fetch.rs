//! Fetching a file from whoever was found to have it.
//!
//! Draws "HTTP can then be used to access the file" (Gnutella Protocol) and "Clients then access other peers directly (P2P)"
//! (Napster).

use std::sync::Arc;

use super::{HITS_MAX, SearchError, SearchEvent, Shelf};
use crate::protocol::{Context, Node, Note, Peer, Purpose, Request};
use crate::time::{Duration, Time};

/// How long a holder is waited for.
const PATIENCE: Duration = Duration::from_secs(3);
/// Files that are fetched at one time.
const FETCHES_MAX: usize = 64;

/// What goes straight between two peers, instead of HTTP's request and response.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Transfer {
    /// Send me this file.
    Get {
        /// The request of the application that asks.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// Here it is.
    File {
        /// The request.
        request: Request,
        /// The file's name.
        name: Arc<str>,
    },
    /// I do not have it (any more).
    Gone {
        /// The request.
        request: Request,
    },
}

impl Transfer {
    /// Its name in a trace.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Get { .. } => "get",
            Self::File { .. } => "file",
            Self::Gone { .. } => "gone",
        }
    }

    /// What it is for.
    #[must_use]
    pub const fn purpose(&self) -> Purpose {
        Purpose::Data
    }

    /// The request it belongs to.
    #[must_use]
    pub const fn request(&self) -> Request {
        match self {
            Self::Get { request, .. } | Self::File { request, .. } | Self::Gone { request } => *request,
        }
    }
}

/// A node that fetches files.
pub trait Fetching: Node<Event = SearchEvent, Message: From<Transfer>> {}

impl<N: Node<Event = SearchEvent, Message: From<Transfer>>> Fetching for N {}

/// A file that is being fetched.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fetch {
    /// The request.
    pub request: Request,
    /// Who is asked.
    pub holder: Peer,
    /// The file's number at the holder, where it has one.
    pub index: u32,
    /// Its name.
    pub name: Arc<str>,
    /// Whether the holder was asked to push it.
    pub pushed: bool,
    due: Time,
    /// Others that have files that fit.
    others: Vec<(Peer, u32, Arc<str>)>,
    /// Whether the file has come.
    is_done: bool,
    /// Whether no more holders will be found.
    is_final: bool,
}

/// Files that are being fetched, a bounded number. One stays until its search is over: another holder may be found while none
/// of those known sends the file, and once it has come nobody else is asked.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Fetches(Vec<Fetch>);

impl Fetches {
    /// A file was found for a request that wants it: asks its holder, unless another is asked already.
    pub fn fetch<N: Fetching>(
        &mut self,
        cx: &mut Context<'_, N>,
        request: Request,
        holder: Peer,
        index: u32,
        name: &Arc<str>,
    ) {
        if self.found(cx.now, request, holder, index, name) {
            cx.send(holder, Transfer::Get { request, name: name.clone() }.into());
        }
    }

    /// Answers another peer, or takes in its answer. What has been fetched is put on the shelf and returned: it is shared in turn,
    /// the slide's "natural replication".
    pub fn on_transfer<N: Fetching>(
        &mut self,
        cx: &mut Context<'_, N>,
        shelf: &mut Shelf,
        from: Peer,
        transfer: Transfer,
    ) -> Option<(Request, Arc<str>)> {
        match transfer {
            Transfer::Get { request, name } => {
                let has = shelf.has(&name);
                cx.send(from, if has { Transfer::File { request, name } } else { Transfer::Gone { request } }.into());
            }
            Transfer::File { request, name } => {
                if self.end(request, from) {
                    cx.event(SearchEvent::Fetched { request, holder: from, name: name.clone() });
                    return shelf.add(name.clone()).then_some((request, name));
                }
            }
            Transfer::Gone { request } => self.elsewhere(cx, request, from),
        }
        None
    }

    /// Asks the next holder, since this one does not send the file. If there is none, and none will be found, the fetch has
    /// failed.
    pub fn elsewhere<N: Fetching>(&mut self, cx: &mut Context<'_, N>, request: Request, holder: Peer) {
        let Some(at) = self.at(request).filter(|at| self.0[*at].holder == holder && !self.0[*at].is_done) else {
            return;
        };
        match self.0[at].next(cx.now) {
            Some((holder, name)) => cx.send(holder, Transfer::Get { request, name }.into()),
            None if self.0[at].is_final => {
                self.0.remove(at);
                cx.event(SearchEvent::Failed { request, reason: SearchError::NotSent });
            }
            None => {}
        }
    }

    /// Tells the application that a search is over, which found so many files.
    pub fn end_search<N: Fetching>(&mut self, cx: &mut Context<'_, N>, request: Request, hits: u32) {
        cx.event(SearchEvent::Ended { request, hits });
        let Some(at) = self.at(request) else { return };
        let fetch = &mut self.0[at];
        fetch.is_final = true;
        if fetch.is_done {
            self.0.remove(at);
        } else if !fetch.holder.is_some() {
            self.0.remove(at);
            cx.event(SearchEvent::Failed { request, reason: SearchError::NotSent });
        }
    }

    fn at(&self, request: Request) -> Option<usize> {
        self.0.iter().position(|fetch| fetch.request == request)
    }

    /// Asks others instead of holders that have been silent for too long; who those are.
    pub fn on_silence<N: Fetching>(&mut self, cx: &mut Context<'_, N>) -> Vec<Peer> {
        let mut silent = Vec::new();
        while let Some((request, holder)) = self.overdue(cx.now).map(|fetch| (fetch.request, fetch.holder)) {
            cx.note(|| Note::TimedOut { peer: holder });
            self.elsewhere(cx, request, holder);
            silent.push(holder);
        }
        silent
    }

    /// A file was found for a request that wants it. Whether its holder is to be asked now; else it is kept for the case
    /// that the one that is asked does not answer.
    fn found(&mut self, now: Time, request: Request, holder: Peer, index: u32, name: &Arc<str>) -> bool {
        let at = self.at(request);
        if at.is_none() && self.0.len() >= FETCHES_MAX {
            return false;
        }
        let fetch = match at {
            Some(at) => &mut self.0[at],
            None => {
                self.0.push(Fetch::new(request, name.clone()));
                self.0.last_mut().expect("just put there")
            }
        };
        if fetch.is_done || fetch.others.len() >= HITS_MAX {
            return false;
        }
        fetch.others.push((holder, index, name.clone()));
        !fetch.holder.is_some() && fetch.next(now).is_some()
    }

    /// The file has come, if it was waited for from this holder.
    fn end(&mut self, request: Request, holder: Peer) -> bool {
        let Some(at) = self.at(request).filter(|at| self.0[*at].holder == holder && !self.0[*at].is_done) else {
            return false;
        };
        let fetch = &mut self.0[at];
        (fetch.is_done, fetch.due) = (true, Time::NEVER);
        fetch.others = Vec::new();
        if fetch.is_final {
            self.0.remove(at);
        }
        true
    }

    /// One whose holder has been silent for too long.
    pub fn overdue(&mut self, now: Time) -> Option<&mut Fetch> {
        self.0.iter_mut().find(|fetch| fetch.due <= now)
    }

    /// When the first holder has been silent for too long.
    #[must_use]
    pub fn due(&self) -> Time {
        self.0.iter().map(|fetch| fetch.due).min().unwrap_or(Time::NEVER)
    }

    /// Bytes on the heap.
    #[must_use]
    pub fn heap_bytes(&self) -> usize {
        self.0.capacity() * size_of::<Fetch>()
    }
}

impl Fetch {
    /// Nobody is asked yet.
    const fn new(request: Request, name: Arc<str>) -> Self {
        Self {
            request,
            holder: Peer::NONE,
            index: 0,
            name,
            pushed: false,
            due: Time::NEVER,
            others: Vec::new(),
            is_done: false,
            is_final: false,
        }
    }

    /// The next holder to ask, and for which file; nobody if none is left.
    fn next(&mut self, now: Time) -> Option<(Peer, Arc<str>)> {
        self.pushed = false;
        if self.others.is_empty() {
            (self.holder, self.due) = (Peer::NONE, Time::NEVER);
            return None;
        }
        (self.holder, self.index, self.name) = self.others.remove(0);
        self.due = now + PATIENCE;
        Some((self.holder, self.name.clone()))
    }

    /// Waits once more, for the holder to push the file.
    pub fn wait_for_push(&mut self, now: Time) {
        self.pushed = true;
        self.due = now + PATIENCE;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn when_a_holder_has_nothing_the_next_one_is_asked() {
        let mut fetches = Fetches::default();
        let (request, name): (_, Arc<str>) = (Request(1), "a".into());
        assert!(fetches.found(Time(0), request, Peer(1), 0, &name));
        assert!(!fetches.found(Time(0), request, Peer(2), 0, &name));
        assert!(fetches.overdue(Time(1)).is_none() && fetches.overdue(fetches.due()).is_some());
        assert!(!fetches.end(request, Peer(2)), "nobody else may answer");
        assert_eq!(fetches.0[0].next(Time(5)), Some((Peer(2), name.clone())));
        assert_eq!(fetches.0[0].next(Time(5)), None);
        assert_eq!(fetches.due(), Time::NEVER);
        assert!(fetches.found(Time(9), request, Peer(3), 0, &name), "who is found later is asked at once");
    }

    #[test]
    fn once_a_file_has_come_nobody_else_is_asked() {
        let mut fetches = Fetches::default();
        let (request, name): (_, Arc<str>) = (Request(1), "a".into());
        assert!(fetches.found(Time(0), request, Peer(1), 0, &name));
        assert!(fetches.end(request, Peer(1)) && !fetches.end(request, Peer(1)));
        assert!(!fetches.found(Time(2), request, Peer(2), 0, &name));
        assert_eq!(fetches.due(), Time::NEVER);
    }
}

//! The desk on the page: shared by panels and picture, outside Yew's state, with a frame loop while time passes.

use std::cell::{Cell, RefCell};
use std::rc::Rc;

use yew::prelude::*;

use crate::desk::{Desk, GLIDE_MS};
use crate::dom::{self, Frames};

/// Panels are drawn anew this often at the most while time passes, in milliseconds.
const PANELS_MS: f64 = 100.0;
/// The least time between two drawings when a message has arrived: its arrival should be seen when it happens.
const MOVED_MS: f64 = 50.0;
/// Work of the simulation in one frame, in milliseconds.
const WORK_MS: f64 = 8.0;

/// What a handle holds: something with a clock.
pub trait Table: 'static {
    /// Whether time passes.
    fn is_playing(&self) -> bool;
    /// Records that have happened, in all worlds.
    fn position(&self) -> u32;
    /// What a frame of `elapsed_ms` does; `more` says whether there is time left for work.
    fn tick(&mut self, elapsed_ms: f64, now_ms: f64, discrete: bool, more: &mut dyn FnMut() -> bool);
    /// Goes to where something happens next; whether anything does.
    fn step(&mut self, now_ms: f64) -> bool;
}

impl Table for Desk {
    fn is_playing(&self) -> bool {
        self.player.is_playing()
    }

    fn position(&self) -> u32 {
        self.benches().iter().map(|bench| bench.lab.position()).sum()
    }

    fn tick(&mut self, elapsed_ms: f64, now_ms: f64, discrete: bool, more: &mut dyn FnMut() -> bool) {
        Self::tick(self, elapsed_ms, now_ms, discrete, more);
    }

    fn step(&mut self, now_ms: f64) -> bool {
        Self::step(self, now_ms)
    }
}

struct Shared<D> {
    desk: RefCell<D>,
    listeners: RefCell<Vec<(u32, Callback<()>)>>,
    next_listener: Cell<u32>,
    frames: RefCell<Option<Frames>>,
    told_ms: Cell<f64>,
}

/// A desk that several components hold.
pub struct Handle<D: Table = Desk>(Rc<Shared<D>>);

impl<D: Table> Clone for Handle<D> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<D: Table> PartialEq for Handle<D> {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl<D: Table> Handle<D> {
    /// A handle to a desk.
    #[must_use]
    pub fn new(desk: D) -> Self {
        Self(Rc::new(Shared {
            desk: RefCell::new(desk),
            listeners: RefCell::default(),
            next_listener: Cell::default(),
            frames: RefCell::default(),
            told_ms: Cell::new(f64::NEG_INFINITY),
        }))
    }

    /// Looks at the desk.
    pub fn with<T>(&self, look: impl FnOnce(&D) -> T) -> T {
        look(&self.0.desk.borrow())
    }

    /// Changes the desk; whoever shows it is told.
    pub fn change<T>(&self, change: impl FnOnce(&mut D) -> T) -> T {
        let result = change(&mut self.0.desk.borrow_mut());
        let playing = self.with(D::is_playing);
        let looping = self.0.frames.borrow().is_some();
        if playing != looping {
            *self.0.frames.borrow_mut() = playing.then(|| self.start_frames());
        }
        self.tell();
        result
    }

    /// One step on, seen moving for a moment.
    pub fn step(&self) {
        self.change(|desk| desk.step(dom::now_ms()));
        let handle = self.clone();
        // The motion is over: what moved has arrived.
        dom::after(GLIDE_MS as i32 + 20, move || handle.tell());
    }

    fn start_frames(&self) -> Frames {
        let handle = Rc::downgrade(&self.0);
        dom::frames(move |elapsed_ms| {
            if let Some(shared) = handle.upgrade() {
                Self(shared).tick(elapsed_ms);
            }
        })
    }

    fn tick(&self, elapsed_ms: f64) {
        let start = dom::now_ms();
        let mut more = || dom::now_ms() - start < WORK_MS;
        let (moved, playing) = {
            let mut desk = self.0.desk.borrow_mut();
            let before = desk.position();
            desk.tick(elapsed_ms, start, dom::reduced_motion(), &mut more);
            (desk.position() != before, desk.is_playing())
        };
        if !playing {
            // Nobody else holds the loop: it ends with this frame.
            let frames = self.0.frames.borrow_mut().take();
            drop(frames);
        }
        let due = start - self.0.told_ms.get() >= PANELS_MS;
        if !playing || due || moved && start - self.0.told_ms.get() >= MOVED_MS {
            self.tell();
        }
    }

    fn tell(&self) {
        self.0.told_ms.set(dom::now_ms());
        let listeners: Vec<Callback<()>> = self.0.listeners.borrow().iter().map(|(_, tell)| tell.clone()).collect();
        listeners.iter().for_each(|tell| tell.emit(()));
    }

    fn subscribe(&self, tell: Callback<()>) -> u32 {
        let number = self.0.next_listener.get();
        self.0.next_listener.set(number + 1);
        self.0.listeners.borrow_mut().push((number, tell));
        number
    }

    fn unsubscribe(&self, number: u32) {
        self.0.listeners.borrow_mut().retain(|(other, _)| *other != number);
    }
}

/// Draws the component anew whenever the desk has changed.
#[hook]
pub fn use_desk<D: Table>(handle: &Handle<D>) {
    let update = use_force_update();
    use_effect_with(handle.clone(), move |handle| {
        let number = handle.subscribe(Callback::from(move |()| update.force_update()));
        let handle = handle.clone();
        move || handle.unsubscribe(number)
    });
}

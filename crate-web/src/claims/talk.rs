//! What page and worker say to each other: arrays whose first item says what they are.

use crate::comparing::talk::numbered;

/// Both ends were built together if they agree on this. To be raised with every change of a message.
pub const PROTOCOL: f64 = 1.0;

/// From the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// seed (text), searches a size, then sizes: measures all systems at each.
    Measure,
    /// Computes the slide checks.
    Check,
}

/// From the worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tell {
    /// protocol.
    Ready,
    /// size, system by its place in the slide's order: this is being measured.
    Began,
    /// size, system, a `Float64Array` of the quantities in the slide's order.
    Measured,
    /// name, slide, claim, what comes out here, a [`Kind`], its condition or reason, its scene's route or nothing.
    Check,
    /// Everything that was asked for is done.
    Done,
    /// what is wrong.
    Refused,
}

/// What came of a claim.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// It holds.
    Holds,
    /// It holds under a condition.
    HoldsIf,
    /// It does not hold.
    Fails,
}

numbered!(Ask: Measure, Check);
numbered!(Tell: Ready, Began, Measured, Check, Done, Refused);
numbered!(Kind: Holds, HoldsIf, Fails);

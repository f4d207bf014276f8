//! What page and worker say to each other: arrays whose first item says what they are.

/// Both ends were built together if they agree on this. To be raised with every change of a message.
pub const PROTOCOL: f64 = 1.0;

/// From the page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// query, canvas of Pastry, canvas of Chord: builds both worlds and runs to the end.
    Start,
    /// width, height, width, height (CSS pixels), device pixels a CSS pixel, then [`COLOURS`] as CSS, font.
    View,
    /// a [`Control`], a number.
    Control,
    /// a chart's name, `svg`, `png` or `csv`.
    Export,
}

/// From the worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tell {
    /// protocol.
    Ready,
    /// an element's id, what it holds from now on.
    Html,
    /// a `Float64Array` of [`FRAME_LEN`] numbers: mode, stage, share, nodes.
    Frame,
    /// name, type, text: a file to keep.
    File,
    /// name, SVG text: a picture to keep as PNG.
    Image,
    /// what is wrong.
    Refused,
}

/// Numbers of a frame.
pub const FRAME_LEN: usize = 4;

/// Something the person wants of a running comparison.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Control {
    /// Play, or pause now.
    PlayPause,
    /// To the next thing that happens to the lookup that is followed.
    Step,
    /// To the beginning.
    Reset,
    /// To the end, as fast as the machine can.
    Finish,
    /// A speed, by its index.
    Speed,
}

/// How time passes in the worker.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// It stands.
    Paused,
    /// At the chosen speed.
    Playing,
    /// As fast as the machine can.
    Finishing,
    /// Both worlds are being built.
    Building,
}

/// Custom properties whose values the worker paints with, in this order.
pub const COLOURS: [&str; 7] = ["--stage-bg", "--ink", "--ink-dim", "--line", "--accent", "--dead", "--leaf"];

macro_rules! numbered {
    ($name:ident: $($variant:ident),+) => {
        impl $name {
            /// What a number in a message stands for.
            #[must_use]
            pub fn read(number: f64) -> Option<Self> {
                [$(Self::$variant),+].into_iter().find(|one| f64::from(*one as u8) == number)
            }
        }
    };
}

pub(crate) use numbered;

numbered!(Ask: Start, View, Control, Export);
numbered!(Tell: Ready, Html, Frame, File, Image, Refused);
numbered!(Control: PlayPause, Step, Reset, Finish, Speed);
numbered!(Mode: Paused, Playing, Finishing, Building);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_that_mean_nothing_are_not_read() {
        assert_eq!(Ask::read(1.0), Some(Ask::View));
        assert_eq!(Tell::read(Tell::Refused as u8 as f64), Some(Tell::Refused));
        assert_eq!(Control::read(f64::NAN), None);
        assert_eq!(Mode::read(99.0), None);
    }
}

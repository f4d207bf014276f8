//! The comparison page: Pastry and Chord on the same nodes, places and lookups, run in a worker.
//!
//! The page, a wasm module that the app loads when it is opened, holds the form and places what comes. The worker,
//! another module, runs both worlds, paints both rings on canvases that were handed to it, and writes charts, tables and
//! sentences. So the page stays responsive with 100,000 nodes, and its own module small.
//!
//! | file | holds | in |
//! |---|---|---|
//! | `plan` | the form's texts, the address, and the settings that come of them | both |
//! | `talk` | what page and worker say to each other | both |
//! | `page`, `link` | the page and its end of the line | page |
//! | `worker`, `runner`, `report`, `picture` | the other end | worker |

pub mod link;
pub mod page;
pub mod picture;
pub mod plan;
pub mod report;
pub mod runner;
pub mod talk;
pub mod worker;

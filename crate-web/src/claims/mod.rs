//! The lecture's claims beside what comes out here: the comparison of six systems, measured, and the slide checks. Two
//! pages of one wasm module, and a worker that does the work for both.
//!
//! The worker is a module of its own, `worker-comparison`: it holds all six systems, the experiment and the checks, and no
//! panel. It comes when something is to be worked out, so the page stands there before it, and its limit is its own. (The
//! worker of `#/compare` has no room for four systems more; the page's module inside a worker would be too large for a
//! page, and compiled twice, panels and all.) Page and worker share their language alone: everything that is fitted, written or
//! drawn is made on the page, from numbers.
//!
//! | file | holds | in |
//! |---|---|---|
//! | `plan` | the form, the address, and what is measured | page |
//! | `talk` | what page and worker say to each other | both |
//! | `worker` | the systems at work | worker |
//! | `link` | the page's end of the line | page |
//! | `results` | what was measured: cells, fits, files, charts | page |
//! | `page` | which of both pages is shown | page |
//! | `table`, `cells` | the page of the comparison | page |
//! | `checks` | the page of the slide checks | page |

pub mod cells;
pub mod checks;
pub mod link;
pub mod page;
pub mod plan;
pub mod results;
pub mod table;
pub mod talk;
pub mod worker;

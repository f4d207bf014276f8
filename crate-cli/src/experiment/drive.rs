//! Runs the blocks of a point on threads.
//!
//! Which thread runs which block is left to chance; what comes out is not: a block draws from a seed of its own, and
//! counts are whole numbers that are added up.

use std::num::NonZeroUsize;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{self, RecvTimeoutError};
use std::thread;
use std::time::{Duration, Instant};

use overlay_core::experiment::{Counts, Point, Ready, Refusal};

use crate::progress::Progress;

/// Most threads, however many are asked for.
const THREADS_MAX: usize = 1_024;
/// How often a waiting thread looks at the clock.
const TICK: Duration = Duration::from_millis(100);

/// What running a point came to.
pub(crate) struct Ran {
    pub(crate) counts: Counts,
    /// Seconds of building what all blocks share.
    pub(crate) build_s: f64,
    /// Seconds of all blocks.
    pub(crate) blocks_s: f64,
    pub(crate) bytes_per_node: Option<u64>,
}

/// As many threads as were asked for, or as there are cores.
pub(crate) fn threads(asked: Option<NonZeroUsize>) -> usize {
    asked.or_else(|| thread::available_parallelism().ok()).map_or(1, NonZeroUsize::get).min(THREADS_MAX)
}

/// Runs those blocks of a point.
pub(crate) fn run(point: &Point, blocks: &[u32], threads: usize, progress: &mut Progress) -> Result<Ran, Refusal> {
    let started = Instant::now();
    progress.say(format!("building {} nodes", point.nodes));
    let ready = waiting(progress, || point.prepare())?;
    let build_s = started.elapsed().as_secs_f64();
    let started = Instant::now();
    progress.say(format!("{} nodes", point.nodes));
    let counts = counted(&*ready, blocks, threads, progress);
    Ok(Ran { counts, build_s, blocks_s: started.elapsed().as_secs_f64(), bytes_per_node: ready.bytes_per_node() })
}

/// Does one thing on a thread of its own, so that the progress bar goes on.
fn waiting<T: Send>(progress: &mut Progress, work: impl FnOnce() -> T + Send) -> T {
    thread::scope(|scope| {
        let (done, wait) = mpsc::channel::<()>();
        let worker = scope.spawn(move || {
            let result = work();
            drop(done);
            result
        });
        while wait.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
            progress.tick();
        }
        worker.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

fn counted(ready: &dyn Ready, blocks: &[u32], threads: usize, progress: &mut Progress) -> Counts {
    let next = AtomicUsize::new(0);
    let mut all = Counts::default();
    thread::scope(|scope| {
        let (send, receive) = mpsc::channel();
        for _ in 0..threads.min(blocks.len()) {
            let (send, next) = (send.clone(), &next);
            scope.spawn(move || {
                while let Some(block) = blocks.get(next.fetch_add(1, Ordering::Relaxed)) {
                    if send.send(ready.run(*block)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(send);
        loop {
            match receive.recv_timeout(TICK) {
                Ok(counts) => {
                    all.merge(&counts);
                    progress.advance();
                }
                Err(RecvTimeoutError::Timeout) => progress.tick(),
                Err(RecvTimeoutError::Disconnected) => break,
            }
        }
    });
    all
}

//! Starts the worker that measures the lecture's systems.

fn main() {
    overlay_web::claims::worker::start();
}

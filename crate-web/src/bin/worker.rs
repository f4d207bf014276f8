//! Starts the simulation worker.

fn main() {
    overlay_web::comparing::worker::start();
}

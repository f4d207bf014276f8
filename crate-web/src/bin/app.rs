//! Starts the page.

fn main() {
    overlay_web::start();
}

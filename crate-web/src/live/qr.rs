//! A QR code as a drawing: dark squares on a light ground in either theme, because scanners want it so.

use fast_qr::{ECL, QRBuilder};
use yew::prelude::*;

/// Light squares around the code, as its standard asks.
const QUIET: usize = 4;

/// The code's squares as one path, row by row in runs, and how many squares a side has.
fn path(text: &str) -> Option<(String, usize)> {
    let code = QRBuilder::new(text).ecl(ECL::L).build().ok()?;
    let mut path = String::new();
    for row in 0..code.size {
        let mut column = 0;
        while column < code.size {
            let run = (column..code.size).take_while(|at| code[row][*at].value()).count();
            if run > 0 {
                path.push_str(&format!("M{} {}h{run}v1h-{run}z", column + QUIET, row + QUIET));
            }
            column += run.max(1);
        }
    }
    Some((path, code.size + 2 * QUIET))
}

/// The code of a text, with a label for who does not see it.
pub fn qr(text: &str, label: &'static str) -> Html {
    let Some((path, side)) = path(text) else {
        return html! { <p class="dim">{ "This is too long for a QR code; copy it as text." }</p> };
    };
    html! {
        <svg class="qr" role="img" aria-label={label} viewBox={format!("0 0 {side} {side}")} shape-rendering="crispEdges">
            <rect width={side.to_string()} height={side.to_string()} fill="#ffffff" />
            <path d={path} fill="#000000" />
        </svg>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_has_its_three_corner_marks() {
        let (path, side) = path("https://lab.example/#/live?i=abc").expect("short enough");
        // The top row of a corner mark is seven dark squares, at both ends of the first row.
        assert!(path.starts_with("M4 4h7v1h-7z"));
        assert!(path.contains(&format!("M{} 4h7v1h-7z", side - QUIET - 7)));
        assert!(path.contains(&format!("M4 {}h7v1h-7z", side - QUIET - 1)));
    }

    #[test]
    fn what_no_code_can_hold_is_none() {
        assert!(path(&"x".repeat(5_000)).is_none());
    }
}

//! Thousands of anti-aliased dots into an RGBA buffer, in integers: the same picture natively and in wasm.
//!
//! # Implementation notes
//! A dot is stamped from one of 8 × 8 masks, chosen by where its centre lies within a pixel. Colours are not
//! premultiplied, as a canvas's image data wants them.

/// Centres within a pixel are told apart to this many steps a side.
const STEPS: usize = 8;

/// Covers of one dot for all its places within a pixel.
#[derive(Clone, PartialEq, Debug)]
pub struct Stamp {
    side: usize,
    /// `STEPS` × `STEPS` masks of `side` × `side` covers, 0 to 255.
    masks: Vec<u8>,
}

impl Stamp {
    /// A filled dot; `radius` in pixels, taken as 0.5 to 32.
    #[must_use]
    pub fn dot(radius: f64) -> Self {
        let radius = if radius.is_finite() { radius.clamp(0.5, 32.0) } else { 0.5 };
        let reach = (radius + 1.0).ceil() as usize;
        let side = 2 * reach + 1;
        let mut masks = Vec::with_capacity(STEPS * STEPS * side * side);
        for step in 0..STEPS * STEPS {
            let offset = |i: usize| (i as f64 + 0.5) / STEPS as f64;
            let (cx, cy) = (reach as f64 + offset(step % STEPS), reach as f64 + offset(step / STEPS));
            for y in 0..side {
                for x in 0..side {
                    let (dx, dy) = (x as f64 + 0.5 - cx, y as f64 + 0.5 - cy);
                    let cover = (radius + 0.5 - (dx * dx + dy * dy).sqrt()).clamp(0.0, 1.0);
                    masks.push((cover * 255.0 + 0.5) as u8);
                }
            }
        }
        Self { side, masks }
    }

    fn mask(&self, step: usize) -> &[u8] {
        let area = self.side * self.side;
        &self.masks[step * area..(step + 1) * area]
    }
}

/// An RGBA buffer: rows from the top, four bytes a pixel, not premultiplied.
#[derive(Clone, PartialEq, Debug)]
pub struct Raster {
    width: usize,
    height: usize,
    bytes: Vec<u8>,
}

impl Raster {
    /// A clear buffer; each side is cut to 8,192 pixels.
    #[must_use]
    pub fn new(width: usize, height: usize) -> Self {
        let (width, height) = (width.min(8_192), height.min(8_192));
        Self { width, height, bytes: vec![0; width * height * 4] }
    }

    /// Pixels a row.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// Rows.
    #[must_use]
    pub const fn height(&self) -> usize {
        self.height
    }

    /// The pixels.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Makes every pixel clear.
    pub fn clear(&mut self) {
        self.bytes.fill(0);
    }

    /// Stamps a dot centred at (`x`, `y`) in pixels, in a colour with opacity (RGBA); what lies outside is cut off.
    pub fn stamp(&mut self, stamp: &Stamp, x: f64, y: f64, colour: [u8; 4]) {
        let reach = (stamp.side / 2) as i64;
        let inside = |v: f64, limit: usize| v > -(reach as f64) - 1.0 && v < limit as f64 + reach as f64 + 1.0;
        if !(inside(x, self.width) && inside(y, self.height)) {
            return; // also what is no number
        }
        let (px, py) = (x.floor(), y.floor());
        let step = |v: f64| ((v * STEPS as f64) as usize).min(STEPS - 1);
        let mask = stamp.mask(step(y - py) * STEPS + step(x - px));
        let (left, top) = (px as i64 - reach, py as i64 - reach);
        for (row, covers) in mask.chunks_exact(stamp.side).enumerate() {
            let Some(y) = usize::try_from(top + row as i64).ok().filter(|y| *y < self.height) else { continue };
            for (column, cover) in covers.iter().enumerate() {
                let Some(x) = usize::try_from(left + column as i64).ok().filter(|x| *x < self.width) else { continue };
                if *cover > 0 {
                    let at = (y * self.width + x) * 4;
                    blend(&mut self.bytes[at..at + 4], colour, u32::from(*cover));
                }
            }
        }
    }
}

/// Puts a colour over a pixel.
fn blend(pixel: &mut [u8], colour: [u8; 4], cover: u32) {
    let over = u32::from(colour[3]) * cover / 255;
    let under = u32::from(pixel[3]) * (255 - over) / 255;
    let sum = over + under;
    if sum == 0 {
        return;
    }
    for (channel, new) in pixel.iter_mut().zip(colour).take(3) {
        *channel = ((u32::from(new) * over + u32::from(*channel) * under + sum / 2) / sum) as u8;
    }
    pixel[3] = sum as u8;
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// FNV-1a.
    fn hash(bytes: &[u8]) -> u64 {
        bytes.iter().fold(0xcbf2_9ce4_8422_2325, |h, b| (h ^ u64::from(*b)).wrapping_mul(0x100_0000_01b3))
    }

    #[test]
    fn a_thousand_dots_give_the_golden_picture() {
        let mut raster = Raster::new(200, 150);
        let (small, large) = (Stamp::dot(1.6), Stamp::dot(4.0));
        for i in 0..1_000_u32 {
            let (x, y) = (f64::from(i * 7_919 % 2_100) / 10.0, f64::from(i * 104_729 % 1_600) / 10.0);
            let stamp = if i % 3 == 0 { &large } else { &small };
            raster.stamp(stamp, x, y, [20, (i % 256) as u8, 200, 180]);
        }
        assert_eq!(hash(raster.bytes()), GOLDEN);
    }

    const GOLDEN: u64 = 14_711_619_249_308_165_172;

    #[test]
    fn a_dot_covers_its_area() {
        let mut raster = Raster::new(40, 40);
        raster.stamp(&Stamp::dot(5.0), 20.3, 19.6, [0, 0, 0, 255]);
        let sum: f64 = raster.bytes().chunks_exact(4).map(|p| f64::from(p[3]) / 255.0).sum();
        assert!((sum - std::f64::consts::PI * 25.0).abs() < 2.0, "{sum}");
    }

    #[test]
    fn two_opaque_colours_do_not_mix_where_the_second_covers() {
        let mut raster = Raster::new(20, 20);
        raster.stamp(&Stamp::dot(6.0), 10.5, 10.5, [255, 0, 0, 255]);
        raster.stamp(&Stamp::dot(3.0), 10.5, 10.5, [0, 0, 255, 255]);
        let at = (10 * 20 + 10) * 4;
        assert_eq!(raster.bytes()[at..at + 4], [0, 0, 255, 255]);
    }

    proptest! {
        #[test]
        fn a_dot_anywhere_is_cut_at_the_edges(x in -1e3..1e3_f64, y in -1e3..1e3_f64, radius in 0.0..40.0_f64) {
            let mut raster = Raster::new(31, 17);
            raster.stamp(&Stamp::dot(radius), x, y, [1, 2, 3, 255]);
            let painted = raster.bytes().chunks_exact(4).any(|p| p[3] > 0);
            let reach = radius.clamp(0.5, 32.0) + 1.0;
            let near = x > -reach && x < 31.0 + reach && y > -reach && y < 17.0 + reach;
            prop_assert!(near || !painted);
        }
    }

    #[test]
    fn what_is_no_number_paints_nothing() {
        let mut raster = Raster::new(8, 8);
        raster.stamp(&Stamp::dot(f64::NAN), f64::NAN, f64::INFINITY, [9, 9, 9, 255]);
        assert!(raster.bytes().iter().all(|b| *b == 0));
    }
}

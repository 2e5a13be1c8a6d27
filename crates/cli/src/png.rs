//! Pictures as PNG, drawn of their SVG.
//!
//! Letters are those of DejaVu Sans, which is part of the program: a bare server has no fonts, and
//! a picture without its words is none. No font of the machine is looked at, so words are as
//! wide wherever they are drawn. Letters that DejaVu Sans lacks, as those of Chinese, are boxes; the
//! SVG has them all.

use std::sync::Arc;

use resvg::tiny_skia::{Color, Pixmap, Transform};
use resvg::usvg::fontdb::Source;
use resvg::usvg::{Options, Tree};

use crate::diagnostic::{Diagnostic, Exit};

/// Points of the picture for each unit of the SVG: sharp on a slide and in print.
const SCALE: f32 = 2.0;
/// White around it, in points: of the SVG some words stand at the edge.
const MARGIN: u32 = 24;
/// The name by which the fonts know themselves.
const FAMILY: &str = "DejaVu Sans";

/// The picture of an SVG on white, two points for each unit, with a margin.
///
/// ```
/// let svg = r#"<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 30 10"></svg>"#;
/// let png = rhodian_cli::png::of(svg).unwrap();
/// assert!(png.starts_with(b"\x89PNG") && png[16..24] == [0, 0, 0, 108, 0, 0, 0, 68]);
/// assert_eq!(rhodian_cli::png::of("<svg").unwrap_err().code, "picture-not-drawn");
/// ```
pub fn of(svg: &str) -> Result<Vec<u8>, Diagnostic> {
    let mut options = Options { font_family: FAMILY.to_owned(), ..Options::default() };
    let fonts = options.fontdb_mut();
    for font in [dejavu::sans::regular(), dejavu::sans::bold()] {
        fonts.load_font_source(Source::Binary(Arc::new(font)));
    }
    fonts.set_sans_serif_family(FAMILY);
    let tree = Tree::from_str(svg, &options).map_err(|error| not_drawn(&error.to_string()))?;
    let size = tree.size().to_int_size();
    let size = size.scale_by(SCALE).ok_or_else(|| not_drawn("it has no size"))?;
    let points = Pixmap::new(size.width() + 2 * MARGIN, size.height() + 2 * MARGIN);
    let mut points = points.ok_or_else(|| not_drawn("it is too large"))?;
    points.fill(Color::WHITE);
    let within = Transform::from_row(SCALE, 0.0, 0.0, SCALE, MARGIN as f32, MARGIN as f32);
    resvg::render(&tree, within, &mut points.as_mut());
    points.encode_png().map_err(|error| not_drawn(&error.to_string()))
}

fn not_drawn(why: &str) -> Diagnostic {
    let message = format!("a picture cannot be drawn: {why}");
    let help = "leave --png out: the picture is there as SVG.";
    Diagnostic::new(Exit::InputOutput, "picture-not-drawn", message, help)
}

#[cfg(test)]
mod tests {
    use resvg::tiny_skia::Pixmap;

    use super::of;

    /// How many points of a picture with this text are not white.
    fn inked(text: &str) -> usize {
        let svg = format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 80 20\" font-size=\"13.5\" \
             font-family=\"system-ui, sans-serif\">{text}</svg>"
        );
        let points = Pixmap::decode_png(&of(&svg).unwrap()).unwrap();
        assert_eq!((points.width(), points.height()), (208, 88));
        points.pixels().iter().filter(|point| point.red() < 250).count()
    }

    #[test]
    fn words_are_drawn_without_a_font_of_the_machine() {
        let word = |with: &str| inked(&format!("<text x=\"2\" y=\"15\"{with}>Fund</text>"));
        assert_eq!(inked(""), 0);
        let plain = word("");
        assert!(plain > 300, "{plain} points");
        assert!(word(" font-weight=\"600\"") > plain + 50, "what is bold is another font");
        assert!(word(" fill=\"#fff\"") == 0);
    }
}
